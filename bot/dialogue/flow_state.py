"""The open flow: from the session to a run, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from bot.dialogue.scene import COUNTRIES, Scene
from bot.dialogue.session import FlowState
from bot.flows import engine
from bot.flows.engine import Run
from bot.flows.model import COUNTRY, Flow, mentions_country
from bot.knowledge import Snapshot, flow_answers

KEPT = timedelta(hours=24)
PAUSE = timedelta(hours=1)  # after that "Go on?" comes before the question


def facts_of(snapshot: Snapshot) -> Mapping[str, str]:
    return {name: str(fact.value) for name, fact in snapshot.facts.items()}


def state_of(scene: Scene) -> FlowState | None:
    """The open flow, unless it is too old."""
    state = scene.session.flow
    if state is None or datetime.now(UTC) - state.at > KEPT:
        return None
    return state


def run_of(scene: Scene, state: FlowState) -> Run | None:
    """The run so far; None when the flow's file has changed and the answers fit no more."""
    flow = scene.snapshot.flows.get(state.id)
    if flow is None:
        return None
    run = Run(flow, state.answers, state.country, facts_of(scene.snapshot))
    for question_id, value in state.answers:
        question = flow.question(question_id)
        if question is None or not engine.accepts(question, value):
            return None
    if state.question and flow.question(state.question) is None:
        return None
    return run


def open_flow(scene: Scene) -> Flow | None:
    state = state_of(scene)
    return scene.snapshot.flows.get(state.id) if state is not None else None


def begin(scene: Scene, flow: Flow) -> Run:
    return engine.begin(flow, scene.country or "", facts_of(scene.snapshot))


def keep(scene: Scene, run: Run, question: str) -> None:
    """Remember where the person is; words for `hear_country` count for this turn only."""
    scene.remember(
        flow=FlowState(run.flow.id, datetime.now(UTC), question, run.answers, run.country),
        fallbacks=0,
        waiting_intent="",
    )


def change(scene: Scene, state: FlowState, **changes: object) -> None:
    scene.remember(flow=msgspec.structs.replace(state, **changes))


def drop(scene: Scene) -> None:
    scene.remember(flow=None)


def use_country(scene: Scene, run: Run) -> None:
    """What the flow knows of the country chooses numbers and facts, in this turn only."""
    country = run.known.get(COUNTRY, "")
    if country in COUNTRIES:
        scene.named_country = country


def moved(run: Run, country: str) -> Run:
    """The same run in another country: answers that hung on the country are gone."""
    kept = tuple(
        (question_id, value)
        for question_id, value in run.answers
        if question_id != COUNTRY
        and not ((question := run.flow.question(question_id)) and mentions_country(question))
    )
    return engine.settled(Run(run.flow, kept, country, run.facts))


def served(scene: Scene, flow: Flow) -> str:
    """The locale the flow's own texts are said in."""
    return flow_answers.served_locale(scene.snapshot, flow, scene.locale) or "en"
