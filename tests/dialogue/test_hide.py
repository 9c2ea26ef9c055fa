"""`/hide` in the talk: nothing is said before it is done, and where it is mentioned."""

from __future__ import annotations

import pytest

from bot.dialogue import hide
from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from tests.dialogue.stage import Stage, a_case, without_store


@pytest.fixture
def stage(knowledge: Knowledge, understanding: Understanding) -> Stage:
    return Stage(without_store(knowledge, understanding))


async def test_nothing_is_said_before_it_is_done(stage: Stage) -> None:
    assert await stage.commands("hide") == []
    assert stage.last is not None and stage.last.hides and not stage.last.erase


async def test_a_case_stays(stage: Stage) -> None:
    await stage.has(a_case()).commands("hide")
    assert stage.change is None


async def test_in_a_terminal_nothing_can_be_deleted(stage: Stage) -> None:
    assert await Stage(stage.parts, channel="terminal").commands("hide") == ["hide_nothing"]


@pytest.mark.fault("U9")
async def test_help_says_that_telegram_tells_us_nothing_and_what_to_do(stage: Stage) -> None:
    assert (await stage.commands("help"))[0] == "hide_help"
    said = stage.replies[0].text
    assert "Telegram does not tell us" in said
    assert "/hide" in said and "/forget" in said


async def test_it_is_mentioned_where_privacy_is(stage: Stage) -> None:
    assert "hide_line" in await stage.commands("privacy")
    assert "P:h" in stage.actions


async def test_it_stands_below_a_danger_card(stage: Stage) -> None:
    await stage.says("my husband hits me")
    assert hide.LINE.english in stage.replies[1].text


@pytest.mark.parametrize("text", [hide.DONE, hide.IN_PART, hide.NOTHING])
def test_what_is_said_in_the_end_is_neutral(text: object) -> None:
    said = getattr(text, "english", "").lower()
    for word in ("counsellor", "danger", "help", "migra", "case", "punte"):
        assert word not in said
