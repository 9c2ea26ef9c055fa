from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import time_machine

from bot.messages import Reply, SendResult, Sent
from bot.storage import Arrival, Outcome, Store
from tests.people import says

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def turn(store: Store, words: str, consent: str) -> str:
    receipt = (await store.accept([Arrival(says(words))]))[0]
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    person = await store.load(pending)
    after = replace(person, consent=consent)
    await store.finish(pending, person, Outcome(after, (Reply("reply to " + words),)))
    return receipt.person_hash


async def test_with_consent_a_chat_is_kept_for_thirty_days(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = await turn(store, "hello", "yes")
        await deliver(store)
        clock.move_to(START + timedelta(days=29, hours=23))
        await store.sweep()
        assert len(await store.transcript(person)) == 2
        clock.move_to(START + timedelta(days=30, seconds=1))
        assert await store.sweep() >= 3
        assert await store.transcript(person) == []


async def test_unasked_it_is_kept_for_a_day(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = await turn(store, "hello", "open")
        await deliver(store)
        clock.move_to(START + timedelta(hours=24, seconds=1))
        await store.sweep()
        assert await store.transcript(person) == []


async def test_a_reply_still_on_its_way_outlives_its_date(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        await turn(store, "hello", "no")
        clock.move_to(START + timedelta(hours=25))
        await store.sweep()
        due = await store.due(10, ["telegram"])
        assert [row.reply.text for row in due] == ["reply to hello"]
        await turn(store, "again", "no")
        await deliver(store)
        assert await store.due(10, ["telegram"]) == []


async def test_a_reply_two_days_late_is_given_up_and_blocks_nothing(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        await turn(store, "hello", "yes")
        clock.move_to(START + timedelta(hours=49))
        await store.sweep()
        await turn(store, "again", "yes")
        due = await store.due(10, ["telegram"])
        assert [row.reply.text for row in due] == ["reply to again"]


async def test_one_refused_reply_is_not_the_end_of_the_conversation(store: Store) -> None:
    person = await turn(store, "hello", "yes")
    row = (await store.due(10, ["telegram"]))[0]
    await store.take([row.outbox_id])
    await store.settle(row, Sent(SendResult.UNDELIVERABLE, reason="refused"), timedelta(0))
    await turn(store, "again", "yes")
    assert [row.reply.text for row in await store.due(10, ["telegram"])] == ["reply to again"]
    assert person


async def test_a_web_message_keeps_only_the_browsers_own_id(store: Store) -> None:
    inbound = says("hi", channel="web", bot="", event_id="p" * 43 + "." + "b" * 32)
    receipt = (await store.accept([Arrival(inbound)]))[0]
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    person = await store.load(pending)
    await store.finish(pending, person, Outcome(person, (Reply("hello"),), push=False))
    lines = await store.transcript(receipt.person_hash)
    assert lines[0].event_id == "b" * 32


async def deliver(store: Store) -> None:
    while due := await store.due(10, ["telegram"]):
        await store.take([row.outbox_id for row in due])
        for row in due:
            await store.settle(row, Sent(SendResult.SENT, ("1",)), timedelta(0))
