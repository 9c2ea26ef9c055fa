"""Every flow, interrupted at every step: a question, danger, another language, silence."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.dialogue import session
from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from bot.messages import Lane
from bot.storage import Case, CaseState, Store, open_store
from tests.dialogue.stage import Stage, a_case, without_store
from tests.dialogue.talk import Talk, keys
from tests.flows.test_lint import FLOWS
from tests.flows.walk import Choose, Walk, first, longest

QUESTION = "ro-minimum-wage"
DANGER = "he will kill me"

every_flow = pytest.mark.parametrize("flow_id", [path.stem for path in FLOWS])
both_ways = pytest.mark.parametrize("choose", [first, longest], ids=["first", "longest"])


@pytest.fixture
def stage(knowledge: Knowledge, understanding: Understanding) -> Stage:
    return Stage(without_store(knowledge, understanding), consent="yes")


async def steps(stage: Stage, flow_id: str, choose: Choose) -> AsyncIterator[Walk]:
    """The walk at each of its questions; whatever is done there is undone afterwards."""
    walk = Walk(stage, stage.parts.knowledge.snapshot.flows[flow_id], choose)
    await walk.begins()
    while walk.state is not None:
        here = stage.person
        yield walk
        stage.person = here
        await walk.goes_on()


@every_flow
@both_ways
async def test_a_question_is_answered_and_the_open_one_asked_again(
    stage: Stage, flow_id: str, choose: Choose
) -> None:
    snapshot = stage.parts.knowledge.snapshot
    text = snapshot.question(QUESTION, "en")
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        said = await stage.says(text)
        assert f"{QUESTION}/closing" in said
        assert walk.asks() == state.question
        assert walk.state and walk.state.answers == state.answers
        await walk.ends()


@every_flow
@both_ways
async def test_danger_comes_first_and_the_flow_waits(
    stage: Stage, flow_id: str, choose: Choose
) -> None:
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        await stage.says(DANGER)
        assert all(reply.lane is Lane.SAFETY for reply in stage.replies)
        assert stage.replies[0].origin.entry == "violence"
        assert walk.last.choices[-1].action == f"a:{flow_id}:>"
        assert walk.state and walk.state.answers == state.answers
        await stage.presses(f"a:{flow_id}:>")
        assert walk.asks() == state.question
        await walk.ends()


@every_flow
@both_ways
async def test_another_language_goes_on_in_it(stage: Stage, flow_id: str, choose: Choose) -> None:
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        await stage.presses("l:uk")
        assert walk.asks() == state.question
        assert stage.person.locale == "uk"
        assert walk.state and walk.state.answers == state.answers
        await walk.ends()


@every_flow
@both_ways
async def test_stop_ends_it_and_nothing_is_left(stage: Stage, flow_id: str, choose: Choose) -> None:
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        assert await stage.commands("stop") == ["flow_stopped"]
        assert walk.state is None
        for value in (option for _, option in state.answers):
            assert f'"{value}"' not in stage.person.session
        assert await stage.presses(f"a:{flow_id}:{state.question}:yes") == ["flow_timeout"]
        assert f"f:{flow_id}:0" in stage.actions


@every_flow
@both_ways
async def test_a_weeks_silence_ends_it(stage: Stage, flow_id: str, choose: Choose) -> None:
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        walk.sleeps(timedelta(days=7))
        assert await stage.presses(f"a:{flow_id}:{state.question}:yes") == ["flow_timeout"]
        assert walk.state is None
        await stage.presses(f"f:{flow_id}:0")
        assert walk.state and walk.state.answers == ()


@every_flow
@both_ways
async def test_the_next_morning_it_asks_whether_to_go_on(
    stage: Stage, flow_id: str, choose: Choose
) -> None:
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        walk.sleeps(timedelta(hours=20))
        asleep = stage.person
        assert await stage.says("zzxq wqkj") == ["flow_resume"]
        await stage.says("yes")
        assert walk.asks() == state.question
        stage.person = asleep
        await stage.says("zzxq wqkj")
        assert await stage.says("no") == ["flow_stopped"]
        stage.person = asleep
        await walk.ends()  # its buttons still work


@every_flow
@both_ways
async def test_back_asks_the_question_before(stage: Stage, flow_id: str, choose: Choose) -> None:
    before = ""
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        await stage.commands("back")
        assert walk.asks() == (before or state.question)
        await walk.ends()
        before = state.question


@every_flow
@both_ways
async def test_an_old_button_changes_that_answer(
    stage: Stage, flow_id: str, choose: Choose
) -> None:
    async for walk in steps(stage, flow_id, choose):
        state = walk.state
        assert state is not None
        if not state.answers:
            continue
        question_id, value = state.answers[-1]
        question = walk.flow.question(question_id)
        assert question is not None
        other = next((o.id for o in question.options if o.id != value), None)
        if other is None:
            continue
        said = await stage.presses(f"a:{flow_id}:{question_id}:{other}")
        assert said[0] == "flow_answer_changed"
        if walk.state is not None:
            assert dict(walk.state.answers)[question_id] == other
            await walk.ends()


@every_flow
@both_ways
@pytest.mark.parametrize("country", ["hu", "ro"])
async def test_another_country_goes_on_or_ends_kindly(
    stage: Stage, flow_id: str, choose: Choose, country: str
) -> None:
    async for walk in steps(stage, flow_id, choose):
        said = await stage.commands(f"country {country}")
        assert said[0] == "country_set"
        if walk.state is not None:
            walk.asks()
            await walk.ends()


@every_flow
async def test_menus_and_other_buttons_offer_to_go_on(stage: Stage, flow_id: str) -> None:
    async for walk in steps(stage, flow_id, longest):
        state = walk.state
        assert state is not None
        here = stage.person
        for action in ("m:0", f"e:{QUESTION}", "t:housing", "L"):
            stage.person = here
            said = await stage.presses(action)
            assert said[-1] == "flow_resume", action
            await stage.presses(f"a:{flow_id}:>")
            assert walk.asks() == state.question


@every_flow
async def test_a_flow_whose_file_is_gone_ends_kindly(stage: Stage, flow_id: str) -> None:
    async for walk in steps(stage, flow_id, longest):
        state = walk.state
        assert state is not None
        real = stage.parts
        snapshot = real.knowledge.snapshot
        flow = snapshot.flows[flow_id]
        # The question that is open is in the file no more.
        rest = tuple(q for q in flow.questions if q.id != state.question)
        changed = dataclasses.replace(flow, questions=rest)
        other = dataclasses.replace(snapshot, flows={**snapshot.flows, flow_id: changed})
        stage.parts = dataclasses.replace(real, knowledge=_Fixed(other))  # type: ignore[arg-type]
        assert await stage.presses(f"a:{flow_id}:{state.question}:yes") == [
            "flow_questions_changed"
        ]
        assert walk.state is None
        stage.parts = real


class _Fixed:
    def __init__(self, snapshot: object) -> None:
        self.snapshot = snapshot


@every_flow
async def test_a_counsellor_can_be_asked_for_at_every_question(stage: Stage, flow_id: str) -> None:
    async for walk in steps(stage, flow_id, longest):
        assert "h" in [choice.action for choice in walk.last.choices]
        stage.has(None)
        assert "handoff_sent" in await stage.presses("h")
        assert walk.state is not None
        assert f"a:{flow_id}:>" in stage.actions


@every_flow
async def test_labels_of_options_are_heard(stage: Stage, flow_id: str) -> None:
    async for walk in steps(stage, flow_id, longest):
        state = walk.state
        assert state is not None
        question = walk.flow.question(state.question)
        assert question is not None
        if not question.options:
            continue
        label = walk.last.choices[0].label
        here = stage.person
        await stage.says(label)
        if stage.replies[0].lane is Lane.SAFETY:
            stage.person = here
            continue  # "Asylum refused, it is final" may be danger, and that comes first
        by_label = session.decode(stage.person.session).flow
        stage.person = here
        await stage.says("1")
        by_number = session.decode(stage.person.session).flow
        stage.person = here
        assert (by_label and by_label.answers) == (by_number and by_number.answers)


@every_flow
async def test_a_flow_outlives_the_process(
    flow_id: str,
    database_url: str,
    tmp_path: Path,
    knowledge: Knowledge,
    understanding: Understanding,
) -> None:
    async def opened() -> Store:
        return await open_store(database_url, tmp_path / "punte.sqlite3", tmp_path / "keys")

    store = await opened()
    talk = Talk(store, TurnParts(store, knowledge, understanding))
    await talk.presses("k:y")
    await talk.commands("country ro")
    await talk.presses(f"f:{flow_id}")
    count = 0
    while True:
        [action] = [c.action for c in talk.last[-1].choices[:1]]
        if not action.startswith("a:"):
            break
        await store.close()
        store = await opened()
        talk = Talk(store, TurnParts(store, knowledge, understanding))
        await talk.presses(action)
        count += 1
        assert count < 40
    await store.close()
    assert any(key.startswith(f"{flow_id}/closing/") for key in keys(talk.last))


async def test_a_held_case_keeps_the_flow_for_later(stage: Stage, petras: Case) -> None:
    walk = Walk(stage, stage.parts.knowledge.snapshot.flows["job-offer-check"], longest)
    await walk.begins()
    state = walk.state
    stage.has(petras)
    assert await stage.says("yes") == []
    assert "flow_resume" not in await stage.presses("a:job-offer-check:threat:no")
    assert walk.state and state and walk.state.answers == state.answers
    stage.has(None)
    await walk.ends()


@pytest.fixture
def petras() -> Case:

    return a_case(CaseState.CLAIMED)
