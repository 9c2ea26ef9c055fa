"""While a hundred people write and a broadcast runs, the first card still comes at once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bot.messages import Lane, Reply
from bot.storage import Arrival, Outcome, Store
from tests.fakes.bot_api import BotApi, Person
from tests.faults.crowd import Crowd
from tests.faults.service import Service, until
from tests.people import says

NEWS = 200  # at 20 a second that is ten seconds of broadcast
PROMISED_S = 1.0


async def news_for(store: Store, person: Person) -> None:
    address = str(person.id)
    [receipt] = await store.accept([Arrival(says("hello", address, address=address))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending
    before = await store.load(pending)
    reply = Reply("news", lane=Lane.BROADCAST)
    await store.finish(pending, before, Outcome(replace(before, locale="en"), (reply,)))


@pytest.mark.slow
@pytest.mark.fault("O6")
async def test_the_first_card_is_there_within_a_second(on_sqlite: Service, api: BotApi) -> None:
    api.state.limits.on = True
    await on_sqlite.start()
    await on_sqlite.terminate()  # the database is there now, and nobody writes to it
    readers = [api.person("Reader", number=910_000 + n) for n in range(NEWS)]
    async with on_sqlite.disk() as disk:
        for person in readers:
            await news_for(disk.store, person)
    await on_sqlite.start()
    await until(lambda: len(api.called("sendMessage")) > 5, "the broadcast running")
    crowd = Crowd(api, size=100, seed=7)
    writing = asyncio.create_task(crowd.talk(100, per_second=50))
    took = []
    for number in range(5):
        person = api.person("Urgent", number=990_000 + number)
        began = time.monotonic()
        person.sends("they lock us in and took my passport")
        await person.hears(1, timeout_s=10)
        took.append(time.monotonic() - began)
        assert "112" in person.bot_lines[0].text
    await writing
    is_running = sum(len(person.bot_lines) for person in readers) < NEWS
    assert is_running, "the broadcast was over too soon to be in the way"
    assert max(took) <= PROMISED_S, took
