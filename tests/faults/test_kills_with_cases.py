"""Killed at 25 random moments while counsellors answer in 200 cases."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.faults.live_cases import balance, open_cases
from tests.faults.random_kills import check_integrity
from tests.faults.service import Disk, Service, until

KILLS, PEOPLE, COUNSELLORS, SEED = 25, 200, 8, 33


@pytest.mark.slow
@pytest.mark.fault("K4", "K7")
async def test_25_kills_during_200_live_cases(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    await service.start()
    await service.terminate()
    async with service.disk() as disk:
        live = await open_cases(disk.store, PEOPLE, COUNSELLORS)
    going_on = asyncio.create_task(live.go_on(service, SEED, pause_s=0.2))
    chance = random.Random(SEED)
    for _ in range(KILLS):
        service.spawn()
        await asyncio.sleep(chance.uniform(0.6, 2.5))
        await service.kill()
        assert not going_on.done() or not going_on.exception(), going_on.exception()
    await service.start()
    # Nobody is unclaimed for ever: whoever waits is taken by those who are there.
    live.is_ending = True
    async with service.disk() as disk:
        await until(lambda: _nobody_waits(disk), "an empty queue", 120, every_s=0.5)
    live.is_over = True
    await going_on
    await service.settled(timeout_s=60)
    async with service.disk() as disk:
        await check_integrity(service, disk)
        await disk.check_invariants()
        books = await balance(live, disk)
    assert books.cases["claimed"] + books.cases["closed"] == PEOPLE
    assert books.claims >= PEOPLE
    with capsys.disabled():
        print(f"\n{KILLS} kills on {service.database_kind} with {PEOPLE} cases: {books}")


async def _nobody_waits(disk: Disk) -> bool:
    count = await disk.count("SELECT count(*) FROM handoff WHERE state = 'waiting'")
    return bool(count == 0)
