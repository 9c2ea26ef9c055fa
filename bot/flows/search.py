"""Every way through a flow, exactly: what is left of each condition is the state.

Answering a question turns a condition into what is left of it. Two ways that leave the
same conditions behind go on alike, so that even a flow with points has few states.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

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
    Question,
    leaves,
)

TRUE, FALSE = AllOf(()), AnyOf(())
MOST_STATES = 200_000
OTHER = "\x00other"  # a value of a fact that no condition names
_ANYTHING = "\x00anything"  # words, a date, a city


class TooMany(Exception):
    """The flow has more states than anybody can read."""


@dataclass
class Found:
    """What a search has seen."""

    asked: set[str] = field(default_factory=set)
    # (question, option) -> indexes of the outcomes it can lead to; None: no outcome
    leads: dict[tuple[str, str], set[int | None]] = field(default_factory=dict)
    outcomes: set[int] = field(default_factory=set)
    lost: tuple[tuple[str, str], ...] | None = None  # answers that lead to no outcome
    states: int = 0


@dataclass(frozen=True, slots=True)
class _Node:
    at: int  # index of the next question
    whens: tuple[Condition, ...]  # of the questions from there on
    ends: tuple[tuple[int, bool, Condition], ...]  # index, early, what is left of its `when`


def explore(flow: Flow, ends: Iterable[tuple[int, bool, Condition]] | None = None) -> Found:
    """Walk every way. `ends` are other conditions in place of the outcomes'."""
    search = _Search(flow)
    wanted = ends if ends is not None else outcomes_of(flow)
    whens = [each.when or TRUE for each in flow.questions]
    start = _Node(0, tuple(whens), tuple(wanted))
    for node in _starts(flow, start):
        search.found.outcomes |= {end for end in search.visit(node, ()) if end is not None}
    return search.found


def outcomes_of(flow: Flow) -> list[tuple[int, bool, Condition]]:
    """Early ones first, as the engine looks at them."""
    found = [(n, each.early, each.when or TRUE) for n, each in enumerate(flow.outcomes)]
    return sorted(found, key=lambda end: not end[1])


def _starts(flow: Flow, node: _Node) -> Iterator[_Node]:
    """The country known or not, and the offices' switches in every position."""
    conditions = (*node.whens, *(when for _, _, when in node.ends))
    facts: dict[str, set[str]] = {}
    for leaf in itertools.chain.from_iterable(map(leaves, conditions)):
        if isinstance(leaf, FactIs):
            facts.setdefault(leaf.name, {OTHER}).update(leaf.values)
    names = sorted(facts)
    for values in itertools.product(*(sorted(facts[name]) for name in names)):
        yield _assumed(node, _Given(facts=dict(zip(names, values, strict=True))))


@dataclass(frozen=True)
class _Given:
    """What becomes known in one step."""

    question: str = ""
    value: str = ""  # empty: it is not asked
    option: Option | None = None
    facts: dict[str, str] = field(default_factory=dict)


class _Search:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.found = Found()
        self.known: dict[_Node, frozenset[int | None]] = {}

    def visit(self, node: _Node, path: tuple[tuple[str, str], ...]) -> frozenset[int | None]:
        """Outcomes that can be reached from here."""
        node = _trimmed(_without_closed(self.flow, node))
        if node in self.known:
            return self.known[node]
        self.found.states += 1
        if self.found.states > MOST_STATES:
            raise TooMany
        ends = self._ends(node, path)
        self.known[node] = ends
        return ends

    def _ends(self, node: _Node, path: tuple[tuple[str, str], ...]) -> frozenset[int | None]:
        first = next((n for n, early, when in node.ends if early and when == TRUE), None)
        if first is not None:
            return frozenset({first})
        if node.at == len(self.flow.questions):
            return self._last(node, path)
        question = self.flow.questions[node.at]
        if not final(node.whens[0]):
            return self.visit(_next(node, _Given(question.id)), path)
        self.found.asked.add(question.id)
        ends: set[int | None] = set()
        for value, option in _values(question, node):
            step = _next(node, _Given(question.id, value, option))
            reached = self.visit(step, (*path, (question.id, value)))
            self.found.leads.setdefault((question.id, value), set()).update(reached)
            ends |= reached
        return frozenset(ends)

    def _last(self, node: _Node, path: tuple[tuple[str, str], ...]) -> frozenset[int | None]:
        found = next((n for n, _, when in node.ends if final(when)), None)
        if found is None and self.found.lost is None:
            self.found.lost = path
        return frozenset({found})


def _values(question: Question, node: _Node) -> Iterator[tuple[str, Option | None]]:
    yield from ((option.id, option) for option in question.options)
    if question.kind == "number":
        yield from ((str(number), None) for number in _numbers(question, node))
    elif not question.is_chosen:
        yield _ANYTHING, None


def _numbers(question: Question, node: _Node) -> list[int]:
    """One number of each range that the conditions tell apart."""
    low = question.min if question.min is not None else 0
    cuts = {low}
    for when in (*node.whens, *(when for _, _, when in node.ends)):
        for leaf in leaves(when):
            if isinstance(leaf, NumberIn) and leaf.question == question.id:
                cuts |= {leaf.bounds.min or low, (leaf.bounds.max or low) + 1}
    high = question.max
    return sorted(cut for cut in cuts if cut >= low and (high is None or cut <= high))


# Moving


def _next(node: _Node, given: _Given) -> _Node:
    return _assumed(replace(node, at=node.at + 1, whens=node.whens[1:]), given)


def _assumed(node: _Node, given: _Given) -> _Node:
    return replace(
        node,
        whens=tuple(assume(when, given) for when in node.whens),
        ends=tuple((n, early, assume(when, given)) for n, early, when in node.ends),
    )


def _without_closed(flow: Flow, node: _Node) -> _Node:
    """Questions that will not come have no answer: conditions may know that at once."""
    asked = set(_named(node))
    for n, when in enumerate(node.whens):
        question = flow.questions[node.at + n].id
        if when == FALSE and question in asked:
            node = _assumed(node, _Given(question))
    return node


def _named(node: _Node) -> Iterator[str]:
    for when in (*node.whens, *(when for _, _, when in node.ends)):
        for leaf in leaves(when):
            if isinstance(leaf, Given | NumberIn):
                yield leaf.question
            elif isinstance(leaf, CountryIs):
                yield COUNTRY


def _trimmed(node: _Node) -> _Node:
    """Without outcomes that cannot come, and those behind one that surely does."""
    kept = []
    for n, early, when in node.ends:
        if when == FALSE:
            continue
        kept.append((n, early, when))
        if when == TRUE:
            break
    return replace(node, ends=tuple(kept))


# Conditions


def assume(condition: Condition, given: _Given) -> Condition:
    """What is left of a condition."""
    match condition:
        case Given(question, options) if question == given.question:
            return TRUE if given.value and given.value in options else FALSE
        case CountryIs(countries) if given.question == COUNTRY:
            return TRUE if given.value in countries else FALSE
        case NumberIn(question, bounds) if question == given.question:
            is_number = given.value.isdecimal()
            return TRUE if is_number and bounds.hold(int(given.value)) else FALSE
        case Points(bounds) if given.option is not None and given.option.points:
            return _left(bounds, given.option.points, Points)
        case Count(marks, options, bounds) if given.option is not None:
            counts = given.option.id in options or bool(set(marks) & set(given.option.marks))
            if counts:
                return _left(bounds, 1, lambda left: Count(marks, options, left))
            return condition
        case FactIs(name, values) if name in given.facts:
            return TRUE if given.facts[name] in values else FALSE
        case AllOf(parts):
            return _joined([assume(part, given) for part in parts], AllOf, TRUE, FALSE)
        case AnyOf(parts):
            return _joined([assume(part, given) for part in parts], AnyOf, FALSE, TRUE)
        case Not(part):
            return _denied(assume(part, given))
    return condition


def _left(bounds: Bounds, used: int, make: Callable[[Bounds], Condition]) -> Condition:
    low = None if bounds.min is None or bounds.min <= used else bounds.min - used
    high = None if bounds.max is None else bounds.max - used
    if high is not None and high < 0:
        return FALSE
    return TRUE if low is None and high is None else make(Bounds(low, high))


def _joined(
    parts: list[Condition], kind: type[AllOf] | type[AnyOf], neutral: Condition, strong: Condition
) -> Condition:
    left = [part for part in parts if part != neutral]
    if strong in left:
        return strong
    if not left:
        return neutral
    return left[0] if len(left) == 1 else kind(tuple(left))


def _denied(condition: Condition) -> Condition:
    if condition == TRUE:
        return FALSE
    return TRUE if condition == FALSE else Not(condition)


def final(condition: Condition) -> bool:
    """Whether it holds when nothing more is answered."""
    match condition:
        case Points(bounds) | Count(_, _, bounds):
            return bounds.hold(0)
        case AllOf(parts):
            return all(map(final, parts))
        case AnyOf(parts):
            return any(map(final, parts))
        case Not(part):
            return not final(part)
    return False


def can_hold(flow: Flow, condition: Condition) -> bool:
    """Whether some answers make it hold, whatever the outcomes are."""
    return bool(explore(flow, [(0, False, condition)]).outcomes)
