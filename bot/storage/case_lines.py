"""What the desk adds to a conversation: a counsellor's words and fixed notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Lane, Origin, Reply
from bot.storage import phone_safety, transcript
from bot.storage.case_ends import CASE_KEPT
from bot.storage.crypto import KeyRing
from bot.storage.desk_more_models import ContactAside
from bot.storage.desk_records import Case, Notice, SomethingNewer
from bot.storage.lines import Body, contact_row, message, on_its_way
from bot.storage.models import Contact, Conversation, Message, Outbox
from bot.storage.records import PULL_CHANNELS

PARKED = "parked"  # why a line for somebody who is not at their phone has not gone out
NO_WAIT = timedelta(0)


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


async def say(
    db: AsyncConnection,
    keys: KeyRing,
    case: Case,
    author: str,
    words: Notice,
    lane: Lane = Lane.COUNSELLOR,
    wait: timedelta = NO_WAIT,
) -> int:
    """Add one line, queue it where the channel is pushed, and return its number.

    `wait`: for so long nobody gets it, and it can be taken back.
    """
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
    body = Body(reply.text, reply.choices, reply.file)
    line = message(keys, case.conversation_id, seq, author, body, reply.origin, CASE_KEPT)
    line["locale"] = reply.origin.locale or contact.locale
    line["visible_at"] = now + wait if wait else None
    is_away = await is_parked(db, contact_id)
    held = None if is_away else await phone_safety.hold(db, contact_id, case.office, now)
    await _add(db, keys, case, contact, line, lane, held, is_away)
    if held is not None and held.why == phone_safety.WORD:
        await _say_neutral(db, keys, case, contact)
    return seq


async def _add(
    db: AsyncConnection,
    keys: KeyRing,
    case: Case,
    contact: Any,
    line: dict[str, Any],
    lane: Lane,
    held: phone_safety.Hold | None,
    is_away: bool = False,
) -> None:
    is_pushed = contact.channel not in PULL_CHANNELS
    row = _outbox(keys, case, line["seq"], contact, lane) if is_pushed else {}
    if held is not None and row.get("state") != "undeliverable":
        line |= {"held": held.why, "held_until": held.until}
        row |= {"state": "cancelled", "reason": phone_safety.REASONS[held.why]} if row else {}
    if is_away and row:
        row |= {"state": "cancelled", "reason": PARKED}
    await db.execute(insert(Message).values(line))
    if row:
        done_at = row.get("done_at") or (line["created_at"] if row["state"] != "pending" else None)
        await db.execute(insert(Outbox).values(row | {"done_at": done_at}))


async def _say_neutral(db: AsyncConnection, keys: KeyRing, case: Case, contact: Any) -> None:
    """That something waits, once until it is opened, and in their hours."""
    now = datetime.now(UTC)
    text = await phone_safety.neutral_text(db, contact.id, now)
    if not text:
        return
    seq = await db.scalar(
        update(Conversation)
        .where(Conversation.id == case.conversation_id)
        .values(last_seq=Conversation.last_seq + 1)
        .returning(Conversation.last_seq)
    )
    origin = Origin("interface", phone_safety.NEUTRAL, contact.locale)
    line = message(keys, case.conversation_id, seq or 0, "notice", Body(text), origin, CASE_KEPT)
    held = await phone_safety.hold_by_hours(db, contact.id, case.office, now)
    await _add(db, keys, case, contact, line, Lane.COUNSELLOR, held)


def _outbox(keys: KeyRing, case: Case, seq: int, contact: Any, lane: Lane) -> dict[str, Any]:
    sealed = contact.address_sealed
    address = keys.open(sealed, contact_row(contact.id)) if sealed else ""
    row = on_its_way(
        keys, case.conversation_id, seq, int(lane), contact.channel, contact.bot, address
    )
    if address and contact.blocked_at is None:
        return row
    # Nobody can be told anything there, and the holder has to see that.
    return row | {
        "state": "undeliverable",
        "reason": "blocked" if address else "no address",
        "done_at": row["created_at"],
    }


async def is_parked(db: AsyncConnection, contact_id: str) -> bool:
    """Whether somebody else uses the phone; what is said waits for the person to be back."""
    mine = select(ContactAside.contact_id).where(
        ContactAside.contact_id == contact_id, ContactAside.why == "parked"
    )
    return await db.scalar(mine) is not None


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


async def check_read(db: AsyncConnection, keys: KeyRing, case: Case, seen_up_to: int) -> None:
    """Raises `SomethingNewer`: nothing is answered or ended over words that nobody has read."""
    newer = await transcript.said_since(db, keys, case.conversation_id, seen_up_to)
    if newer:
        raise SomethingNewer(tuple(newer))


async def wait_no_longer(db: AsyncConnection, conversation_id: str) -> None:
    """Danger: what stands behind a line that waits has to be read at once."""
    await db.execute(
        update(Message)
        .where(Message.conversation_id == conversation_id, Message.visible_at.is_not(None))
        .values(visible_at=None)
    )


async def resend(db: AsyncConnection, keys: KeyRing, case: Case, seq: int) -> bool:
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
    if again.rowcount == 1:
        await _hold_again(db, keys, case, seq)
    return again.rowcount == 1


async def _hold_again(db: AsyncConnection, keys: KeyRing, case: Case, seq: int) -> None:
    """What is sent once more is started by us, too."""
    now = datetime.now(UTC)
    of = Conversation.id == case.conversation_id
    contact_id = await db.scalar(select(Conversation.contact_id).where(of))
    held = await phone_safety.hold(db, contact_id or "", case.office, now)
    if held is None:
        return
    line = (Message.conversation_id == case.conversation_id) & (Message.seq == seq)
    await db.execute(update(Message).where(line).values(held=held.why, held_until=held.until))
    row = (Outbox.conversation_id == case.conversation_id) & (Outbox.seq == seq)
    waits = {"state": "cancelled", "reason": phone_safety.REASONS[held.why], "done_at": now}
    await db.execute(update(Outbox).where(row).values(waits))
    if held.why == phone_safety.WORD:
        contact = (await db.execute(select(Contact).where(Contact.id == contact_id))).one()
        await _say_neutral(db, keys, case, contact)


def plain(reply: Reply) -> Notice:
    """Words that are the same in every locale: a counsellor's own."""
    return lambda locale: reply
