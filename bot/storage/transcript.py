"""Reading a conversation back, for a channel that fetches its replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.storage.crypto import KeyRing
from bot.storage.inbox import upsert
from bot.storage.lines import Body, message_row
from bot.storage.models import Contact, Conversation, Left, Message, Outbox, UtcTime
from bot.storage.records import Shown

LEFT_KEPT = timedelta(days=90)  # longer than any conversation the token could open
MAY_WAIT = timedelta(minutes=1)  # a line hidden for longer means that the clock was set back


_ALL_LINES = (
    select(Message, Outbox.state)
    .outerjoin(
        Outbox,
        and_(
            Outbox.conversation_id == Message.conversation_id,
            Outbox.seq == Message.seq,
        ),
    )
    .where(Message.seq > bindparam("after"), Message.body_sealed.is_not(None))
    .order_by(Message.seq)
    .limit(bindparam("limit"))
)
_waiting = aliased(Message)
# A page goes on from the highest number it got, so nothing overtakes a line that waits.
_is_behind = exists().where(
    _waiting.conversation_id == Message.conversation_id,
    _waiting.seq <= Message.seq,
    _waiting.visible_at > bindparam("now", type_=UtcTime),
    _waiting.visible_at <= bindparam("too_far", type_=UtcTime),
)
_LINES = (
    _ALL_LINES.join(Conversation, Conversation.id == Message.conversation_id)
    .join(Contact, Contact.id == Conversation.contact_id)
    .where(
        Contact.person_hash == bindparam("person"),
        or_(Conversation.shown_after.is_(None), Message.seq > Conversation.shown_after),
        Message.held.is_(None),
        ~_is_behind,
    )
)
_LINES_OF = _ALL_LINES.where(Message.conversation_id == bindparam("conversation"))


async def read(
    db: AsyncConnection, keys: KeyRing, person_hash: str, after: int, limit: int
) -> list[Shown]:
    """Lines with a number above `after`, in order, at most `limit`."""
    now = datetime.now(UTC)
    wanted = {"person": person_hash, "after": after, "limit": limit}
    wanted |= {"now": now, "too_far": now + MAY_WAIT}
    rows = await db.execute(_LINES, wanted)
    return [_shown(keys, row) for row in rows]


def is_new_to_page(line: Shown) -> bool:
    return line.author == "counsellor" and not line.state and not line.is_fetched


async def mark_fetched(db: AsyncConnection, person_hash: str, seqs: Sequence[int]) -> None:
    """A page is about to get these lines of a counsellor: they cannot be taken back any more."""
    mine = (
        select(Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Contact.person_hash == person_hash)
    )
    await db.execute(
        update(Message)
        .where(
            Message.conversation_id.in_(mine),
            Message.seq.in_(seqs),
            Message.fetched_at.is_(None),
        )
        .values(fetched_at=datetime.now(UTC))
    )


async def of_conversation(
    db: AsyncConnection, keys: KeyRing, conversation_id: str, after: int, limit: int
) -> list[Shown]:
    """The same for the desk, which knows the conversation and not the person."""
    wanted = {"conversation": conversation_id, "after": after, "limit": limit}
    return [_shown(keys, row) for row in await db.execute(_LINES_OF, wanted)]


async def said_since(
    db: AsyncConnection, keys: KeyRing, conversation_id: str, after: int
) -> list[Shown]:
    """What the person wrote after line `after`."""
    after = max(0, min(after, 2**31 - 1))
    wanted = {"conversation": conversation_id, "after": after, "limit": 1000}
    rows = await db.execute(_LINES_OF.where(Message.author == "person"), wanted)
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
        edits=row.edits_seq or 0,
        visible_at=row.visible_at,
        is_fetched=row.fetched_at is not None,
        held=row.held or "",
        held_until=row.held_until,
        file=body.file,
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
