"""What counsellors do to a case: each verb is one conditional statement and what follows it.

A statement names the state it starts from, the access rule and, for a holder's writes, the
fence. No row changed means that somebody was faster, or that it is not theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import clean_text
from bot.storage import case_ends, case_lines, cases, staff_logins, turns
from bot.storage.case_access import access, in_state
from bot.storage.case_events import Happened, add, changed
from bot.storage.case_staff import check_colleague, check_office
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_moves import MOVES, Action
from bot.storage.desk_records import (
    AlreadyTaken,
    Case,
    CaseState,
    ConsentNeeded,
    LostClaim,
    NoSuchCase,
    Notice,
    Staff,
    WaitsFor,
)
from bot.storage.staff_models import Counsellor

AS_IT_IS = {"state": Handoff.state}  # only to keep its row until the transaction ends
_FREE: dict[str, Any] = {"waits_for": "", "due_at": None, "cover": None, "meant_for": None}


@dataclass(frozen=True, slots=True)
class WaitSet:
    waits_for: WaitsFor
    due_at: datetime | None
    cover: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a case goes; exactly one of the first three."""

    counsellor: str
    topic: str
    office: str
    consented: bool
    with_notes: bool = False  # to another office, too


# Taking


async def claim(
    db: AsyncConnection, keys: KeyRing, staff: Staff, number: str, notice: Notice | None
) -> Case:
    won = await db.execute(
        update(Handoff)
        .where(
            Handoff.number == clean_text(number),
            in_state(Action.CLAIM),
            access(staff, Action.CLAIM),
        )
        .values(state=MOVES[Action.CLAIM].to, fence=Handoff.fence + 1, **_held_by(staff))
        .returning(Handoff.id)
    )
    case_id = won.scalar()
    if case_id is None:
        return await _held_already(db, staff, number)
    return await _begin(db, keys, staff, case_id, "claimed", notice)


async def take_over(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    number: str,
    fence: int,
    notice: Notice | None,
) -> Case:
    try:
        values = {"fence": Handoff.fence + 1} | _held_by(staff)
        case = await write(db, staff, Action.TAKE_OVER, number, fence, values)
    except LostClaim:
        return await _held_already(db, staff, number)
    return await _begin(db, keys, staff, case.id, "taken_over", notice)


def _held_by(staff: Staff) -> dict[str, Any]:
    now = datetime.now(UTC)
    mine = {"holder": staff.id, "claimed_at": now, "holder_seen_at": now, "answered_at": None}
    return _FREE | mine


async def _begin(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    case_id: int,
    kind: str,
    notice: Notice | None,
) -> Case:
    case = await cases.by_id(db, case_id)
    await case_lines.notify(db, keys, case, notice)
    await case_lines.hush(db, case)
    await add(db, Happened(case, kind, staff.id))
    return case


async def _held_already(db: AsyncConnection, staff: Staff, number: str) -> Case:
    """A second click of the winner, or somebody who came too late."""
    case = await cases.seen(db, staff, number)
    if case.state is not CaseState.CLAIMED:
        raise AlreadyTaken
    if case.holder != staff.id:
        raise AlreadyTaken(case.holder_shown_as)
    return case


# Waiting and letting go


async def set_wait(
    db: AsyncConnection, staff: Staff, number: str, fence: int, wait: WaitSet
) -> Case:
    if wait.cover:
        case = await cases.seen(db, staff, number, Action.SET_WAIT)
        await check_colleague(db, case, wait.cover)
    values = {
        "waits_for": wait.waits_for,
        "due_at": wait.due_at,
        "cover": wait.cover or None,
    }
    case = await write(db, staff, Action.SET_WAIT, number, fence, values)
    await add(db, Happened(case, "wait_set", staff.id, str(wait.waits_for)))
    return case


async def release(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    number: str,
    fence: int,
    notice: Notice | None,
    seen_up_to: int | None = None,
) -> Case:
    values = _queued(Action.RELEASE)
    case = await write(db, staff, Action.RELEASE, number, fence, values)
    if seen_up_to is not None:
        await case_lines.check_read(db, keys, case, seen_up_to)
    await case_lines.notify(db, keys, case, notice)
    await add(db, Happened(case, "released", staff.id))
    return case


def _queued(action: Action) -> dict[str, Any]:
    return {"state": MOVES[action].to, "queued_at": datetime.now(UTC)} | _FREE


async def transfer(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    number: str,
    fence: int,
    target: Target,
    notice: Notice | None,
) -> Case:
    before = await _transferable(db, staff, number)
    values = _queued(Action.TRANSFER) | await _destination(db, before, target)
    if target.office and not target.with_notes:
        await case_ends.keep_notes(db, before)
    after = await write(db, staff, Action.TRANSFER, number, fence, values)
    await case_lines.notify(db, keys, after, notice)
    where = "office" if target.office else "topic" if target.topic else "counsellor"
    told = Happened(before, "transferred", staff.id, where)
    arrived = changed(before, after, "arrived", staff.id)[1:]
    await add(db, told, *arrived)
    return after


async def _transferable(db: AsyncConnection, staff: Staff, number: str) -> Case:
    try:
        return await cases.seen(db, staff, number, Action.TRANSFER)
    except NoSuchCase:
        await cases.seen(db, staff, number)
        raise LostClaim from None


async def _destination(db: AsyncConnection, case: Case, target: Target) -> dict[str, Any]:
    if sum(map(bool, (target.counsellor, target.topic, target.office))) != 1:
        raise ValueError("a case goes to one place")
    if target.topic:
        return {"topic": clean_text(target.topic)[:40]}
    if target.counsellor:
        await check_colleague(db, case, target.counsellor)
        return {"meant_for": target.counsellor}
    if not target.consented:
        raise ConsentNeeded
    await check_office(db, case, target.office)
    return {"office": target.office}


async def close(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    number: str,
    fence: int,
    outcome: str,
    notice: Notice | None,
    seen_up_to: int | None = None,
) -> Case:
    outcome = clean_text(outcome).strip()
    if not outcome:
        raise ValueError("a case is closed with an outcome")
    try:
        case = await write(db, staff, Action.CLOSE, number, fence, AS_IT_IS)
    except LostClaim:
        return await _closed_before(db, staff, number, fence)
    if seen_up_to is not None:
        await case_lines.check_read(db, keys, case, seen_up_to)
    await case_lines.notify(db, keys, case, notice)  # its line gets its date with the others
    await case_ends.end(db, case, Action.CLOSE, outcome)
    case = await cases.by_id(db, case.id)
    await add(db, Happened(case, "closed", staff.id, outcome))
    return case


async def _closed_before(db: AsyncConnection, staff: Staff, number: str, fence: int) -> Case:
    """A second click. Under any other claim, or closed by anybody else, the claim is lost."""
    case = await cases.seen(db, staff, number)
    is_mine = case.holder == staff.id and case.fence == fence
    if case.state is not CaseState.CLOSED or not is_mine or case.outcome == "erased":
        raise LostClaim
    return case


async def heartbeat(db: AsyncConnection, staff: Staff) -> int:
    now = datetime.now(UTC)
    kept = await db.execute(
        update(Handoff)
        .where(in_state(Action.REPLY), access(staff, Action.REPLY))
        .values(holder_seen_at=now)
    )
    await db.execute(update(Counsellor).where(Counsellor.id == staff.id).values(seen_at=now))
    return kept.rowcount


async def erase(db: AsyncConnection, staff: Staff, number: str) -> str:
    case = await cases.seen(db, staff, number, Action.ERASE)
    await staff_logins.audit(db, staff.id, "case_erased", case.id)
    person = await cases.person_of(db, case)
    if person:
        await turns.erase(db, person)
    return person


async def write(
    db: AsyncConnection,
    staff: Staff,
    action: Action,
    number: str,
    fence: int,
    values: dict[str, Any],
) -> Case:
    """Change a case under one claim, and keep its row until the transaction ends.

    Raises `LostClaim`, or `NoSuchCase` when `staff` may not even see it.
    """
    done = await db.execute(
        update(Handoff)
        .where(
            Handoff.number == clean_text(number),
            Handoff.fence == max(-1, min(fence, 2**31 - 1)),
            in_state(action),
            access(staff, action),
        )
        .values(values)
        .returning(Handoff.id)
    )
    case_id = done.scalar()
    if case_id is None:
        await cases.seen(db, staff, number)
        raise LostClaim
    return await cases.by_id(db, case_id)
