"""Reading a conversation back, for a channel that fetches its replies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.crypto import KeyRing
from bot.storage.inbox import upsert
from bot.storage.models import Contact, Conversation, Left, Message, Outbox
from bot.storage.records import Shown
from bot.storage.turns import Body, message_row

LEFT_KEPT = timedelta(days=90)  # longer than any conversation the token could open


_LINES = (
    select(Message, Outbox.state)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .join(Contact, Contact.id == Conversation.contact_id)
    .outerjoin(
        Outbox,
        and_(
            Outbox.conversation_id == Message.conversation_id,
            Outbox.seq == Message.seq,
        ),
    )
    .where(
        Contact.person_hash == bindparam("person"),
        Message.seq > bindparam("after"),
        Message.body_sealed.is_not(None),
    )
    .order_by(Message.seq)
    .limit(bindparam("limit"))
)


async def read(
    db: AsyncConnection, keys: KeyRing, person_hash: str, after: int, limit: int
) -> list[Shown]:
    """Lines with a number above `after`, in order, at most `limit`."""
    wanted = {"person": person_hash, "after": after, "limit": limit}
    rows = await db.execute(_LINES, wanted)
    return [_shown(keys, row) for row in rows]


def _shown(keys: KeyRing, row: Any) -> Shown:
    opened = keys.open(row.body_sealed, message_row(row.conversation_id, row.seq))
    body = msgspec.json.decode(opened, type=Body)
    return Shown(
        seq=row.seq,
        author=row.author,
        text=body.text,
        choices=body.choices,
        locale=row.locale,
        at=row.created_at,
        event_id=row.event_id,
        kind=row.kind,
        entry=row.entry,
        block=row.block,
        facts=tuple(filter(None, row.facts.split(","))),
        snapshot=row.snapshot,
        state=row.state or "",
    )


async def drop_seen(db: AsyncConnection, person_hash: str, seen: int) -> None:
    """Where nothing is kept beyond delivery, lines the page has shown go now."""
    mine = (
        select(Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Contact.person_hash == person_hash, Conversation.purge)
    )
    await db.execute(delete(Message).where(Message.conversation_id.in_(mine), Message.seq <= seen))


async def keeps_nothing(db: AsyncConnection, person_hash: str) -> bool:
    return bool(await db.scalar(_PURGE, {"person": person_hash}))


_PURGE = (
    select(Conversation.purge)
    .join(Contact, Contact.id == Conversation.contact_id)
    .where(Contact.person_hash == bindparam("person"))
)


async def leave(db: AsyncConnection, person_hash: str) -> None:
    """The exit was pressed: this page's token opens nothing from now on."""
    await db.execute(
        upsert(db, Left)
        .values(person_hash=person_hash, expires_at=datetime.now(UTC) + LEFT_KEPT)
        .on_conflict_do_nothing(index_elements=["person_hash"])
    )


async def has_left(db: AsyncConnection, person_hash: str) -> bool:
    return await db.scalar(_LEFT, {"person": person_hash}) is not None


_LEFT = select(Left.person_hash).where(Left.person_hash == bindparam("person"))
