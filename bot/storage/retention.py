"""Deleting what has reached its date. Every table with personal data is listed here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, exists, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.models import (
    Base,
    Contact,
    Conversation,
    Inbox,
    Left,
    Message,
    Outbox,
    Session,
    Unanswered,
)

# A conversation goes with its contact, and takes the rest with it: never one without the other.
PERSONAL: tuple[type[Base], ...] = (Message, Session, Contact, Inbox, Left, Unanswered)
BATCH = 500  # short transactions: nobody waits for the broom


async def sweep(db: AsyncConnection, table: Any) -> int:
    """Delete up to `BATCH` expired rows of one table; returns how many went.

    What a reply on its way still needs stays until the reply has an end (`outbox.expire`).
    """
    keys = list(table.__table__.primary_key.columns)
    expired = select(*keys).where(table.expires_at <= datetime.now(UTC), _not_needed(table))
    rows = (await db.execute(expired.limit(BATCH))).all()
    for row in rows:
        matches = [column == value for column, value in zip(keys, row, strict=True)]
        await db.execute(delete(table).where(*matches))
    return len(rows)


def _not_needed(table: Any) -> Any:
    waiting = select(Outbox.conversation_id).where(Outbox.state.in_(("pending", "sending")))
    if table is Message:
        return ~exists().where(
            Outbox.conversation_id == Message.conversation_id,
            Outbox.seq == Message.seq,
            Outbox.state.in_(("pending", "sending")),
        )
    if table is Inbox:
        return Inbox.state != "pending"
    if table is Contact:
        mine = select(Conversation.contact_id).where(Conversation.id.in_(waiting))
        return Contact.id.not_in(mine)
    return true()
