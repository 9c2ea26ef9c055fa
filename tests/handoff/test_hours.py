"""When an office is open, in both countries, over holidays and changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.handoff.hours import DAYS, LOOK_AHEAD_DAYS, MIDNIGHT, HoursProblem, OfficeHours

USUAL = "mon-thu 09:00-17:00; fri 09:00-15:00"
BUCHAREST, BUDAPEST = "Europe/Bucharest", "Europe/Budapest"
RO = OfficeHours.parse(USUAL, BUCHAREST, "RO")
HU = OfficeHours.parse(USUAL, BUDAPEST, "HU")


def at(text: str, zone: str = BUCHAREST, fold: int = 0) -> datetime:
    """A wall time at the office."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


# Reading


@pytest.mark.parametrize(
    ("text", "open_at", "closed_at"),
    [
        (USUAL, ["2026-11-23 09:00", "2026-11-27 14:59"], ["2026-11-23 17:00", "2026-11-28 10:00"]),
        (
            "mon 09:00-12:00 13:00-17:00",
            ["2026-11-23 11:59", "2026-11-23 13:00"],
            ["2026-11-23 12:30", "2026-11-24 10:00"],
        ),
        ("Mon,Wed–Thu  9:00 - 17:00", ["2026-11-25 09:00"], ["2026-11-24 10:00"]),
        ("mon - fri 08:00-16:00 ;", ["2026-11-27 15:59"], ["2026-11-28 09:00"]),
        ("mon-sun 00:00-24:00", ["2026-11-28 23:59", "2026-11-29 00:00"], []),
        ("fri-mon 10:00-11:00", ["2026-11-29 10:30", "2026-11-23 10:30"], ["2026-11-24 10:30"]),
        ("mon closed; tue 09:00-10:00", ["2026-11-24 09:00"], ["2026-11-23 09:00"]),
        ("closed", [], ["2026-11-23 10:00"]),
    ],
)
def test_hours_are_read_as_people_write_them(
    text: str, open_at: list[str], closed_at: list[str]
) -> None:
    hours = OfficeHours.parse(text, BUCHAREST)
    assert all(hours.is_open(at(moment)) for moment in open_at)
    assert not any(hours.is_open(at(moment)) for moment in closed_at)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "hours_bad_rule"),
        ("mon", "hours_bad_rule"),
        ("monday 09:00-17:00", "hours_bad_rule"),
        ("mon 9-17", "hours_bad_rule"),
        ("mon 09:00-17:60", "hours_bad_rule"),
        ("mon 09:00-25:00", "hours_bad_rule"),
        ("mon 09:00-17:00 closed", "hours_bad_rule"),
        ("mon ٠٩:٠٠-١٧:٠٠", "hours_bad_rule"),
        ("closed; closed", "hours_bad_rule"),
        ("mon 09:00-17:00;" * 50, "hours_bad_rule"),
        ("mon-wed 09:00-17:00; tue 09:00-12:00", "hours_day_twice"),
        ("mon 17:00-09:00", "hours_bad_span"),
        ("mon 09:00-09:00", "hours_bad_span"),
        ("mon 09:00-24:30", "hours_bad_span"),
        ("mon 09:00-13:00 12:00-17:00", "hours_bad_span"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused_with_the_reason(text: str, key: str) -> None:
    with pytest.raises(HoursProblem) as caught:
        OfficeHours.parse(text, BUCHAREST)
    assert caught.value.text.key == key


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "\0"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(HoursProblem, match="hours_bad_zone"):
        OfficeHours.parse(USUAL, zone)


@pytest.mark.parametrize("country", ["XX", "r", "../x"])
def test_a_country_without_known_holidays_is_refused(country: str) -> None:
    with pytest.raises(HoursProblem, match="hours_bad_country"):
        OfficeHours.parse(USUAL, BUCHAREST, country)


@given(st.text(max_size=60) | st.text("mon-fri 0123456789:;closed,", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        hours = OfficeHours.parse(text, BUCHAREST)
    except HoursProblem:
        return
    assert len(hours.weekly) == 7


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        RO.is_open(datetime(2026, 11, 23, 10))


# Days off


@pytest.mark.parametrize(
    ("day", "romania", "hungary"),
    [
        ("2026-12-01", False, True),  # National Day
        ("2026-08-20", True, False),  # State Foundation Day
        ("2027-03-15", True, False),  # National Day
        ("2026-08-21", True, False),  # free for a Saturday that was worked
        ("2026-08-08", False, True),  # that Saturday
        ("2026-08-15", False, False),  # a Saturday like others in Hungary
        ("2026-11-24", True, True),
    ],
)
def test_each_country_keeps_its_own_days_off(day: str, romania: bool, hungary: bool) -> None:
    assert RO.is_open(at(f"{day} 10:00")) is romania
    assert HU.is_open(at(f"{day} 10:00", BUDAPEST)) is hungary


def test_a_working_saturday_has_the_hours_of_a_friday() -> None:
    assert HU.is_open(at("2026-08-08 14:59", BUDAPEST))
    assert not HU.is_open(at("2026-08-08 15:00", BUDAPEST))


def test_a_working_saturday_has_its_own_hours_where_saturdays_have_some() -> None:
    hours = OfficeHours.parse("fri 09:00-15:00; sat 10:00-12:00", BUDAPEST, "HU")
    assert hours.is_open(at("2026-08-08 11:00", BUDAPEST))
    assert not hours.is_open(at("2026-08-08 13:00", BUDAPEST))
    assert hours.is_open(at("2026-08-15 11:00", BUDAPEST))


def test_a_holiday_on_a_saturday_closes_a_saturday_office() -> None:
    hours = OfficeHours.parse("sat 10:00-12:00", BUCHAREST, "RO")
    assert not hours.is_open(at("2026-08-15 11:00"))
    assert hours.is_day_off(at("2026-08-15 11:00"))


def test_a_day_closed_from_the_console_is_closed() -> None:
    hours = OfficeHours.parse(USUAL, BUCHAREST, "RO", {date(2026, 11, 24)})
    assert not hours.is_open(at("2026-11-24 10:00"))
    assert not hours.is_day_off(at("2026-11-24 10:00"))
    assert hours.opens_next(at("2026-11-23 18:00")) == at("2026-11-25 09:00")


def test_only_a_day_that_would_be_open_is_a_day_off() -> None:
    assert RO.is_day_off(at("2026-12-01 20:00"))
    assert not RO.is_day_off(at("2026-11-28 10:00"))  # a Saturday
    assert not RO.is_day_off(at("2026-11-24 10:00"))


# Opening next


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 12:00", "2026-11-23 12:00"),
        ("2026-11-23 17:00", "2026-11-24 09:00"),
        ("2026-11-27 15:00", "2026-12-02 09:00"),  # weekend, Saint Andrew, National Day
        ("2026-12-24 17:00", "2026-12-28 09:00"),
    ],
)
def test_the_next_opening_skips_what_is_closed(now: str, opens: str) -> None:
    assert RO.opens_next(at(now)) == at(opens)


def test_the_next_opening_is_told_in_the_time_of_the_office() -> None:
    opens = HU.opens_next(datetime(2026, 8, 19, 20, tzinfo=UTC))
    assert opens == at("2026-08-24 09:00", BUDAPEST)
    assert opens is not None and opens.utcoffset() == timedelta(hours=2)


def test_an_office_that_stays_closed_never_opens() -> None:
    assert OfficeHours.parse("closed", BUCHAREST).opens_next(at("2026-11-23 10:00")) is None
    all_days = {date(2026, 11, 23) + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS + 5)}
    hours = OfficeHours.parse(USUAL, BUCHAREST, "RO", all_days)
    assert hours.opens_next(at("2026-11-23 10:00")) is None


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        ("2026-11-23 09:00", "2026-11-23 17:00"),
        ("2026-11-27 14:59", "2026-11-27 15:00"),
    ],
)
def test_closing_is_the_end_of_the_day(now: str, closes: str) -> None:
    assert RO.closes_next(at(now)) == at(closes)


def test_a_lunch_break_is_a_closing_and_midnight_is_none() -> None:
    split = OfficeHours.parse("mon 09:00-12:00 13:00-17:00", BUCHAREST)
    assert split.closes_next(at("2026-11-23 09:30")) == at("2026-11-23 12:00")
    assert split.closes_next(at("2026-11-23 12:30")) is None
    night = OfficeHours.parse("mon 20:00-24:00; tue 00:00-06:00", BUCHAREST)
    assert night.closes_next(at("2026-11-23 21:00")) == at("2026-11-24 06:00")
    always = OfficeHours.parse("mon-sun 00:00-24:00", BUCHAREST)
    assert always.closes_next(at("2026-11-23 21:00")) is None


# The clock is set


@pytest.mark.fault("T1c")
@pytest.mark.parametrize(
    ("before", "utc"),
    [
        ("2027-03-26 18:00", "2027-03-29T06:00"),  # Monday after the clock went forward
        ("2026-10-23 18:00", "2026-10-26T07:00"),  # and after it went back
    ],
)
def test_an_office_opens_at_its_own_nine_whatever_the_clock_did(before: str, utc: str) -> None:
    opens = RO.opens_next(at(before))
    assert opens == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.fault("T1c")
def test_an_opening_in_the_missing_hour_falls_on_the_change() -> None:
    hours = OfficeHours.parse("sun 03:30-06:00", BUCHAREST)  # 03:00 becomes 04:00
    assert hours.opens_next(at("2027-03-28 02:00")) == datetime(2027, 3, 28, 1, tzinfo=UTC)


@pytest.mark.fault("T1c")
def test_hours_inside_the_missing_hour_do_not_exist() -> None:
    hours = OfficeHours.parse("sun 03:15-03:45", BUCHAREST)
    assert hours.opens_next(at("2027-03-28 02:00")) == at("2027-04-04 03:15")


@pytest.mark.fault("T1c")
def test_the_hour_that_comes_twice_is_open_twice() -> None:
    hours = OfficeHours.parse("sun 03:00-04:00", BUCHAREST)  # 04:00 becomes 03:00
    start, end = at("2026-10-25 00:00"), at("2026-10-26 00:00")
    assert hours.open_time(start, end) == timedelta(hours=2)


# Properties

_SPANS = st.lists(
    st.integers(0, 24 * 4).map(lambda quarter: quarter * 15), min_size=2, max_size=6, unique=True
).map(lambda cuts: list(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)))


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _as_text(week: list[list[tuple[int, int]]]) -> str:
    days = [
        f"{name} " + " ".join(f"{_time(a)}-{_time(b)}" for a, b in spans)
        for name, spans in zip(DAYS, week, strict=True)
    ]
    return "; ".join(days)


WEEKS = st.lists(_SPANS, min_size=7, max_size=7).map(_as_text)
ZONES = st.sampled_from([BUCHAREST, BUDAPEST, "Asia/Kathmandu", "Australia/Lord_Howe"])
# Around both changes of 2027 in both countries, and anywhere else.
MOMENTS = st.sampled_from([datetime(2027, 3, 27), datetime(2027, 10, 30), datetime(2026, 12, 29)])
MINUTES = st.integers(0, 3 * 24 * 60)


@settings(deadline=None, max_examples=60)
@given(WEEKS, ZONES, MOMENTS, MINUTES)
def test_the_next_opening_is_the_first_open_minute(
    text: str, zone: str, day: datetime, minute: int
) -> None:
    hours = OfficeHours.parse(text, zone)
    now = day.replace(tzinfo=UTC) + timedelta(minutes=minute)
    opens = hours.opens_next(now)
    assert opens is not None and opens >= now and hours.is_open(opens)
    between = range((opens - now) // timedelta(minutes=1))
    assert not any(hours.is_open(now + timedelta(minutes=n)) for n in between)


@settings(deadline=None, max_examples=60)
@given(WEEKS, ZONES, MOMENTS, MINUTES, MINUTES)
def test_open_time_counts_the_open_minutes(
    text: str, zone: str, day: datetime, first: int, second: int
) -> None:
    hours = OfficeHours.parse(text, zone)
    start = day.replace(tzinfo=UTC) + timedelta(minutes=min(first, second))
    end = day.replace(tzinfo=UTC) + timedelta(minutes=max(first, second))
    minutes = range((end - start) // timedelta(minutes=1))
    counted = sum(hours.is_open(start + timedelta(minutes=n)) for n in minutes)
    assert hours.open_time(start, end) == timedelta(minutes=counted)


@settings(deadline=None, max_examples=60)
@given(WEEKS, ZONES, MOMENTS, MINUTES)
def test_between_opening_and_closing_it_is_open(
    text: str, zone: str, day: datetime, minute: int
) -> None:
    hours = OfficeHours.parse(text, zone)
    now = day.replace(tzinfo=UTC) + timedelta(minutes=minute)
    assume(not all(day == ((0, MIDNIGHT),) for day in hours.weekly))  # that one never closes
    closes = hours.closes_next(now)
    assert (closes is not None) == hours.is_open(now)
    if closes is not None:
        assert closes > now and not hours.is_open(closes)
        minutes = range((closes - now) // timedelta(minutes=1))
        assert all(hours.is_open(now + timedelta(minutes=n)) for n in minutes)
