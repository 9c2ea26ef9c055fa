"""Times as counsellors read them: in their office's time zone and their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.console.words import WORDS
from bot.i18n import format_date
from bot.messages import Text


@dataclass(frozen=True, slots=True)
class Moment:
    iso: str
    shown: str
    day: str  # "2026-03-01", as a date field takes it


class Calendar:
    def __init__(self, zone: str, locale: str, now: datetime | None = None) -> None:
        self.zone = ZoneInfo(zone or "UTC")
        self.locale = locale
        self.now = now or datetime.now(UTC)

    def moment(self, at: datetime) -> Moment:
        """The time of today, or date and time."""
        local = at.astimezone(self.zone)
        clock = local.strftime("%H:%M")
        shown = clock if local.date() == self.today else f"{self.date_of(at)}, {clock}"
        return Moment(at.isoformat(), shown, local.date().isoformat())

    def clock(self, at: datetime) -> Moment:
        local = at.astimezone(self.zone)
        return Moment(at.isoformat(), local.strftime("%H:%M"), local.date().isoformat())

    def due(self, at: datetime) -> Moment:
        return Moment(at.isoformat(), self.date_of(at), at.astimezone(self.zone).date().isoformat())

    def date_of(self, at: datetime) -> str:
        return format_date(at.astimezone(self.zone).date(), self.locale)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The first moment of the day after."""
        return self.start_of(day + timedelta(days=1))

    def waited(self, since: datetime) -> Text:
        minutes = max(0, int((self.now - since).total_seconds() // 60))
        if minutes < 120:
            return WORDS["minutes"].having(n=minutes)
        if minutes < 48 * 60:
            return WORDS["hours"].having(n=minutes // 60)
        return WORDS["days"].having(n=minutes // (24 * 60))


def read_day(text: str) -> date | None:
    """A date field's value; None when it is empty or no date."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-01") else None
    except ValueError:
        return None
