"""Asking for a counsellor, the questions meanwhile, and what is true while one waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from bot.messages import Kind, Text
from bot.nlu_client import Entity, Parse
from bot.storage import (
    DANGER,
    NORMAL,
    URGENT,
    CancelCase,
    Case,
    CaseState,
    IntakeAnswer,
    OpenCase,
    Reason,
)
from tests.dialogue.stage import Stage, a_case, in_an_hour, without_store

ASKED = OpenCase(Reason.ASKED, NORMAL, "ro")


@pytest.fixture
def parts(knowledge: Knowledge, understanding: Understanding) -> TurnParts:
    return without_store(knowledge, understanding)


@pytest.fixture
def stage(parts: TurnParts) -> Stage:
    return Stage(parts)


# Asking


@pytest.mark.parametrize("ask", ["human", "press", "words"])
async def test_who_asks_for_a_person_is_handed_over_at_once(stage: Stage, ask: str) -> None:
    if ask == "human":
        said = await stage.commands("human")
    elif ask == "press":
        said = await stage.presses("h")
    else:
        said = await stage.says("i want to talk to a real person please")
    assert stage.change == ASKED
    assert said[0] == "handoff_sent" and said[-1] == "intake_safe"
    assert any(key.startswith("ro-iom-contact/") for key in said)


async def test_without_figures_nothing_is_promised(stage: Stage) -> None:
    await stage.commands("human")
    assert "I do not know how long it takes" in stage.replies[0].text


async def test_what_is_known_about_waiting_is_said_with_it(parts: TurnParts) -> None:
    asked: list[Case] = []

    async def waiting(case: Case) -> Sequence[Text]:
        asked.append(case)
        return await in_an_hour(case)

    stage = Stage(replace(parts, waiting=waiting), country="hu")
    await stage.commands("human")
    assert "Your place in the queue: 4." in stage.replies[0].text
    assert (asked[0].id, asked[0].office, asked[0].country) == (0, "hu", "hu")


async def test_the_country_is_asked_first_and_then_it_goes_on(parts: TurnParts) -> None:
    stage = Stage(parts, country="")
    assert await stage.commands("human") == ["handoff_country"]
    assert stage.change is None
    said = await stage.presses("c:hu")
    assert said[0] == "handoff_sent"
    assert stage.change == replace(ASKED, office="hu")


async def test_a_question_in_between_does_not_lose_the_request(parts: TurnParts) -> None:
    stage = Stage(parts, country="")
    await stage.commands("human")
    said = await stage.says("what is voluntary return")
    assert said[0].startswith("common-return-what/") and stage.change is None
    await stage.presses("c:ro")
    assert isinstance(stage.change, OpenCase)


async def test_a_country_that_is_written_counts_too(
    parts: TurnParts, understanding: Understanding, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def parse(text: str, locale: str) -> Parse:
        return Parse((("out-of-scope", 0.9),), (Entity("country", "ro", 8, 15),), "rasa")

    stage = Stage(parts, country="")
    await stage.commands("human")
    monkeypatch.setattr(understanding, "parse", parse)
    assert (await stage.says("i am in romania"))[0] == "handoff_sent"


async def test_after_no_consent_comes_first_and_then_it_goes_on(parts: TurnParts) -> None:
    stage = Stage(parts, consent="no")
    assert await stage.commands("human") == ["consent_handoff"]
    assert stage.actions == ["k:y", "k:a", "k:n"] and stage.change is None
    said = await stage.presses("k:y")
    assert said[0] == "handoff_sent" and stage.change == ASKED
    assert stage.person.consent == "yes"


async def test_without_a_name_is_a_yes_too(parts: TurnParts) -> None:
    stage = Stage(parts, country="", consent="no")
    await stage.commands("human")
    assert await stage.presses("k:a") == ["handoff_no_name", "handoff_country"]
    assert (await stage.presses("c:ro"))[0] == "handoff_sent"


async def test_a_second_no_is_taken_and_the_office_is_named(parts: TurnParts) -> None:
    stage = Stage(parts, consent="no")
    await stage.commands("human")
    said = await stage.presses("k:n")
    assert said[0] == "consent_thanks_no" and said[1].startswith("ro-iom-contact/")
    assert stage.change is None
    await stage.presses("c:hu")
    assert stage.change is None


async def test_stop_forgets_the_request(parts: TurnParts) -> None:
    stage = Stage(parts, country="")
    await stage.commands("human")
    await stage.commands("stop")
    await stage.presses("c:ro")
    assert stage.change is None


async def test_where_no_counsellor_can_be_reached_none_is_promised(parts: TurnParts) -> None:
    stage = Stage(parts)
    said = await stage.commands("human", channel="terminal")
    assert said[0] == "human_not_here" and stage.change is None
    stage = Stage(replace(parts, office_for=lambda _: None))
    assert (await stage.commands("human"))[0] == "human_not_here"
    await stage.says("they lock us in the house")
    assert stage.change is None


async def test_consent_is_not_asked_again_beside_a_request(stage: Stage) -> None:
    assert "consent_ask" not in await stage.commands("human")
    stage.has(a_case())
    assert "consent_ask" not in await stage.presses("e:ro-hours")


async def test_the_topic_of_the_last_answer_goes_along(stage: Stage) -> None:
    await stage.presses("e:ro-hours")
    await stage.commands("human")
    assert stage.change == replace(ASKED, topic="labour_rights")


# The questions


async def test_one_question_comes_after_another(stage: Stage) -> None:
    await stage.commands("human")
    stage.has(a_case())
    assert await stage.presses("q:safe:yes") == ["intake_topic"]
    assert stage.change == IntakeAnswer("safe", "yes")
    assert await stage.presses("q:topic:health") == ["intake_wants"]
    assert stage.change == IntakeAnswer("topic", "health")
    assert await stage.presses("q:wants:woman") == ["intake_done"]
    assert stage.change == IntakeAnswer("wants", "woman")


async def test_who_is_not_safe_here_is_asked_when_it_is_better(stage: Stage) -> None:
    await stage.commands("human")
    stage.has(a_case(topic="health"))
    assert await stage.presses("q:safe:no") == ["discreet_hints", "intake_hours"]
    assert stage.heard == "No"
    assert await stage.presses("q:best_hours:evening") == ["intake_wants"]
    assert stage.change == IntakeAnswer("best_hours", "evening")


async def test_every_question_can_be_skipped(stage: Stage) -> None:
    await stage.commands("human")
    stage.has(a_case())
    for question in ("safe", "topic"):
        assert f"q:{question}:" in stage.actions
        await stage.presses(f"q:{question}:")
        assert stage.change is None
    assert await stage.presses("q:wants:") == ["intake_done"]


async def test_topics_have_pages(stage: Stage) -> None:
    await stage.commands("human")
    stage.has(a_case(safe="yes"))
    await stage.presses("q:safe:yes")
    first = stage.actions
    assert "q:topics:1" in first
    assert await stage.presses("q:topics:1") == ["intake_topic"]
    assert not set(first[:8]) & set(stage.actions[:8])


async def test_a_question_of_ones_own_is_answered_in_between(stage: Stage) -> None:
    await stage.commands("human")
    stage.has(a_case())
    assert (await stage.says("what is the minimum wage"))[0].startswith("ro-minimum-wage/")
    said = await stage.presses("q:safe:unsure")
    assert said == ["discreet_hints", "intake_wants"]  # now the topic is known


@pytest.mark.parametrize("value", ["safe:perhaps", "topic:gone", "name:x", "", "topics:x"])
async def test_an_odd_answer_changes_nothing(stage: Stage, value: str) -> None:
    stage.has(a_case())
    assert await stage.presses(f"q:{value}")
    assert stage.change is None


async def test_an_answer_without_a_case_is_an_old_button(stage: Stage) -> None:
    assert await stage.presses("q:safe:yes") == ["err_link_old"]
    assert stage.change is None


# Waiting


async def test_after_taking_it_back_a_word_does_not_open_it_again(stage: Stage) -> None:
    closed_at = datetime.now(UTC)
    stage.has(a_case(CaseState.CLOSED, closed_at=closed_at, outcome="cancelled"))
    assert await stage.says("xyzzy plugh qwrt") == ["fallback_1"]
    assert (await stage.presses("h"))[0] == "handoff_sent"


async def test_asking_again_shows_where_it_is_and_goes_on_with_the_questions(stage: Stage) -> None:
    stage.has(a_case(topic="health", safe="yes"))
    assert await stage.commands("human") == ["handoff_waiting", "intake_wants"]
    assert "RO-0007" in stage.replies[0].text and "x" in stage.actions
    assert stage.change is None


async def test_what_is_no_longer_needed_is_taken_back(stage: Stage) -> None:
    stage.has(a_case())
    assert await stage.presses("x") == ["handoff_cancelled"]
    assert stage.change == CancelCase()
    assert await stage.has(None).presses("x") == ["handoff_none"]
    assert "h" in stage.actions


async def test_no_to_keeping_takes_the_request_back(stage: Stage) -> None:
    stage.has(a_case())
    assert await stage.presses("k:n") == ["consent_thanks_no", "handoff_cancelled"]
    assert stage.change == CancelCase()


async def test_while_waiting_the_bot_answers_on_and_keeps_what_it_cannot(stage: Stage) -> None:
    stage.has(a_case())
    assert (await stage.presses("e:ro-hours"))[0].startswith("ro-hours/")
    assert await stage.says("xyzzy plugh qwrt") == ["handoff_noted"]
    assert await stage.says("blorp fnord zzz") == ["handoff_noted"]


async def test_a_quick_reply_after_the_counsellor_left_is_kept(stage: Stage) -> None:
    stage.has(a_case(fence=2))
    assert await stage.presses("r:ask-11:0") == ["reply_noted"]
    assert stage.heard


# After the end


@pytest.fixture
def closed(stage: Stage) -> Stage:
    closed_at = datetime.now(UTC) - timedelta(hours=2)
    case = a_case(
        CaseState.CLOSED, closed_at=closed_at, office="hu", topic="health", outcome="answered"
    )
    return stage.has(case)


async def test_what_is_written_after_the_end_opens_the_case_again(closed: Stage) -> None:
    assert await closed.says("xyzzy plugh qwrt") == ["case_reopened"]
    assert closed.change == OpenCase(Reason.ASKED, NORMAL, "hu", "health")


async def test_so_does_a_late_quick_reply(closed: Stage) -> None:
    assert await closed.presses("r:ask-11:0") == ["case_reopened"]
    assert closed.heard and isinstance(closed.change, OpenCase)


@pytest.mark.parametrize(
    ("text", "key"), [("thank you", "thanks_reply"), ("goodbye", "goodbye_reply")]
)
async def test_thanks_leave_it_closed(closed: Stage, text: str, key: str) -> None:
    assert await closed.says(text) == [key]
    assert closed.change is None


async def test_an_answer_has_the_way_back_beside_it(closed: Stage) -> None:
    said = await closed.says("what is the minimum wage")
    assert said[0].startswith("ro-minimum-wage/") and closed.change is None
    labels = [choice.label for reply in closed.replies for choice in reply.choices]
    assert "To the counsellor again" in labels
    assert await closed.presses("h") == ["case_reopened"]
    assert closed.change == OpenCase(Reason.ASKED, NORMAL, "hu", "labour_rights")


async def test_whoever_wants_nothing_kept_is_not_taken_back_by_a_word(closed: Stage) -> None:
    closed.person = replace(closed.person, consent="no")
    assert await closed.says("xyzzy plugh qwrt") == ["fallback_1"]
    assert await closed.presses("h") == ["consent_handoff"]


async def test_a_picture_after_the_end_is_answered(closed: Stage) -> None:
    assert await closed.says("", kind=Kind.PHOTO) == ["err_file_type"]
    assert "h" in closed.actions


# Danger

HELD = "they lock us in the house"
WAGE = "my boss took my passport, what is the minimum wage"


async def test_danger_tells_a_counsellor_after_the_numbers(stage: Stage) -> None:
    said = await stage.says(HELD)
    assert said == ["held/numbers", "held/first"]
    assert "A counsellor is told." in stage.replies[-1].text
    assert stage.change == OpenCase(Reason.DANGER, DANGER, "ro", "", "held", protection=True)


@pytest.mark.parametrize(
    ("text", "card", "priority", "is_protected"),
    [
        ("i want to die", "suicide", DANGER, False),
        ("my friend cannot breathe", "medical", URGENT, False),
        ("i am 15 and alone at the station", "child", DANGER, True),
        ("i was raped", "sexual-violence", DANGER, True),
        ("my husband hits me", "domestic-violence", DANGER, True),
        ("they will deport me tomorrow", "detention", DANGER, False),
    ],
)
async def test_some_dangers_are_for_the_protection_role(
    stage: Stage, text: str, card: str, priority: int, is_protected: bool
) -> None:
    await stage.says(text)
    if stage.change is None:  # for some nobody is told before the person says so
        await stage.presses(f"w:{card}")
    assert stage.change == OpenCase(Reason.DANGER, priority, "ro", "", card, is_protected)


async def test_danger_does_not_wait_for_a_country(parts: TurnParts) -> None:
    stage = Stage(parts, country="")
    await stage.says(HELD)
    assert isinstance(stage.change, OpenCase) and stage.change.office


async def test_danger_is_told_to_whichever_office_there_is(parts: TurnParts) -> None:
    only_there = replace(parts, office_for=lambda country: "ro" if country == "ro" else None)
    for country in ("", "hu"):
        stage = Stage(only_there, country=country)
        await stage.says(HELD)
        assert isinstance(stage.change, OpenCase) and stage.change.office == "ro"


async def test_what_danger_opened_can_be_taken_back(stage: Stage) -> None:
    await stage.says(HELD)
    assert "x:d" in stage.actions
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="held"))
    assert await stage.presses("x:d") == ["danger_case_cancelled"]
    assert stage.change == CancelCase()


async def test_no_danger_takes_it_back_and_answers(stage: Stage) -> None:
    await stage.says(WAGE)
    assert stage.change is None and stage.last is not None and stage.last.alarm is not None
    # Nothing was pressed, and three minutes later there is a case.
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="held"))
    said = await stage.presses("n")
    assert said[0] == "danger_case_cancelled" and said[1].startswith("ro-minimum-wage/")
    assert stage.change == CancelCase()


async def test_no_danger_leaves_what_was_asked_for(stage: Stage) -> None:
    stage.has(a_case())
    await stage.says(HELD)
    assert "marked as urgent" in stage.replies[-1].text
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="held"))
    await stage.presses("n")
    assert stage.change is None
    await stage.has(None).says(WAGE)
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="held"))
    await stage.presses("h:held")  # now somebody wants it
    await stage.presses("n")
    assert stage.change is None


async def test_a_repeat_says_nothing_more(stage: Stage) -> None:
    await stage.says(HELD)
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="held"))
    assert await stage.says(HELD) == ["held/numbers"]
    assert await stage.says("yes alone qwrt") == ["held/numbers"]
    assert stage.change is None  # a reminder is no new danger


async def test_whoever_wants_nothing_kept_is_told_that_nobody_knows(parts: TurnParts) -> None:
    stage = Stage(parts, consent="no")
    said = await stage.says(HELD)
    assert said == ["held/numbers", "held/first"]
    assert "Nobody was told about this" in stage.replies[-1].text
    assert stage.change is None and "h:held" in stage.actions
    assert stage.last is not None and stage.last.alarm is None
    assert await stage.presses("h:held") == ["consent_handoff"]
    assert stage.actions == ["k:y:held", "k:a:held", "k:n"]
    assert "held" not in stage.person.session
    said = await stage.presses("k:y:held")
    assert said == ["handoff_sent", "intake_safe"]
    assert stage.change == OpenCase(Reason.DANGER, DANGER, "ro", "", "held", protection=True)


async def test_a_card_that_is_looked_up_calls_nobody_but_offers_it(stage: Stage) -> None:
    assert await stage.presses("d:held") == ["held/numbers", "held/first"]
    assert stage.change is None and stage.last is not None and stage.last.alarm is None
    assert "w:held" in stage.actions
    await stage.presses("h:held")
    assert isinstance(stage.change, OpenCase) and stage.change.danger == "held"
