from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import (
    DANGER,
    NORMAL,
    URGENT,
    CaseState,
    ConsentNeeded,
    NoSuchCase,
    NoSuchColleague,
    Reason,
    Store,
    WaitsFor,
    case_events,
    case_turns,
)
from tests.handoff.cast import ask, deliver_all, hire_all, told, turn

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def test_the_queue_is_by_urgency_and_then_by_who_waits_longest(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        for person, priority in (("a", NORMAL), ("b", URGENT), ("c", NORMAL), ("d", DANGER)):
            clock.shift(1)
            await ask(store, person, priority=priority)
        queue = await store.desk.queue(cast.petra)
        assert [case.number for case in queue] == ["RO-0004", "RO-0002", "RO-0001", "RO-0003"]
        assert [await store.desk.ahead(case) for case in queue] == [0, 1, 2, 3]
        assert await store.desk.waiting("ro") == queue
        assert await store.desk.waiting("hu") == []


async def test_ones_own_cases_are_by_promise(store: Store) -> None:
    cast = await hire_all(store)
    for person, days in (("a", None), ("b", 2), ("c", 1)):
        case = await ask(store, person)
        claimed = await store.desk.claim(cast.petra, case.number)
        due_at = START + timedelta(days=days) if days else None
        await store.desk.set_wait(
            cast.petra, case.number, claimed.fence, WaitsFor.DATE, due_at=due_at
        )
    held = [case.number for case in await store.desk.held(cast.petra)]
    assert held == ["RO-0003", "RO-0002", "RO-0001"]
    assert await store.desk.held(cast.jonas) == []


# Search


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "odd", ["%", "_", "\\", "RO-000_", "RO%", "' OR '1'='1", "\x00", "\ud800", "🙂" * 500]
)
async def test_what_is_searched_for_is_literal(store: Store, odd: str) -> None:
    cast = await hire_all(store)
    await ask(store, topic="work")
    for field in ("number", "locale", "topic", "outcome"):
        assert await store.desk.search(cast.petra, **{field: odd}) == []


async def test_search_finds_by_each_field_newest_first(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        work = await ask(store, "a", topic="work")
        clock.shift(timedelta(days=1))
        asylum = await ask(store, "b", topic="asylum")
        claimed = await store.desk.claim(cast.petra, work.number)
        await store.desk.close(cast.petra, work.number, claimed.fence, "referred")
    search = store.desk.search

    async def numbers(**wanted: object) -> list[str]:
        return [case.number for case in await search(cast.petra, **wanted)]  # type: ignore[arg-type]

    both = [asylum.number, work.number]
    assert await numbers() == both
    assert await numbers(number=" ro-0001 ") == [work.number]
    assert await numbers(topic="asylum") == [asylum.number]
    assert await numbers(outcome="referred") == [work.number]
    assert await numbers(locale="uk") == both
    assert await numbers(since=START + timedelta(hours=1)) == [asylum.number]
    assert await numbers(until=START + timedelta(hours=1)) == [work.number]
    assert await numbers(limit=1) == [asylum.number]
    assert await numbers(before=asylum.id) == [work.number]


# What has changed


async def test_a_reader_misses_nothing_however_many_write(store: Store) -> None:
    cast = await hire_all(store)
    people = [f"person-{number}" for number in range(12)]
    read: list[int] = []
    done = asyncio.Event()

    async def follow() -> None:
        cursor = 0
        while True:
            last_look = done.is_set()
            events = await store.desk.changes(cast.petra, cursor, 5)
            read.extend(event.id for event in events)
            cursor = read[-1] if read else 0
            if last_look and not events:
                return
            await asyncio.sleep(0)

    async def write() -> None:
        await asyncio.gather(*(ask(store, person) for person in people))
        await asyncio.gather(*(turn(store, "more", person) for person in people))
        done.set()

    await asyncio.gather(follow(), write())
    ids = await store._db.read(
        lambda db: db.scalars(text("SELECT id FROM handoff_event ORDER BY id"))
    )
    assert read == ids.all() and len(read) == 24


async def test_what_is_committed_late_does_not_slip_behind_the_cursor(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await hire_all(store)
    await ask(store, "oleh")
    written, go_on = asyncio.Event(), asyncio.Event()
    add = case_events.add

    async def slow(db: AsyncConnection, *events: case_events.Happened) -> None:
        await add(db, *events)
        if not written.is_set():
            written.set()
            await go_on.wait()

    monkeypatch.setattr(case_turns, "add", slow)
    first = asyncio.ensure_future(ask(store, "amina"))
    await written.wait()  # it has its id, and is not committed
    second = asyncio.ensure_future(turn(store, "more", "oleh"))
    await asyncio.wait({second}, timeout=0.5)
    seen = [event.id for event in await store.desk.changes(cast.petra, 0)]
    go_on.set()
    await asyncio.gather(first, second)
    seen += [event.id for event in await store.desk.changes(cast.petra, max(seen, default=0))]
    assert len(seen) == 3


async def test_a_forged_cursor_gives_a_bounded_answer(store: Store) -> None:
    cast = await hire_all(store)
    for person in ("a", "b", "c"):
        await ask(store, person)
    assert len(await store.desk.changes(cast.petra, -(2**80), 2)) == 2
    assert len(await store.desk.changes(cast.petra, 0, 10**9)) == 3
    assert await store.desk.changes(cast.petra, 2**80) == []
    assert (
        await store.desk.last_change(cast.petra) == (await store.desk.changes(cast.petra, 0))[-1].id
    )


# Passing on


async def test_a_case_meant_for_a_colleague_hangs_for_nobody(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    passed = await store.desk.transfer(
        cast.petra,
        case.number,
        claimed.fence,
        to_counsellor=cast.jonas.id,
        notice=told("passed on"),
    )
    assert (passed.state, passed.meant_for_shown_as) == (CaseState.WAITING, "Jonas")
    assert passed.waiting_since == case.waiting_since
    assert await deliver_all(store) == ["passed on (uk)"]
    taken = await store.desk.claim(cast.ioana, case.number)
    assert (taken.holder, taken.meant_for) == (cast.ioana.id, "")


async def test_a_case_goes_only_to_who_could_claim_it(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.staff.disable("jonas")
    for nobody in (cast.jonas, cast.anna, cast.petra, cast.dora, cast.rita):
        with pytest.raises(NoSuchColleague):
            await store.desk.transfer(
                cast.petra, case.number, claimed.fence, to_counsellor=nobody.id
            )
        with pytest.raises(NoSuchColleague):
            await store.desk.set_wait(
                cast.petra, case.number, claimed.fence, WaitsFor.OFFICE, cover=nobody.id
            )
    danger = await ask(store, "oleh", reason=Reason.DANGER, priority=DANGER, protection=True)
    held = await store.desk.claim(cast.ioana, danger.number)
    with pytest.raises(NoSuchColleague):
        await store.desk.transfer(
            cast.ioana, danger.number, held.fence, to_counsellor=cast.petra.id
        )


@pytest.mark.parametrize("target", [{}, {"to_topic": "a", "to_office": "hu"}])
async def test_a_case_goes_to_exactly_one_place(store: Store, target: dict[str, str]) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    with pytest.raises(ValueError):
        await store.desk.transfer(cast.petra, case.number, claimed.fence, **target)


async def test_another_office_gets_a_case_only_with_the_persons_yes(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    go = (cast.petra, case.number, claimed.fence)
    with pytest.raises(ConsentNeeded):
        await store.desk.transfer(*go, to_office="hu")
    for nowhere in ("ro", "xx", ""):
        with pytest.raises((NoSuchColleague, ValueError)):
            await store.desk.transfer(*go, to_office=nowhere, consented=True)
    await store.desk.transfer(*go, to_office="hu", consented=True)
    assert [c.number for c in await store.desk.queue(cast.anna)] == [case.number]
    with pytest.raises(NoSuchCase):
        await store.desk.case(cast.petra, case.number)
    assert [e.kind for e in await store.desk.changes(cast.petra, 0)][-1] == "transferred"
    assert [e.kind for e in await store.desk.changes(cast.anna, 0)] == ["arrived"]


# Figures


async def test_managers_see_counts_of_their_office_and_the_region_of_all(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False):
        await ask(store, "a")
        await ask(store, "b", priority=URGENT)
        held = await ask(store, "c")
        await ask(store, "d", office="hu")
        await store.desk.claim(cast.petra, held.number)
    assert await store.desk.office_overview(cast.petra) == []
    (mine,) = await store.desk.office_overview(cast.mara)
    assert (mine.office, mine.waiting, mine.claimed) == ("ro", {NORMAL: 1, URGENT: 1}, 1)
    assert mine.waiting_since == START
    assert [counts.office for counts in await store.desk.office_overview(cast.rita)] == ["hu", "ro"]


async def test_waits_are_measured_from_the_request_to_the_first_answer(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store, topic="work")
        claimed = await store.desk.claim(cast.petra, case.number)
        clock.shift(timedelta(minutes=4))
        await store.desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
        clock.shift(timedelta(minutes=1))
        (wait,) = await store.desk.recent_waits("ro", NORMAL, START)
        assert wait.first_answer_at - wait.requested_at == timedelta(minutes=4)
        assert await store.desk.recent_waits("hu", NORMAL, START) == []
        assert await store.desk.recent_waits("ro", DANGER, START) == []
        now = datetime.now(UTC)
        assert await store.desk.waits(cast.mara, START, now) == [wait]
        assert await store.desk.waits(cast.rita, START, now) == [wait]
        assert await store.desk.waits(cast.petra, START, now) == []
