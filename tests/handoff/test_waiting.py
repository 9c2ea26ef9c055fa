"""What somebody who waits is told: only what is true, and a number only when it was measured."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff import waiting
from bot.handoff.hours import OfficeHours
from bot.handoff.waiting import Outlook, expectation, hours_of, usual_wait
from bot.i18n import Catalogues, format_moment, render
from bot.knowledge import Knowledge
from bot.messages import Text
from bot.storage import Office

USUAL = "mon-thu 09:00-17:00; fri 09:00-15:00"
RO = OfficeHours.parse(USUAL, "Europe/Bucharest", "RO")
HU = OfficeHours.parse(USUAL, "Europe/Budapest", "HU")
LOCALES = ("en", "hu")

NUMBERS = {"queue_usual", "queue_usual_hours"}


def romania(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Bucharest"))


def hungary(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Budapest"))


TUESDAY = romania("2026-11-24 10:00")


def minutes(*counts: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=count) for count in counts)


def keys(now: datetime = TUESDAY, hours: OfficeHours | None = RO, **more: Any) -> list[str]:
    return [text.key for text in expectation(Outlook(hours, **more), now)]


def values(now: datetime, key: str, hours: OfficeHours | None = RO, **more: Any) -> dict[str, Any]:
    [found] = [text for text in expectation(Outlook(hours, **more), now) if text.key == key]
    return dict(found.values)


def said(texts: tuple[Text, ...], locale: str, knowledge: Knowledge) -> str:
    lines = [render(text, locale, knowledge.snapshot.catalogues) for text in texts]
    assert not any("{" in line for line in lines)
    return "\n".join(lines)


def moment(at: datetime, text: Text, locale: str, catalogues: Catalogues) -> str:
    """As the text shows it: in English while it has no translation."""
    translated = catalogues.text(text.key, locale, text.english) is not None
    return format_moment(at, locale if translated else "en")


# Four situations


@pytest.mark.parametrize("locale", LOCALES)
def test_out_of_hours_it_says_when_the_office_opens(locale: str, knowledge: Knowledge) -> None:
    friday_evening = romania("2026-11-20 18:00")
    texts = expectation(Outlook(RO, ahead=2), friday_evening)
    assert [text.key for text in texts] == ["hours_closed", "hours_emergency", "queue_stays"]
    monday = romania("2026-11-23 09:00")
    shown = moment(monday, waiting.HOURS_CLOSED, locale, knowledge.snapshot.catalogues)
    assert shown in said(texts, locale, knowledge)
    assert "112" in said(texts, locale, knowledge)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("day", "closed", "open_elsewhere", "opens"),
    [
        (date(2026, 12, 1), RO, HU, romania("2026-12-02 09:00")),
        (date(2026, 8, 20), HU, RO, hungary("2026-08-24 09:00")),  # the Friday is free as well
        (date(2027, 3, 15), HU, RO, hungary("2027-03-16 09:00")),
    ],
)
def test_a_holiday_closes_the_office_of_one_country_and_not_the_other(
    day: date,
    closed: OfficeHours,
    open_elsewhere: OfficeHours,
    opens: datetime,
    locale: str,
    knowledge: Knowledge,
) -> None:
    noon = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    texts = expectation(Outlook(closed), noon)
    told = [text.key for text in texts]
    assert told == ["hours_day_off", "hours_closed", "hours_emergency", "queue_stays"]
    shown = moment(opens, waiting.HOURS_CLOSED, locale, knowledge.snapshot.catalogues)
    assert shown in said(texts, locale, knowledge)
    assert keys(noon, open_elsewhere, signed_in=1, free=1) == ["queue_place"]


@pytest.mark.parametrize("locale", LOCALES)
def test_with_nobody_signed_in_it_says_so_and_promises_no_time(
    locale: str, knowledge: Knowledge
) -> None:
    texts = expectation(Outlook(RO, recent=minutes(3, 3, 3, 3, 3, 3)), TUESDAY)
    told = [text.key for text in texts]
    assert told == ["queue_nobody", "queue_place", "hours_emergency", "queue_stays"]
    assert said(texts, locale, knowledge)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_with_everybody_busy_it_says_how_many_and_the_place(
    count: int, locale: str, knowledge: Knowledge
) -> None:
    texts = expectation(Outlook(RO, ahead=3, signed_in=count), TUESDAY)
    assert [text.key for text in texts] == ["queue_busy", "queue_place", "queue_stays"]
    assert str(count) in said(texts[:1], locale, knowledge)
    assert "4" in said(texts[1:2], locale, knowledge)


# The number


def test_a_usual_time_is_told_only_when_it_was_measured_often_enough() -> None:
    few, enough = minutes(4, 4, 4, 4), minutes(4, 4, 4, 4, 4)
    assert keys(signed_in=1, free=1, recent=few) == ["queue_place"]
    assert keys(signed_in=1, free=1, recent=enough) == ["queue_place", "queue_usual"]


@pytest.mark.parametrize(
    ("middle", "told"),
    [
        (0, 1),
        (0.2, 1),
        (3.01, 4),
        (10, 10),
        (10.5, 15),
        (88, 90),
        (91, 120),
        (200, 240),
    ],
)
def test_the_usual_time_is_rounded_up(middle: float, told: int) -> None:
    recent = minutes(0, middle, middle, middle, 5000)
    assert usual_wait(recent) == timedelta(minutes=told)


def test_long_waits_are_told_in_hours() -> None:
    recent = minutes(130, 130, 130, 130, 130)
    assert values(TUESDAY, "queue_usual_hours", signed_in=1, free=1, recent=recent) == {"n": 3}


def test_who_waits_longer_than_usual_hears_that_instead() -> None:
    case = {"signed_in": 1, "free": 1, "recent": minutes(5, 5, 5, 5, 5)}
    since = {"waiting_since": TUESDAY - timedelta(minutes=6)}
    assert keys(**case, **since) == ["queue_place", "queue_slow", "queue_stays"]
    since = {"waiting_since": TUESDAY - timedelta(minutes=4)}
    assert keys(**case, **since) == ["queue_place", "queue_usual"]


def test_a_night_does_not_count_as_longer_than_usual() -> None:
    case = {"signed_in": 1, "free": 1, "recent": minutes(30, 30, 30, 30, 30)}
    evening = romania("2026-11-23 22:00")
    assert "queue_slow" not in keys(romania("2026-11-24 09:20"), **case, waiting_since=evening)
    assert "queue_slow" in keys(romania("2026-11-24 09:31"), **case, waiting_since=evening)


# Closing


def test_shortly_before_closing_it_says_both_times() -> None:
    late = romania("2026-11-24 16:45")
    found = values(late, "hours_closing", signed_in=1, free=1)
    assert found["closes"].at == romania("2026-11-24 17:00")
    assert found["opens"].at == romania("2026-11-25 09:00")


def test_a_usual_wait_that_reaches_past_closing_is_not_left_alone() -> None:
    case = {"signed_in": 1, "free": 1, "recent": minutes(60, 60, 60, 60, 60)}
    assert "hours_closing" in keys(romania("2026-11-24 16:10"), **case)
    assert "hours_closing" not in keys(romania("2026-11-24 15:50"), **case)


# Not known


@pytest.mark.parametrize(
    "hours", [None, OfficeHours.parse("closed", "Europe/Bucharest", "RO")], ids=["none", "closed"]
)
def test_unknown_hours_are_said_to_be_unknown(hours: OfficeHours | None) -> None:
    assert keys(hours=hours) == ["hours_unknown", "hours_emergency", "queue_stays"]


@pytest.mark.parametrize(
    "office",
    [
        None,
        Office("ro", "Romania", "ro", "Europe/Bucharest", "sometimes"),
        Office("ro", "Romania", "ro", "Nowhere", USUAL),
    ],
)
def test_hours_that_cannot_be_read_are_unknown(office: Office | None) -> None:
    assert hours_of(office) is None


def test_hours_of_an_office_hold_its_closed_days() -> None:
    closed = frozenset({date(2026, 11, 24)})
    hours = hours_of(Office("ro", "R", "ro", "Europe/Bucharest", USUAL, closed=closed))
    assert hours is not None and not hours.is_open(TUESDAY)


# Danger


@pytest.mark.parametrize("hours", [RO, HU, None])
@pytest.mark.parametrize("now", [TUESDAY, romania("2026-11-22 03:00")])
def test_in_danger_the_emergency_number_comes_first_and_once(
    hours: OfficeHours | None, now: datetime
) -> None:
    told = keys(now, hours, priority=1)
    assert told[0] == "hours_emergency" and told.count("hours_emergency") == 1


# Always


@given(
    minute=st.integers(0, 14 * 24 * 60),
    ahead=st.integers(0, 50),
    signed_in=st.integers(0, 5),
    free=st.integers(0, 5),
    recent=st.lists(st.integers(0, 600), max_size=8),
    waited=st.integers(0, 5000),
    priority=st.sampled_from([1, 2, 3]),
)
def test_nothing_is_said_that_is_not_so(
    minute: int,
    ahead: int,
    signed_in: int,
    free: int,
    recent: list[int],
    waited: int,
    priority: int,
) -> None:
    now = romania("2026-11-23 00:00") + timedelta(minutes=minute)
    told = keys(
        now,
        ahead=ahead,
        signed_in=signed_in,
        free=min(free, signed_in),
        recent=minutes(*recent),
        priority=priority,
        waiting_since=now - timedelta(minutes=waited),
    )
    assert len(told) == len(set(told))
    assert ("hours_closed" in told) == (not RO.is_open(now))
    assert ("queue_place" in told) == RO.is_open(now)
    if NUMBERS & set(told):
        assert len(recent) >= 5 and signed_in and RO.is_open(now)
    if "queue_busy" in told:
        assert signed_in and not min(free, signed_in)
    if "queue_nobody" in told:
        assert not signed_in


# As people read it


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en", "Monday, 23 November 2026, 09:00"),
        ("ro", "luni, 23 noiembrie 2026, 09:00"),
        ("hu", "2026. november 23., hétfő 9:00"),
        ("uk", "понеділок, 23 листопада 2026\u202fр., 09:00"),
        ("ar", "الاثنين، 23 نوفمبر 2026، 9:00 ص"),
    ],
)
def test_a_moment_is_shown_as_the_language_writes_it(locale: str, shown: str) -> None:
    assert format_moment(romania("2026-11-23 09:00"), locale) == shown


def test_a_moment_keeps_the_clock_of_the_office() -> None:
    assert format_moment(hungary("2026-07-23 14:30"), "en") == "Thursday, 23 July 2026, 14:30"
