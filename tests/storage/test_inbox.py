from __future__ import annotations

import pytest

from bot.messages import Reply
from bot.storage import Arrival, Outcome, Pending, Quarantined, Store
from tests.people import says


async def stored(store: Store, *inbounds: object) -> list[Pending]:
    for inbound in inbounds:
        await store.accept([Arrival(inbound)])  # type: ignore[arg-type]
    person = store.person_hash("telegram", "1", "amina")
    pending = await store.next_pending(person)
    return [pending] if pending else []


async def take(store: Store, *replies: str, **changes: object) -> Pending | None:
    """The simplest turn: consume the oldest event of Amina's and answer with these texts."""
    pending = await store.next_pending(store.person_hash("telegram", "1", "amina"))
    if pending is None:
        return None
    person = await store.load(pending)
    outcome = Outcome(person, tuple(Reply(text) for text in replies), **changes)  # type: ignore[arg-type]
    await store.finish(pending, person, outcome)
    return pending


async def test_a_repeated_event_has_one_row_and_one_effect(store: Store) -> None:
    once = says("hello")
    first = (await store.accept([Arrival(once)]))[0]
    again = (await store.accept([Arrival(once)]))[0]
    assert first.new and not again.new
    await take(store, "hi")
    late = (await store.accept([Arrival(once)]))[0]
    assert not late.new
    assert await take(store, "hi") is None


async def test_a_batch_with_a_repeat_inside_is_stored_once(store: Store) -> None:
    once = says("hello")
    receipts = await store.accept([Arrival(once), Arrival(once)])
    assert [receipt.new for receipt in receipts] == [True, False]


@pytest.mark.fault("U2")
async def test_the_same_words_twice_are_two_messages(store: Store) -> None:
    await store.accept([Arrival(says("help")), Arrival(says("help"))])
    assert await take(store, "one")
    assert await take(store, "two")
    shown = await store.transcript(store.person_hash("telegram", "1", "amina"))
    assert [line.text for line in shown] == ["help", "one", "help", "two"]


@pytest.mark.fault("U5")
async def test_two_bots_may_use_the_same_ids(store: Store) -> None:
    mine, other = says("hello", event_id="7"), says("hello", event_id="7", bot="2")
    receipts = await store.accept([Arrival(mine), Arrival(other)])
    assert [receipt.new for receipt in receipts] == [True, True]


@pytest.mark.fault("U3")
async def test_events_are_taken_in_the_platforms_order(store: Store) -> None:
    for order in (3, 1, 2):
        await store.accept([Arrival(says(f"number {order}", order=order))])
    texts = []
    while (pending := await take(store)) is not None:
        texts.append(pending.inbound.text)
    assert texts == ["number 1", "number 2", "number 3"]


async def test_urgent_people_come_first(store: Store) -> None:
    await store.accept([Arrival(says("hello", "oleh")), Arrival(says("help me", "amina"), True)])
    waiting = await store.waiting_people()
    assert [urgent for _, urgent in waiting] == [True, False]


async def test_an_unreadable_event_is_kept_sealed_and_blocks_nobody(store: Store) -> None:
    odd = Quarantined("telegram", "1", "99", '{"secret words": 1}')
    assert (await store.accept([odd]))[0].new
    assert not (await store.accept([odd]))[0].new
    assert await store.waiting_people() == []
