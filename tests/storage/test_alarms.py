"""Alarms that wait for their minute, and what is left of danger that was taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from bot.messages import Kind, Lane
from bot.storage import (
    DANGER,
    NORMAL,
    URGENT,
    Alarm,
    Arrival,
    CancelCase,
    Case,
    CaseState,
    Outcome,
    Person,
    Reason,
    Role,
    Store,
    case_lines,
)
from bot.storage.alarm_models import DangerAlarm, DangerMarker
from tests.handoff.cast import ask, hire, hire_all, told, transcript, turn
from tests.people import says

START = datetime(2026, 11, 23, 9, 25, tzinfo=UTC)
SILENT = told("a counsellor is told")


def alarm(
    card: str = "violence", minutes: int = 3, priority: int = DANGER, protection: bool = False
) -> Alarm:
    due_at = datetime.now(UTC) + timedelta(minutes=minutes)
    return Alarm(card, "ro", priority, protection, due_at)


async def writes(store: Store, person: str = "amina", **more: object) -> Person:
    """A turn that leaves an alarm, or clears it."""
    kind = more.pop("kind", Kind.TEXT)
    [receipt] = await store.accept([Arrival(says("hello", person, kind=kind))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    after = replace(before, consent="yes", locale="uk", country="ro")
    return await store.finish(pending, before, Outcome(after, **more))  # type: ignore[arg-type]


async def rings(store: Store, minutes: int = 3) -> list[Case]:
    return await store.alarms.ring(datetime.now(UTC) + timedelta(minutes=minutes), SILENT)


async def waiting(store: Store) -> int:
    count = select(func.count()).select_from(DangerAlarm)
    return await store._db.read(lambda db: db.scalar(count)) or 0


async def test_silence_becomes_a_case_and_is_said_once(store: Store) -> None:
    cast = await hire_all(store)
    await writes(store, alarm=alarm())
    assert await rings(store, minutes=2) == []
    [case] = await rings(store)
    assert await rings(store, minutes=9) == []
    assert (case.priority, case.danger, case.reason) == (DANGER, "violence", Reason.DANGER)
    assert (case.country, case.locale, case.last_person_seq) == ("ro", "uk", 1)
    assert await store.desk.queue(cast.petra) == [case]
    [event] = await store.desk.changes(cast.petra, 0)
    assert (event.kind, event.actor) == ("requested", "system")
    assert [(line.author, line.text) for line in await transcript(store)][1:] == [
        ("bot", "a counsellor is told (uk)")
    ]
    [due] = await store.due(10, ["telegram"])
    assert due.lane == Lane.SAFETY


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.BUTTON, Kind.COMMAND, Kind.PHOTO])
async def test_any_sign_of_the_person_clears_it(store: Store, kind: Kind) -> None:
    await hire_all(store)
    await writes(store, alarm=alarm())
    await writes(store, kind=kind)
    assert await waiting(store) == 0 and await rings(store, minutes=9) == []


async def test_blocking_the_bot_is_no_sign_of_the_person(store: Store) -> None:
    await hire_all(store)
    await writes(store, alarm=alarm())
    await writes(store, kind=Kind.LEFT)
    assert len(await rings(store)) == 1


async def test_a_new_alarm_takes_the_place_of_the_old_one(store: Store) -> None:
    await hire_all(store)
    await writes(store, alarm=alarm("violence", minutes=1))
    await writes(store, alarm=alarm("held", minutes=3, protection=True))
    assert await rings(store, minutes=2) == []
    [case] = await rings(store)
    assert (case.danger, case.protection) == ("held", True)


async def test_a_case_that_waits_is_raised(store: Store) -> None:
    cast = await hire_all(store)
    first = await ask(store, priority=NORMAL)
    await writes(store, alarm=alarm())
    [case] = await rings(store)
    assert (case.number, case.priority) == (first.number, DANGER)
    kinds = [event.kind for event in await store.desk.changes(cast.petra, 0)]
    assert (kinds[0], kinds[-1]) == ("requested", "raised")


async def test_a_case_that_was_closed_lately_goes_on(store: Store) -> None:
    cast = await hire_all(store)
    first = await ask(store)
    held = await store.desk.claim(cast.petra, first.number)
    await store.desk.close(cast.petra, first.number, held.fence, "answered")
    await writes(store, alarm=alarm())
    [case] = await rings(store)
    assert (case.number, case.state) == (first.number, CaseState.WAITING)


async def test_of_many_who_ring_at_once_one_makes_the_case(store: Store) -> None:
    await hire_all(store)
    await writes(store, alarm=alarm())
    rung = await asyncio.gather(*(rings(store) for _ in range(8)))
    assert len([case for cases in rung for case in cases]) == 1
    assert len([line for line in await transcript(store) if line.author == "bot"]) == 1


async def test_of_a_message_and_the_timer_both_come_out_whole(store: Store) -> None:
    """Either the message was first, and there is no case, or the case was, and it is told."""
    await hire_all(store)
    for number in range(10):
        person = f"person-{number}"
        await writes(store, person, alarm=alarm())
        [receipt] = await store.accept([Arrival(says("I am here", person))])
        pending = await store.next_pending(receipt.person_hash)
        assert pending is not None
        before = await store.load(pending)
        answered, rung = await asyncio.gather(
            store.finish(pending, before, Outcome(before)), rings(store), return_exceptions=True
        )
        assert not isinstance(rung, BaseException)
        lines = [line.author for line in await transcript(store, person)]
        assert (len(rung) == 1) == isinstance(answered, BaseException) == ("bot" in lines)
        assert await waiting(store) == 0


async def test_what_is_killed_in_the_middle_rings_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await hire_all(store)
    await writes(store, alarm=alarm())

    async def killed(*_: object) -> int:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(case_lines, "say", killed)
        assert await rings(store) == []
    assert await store.desk.queue(cast.petra) == [] and await waiting(store) == 1
    assert len(await rings(store)) == 1


async def test_one_that_cannot_be_rung_silences_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hire_all(store)
    await writes(store, "amina", alarm=alarm("held", minutes=1))
    await writes(store, "oleh", alarm=alarm("violence", minutes=2))
    say = case_lines.say

    async def fails_once(db: object, keys: object, case: Case, *rest: object) -> int:
        if case.danger == "held":
            raise ValueError("unreadable")
        return await say(db, keys, case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(case_lines, "say", fails_once)
    assert [case.danger for case in await rings(store)] == ["violence"]


async def test_an_alarm_goes_with_the_person(store: Store) -> None:
    await hire_all(store)
    await writes(store, alarm=alarm())
    await store.erase(store.person_hash("telegram", "1", "amina"))
    assert await waiting(store) == 0 and await rings(store) == []


async def test_whoever_wants_nothing_kept_leaves_no_alarm(store: Store) -> None:
    await hire_all(store)
    with pytest.raises(ValueError, match="kept"):
        [receipt] = await store.accept([Arrival(says("hello"))])
        pending = await store.next_pending(receipt.person_hash)
        assert pending is not None
        before = await store.load(pending)
        await store.finish(pending, before, Outcome(replace(before, consent="no"), alarm=alarm()))


async def test_an_old_alarm_is_swept(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        await hire_all(store)
        await writes(store, alarm=alarm())
        clock.move_to(START + timedelta(hours=24, minutes=4))
        await store.sweep()
        assert await waiting(store) == 0


# Taken back


async def test_danger_taken_back_leaves_its_kind_and_hour_and_nobody(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        cast = await hire_all(store)
        danger = {"reason": Reason.DANGER, "priority": DANGER, "danger": "held"}
        await ask(store, "amina", **danger)
        await turn(store, "no", "amina", change=CancelCase())
        await ask(store, "oleh", **danger)
        await store.erase(store.person_hash("telegram", "1", "oleh"))
        [found] = await store.alarms.taken_back(cast.ioana, START - timedelta(days=1))
        assert (found.card, found.count) == ("held", 2)
        assert found.hour == START.replace(minute=0)
        row = (await store._db.read(lambda db: db.execute(select(DangerMarker)))).first()
        assert row is not None
        assert set(row._mapping) == {"id", "office", "card", "country", "hour", "expires_at"}
        clock.move_to(START + timedelta(days=30, seconds=1))
        assert await store.alarms.taken_back(cast.ioana, START - timedelta(days=1)) == []
        await store.sweep()
        assert (await store._db.read(lambda db: db.execute(select(DangerMarker)))).first() is None


async def test_only_protection_of_the_same_office_sees_it(store: Store) -> None:
    cast = await hire_all(store)
    abroad = await hire(store, "irma", Role.PROTECTION, office="hu")
    await ask(store, reason=Reason.DANGER, priority=DANGER, danger="held")
    await turn(store, "no", change=CancelCase())
    since = datetime.now(UTC) - timedelta(days=1)
    seen = {
        staff.name: len(await store.alarms.taken_back(staff, since)) for staff in (*cast, abroad)
    }
    assert [name for name, count in seen.items() if count] == ["ioana"]


@pytest.mark.parametrize("priority", [URGENT, NORMAL])
async def test_what_was_no_alarm_leaves_nothing(store: Store, priority: int) -> None:
    cast = await hire_all(store)
    await ask(store, priority=priority)
    await turn(store, "no", change=CancelCase())
    since = datetime.now(UTC) - timedelta(days=1)
    assert await store.alarms.taken_back(cast.ioana, since) == []


async def test_what_a_counsellor_has_is_not_taken_back(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store, reason=Reason.DANGER, priority=DANGER, danger="violence")
    await store.desk.claim(cast.petra, case.number)
    await store.erase(store.person_hash("telegram", "1", "amina"))
    since = datetime.now(UTC) - timedelta(days=1)
    assert await store.alarms.taken_back(cast.ioana, since) == []
