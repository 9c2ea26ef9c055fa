"""The end of a case, and how long what was said is kept after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.desk_models import Handoff, HandoffNote
from bot.storage.desk_moves import MOVES, Action
from bot.storage.desk_records import Case
from bot.storage.models import Contact, Conversation, Message

CASE_KEPT = timedelta(days=90)  # after a case was closed
KEPT_AFTER_NO = timedelta(minutes=15)  # the last lines are delivered; then nothing is left
REOPENED_WITHIN = timedelta(hours=72)
ERASED_KEPT = timedelta(days=30)  # the bare row, so that a holder sees what happened


async def end(db: AsyncConnection, case: Case, action: Action, outcome: str) -> None:
    """Close a case that the caller has locked, and set the dates by which it is all gone."""
    now = datetime.now(UTC)
    await db.execute(
        update(Handoff)
        .where(Handoff.id == case.id)
        .values(
            state=MOVES[action].to,
            outcome=outcome[:40],
            closed_at=now,
            waits_for="",
            due_at=None,
            cover=None,
            meant_for=None,
            expires_at=now + CASE_KEPT,
        )
    )
    await _keep(db, case, now)


async def _keep(db: AsyncConnection, case: Case, now: datetime) -> None:
    """While a case is open nothing of it goes. Now everything gets its date."""
    mine = Conversation.id == case.conversation_id
    contact_id, consent = (
        await db.execute(
            select(Contact.id, Contact.consent)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(mine)
        )
    ).one()
    said_no = consent == "no"  # while the case was open
    until = now + (KEPT_AFTER_NO if said_no else CASE_KEPT)
    messages = Message.conversation_id == case.conversation_id
    await db.execute(update(Message).where(messages).values(expires_at=until))
    await db.execute(update(Conversation).where(mine).values(expires_at=until, purge=said_no))
    contact = update(Contact).where(Contact.id == contact_id)
    if said_no:
        await db.execute(delete(HandoffNote).where(HandoffNote.handoff_id == case.id))
        await db.execute(contact.values(address_sealed=None))
    else:
        await db.execute(contact.values(expires_at=until))


async def keep_notes(db: AsyncConnection, case: Case) -> None:
    """Another office gets the case: what was noted until now is read in this one only."""
    await db.execute(
        update(HandoffNote)
        .where(HandoffNote.handoff_id == case.id, HandoffNote.stays_in.is_(None))
        .values(stays_in=case.office)
    )
