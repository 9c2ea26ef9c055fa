"""Facts that somebody found to be wrong: nobody is told them until an editor restores them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import staff_logins
from bot.storage.case_access import access
from bot.storage.desk_models import Handoff
from bot.storage.desk_more_models import FactWithdrawal
from bot.storage.desk_moves import Action
from bot.storage.desk_records import CaseState, Role, Staff, Told, Withdrawn
from bot.storage.inbox import upsert
from bot.storage.models import Message
from bot.storage.staff_models import Counsellor

LATELY = timedelta(days=30)


async def withdraw(db: AsyncConnection, staff: Staff, name: str, why: str) -> bool:
    new = await db.execute(
        upsert(db, FactWithdrawal)
        .values(name=name, why=why, by=staff.id, at=datetime.now(UTC))
        .on_conflict_do_nothing(
            index_elements=["name"], index_where=FactWithdrawal.restored_at.is_(None)
        )
        .returning(FactWithdrawal.id)
    )
    if new.scalar() is None:
        return False
    await staff_logins.audit(db, staff.id, "fact_withdrawn", detail=name)
    return True


async def restore(db: AsyncConnection, staff: Staff, name: str) -> bool:
    done = await db.execute(
        update(FactWithdrawal)
        .where(FactWithdrawal.name == name, FactWithdrawal.restored_at.is_(None))
        .values(restored_by=staff.id, restored_at=datetime.now(UTC))
    )
    if done.rowcount != 1:
        return False
    await staff_logins.audit(db, staff.id, "fact_restored", detail=name)
    return True


async def read(db: AsyncConnection) -> list[Withdrawn]:
    rows = await db.execute(
        select(FactWithdrawal, Counsellor.shown_as)
        .outerjoin(Counsellor, Counsellor.id == FactWithdrawal.by)
        .where(FactWithdrawal.restored_at.is_(None))
        .order_by(FactWithdrawal.at.desc(), FactWithdrawal.id.desc())
    )
    return [Withdrawn(row.name, row.why, row.shown_as or "", row.at) for row in rows]


async def told(db: AsyncConnection, staff: Staff, names: Collection[str]) -> list[Told]:
    """`names` as texts use them: a row of the directory has one for each column."""
    held = and_(Handoff.state == CaseState.CLAIMED, Handoff.holder == staff.id)
    mine = or_(held, Handoff.id.is_not(None) if staff.has(Role.MANAGER) else false())
    found = []
    for name in sorted(names):
        rows = await db.execute(
            select(Handoff.id, Handoff.number, Handoff.state, Handoff.holder, Counsellor.shown_as)
            .join(Message, Message.conversation_id == Handoff.conversation_id)
            .outerjoin(Counsellor, Counsellor.id == Handoff.holder)
            .where(
                Handoff.state != CaseState.CLOSED,
                access(staff, Action.SEE),
                mine,
                Message.created_at > datetime.now(UTC) - LATELY,
                _holds(name),
            )
            .distinct()
            .order_by(Handoff.id)
        )
        found += [_told(row, name, staff) for row in rows]
    return found


def _holds(name: str) -> Any:
    """Its name between commas in `message.facts`."""
    return (literal(",") + Message.facts + literal(",")).contains(f",{name},", autoescape=True)


def _told(row: Any, name: str, staff: Staff) -> Told:
    is_held = row.state == CaseState.CLAIMED
    holder = row.shown_as or "" if is_held else ""
    return Told(row.number, name, holder, is_held and row.holder == staff.id)
