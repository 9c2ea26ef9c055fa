"""What waits for a word or an hour, and what `/hide` needs to know and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from bot.messages import Lane, Origin, Reply
from bot.storage import (
    DANGER,
    Alarm,
    Arrival,
    Case,
    NewCode,
    Opened,
    Outcome,
    Person,
    PhoneChange,
    Role,
    Shown,
    Staff,
    Store,
    UseCode,
)
from bot.storage.safe_hours import opens_at
from tests.handoff.cast import ask, deliver_all, hire, told, transcript, turn
from tests.people import says

MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)  # 16:00 in Bucharest
ANSWERED = told("A counsellor answers.")
SAID = "A counsellor answers. (en)"
WORD = PhoneChange(word="Weather", neutral="You have a new message.")


async def writes(
    store: Store, words: str = "hello", person: str = "amina", **more: Any
) -> tuple[Person, Person]:
    """One turn; the person as it was loaded, and as it was saved."""
    inbound = {key: more.pop(key) for key in ("channel", "event_id", "address") if key in more}
    (receipt,) = await store.accept([Arrival(says(words, person, **inbound))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    after = replace(before, consent=more.pop("consent", "yes"), locale="en")
    push = before.channel != "web"
    return before, await store.finish(pending, before, Outcome(after, push=push, **more))


async def opens(store: Store, **more: Any) -> None:
    await writes(store, "weather", phone=PhoneChange(opens=True), **more)


async def a_case(store: Store, phone: PhoneChange, **more: Any) -> tuple[Staff, Case]:
    petra = await hire(store, "petra", Role.COUNSELLOR)
    case = await ask(store, **more)
    await deliver_all(store)
    await writes(store, phone=phone, **more)
    await deliver_all(store)
    return petra, await store.desk.claim(petra, case.number, ANSWERED)


async def replies(store: Store, staff: Staff, case: Case, words: str, key: str = "k1") -> int:
    seen = (await opened(store, staff, case)).lines[-1].seq
    return await store.desk.reply(staff, case.number, case.fence, words, seen, key)


async def opened(store: Store, staff: Staff, case: Case) -> Opened:
    return await store.desk.open_case(staff, case.number)


async def line(store: Store, staff: Staff, case: Case, words: str) -> Shown:
    return next(s for s in (await opened(store, staff, case)).lines if s.text == words)


async def count(store: Store, table: str) -> int:
    query = text(f"SELECT count(*) FROM {table}")
    return int(await store._db.read(lambda db: db.scalar(query)) or 0)


# Discreet mode


async def test_what_we_start_waits_and_one_neutral_sentence_goes_out(store: Store) -> None:
    petra, case = await a_case(store, WORD)
    await replies(store, petra, case, "Your boss may not keep your passport.")
    await replies(store, petra, case, "Call me.", "k2")
    [row] = await store.due(10, ["telegram"])
    assert row.is_discreet
    assert await deliver_all(store) == ["You have a new message."]
    assert (await line(store, petra, case, "Call me.")).held == "word"
    assert await deliver_all(store) == []


async def test_the_word_brings_everything_in_order_and_the_sentence_again(store: Store) -> None:
    petra, case = await a_case(store, WORD)
    await replies(store, petra, case, "one")
    await replies(store, petra, case, "two", "k2")
    await deliver_all(store)
    await opens(store, replies=(Reply("after"),))
    assert await deliver_all(store) == [SAID, "one", "two", "after"]
    assert not (await line(store, petra, case, "one")).held
    await replies(store, petra, case, "three", "k3")
    assert await deliver_all(store) == ["You have a new message."]


@pytest.mark.parametrize("said", ["weather", " WEATHER ", "Weat\u200bher", "Ｗeather"])
async def test_the_word_is_compared_folded(store: Store, said: str) -> None:
    await writes(store, phone=WORD)
    before, _ = await writes(store, said)
    assert before.is_discreet and before.said_word


@pytest.mark.parametrize("said", ["whether", "the weather", "", "weather?"])
async def test_other_words_are_not_the_word(store: Store, said: str) -> None:
    await writes(store, phone=WORD)
    assert not (await writes(store, said))[0].said_word


async def test_nobody_elses_word_opens(store: Store) -> None:
    await writes(store, phone=WORD)
    before, _ = await writes(store, "weather", "oleh")
    assert not before.said_word and not before.is_discreet


async def test_the_word_is_not_stored(store: Store) -> None:
    await writes(store, phone=WORD)
    query = text("SELECT word_hash FROM phone_safety")
    kept = await store._db.read(lambda db: db.scalar(query))
    assert "weather" not in str(kept).lower() and len(str(kept)) >= 32


async def test_answers_to_the_person_are_not_held(store: Store) -> None:
    await writes(store, phone=WORD)
    await writes(store, replies=(Reply("an answer"), Reply("112", lane=Lane.SAFETY)))
    rows = await store.due(10, ["telegram"])
    assert {row.is_discreet for row in rows} == {True}
    assert sorted(await deliver_all(store)) == ["112", "an answer"]


async def test_after_the_end_everything_comes_at_once(store: Store) -> None:
    petra, case = await a_case(store, WORD)
    await replies(store, petra, case, "one")
    await writes(store, "weather", phone=PhoneChange(word="", opens=True))
    await deliver_all(store)
    await replies(store, petra, case, "two", "k2")
    [row] = await store.due(10, ["telegram"])
    assert (row.reply.text, row.is_discreet) == ("two", False)


async def test_what_is_sent_again_waits_too(store: Store) -> None:
    petra, case = await a_case(store, PhoneChange())
    seq = await replies(store, petra, case, "one")
    await deliver_all(store)
    lost = text("UPDATE outbox SET state = 'uncertain' WHERE seq = :seq")
    await store._db.write(lambda db: db.execute(lost, {"seq": seq}))
    await writes(store, phone=WORD)
    assert await store.desk.resend(petra, case.number, case.fence, seq)
    assert await deliver_all(store) == ["You have a new message."]
    await opens(store)
    assert await deliver_all(store) == ["one"]


async def test_a_reply_that_waits_can_be_taken_back(store: Store) -> None:
    petra, case = await a_case(store, WORD)
    seq = await replies(store, petra, case, "a mistake")
    await store.desk.take_back(petra, case.number, case.fence, seq)
    await deliver_all(store)
    await opens(store)
    assert "a mistake" not in await deliver_all(store)


async def test_a_line_that_waits_is_not_given_up_after_two_days(store: Store) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        petra, case = await a_case(store, WORD)
        await replies(store, petra, case, "one")
        await deliver_all(store)
        clock.move_to(MONDAY + timedelta(days=6))
        await store.sweep()
        await opens(store)
        assert await deliver_all(store) == [SAID, "one"]


async def test_an_alarm_that_rings_says_nothing_but_the_sentence(store: Store) -> None:
    await hire(store, "petra", Role.COUNSELLOR)
    await writes(store, phone=WORD)
    due_at = datetime.now(UTC) + timedelta(minutes=3)
    await writes(store, alarm=Alarm("violence", "ro", DANGER, False, due_at))
    assert await store.alarms.ring(due_at, told("a counsellor is told"))
    assert await deliver_all(store) == ["You have a new message."]


async def test_another_place_does_not_open_it_and_the_old_one_learns_nothing(store: Store) -> None:
    petra, case = await a_case(store, WORD)
    await replies(store, petra, case, "one")
    await deliver_all(store)
    await writes(store, code=NewCode("0512345678", timedelta(days=1)))
    await writes(store, "0512345678", "lan", move=UseCode("0512345678", told("went on")))
    assert await deliver_all(store) == []
    await opens(store, person="lan")
    assert await deliver_all(store) == [SAID, "one"]


async def test_everything_goes_with_the_person(store: Store) -> None:
    petra, case = await a_case(store, WORD)
    await replies(store, petra, case, "one")
    await deliver_all(store)
    await writes(store, "/hide", hides=True)
    await store.erase(store.person_hash("telegram", "1", "amina"))
    for table in ("phone_safety", "platform_message", "hide_request", "message", "outbox"):
        assert await count(store, table) == 0, table


# The page


WEB = {"channel": "web", "bot": ""}


async def on_page(store: Store, after: int = 0) -> list[str]:
    lines = await store.transcript(store.person_hash("web", "", "amina"), after)
    return [line.text for line in lines]


async def test_a_page_gets_the_sentence_and_after_the_word_the_rest(store: Store) -> None:
    petra = await hire(store, "petra", Role.COUNSELLOR)
    web = {"channel": "web", "bot": ""}
    case = await ask(store, **web)
    await web_turn(store, "my word", phone=WORD)
    case = await store.desk.claim(petra, case.number, ANSWERED)
    await replies(store, petra, case, "one")
    assert await on_page(store) == ["my word", "You have a new message."]
    last = (await store.transcript(store.person_hash("web", "", "amina")))[-1].seq
    await web_turn(store, "weather", phone=PhoneChange(opens=True))
    assert await on_page(store, last) == ["weather", SAID, "one"]
    await web_turn(store, "thank you")
    assert await on_page(store) == ["thank you"]
    assert await store.safety.is_discreet(store.person_hash("web", "", "amina"))


async def web_turn(store: Store, words: str, **more: Any) -> None:
    (receipt,) = await store.accept([Arrival(says(words, **WEB))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    after = replace(before, consent="yes", locale="en")
    await store.finish(pending, before, Outcome(after, push=False, **more))


async def test_a_hidden_page_shows_nothing_of_before_and_the_case_stays(store: Store) -> None:
    petra = await hire(store, "petra", Role.COUNSELLOR)
    case = await ask(store, words="my secret", channel="web", bot="")
    await web_turn(store, "/hide", hides=True)
    assert await on_page(store) == []
    assert await count(store, "hide_request") == 0
    case = await store.desk.claim(petra, case.number, ANSWERED)
    assert "my secret" in [s.text for s in (await opened(store, petra, case)).lines]
    assert await on_page(store) == [SAID]


# Safe hours


@pytest.mark.parametrize(
    ("hours", "now", "wanted"),
    [
        ("", "2026-11-23T23:00", None),
        ("nonsense", "2026-11-23T23:00", None),
        ("morning", "2026-11-23T06:00", None),  # 08:00 in Bucharest
        ("morning", "2026-11-23T09:59", None),
        ("morning", "2026-11-23T10:00", "2026-11-24T06:00"),
        ("evening", "2026-11-23T10:00", "2026-11-23T15:00"),
        ("evening", "2026-11-23T19:00", "2026-11-24T15:00"),
        ("weekend", "2026-11-23T10:00", "2026-11-28T06:00"),
        ("weekend", "2026-11-29T18:59", None),
        ("weekend", "2026-11-29T19:00", "2026-12-05T06:00"),
        ("morning", "2026-10-24T12:00", "2026-10-25T06:00"),  # the clocks go back that night
    ],
)
def test_when_a_message_may_go(hours: str, now: str, wanted: str | None) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(wanted).replace(tzinfo=UTC) if wanted else at
    assert opens_at(hours, "Europe/Bucharest", at) == expected


@pytest.mark.fault("O8")
async def test_outside_the_hours_a_reply_is_held_and_goes_out_inside(store: Store) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        petra, case = await a_case(store, PhoneChange(hours="morning"))
        await replies(store, petra, case, "one")
        assert await deliver_all(store) == []
        held = await line(store, petra, case, "one")
        opens = datetime(2026, 11, 24, 6, tzinfo=UTC)
        assert (held.held, held.held_until) == ("hours", opens)
        query = text("SELECT DISTINCT reason FROM outbox WHERE state = 'cancelled'")
        assert await store._db.read(lambda db: db.scalar(query)) == "outside hours"
        clock.move_to(opens - timedelta(seconds=1))
        assert await store.safety.begin_hours(datetime.now(UTC)) == []
        clock.move_to(opens)
        [person] = await store.safety.begin_hours(datetime.now(UTC))
        assert person == store.person_hash("telegram", "1", "amina")
        assert await deliver_all(store) == [SAID, "one"]
        assert await store.safety.begin_hours(datetime.now(UTC)) == []
        await replies(store, petra, case, "two", "k2")
        assert await deliver_all(store) == ["two"]


@pytest.mark.fault("O8")
async def test_whoever_writes_outside_their_hours_gets_all_of_it(store: Store) -> None:
    with time_machine.travel(MONDAY, tick=False):
        petra, case = await a_case(store, PhoneChange(hours="morning"))
        await replies(store, petra, case, "one")
        await writes(store, "is somebody there?", replies=(Reply("yes"),))
        assert await deliver_all(store) == [SAID, "one", "yes"]


async def test_with_a_word_the_sentence_itself_waits_for_the_hour(store: Store) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        petra, case = await a_case(store, replace(WORD, hours="morning"))
        await replies(store, petra, case, "one")
        assert await deliver_all(store) == []
        clock.move_to(datetime(2026, 11, 24, 7, tzinfo=UTC))
        await store.safety.begin_hours(datetime.now(UTC))
        assert await deliver_all(store) == ["You have a new message."]
        await opens(store)
        assert await deliver_all(store) == [SAID, "one"]


async def test_a_page_gets_what_waited_when_its_hour_begins(store: Store) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        petra = await hire(store, "petra", Role.COUNSELLOR)
        case = await ask(store, channel="web", bot="")
        await web_turn(store, "in the morning", phone=PhoneChange(hours="morning"))
        before = await on_page(store)
        case = await store.desk.claim(petra, case.number, ANSWERED)
        assert await on_page(store) == before
        clock.move_to(datetime(2026, 11, 24, 7, tzinfo=UTC))
        [person] = await store.safety.begin_hours(datetime.now(UTC))
        assert person == store.person_hash("web", "", "amina")
        assert await on_page(store) == [*before, SAID]


# `/hide`


async def test_both_sides_numbers_are_known_for_two_days(store: Store) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        await writes(store, replies=(Reply("an answer"),))
        await deliver_all(store)
        await writes(store, "/hide", hides=True)
        [hiding] = await store.safety.hidings(datetime.now(UTC))
        assert len(hiding.numbers) == 3 and "1" in hiding.numbers.values()
        assert hiding.address == "chat-amina"
        assert await store.safety.hidings(datetime.now(UTC)) == []  # somebody has it
        clock.move_to(MONDAY + timedelta(seconds=61))
        assert len(await store.safety.hidings(datetime.now(UTC))) == 1  # and died
        clock.move_to(MONDAY + timedelta(hours=48, seconds=1))
        await store.sweep()
        assert await count(store, "platform_message") == 0
        assert await count(store, "hide_request") == 0


async def test_the_last_line_is_said_once_and_ours_stays(store: Store) -> None:
    await writes(store, "my secret")
    await writes(store, "/hide", hides=True)
    [hiding] = await store.safety.hidings(datetime.now(UTC))
    said = Reply("Done.", origin=Origin("interface", "hide_done", "en"))
    assert await store.safety.finish(hiding, lambda locale: said)
    assert not await store.safety.finish(hiding, lambda locale: said)
    assert await deliver_all(store) == ["Done."]
    assert "my secret" in [s.text for s in await transcript(store)]
    assert await count(store, "platform_message") == 1  # "Done." can be hidden again


async def test_what_is_put_off_is_not_begun_anew(store: Store) -> None:
    await writes(store)
    await writes(store, "/hide", hides=True)
    [hiding] = await store.safety.hidings(datetime.now(UTC))
    first, second = hiding.numbers
    await store.safety.put_off(hiding, [first], 1, 0)
    [again] = await store.safety.hidings(datetime.now(UTC) + timedelta(seconds=1))
    assert (list(again.numbers), again.left) == ([second], 1)


async def test_whoever_keeps_nothing_can_hide_too(store: Store) -> None:
    await writes(store, consent="no", replies=(Reply("an answer"),))
    await deliver_all(store)
    await writes(store, "/hide", consent="no", hides=True)
    [hiding] = await store.safety.hidings(datetime.now(UTC))
    assert len(hiding.numbers) == 3 and hiding.address == "chat-amina"


async def test_a_turn_of_the_desk_changes_nothing_for_others(store: Store) -> None:
    petra = await hire(store, "petra", Role.COUNSELLOR)
    case = await ask(store)
    await turn(store, "hello")
    case = await store.desk.claim(petra, case.number, ANSWERED)
    await replies(store, petra, case, "one")
    assert len(await deliver_all(store)) == 2
    assert not (await line(store, petra, case, "one")).held
