"""One platform event has one effect, however often, however late, and wherever it comes."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from bot.storage import Arrival, Store
from tests.fakes.bot_api import BotApi, Person
from tests.faults.service import Nursery, Service, until
from tests.people import says

slow = pytest.mark.slow


@slow
@pytest.mark.fault("U1")
async def test_an_update_a_hundred_times_and_after_a_restart(
    either_way: Service, api: BotApi, amina: Person
) -> None:
    service = await either_way.start()
    amina.sends("/help once")
    update_id = api.state.updates[-1]["update_id"]
    for _ in range(99):
        api.repeat(update_id)
    await amina.hears()
    await service.settled()
    await service.kill()
    for _ in range(2):
        api.repeat(update_id)
    await service.start()
    await service.settled()
    async with service.disk() as disk:
        assert await disk.said(amina) == ["once"]
        replies = [line for line in await disk.lines(amina) if line.author == "bot"]
    assert len(amina.bot_lines) == len(replies)


@slow
@pytest.mark.fault("U1")
async def test_an_update_on_two_processes_at_once(
    nursery: Nursery, api: BotApi, tmp_path: Path, blank_postgres: str
) -> None:
    from tests import postgres

    if not blank_postgres:
        pytest.skip("no PostgreSQL answers")
    postgres.empty(blank_postgres)
    first = Service(nursery, api, tmp_path, blank_postgres).by_webhook()
    second = Service(nursery, api, tmp_path, blank_postgres).by_webhook()
    try:
        await first.start()
        await second.start()
        people = [api.person(f"P{n}", number=900_000 + n) for n in range(20)]
        updates = []
        for person in people:
            person.sends("/help once")
            updates.append(api.state.updates[-1])
        answers = await asyncio.gather(
            *(service.post_update(u) for u in updates for service in (first, second, first, second))
        )
        assert {answer.status_code for answer in answers} == {200}
        await first.settled()
        async with first.disk() as disk:
            for person in people:
                assert await disk.said(person) == ["once"]
                replies = [line for line in await disk.lines(person) if line.author == "bot"]
                assert len(person.bot_lines) == len(replies)
    finally:
        await second.close()
        await first.close()


@pytest.mark.fault("U1")
async def test_an_update_that_comes_again_after_23_hours(store: Store) -> None:
    once = Arrival(says("once"))
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False) as clock:
        [first] = await store.accept([once])
        await store.erase(first.person_hash)
        for hours in (23, 24 * 6):
            clock.move_to(now + timedelta(hours=hours))
            await store.sweep()
            [again] = await store.accept([once])
            assert not again.new


def machine_is_stretched() -> float:
    """How much longer work takes here because others compute, too; 1 on a quiet machine."""
    wall, cpu = time.monotonic(), time.process_time()
    while time.process_time() - cpu < 0.2:
        pass
    return (time.monotonic() - wall) / (time.process_time() - cpu)


@slow
@pytest.mark.fault("U12")
async def test_fifty_people_write_ten_messages_each_within_five_seconds(
    service: Service, api: BotApi
) -> None:
    await service.by_webhook().start()
    await until(lambda: api.state.webhook.url, "the webhook")
    people = [api.person(f"P{n}", number=900_000 + n) for n in range(50)]
    took: list[float] = []

    async def post(update: object) -> None:
        began = time.monotonic()
        assert (await service.post_update(update)).status_code == 200
        took.append(time.monotonic() - began)

    async def write(person: Person, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        for number in range(10):
            began = time.monotonic()
            update = {
                "update_id": api.state.next_update_id,
                "message": {
                    "message_id": api.state.message_id(),
                    "date": int(time.time()),
                    "chat": person.chat.raw,
                    "from": person.user,
                    "text": f"/help q{number}",
                    "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
                },
            }
            api.state.next_update_id += 1
            person.chat.state = "member"
            await post(update)
            await asyncio.sleep(max(0.0, 0.5 - (time.monotonic() - began)))

    stretched = machine_is_stretched()
    await asyncio.gather(*(write(person, 0.01 * n) for n, person in enumerate(people)))
    stretched = max(stretched, machine_is_stretched())
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    print(f"acknowledged: p50 {took[250] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {stretched:.1f}")
    assert p99 < 1.0 * stretched
    async with service.disk() as disk:

        async def are_taken() -> bool:
            return not await disk.count("SELECT count(*) FROM inbox WHERE state = 'pending'")

        await until(are_taken, "every turn", 60, every_s=0.1)
        for person in people:
            assert await disk.said(person) == [f"q{n}" for n in range(10)]
