from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.handoff import figures
from bot.handoff.hours import OfficeHours
from bot.storage import NORMAL, Asked, CaseState

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # ten in Bucharest
HOURS = {"ro": OfficeHours.parse("mon-fri 09:00-17:00", "Europe/Bucharest")}


def asked(minutes: float | None = 3, at: datetime = MONDAY, **more: object) -> Asked:
    answer = at + timedelta(minutes=minutes) if minutes is not None else None
    fields: dict[str, object] = {
        "requested_at": at,
        "first_answer_at": answer,
        "until": at + timedelta(days=3),
        "state": CaseState.CLOSED,
        "priority": NORMAL,
        "office": "ro",
        "topic": "housing",
        "locale": "uk",
        "outcome": "answered",
    }
    return Asked(**(fields | more))  # type: ignore[arg-type]


def test_half_and_nine_of_ten_are_measured_in_opening_hours() -> None:
    evening = datetime(2026, 11, 23, 14, 58, tzinfo=UTC)  # two minutes before closing
    cases = [asked(n) for n in range(1, 10)] + [asked(18 * 60, evening)]
    (group,) = figures.groups(cases, HOURS, lambda case: case.office)
    assert (group.asked, group.answered) == (10, 10)
    assert group.median == timedelta(minutes=5.5)
    assert group.p90 == timedelta(minutes=9)
    # Asked in the evening, answered at 10:58 the next morning: two hours of opening time.
    night = figures.total([asked(18 * 60, evening)] * 5, HOURS)
    assert night is not None and night.median == timedelta(hours=2)


@pytest.mark.parametrize("count", [1, 4])
def test_fewer_than_five_are_not_shown(count: int) -> None:
    cases = [asked() for _ in range(count)]
    assert figures.total(cases, HOURS) is None
    assert figures.groups(cases, HOURS, lambda case: case.locale) == ()
    assert figures.outcomes(cases) == ()


def test_a_single_small_group_cannot_be_found_by_subtraction() -> None:
    cases = [asked(locale="uk")] * 20 + [asked(locale="ar")] * 6 + [asked(locale="ne")] * 2
    assert [g.name for g in figures.groups(cases, HOURS, lambda c: c.locale)] == ["uk"]
    cases += [asked(locale="si")]
    assert [g.name for g in figures.groups(cases, HOURS, lambda c: c.locale)] == ["uk", "ar"]


def test_late_is_what_was_promised_sooner_and_nights_do_not_count() -> None:
    late = asked(5 * 60)
    in_time = asked(16 * 60 + 30, datetime(2026, 11, 23, 14, 0, tzinfo=UTC))  # 16:00, next 08:30
    never = asked(None, outcome="expired")
    taken_back = asked(None, outcome="cancelled")
    cases = [late, in_time, never, taken_back, asked()]
    (group,) = figures.groups(cases, HOURS, lambda case: case.office)
    assert group.missed == 2


def test_outcomes_are_shares_of_all_that_ended() -> None:
    cases = [asked(outcome="answered")] * 6 + [asked(outcome="referred")] * 14
    assert [(s.name, s.percent) for s in figures.outcomes(cases)] == [
        ("referred", 70),
        ("answered", 30),
    ]
