"""Loading a conversation for a turn, and saving everything the turn changed at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Inbound, Kind, Lane, Origin, Reply
from bot.storage import (
    alarms,
    case_codes,
    case_lines,
    case_phones,
    case_turns,
    cases,
    counts,
    held_lines,
    inbox,
    media,
    phone_safety,
)
from bot.storage.case_ends import KEPT_AFTER_NO, REOPENED_WITHIN
from bot.storage.case_events import Happened, add
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_more_models import ContactAside
from bot.storage.desk_records import CaseState, OpenCase, WrongCode
from bot.storage.lines import Body, contact_row, message, on_its_way
from bot.storage.models import (
    Contact,
    Conversation,
    Inbox,
    Message,
    Outbox,
    Session,
    UtcTime,
)
from bot.storage.records import (
    PULL_CHANNELS,
    Outcome,
    Pending,
    Person,
    TurnAlreadyDone,
    TurnConflict,
)
from bot.storage.safety_models import PhoneSafety

KEPT = timedelta(days=30)  # with consent, and no counsellor case
KEPT_UNASKED = timedelta(hours=24)  # until the person answered the consent question
SESSION_KEPT = timedelta(hours=24)
NO_ORIGIN = Origin()


def fresh_person(pending: Pending) -> Person:
    inbound = pending.inbound
    return Person(
        person_hash=pending.person_hash,
        channel=inbound.channel,
        bot=inbound.bot,
        contact_id=uuid.uuid4().hex,
        conversation_id=uuid.uuid4().hex,
        address=inbound.address,
    )


_LOAD = (
    select(
        Contact,
        Conversation.id.label("conversation_id"),
        Conversation.last_seq,
        Conversation.version,
        Session.state_sealed,
        Session.expires_at.label("session_until"),
        Handoff.id.label("case_id"),
        PhoneSafety.word_hash,
        PhoneSafety.hours,
    )
    .join(Conversation, Conversation.contact_id == Contact.id)
    .outerjoin(PhoneSafety, PhoneSafety.contact_id == Contact.id)
    .outerjoin(Session, Session.conversation_id == Conversation.id)
    .outerjoin(
        Handoff,
        and_(
            Handoff.conversation_id == Conversation.id,
            or_(
                Handoff.state != CaseState.CLOSED,
                Handoff.closed_at > bindparam("since", type_=UtcTime),
            ),
        ),
    )
    .where(Contact.person_hash == bindparam("person"))
    .order_by(Handoff.id.desc())
    .limit(1)
)


async def load(db: AsyncConnection, keys: KeyRing, pending: Pending) -> Person:
    now = datetime.now(UTC)
    wanted = {"person": pending.person_hash, "since": now - REOPENED_WITHIN}
    row = (await db.execute(_LOAD, wanted)).first()
    if row is None:
        return fresh_person(pending)
    has_session = row.state_sealed is not None and row.session_until > now
    return Person(
        person_hash=pending.person_hash,
        channel=row.channel,
        bot=row.bot,
        contact_id=row.id,
        conversation_id=row.conversation_id,
        address=pending.inbound.address
        or (keys.open(row.address_sealed, contact_row(row.id)) if row.address_sealed else ""),
        locale=row.locale,
        locale_chosen=row.locale_chosen,
        country=row.country,
        consent=row.consent,
        blocked=row.blocked_at is not None,
        last_seq=row.last_seq,
        version=row.version,
        session=keys.open(row.state_sealed, _session_row(row.conversation_id))
        if has_session
        else "",
        case=await cases.by_id(db, row.case_id) if row.case_id else None,
        is_discreet=row.word_hash is not None,
        said_word=phone_safety.is_said(keys, row.id, row.word_hash, pending.inbound),
        hours=row.hours or "",
        held_lines=await held_lines.count(db, row) if row.word_hash or row.hours else 0,
    )


async def finish(
    db: AsyncConnection,
    keys: KeyRing,
    pending: Pending,
    before: Person,
    outcome: Outcome,
) -> Person:
    """Consume the event and save replies, state, case and counts. All of it or nothing.

    Raises `TurnAlreadyDone` when the event was consumed before, `TurnConflict` when the
    conversation moved on since `before` was loaded.
    """
    if not await inbox.consume(db, pending.inbox_id):
        raise TurnAlreadyDone
    await case_turns.lock(db, before.case)
    person = replace(outcome.person, case=before.case)
    if outcome.erase:
        await erase(db, pending.person_hash)
        person = replace(
            fresh_person(pending),
            locale=before.locale,
            address=person.address,
            fleeting=True,
        )
        before = person
    events: tuple[Happened, ...] = ()
    if outcome.move is not None and not outcome.erase:
        moved = await case_phones.move(db, keys, before, person, outcome.move)
        before, person, events = moved.before, moved.person, moved.events
    waited = await held_lines.waiting(db, before, outcome)
    first = person.last_seq + 1
    said = first + (len(waited) if person.channel in PULL_CHANNELS else 0)
    count = said - person.last_seq + len(outcome.replies)
    person = replace(person, last_seq=person.last_seq + count, version=before.version + 1)
    await (_create if before.version == 0 else _advance)(db, keys, person)
    file = pending.inbound.file
    if file is not None:
        in_a_case = before.has_open_case or isinstance(outcome.case, OpenCase)
        file = await media.beside(db, person.conversation_id, file, in_a_case)
    inbound = replace(pending.inbound, file=file)
    lines = [] if outcome.erase else [await _utterance(db, keys, person, inbound, first)]
    numbered = list(enumerate(outcome.replies, said + 1))
    lines += [_reply(keys, person, seq, reply, outcome.author) for seq, reply in numbered]
    if any(reply.lane is Lane.SAFETY for reply in outcome.replies):
        await case_lines.wait_no_longer(db, person.conversation_id)
    if lines:
        await db.execute(insert(Message), lines)
        await media.link(db, person.conversation_id, first, file)
    await held_lines.let_go(db, keys, person, waited, first + 1)
    if numbered and outcome.push and not person.blocked:
        await db.execute(insert(Outbox), [_on_its_way(keys, person, *n) for n in numbered])
    await _save_session(db, keys, person)
    if before.consent != person.consent and before.version:
        await _apply_consent(db, person)
    await counts.add(db, keys, outcome)
    if outcome.erase:
        return person
    await phone_safety.follow(db, keys, person, outcome, pending.inbound, first)
    kind = pending.inbound.kind
    await alarms.follow(db, person, outcome.alarm, kind)
    case = await case_turns.take_part(db, person, outcome.case, first, kind)
    if outcome.code is not None:
        await case_codes.make_code(db, keys, person.conversation_id, outcome.code)
    if isinstance(outcome.move, WrongCode):
        await case_codes.count_wrong(db, person.conversation_id)
    if events:
        await add(db, *events)
    return replace(person, case=case)


async def erase(db: AsyncConnection, person_hash: str) -> bool:
    """Delete everything about a person. Ids of their events stay a while as keyed hashes."""
    for left in await _left_here(db, person_hash):
        await db.execute(delete(Contact).where(Contact.id == left))
    await case_turns.forget(db, person_hash)
    await db.execute(
        update(Inbox)
        .where(Inbox.person_hash == person_hash, Inbox.state != "pending")
        .values(person_hash=None, payload_sealed=None)
    )
    gone = await db.execute(delete(Contact).where(Contact.person_hash == person_hash))
    return gone.rowcount > 0


async def _left_here(db: AsyncConnection, person_hash: str) -> Sequence[str]:
    """What they wrote here before they went on with a case from another place."""
    left = select(ContactAside.contact_id).where(
        ContactAside.person_hash == person_hash, ContactAside.why == "left"
    )
    return (await db.scalars(left)).all()


def _lifetime(person: Person) -> timedelta:
    if person.keeps_nothing:
        return KEPT_AFTER_NO
    return KEPT if person.consent == "yes" else KEPT_UNASKED


def _remembered(person: Person) -> timedelta:
    # A language and a country are remembered for a day even after "no", or each message
    # would start at the beginning.
    if person.fleeting:
        return KEPT_AFTER_NO
    return KEPT if person.consent == "yes" else KEPT_UNASKED


async def _create(db: AsyncConnection, keys: KeyRing, person: Person) -> None:
    now = datetime.now(UTC)
    created = await db.execute(
        inbox.upsert(db, Contact)
        .values(id=person.contact_id, created_at=now, **_contact(keys, person, now))
        .on_conflict_do_nothing(index_elements=["person_hash"])
        .returning(Contact.id)
    )
    if created.scalar() is None:  # rowcount says nothing of an upsert on PostgreSQL
        raise TurnConflict
    await db.execute(
        insert(Conversation).values(
            id=person.conversation_id,
            contact_id=person.contact_id,
            created_at=now,
            **_conversation(person, now),
        )
    )


async def _advance(db: AsyncConnection, keys: KeyRing, person: Person) -> None:
    now = datetime.now(UTC)
    this = {"this": person.conversation_id, "before": person.version - 1}
    moved = await db.execute(_ADVANCE, this | _conversation(person, now))
    if moved.rowcount != 1:
        raise TurnConflict
    await db.execute(_CONTACT, {"this": person.contact_id} | _contact(keys, person, now))


# Built once: putting a statement together takes longer than running it.
_ADVANCE = update(Conversation).where(
    Conversation.id == bindparam("this"), Conversation.version == bindparam("before")
)
_CONTACT = update(Contact).where(Contact.id == bindparam("this"))


def _contact(keys: KeyRing, person: Person, now: datetime) -> dict[str, Any]:
    keep_address = person.address and not person.keeps_nothing
    return {
        "channel": person.channel,
        "bot": person.bot,
        "person_hash": person.person_hash,
        "address_sealed": keys.seal(person.address, contact_row(person.contact_id))
        if keep_address
        else None,
        "locale": person.locale,
        "locale_chosen": person.locale_chosen,
        "country": person.country,
        "consent": person.consent,
        "blocked_at": now if person.blocked else None,
        "expires_at": now + _remembered(person),
    }


def _conversation(person: Person, now: datetime) -> dict[str, Any]:
    return {
        "last_seq": person.last_seq,
        "version": person.version,
        "purge": person.keeps_nothing,
        "last_at": now,
        "expires_at": now + _remembered(person),
    }


async def _utterance(
    db: AsyncConnection, keys: KeyRing, person: Person, inbound: Inbound, seq: int
) -> dict[str, Any]:
    shown = inbound.text or (inbound.action if inbound.kind is Kind.COMMAND else "")
    values = _message(keys, person, seq, "person", inbound.kind, Body(shown, file=inbound.file))
    if inbound.channel == "web":  # the browser's own id; what stands before it is the person's
        values["event_id"] = inbound.event_id.rpartition(".")[2][:64]
    if inbound.message_id:
        values["platform_hash"] = keys.digest("message", inbound.message_id)
    if inbound.edits:
        values["edits_seq"] = await db.scalar(
            select(Message.seq).where(
                Message.conversation_id == person.conversation_id,
                Message.platform_hash == keys.digest("message", inbound.edits),
            )
        )
    return values


def _reply(
    keys: KeyRing, person: Person, seq: int, reply: Reply, author: str = "bot"
) -> dict[str, Any]:
    author = "bot" if reply.lane is Lane.SAFETY else author
    return _message(
        keys, person, seq, author, Kind.TEXT, Body(reply.text, reply.choices), reply.origin
    )


def _on_its_way(keys: KeyRing, person: Person, seq: int, reply: Reply) -> dict[str, Any]:
    return on_its_way(
        keys,
        person.conversation_id,
        seq,
        int(reply.lane),
        person.channel,
        person.bot,
        person.address,
    )


def _message(
    keys: KeyRing,
    person: Person,
    seq: int,
    author: str,
    kind: str,
    body: Body,
    origin: Origin = NO_ORIGIN,
) -> dict[str, Any]:
    kept = _lifetime(person)
    values = message(keys, person.conversation_id, seq, author, body, origin, kept, str(kind))
    return values | {"locale": origin.locale or person.locale}


def _session_row(conversation_id: str) -> str:
    return f"session/{conversation_id}"


async def _save_session(db: AsyncConnection, keys: KeyRing, person: Person) -> None:
    values = {
        "conversation_id": person.conversation_id,
        "state_sealed": keys.seal(person.session, _session_row(person.conversation_id)),
        "expires_at": datetime.now(UTC) + SESSION_KEPT,
    }
    await db.execute(_SESSION[db.dialect.name], values)


def _session_upsert(insert: Any) -> Any:
    statement = insert(Session)
    new = {name: statement.excluded[name] for name in ("state_sealed", "expires_at")}
    return statement.on_conflict_do_update(index_elements=["conversation_id"], set_=new)


_SESSION = {name: _session_upsert(insert) for name, insert in inbox.INSERTS.items()}


async def _apply_consent(db: AsyncConnection, person: Person) -> None:
    """Yes: what was said is kept for the full time. No: what was delivered goes now,

    or when the case is closed that a counsellor is working on.
    """
    mine = Message.conversation_id == person.conversation_id
    if person.consent == "yes":
        until = datetime.now(UTC) + KEPT
        later = Message.expires_at < until  # a closed case keeps its lines for longer
        await db.execute(update(Message).where(mine, later).values(expires_at=until))
        return
    if person.has_open_case:
        return
    on_its_way = (
        select(Outbox.seq)
        .where(
            Outbox.conversation_id == person.conversation_id,
            Outbox.state.in_(("pending", "sending")),
        )
        .scalar_subquery()
    )
    soon = datetime.now(UTC) + KEPT_AFTER_NO
    await db.execute(update(Message).where(mine).values(expires_at=soon))
    if person.channel != "web":  # a page may still have to fetch its lines
        await db.execute(
            delete(Message).where(mine, Message.seq.not_in(on_its_way), Message.held.is_(None))
        )
