"""A conversation that goes on from another place, and phones that several people use.

A conversation belongs to a contact, and a contact is who writes from one address. To go on
elsewhere the contact gets the other address; what stood there steps aside. So the transcript
stays one, and the old place holds nothing of it any more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Lane
from bot.storage import case_codes, cases, phone_safety
from bot.storage.case_ends import REOPENED_WITHIN
from bot.storage.case_events import PERSON, Happened
from bot.storage.case_lines import PARKED
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_more_models import ContactAside
from bot.storage.desk_records import (
    CaseState,
    PhoneMove,
    PutAside,
    UseCode,
)
from bot.storage.lines import Body, contact_row, message, message_row, on_its_way
from bot.storage.media_models import MediaFile
from bot.storage.models import Contact, Conversation, Message, Outbox
from bot.storage.records import PULL_CHANNELS, Person, TurnConflict

ASIDE_KEPT = timedelta(days=30)
OLD_PLACE_KEPT = timedelta(days=1)


# Moving


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the rest of a turn is stored."""

    before: Person
    person: Person
    events: tuple[Happened, ...] = ()  # to be added when all else is written


async def move(
    db: AsyncConnection, keys: KeyRing, before: Person, person: Person, what: PhoneMove
) -> Moved:
    """Done before a turn's own lines are stored: they belong to the place that follows.

    Raises `TurnConflict` when the code was used, or the conversation went on, meanwhile.
    """
    if isinstance(what, UseCode):
        return await _enter(db, keys, before, person, what)
    if isinstance(what, PutAside) and before.version:
        await _step_aside(db, keys, before, "parked")
        return _anew(before, person, _parked(before))
    return Moved(before, person)


def _parked(who: Person) -> tuple[Happened, ...]:
    is_open = who.case is not None and who.case.is_open
    return (Happened(who.case, "parked", PERSON),) if who.case is not None and is_open else ()


def _anew(before: Person, person: Person, events: tuple[Happened, ...]) -> Moved:
    """Somebody else at the same address; a page goes on counting where it was."""
    fresh = replace(
        person,
        contact_id=uuid.uuid4().hex,
        conversation_id=uuid.uuid4().hex,
        country="",
        consent="open",
        case=None,
        last_seq=before.last_seq,
        version=0,
    )
    return Moved(fresh, fresh, events)


async def _step_aside(db: AsyncConnection, keys: KeyRing, who: Person, why: str) -> None:
    """The address is free; conversation and case stay as they are, and can be found again."""
    moved = await db.execute(
        update(Conversation)
        .where(Conversation.id == who.conversation_id, Conversation.version == who.version)
        .values(version=Conversation.version + 1)
    )
    if moved.rowcount != 1:
        raise TurnConflict
    unreachable = keys.digest("contact aside", who.contact_id, uuid.uuid4().hex)
    await db.execute(
        update(Contact).where(Contact.id == who.contact_id).values(person_hash=unreachable)
    )
    await db.execute(delete(ContactAside).where(ContactAside.contact_id == who.contact_id))
    await db.execute(
        insert(ContactAside).values(
            contact_id=who.contact_id, person_hash=who.person_hash, why=why, at=datetime.now(UTC)
        )
    )
    if why == "parked":
        await db.execute(
            update(Contact)
            .where(Contact.id == who.contact_id, Contact.expires_at < _in(ASIDE_KEPT))
            .values(expires_at=_in(ASIDE_KEPT))
        )
        await _hold_back(db, who.conversation_id)


def _in(time: timedelta) -> datetime:
    return datetime.now(UTC) + time


async def _hold_back(db: AsyncConnection, conversation_id: str) -> None:
    """What was on its way to the person is not for whoever has their phone; danger goes on."""
    await db.execute(
        update(Outbox)
        .where(
            Outbox.conversation_id == conversation_id,
            Outbox.state == "pending",
            Outbox.lane != int(Lane.SAFETY),
        )
        .values(state="cancelled", reason=PARKED, done_at=datetime.now(UTC))
    )


async def _enter(
    db: AsyncConnection, keys: KeyRing, before: Person, person: Person, use: UseCode
) -> Moved:
    conversation_id = await case_codes.spend(db, keys, use.code)
    case = await _case_of(db, conversation_id)
    old = await _place(db, conversation_id)
    if before.version:
        if use.aside is not None:
            await case_codes.make_code(db, keys, before.conversation_id, use.aside)
        await _step_aside(db, keys, before, "parked" if use.aside else "left")
    was_parked = await db.execute(
        delete(ContactAside).where(ContactAside.contact_id == old.contact_id)
    )
    last_seq = max(old.last_seq, before.last_seq)
    waiting = await _unread(db, old)
    # The place changes hands before anything else can be written under the old one.
    await db.execute(
        update(Contact)
        .where(Contact.id == old.contact_id)
        .values(person_hash=person.person_hash, channel=person.channel, bot=person.bot)
    )
    if not was_parked.rowcount:
        await _leave_word(db, keys, old, use)
    here = replace(
        person,
        contact_id=old.contact_id,
        conversation_id=conversation_id,
        locale=person.locale if person.locale_chosen else old.locale or person.locale,
        country=person.country or old.country,
        consent=old.consent,
        version=old.version,
        last_seq=last_seq,
        case=case,
    )
    here = replace(here, last_seq=await _bring(db, keys, here, waiting))
    await db.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(shown_after=last_seq)
    )
    events = _parked(before) if use.aside else ()
    if case is not None and case.is_open:
        events += (Happened(case, "resumed", PERSON, here.channel),)
    return Moved(here, here, events)


async def _case_of(db: AsyncConnection, conversation_id: str) -> Any:
    """The desk writes a case before its conversation; so it is locked first here, too."""
    recent = or_(
        Handoff.state != CaseState.CLOSED,
        Handoff.closed_at > datetime.now(UTC) - REOPENED_WITHIN,
    )
    found = await db.scalar(
        select(Handoff.id)
        .where(Handoff.conversation_id == conversation_id, recent)
        .order_by(Handoff.id.desc())
        .limit(1)
        .with_for_update()
    )
    return await cases.by_id(db, found) if found is not None else None


async def _place(db: AsyncConnection, conversation_id: str) -> Any:
    """The conversation with its contact as both were until now."""
    await db.execute(
        select(Conversation.id).where(Conversation.id == conversation_id).with_for_update()
    )
    return (
        await db.execute(
            select(
                Contact,
                Contact.id.label("contact_id"),
                Conversation.id.label("conversation_id"),
                Conversation.last_seq,
                Conversation.version,
            )
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == conversation_id)
        )
    ).one()


async def _leave_word(db: AsyncConnection, keys: KeyRing, old: Any, use: UseCode) -> None:
    """The old place starts anew, with one line that says nothing of what was there."""
    held = await phone_safety.hold(db, old.contact_id, "", datetime.now(UTC))
    if held is not None and held.why == phone_safety.WORD:
        return  # whoever reads that phone does not learn that there is another
    now, contact_id, conversation_id = datetime.now(UTC), uuid.uuid4().hex, uuid.uuid4().hex
    address = keys.open(old.address_sealed, contact_row(old.id)) if old.address_sealed else ""
    await db.execute(
        insert(Contact).values(
            id=contact_id,
            channel=old.channel,
            bot=old.bot,
            person_hash=old.person_hash,
            address_sealed=keys.seal(address, contact_row(contact_id)) if address else None,
            locale=old.locale,
            locale_chosen=old.locale_chosen,
            country="",
            consent="open",
            blocked_at=old.blocked_at,
            created_at=now,
            expires_at=_in(OLD_PLACE_KEPT),
        )
    )
    seq = old.last_seq + 1
    await db.execute(
        insert(Conversation).values(
            id=conversation_id,
            contact_id=contact_id,
            last_seq=seq,
            version=1,
            purge=False,
            created_at=now,
            last_at=now,
            expires_at=_in(OLD_PLACE_KEPT),
        )
    )
    said = use.old_place(old.locale)
    body = Body(said.text)
    line = message(keys, conversation_id, seq, "notice", body, said.origin, OLD_PLACE_KEPT)
    await db.execute(insert(Message).values(line))
    if old.channel not in PULL_CHANNELS and address and old.blocked_at is None:
        row = on_its_way(
            keys, conversation_id, seq, int(Lane.COUNSELLOR), old.channel, old.bot, address
        )
        await db.execute(insert(Outbox).values(row))


# What was said and not read comes along


async def _unread(db: AsyncConnection, old: Any) -> list[Any]:
    """What nobody has got: on a page a counsellor's lines, elsewhere whatever is not out yet.

    A page may have fetched a line and never shown it. What came after its person last wrote
    comes along, too: twice is better than never.
    """
    if old.channel in PULL_CHANNELS:
        wrote = select(func.coalesce(func.max(Message.seq), 0)).where(
            Message.conversation_id == old.conversation_id, Message.author == "person"
        )
        unseen = or_(Message.fetched_at.is_(None), Message.seq > wrote.scalar_subquery())
        state = and_(Message.author == "counsellor", unseen)
    else:
        state = or_(
            Outbox.state == "pending",
            and_(Outbox.state == "cancelled", Outbox.reason == PARKED),
            and_(Outbox.state == "undeliverable", Message.author.in_(("counsellor", "notice"))),
        )
    rows = await db.execute(
        select(Message, Outbox.id.label("outbox_id"), Outbox.lane)
        .outerjoin(
            Outbox,
            and_(Outbox.conversation_id == Message.conversation_id, Outbox.seq == Message.seq),
        )
        .where(
            Message.conversation_id == old.conversation_id,
            state,
            Message.body_sealed.is_not(None),
            Message.held.is_(None),  # what waits for a word or an hour waits here, too
        )
        .order_by(Message.seq)
    )
    found = list(rows)
    await db.execute(delete(Outbox).where(Outbox.id.in_([row.outbox_id for row in found])))
    return found


async def _bring(db: AsyncConnection, keys: KeyRing, here: Person, waiting: list[Any]) -> int:
    """A page gets new numbers, above all that it has shown. Returns the last number."""
    seq = here.last_seq
    for row in waiting:
        if here.channel in PULL_CHANNELS:
            seq += 1
            await renumber(db, keys, row, seq)
        elif here.address:
            again = on_its_way(
                keys,
                here.conversation_id,
                row.seq,
                int(Lane.COUNSELLOR) if row.lane is None else row.lane,
                here.channel,
                here.bot,
                here.address,
            )
            await db.execute(insert(Outbox).values(again))
    return seq


async def renumber(db: AsyncConnection, keys: KeyRing, row: Any, seq: int, **changed: Any) -> None:
    """Give a line another number in its conversation; `changed` are other columns."""
    old, new = (message_row(row.conversation_id, number) for number in (row.seq, seq))
    columns = {column.name: getattr(row, column.name) for column in Message.__table__.columns}
    sealed = keys.seal(keys.open(row.body_sealed, old), new)
    await db.execute(
        insert(Message).values(columns | {"seq": seq, "body_sealed": sealed} | changed)
    )
    file = and_(MediaFile.conversation_id == row.conversation_id, MediaFile.seq == row.seq)
    await db.execute(update(MediaFile).where(file).values(seq=seq))
    await db.execute(
        delete(Message).where(
            Message.conversation_id == row.conversation_id, Message.seq == row.seq
        )
    )
