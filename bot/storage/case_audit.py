"""Who opened which case: one row for each opening, not for each time that a page is drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import staff_logins
from bot.storage.desk_records import Case, Staff
from bot.storage.staff_models import Audit

SAME_OPENING = timedelta(minutes=10)
_MARK = 16  # characters of a login's hash: enough to tell two of them apart


async def opened(db: AsyncConnection, staff: Staff, case: Case, login: str) -> None:
    """`login`: the hash that a login is known by; without one every drawing is an opening."""
    mark = login[:_MARK]
    if mark and await _is_open(db, staff, case, mark):
        return
    await staff_logins.audit(db, staff.id, "case_opened", case.id, mark)


async def _is_open(db: AsyncConnection, staff: Staff, case: Case, mark: str) -> bool:
    now = datetime.now(UTC)
    before = select(Audit.id).where(
        Audit.case_id == case.id,
        Audit.counsellor_id == staff.id,
        Audit.action == "case_opened",
        Audit.detail == mark,
        Audit.at > now - SAME_OPENING,
        Audit.at <= now,  # a clock that was set back hides no opening
    )
    return await db.scalar(before.limit(1)) is not None
