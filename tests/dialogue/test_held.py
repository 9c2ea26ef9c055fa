"""While a counsellor has the case the program is silent, but for danger and what stays theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from bot.messages import Kind, Lane
from bot.storage import DANGER, CancelCase, CaseState, IntakeAnswer, OpenCase, Reason
from tests.dialogue.stage import Stage, a_case, away, without_store


@pytest.fixture
def parts(knowledge: Knowledge, understanding: Understanding) -> TurnParts:
    return without_store(knowledge, understanding)


@pytest.fixture
def held(parts: TurnParts) -> Stage:
    return Stage(parts).has(a_case(CaseState.CLAIMED))


@pytest.mark.parametrize(
    "text",
    ["hello", "thank you", "what is the minimum wage", "xyzzy plugh qwrt", "", "a" * 5000, "human"],
)
async def test_words_are_for_the_counsellor(held: Stage, text: str) -> None:
    assert await held.says(text) == []
    assert held.change is None and held.heard == text


@pytest.mark.parametrize(
    "kind",
    [Kind.PHOTO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER, Kind.LOCATION, Kind.CONTACT, Kind.EDIT],
)
async def test_so_is_everything_else(held: Stage, kind: Kind) -> None:
    assert await held.says("", kind=kind) == []


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.PHOTO, Kind.EDIT])
async def test_danger_comes_first_all_the_same(held: Stage, kind: Kind) -> None:
    said = await held.says("they lock us in the house", kind=kind)
    assert said == ["held/numbers", "held/first"]
    assert "Your counsellor can read this message too." in held.replies[1].text
    assert all(reply.lane is Lane.SAFETY for reply in held.replies)
    # The holder keeps the case: protection is for cases that wait.
    assert held.change == OpenCase(Reason.DANGER, DANGER, "ro", "", "held", protection=False)
    assert "h:held" not in held.actions


async def test_a_quick_reply_is_kept_in_the_persons_own_words(parts: TurnParts) -> None:
    snapshot = parts.knowledge.snapshot
    for locale in ("en", "uk"):
        held = Stage(parts, locale=locale).has(a_case(CaseState.CLAIMED))
        assert await held.presses("r:ask-11:1") == []
        assert held.heard == snapshot.phrase_reply("ask-11", 1, locale)


@pytest.mark.parametrize("action", ["r:gone-1:0", "r:ask-11:99", "r:ask-11:x", "r:ask-11:-1", "r"])
async def test_a_quick_reply_that_does_not_exist_says_so_calmly(held: Stage, action: str) -> None:
    assert await held.presses(action) == ["counsellor_answers"]


async def test_an_answer_to_an_earlier_question_reaches_the_counsellor(held: Stage) -> None:
    assert await held.presses("q:safe:no") == []
    assert held.change == IntakeAnswer("safe", "no") and held.heard == "No"


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("emergency", ["danger_head"]),
        ("language ro", ["language_set"]),
        ("language", ["lang_list"]),
        ("forget", ["delete_done", "delete_limits"]),
    ],
)
async def test_some_commands_still_work(held: Stage, line: str, keys: list[str]) -> None:
    assert await held.commands(line) == keys


async def test_what_is_kept_can_be_read_and_nothing_is_asked(held: Stage) -> None:
    said = await held.commands("privacy")
    assert said and all(key.startswith("common-privacy/") for key in said)
    assert not [action for action in held.actions if action[0] in "vkh"]


@pytest.mark.parametrize("line", ["human", "menu", "start", "help", "stop", "dance"])
async def test_other_commands_say_who_answers_now(held: Stage, line: str) -> None:
    assert await held.commands(line) == ["counsellor_answers"]
    assert held.actions == ["z", "g"]


async def test_other_buttons_say_so_once(held: Stage) -> None:
    assert await held.presses("e:ro-hours") == ["counsellor_answers"]
    assert await held.presses("m:0") == []
    assert await held.presses("d:held") == ["held/numbers", "held/first"]
    assert held.change is None


async def test_to_take_it_back_is_for_the_counsellor_to_read(held: Stage) -> None:
    assert await held.presses("x") == []
    assert held.change == CancelCase() and held.heard == "I no longer need this"
    assert await held.presses("n") == []
    assert held.heard == "This is not about danger" and held.change is None


async def test_coming_and_going_is_known(held: Stage) -> None:
    assert await held.says("", kind=Kind.LEFT) == []
    assert held.person.blocked


# The counsellor is away


@pytest.fixture
def alone(parts: TurnParts) -> Stage:
    return Stage(parts).has(away())


async def test_an_absence_is_said_once_and_the_program_offered(alone: Stage) -> None:
    assert await alone.says("are you there") == ["counsellor_away"]
    assert alone.actions == ["b", "z", "g"]
    assert await alone.says("please") == []
    assert await alone.commands("human") == ["counsellor_away"]


async def test_the_program_answers_until_the_counsellor_is_back(alone: Stage) -> None:
    assert await alone.presses("b") == ["program_answers"]
    assert (await alone.says("what is the minimum wage"))[0].startswith("ro-minimum-wage/")
    assert await alone.says("xyzzy plugh qwrt") == ["handoff_noted"]
    assert await alone.commands("human") == ["counsellor_away"]
    alone.has(a_case(CaseState.CLAIMED))
    assert await alone.says("what is the minimum wage") == []


async def test_another_claim_has_to_be_asked_for_again(alone: Stage) -> None:
    await alone.presses("b")
    alone.has(away(fence=3))
    assert await alone.says("what is the minimum wage") == ["counsellor_away"]


async def test_while_the_counsellor_is_there_the_program_is_not_offered(held: Stage) -> None:
    assert await held.presses("b") == ["counsellor_answers"]
    assert await held.says("what is the minimum wage") == []


async def test_a_claim_just_now_is_no_absence(parts: TurnParts) -> None:
    seen_at = datetime.now(UTC)
    held = Stage(parts).has(a_case(CaseState.CLAIMED, holder_seen_at=seen_at))
    assert await held.says("hello") == []
