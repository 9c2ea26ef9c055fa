"""Reading cases: the queue, one's own, one with its text, and what has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.messages import clean_text
from bot.storage import case_audit, staff_logins, transcript
from bot.storage.case_access import access, event_access, in_state
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff, HandoffEvent, HandoffNote
from bot.storage.desk_more_models import ContactAside
from bot.storage.desk_moves import Action
from bot.storage.desk_records import (
    Case,
    CaseEvent,
    CaseState,
    NoSuchCase,
    Note,
    Opened,
    Place,
    Reason,
    Staff,
    WaitsFor,
)
from bot.storage.lines import contact_row
from bot.storage.models import Contact, Conversation
from bot.storage.records import Shown
from bot.storage.staff_models import Counsellor

_holder, _cover, _meant_for = aliased(Counsellor), aliased(Counsellor), aliased(Counsellor)

CASES = (
    select(
        Handoff,
        _holder.shown_as.label("holder_shown_as"),
        _cover.shown_as.label("cover_shown_as"),
        _meant_for.shown_as.label("meant_for_shown_as"),
    )
    .outerjoin(_holder, _holder.id == Handoff.holder)
    .outerjoin(_cover, _cover.id == Handoff.cover)
    .outerjoin(_meant_for, _meant_for.id == Handoff.meant_for)
)
IN_ORDER = (Handoff.priority, Handoff.waiting_since, Handoff.id)
MOST = 1000  # rows of one answer


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search is for; empty fields match all."""

    number: str = ""
    locale: str = ""
    topic: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0


def case_of(row: Any) -> Case:
    return Case(
        id=row.id,
        number=row.number,
        conversation_id=row.conversation_id or "",
        office=row.office,
        state=CaseState(row.state),
        reason=Reason(row.reason),
        priority=row.priority,
        topic=row.topic,
        locale=row.locale,
        country=row.country,
        requested_at=row.requested_at,
        waiting_since=row.waiting_since,
        danger=row.danger,
        protection=row.protection,
        fence=row.fence,
        holder=row.holder or "",
        holder_shown_as=row.holder_shown_as or "",
        holder_seen_at=row.holder_seen_at,
        cover=row.cover or "",
        cover_shown_as=row.cover_shown_as or "",
        meant_for=row.meant_for or "",
        meant_for_shown_as=row.meant_for_shown_as or "",
        claimed_at=row.claimed_at,
        answered_at=row.answered_at,
        first_answer_at=row.first_answer_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        waits_for=WaitsFor(row.waits_for),
        due_at=row.due_at,
        safe=row.safe,
        best_hours=row.best_hours,
        wants=row.wants,
        last_person_seq=row.last_person_seq,
        expires_at=row.expires_at,
    )


async def found(db: AsyncConnection, statement: Any) -> list[Case]:
    return [case_of(row) for row in await db.execute(statement)]


async def by_id(db: AsyncConnection, case_id: int) -> Case:
    return case_of((await db.execute(CASES.where(Handoff.id == case_id))).one())


async def seen(db: AsyncConnection, staff: Staff, number: str, action: Action = Action.SEE) -> Case:
    """Raises `NoSuchCase` for what is not there and for what `staff` may not do this to."""
    mine = CASES.where(Handoff.number == clean_text(number), in_state(action))
    row = (await db.execute(mine.where(access(staff, action)))).first()
    if row is None:
        raise NoSuchCase
    return case_of(row)


# Lists


async def queue(db: AsyncConnection, staff: Staff) -> list[Case]:
    mine = CASES.where(in_state(Action.CLAIM), access(staff, Action.CLAIM))
    return await found(db, mine.order_by(*IN_ORDER).limit(MOST))


async def held(db: AsyncConnection, staff: Staff) -> list[Case]:
    mine = CASES.where(in_state(Action.REPLY), access(staff, Action.REPLY))
    return await found(db, mine.order_by(*_promised_first(), Handoff.id).limit(MOST))


async def covered(db: AsyncConnection, staff: Staff) -> list[Case]:
    mine = CASES.where(in_state(Action.TAKE_OVER), access(staff, Action.TAKE_OVER))
    return await found(db, mine.order_by(*_promised_first(), Handoff.id).limit(MOST))


def _promised_first() -> tuple[Any, ...]:
    # The databases disagree on where NULL sorts.
    return Handoff.due_at.is_(None), Handoff.due_at


async def search(db: AsyncConnection, staff: Staff, wanted: Wanted, limit: int) -> list[Case]:
    exact = {
        Handoff.number: wanted.number.strip().upper(),
        Handoff.locale: wanted.locale,
        Handoff.topic: wanted.topic,
        Handoff.outcome: wanted.outcome,
    }
    matches = [column == clean_text(value) for column, value in exact.items() if value]
    if wanted.since is not None:
        matches.append(Handoff.requested_at >= wanted.since)
    if wanted.until is not None:
        matches.append(Handoff.requested_at < wanted.until)
    if wanted.before:
        matches.append(Handoff.id < wanted.before)
    mine = CASES.where(access(staff, Action.SEE), *matches).order_by(Handoff.id.desc())
    return await found(db, mine.limit(max(1, min(limit, MOST))))


async def history(db: AsyncConnection, staff: Staff, number: str) -> list[Case]:
    this = await seen(db, staff, number, Action.OPEN)
    if not this.conversation_id:
        return []
    # First which they are: in one query with the rest, SQLite walks the office's whole list.
    theirs = select(Handoff.id).where(Handoff.conversation_id == this.conversation_id)
    ids = [id_ for id_ in await db.scalars(theirs) if id_ < this.id]
    earlier = CASES.where(Handoff.id.in_(ids), access(staff, Action.SEE))
    return await found(db, earlier.order_by(Handoff.id.desc()).limit(MOST))


# What changed

_actor = aliased(Counsellor)
_EVENTS = (
    select(
        HandoffEvent,
        Handoff.number.label("number"),
        _actor.shown_as.label("actor_shown_as"),
    )
    .join(Handoff, Handoff.id == HandoffEvent.handoff_id)
    .outerjoin(_actor, _actor.id == HandoffEvent.actor)
    .order_by(HandoffEvent.id)
)


async def changes(db: AsyncConnection, staff: Staff, cursor: int, limit: int) -> list[CaseEvent]:
    cursor = max(0, min(cursor, 2**62))
    mine = _EVENTS.where(HandoffEvent.id > cursor, event_access(staff))
    rows = await db.execute(mine.limit(max(1, min(limit, MOST))))
    return [_event(row) for row in rows]


async def last_change(db: AsyncConnection, staff: Staff) -> int:
    mine = select(func.max(HandoffEvent.id)).where(HandoffEvent.office == staff.office)
    return await db.scalar(mine) or 0


def _event(row: Any) -> CaseEvent:
    return CaseEvent(
        id=row.id,
        case_id=row.handoff_id,
        number=row.number,
        kind=row.kind,
        actor=row.actor,
        actor_shown_as=row.actor_shown_as or "",
        at=row.at,
        detail=row.detail,
    )


# With text


async def open_case(
    db: AsyncConnection, keys: KeyRing, staff: Staff, number: str, login: str = ""
) -> Opened:
    case = await seen(db, staff, number, Action.OPEN)
    await case_audit.opened(db, staff, case, login)
    notes = await db.execute(
        _NOTES.where(
            HandoffNote.handoff_id == case.id,
            or_(HandoffNote.stays_in.is_(None), HandoffNote.stays_in == staff.office),
        )
    )
    events = await db.execute(_EVENTS.where(HandoffEvent.handoff_id == case.id).limit(MOST))
    return Opened(
        case=case,
        lines=tuple(await _lines_of(db, keys, case)),
        notes=tuple(_note(keys, row) for row in notes),
        events=tuple(_event(row) for row in events),
        is_parked=await _is_parked(db, case),
    )


async def _is_parked(db: AsyncConnection, case: Case) -> bool:
    """Whether somebody else uses the person's phone now."""
    aside = (
        select(ContactAside.contact_id)
        .join(Conversation, Conversation.contact_id == ContactAside.contact_id)
        .where(Conversation.id == case.conversation_id, ContactAside.why == "parked")
    )
    return await db.scalar(aside) is not None


_author = aliased(Counsellor)
_NOTES = (
    select(HandoffNote, _author.shown_as)
    .join(_author, _author.id == HandoffNote.author)
    .order_by(HandoffNote.id)
)


def note_row(row_key: str) -> str:
    return f"note/{row_key}"


def _note(keys: KeyRing, row: Any) -> Note:
    return Note(row.id, row.shown_as, keys.open(row.text_sealed, note_row(row.row_key)), row.at)


async def lines(
    db: AsyncConnection, keys: KeyRing, staff: Staff, number: str, after: int, limit: int
) -> list[Shown]:
    case = await seen(db, staff, number, Action.OPEN)
    return await _lines_of(db, keys, case, after, limit)


async def export(db: AsyncConnection, keys: KeyRing, staff: Staff, number: str) -> list[Shown]:
    case = await seen(db, staff, number, Action.EXPORT)
    await staff_logins.audit(db, staff.id, "case_exported", case.id)
    return await _lines_of(db, keys, case)


async def _lines_of(
    db: AsyncConnection, keys: KeyRing, case: Case, after: int = 0, limit: int = 100_000
) -> list[Shown]:
    if not case.conversation_id:
        return []
    return await transcript.of_conversation(db, keys, case.conversation_id, after, limit)


async def place_of(db: AsyncConnection, keys: KeyRing, case: Case) -> Place | None:
    row = (
        await db.execute(
            select(Contact)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == case.conversation_id, Contact.blocked_at.is_(None))
        )
    ).first()
    if row is None or await _is_parked(db, case):
        return None
    sealed = row.address_sealed
    address = keys.open(sealed, contact_row(row.id)) if sealed else ""
    return Place(row.person_hash, row.channel, address)


async def person_of(db: AsyncConnection, case: Case) -> str:
    whose = (
        select(Contact.person_hash)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Conversation.id == case.conversation_id)
    )
    return await db.scalar(whose) or ""
