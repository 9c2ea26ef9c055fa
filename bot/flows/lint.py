"""Faults of a flow that its shape does not show: ways without an end, and what never happens."""

from __future__ import annotations

from collections.abc import Iterator

from bot.flows import search
from bot.flows.model import (
    ALL,
    COUNTRY,
    MARKED,
    NONE,
    Condition,
    Count,
    CountryIs,
    FactIs,
    Flow,
    Given,
    NumberIn,
    Outcome,
    Points,
    Question,
    leaves,
)
from bot.i18n.locales import SOURCE
from bot.i18n.po import Problem
from bot.knowledge import Snapshot
from bot.knowledge.values import Values
from bot.messages import MAX_ACTION_BYTES

Fault = tuple[int, str]  # line, what is wrong and what to do


def judge(flow: Flow, values: Values) -> list[Problem]:
    """All faults of one flow. What it points to, other files judge."""
    faults = [*_name_faults(flow, values), *_order_faults(flow), *_mark_faults(flow)]
    faults += _length_faults(flow)
    if not faults:  # a condition with a wrong name makes every way look wrong
        faults += _way_faults(flow)
    problems = [Problem(flow.path, line, message) for line, message in faults]
    if not faults:  # words in vain harm nobody
        unshown = _unshown_reasons(flow)
        problems += [Problem(flow.path, line, message, "warning") for line, message in unshown]
    return problems


def missing_texts(snapshot: Snapshot) -> Iterator[Problem]:
    """Languages in which a flow has no text at all: it is asked in English there."""
    for flow in snapshot.flows.values():
        for locale in snapshot.catalogues.locales:
            known = (
                snapshot.catalogues.text(flow.ctx(name), locale, block.text)
                for name, block in flow.blocks.items()
            )
            if locale != SOURCE and not any(known):
                message = f"{flow.id} has no text in {locale}; translate it in flows.po"
                yield Problem(flow.path, flow.line("id"), message, "warning")


# Names


def _conditions(flow: Flow) -> Iterator[tuple[int, str, Condition]]:
    """Every condition with its line and what it belongs to."""
    for question in flow.questions:
        if question.when is not None:
            line = flow.line("questions", question.id, "when")
            yield line, f"the question {question.id}", question.when
    for outcome in flow.outcomes:
        if outcome.when is not None:
            line = flow.line("outcomes", outcome.id, "when")
            yield line, f"the outcome {outcome.id}", outcome.when
        for n, added in enumerate(outcome.add, 1):
            if added.when is not None:
                line = flow.line("outcomes", outcome.id, "add", str(n), "when")
                yield line, f"line {n} of add of {outcome.id}", added.when


def _name_faults(flow: Flow, values: Values) -> Iterator[Fault]:
    for line, of, condition in _conditions(flow):
        for leaf in leaves(condition):
            if fault := _leaf_fault(flow, values, leaf):
                yield line, f"{of}: {fault}"
    for outcome in flow.outcomes:
        if not isinstance(outcome.because, str):
            line = flow.line("outcomes", outcome.id, "because")
            for name in outcome.because:
                if flow.question(name) is None:
                    yield line, f"{outcome.id}: because: there is no question {name!r}"


def _leaf_fault(flow: Flow, values: Values, leaf: Condition) -> str | None:
    match leaf:
        case Given(name, options):
            return _given_fault(flow.question(name), name, options)
        case NumberIn(name, _):
            question = flow.question(name)
            if question is None:
                return f"there is no question {name!r}; correct the name"
            if question.kind != "number":
                return f"{name} is no number; write {name}: option"
        case CountryIs():
            if flow.question(COUNTRY) is None:
                return "it asks for the country; add a question of the kind country"
        case FactIs(name, _):
            if name not in values.facts:
                return f"there is no fact {name!r} in content/facts; correct the name"
        case Count(marks, options, _):
            return _count_fault(flow, marks, options)
    return None


def _given_fault(question: Question | None, name: str, options: tuple[str, ...]) -> str | None:
    if question is None:
        return f"there is no question {name!r}; correct the name"
    known = [option.id for option in question.options]
    unknown = [option for option in options if option not in known]
    if not unknown:
        return None
    offered = ", ".join(known) or "none: use {min: 1}"
    return f"{name} has no option {unknown[0]!r}; it has {offered}"


def _count_fault(flow: Flow, marks: tuple[str, ...], options: tuple[str, ...]) -> str | None:
    given = [option for question in flow.questions for option in question.options]
    all_marks = {mark for option in given for mark in option.marks}
    if missing := [mark for mark in marks if mark not in all_marks]:
        return f"no option has the mark {missing[0]!r}; give it to one, or correct the name"
    if missing := [name for name in options if name not in {option.id for option in given}]:
        return f"no question has an option {missing[0]!r}; correct the name"
    return None


# Order, marks, lengths


def _order_faults(flow: Flow) -> Iterator[Fault]:
    """A question may look at earlier answers only."""
    earlier: set[str] = set()
    for question in flow.questions:
        if question.when is not None:
            line = flow.line("questions", question.id, "when")
            for leaf in leaves(question.when):
                name = COUNTRY if isinstance(leaf, CountryIs) else getattr(leaf, "question", "")
                if name and name not in earlier:
                    yield line, f"{question.id}: {name} is asked later; move it before"
        earlier.add(question.id)
    last = flow.outcomes[-1]
    if last.when is not None:
        line = flow.line("outcomes", last.id, "when")
        yield line, f"{last.id} is the last outcome; take out its `when`, so that every way ends"
    elif last.early:
        line = flow.line("outcomes", last.id, "early")
        yield line, f"{last.id} is early and always holds; give it a `when` or take out early"


def _mark_faults(flow: Flow) -> Iterator[Fault]:
    counted: set[str] = set()
    has_points = False
    for _, _, condition in _conditions(flow):
        for leaf in leaves(condition):
            counted |= set(leaf.marks) if isinstance(leaf, Count) else set()
            has_points |= isinstance(leaf, Points)
    lists_marked = any(outcome.because == MARKED for outcome in flow.outcomes)
    for question in flow.questions:
        for option in question.options:
            place = ("questions", question.id, "options", option.id)
            unused = set(option.marks) - counted
            if unused and not lists_marked:
                line = flow.line(*place, "marks")
                message = f"nobody counts the mark {min(unused)!r}; count it or take it out"
                yield line, f"{question.id}: {message}"
            if option.points and not has_points and not lists_marked:
                line = flow.line(*place, "points")
                yield line, f"{question.id}: nobody adds up points; use them or take them out"


def _length_faults(flow: Flow) -> Iterator[Fault]:
    for question in flow.questions:
        for option in question.options:
            if len(f"a:{flow.id}:{question.id}:{option.id}") > MAX_ACTION_BYTES:
                line = flow.line("questions", question.id, "options", option.id)
                message = f"with the flow's, a button cannot carry the id {option.id!r}; shorten it"
                yield line, f"{question.id}: {message}"
    for outcome in flow.outcomes:
        if len(f"S:?:{flow.id}:{outcome.id}") > MAX_ACTION_BYTES:
            line = flow.line("outcomes", outcome.id)
            yield line, f"with the flow's, a button cannot carry {outcome.id!r}; shorten the id"


# Ways


def _way_faults(flow: Flow) -> Iterator[Fault]:
    try:
        found = search.explore(flow)
    except search.TooMany:
        yield flow.line("questions"), "too many ways to check; name fewer questions in conditions"
        return
    if found.lost is not None:
        way = ", ".join(f"{name}: {value}" for name, value in found.lost) or "no question"
        yield flow.line("outcomes"), f"no outcome for {way}; add one without `when` at the end"
    for question in flow.questions:
        if question.id not in found.asked:
            line = flow.line("questions", question.id, "when")
            yield line, f"{question.id} is never asked; correct its `when` or take it out"
    for n, outcome in enumerate(flow.outcomes):
        if n not in found.outcomes:
            yield _unreached(flow, outcome)
    yield from _silent_lines(flow)


def _unreached(flow: Flow, outcome: Outcome) -> Fault:
    line = flow.line("outcomes", outcome.id, "when")
    if outcome.when is None or search.can_hold(flow, outcome.when):
        return line, f"{outcome.id} is hidden by the outcomes before it; move it up or correct them"
    return line, f"{outcome.id} can never hold; correct its `when` or take the outcome out"


def _silent_lines(flow: Flow) -> Iterator[Fault]:
    for outcome in flow.outcomes:
        for n, added in enumerate(outcome.add, 1):
            if added.when is not None and not search.can_hold(flow, added.when):
                line = flow.line("outcomes", outcome.id, "add", str(n), "when")
                message = f"line {n} of add can never be shown; correct its `when`"
                yield line, f"{outcome.id}: {message}"


def _unshown_reasons(flow: Flow) -> Iterator[Fault]:
    found = search.explore(flow)
    for question in flow.questions:
        for option in question.options:
            ends = found.leads.get((question.id, option.id), set())
            outcomes = [flow.outcomes[end] for end in ends if end is not None]
            is_weighed = bool(option.marks or option.points)
            is_shown = any(_lists(outcome, question.id, is_weighed) for outcome in outcomes)
            if option.because and not is_shown:
                line = flow.line("questions", question.id, "options", option.id, "because")
                message = "no outcome lists this reason; name the question in a `because`"
                yield line, f"{question.id}/{option.id}: {message}, or take it out"


def _lists(outcome: Outcome, question: str, is_weighed: bool) -> bool:
    if outcome.because in (ALL, NONE):
        return outcome.because == ALL
    return is_weighed if outcome.because == MARKED else question in outcome.because
