"""Killed again and again while people write: the run that K10 and the soak share."""

from __future__ import annotations

import asyncio
import random

from tests.faults.crowd import Books, Crowd, balance, check_acknowledged
from tests.faults.service import Disk, Service

LONGEST_LIFE_S = 2.0  # from the fork; a third of it goes into starting


async def survive(
    service: Service, kills: int, messages: int, per_second: float, people: int, seed: int
) -> Books:
    """`messages` arrive while the service is killed `kills` times; the books afterwards."""
    crowd = Crowd(service.api, people, seed)
    talking = asyncio.create_task(crowd.talk(messages, per_second))
    chance = random.Random(seed)
    interrupted: set[int] = set()
    try:
        for _ in range(kills):
            service.spawn()
            await asyncio.sleep(chance.uniform(0.1, LONGEST_LIFE_S))  # the moment of the kill
            await service.kill()
            acknowledged = crowd.acknowledged()
            async with service.disk() as disk:
                await check_acknowledged(crowd, acknowledged, disk)
                on_their_way = "SELECT id FROM outbox WHERE state = 'sending'"
                interrupted |= {row["id"] for row in await disk.rows(on_their_way)}
        await service.start()
        await talking
    finally:
        talking.cancel()
    await service.settled(timeout_s=180)
    async with service.disk() as disk:
        await check_integrity(service, disk)
        await disk.check_invariants()
        return await balance(crowd, disk, interrupted)


async def check_integrity(service: Service, disk: Disk) -> None:
    if service.database_kind == "SQLite":
        [row] = await disk.rows("PRAGMA integrity_check")
        assert list(row.values()) == ["ok"]
