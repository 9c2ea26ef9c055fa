"""The terminal as a script sees it: lines in, lines out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.channels.terminal import Terminal
from bot.messages import Choice, Inbound, Kind
from bot.storage import Shown

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def bubble(text: str, *choices: Choice) -> Shown:
    return Shown(1, "bot", text, choices, "en", NOW, "")


class Desk:
    """Answers each message with what the test laid out for it."""

    def __init__(self, *answers: Sequence[Shown]) -> None:
        self.heard: list[Inbound] = []
        self.printed: list[str] = []
        self._answers = list(answers)

    async def say(self, inbound: Inbound) -> Sequence[Shown]:
        self.heard.append(inbound)
        return self._answers.pop(0) if self._answers else ()

    async def run(self, *lines: str, locale: str = "", country: str = "") -> list[str]:
        terminal = Terminal(self.say, self.printed.append)
        await terminal.run([line + "\n" for line in lines], locale, country)
        return self.printed

    @property
    def actions(self) -> list[tuple[Kind, str]]:
        return [(inbound.kind, inbound.action or inbound.text) for inbound in self.heard]


CHOICES = (Choice("Housing", "t:housing"), Choice("Site", url="https://example.org/"))
MENU = [bubble("Choose a topic.\nOr write.", *CHOICES)]


async def test_bubbles_and_choices_are_printed_as_the_contract_says() -> None:
    desk = Desk([bubble("One.\nTwo.\n\nThree."), *MENU])
    assert await desk.run("hi", locale="", country="") == [
        "bot: One.",
        "  Two.",
        "  ",
        "  Three.",
        "bot: Choose a topic.",
        "  Or write.",
        "[1] Housing",
        "[2] Site",
    ]


async def test_flags_are_told_quietly_and_stand_for_their_questions() -> None:
    desk = Desk(MENU, MENU)
    assert await desk.run(locale="ro", country="hu") == []
    assert desk.actions == [(Kind.COMMAND, "language ro"), (Kind.COMMAND, "country hu")]


async def test_without_flags_the_bot_begins() -> None:
    desk = Desk(MENU)
    assert (await desk.run())[0] == "bot: Choose a topic."
    assert desk.actions == [(Kind.COMMAND, "start")]


@pytest.mark.parametrize("line", ["1", " 1 ", "1\r", "١", "१"])
async def test_a_number_presses_that_choice(line: str) -> None:
    desk = Desk(MENU)
    await desk.run(line)
    assert desk.actions[-1] == (Kind.BUTTON, "t:housing")


@pytest.mark.parametrize("line", ["0", "3", "-1", "1.", "1 2", "²", "9" * 5_000, "00000001"])
async def test_any_other_number_is_a_message(line: str) -> None:
    desk = Desk(MENU)
    await desk.run(line)
    assert desk.actions[-1] == (Kind.TEXT, line)


async def test_a_link_is_shown_and_the_choices_stay() -> None:
    desk = Desk(MENU)
    printed = await desk.run("2", "1")
    assert printed[-1] == "bot: https://example.org/"
    assert desk.actions[-1] == (Kind.BUTTON, "t:housing")


async def test_new_choices_take_the_place_of_the_old_ones() -> None:
    desk = Desk(MENU, [bubble("Bye.")])
    await desk.run("hi", "1")
    assert desk.actions[-1] == (Kind.TEXT, "1")


async def test_a_slash_and_a_word_is_a_command() -> None:
    desk = Desk()
    await desk.run("/forget", "/language uk", "/ 5", "//", "/1")
    assert desk.actions[1:] == [
        (Kind.COMMAND, "forget"),
        (Kind.COMMAND, "language uk"),
        (Kind.TEXT, "/ 5"),
        (Kind.TEXT, "//"),
        (Kind.TEXT, "/1"),
    ]


@pytest.mark.fault("X1")
async def test_odd_characters_are_clean_before_the_dialogue_sees_them() -> None:
    desk = Desk()
    await desk.run("a\x00b\ud83dc\x1b[31m")
    assert desk.heard[-1].text == "a\ufffdb\ufffdc\ufffd[31m"


async def test_the_same_line_twice_is_two_messages() -> None:
    desk = Desk()
    await desk.run("help", "help")
    assert len({inbound.event_id for inbound in desk.heard}) == 3
    assert [inbound.order for inbound in desk.heard] == [1, 2, 3]
