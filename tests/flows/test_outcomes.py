"""What becomes of an outcome: cards, cases, summaries, what is written down."""

from __future__ import annotations

import datetime

import pytest

from bot.dialogue.understanding import Understanding
from bot.i18n import read_date, western_digits
from bot.knowledge import Knowledge
from bot.storage import DANGER, CaseState, OpenCase, Reason
from tests.dialogue.stage import Stage, a_case, without_store

EXPLOITED, AVRR, JOB = "am-i-exploited", "avrr-eligibility", "job-offer-check"


@pytest.fixture
def stage(knowledge: Knowledge, understanding: Understanding) -> Stage:
    return Stage(without_store(knowledge, understanding), consent="yes")


async def answers(stage: Stage, flow: str, *steps: str) -> list[str]:
    said = await stage.presses(f"f:{flow}:0")
    for step in steps:
        said = await stage.presses(f"a:{flow}:{step}")
    return said


async def test_the_card_comes_before_the_outcome_and_a_case_is_opened(stage: Stage) -> None:
    said = await answers(stage, EXPLOITED, "screen:no", "danger:yes")
    assert said[:2] == ["violence/numbers", "violence/first"]
    assert said[-2:] == [f"{EXPLOITED}/say/danger/1", f"{EXPLOITED}/closing/danger"]
    change = stage.change
    assert isinstance(change, OpenCase)
    assert (change.reason, change.priority, change.danger) == (Reason.DANGER, DANGER, "violence")
    assert change.protection


async def test_of_a_private_flow_no_answer_is_written_down(stage: Stage) -> None:
    await answers(stage, EXPLOITED, "screen:no")
    assert stage.heard == "an answer"
    await stage.presses(f"a:{EXPLOITED}:danger:no")
    assert stage.heard == "an answer"
    await answers(stage, JOB, "threat:no")
    assert stage.heard == "No"


async def test_whoever_wants_nothing_kept_gets_the_card_and_no_case(stage: Stage) -> None:
    stage.person = Stage(stage.parts, consent="no").person
    said = await answers(stage, EXPLOITED, "screen:no", "danger:yes")
    assert said[:2] == ["violence/numbers", "violence/first"]
    assert stage.change is None


AVRR_LIKELY = (
    *("idea:mine", "minor:no", "status:refused", "target:home"),
    *("court:no", "before:no"),
)


async def avrr(stage: Stage) -> str:
    """To the end; the action of the counsellor's button."""
    await answers(stage, AVRR)
    flow = stage.parts.knowledge.snapshot.flows[AVRR]
    wanted = dict(step.split(":") for step in AVRR_LIKELY)
    for _ in flow.questions:
        asked = stage.replies[-1].origin.block.removeprefix("ask/")
        question = flow.question(asked)
        if question is None:
            break
        option = wanted.get(asked, question.options[0].id)
        await stage.presses(f"a:{AVRR}:{asked}:{option}")
    return next(action for action in stage.actions if action.startswith("S:?:"))


async def test_a_summary_is_asked_for_and_goes_along_as_one_line(stage: Stage) -> None:
    ask = await avrr(stage)
    assert await stage.presses(ask) == ["flow_summary_ask"]
    outcome = ask.rpartition(":")[2]
    said = await stage.presses(ask.replace("?", "y"))
    assert said[:2] == ["handoff_sent", f"{AVRR}/handed/{outcome}"]
    change = stage.change
    assert isinstance(change, OpenCase)
    assert change.topic == "voluntary_return_eligibility"
    line = stage.replies[1].text
    assert AVRR in line
    assert outcome in line
    assert "refused" not in line


async def test_without_the_summary_nothing_is_told(stage: Stage) -> None:
    ask = await avrr(stage)
    said = await stage.presses(ask.replace("?", "n"))
    assert "handoff_sent" in said
    assert not any("/handed/" in key for key in said)
    assert isinstance(stage.change, OpenCase)


async def test_no_tells_nobody(stage: Stage) -> None:
    ask = await avrr(stage)
    assert await stage.presses(ask.replace("?", "-")) == ["flow_summary_not_sent"]
    assert stage.change is None


async def test_a_summary_waits_for_the_consent_question(stage: Stage) -> None:
    stage.person = Stage(stage.parts, consent="no").person
    ask = await avrr(stage)
    assert await stage.presses(ask.replace("?", "y")) == ["consent_handoff"]
    said = await stage.presses("k:y")
    assert said[0] == "handoff_sent"
    assert any("/handed/" in key for key in said)
    assert isinstance(stage.change, OpenCase)
    assert stage.change.topic == "voluntary_return_eligibility"
    stage.person = Stage(stage.parts, consent="no").person
    await stage.presses(ask.replace("?", "y"))
    await stage.presses("k:n")
    assert "flow_summary" not in stage.person.session


async def test_a_case_that_waits_gets_the_line_as_well(stage: Stage) -> None:
    ask = await avrr(stage)
    stage.has(a_case(CaseState.WAITING))
    said = await stage.presses(ask.replace("?", "y"))
    assert "handoff_waiting" in said
    assert any("/handed/" in key for key in said)


async def test_an_outcome_leaves_no_answer_in_the_session(stage: Stage) -> None:
    await avrr(stage)
    assert '"flow"' not in stage.person.session
    assert "refused" not in stage.person.session


async def test_reasons_are_lines_and_notices_follow(stage: Stage) -> None:
    await avrr(stage)
    texts = [reply.text for reply in stage.replies]
    because = next(text for text in texts if "These of your answers led to this:" in text)
    assert "\n– " in because
    closing = texts[-1]
    assert "This answer is not yet confirmed by the office." in closing
    assert "This is general information, not legal advice." in closing


@pytest.mark.parametrize("payload", [f"en_{JOB}", JOB, f"uk_{JOB}"])
async def test_a_link_opens_a_flow(stage: Stage, payload: str) -> None:
    said = await stage.commands(f"start {payload}")
    assert said[-2:] == [f"{JOB}/intro", f"{JOB}/ask/threat"]
    assert stage.person.locale == ("uk" if payload.startswith("uk") else "en")


async def test_menus_and_topics_lead_to_flows(stage: Stage) -> None:
    await stage.presses("m:0")
    assert f"f:{JOB}" in stage.actions
    await stage.presses("t:voluntary_return_eligibility")
    assert f"f:{AVRR}" in stage.actions


@pytest.mark.parametrize(
    "action", ["f:nothing", "a:nothing:x:y", "S:y:nothing:x", "f:", "a:", "S:"]
)
async def test_buttons_of_flows_that_are_no_more_are_answered(stage: Stage, action: str) -> None:
    assert await stage.presses(action) == ["err_link_old"]


@pytest.mark.parametrize(
    ("text", "locale", "wanted"),
    [
        ("12.03.2026", "en", "2026-03-12"),
        ("2026-03-12", "uk", "2026-03-12"),
        ("12/3/26", "ro", "2026-03-12"),
        ("12 march", "en", "2027-03-12"),
        ("on 12 March 2026", "uk", "2026-03-12"),
        ("12 березня 2026", "uk", "2026-03-12"),
        ("١٢ مارس ٢٠٢٦", "ar", "2026-03-12"),
        ("12 martie", "ro", "2027-03-12"),
        ("2026. március 12.", "hu", "2026-03-12"),
        ("31.02.2026", "en", None),
        ("tomorrow", "en", None),
        ("13", "en", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, locale: str, wanted: str | None) -> None:
    found = read_date(text, locale, datetime.date(2026, 11, 22))
    assert (found.isoformat() if found else None) == wanted


def test_digits_of_every_script() -> None:
    assert western_digits("٣ २ ۷ 4") == "3 2 7 4"


async def test_an_options_own_words_are_as_good_as_its_button(stage: Stage) -> None:
    """Doubt of a danger is not enough against them; a cue is (see the interruptions)."""
    await answers(stage, AVRR)
    await stage.says("i don't want to return")
    assert stage.replies[-1].origin.block == "closing/no-wish"
    await answers(stage, AVRR)
    said = await stage.says("they will kill me, i don't want to return")
    assert said[0] == "violence/numbers"
