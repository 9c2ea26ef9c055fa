"""Clearing a private chat on Telegram: what is deleted, what stays, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.telegram import TelegramChannel, TelegramClient
from bot.dialogue.hide import Hider
from bot.knowledge import Knowledge
from bot.messages import Outgoing, Reply, SendResult
from bot.storage import Arrival, Outcome, Store
from tests.fakes.bot_api import TOKEN, BotApi, Person
from tests.handoff.cast import deliver_all
from tests.people import says

TWO_DAYS_S = 48 * 3600


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[BotApi]:
    async with BotApi(clock=clock) as api:
        yield api


@pytest.fixture
async def channel(api: BotApi) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TelegramClient(TOKEN, api.url))
    yield channel
    await channel.close()


@pytest.fixture
def amina(api: BotApi) -> Person:
    return api.person("Amina")


async def answer(channel: TelegramChannel, amina: Person, text: str, **more: Any) -> str:
    sent = await channel.send(Outgoing("c", 1, str(amina.id), Reply(text), "ltr", **more))
    assert sent.result is SendResult.SENT
    return sent.platform_ids[0]


async def a_chat(channel: TelegramChannel, amina: Person, lines: int = 2) -> list[str]:
    found = []
    for number in range(lines):
        found.append(str(amina.sends(f"question {number}")))
        found.append(await answer(channel, amina, f"answer {number}"))
    return found


async def test_both_sides_are_deleted(channel: TelegramChannel, amina: Person) -> None:
    numbers = await a_chat(channel, amina)
    cleared = await channel.clear(str(amina.id), numbers)
    assert (cleared.left, cleared.is_known, cleared.wait_s) == (0, True, None)
    assert amina.transcript == []


async def test_at_most_a_hundred_go_in_one_call(
    channel: TelegramChannel, api: BotApi, amina: Person
) -> None:
    numbers = [str(amina.sends("x")) for _ in range(205)]
    await channel.clear(str(amina.id), numbers)
    asked = [json.loads(c.params["message_ids"]) for c in api.called("deleteMessages")]
    assert [len(ids) for ids in asked] == [100, 100, 5]
    assert amina.transcript == [] and not api.called("deleteMessage")


async def test_what_is_too_old_stays_and_the_rest_goes(
    channel: TelegramChannel, amina: Person, clock: Clock
) -> None:
    old = await a_chat(channel, amina, 1)
    clock.now += TWO_DAYS_S + 1
    new = await a_chat(channel, amina, 1)
    cleared = await channel.clear(str(amina.id), old + new)
    assert cleared.left == 2
    assert [line.text for line in amina.transcript] == ["question 0", "answer 0"]


async def test_what_is_gone_already_does_not_count(
    channel: TelegramChannel, amina: Person, api: BotApi
) -> None:
    numbers = await a_chat(channel, amina)
    api.breaks("deleteMessages", "status", status=400, description="Bad Request: no")
    await channel.clear(str(amina.id), numbers[:2])
    api.breaks("deleteMessages", "status", status=400, description="Bad Request: no")
    assert (await channel.clear(str(amina.id), numbers)).left == 0
    assert amina.transcript == []


async def test_a_server_without_the_method_deletes_one_by_one(
    channel: TelegramChannel, amina: Person, api: BotApi
) -> None:
    numbers = await a_chat(channel, amina)
    api.breaks("deleteMessages", "status", status=404, description="Not Found")
    assert (await channel.clear(str(amina.id), numbers)).left == 0
    assert len(api.called("deleteMessage")) == 4 and amina.transcript == []


async def test_a_server_that_cannot_delete_is_told_apart(
    channel: TelegramChannel, amina: Person, api: BotApi
) -> None:
    numbers = await a_chat(channel, amina)
    api.minimal = True
    cleared = await channel.clear(str(amina.id), numbers)
    assert not cleared.is_known and cleared.wait_s is None
    assert len(amina.transcript) == 4


@pytest.mark.parametrize(("kind", "wait_s"), [("later", 7.0), ("html", 5.0), ("reset", 5.0)])
async def test_a_busy_server_is_asked_again_later(
    channel: TelegramChannel, amina: Person, api: BotApi, kind: str, wait_s: float
) -> None:
    numbers = [str(amina.sends("x")) for _ in range(150)]
    api.breaks("deleteMessages", "slow", seconds=0)
    api.breaks("deleteMessages", kind, seconds=7, accepted=False)
    cleared = await channel.clear(str(amina.id), numbers)
    assert cleared.wait_s == wait_s
    assert cleared.settled == frozenset(numbers[:100])


async def test_somebody_who_blocked_us_is_not_tried_for_ever(
    channel: TelegramChannel, amina: Person
) -> None:
    numbers = await a_chat(channel, amina)
    amina.blocks()
    cleared = await channel.clear(str(amina.id), numbers)
    assert (cleared.left, cleared.wait_s) == (4, None)


# What a watched phone gets


async def test_messages_to_a_watched_phone_are_silent_and_stay_here(
    channel: TelegramChannel, api: BotApi, amina: Person
) -> None:
    amina.sends("/start")
    await answer(channel, amina, "an address")
    await answer(channel, amina, "an address", quiet=True)
    plain, quiet = (call.params for call in api.called("sendMessage"))
    assert "protect_content" not in plain and "disable_notification" not in plain
    assert quiet["protect_content"] == quiet["disable_notification"] == "true"


# The whole of it


@pytest.fixture
async def hider(store: Store, knowledge: Knowledge, channel: TelegramChannel) -> Hider:
    clear = {channel.name: channel.clear}
    return Hider(store, knowledge, clear, lambda person: None, lambda: None)


async def hides(store: Store, channel: TelegramChannel, amina: Person) -> None:
    """She asks, is answered, and writes /hide; the numbers are the chat's own."""
    for words in ("my secret question", "/hide"):
        number = str(amina.sends(words))
        who = {"address": str(amina.id), "message_id": number}
        (receipt,) = await store.accept([Arrival(says(words, "amina", **who))])
        pending = await store.next_pending(receipt.person_hash)
        assert pending is not None
        before = await store.load(pending)
        after = replace(before, locale="en", consent="yes")
        await store.finish(pending, before, Outcome(after, hides=words == "/hide"))


async def test_the_chat_is_empty_and_one_neutral_line_says_what_stays(
    store: Store, hider: Hider, channel: TelegramChannel, amina: Person
) -> None:
    await hides(store, channel, amina)
    await hider.tend(datetime.now(UTC))
    assert amina.transcript == []
    [said] = await deliver_all(store)
    assert said.startswith("Done. What is older than two days stays here")
    assert "/forget" in said and "counsellor" not in said
    mine = await store.transcript(store.person_hash("telegram", "1", "amina"))
    assert "my secret question" in [line.text for line in mine]
    await hider.tend(datetime.now(UTC))
    assert await deliver_all(store) == []


async def test_where_nothing_can_be_deleted_that_is_said(
    store: Store, hider: Hider, channel: TelegramChannel, amina: Person, api: BotApi
) -> None:
    await hides(store, channel, amina)
    api.minimal = True
    await hider.tend(datetime.now(UTC))
    [said] = await deliver_all(store)
    assert said.startswith("Nothing could be deleted here")


async def test_what_was_refused_is_said(
    store: Store,
    hider: Hider,
    channel: TelegramChannel,
    amina: Person,
    clock: Clock,
) -> None:
    await hides(store, channel, amina)
    first = amina.chat.messages[0]
    first.at -= TWO_DAYS_S + 1
    await hider.tend(datetime.now(UTC))
    [said] = await deliver_all(store)
    assert said.startswith("Done, but not everything could be deleted")
    assert [line.text for line in amina.transcript] == ["my secret question"]


async def test_nothing_is_said_before_it_is_done(
    store: Store, hider: Hider, channel: TelegramChannel, amina: Person, api: BotApi
) -> None:
    await hides(store, channel, amina)
    api.breaks("deleteMessages", "later", seconds=1)
    await hider.tend(datetime.now(UTC))
    assert await deliver_all(store) == []
