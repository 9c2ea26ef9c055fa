"""Who is served when: urgent people first, no flood in the way, no row that starves anybody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.dialogue import worker
from bot.dialogue.turn import TurnParts
from bot.dialogue.worker import TurnWorkers
from bot.storage import Arrival, Pending, Store
from tests.people import says


@contextlib.asynccontextmanager
async def running(parts: TurnParts, taken: list[Pending]) -> AsyncIterator[TurnWorkers]:
    workers = TurnWorkers(parts, lambda pending, _: taken.append(pending))
    task = asyncio.create_task(workers.run())
    try:
        yield workers
    finally:
        await workers.stop()
        await task


async def until(condition, seconds: float = 20) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def note_begun(monkeypatch: pytest.MonkeyPatch) -> list[Pending]:
    """Turns in the order in which they begin: one that opens a case takes longer than others."""
    begun: list[Pending] = []
    take_turn = worker.take_turn

    async def noted(pending: Pending, parts: TurnParts) -> object:
        begun.append(pending)
        return await take_turn(pending, parts)

    monkeypatch.setattr(worker, "take_turn", noted)
    return begun


async def test_a_flood_keeps_nobody_in_danger_waiting(
    store: Store, parts: TurnParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = note_begun(monkeypatch)
    monkeypatch.setattr(worker, "WORKERS", 1)
    flood = [Arrival(says(f"number {n}", "oleh")) for n in range(12)]
    await store.accept(flood)
    taken: list[Pending] = []
    async with running(parts, taken) as workers:
        await until(lambda: len(taken) >= 2)
        receipt = (await store.accept([Arrival(says("he will kill me", "amina"), True)]))[0]
        before = len(begun)
        workers.notice(receipt, urgent=True)
        await until(lambda: len(taken) >= 13)
    place = next(i for i, p in enumerate(begun) if p.inbound.person_id == "amina")
    assert place - before <= 2


async def test_within_one_persons_queue_danger_is_first(store: Store, parts: TurnParts) -> None:
    calm = [Arrival(says(f"number {n}")) for n in range(5)]
    await store.accept([*calm, Arrival(says("he will kill me"), True)])
    taken: list[Pending] = []
    async with running(parts, taken):
        await until(lambda: len(taken) == 6)
    assert taken[0].urgent
    assert [p.inbound.text for p in taken[1:]] == [f"number {n}" for n in range(5)]


async def test_a_row_that_cannot_be_read_starves_nobody(store: Store, parts: TurnParts) -> None:
    await store.accept([Arrival(says("lost words")), Arrival(says("hello"))])
    lost = text("UPDATE inbox SET payload_sealed = :sealed WHERE id = 1")
    await store._db.write(lambda db: db.execute(lost, {"sealed": b"k9:of another key"}))
    taken: list[Pending] = []
    async with running(parts, taken):
        await until(lambda: bool(taken))
    assert [p.inbound.text for p in taken] == ["hello"]


async def test_a_turn_that_keeps_failing_ends_in_an_apology(
    store: Store, parts: TurnParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("no turn today")

    monkeypatch.setattr(worker, "take_turn", broken)
    monkeypatch.setattr(worker, "SCAN_S", 0.05)
    await store.accept([Arrival(says("hello"))])
    taken: list[Pending] = []
    async with running(parts, taken):
        await until(lambda: bool(taken))
    lines = await store.transcript(store.person_hash("telegram", "1", "amina"))
    assert lines[-1].block == "err_try_again"


async def test_danger_does_not_wait_for_slow_turns(
    store: Store, parts: TurnParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = asyncio.Event()
    take_turn = worker.take_turn

    async def waits(pending: Pending, parts: TurnParts) -> object:
        if not pending.urgent:
            await slow.wait()
        return await take_turn(pending, parts)

    monkeypatch.setattr(worker, "take_turn", waits)
    await store.accept([Arrival(says("hello", f"p{n}")) for n in range(worker.WORKERS + 2)])
    taken: list[Pending] = []
    async with running(parts, taken) as workers:
        await until(lambda: len(workers._active) == worker.WORKERS)
        receipt = (await store.accept([Arrival(says("he will kill me", "amina"), True)]))[0]
        workers.notice(receipt, urgent=True)
        await until(lambda: bool(taken))
        assert [p.inbound.person_id for p in taken] == ["amina"]
        slow.set()
        await until(lambda: len(taken) == worker.WORKERS + 3)


async def test_danger_in_the_middle_of_ones_own_slow_turn_comes_next(
    store: Store, parts: TurnParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "WORKERS", 1)
    monkeypatch.setattr(worker, "SCAN_S", 60.0)
    begun = note_begun(monkeypatch)
    slow, take_turn = asyncio.Event(), worker.take_turn

    async def waits(pending: Pending, parts: TurnParts) -> object:
        if pending.inbound.text == "slow":
            await slow.wait()
        return await take_turn(pending, parts)

    monkeypatch.setattr(worker, "take_turn", waits)
    first = await store.accept([Arrival(says("slow"))])
    taken: list[Pending] = []
    async with running(parts, taken) as workers:
        await until(lambda: bool(workers._active))
        others = await store.accept([Arrival(says("hello", f"p{n}")) for n in range(5)])
        danger = (await store.accept([Arrival(says("he will kill me"), True)]))[0]
        for receipt in others:
            workers.notice(receipt, urgent=False)
        workers.notice(danger, urgent=True)
        await asyncio.sleep(0)
        slow.set()
        await until(lambda: len(taken) == 7)
    assert first[0].person_hash == danger.person_hash
    assert [p.urgent for p in begun].index(True) <= 2
