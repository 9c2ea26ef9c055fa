"""Who hears of a waiting case, and when somebody else has to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.routing import Circle
from bot.handoff.sla import LADDERS, Step, next_step
from bot.storage import Case
from bot.storage.alert_records import StepDone
from tests.handoff.desk import NOW, case

DANGER, URGENT, NORMAL = 1, 2, 3


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def done(step: Step, of: Case, at: datetime) -> StepDone:
    return StepDone(of.fence, of.priority, step.number, step.circle, at)


def told(of: Case, count: int, **more: Any) -> list[StepDone]:
    """The first `count` steps of a case that nobody takes, looked at once a minute."""
    steps: list[StepDone] = []
    now = of.waiting_since
    for _ in range(100_000):
        step = next_step(of, steps, now, **({"is_open": True} | more))
        if step is not None and step.is_due(now):
            steps.append(done(step, of, now))
        if len(steps) == count:
            return steps
        now += minutes(1)
    raise AssertionError(f"only {len(steps)} steps")


def plan(of: Case, count: int, **more: Any) -> list[tuple[float, int]]:
    return [
        ((step.at - of.waiting_since) / minutes(1), step.circle) for step in told(of, count, **more)
    ]


def test_danger_repeats_every_minute_until_somebody_takes_it() -> None:
    assert plan(case(priority=DANGER), 7) == [
        (0, Circle.OFFICE),
        (1, Circle.OFFICE),
        (2, Circle.PROTECTION),
        (3, Circle.MANAGER),
        (4, Circle.MANAGER),
        (5, Circle.MANAGER),
        (6, Circle.MANAGER),
    ]


def test_a_normal_case_goes_to_wider_circles_and_then_to_the_manager() -> None:
    assert plan(case(priority=NORMAL), 6) == [
        (0, Circle.FITTING),
        (15, Circle.FITTING),
        (30, Circle.OFFICE),
        (60, Circle.PROTECTION),
        (120, Circle.MANAGER),
        (240, Circle.MANAGER),
    ]


@pytest.mark.parametrize("priority", LADDERS)
def test_every_ladder_starts_at_once_and_never_narrows(priority: int) -> None:
    steps = told(case(priority=priority), len(LADDERS[priority].rungs) + 2)
    assert steps[0].at == NOW
    assert [step.circle for step in steps] == sorted(step.circle for step in steps)
    assert steps[-1].circle == Circle.MANAGER


def test_more_urgent_reaches_the_manager_sooner() -> None:
    to_manager = [sum((r.after for r in LADDERS[p].rungs), minutes(0)) for p in (1, 2, 3)]
    assert to_manager == sorted(to_manager) and len(set(to_manager)) == 3


def test_outside_hours_only_danger_goes_on() -> None:
    assert next_step(case(priority=DANGER), [], NOW, is_open=False) is not None
    assert next_step(case(priority=URGENT), [], NOW, is_open=False) is None
    assert next_step(case(priority=NORMAL), [], NOW, is_open=False) is None


def test_a_night_is_not_made_up_for_in_the_morning() -> None:
    waiting = case(priority=NORMAL)
    evening = told(waiting, 1)
    morning = NOW + timedelta(hours=16)
    second = next_step(waiting, evening, morning, is_open=True)
    assert second == Step(1, Circle.FITTING, NOW + minutes(15)) and second.is_due(morning)
    third = next_step(waiting, [*evening, done(second, waiting, morning)], morning, is_open=True)
    assert third is not None and third.due_at == morning + minutes(15)


def test_a_case_that_comes_back_starts_again() -> None:
    before = told(case(priority=NORMAL, fence=1), 4)
    assert next_step(case(priority=NORMAL, fence=2), before, NOW, is_open=True) == Step(
        0, Circle.FITTING, NOW
    )


def test_a_case_that_becomes_danger_alerts_at_once() -> None:
    before = told(case(priority=NORMAL), 2)
    assert next_step(case(priority=DANGER), before, NOW, is_open=True) == Step(
        0, Circle.OFFICE, NOW
    )


def test_without_protection_on_duty_the_manager_hears_of_it_at_once() -> None:
    protected = case(priority=DANGER, protection=True)
    steps = told(protected, 3, protection_there=False)
    assert [step.circle for step in steps] == [Circle.MANAGER] * 3
    assert [step.at - NOW for step in steps] == [minutes(n) for n in range(3)]


def test_the_manager_hears_at_once_when_protection_leaves() -> None:
    protected = case(priority=NORMAL, protection=True)
    steps = told(protected, 1, protection_there=True)
    step = next_step(protected, steps, NOW + minutes(1), is_open=True, protection_there=False)
    assert step == Step(1, Circle.MANAGER, NOW + minutes(1))


@pytest.mark.fault("T1c")
@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=3653)])
def test_a_clock_that_jumps_silences_nobody(jump: timedelta) -> None:
    waiting = case(priority=DANGER)
    steps = told(waiting, 5)
    now = steps[-1].at + jump
    step = next_step(waiting, steps, now, is_open=True)
    assert step is not None and step.is_due(now)
    after = next_step(waiting, [*steps, done(step, waiting, now)], now, is_open=True)
    assert after is not None and not after.is_due(now)


@given(
    priority=st.sampled_from(list(LADDERS)),
    gaps=st.lists(st.integers(1, 3 * 3600), min_size=1, max_size=30),
)
def test_steps_are_numbered_in_order_and_never_closer_than_the_ladder_says(
    priority: int, gaps: list[int]
) -> None:
    waiting, steps, now = case(priority=priority), list[StepDone](), NOW
    for gap in gaps:
        step = next_step(waiting, steps, now, is_open=True)
        assert step is not None and step.number == len(steps)
        if step.is_due(now):
            steps.append(done(step, waiting, now))
        now += timedelta(seconds=gap)
    shortest = min(rung.after for rung in LADDERS[priority].rungs[1:])
    pauses = [b.at - a.at for a, b in zip(steps, steps[1:], strict=False)]
    assert all(pause >= shortest for pause in pauses)
