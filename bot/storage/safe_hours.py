"""The hours in which we may start a message to somebody, on the clock of their office."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_EVERY_DAY = range(7)
_WEEKEND = (5, 6)
# What is chosen -> the days of the week (Monday is 0), and from when to when.
WINDOWS = {
    "morning": (_EVERY_DAY, time(8), time(12)),
    "afternoon": (_EVERY_DAY, time(12), time(17)),
    "evening": (_EVERY_DAY, time(17), time(21)),
    "weekend": (_WEEKEND, time(8), time(21)),
}


def opens_at(hours: str, zone: str, now: datetime) -> datetime:
    """From when on a message may go: `now` itself inside the hours, and without any."""
    if hours not in WINDOWS:
        return now
    days, start, end = WINDOWS[hours]
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    for ahead in range(8):
        day = today + timedelta(days=ahead)
        opens, closes = (datetime.combine(day, at, local) for at in (start, end))
        if day.weekday() in days and now < closes:
            return max(now, opens.astimezone(now.tzinfo))
    return now
