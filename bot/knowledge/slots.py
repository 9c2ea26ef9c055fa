"""Values that a counsellor puts into a phrase: checked, and written in its language.

A counsellor chooses a row of the directory or a topic, a day, a number. Phones and
addresses come from the register alone; the free words are names, and hold none.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.i18n import country_name, format_day, format_duration, isolate, render, wording
from bot.knowledge import answers
from bot.knowledge.entries import short_numbers
from bot.knowledge.facts import Row
from bot.knowledge.topics import TOPICS

if TYPE_CHECKING:
    from bot.knowledge.snapshot import Snapshot

MAX_WORDS = 60
MAX_MINUTES = 240
MAX_DAYS = 366


class BadSlot(Exception):
    """A phrase cannot be sent with these values."""

    def __init__(
        self, slot: str, fault: Literal["missing", "wrong", "past", "withheld", "unknown"]
    ) -> None:
        super().__init__(f"{slot}: {fault}")
        self.slot = slot
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Filled:
    texts: Mapping[str, str]
    facts: tuple[str, ...]
    due_on: datetime.date | None


Value = tuple[str, tuple[str, ...]]  # as people read it, and the facts in it


def fill_slots(
    snapshot: Snapshot, names: tuple[str, ...], values: Mapping[str, object], locale: str
) -> Filled:
    """Values come as text, as forms send them: 2026-08-03, 09:30, the id of a row."""
    if strange := sorted(values.keys() - set(names)):
        raise BadSlot(strange[0], "unknown")
    texts: dict[str, str] = {}
    facts: tuple[str, ...] = ()
    for name in names:
        value = str(values.get(name, "")).strip()
        if not value:
            raise BadSlot(name, "missing")
        texts[name], used = SLOTS[name](snapshot, name, value, locale)
        facts += used
    day = values.get("day")
    due_on = datetime.date.fromisoformat(str(day).strip()) if day is not None else None
    return Filled(texts, tuple(dict.fromkeys(facts)), due_on)


def options(
    snapshot: Snapshot, name: str, locale: str, country: str | None
) -> tuple[tuple[str, str], ...]:
    """Value and label of each choice, for a slot that is chosen and not written.

    Rows of both countries while the country is another one, or unknown.
    """
    if name == "topic":
        return tuple((topic, _topic_label(snapshot, topic, locale)) for topic in TOPICS)
    if name not in ("card", "number"):
        return ()
    return tuple(
        (row.id, _line(snapshot, row, locale) if name == "number" else _title(row, locale))
        for row in snapshot.directory.values()
        if (country not in ("ro", "hu") or row.country.lower() == country)
        and answers.may_show(snapshot, row)
        and (name == "card" or row.phones)
    )


# One function for each kind of slot


def _words(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    faults = wording.english_faults("", value, short_numbers(snapshot.directory))
    if faults or set("{\n") & set(value) or len(value) > MAX_WORDS:
        raise BadSlot(name, "wrong")
    return isolate(value, locale), ()


def _minutes(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    count = datetime.timedelta(minutes=_number(name, value, MAX_MINUTES))
    return format_duration(count, "minute", locale), ()


def _days(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    count = datetime.timedelta(days=_number(name, value, MAX_DAYS))
    return format_duration(count, "day", locale), ()


def _number(name: str, value: str, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 5 and 1 <= int(value) <= most):
        raise BadSlot(name, "wrong")
    return int(value)


def _day(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        raise BadSlot(name, "wrong") from None
    if day < snapshot.today():
        raise BadSlot(name, "past")
    if day > snapshot.today() + datetime.timedelta(days=MAX_DAYS):
        raise BadSlot(name, "wrong")
    return format_day(day, locale), ()


def _time(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    try:
        time = datetime.time.fromisoformat(value)
    except ValueError:
        raise BadSlot(name, "wrong") from None
    return isolate(time.strftime("%H:%M"), locale), ()


def _topic(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    if value not in TOPICS:
        raise BadSlot(name, "wrong")
    return _topic_label(snapshot, value, locale), ()


def _topic_label(snapshot: Snapshot, topic: str, locale: str) -> str:
    return render(TOPICS[topic], locale, snapshot.catalogues)


def _card(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    """Who it is, where, and how to reach them; opening hours are in no language but English."""
    row = _row(snapshot, name, value)
    place = ", ".join(part for part in (row.cell("address"), _city(row)) if part)
    columns = [column for column in ("phone", "url", "email") if row.cell(column)]
    names = tuple(f"{_prefix(row)}_{column}" for column in columns)
    lines = [_title(row, locale, with_city=False), isolate(place, locale)]
    lines += [snapshot.values.shown(cell, locale) for cell in names]
    return "\n".join(line for line in lines if line), names


def _phone(snapshot: Snapshot, name: str, value: str, locale: str) -> Value:
    row = _row(snapshot, name, value)
    if not row.phones:
        raise BadSlot(name, "wrong")
    return _line(snapshot, row, locale), (answers.contact_of(row),)


def _row(snapshot: Snapshot, name: str, value: str) -> Row:
    row = snapshot.directory.get(value)
    if row is None:
        raise BadSlot(name, "wrong")
    if not answers.may_show(snapshot, row):
        raise BadSlot(name, "withheld")
    return row


def _prefix(row: Row) -> str:
    return row.id.replace("-", "_")


def _city(row: Row) -> str:
    return "" if row.cell("city") == "national" else row.cell("city")


def _title(row: Row, locale: str, *, with_city: bool = True) -> str:
    place = country_name(row.country, locale)
    if with_city and (city := _city(row)):
        place = f"{isolate(city, locale)}, {place}"
    return f"{isolate(row.name, locale)} ({place})"


def _line(snapshot: Snapshot, row: Row, locale: str) -> str:
    return answers.number_line(snapshot, row, row.country.lower(), locale).text


SLOTS: Mapping[str, Callable[[Snapshot, str, str, str], Value]] = {
    "office": _words,
    "partner": _words,
    "minutes": _minutes,
    "days": _days,
    "day": _day,
    "time": _time,
    "topic": _topic,
    "card": _card,
    "number": _phone,
}
