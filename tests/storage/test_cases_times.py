from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from bot.storage import (
    URGENT,
    CancelCase,
    CaseState,
    LostClaim,
    NoSuchCase,
    Store,
    WaitsFor,
    case_moves,
    case_times,
)
from tests.handoff.cast import ask, deliver_all, hire_all, told, transcript, turn
from tests.people import says

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.fault("C3")
async def test_a_holder_who_vanished_before_answering_loses_the_case(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        first = await ask(store, "amina")
        clock.shift(10)
        second = await ask(store, "oleh")
        claimed = await store.desk.claim(cast.petra, first.number)
        clock.shift(89)
        assert await store.desk.return_lost(datetime.now(UTC), told("lost")) == []
        clock.shift(2)
        returned = await store.desk.return_lost(datetime.now(UTC), told("lost"))
        assert [case.number for case in returned] == [first.number]
        assert await store.desk.return_lost(datetime.now(UTC), told("lost")) == []
        queue = await store.desk.queue(cast.jonas)
        assert [case.number for case in queue] == [first.number, second.number]
        assert queue[0].waiting_since == START
        assert await deliver_all(store) == ["lost (uk)"]
        with pytest.raises(LostClaim):
            await store.desk.reply(cast.petra, first.number, claimed.fence, "late", 9, "k")
        await store.desk.claim(cast.petra, first.number)
        with pytest.raises(LostClaim):
            await store.desk.reply(cast.petra, first.number, claimed.fence, "late", 9, "k")
        assert await deliver_all(store) == []


async def test_a_heartbeat_keeps_a_claim(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        await store.desk.claim(cast.petra, case.number)
        for _ in range(5):
            clock.shift(60)
            assert await store.desk.heartbeat(cast.petra) == 1
            assert await store.desk.heartbeat(cast.jonas) == 0
            assert await store.desk.return_lost(datetime.now(UTC)) == []


async def test_a_holder_who_is_back_in_the_last_moment_keeps_the_case(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        await store.desk.claim(cast.petra, case.number)
        clock.shift(91)
        give_back = case_times.give_back

        async def too_late(*given: Any) -> Any:
            await case_moves.heartbeat(given[0], cast.petra)
            return await give_back(*given)

        monkeypatch.setattr(case_times, "give_back", too_late)
        assert await store.desk.return_lost(datetime.now(UTC), told("lost")) == []
        assert await deliver_all(store) == []


async def test_an_answered_case_stays_through_nights(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.reply(cast.petra, case.number, claimed.fence, "tomorrow", 1, "k")
        clock.shift(timedelta(days=3))
        assert await store.desk.return_lost(datetime.now(UTC)) == []
        assert [c.number for c in await store.desk.held(cast.petra)] == [case.number]


async def test_an_answer_under_an_earlier_claim_does_not_keep_this_one(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
        await store.desk.release(cast.petra, case.number, claimed.fence)
        await store.desk.claim(cast.jonas, case.number)
        clock.shift(91)
        returned = await store.desk.return_lost(datetime.now(UTC))
        assert [c.number for c in returned] == [case.number]


async def test_what_a_disabled_counsellor_held_goes_back(store: Store) -> None:
    cast = await hire_all(store)
    case, other = await ask(store, "amina"), await ask(store, "oleh")
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
    await store.staff.disable("petra")
    returned = await store.desk.return_lost(datetime.now(UTC))
    assert [c.number for c in returned] == [case.number]
    await store.desk.claim(cast.jonas, other.number)
    let_go = await store.desk.let_go(cast.jonas.id, told("left"))
    assert [c.number for c in let_go] == [other.number]


async def test_a_clock_set_back_takes_nothing_from_a_holder_who_is_there(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        await store.desk.claim(cast.petra, case.number)
        clock.move_to(START - timedelta(hours=1))
        assert await store.desk.return_lost(datetime.now(UTC)) == []
        clock.shift(91)
        assert len(await store.desk.return_lost(datetime.now(UTC))) == 1


async def test_a_question_nobody_takes_ends_and_the_person_hears_it(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        normal = await ask(store, "amina")
        urgent = await ask(store, "oleh", priority=URGENT)
        clock.shift(timedelta(days=7, seconds=-1))
        assert await store.desk.expire(datetime.now(UTC), told("expired")) == []
        clock.shift(timedelta(seconds=1))
        ended = await store.desk.expire(datetime.now(UTC), told("expired"))
        assert [(c.number, c.outcome) for c in ended] == [(normal.number, "expired")]
        assert await deliver_all(store) == ["expired (uk)"]
        assert [c.number for c in await store.desk.queue(cast.petra)] == [urgent.number]
        again = await ask(store, "amina")
        assert (again.number, again.state) == (normal.number, CaseState.WAITING)


# Keeping and erasing


async def test_nothing_of_an_open_case_goes_however_old_it_is(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
        await deliver_all(store)
        clock.shift(timedelta(days=200))
        await store.sweep()
        assert len(await store.desk.lines(cast.petra, case.number)) == 2


async def test_ninety_days_after_the_end_all_of_it_is_gone(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.note(cast.petra, case.number, claimed.fence, "a note", "n")
        clock.shift(timedelta(days=100))
        closed = await store.desk.close(cast.petra, case.number, claimed.fence, "done")
        end = START + timedelta(days=190)
        assert closed.expires_at == end
        await turn(store, "thank you")  # a later turn does not shorten what the case keeps
        await deliver_all(store)
        clock.move_to(end - timedelta(seconds=1))
        await store.sweep()
        assert (await store.desk.open_case(cast.petra, case.number)).lines[0].seq == 1
        clock.move_to(end + timedelta(days=30))
        await store.sweep()
        with pytest.raises(NoSuchCase):
            await store.desk.open_case(cast.petra, case.number)
        for table in ("handoff", "handoff_event", "handoff_note", "message", "contact"):
            count = await store._db.read(
                lambda db, t=table: db.scalar(text(f"SELECT count(*) FROM {t}"))  # type: ignore[misc]
            )
            assert count == 0, table


async def test_no_while_a_case_is_open_counts_from_its_end(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.note(cast.petra, case.number, claimed.fence, "a note", "n")
        await turn(store, "do not keep it", changes={"consent": "no"})
        await deliver_all(store)
        clock.shift(timedelta(days=2))
        await store.sweep()
        assert len(await store.desk.lines(cast.petra, case.number)) == 2
        seq = await store.desk.reply(cast.petra, case.number, claimed.fence, "bye", 2, "k")
        assert seq == 3 and await deliver_all(store) == ["bye"]
        await store.desk.close(cast.petra, case.number, claimed.fence, "done", told("closed"))
        await deliver_all(store)
        clock.shift(timedelta(minutes=16))
        await store.sweep()
        opened = await store.desk.open_case(cast.petra, case.number)
        assert (opened.lines, opened.notes) == ((), ())


@pytest.mark.parametrize(("channel", "bot"), [("web", ""), ("telegram", "1")])
async def test_after_no_nothing_outlives_the_end_of_a_case(
    store: Store, channel: str, bot: str
) -> None:
    cast = await hire_all(store)
    where = {"channel": channel, "bot": bot}
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store, **where)
        claimed = await store.desk.claim(cast.petra, case.number)
        await turn(store, "keep nothing", changes={"consent": "no"}, **where)
        await store.desk.close(cast.petra, case.number, claimed.fence, "done", told("closed"))
        assert await deliver_all(store) == (["closed (uk)"] if channel == "telegram" else [])
        clock.shift(timedelta(minutes=16))
        await store.sweep()
        assert await transcript(store, **where) == []
        sealed = text("SELECT count(*) FROM contact WHERE address_sealed IS NOT NULL")
        assert await store._db.read(lambda db: db.scalar(sealed)) == 0


async def test_taking_it_back_and_saying_no_in_one_turn_leaves_nothing(store: Store) -> None:
    await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        await ask(store)
        saved = await turn(
            store, "no", "amina", "fine", change=CancelCase(), changes={"consent": "no"}
        )
        assert saved.case is not None and saved.case.outcome == "cancelled"
        assert await deliver_all(store) == ["fine"]
        clock.shift(timedelta(minutes=16))
        await store.sweep()
        assert await transcript(store) == []


@pytest.mark.fault("C2")
async def test_erasing_ends_a_case_and_the_holder_sees_that(store: Store) -> None:
    cast = await hire_all(store)
    waiting, held = await ask(store, "oleh"), await ask(store, "amina", topic="work")
    claimed = await store.desk.claim(cast.petra, held.number)
    await store.desk.note(cast.petra, held.number, claimed.fence, "about her", "n")
    for person in ("oleh", "amina"):
        assert await store.erase(store.person_hash("telegram", "1", person))
    opened = await store.desk.open_case(cast.petra, held.number)
    assert (opened.case.state, opened.case.outcome) == (CaseState.CLOSED, "erased")
    assert (opened.lines, opened.notes, opened.case.topic) == ((), (), "")
    assert opened.case.conversation_id == ""
    assert await store.desk.history(cast.petra, held.number) == []
    assert [event.kind for event in opened.events][-1] == "erased"
    with pytest.raises(LostClaim):
        await store.desk.reply(cast.petra, held.number, claimed.fence, "hello?", 9, "k")
    with pytest.raises(LostClaim):
        await store.desk.close(cast.petra, held.number, claimed.fence, "done")
    assert await store.desk.queue(cast.jonas) == []
    gone = [e.number for e in await store.desk.changes(cast.jonas, 0) if e.kind == "erased"]
    assert gone == [waiting.number, held.number]
    fresh = await turn(store, "hello again")
    assert fresh.case is None


@pytest.mark.fault("P3")
async def test_erasing_a_case_leaves_no_sealed_byte(store: Store, tmp_path: Path) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.note(cast.petra, case.number, claimed.fence, "about her", "n")
    await store.desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
    query = text("SELECT text_sealed FROM handoff_note UNION SELECT body_sealed FROM message")
    sealed = [bytes(row[0]) for row in await store._db.read(lambda db: db.execute(query))]
    assert len(sealed) == 3
    await store.desk.erase(cast.dora, case.number)
    await store.wipe()
    assert (await store._db.read(lambda db: db.execute(query))).all() == []
    files = [path for path in tmp_path.iterdir() if path.name.startswith("punte.sqlite3")]
    left = b"".join(path.read_bytes() for path in files)
    assert not [value for value in sealed if value in left]
    assert await transcript(store) == []


async def test_data_protection_erases_and_exports_by_number(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    assert [line.text for line in await store.desk.export(cast.dora, case.number)] == [
        "I need a person"
    ]
    person = await store.desk.erase(cast.dora, case.number)
    assert person == store.person_hash("telegram", "1", "amina")
    assert await store.desk.erase(cast.dora, case.number) == ""
    with pytest.raises(NoSuchCase):
        await store.desk.erase(cast.petra, case.number)


async def test_what_a_person_forgot_in_a_turn_ends_their_case_too(store: Store) -> None:
    from bot.messages import Reply
    from bot.storage import Arrival, Outcome

    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.set_wait(cast.petra, case.number, claimed.fence, WaitsFor.PERSON)
    receipt = (await store.accept([Arrival(says("forget me"))]))[0]
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    saved = await store.finish(pending, before, Outcome(before, (Reply("Done"),), erase=True))
    assert saved.case is None
    assert (await store.desk.case(cast.petra, case.number)).outcome == "erased"
    assert await deliver_all(store) == ["Done"]


async def test_what_comes_back_late_from_a_holder_does_not_end_at_once(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        clock.shift(timedelta(days=8))
        released = await store.desk.release(cast.petra, case.number, claimed.fence)
        assert released.waiting_since == START
        assert await store.desk.expire(datetime.now(UTC)) == []
        clock.shift(timedelta(days=7))
        assert len(await store.desk.expire(datetime.now(UTC))) == 1
