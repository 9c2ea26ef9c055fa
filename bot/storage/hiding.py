"""Clearing somebody's chat on the platform: what is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Lane, Reply
from bot.storage.case_ends import KEPT_AFTER_NO
from bot.storage.crypto import KeyRing
from bot.storage.lines import Body, message, on_its_way
from bot.storage.models import Contact, Conversation, Message, Outbox
from bot.storage.phone_safety import number_row
from bot.storage.safety_models import HideRequest, PlatformMessage

LEASE = timedelta(seconds=60)  # whoever clears a chat has so long; then it is begun again
LINE_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Hiding:
    """One chat to be cleared. `numbers`: row id -> the platform's number."""

    conversation_id: str
    channel: str
    bot: str
    address: str
    locale: str
    numbers: dict[int, str]
    left: int  # what was refused before


async def is_due(db: AsyncConnection, now: datetime) -> bool:
    due = select(HideRequest.left).where(HideRequest.next_at <= now).limit(1)
    return await db.scalar(due) is not None


async def take(db: AsyncConnection, keys: KeyRing, now: datetime, limit: int = 20) -> list[Hiding]:
    """What is due, for this process alone for a while."""
    due = select(HideRequest.conversation_id).where(HideRequest.next_at <= now).limit(limit)
    taken = await db.execute(
        update(HideRequest)
        .where(HideRequest.conversation_id.in_(due), HideRequest.next_at <= now)
        .values(next_at=now + LEASE)
        .returning(*HideRequest.__table__.columns)
    )
    return [await _hiding(db, keys, row, now) for row in taken.all()]


async def _hiding(db: AsyncConnection, keys: KeyRing, row: Any, now: datetime) -> Hiding:
    of = number_row(row.conversation_id)
    contact = (
        await db.execute(
            select(Contact.channel, Contact.bot, Contact.locale)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == row.conversation_id)
        )
    ).one()
    numbers = await db.execute(
        select(PlatformMessage.id, PlatformMessage.number_sealed)
        .where(
            PlatformMessage.conversation_id == row.conversation_id,
            PlatformMessage.expires_at > now,
        )
        .order_by(PlatformMessage.id)
    )
    return Hiding(
        conversation_id=row.conversation_id,
        channel=contact.channel,
        bot=contact.bot,
        address=keys.open(row.address_sealed, of),
        locale=contact.locale,
        numbers={number.id: keys.open(number.number_sealed, of) for number in numbers},
        left=row.left,
    )


async def put_off(
    db: AsyncConnection, hiding: Hiding, done: Collection[int], left: int, wait: timedelta
) -> None:
    """The platform is busy: the rest follows later."""
    await _drop(db, done)
    await db.execute(
        update(HideRequest)
        .where(HideRequest.conversation_id == hiding.conversation_id)
        .values(next_at=datetime.now(UTC) + wait, left=hiding.left + left)
    )


async def finish(
    db: AsyncConnection, keys: KeyRing, hiding: Hiding, words: Callable[[str], Reply]
) -> bool:
    """It is cleared as far as that goes: one last line says so. False: somebody else did it."""
    gone = await db.execute(
        delete(HideRequest).where(HideRequest.conversation_id == hiding.conversation_id)
    )
    if gone.rowcount != 1:
        return False
    await _drop(db, hiding.numbers)
    await _say(db, keys, hiding, words(hiding.locale))
    return True


async def _drop(db: AsyncConnection, ids: Collection[int]) -> None:
    await db.execute(delete(PlatformMessage).where(PlatformMessage.id.in_(list(ids))))


async def _say(db: AsyncConnection, keys: KeyRing, hiding: Hiding, reply: Reply) -> None:
    """The answer to the person's own message: no word and no hour holds it back."""
    of = Conversation.id == hiding.conversation_id
    seq, purge = (
        await db.execute(
            update(Conversation)
            .where(of)
            .values(version=Conversation.version + 1, last_seq=Conversation.last_seq + 1)
            .returning(Conversation.last_seq, Conversation.purge)
        )
    ).one()
    kept = KEPT_AFTER_NO if purge else LINE_KEPT
    body = Body(reply.text, reply.choices)
    line = message(keys, hiding.conversation_id, seq, "notice", body, reply.origin, kept)
    await db.execute(insert(Message).values(line))
    lane = int(Lane.COUNSELLOR)
    of_row: Sequence[str] = (hiding.channel, hiding.bot, hiding.address)
    await db.execute(
        insert(Outbox).values(on_its_way(keys, hiding.conversation_id, seq, lane, *of_row))
    )
