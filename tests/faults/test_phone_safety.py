"""Phone safety in the whole service, against the stand-in for Telegram."""

from __future__ import annotations

import pytest

from tests.fakes.bot_api import BotApi, Person
from tests.faults.service import Service, until


@pytest.mark.slow
async def test_a_hidden_chat_is_empty_but_for_one_line(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    await on_sqlite.start()
    amina.sends("/stop")
    await amina.hears(1)
    amina.sends("/hide")
    await until(
        lambda: len(amina.transcript) == 1 and amina.transcript[0].text.startswith("Done."),
        "the empty chat",
    )
    amina.sends("/hide")
    await until(lambda: len(api.called("deleteMessages")) == 2, "hidden again")
    await until(lambda: len(amina.transcript) == 1, "the empty chat")


@pytest.mark.slow
async def test_a_word_survives_a_restart_and_messages_are_silent(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    await on_sqlite.start()
    amina.sends("/discreet")
    await amina.hears(1)
    amina.sends("Weather")
    await amina.hears(1)
    await on_sqlite.kill()
    await on_sqlite.start()
    amina.sends("weather")
    await until(lambda: amina.bot_lines[-1].text == "There is nothing new.", "the word is known")
    last = api.called("sendMessage")[-1].params
    assert last["protect_content"] == last["disable_notification"] == "true"
