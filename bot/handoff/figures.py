"""What a manager sees of some weeks: how many asked, how long they waited, how it ended.

Groups of fewer than five people are not shown. Where only one group would be missing, the
next smallest goes too: nobody finds its size by taking the others from the sum.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.handoff.hours import OfficeHours
from bot.handoff.sla import FIRST_ANSWER_DUE
from bot.storage.desk_records import Asked, CaseState

LEAST = 5  # people in a group that is shown


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that have something in common."""

    name: str  # an office, a language, a topic
    asked: int
    answered: int
    median: timedelta | None  # opening time until the first answer; None while few were answered
    p90: timedelta | None
    missed: int  # answered later than promised, or not at all, in opening hours


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole: an outcome tag, or votes on answers."""

    name: str
    count: int
    of: int

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.of)


Hours = Mapping[str, OfficeHours | None]  # office -> when it is open


def total(cases: Sequence[Asked], hours: Hours) -> Group | None:
    """All of them; None while they are too few."""
    return _group("", cases, hours) if len(cases) >= LEAST else None


def groups(
    cases: Iterable[Asked], hours: Hours, name_of: Callable[[Asked], str]
) -> tuple[Group, ...]:
    """The largest first."""
    found: dict[str, list[Asked]] = {}
    for case in cases:
        found.setdefault(name_of(case), []).append(case)
    shown = _large_enough({name: len(group) for name, group in found.items()})
    made = (_group(name, found[name], hours) for name in shown)
    return tuple(sorted(made, key=lambda group: (-group.asked, group.name)))


def shares(counts: Mapping[str, int]) -> tuple[Share, ...]:
    of = sum(counts.values())
    made = (Share(name, counts[name], of) for name in _large_enough(counts))
    return tuple(sorted(made, key=lambda share: (-share.count, share.name)))


def outcomes(cases: Iterable[Asked]) -> tuple[Share, ...]:
    counts: dict[str, int] = {}
    for case in cases:
        if case.outcome:
            counts[case.outcome] = counts.get(case.outcome, 0) + 1
    return shares(counts)


def _large_enough(counts: Mapping[str, int]) -> list[str]:
    in_order = sorted(counts, key=lambda name: (counts[name], name))
    small = sum(1 for name in in_order if counts[name] < LEAST)
    return in_order[2 if small == 1 else small :]


def _group(name: str, cases: Sequence[Asked], hours: Hours) -> Group:
    waits = sorted(_waits(cases, hours))
    enough = len(waits) >= LEAST
    return Group(
        name=name,
        asked=len(cases),
        answered=len(waits),
        median=_middle(waits) if enough else None,
        p90=waits[math.ceil(0.9 * len(waits)) - 1] if enough else None,
        missed=sum(1 for case in cases if _is_missed(case, hours.get(case.office))),
    )


def _middle(waits: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=statistics.median(wait.total_seconds() for wait in waits))


def _waits(cases: Iterable[Asked], hours: Hours) -> list[timedelta]:
    return [
        _open_time(hours.get(case.office), case)
        for case in cases
        if case.first_answer_at is not None
    ]


def _open_time(hours: OfficeHours | None, case: Asked) -> timedelta:
    """Until the first answer, or as long as it waited for one. Nights do not count."""
    until = case.first_answer_at or case.until
    if hours is None:
        return until - case.requested_at
    return hours.open_time(case.requested_at, until)


def _is_missed(case: Asked, hours: OfficeHours | None) -> bool:
    """Whoever took their question back in time has not been let down."""
    is_waiting = case.state is CaseState.WAITING
    if case.first_answer_at is None and not is_waiting and case.outcome != "expired":
        return False
    return _open_time(hours, case) > FIRST_ANSWER_DUE[case.priority]
