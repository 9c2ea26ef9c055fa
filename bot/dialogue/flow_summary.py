"""Handing an outcome over to a counsellor: asked first, and one line of it told to both."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import actions, words
from bot.dialogue import flow_words as told
from bot.dialogue.flow_outcome import RESULTS
from bot.dialogue.handoff import AskHuman
from bot.dialogue.handoff_words import CASE_REOPENED, HANDOFF_SENT
from bot.dialogue.scene import NOT_A_TOPIC, Scene
from bot.flows.model import Flow, Outcome
from bot.knowledge import flow_answers
from bot.messages import Origin, Reply
from bot.storage import NORMAL, OpenCase

SILENT = "-"  # before an outcome that decides who gets the case, and is not told
HANDED = "handed"  # the block of the line: "handed/likely"


def press(scene: Scene, value: str) -> bool:
    """One of the buttons. False: there is no such flow or outcome any more."""
    act, _, rest = value.partition(":")
    found = _find(scene, rest)
    if found is None:
        return False
    flow, outcome = found
    if act == "?" and not flow.private:
        _ask(scene, flow, outcome)
    elif act in ("y", "n", "?"):
        silent = "" if act == "y" and not flow.private else SILENT
        scene.talk_about(flow.topic)
        scene.remember(flow_summary=silent + rest)
        AskHuman().take(scene)
    else:
        scene.say(told.SUMMARY_NOT_SENT, scene.choice(words.MENU, actions.MENU, "0"))
    return True


def _find(scene: Scene, value: str) -> tuple[Flow, Outcome] | None:
    flow_id, _, outcome_id = value.partition(":")
    flow = scene.snapshot.flows.get(flow_id)
    outcome = flow.outcome(outcome_id) if flow is not None else None
    return (flow, outcome) if flow is not None and outcome is not None else None


def _ask(scene: Scene, flow: Flow, outcome: Outcome) -> None:
    served = flow_answers.served_locale(scene.snapshot, flow, scene.locale) or "en"
    title = scene.snapshot.flow_text(flow.id, "title", served)
    result = RESULTS.get(outcome.result)
    if result is None:
        text = told.SUMMARY_ASK_PLAIN.having(flow=title)
    else:
        text = told.SUMMARY_ASK.having(flow=title, outcome=scene.render(result))
    value = f"{flow.id}:{outcome.id}"
    scene.say(
        text,
        scene.choice(told.SUMMARY_YES, actions.SUMMARY, f"y:{value}"),
        scene.choice(told.SUMMARY_WITHOUT, actions.SUMMARY, f"n:{value}"),
        scene.choice(told.SUMMARY_NO, actions.SUMMARY, f"-:{value}"),
    )


def hand_over(scene: Scene) -> None:
    """At the end of a turn in which the case was opened, or is open: the one line.

    How urgent the outcome is, and whether the case is for protection, goes along in any case.
    """
    value = scene.session.flow_summary
    found = _find(scene, value.removeprefix(SILENT)) if value else None
    is_opening = isinstance(scene.case_change, OpenCase)
    if found is None or not (is_opening or scene.person.has_open_case):
        if value and not scene.session.wants_human:
            scene.remember(flow_summary="")
        return
    flow, outcome = found
    scene.remember(flow_summary="")
    change = scene.case_change
    if isinstance(change, OpenCase) and change.priority >= NORMAL:
        is_protected = change.protection or outcome.protection
        topic = change.topic or ("" if flow.topic in NOT_A_TOPIC else flow.topic)
        scene.change_case(
            replace(change, priority=outcome.priority, protection=is_protected, topic=topic)
        )
    if value.startswith(SILENT):
        return
    told_as = code_of(outcome)
    text = scene.render(told.SUMMARY_LINE.having(flow=flow.id, outcome=told_as))
    origin = Origin(flow.id, f"{HANDED}/{outcome.id}", scene.locale, (), scene.snapshot.id)
    at = 1 + next((n for n, each in enumerate(scene.replies) if _is_sent(each)), len(scene.replies))
    scene.replies.insert(at, Reply(text, origin=origin))


def _is_sent(reply: Reply) -> bool:
    return reply.origin.block in (HANDOFF_SENT.key, CASE_REOPENED.key)


def code_of(outcome: Outcome) -> str:
    """Never an answer: the outcome's name and its row in the plan's table."""
    return outcome.id if outcome.row is None else f"{outcome.id} ({outcome.row})"
