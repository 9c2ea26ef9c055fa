"""A reply that its counsellor takes back, or sends at once, before anybody has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.case_events import Happened, add
from bot.storage.case_lines import PARKED
from bot.storage.case_moves import AS_IT_IS, write
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import DeskPost, Handoff
from bot.storage.desk_moves import Action
from bot.storage.desk_records import Case, Staff, TooLate
from bot.storage.lines import Body, message_row
from bot.storage.models import Message, Outbox
from bot.storage.phone_safety import is_held_row


async def take_back(
    db: AsyncConnection, keys: KeyRing, staff: Staff, number: str, fence: int, seq: int
) -> str:
    """What it said. Raises `TooLate` when it is out, or may be."""
    case = await write(db, staff, Action.REPLY, number, fence, AS_IT_IS)
    if not 0 < seq < 2**31:
        raise TooLate
    await _stop(db, case, seq)
    line = _line(case, seq)
    gone = await db.execute(
        delete(Message).where(line, Message.fetched_at.is_(None)).returning(Message.body_sealed)
    )
    sealed = gone.scalar()
    if sealed is None:
        raise TooLate
    await _unsay(db, case, seq)
    await add(db, Happened(case, "undone", staff.id))
    opened = keys.open(sealed, message_row(case.conversation_id, seq))
    return msgspec.json.decode(opened, type=Body).text


async def _stop(db: AsyncConnection, case: Case, seq: int) -> None:
    """Where a line is pushed it must not have been tried."""
    mine = and_(Outbox.conversation_id == case.conversation_id, Outbox.seq == seq)
    if await db.scalar(select(Outbox.id).where(mine)) is None:
        return
    untried = and_(Outbox.state == "pending", Outbox.attempts == 0, Outbox.doubts == 0)
    parked = and_(Outbox.state == "cancelled", Outbox.reason == PARKED)
    stopped = await db.execute(
        update(Outbox)
        .where(mine, or_(untried, parked, is_held_row()))
        .values(state="cancelled", reason="taken back", done_at=datetime.now(UTC))
    )
    if stopped.rowcount != 1:
        raise TooLate


async def _unsay(db: AsyncConnection, case: Case, seq: int) -> None:
    """Nobody was answered by it; and its form, sent again, is a new message."""
    await db.execute(delete(DeskPost).where(DeskPost.handoff_id == case.id, DeskPost.result == seq))
    answers = select(func.max(Message.created_at)).where(
        Message.conversation_id == case.conversation_id, Message.author == "counsellor"
    )
    values: dict[str, Any] = {}
    if await db.scalar(answers.where(Message.created_at >= case.claimed_at)) is None:
        values["answered_at"] = None
    if await db.scalar(answers.where(Message.created_at >= case.requested_at)) is None:
        values["first_answer_at"] = None
    if values:
        await db.execute(update(Handoff).where(Handoff.id == case.id).values(**values))


async def send_now(db: AsyncConnection, staff: Staff, number: str, fence: int, seq: int) -> bool:
    """False when it was out already, or taken back."""
    case = await write(db, staff, Action.REPLY, number, fence, AS_IT_IS)
    if not 0 < seq < 2**31:
        return False
    waited = await db.execute(
        update(Message)
        .where(_line(case, seq), Message.visible_at > datetime.now(UTC))
        .values(visible_at=None)
    )
    if waited.rowcount != 1:
        return False
    await add(db, Happened(case, "sent_now", staff.id))
    return True


def _line(case: Case, seq: int) -> Any:
    return and_(
        Message.conversation_id == case.conversation_id,
        Message.seq == seq,
        Message.author == "counsellor",
    )
