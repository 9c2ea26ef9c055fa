from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from bot.channels.telegram_client import TelegramClient
from bot.channels.telegram_poll import TelegramPoller
from tests.fakes.bot_api import TOKEN, BotApi


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Store:
    """Takes batches; raises as often as it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.failures = 0

    async def __call__(self, updates: Sequence[Any]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("database away")
        self.batches.append(list(updates))

    @property
    def ids(self) -> list[int]:
        return [update["update_id"] for batch in self.batches for update in batch]


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
async def client(api: BotApi) -> AsyncIterator[TelegramClient]:
    client = TelegramClient(TOKEN, api.url)
    yield client
    await client.close()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(client: TelegramClient, store: Store, clock: Clock) -> TelegramPoller:
    return TelegramPoller(client, store, clock=clock, long_poll_s=0)


async def test_an_update_is_confirmed_only_after_it_was_stored(
    api: BotApi, poller: TelegramPoller, store: Store
) -> None:
    api.person().sends("hello")
    store.failures = 2
    assert await poller.poll_once() == 1.0
    assert poller.trouble == "not stored"
    assert await poller.poll_once() == 1.0
    assert await poller.poll_once() == 0.0
    assert store.ids == [1000]
    assert len(api.state.waiting()) == 1, "confirmed by the next call, not by this one"
    await poller.poll_once()
    assert api.state.waiting() == [] and store.ids == [1000]
    assert poller.trouble == ""


async def test_a_new_process_is_offered_what_was_stored_but_not_confirmed(
    api: BotApi, client: TelegramClient, poller: TelegramPoller, store: Store
) -> None:
    api.person().sends("hello")
    await poller.poll_once()
    await TelegramPoller(client, store, long_poll_s=0).poll_once()
    assert store.ids == [1000, 1000], "the store drops the repeat"


@pytest.mark.fault("U4")
async def test_lower_ids_after_a_quiet_week_are_not_lost(
    api: BotApi, poller: TelegramPoller, store: Store, clock: Clock
) -> None:
    amina = api.person()
    amina.sends("before")
    await poller.poll_once()
    for _ in range(8):
        clock.now += 24 * 3600
        await poller.poll_once()
    api.state.next_update_id = 5
    amina.sends("after")
    amina.sends("again")
    await poller.poll_once()
    await poller.poll_once()
    assert store.ids == [1000, 5, 6]
    assert api.state.waiting() == []


@pytest.mark.fault("U7")
async def test_updates_of_any_shape_reach_the_store(
    api: BotApi, poller: TelegramPoller, store: Store
) -> None:
    odd: list[Any] = [{"update_id": 1, "message": None}, {"update_id": 2, "x": 1}, {"y": 1}, 5]
    for update in odd:
        api.push(update)
    assert await poller.poll_once() == 0.0
    assert store.batches == [odd]


async def test_a_batch_without_any_id_does_not_spin(api: BotApi, poller: TelegramPoller) -> None:
    api.push({"message": 1})
    assert [await poller.poll_once() for _ in range(3)] == [1.0, 1.0, 1.0]
    assert poller.trouble == "updates without ids"


async def test_an_empty_answer_that_came_at_once_is_followed_by_a_pause(
    poller: TelegramPoller,
) -> None:
    assert await poller.poll_once() == 0.5


@pytest.mark.fault("O4")
async def test_network_and_token_trouble_backs_off(api: BotApi, poller: TelegramPoller) -> None:
    api.breaks("getUpdates", "status", times=4, status=502)
    assert [await poller.poll_once() for _ in range(4)] == [1.0, 2.0, 4.0, 8.0]
    assert poller.trouble == "not reached"
    api.breaks("getUpdates", "status", times=1, status=401, description="Unauthorized")
    assert await poller.poll_once() == 16.0
    assert poller.trouble == "token refused"
    api.breaks("getUpdates", "garbage", times=2)
    assert [await poller.poll_once() for _ in range(2)] == [30.0, 30.0]
    api.breaks("getUpdates", "later", seconds=77)
    assert await poller.poll_once() == 77.0
    await poller.poll_once()
    assert poller.trouble == ""


@pytest.mark.fault("O4")
async def test_a_second_poller_waits_and_says_so(api: BotApi, poller: TelegramPoller) -> None:
    words = "Conflict: terminated by other getUpdates request"
    api.breaks("getUpdates", "status", status=409, description=words)
    assert await poller.poll_once() == 5.0
    assert poller.trouble == "conflict"


async def test_an_old_webhook_is_removed(
    api: BotApi, client: TelegramClient, poller: TelegramPoller, store: Store
) -> None:
    await client.call("setWebhook", {"url": "http://127.0.0.1:1/x"})
    assert await poller.poll_once() == 0.0
    api.person().sends("hello")
    await poller.poll_once()
    assert store.ids == [1000]


async def test_it_runs_against_a_server_that_knows_four_methods(store: Store) -> None:
    async with BotApi(minimal=True) as api:
        client = TelegramClient(TOKEN, api.url)
        heard: list[int] = []
        poller = TelegramPoller(client, store, after=lambda batch: heard.append(len(batch)))
        task = asyncio.create_task(poller.run())
        amina = api.person()
        for text in ("one", "two", "three"):
            amina.sends(text)
            await api.until(lambda: store.ids[-1:] == [api.state.next_update_id - 1])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()
    assert store.ids == [1000, 1001, 1002] and sum(heard) == 3
    assert {call.method for call in api.calls} == {"getUpdates"}


async def test_only_the_update_types_we_read_are_asked_for(
    api: BotApi, poller: TelegramPoller, store: Store
) -> None:
    await poller.poll_once()
    assert api.state.allowed == ("message", "edited_message", "callback_query", "my_chat_member")
    api.person().sends("x")
    api.repeat(1000)
    await poller.poll_once()
    assert store.ids == [1000, 1000], "repeats are the store's to drop"
