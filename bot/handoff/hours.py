"""When an office is open: its weekly hours, public holidays, and days it closes by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from bot.messages import N_, Text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FRIDAY = 4
MIDNIGHT = 24 * 60
LOOK_AHEAD_DAYS = 120
MAX_TEXT = 400

Span = tuple[int, int]  # minutes since midnight on the wall clock: open from, closed from

_TIMES = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)

EXAMPLE = "mon-thu 09:00-17:00; fri 09:00-12:00 13:00-15:00; sat closed"
BAD_RULE = N_(
    "hours_bad_rule", "This part of the hours cannot be read: {part}. An example: {example}"
)
DAY_TWICE = N_("hours_day_twice", "This day has its hours twice: {part}.")
BAD_SPAN = N_(
    "hours_bad_span",
    "These times overlap, or end before they begin: {part}. For hours past midnight, give"
    " each day its own part.",
)
BAD_ZONE = N_("hours_bad_zone", "This time zone is not known: {part}. An example: {example}")
BAD_COUNTRY = N_("hours_bad_country", "The public holidays of this country are not known: {part}.")


class HoursProblem(ValueError):
    """Hours that cannot be used. `text` says what is wrong, for whoever typed them."""

    def __init__(self, text: Text, part: str, example: str = "") -> None:
        super().__init__(f"{text.key}: {part[:40]}")
        self.text = text.having(part=part[:40], example=example)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """One office's hours. Every time that goes in is aware; those that come out are its own."""

    weekly: tuple[tuple[Span, ...], ...]  # Monday first; each day's spans in order
    zone: ZoneInfo
    country: str = ""  # whose public holidays are kept; empty: none
    closed_days: frozenset[date] = frozenset()

    @classmethod
    def parse(
        cls, text: str, zone: str, country: str = "", closed_days: Collection[date] = ()
    ) -> OfficeHours:
        """Read hours as an office manager types them (`EXAMPLE`). Raises `HoursProblem`.

        A day that is not named is closed, and so is every day in "closed".
        """
        country = country.upper()
        _calendar(country)
        return cls(_weekly(text), _zone(zone), country, frozenset(closed_days))

    def is_open(self, at: datetime) -> bool:
        local = self._local(at)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.spans_on(local.date()))

    def opens_next(self, at: datetime) -> datetime | None:
        """The first moment from `at` on at which it is open: `at` itself while it is.

        None when it does not open within `LOOK_AHEAD_DAYS`.
        """
        today = self._local(at).date()
        for ahead in range(LOOK_AHEAD_DAYS + 1):
            for start, end in self._open_on(today + timedelta(days=ahead)):
                if at < end:
                    return max(at, start).astimezone(self.zone)
        return None

    def closes_next(self, at: datetime) -> datetime | None:
        """The end of the stretch it is open in at `at`; None while closed, or if it never ends."""
        if not self.is_open(at):
            return None
        closes, today = at, self._local(at).date()
        for ahead in range(LOOK_AHEAD_DAYS + 1):
            for start, end in self._open_on(today + timedelta(days=ahead)):
                if start > closes:
                    return closes.astimezone(self.zone)
                closes = max(closes, end)
            # A stretch that stops before midnight is over, whatever the next day brings.
            if not self.is_open(closes):
                return closes.astimezone(self.zone)
        return None

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time between two moments it was open."""
        total = timedelta()
        day, last = self._local(start).date(), self._local(end).date()
        while day <= last:
            for opened, closed in self._open_on(day):
                total += max(min(closed, end) - max(opened, start), timedelta())
            day += timedelta(days=1)
        return total

    def is_day_off(self, at: datetime) -> bool:
        """Whether it would be open on this day, had the country no public holiday."""
        day = self._local(at).date()
        usual = self.weekly[day.weekday()]
        return bool(usual) and day not in self.closed_days and not self.spans_on(day)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        usual = self.weekly[day.weekday()]
        calendar = _calendar(self.country)
        if day in self.closed_days:
            return ()
        if calendar is None:
            return usual
        if day.weekday() not in calendar.weekend:
            return usual if calendar.is_working_day(day) else ()
        if calendar.is_working_day(day):
            # Hungary works some Saturdays for a free day beside a holiday, mostly a Friday.
            return usual or self.weekly[FRIDAY]
        return () if day in calendar else usual

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("an aware time is needed")
        return at.astimezone(self.zone)

    def _open_on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of one local day, in order and in UTC, in which it is open."""
        spans = self.spans_on(day)
        if not spans:
            return
        edges = self._edges(day, spans)
        for start, end in zip(edges, edges[1:], strict=False):
            if self.is_open(start):
                yield start, end

    def _edges(self, day: date, spans: tuple[Span, ...]) -> list[datetime]:
        """Every moment of a local day at which it may open or close.

        Where the clock is set back, a wall time comes twice and counts both times; where it
        is set forward, opening falls on the change itself.
        """
        first, last = self._at(day, 0), self._at(day + timedelta(days=1), 0)
        edges = {first, last, *_changes(first, last, self.zone)}
        for minute in {minute for span in spans for minute in span}:
            edges |= {self._at(day, minute, fold) for fold in (0, 1)}
        return sorted(edge for edge in edges if first <= edge <= last)

    def _at(self, day: date, minute: int, fold: int = 0) -> datetime:
        if minute == MIDNIGHT:
            day, minute = day + timedelta(days=1), 0
        wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, fold=fold)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def _changes(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moment between two others at which the zone's clock is set, to the minute."""
    before = first.astimezone(zone).utcoffset()
    if before == last.astimezone(zone).utcoffset():
        return
    low, high = 0, round((last - first) / timedelta(minutes=1))
    while high - low > 1:
        middle = (low + high) // 2
        at = first + timedelta(minutes=middle)
        low, high = (middle, high) if at.astimezone(zone).utcoffset() == before else (low, middle)
    yield first + timedelta(minutes=high)


@lru_cache(maxsize=64)
def _calendar(country: str) -> holidays.HolidayBase | None:
    if not country:
        return None
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        raise HoursProblem(BAD_COUNTRY, country) from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise HoursProblem(BAD_ZONE, name, "Europe/Bucharest") from None


def _weekly(text: str) -> tuple[tuple[Span, ...], ...]:
    plain = re.sub(r"\s*([-,])\s*", r"\1", text[:MAX_TEXT].lower().replace("–", "-"))
    rules = [rule.split() for rule in plain.split(";") if rule.strip()]
    if rules == [["closed"]]:
        return ((),) * 7
    if not rules or len(text) > MAX_TEXT:
        raise HoursProblem(BAD_RULE, text, EXAMPLE)
    week: dict[int, tuple[Span, ...]] = {}
    for rule in rules:
        for day in _days(rule):
            if day in week:
                raise HoursProblem(DAY_TWICE, DAYS[day])
            week[day] = _spans(rule)
    return tuple(week.get(day, ()) for day in range(7))


def _days(rule: list[str]) -> Iterator[int]:
    """ "mon,wed-fri" names single days and ranges; a range may go over the weekend."""
    for item in rule[0].split(","):
        first, dash, last = item.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise HoursProblem(BAD_RULE, " ".join(rule), EXAMPLE)
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % 7 if dash else 0
        yield from ((start + step) % 7 for step in range(length + 1))


def _spans(rule: list[str]) -> tuple[Span, ...]:
    shown = " ".join(rule)
    if rule[1:] == ["closed"]:
        return ()
    found = [_TIMES.fullmatch(item) for item in rule[1:]]
    if not found or None in found:
        raise HoursProblem(BAD_RULE, shown, EXAMPLE)
    numbers = [tuple(map(int, match.groups())) for match in found if match is not None]
    spans = tuple(sorted((a * 60 + b, c * 60 + d) for a, b, c, d in numbers))
    ends = [0, *(end for _, end in spans)]
    in_order = all(start >= ends[place] for place, (start, _) in enumerate(spans))
    if not in_order or any(not start < end <= MIDNIGHT for start, end in spans):
        raise HoursProblem(BAD_SPAN, shown)
    return spans
