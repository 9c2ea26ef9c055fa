"""Lines that waited for a word or an hour go out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Lane
from bot.storage.case_phones import renumber
from bot.storage.crypto import KeyRing
from bot.storage.lines import contact_row, on_its_way
from bot.storage.models import Contact, Conversation, Message, Outbox
from bot.storage.phone_safety import HOURS
from bot.storage.records import PULL_CHANNELS, Outcome, Person

AT_ONCE = 200  # conversations of one round


async def count(db: AsyncConnection, row: Any) -> int:
    mine = Message.conversation_id == row.conversation_id
    held = select(func.count()).select_from(Message).where(mine, Message.held.is_not(None))
    return await db.scalar(held) or 0


async def waiting(db: AsyncConnection, person: Person, outcome: Outcome) -> Sequence[Any]:
    """What goes out because the person is here: all of it with the word, else what waits for
    an hour."""
    if not person.held_lines or outcome.erase or outcome.move is not None:
        return ()
    opens = outcome.phone is not None and outcome.phone.opens
    mine = (Message.conversation_id == person.conversation_id) & Message.held.is_not(None)
    query = select(Message).where(mine).order_by(Message.seq)
    return (await db.execute(query if opens else query.where(Message.held == HOURS))).all()


async def let_go(
    db: AsyncConnection, keys: KeyRing, person: Person, rows: Sequence[Any], first: int
) -> None:
    """A page gets them under new numbers from `first` on, above all that it has shown."""
    if not rows:
        return
    seqs = [row.seq for row in rows]
    mine = Message.conversation_id == person.conversation_id
    await db.execute(
        update(Message).where(mine, Message.seq.in_(seqs)).values(held=None, held_until=None)
    )
    lanes = await _drop_rows(db, person.conversation_id, seqs)
    if person.channel in PULL_CHANNELS:
        for seq, row in enumerate(rows, first):
            await renumber(db, keys, row, seq, held=None, held_until=None)
        return
    out = [
        on_its_way(
            keys,
            person.conversation_id,
            seq,
            lanes.get(seq, int(Lane.COUNSELLOR)),
            person.channel,
            person.bot,
            person.address,
        )
        for seq in seqs
    ]
    await db.execute(insert(Outbox), out)


async def _drop_rows(
    db: AsyncConnection, conversation_id: str, seqs: Sequence[int]
) -> dict[int, int]:
    """Their place in the outbox, and perhaps their address, is an old one. Returns their lanes."""
    gone = await db.execute(
        delete(Outbox)
        .where(Outbox.conversation_id == conversation_id, Outbox.seq.in_(seqs))
        .returning(Outbox.seq, Outbox.lane)
    )
    return {row.seq: row.lane for row in gone}


async def is_due(db: AsyncConnection, now: datetime) -> bool:
    due = select(Message.seq).where(Message.held == HOURS, Message.held_until <= now).limit(1)
    return await db.scalar(due) is not None


async def begin_hours(db: AsyncConnection, keys: KeyRing, now: datetime) -> list[str]:
    """Let go what has waited for its hour. Returns whose pages have something new."""
    due = (
        select(Message.conversation_id)
        .where(Message.held == HOURS, Message.held_until <= now)
        .distinct()
        .limit(AT_ONCE)
    )
    people = []
    for conversation_id in (await db.scalars(due)).all():
        found = await _person(db, keys, conversation_id)
        if found is not None:
            await _let_go_due(db, keys, found, now)
            people.append(found.person_hash)
    return people


async def _let_go_due(db: AsyncConnection, keys: KeyRing, person: Person, now: datetime) -> None:
    rows = await db.execute(
        select(Message)
        .where(
            Message.conversation_id == person.conversation_id,
            Message.held == HOURS,
            Message.held_until <= now,
        )
        .order_by(Message.seq)
    )
    due = rows.all()
    first = person.last_seq + 1
    moved = len(due) if person.channel in PULL_CHANNELS else 0
    # A turn that is under way numbers its lines from the old end: it is taken again.
    await db.execute(
        update(Conversation)
        .where(Conversation.id == person.conversation_id)
        .values(version=Conversation.version + 1, last_seq=Conversation.last_seq + moved)
    )
    await let_go(db, keys, person, due, first)


async def _person(db: AsyncConnection, keys: KeyRing, conversation_id: str) -> Person | None:
    row = (
        await db.execute(
            select(Contact, Conversation.last_seq)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == conversation_id)
            .with_for_update(of=Conversation)
        )
    ).first()
    if row is None:
        return None
    sealed = row.address_sealed
    return Person(
        person_hash=row.person_hash,
        channel=row.channel,
        bot=row.bot,
        contact_id=row.id,
        conversation_id=conversation_id,
        address=keys.open(sealed, contact_row(row.id)) if sealed else "",
        last_seq=row.last_seq,
    )
