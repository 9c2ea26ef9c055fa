"""One question of a guided flow as a bubble, with its buttons."""

from __future__ import annotations

import datetime

from bot.dialogue import actions, flow_state, office_words, words
from bot.dialogue import flow_words as told
from bot.dialogue.scene import ELSEWHERE, Scene
from bot.flows import engine
from bot.flows.engine import Run
from bot.flows.model import NO, UNKNOWN, UNSAID, YES, Flow, Option, Question
from bot.i18n import country_name, fill, format_date, format_number
from bot.knowledge import flow_answers
from bot.messages import Choice, Origin, Reply, Text

BACK, STOP, ON = "<", ".", ">"
MOST_NUMBERS = 10  # of a number question that has buttons

_SERVICE = {YES: told.YES, NO: told.NO, UNKNOWN: told.UNKNOWN, UNSAID: told.UNSAID}


def intro(scene: Scene, run: Run) -> None:
    """What this is, how many questions, and that nothing is kept."""
    flow, locale = run.flow, flow_state.served(scene, run.flow)
    count = engine.length(run)
    title = scene.snapshot.flow_text(flow.id, "title", locale)
    text = scene.snapshot.flow_text(flow.id, "intro", locale)
    lines = [title, fill(text, {"n": format_number(count, scene.locale)})]
    if "{n}" not in flow.front.intro:
        lines.append(scene.render(told.INTRO.having(n=count)))
    if (notice := flow_answers.language_notice(locale, scene.locale)) is not None:
        lines.append(scene.render(notice))
    origin = Origin(flow.id, "intro", locale, (), scene.snapshot.id)
    scene.add(Reply("\n\n".join(lines), origin=origin))


def question(scene: Scene, run: Run, asked: Question) -> None:
    scene.flow_spoke = True
    flow, locale = run.flow, flow_state.served(scene, run.flow)
    n, m = engine.step_of(run)
    lines = [scene.render(told.STEP.having(n=n, m=m))]
    facts: tuple[str, ...] = ()
    for head in ("ask", "help"):
        if f"{head}/{asked.id}" in flow.blocks:
            bubble = flow_answers.bubble(scene.snapshot, flow, f"{head}/{asked.id}", locale)
            if bubble is not None:
                lines.append(bubble.text)
                facts += bubble.origin.facts
    if (hint := _hint(asked, scene)) is not None:
        lines.append(scene.render(hint))
    origin = Origin(flow.id, f"ask/{asked.id}", locale, facts, scene.snapshot.id)
    scene.add(Reply("\n".join(lines), tuple(_choices(scene, run, asked)), origin=origin))


def _hint(asked: Question, scene: Scene) -> Text | None:
    if asked.kind == "number" and not _numbers(asked) and asked.max is not None:
        return told.NUMBER_WANTED.having(min=asked.min or 0, max=asked.max)
    if asked.kind == "date":
        # Any day; written as people of this language write one.
        example = format_date(datetime.date(2026, 3, 12), scene.locale)
        return told.DATE_WANTED.having(example=example)
    return None


def _choices(scene: Scene, run: Run, asked: Question) -> list[Choice]:
    choices = [
        Choice(format_number(number, scene.locale), step(run.flow, asked.id, str(number)))
        for number in _numbers(asked)
    ]
    choices += [
        Choice(label(scene, run.flow, asked, option), step(run.flow, asked.id, option.id))
        for option in asked.options
    ]
    if asked.kind == "city":
        choices.append(scene.choice(office_words.PLACE, actions.NEAR))
    if run.answers:
        choices.append(Choice(scene.render(told.BACK), step(run.flow, BACK)))
    choices.append(Choice(scene.render(told.STOP), step(run.flow, STOP)))
    if scene.held is None:
        choices.append(scene.human_choice())
    return choices


def _numbers(asked: Question) -> range:
    """The numbers that stand on buttons: all of them, when they are few."""
    low = asked.min if asked.min is not None else 0
    if asked.kind != "number" or asked.max is None or asked.max - low >= MOST_NUMBERS:
        return range(0)
    return range(low, asked.max + 1)


def step(flow: Flow, *parts: str) -> str:
    return actions.pack(actions.STEP, ":".join((flow.id, *parts)))


def label(scene: Scene, flow: Flow, asked: Question, option: Option) -> str:
    """What stands on an option's button."""
    name = f"option/{asked.id}/{option.id}"
    if name in flow.blocks:
        return scene.snapshot.flow_text(flow.id, name, flow_state.served(scene, flow))
    if asked.kind == "country":
        is_ours = option.id != ELSEWHERE and option.id not in _SERVICE
        if is_ours:
            return country_name(option.id, scene.locale)
        if option.id == ELSEWHERE:
            return scene.render(told.ELSEWHERE)
    return scene.render(_SERVICE[option.id])


def said(scene: Scene, flow: Flow, asked: Question, value: str) -> str:
    """A pressed answer in words, for whoever reads the chat."""
    if flow.private:
        return scene.render(told.PRIVATE_ANSWER)
    option = asked.option(value)
    return label(scene, flow, asked, option) if option is not None else value


def resume(scene: Scene, run: Run) -> None:
    """ "You were at question 3 of 9. Go on?" """
    scene.flow_spoke = True
    flow = run.flow
    n, m = engine.step_of(run)
    title = scene.snapshot.flow_text(flow.id, "title", flow_state.served(scene, flow))
    scene.say(told.RESUME.having(title=title, n=n, m=m), *resume_choices(scene, flow))


def resume_choices(scene: Scene, flow: Flow) -> tuple[Choice, Choice]:
    return (
        Choice(scene.render(told.GO_ON), step(flow, ON)),
        Choice(scene.render(told.STOP), step(flow, STOP)),
    )


def gone(scene: Scene, text: Text, flow_id: str) -> None:
    """It cannot go on: start again, or something else."""
    choices = [scene.choice(words.MENU, actions.MENU, "0")]
    if flow_id in scene.snapshot.flows:
        choices.insert(0, scene.choice(told.START_AGAIN, actions.FLOW, f"{flow_id}:0"))
    scene.say(text, *choices)
