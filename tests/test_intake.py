"""The way in: stored first, acknowledged after; what arrives together is stored together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bot.intake import BATCH, Intake
from bot.messages import StorageUnavailable
from bot.storage import Arrival, Quarantined, Receipt, Store
from tests.people import says

CRY = "they lock us in"


class Shelf:
    """A store that remembers its transactions and can be made to wait or fail."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.settled: set[int] = set()

    async def accept(self, arrivals: Sequence[Any]) -> list[Receipt]:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        first = sum(map(len, self.batches)) + 1
        self.batches.append(list(arrivals))
        return [Receipt(first + n, True, "person") for n in range(len(arrivals))]

    async def is_settled(self, inbox_id: int) -> bool:
        return inbox_id in self.settled


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def told() -> list[tuple[Receipt, str, bool]]:
    return []


def intake_of(store: Any, told: list[tuple[Receipt, str, bool]]) -> Intake:
    return Intake(store, lambda text: CRY in text, lambda *heard: told.append(heard))


async def test_nothing_is_acknowledged_before_it_is_stored(shelf: Shelf, told: list[Any]) -> None:
    shelf.gate.clear()
    waiting = asyncio.create_task(intake_of(shelf, told).accept(says("hi")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done() and told == []
    shelf.gate.set()
    assert (await waiting).new
    assert len(told) == 1


async def test_what_arrives_while_one_is_stored_shares_the_next_transaction(
    shelf: Shelf, told: list[Any]
) -> None:
    intake = intake_of(shelf, told)
    shelf.gate.clear()
    first = asyncio.create_task(intake.accept(says("first")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(intake.accept(says(str(n)))) for n in range(BATCH + 20)]
    await asyncio.sleep(0)
    shelf.gate.set()
    receipts = await asyncio.gather(first, *others)
    assert [len(batch) for batch in shelf.batches] == [1, BATCH, 20]
    assert [receipt.inbox_id for receipt in receipts] == list(range(1, BATCH + 22))


async def test_danger_is_seen_on_receipt_and_told_with_the_channel(
    shelf: Shelf, told: list[Any]
) -> None:
    intake = intake_of(shelf, told)
    await intake.accept_all([says("hi"), says(CRY, channel="web")])
    assert [(channel, urgent) for _, channel, urgent in told] == [
        ("telegram", False),
        ("web", True),
    ]
    (batch,) = shelf.batches
    assert [arrival.urgent for arrival in batch] == [False, True]


@pytest.mark.fault("D3")
async def test_a_database_that_is_away_acknowledges_nobody_and_takes_the_next_one(
    shelf: Shelf, told: list[Any]
) -> None:
    intake = intake_of(shelf, told)
    shelf.error = StorageUnavailable("away")
    results = await asyncio.gather(
        intake.accept(says("a")), intake.accept(says("b")), return_exceptions=True
    )
    assert [type(result) for result in results] == [StorageUnavailable] * 2
    assert told == []
    shelf.error = None
    assert (await intake.accept(says("c"))).new


async def test_an_error_of_our_own_is_an_unstored_message_too(
    shelf: Shelf, told: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    intake = intake_of(shelf, told)
    shelf.error = KeyError("canary")
    with pytest.raises(StorageUnavailable):
        await intake.accept(says("a"))
    shelf.error = None
    assert (await intake.accept(says("b"))).new


async def test_whoever_gave_up_waiting_does_not_spoil_the_rest(
    shelf: Shelf, told: list[Any]
) -> None:
    intake = intake_of(shelf, told)
    shelf.gate.clear()
    gone = asyncio.create_task(intake.accept(says("gone")))
    stays = asyncio.create_task(intake.accept(says("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    shelf.gate.set()
    assert (await stays).new
    assert len(told) == 2, "it is on disk, so its turn is taken"


@pytest.mark.fault("U1")
async def test_a_repeat_is_acknowledged_and_told_to_nobody(store: Store, told: list[Any]) -> None:
    intake = intake_of(store, told)
    update = says("hi")
    receipts = await intake.accept_all([update] * 100)
    assert sum(receipt.new for receipt in receipts) == 1
    assert not (await intake.accept(update)).new
    assert len(told) == 1


async def test_an_unreadable_event_is_kept_and_takes_no_turn(store: Store, told: list[Any]) -> None:
    intake = intake_of(store, told)
    receipt = await intake.accept(Quarantined("telegram", "1", "u-1", '{"update_id": 1}'))
    assert receipt.new
    assert told == []
    assert await store.waiting_people() == []


# Waiting for a turn


async def test_whoever_waits_for_a_turn_is_woken_by_it(shelf: Shelf, told: list[Any]) -> None:
    intake = intake_of(shelf, told)
    waiting = asyncio.create_task(intake.settled(7, 10))
    for _ in range(3):
        await asyncio.sleep(0)
    intake.mark_settled(7)
    assert await waiting


async def test_a_turn_taken_before_anybody_waited_is_seen(shelf: Shelf, told: list[Any]) -> None:
    shelf.settled.add(7)
    assert await intake_of(shelf, told).settled(7, 10)


async def test_a_turn_that_is_not_taken_in_time_is_said_so(shelf: Shelf, told: list[Any]) -> None:
    assert not await intake_of(shelf, told).settled(7, 0.01)


async def test_a_repeat_does_not_wait(shelf: Shelf, told: list[Any]) -> None:
    assert await intake_of(shelf, told).settled(0, 10)


async def test_arrivals_are_what_the_store_gets(shelf: Shelf, told: list[Any]) -> None:
    inbound = says("hi")
    await intake_of(shelf, told).accept(inbound)
    assert shelf.batches == [[Arrival(inbound, False)]]


async def test_it_is_calm_only_while_nobody_waits_for_a_receipt(
    shelf: Shelf, told: list[Any]
) -> None:
    intake = intake_of(shelf, told)
    await intake.calm()
    shelf.gate.clear()
    storing = asyncio.create_task(intake.accept(says("hi")))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(intake.calm())
    await asyncio.sleep(0)
    assert not waiting.done()
    shelf.gate.set()
    await storing
    await waiting


async def test_what_waits_for_a_receipt_is_written_before_what_does_not(store: Store) -> None:
    order: list[str] = []
    running, may_end = asyncio.Event(), asyncio.Event()

    async def long(_db: Any) -> None:
        running.set()
        await may_end.wait()

    async def note(name: str) -> None:
        order.append(name)

    database = store._db
    if not database.is_sqlite:
        return  # PostgreSQL takes ten writes at a time
    writes = [asyncio.create_task(database.write(long))]
    await running.wait()
    writes.append(asyncio.create_task(database.write(lambda _: note("turn"))))
    await asyncio.sleep(0)
    writes.append(asyncio.create_task(database.write(lambda _: note("receipt"), first=True)))
    await asyncio.sleep(0)
    writes.append(asyncio.create_task(database.write(lambda _: note("later turn"))))
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(*writes)
    assert order.index("receipt") < order.index("later turn")
