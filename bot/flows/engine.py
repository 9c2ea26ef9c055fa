"""One person's way through a flow. A run is a value: every step makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot.flows import conditions
from bot.flows.model import (
    ALL,
    COUNTRY,
    MARKED,
    NONE,
    Flow,
    Line,
    Option,
    Outcome,
    Question,
)

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Run:
    """`answers` are in the order in which they were given; `facts` are values by name."""

    flow: Flow
    answers: tuple[tuple[str, str], ...] = ()
    country: str = ""  # known before the run: then it is not asked
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def given(self) -> Mapping[str, str]:
        return dict(self.answers)

    @property
    def known(self) -> Mapping[str, str]:
        """What conditions look at: the answers and the country."""
        return {COUNTRY: self.country, **self.given} if self.country else self.given


def begin(flow: Flow, country: str = "", facts: Mapping[str, str] = NOTHING) -> Run:
    return Run(flow, (), country, facts)


def ask(run: Run) -> Question | None:
    """The next question; None when an outcome is reached."""
    if _early(run) is not None:
        return None
    given = run.given
    return next((each for each in asked(run) if each.id not in given), None)


def asked(run: Run) -> tuple[Question, ...]:
    """The questions of this run as far as its answers tell, in order."""
    return tuple(question for question in run.flow.questions if _applies(run, question))


def _applies(run: Run, question: Question) -> bool:
    if question.id == COUNTRY and run.country:
        return False
    return conditions.holds(question.when, run.known, run.flow, run.facts)


def answer(run: Run, question_id: str, value: str) -> Run:
    """Give or change an answer. What was answered to questions that now fall away goes."""
    was = run.given
    if question_id in was:
        kept = tuple((q, value if q == question_id else v) for q, v in run.answers)
    else:
        kept = (*run.answers, (question_id, value))
    return settled(replace(run, answers=kept))


def settled(run: Run) -> Run:
    """Without answers to questions that are not asked any more."""
    while True:
        valid = {question.id for question in asked(run)}
        kept = tuple(pair for pair in run.answers if pair[0] in valid)
        if kept == run.answers:
            return run
        run = replace(run, answers=kept)


def back(run: Run) -> Run:
    """Take the last answer back."""
    given = run.given
    for question in reversed(asked(run)):
        if question.id in given:
            kept = tuple(pair for pair in run.answers if pair[0] != question.id)
            return settled(replace(run, answers=kept))
    return run


def step_of(run: Run) -> tuple[int, int]:
    """Which question this is, and of how many at most."""
    done = len(run.answers)
    return done + (ask(run) is not None), length(run)


def length(run: Run) -> int:
    """How many questions there are at most, with those that are answered."""
    return len(run.answers) + len(pending_of(run))


# Outcomes


def outcome(run: Run) -> Outcome | None:
    """Where the answers lead; None while a question is left."""
    found = _early(run)
    if found is not None:
        return found
    if ask(run) is not None:
        return None
    return next((each for each in run.flow.outcomes if _holds(run, each)), None)


def _early(run: Run) -> Outcome | None:
    return next((each for each in run.flow.outcomes if each.early and _is_early(run, each)), None)


def _is_early(run: Run, outcome: Outcome) -> bool:
    """Only what can no longer change ends a flow before its last question."""
    pending = pending_of(run)
    return conditions.holds(outcome.when, run.known, run.flow, run.facts, pending)


def pending_of(run: Run) -> frozenset[str]:
    """Questions that are open, or that open ones may bring."""
    given = run.given
    pending: set[str] = set()
    for question in run.flow.questions:
        if question.id in given or (question.id == COUNTRY and run.country):
            continue
        applies = conditions.judge(question.when, run.known, run.flow, run.facts, pending)
        if applies is not False:
            pending.add(question.id)
    return frozenset(pending)


def _holds(run: Run, outcome: Outcome) -> bool:
    return conditions.holds(outcome.when, run.known, run.flow, run.facts)


def reasons(run: Run, outcome: Outcome) -> tuple[tuple[Question, Option], ...]:
    """The answers that speak for an outcome, in the order of the questions."""
    if outcome.because == NONE:
        return ()
    given = run.given
    found = []
    for question in asked(run):
        option = question.option(given.get(question.id, ""))
        if option is not None and option.because and _is_listed(outcome, question, option):
            found.append((question, option))
    return tuple(found)


def _is_listed(outcome: Outcome, question: Question, option: Option) -> bool:
    if outcome.because == MARKED:
        return bool(option.marks or option.points)
    return outcome.because == ALL or question.id in outcome.because


def added(run: Run, outcome: Outcome) -> tuple[tuple[int, Line], ...]:
    """The lines that are added, each with its number in the file, from 1."""
    return tuple(
        (n, line)
        for n, line in enumerate(outcome.add, 1)
        if conditions.holds(line.when, run.known, run.flow, run.facts)
    )


def accepts(question: Question, value: str) -> bool:
    """Whether a value is an answer to a question."""
    if question.option(value) is not None:
        return True
    if question.is_chosen or not value:
        return False
    if question.kind == "number":
        return value.isdecimal() and value.isascii() and _is_within(question, int(value))
    return True


def _is_within(question: Question, number: int) -> bool:
    low = question.min if question.min is not None else 0
    return number >= low and (question.max is None or number <= question.max)
