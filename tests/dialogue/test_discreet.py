"""Discreet mode and safe hours in the talk: what is said, and what is given away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dialogue import discreet
from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Understanding
from bot.handoff.desk import Desk
from bot.knowledge import Knowledge
from bot.messages import Lane
from bot.news import News
from bot.storage import CaseState, IntakeAnswer, PhoneChange, Role, Store
from tests.dialogue.stage import Stage, a_case, without_store
from tests.dialogue.talk import Talk, keys
from tests.handoff.cast import deliver_all, hire

NEUTRAL = "You have a new message."


@pytest.fixture
def stage(knowledge: Knowledge, understanding: Understanding) -> Stage:
    return Stage(without_store(knowledge, understanding))


def phone(stage: Stage) -> PhoneChange | None:
    return stage.last.phone if stage.last else None


def writes_the_word(stage: Stage, lines: int = 0) -> Stage:
    stage.person = replace(stage.person, is_discreet=True, said_word=True, held_lines=lines)
    return stage


# Agreeing on a word


async def test_a_word_is_chosen_and_not_written_down(stage: Stage) -> None:
    assert await stage.commands("discreet") == ["discreet_ask"]
    assert await stage.says(" Weather ") == ["discreet_on"]
    assert phone(stage) == PhoneChange(word="Weather", neutral=NEUTRAL)
    assert stage.heard == discreet.UNREAD
    assert stage.actions == ["P:h"]


@pytest.mark.parametrize("word", ["ab", "x" * 41, "two\nlines"])
async def test_a_word_that_does_not_do_is_asked_for_again(stage: Stage, word: str) -> None:
    await stage.commands("discreet")
    assert await stage.says(word) == ["discreet_bad_word"]
    assert await stage.says("weather") == ["discreet_on"]


async def test_whoever_does_something_else_is_not_held_to_it(stage: Stage) -> None:
    await stage.commands("discreet")
    await stage.commands("menu")
    assert "discreet_on" not in await stage.says("weather")
    assert phone(stage) is None


async def test_danger_is_no_word(stage: Stage) -> None:
    await stage.commands("discreet")
    said = await stage.says("they lock us in the house")
    assert said[:2] == ["held/numbers", "held/first"]
    assert phone(stage) is None


# Nothing gives away that the mode is on


@pytest.mark.parametrize("line", ["discreet", "discreet off", "help", "hours"])
async def test_commands_sound_the_same_in_both_modes(stage: Stage, line: str) -> None:
    off = await stage.commands(line)
    stage.person = replace(stage.person, is_discreet=True)
    assert await stage.commands(line) == off


@pytest.mark.parametrize("text", ["sunshine", "open", "hello", "what is the minimum wage"])
async def test_a_wrong_word_is_a_message_like_any_other(stage: Stage, text: str) -> None:
    plain = Stage(stage.parts)
    expected = await plain.says(text)
    stage.person = replace(stage.person, is_discreet=True)
    for _ in range(5):
        said = await Stage(stage.parts, is_discreet=True).says(text)
        assert said == expected


async def test_another_word_does_not_replace_it(stage: Stage) -> None:
    stage.person = replace(stage.person, is_discreet=True)
    await stage.commands("discreet")
    assert "discreet_on" not in await stage.says("sunshine")
    assert phone(stage) == PhoneChange(neutral=NEUTRAL)


# Opening and ending


async def test_the_word_opens_and_says_nothing_of_its_own(stage: Stage) -> None:
    assert await writes_the_word(stage, lines=2).says("weather") == []
    change = phone(stage)
    assert change is not None and change.opens and change.word is None
    assert stage.heard == discreet.UNREAD


async def test_when_nothing_waits_that_is_said(stage: Stage) -> None:
    assert await writes_the_word(stage).says("weather") == ["discreet_nothing_new"]


async def test_it_ends_with_the_word(stage: Stage) -> None:
    assert await stage.commands("discreet off") == ["discreet_ask_to_end"]
    assert await writes_the_word(stage).says("weather") == ["discreet_off"]
    change = phone(stage)
    assert change is not None and (change.word, change.opens) == ("", True)


async def test_it_opens_while_a_counsellor_answers(stage: Stage) -> None:
    held = writes_the_word(stage, lines=1).has(a_case(CaseState.CLAIMED))
    assert await held.says("weather") == []
    assert phone(stage) is not None and stage.heard == discreet.UNREAD


@pytest.mark.parametrize("line", ["discreet", "hours", "hide"])
async def test_the_commands_work_while_a_counsellor_answers(stage: Stage, line: str) -> None:
    said = await stage.has(a_case(CaseState.CLAIMED)).commands(line)
    assert "counsellor_answers" not in said


async def test_the_sentence_follows_the_language(stage: Stage) -> None:
    stage.person = replace(stage.person, is_discreet=True)
    await stage.commands("language uk")
    assert phone(stage) is not None


# Where it is offered


@pytest.mark.parametrize(("answer", "is_offered"), [("no", True), ("unsure", True), ("yes", False)])
async def test_who_is_not_safe_to_write_is_told_what_helps(
    stage: Stage, answer: str, is_offered: bool
) -> None:
    said = await stage.has(a_case()).presses(f"q:safe:{answer}")
    assert stage.change == IntakeAnswer("safe", answer)
    assert (said[0] == "discreet_hints") == is_offered
    if is_offered:
        assert stage.actions[:3] == ["P:d", "P:h", "f:phone-safety"]
        assert len(stage.replies[0].text.splitlines()) == 3


async def test_beside_a_danger_card_it_comes_after_help(stage: Stage) -> None:
    await stage.says("my husband hits me")
    assert await stage.presses("u:domestic-violence") == ["danger_not_safe_reply", "discreet_hints"]
    assert [reply.lane for reply in stage.replies] == [Lane.SAFETY, Lane.BOT]


async def test_the_buttons_do_what_the_commands_do(stage: Stage) -> None:
    assert await stage.presses("P:d") == ["discreet_ask"]
    assert await stage.presses("P:h") == []
    assert stage.last is not None and stage.last.hides
    assert await stage.presses("P:nonsense") == ["err_link_old"]


# Safe hours


async def test_hours_are_chosen(stage: Stage) -> None:
    assert await stage.commands("hours") == ["hours_safe_ask"]
    assert len(stage.actions) == 5
    assert await stage.presses("P:t:evening") == ["hours_safe_set"]
    assert phone(stage) == PhoneChange(hours="evening")
    assert await stage.presses("P:t:") == ["hours_safe_any"]
    assert phone(stage) == PhoneChange(hours="")


async def test_what_was_said_while_waiting_counts(stage: Stage) -> None:
    await stage.has(a_case()).presses("q:best_hours:morning")
    assert phone(stage) == PhoneChange(hours="morning")
    await stage.presses("q:best_hours:")
    assert phone(stage) is None


# Through the front door


async def test_all_we_start_is_the_one_sentence(
    store: Store, amina: Talk, knowledge: Knowledge, parts: TurnParts
) -> None:
    petra = await hire(store, "petra", Role.COUNSELLOR)
    desk = Desk(store, knowledge, News())
    await amina.commands("language en")
    await amina.commands("country ro")
    await amina.presses("k:y")
    await amina.commands("human")
    await amina.commands("discreet")
    assert keys(await amina.says("Weather")) == ["discreet_on"]
    await deliver_all(store)
    [waiting] = await desk.queue(petra)
    case = await desk.claim(petra, waiting.number)
    for number in range(3):
        seen = (await desk.open(petra, case.number)).lines[-1].seq
        await desk.reply(
            petra, case.number, case.fence, text="secret", seen_up_to=seen, key=f"k{number}"
        )
    await desk.release(petra, case.number, case.fence)
    assert await deliver_all(store) == [NEUTRAL]
    await amina.says("something else")
    assert "secret" not in await deliver_all(store)
    await amina.says("weather")
    said = await deliver_all(store)
    assert said.count("secret") == 3 and NEUTRAL not in said
    lines = await store.transcript(amina.person_hash)
    assert not [line for line in lines if "weather" in line.text.lower() and line.author != "bot"]
