"""The clock jumps, and dates from outside are absurd."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.messages import Reply
from bot.storage import Arrival, Outcome, Store
from tests.fakes.bot_api import BotApi, Person
from tests.faults.service import Service
from tests.people import says

JUMPS = {
    "an hour back": timedelta(hours=-1),
    "a day back": timedelta(days=-1),
    "an hour on": timedelta(hours=1),
    "ten years on": timedelta(days=3652),
}
MOMENTS = {
    "any day": datetime(2026, 11, 22, 12, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    "the end of summer time": datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
}


async def reply_waiting(store: Store) -> int:
    [receipt] = await store.accept([Arrival(says("hello"))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending
    before = await store.load(pending)
    await store.finish(pending, before, Outcome(replace(before, locale="en"), (Reply("hi"),)))
    [row] = await store.due(10, ["telegram"])
    return row.outbox_id


@pytest.mark.fault("T1c")
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_no_jump_of_the_clock_holds_a_reply_back(
    store: Store, moment: datetime, jump: timedelta
) -> None:
    with time_machine.travel(moment, tick=False) as clock:
        number = await reply_waiting(store)
        clock.move_to(moment + jump)
        assert [row.outbox_id for row in await store.due(10, ["telegram"])] == [number]


@pytest.mark.fault("T1c")
@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_no_jump_of_the_clock_keeps_a_lease_alive(store: Store, jump: timedelta) -> None:
    moment = MOMENTS["any day"]
    with time_machine.travel(moment, tick=False) as clock:
        number = await reply_waiting(store)
        assert await store.take([number]) == {number}
        assert not await store.doubt(everything=False)
        clock.move_to(moment + jump)
        assert await store.doubt(everything=False) == 1
        assert len(await store.due(10, ["telegram"])) == 1


@pytest.mark.fault("T1c")
@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_what_is_being_sent_stays_taken_whatever_the_clock_says(
    store: Store, jump: timedelta
) -> None:
    moment = MOMENTS["any day"]
    with time_machine.travel(moment, tick=False) as clock:
        number = await reply_waiting(store)
        await store.take([number])
        clock.move_to(moment + jump)
        assert not await store.doubt(False, {number})
        clock.shift(11)
        assert not await store.doubt(everything=False)


@pytest.mark.slow
@pytest.mark.fault("T2c")
@pytest.mark.parametrize("date", [0, -1, 4_070_908_800, 10**20, "soon", None])
async def test_an_absurd_date_changes_nothing(
    on_sqlite: Service, api: BotApi, amina: Person, date: object
) -> None:
    service = await on_sqlite.start()
    amina.sends("/stop first")
    message = api.state.updates[-1]["message"]
    for number, text in enumerate(("second", "third"), 1):
        changed = {"date": date, "text": f"/stop {text}", "message_id": 5000 + number}
        api.push({"update_id": api.state.next_update_id, "message": message | changed})
        api.state.next_update_id += 1
    await service.settled()
    async with service.disk() as disk:
        assert not await disk.count("SELECT count(*) FROM inbox WHERE state = 'pending'")
        if date is not None and date != "soon":
            assert await disk.said(amina) == ["first", "second", "third"]
