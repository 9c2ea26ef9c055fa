"""What the desk adds to a conversation: a counsellor's words and fixed notices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Lane, Reply
from bot.storage.case_ends import CASE_KEPT
from bot.storage.crypto import KeyRing
from bot.storage.desk_records import Case, Notice
from bot.storage.lines import Body, contact_row, message, on_its_way
from bot.storage.models import Contact, Conversation, Message, Outbox
from bot.storage.records import PULL_CHANNELS


async def moved(db: AsyncConnection, case: Case) -> None:
    """A turn that is under way was decided on another state: it is taken again."""
    await db.execute(
        update(Conversation)
        .where(Conversation.id == case.conversation_id)
        .values(version=Conversation.version + 1)
    )


async def notify(db: AsyncConnection, keys: KeyRing, case: Case, notice: Notice | None) -> None:
    """Tell the person what became of their case. Without a notice the turn is only redone."""
    if notice is None:
        await moved(db, case)
    else:
        await say(db, keys, case, "notice", notice)


async def say(db: AsyncConnection, keys: KeyRing, case: Case, author: str, words: Notice) -> int:
    """Add one line, queue it where the channel is pushed, and return its number."""
    now = datetime.now(UTC)
    seq, contact_id = (
        await db.execute(
            update(Conversation)
            .where(Conversation.id == case.conversation_id)
            .values(
                version=Conversation.version + 1,
                last_seq=Conversation.last_seq + 1,
                last_at=now,
            )
            .returning(Conversation.last_seq, Conversation.contact_id)
        )
    ).one()
    contact = (await db.execute(select(Contact).where(Contact.id == contact_id))).one()
    reply = words(contact.locale)
    body = Body(reply.text, reply.choices)
    line = message(keys, case.conversation_id, seq, author, body, reply.origin, CASE_KEPT)
    line["locale"] = reply.origin.locale or contact.locale
    await db.execute(insert(Message).values(line))
    if contact.channel not in PULL_CHANNELS:
        await db.execute(insert(Outbox).values(_outbox(keys, case, seq, contact)))
    return seq


def _outbox(keys: KeyRing, case: Case, seq: int, contact: Any) -> dict[str, Any]:
    sealed = contact.address_sealed
    address = keys.open(sealed, contact_row(contact.id)) if sealed else ""
    row = on_its_way(
        keys, case.conversation_id, seq, Lane.COUNSELLOR, contact.channel, contact.bot, address
    )
    if address and contact.blocked_at is None:
        return row
    # Nobody can be told anything there, and the holder has to see that.
    return row | {
        "state": "undeliverable",
        "reason": "blocked" if address else "no address",
        "done_at": row["created_at"],
    }


async def hush(db: AsyncConnection, case: Case) -> None:
    """The bot is silent while a human holds the case: what it had queued does not go out."""
    await db.execute(
        update(Outbox)
        .where(
            Outbox.conversation_id == case.conversation_id,
            Outbox.state == "pending",
            Outbox.lane == int(Lane.BOT),
        )
        .values(state="cancelled", reason="a person answers", done_at=datetime.now(UTC))
    )


async def resend(db: AsyncConnection, case: Case, seq: int) -> bool:
    """Put a line back that may not have arrived."""
    again = await db.execute(
        update(Outbox)
        .where(
            Outbox.conversation_id == case.conversation_id,
            Outbox.seq == seq,
            Outbox.state.in_(("uncertain", "undeliverable")),
            Outbox.lane == int(Lane.COUNSELLOR),
        )
        .values(state="pending", attempts=0, doubts=0, reason="", done_at=None)
    )
    return again.rowcount == 1


def plain(reply: Reply) -> Notice:
    """Words that are the same in every locale: a counsellor's own."""
    return lambda locale: reply
