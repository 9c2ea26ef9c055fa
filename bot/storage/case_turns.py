"""What the person's own turn does to their case, in the turn's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Kind
from bot.storage import case_ends, cases
from bot.storage.alarm_models import DangerMarker
from bot.storage.case_events import PERSON, SYSTEM, Happened, add, changed
from bot.storage.desk_models import Handoff, HandoffNote, HandoffNumber
from bot.storage.desk_moves import MOVES, Action, allowed
from bot.storage.desk_records import (
    DANGER,
    CancelCase,
    Case,
    CaseChange,
    CaseState,
    IntakeAnswer,
    MoveOffice,
    OpenCase,
    Reason,
    WaitsFor,
)
from bot.storage.inbox import upsert
from bot.storage.models import Contact, Conversation
from bot.storage.records import Person
from bot.storage.staff_models import Office

NOTHING: Mapping[str, str] = {}
MARKER_KEPT = timedelta(days=30)
_INTAKE = {"safe": 8, "best_hours": 40, "wants": 20, "topic": 40}  # field -> longest value


async def lock(db: AsyncConnection, case: Case | None) -> None:
    """The desk writes a case before its conversation. In another order both would wait."""
    if case is not None:
        await db.execute(select(Handoff.id).where(Handoff.id == case.id).with_for_update())


async def take_part(
    db: AsyncConnection, person: Person, change: CaseChange | None, seq: int, kind: Kind
) -> Case | None:
    """Save what line `seq`, of this kind, changes about the person's case.

    `person.case` is as the turn saw it; the version of the conversation says that it still
    is. A change that comes too late for the state of the case changes nothing.
    """
    case = person.case
    if isinstance(change, OpenCase):
        if person.keeps_nothing:
            raise ValueError("a case needs kept text")
        if case is None:
            return await _open(db, person, change, seq)
        if not case.is_open:
            return await _reopen(db, case, change, seq, follow=_followed(person, case))
    if case is None or not case.is_open:
        return case
    events = [Happened(case, "person_wrote", PERSON, str(kind))]
    values: dict[str, Any] = {"last_person_seq": seq} | _followed(person, case)
    events += [Happened(case, "follows", PERSON, what) for what in _followed(person, case)]
    if case.waits_for is WaitsFor.PERSON:
        values["waits_for"] = WaitsFor.NOTHING
    await _update(db, case, **values)
    if isinstance(change, OpenCase):
        events += await _raise(db, case, change)
    elif isinstance(change, IntakeAnswer):
        events += await _answer(db, case, change)
    elif isinstance(change, CancelCase):
        events += await _cancel(db, case)
    elif isinstance(change, MoveOffice):
        events += await _move_office(db, case, change.office)
    await add(db, *events)
    return await cases.by_id(db, case.id)


def _followed(person: Person, case: Case) -> dict[str, str]:
    """The language and the country of a case are the person's present ones."""
    now = {"locale": person.locale or case.locale, "country": person.country or case.country}
    return {what: value for what, value in now.items() if getattr(case, what) != value}


async def _move_office(db: AsyncConnection, case: Case, office: str) -> list[Happened]:
    """As agreed with the person. Notes stay: nobody asked their writer."""
    if not allowed(Action.RAISE, case.state) or office == case.office:
        return []
    if await db.scalar(select(Office.code).where(Office.code == office)) is None:
        return []
    await case_ends.keep_notes(db, case)
    after = await _update(
        db,
        case,
        office=office,
        state=CaseState.WAITING,
        queued_at=datetime.now(UTC),
        waits_for="",
        due_at=None,
        cover=None,
        meant_for=None,
    )
    told = Happened(case, "transferred", PERSON, "office")
    return [told, *changed(case, after, "arrived", PERSON)]


async def _update(db: AsyncConnection, case: Case, **values: Any) -> Case:
    await db.execute(update(Handoff).where(Handoff.id == case.id).values(**values))
    return await cases.by_id(db, case.id)


async def open_by_time(db: AsyncConnection, person: Person, change: OpenCase, seq: int) -> Case:
    """Open, reopen or raise a case without a turn; `seq` is the person's last line."""
    case = person.case
    if case is None:
        return await _open(db, person, change, seq, SYSTEM)
    if not case.is_open:
        return await _reopen(db, case, change, seq, SYSTEM)
    await add(db, *await _raise(db, case, change, SYSTEM))
    return await cases.by_id(db, case.id)


async def _open(
    db: AsyncConnection, person: Person, change: OpenCase, seq: int, by: str = PERSON
) -> Case:
    now = datetime.now(UTC)
    case_id = await db.scalar(
        insert(Handoff)
        .values(
            number=await _number(db, change.office),
            conversation_id=person.conversation_id,
            office=change.office,
            state=CaseState.WAITING,
            reason=change.reason,
            priority=change.priority,
            topic=change.topic,
            locale=person.locale,
            country=person.country,
            danger=change.danger,
            protection=change.protection,
            fence=0,
            requested_at=now,
            waiting_since=now,
            queued_at=now,
            outcome="",
            waits_for="",
            safe=change.safe,
            best_hours=change.best_hours,
            wants=change.wants,
            last_person_seq=seq,
        )
        .returning(Handoff.id)
    )
    assert case_id is not None
    case = await cases.by_id(db, case_id)
    await add(db, Happened(case, "requested", by, str(change.reason)))
    return case


async def _number(db: AsyncConnection, office: str) -> str:
    last = await db.scalar(
        upsert(db, HandoffNumber)
        .values(office=office, last=1)
        .on_conflict_do_update(index_elements=["office"], set_={"last": HandoffNumber.last + 1})
        .returning(HandoffNumber.last)
    )
    return f"{office.upper()}-{last:04d}"


async def _reopen(
    db: AsyncConnection,
    case: Case,
    change: OpenCase,
    seq: int,
    by: str = PERSON,
    follow: Mapping[str, str] = NOTHING,
) -> Case:
    """The same case and number go on; it waits from now, and an old claim is void."""
    now = datetime.now(UTC)
    after = await _update(
        db,
        case,
        state=MOVES[Action.REOPEN].to,
        fence=case.fence + 1,
        reason=change.reason,
        priority=change.priority,
        waiting_since=now,
        queued_at=now,
        closed_at=None,
        outcome="",
        expires_at=None,
        answered_at=None,
        last_person_seq=seq,
        **_raised(case, change),
        **_complaint(case, change),
        **follow,
    )
    events = changed(case, after, "reopened", by, str(change.reason))
    await add(db, *events, *(Happened(after, "follows", PERSON, what) for what in follow))
    return after


async def _raise(
    db: AsyncConnection, case: Case, change: OpenCase, by: str = PERSON
) -> list[Happened]:
    """Never a second case: the open one becomes more urgent, or changes hands."""
    values: dict[str, Any] = {"priority": min(case.priority, change.priority)}
    values |= _raised(case, change)
    if change.reason is Reason.DANGER or change.priority == DANGER:
        values["reason"] = Reason.DANGER
    if change.reason is Reason.COMPLAINT:
        values |= _complaint(case, change) | {"state": MOVES[Action.COMPLAIN].to}
        values |= {"waits_for": "", "due_at": None, "cover": None, "meant_for": None}
        values["queued_at"] = datetime.now(UTC)
        if case.reason is not Reason.DANGER:
            values["reason"] = Reason.COMPLAINT
    after = await _update(db, case, **values)
    if change.reason is not Reason.COMPLAINT:
        return changed(case, after, "raised", by, change.danger)
    events = changed(case, after, "complained", PERSON)
    if events[0].kind != "left":  # the holder loses it in any case
        events.insert(0, Happened(case, "left", PERSON))
    return events


def _raised(case: Case, change: OpenCase) -> dict[str, Any]:
    # What a holder has sorted stays as they sorted it.
    keeps_topic = case.state is CaseState.CLAIMED and case.topic
    return {
        "topic": case.topic if keeps_topic else change.topic or case.topic,
        "danger": change.danger or case.danger,
        "protection": case.protection or change.protection,
        "safe": change.safe or case.safe,
        "best_hours": change.best_hours or case.best_hours,
        "wants": change.wants or case.wants,
    }


def _complaint(case: Case, change: OpenCase) -> dict[str, Any]:
    """Whoever holds the case, or had it last, is passed over from now on."""
    if change.reason is not Reason.COMPLAINT or not case.holder:
        return {}
    return {"complained_about": case.holder}


async def _answer(db: AsyncConnection, case: Case, answer: IntakeAnswer) -> list[Happened]:
    longest = _INTAKE.get(answer.field)
    if longest is None or not allowed(Action.ANSWER_INTAKE, case.state):
        return []
    after = await _update(db, case, **{answer.field: answer.value[:longest]})
    return [Happened(after, "intake", PERSON, answer.field)]


async def _cancel(db: AsyncConnection, case: Case) -> list[Happened]:
    if not allowed(Action.CANCEL, case.state):
        return [Happened(case, "cancel_asked", PERSON)]
    await case_ends.end(db, case, Action.CANCEL, "cancelled")
    await _mark(db, case)
    return [Happened(case, "cancelled", PERSON)]


async def forget(db: AsyncConnection, person_hash: str) -> None:
    """The person erased their data: cases keep their bare row, without link or content.

    A holder still sees what became of theirs.
    """
    theirs = (
        select(Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Contact.person_hash == person_hash)
    )
    ids = await db.scalars(
        select(Handoff.id).where(Handoff.conversation_id.in_(theirs)).with_for_update()
    )
    found = [await cases.by_id(db, case_id) for case_id in ids.all()]
    for case in found:
        await _bare(db, case)
    await add(db, *(Happened(case, "erased", PERSON) for case in found))


async def _mark(db: AsyncConnection, case: Case) -> None:
    """Danger that was taken back, perhaps by another hand: its kind and hour, and nobody's."""
    if case.priority != DANGER or case.state is not CaseState.WAITING:
        return
    now = datetime.now(UTC)
    await db.execute(
        insert(DangerMarker).values(
            office=case.office,
            card=case.danger,
            country=case.country,
            hour=now.replace(minute=0, second=0, microsecond=0),
            expires_at=now + MARKER_KEPT,
        )
    )


async def _bare(db: AsyncConnection, case: Case) -> None:
    now = datetime.now(UTC)
    await _mark(db, case)
    soon = now + case_ends.ERASED_KEPT
    values: dict[str, Any] = {
        "expires_at": min(case.expires_at or soon, soon),
        "waits_for": "",
        "due_at": None,
    }
    if case.is_open:
        values |= {"state": MOVES[Action.ERASE].to, "outcome": "erased", "closed_at": now}
    for column in ("topic", "country", "danger", "safe", "best_hours", "wants"):
        values[column] = ""
    await _update(db, case, conversation_id=None, **values)
    await db.execute(delete(HandoffNote).where(HandoffNote.handoff_id == case.id))
