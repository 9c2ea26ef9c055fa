"""Whether a condition holds for the answers given so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from bot.flows.model import (
    COUNTRY,
    AllOf,
    AnyOf,
    Bounds,
    Condition,
    Count,
    CountryIs,
    FactIs,
    Flow,
    Given,
    Not,
    NumberIn,
    Option,
    Points,
    questions_in,
)

Answers = Mapping[str, str]  # question id -> option id, or what was given as number, date, words


def holds(
    condition: Condition | None,
    answers: Answers,
    flow: Flow,
    facts: Mapping[str, str],
    pending: Set[str] = frozenset(),
) -> bool:
    """True when it surely holds; `facts` are values by name, as text."""
    return judge(condition, answers, flow, facts, pending) is True


def judge(
    condition: Condition | None,
    answers: Answers,
    flow: Flow,
    facts: Mapping[str, str],
    pending: Set[str] = frozenset(),
) -> bool | None:
    """True, False, or None while a question of `pending` may still change it."""
    match condition:
        case None:
            return True
        case Given(question, options):
            return _known(question, pending, answers.get(question) in options)
        case NumberIn(question, bounds):
            return _known(question, pending, _is_within(answers.get(question), bounds))
        case CountryIs(countries):
            return _known(COUNTRY, pending, answers.get(COUNTRY) in countries)
        case Points(bounds):
            return _rising(_points(flow, answers), bounds, bool(pending))
        case Count(marks, options, bounds):
            return _rising(_count(flow, answers, marks, options), bounds, bool(pending))
        case FactIs(name, values):
            return facts.get(name) in values
        case AllOf(parts):
            return _all(judge(part, answers, flow, facts, pending) for part in parts)
        case AnyOf(parts):
            denied = (_not(judge(part, answers, flow, facts, pending)) for part in parts)
            return _not(_all(denied))
        case Not(part):
            return _not(judge(part, answers, flow, facts, pending))
    raise TypeError(type(condition).__name__)


def mentions(condition: Condition | None) -> frozenset[str]:
    """The questions a condition looks at by name."""
    return questions_in(condition) if condition is not None else frozenset()


def given_options(flow: Flow, answers: Answers) -> Iterable[Option]:
    """The options chosen so far, in the order of the questions."""
    for question in flow.questions:
        option = question.option(answers.get(question.id, ""))
        if option is not None:
            yield option


def _known(question: str, pending: Set[str], value: bool) -> bool | None:
    return None if question in pending else value


def _is_within(answer: str | None, bounds: Bounds) -> bool:
    return answer is not None and answer.isdecimal() and bounds.hold(int(answer))


def _points(flow: Flow, answers: Answers) -> int:
    return sum(option.points for option in given_options(flow, answers))


def _count(flow: Flow, answers: Answers, marks: tuple[str, ...], options: tuple[str, ...]) -> int:
    return sum(
        option.id in options or any(mark in marks for mark in option.marks)
        for option in given_options(flow, answers)
    )


def _rising(number: int, bounds: Bounds, may_rise: bool) -> bool | None:
    """A sum only grows while questions are open: a lower bound once met stays met."""
    if not may_rise:
        return bounds.hold(number)
    if bounds.max is not None and number > bounds.max:
        return False
    if bounds.max is None and bounds.hold(number):
        return True
    return None


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _all(values: Iterable[bool | None]) -> bool | None:
    result: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result
