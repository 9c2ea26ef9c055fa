from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram_client import TelegramClient
from bot.channels.telegram_profile import (
    COMMANDS,
    DESCRIPTION,
    SHORT_DESCRIPTION,
    publish_profile,
)
from bot.messages import Text
from tests.fakes.bot_api import TOKEN, BotApi

LOCALES = ("en", "ro", "hu", "uk", "ar", "fil", "zh")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
async def client(api: BotApi) -> AsyncIterator[TelegramClient]:
    client = TelegramClient(TOKEN, api.url)
    yield client
    await client.close()


def render(text: Text, locale: str) -> str:
    return f"{locale}: {text.english}"


async def test_each_language_gets_commands_and_descriptions(
    api: BotApi, client: TelegramClient
) -> None:
    await publish_profile(client, render, LOCALES)
    languages = {language for _, language in api.state.commands}
    assert languages == {"", "ro", "hu", "uk", "ar", "tl", "zh"}
    assert api.state.commands["default", "uk"][0]["description"] == "uk: Choose a topic"
    assert api.state.profile["description", ""].startswith("en: Ask a question")
    assert api.state.profile["short_description", "ar"].startswith("ar: Answers")


async def test_nothing_is_set_twice(api: BotApi, client: TelegramClient) -> None:
    await publish_profile(client, render, LOCALES)
    api.calls.clear()
    await publish_profile(client, render, LOCALES)
    assert not [call for call in api.calls if call.method.startswith("set")]


async def test_a_server_without_these_methods_is_asked_once_each(client: TelegramClient) -> None:
    async with BotApi(minimal=True) as api:
        minimal = TelegramClient(TOKEN, api.url)
        await publish_profile(minimal, render, LOCALES)
        await minimal.close()
    assert len(api.calls) == 3


async def test_a_busy_server_is_waited_for_once(api: BotApi, client: TelegramClient) -> None:
    api.breaks("setMyCommands", "later", seconds=5)
    api.breaks("getMyDescription", "status", status=500)
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    await publish_profile(client, render, ("en",), sleep)
    assert pauses == [5.0]
    assert ("default", "") in api.state.commands
    assert ("description", "") not in api.state.profile


async def test_english_texts_keep_telegrams_limits() -> None:
    assert all(1 <= len(text.english) <= 256 for _, text in COMMANDS)
    assert len(SHORT_DESCRIPTION.english) <= 120
    assert len(DESCRIPTION.english) <= 512
    keys = [text.key for _, text in COMMANDS] + [SHORT_DESCRIPTION.key, DESCRIPTION.key]
    assert len(set(keys)) == len(keys) and all(key.startswith("profile_") for key in keys)
