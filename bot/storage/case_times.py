"""What time does to cases: holders who are gone, and questions nobody takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import case_ends, case_lines, cases
from bot.storage.case_access import in_state
from bot.storage.case_events import SYSTEM, Happened, add
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_moves import MOVES, Action
from bot.storage.desk_records import NORMAL, Case, Notice
from bot.storage.staff_models import Counsellor, Office

CLOCKS_DIFFER = timedelta(minutes=1)


async def mend_clock(db: AsyncConnection, now: datetime) -> None:
    """After the clock was set back nobody was seen in the future: they are seen now."""
    await db.execute(
        update(Handoff)
        .where(in_state(Action.RETURN), Handoff.holder_seen_at > now + CLOCKS_DIFFER)
        .values(holder_seen_at=now)
    )


async def lost(db: AsyncConnection, now: datetime) -> tuple[Sequence[int], Any]:
    """Cases whose holder is gone, and the condition that must still hold when they go back.

    A claim that was never answered goes back when its holder was not seen for as long as the
    office allows. An answered one stays through breaks and nights, unless the holder cannot
    come back at all.
    """
    offices = await db.execute(select(Office.code, Office.lost_after_s))
    unseen = [
        and_(
            Handoff.office == code,
            Handoff.answered_at.is_(None),
            Handoff.holder_seen_at <= now - timedelta(seconds=lost_after_s),
        )
        for code, lost_after_s in offices
    ]
    disabled = select(Counsellor.id).where(Counsellor.disabled_at.is_not(None))
    gone = or_(false(), *unseen, Handoff.holder.in_(disabled))
    found = await db.scalars(select(Handoff.id).where(in_state(Action.RETURN), gone))
    return found.all(), gone


async def held_by(db: AsyncConnection, counsellor: str) -> tuple[Sequence[int], Any]:
    theirs = Handoff.holder == counsellor
    found = await db.scalars(select(Handoff.id).where(in_state(Action.RETURN), theirs))
    return found.all(), theirs


async def give_back(
    db: AsyncConnection, keys: KeyRing, case_id: int, still: Any, notice: Notice | None
) -> Case | None:
    """To its old place in the queue. None: the holder came back, or was faster."""
    returned = await db.execute(
        update(Handoff)
        .where(Handoff.id == case_id, in_state(Action.RETURN), still)
        .values(
            state=MOVES[Action.RETURN].to,
            queued_at=datetime.now(UTC),
            waits_for="",
            due_at=None,
            cover=None,
            meant_for=None,
        )
    )
    if returned.rowcount != 1:
        return None
    case = await cases.by_id(db, case_id)
    await case_lines.notify(db, keys, case, notice)
    await add(db, Happened(case, "returned", SYSTEM))
    return case


def _is_stale(now: datetime, age: timedelta) -> Any:
    # Danger and urgent cases wait until somebody comes: telling the staff goes on instead.
    return and_(in_state(Action.EXPIRE), Handoff.priority == NORMAL, Handoff.queued_at <= now - age)


async def stale(db: AsyncConnection, now: datetime, age: timedelta) -> Sequence[int]:
    return (await db.scalars(select(Handoff.id).where(_is_stale(now, age)))).all()


async def expire(
    db: AsyncConnection,
    keys: KeyRing,
    case_id: int,
    now: datetime,
    age: timedelta,
    notice: Notice | None,
) -> Case | None:
    locked = await db.scalar(
        select(Handoff.id).where(Handoff.id == case_id, _is_stale(now, age)).with_for_update()
    )
    if locked is None:
        return None
    case = await cases.by_id(db, case_id)
    await case_lines.notify(db, keys, case, notice)
    await case_ends.end(db, case, Action.EXPIRE, "expired")
    case = await cases.by_id(db, case_id)
    await add(db, Happened(case, "expired", SYSTEM))
    return case
