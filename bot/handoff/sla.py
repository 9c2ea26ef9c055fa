"""How soon staff hear of a waiting case, and who hears next when nobody takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.handoff.routing import Circle
from bot.storage.alert_records import StepDone
from bot.storage.desk_records import DANGER, NORMAL, URGENT, Case


@dataclass(frozen=True, slots=True)
class Rung:
    after: timedelta  # since the rung before; the first one is due at once
    circle: Circle


@dataclass(frozen=True, slots=True)
class Ladder:
    """The alerts of one priority, in order."""

    rungs: tuple[Rung, ...]
    again: timedelta | None  # how often the last one repeats; None: it does not
    outside_hours: bool  # whether it goes on while the office is closed


def _rungs(*rungs: tuple[float, Circle]) -> tuple[Rung, ...]:
    return tuple(Rung(timedelta(minutes=minutes), circle) for minutes, circle in rungs)


LADDERS: Mapping[int, Ladder] = {
    DANGER: Ladder(
        _rungs(
            (0, Circle.OFFICE),
            (1, Circle.OFFICE),
            (1, Circle.PROTECTION),
            (1, Circle.MANAGER),
        ),
        again=timedelta(minutes=1),
        outside_hours=True,
    ),
    URGENT: Ladder(
        _rungs(
            (0, Circle.FITTING),
            (5, Circle.FITTING),
            (5, Circle.OFFICE),
            (5, Circle.PROTECTION),
            (15, Circle.MANAGER),
        ),
        again=timedelta(minutes=30),
        outside_hours=False,
    ),
    NORMAL: Ladder(
        _rungs(
            (0, Circle.FITTING),
            (15, Circle.FITTING),
            (15, Circle.OFFICE),
            (30, Circle.PROTECTION),
            (60, Circle.MANAGER),
        ),
        again=timedelta(hours=2),
        outside_hours=False,
    ),
}


# What a manager's figures call late, in opening hours. Our choice until the offices decide.
FIRST_ANSWER_DUE: Mapping[int, timedelta] = {
    DANGER: timedelta(minutes=5),
    URGENT: timedelta(minutes=30),
    NORMAL: timedelta(hours=4),
}


@dataclass(frozen=True, slots=True)
class Step:
    """The next alert about a case. `due_at` may lie in the future."""

    number: int  # counts up within one wait and priority; repeats count on
    circle: Circle
    due_at: datetime

    def is_due(self, now: datetime) -> bool:
        return self.due_at <= now


def next_step(
    case: Case,
    done: Sequence[StepDone],
    now: datetime,
    *,
    is_open: bool,
    protection_there: bool = True,
) -> Step | None:
    """The alert that comes next, or None while none may come.

    A case that was claimed and came back, or became more urgent, starts again. `done` is in
    order. A protection case goes to the manager at once while nobody who may open it is there.
    The wait between two alerts counts from the one that was sent, so that the first morning
    hour does not make up for the whole night.
    """
    ladder = LADDERS[case.priority]
    if not (is_open or ladder.outside_hours):
        return None
    mine = [one for one in done if (one.fence, one.priority) == (case.fence, case.priority)]
    first = Step(0, ladder.rungs[0].circle, now)
    step = _after(ladder, mine[-1], now) if mine else first
    if step is None or not (case.protection and not protection_there):
        return step
    told_manager = any(one.circle == Circle.MANAGER for one in mine)
    due_at = step.due_at if told_manager else now
    return Step(step.number, Circle.MANAGER, due_at)


def _after(ladder: Ladder, last: StepDone, now: datetime) -> Step | None:
    number = last.number + 1
    is_repeat = number >= len(ladder.rungs)
    rung = ladder.rungs[min(number, len(ladder.rungs) - 1)]
    pause = ladder.again if is_repeat else rung.after
    if pause is None:
        return None
    # A clock that was set back must not silence a case until it has caught up.
    due_at = last.at + pause if last.at <= now else now
    return Step(number, rung.circle, due_at)
