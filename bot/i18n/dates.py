"""A date as people write it: 12.03.2026, 2026-03-12, "12 march", in their own words."""

from __future__ import annotations

import datetime
import re
import unicodedata
from functools import lru_cache

from babel.dates import get_month_names

from bot.i18n.locales import SOURCE, _locale

_NUMBERS = re.compile(r"(\d{1,4})[\s./\-–年月]{1,3}(\d{1,2})(?:[\s./\-–年月日]{1,3}(\d{1,4}))?日?")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")


def read_date(text: str, locale: str, today: datetime.date) -> datetime.date | None:
    """The one date a text names. Without a year: the next such day from today on."""
    plain = western_digits(text).casefold().strip()
    return _by_numbers(plain, today) or _by_month(plain, locale, today)


def western_digits(text: str) -> str:
    """Digits of every script as 0-9."""
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char
        for char in text
    )


def _by_numbers(text: str, today: datetime.date) -> datetime.date | None:
    found = _NUMBERS.search(text)
    if not found:
        return None
    first, second, third = (int(part) if part else None for part in found.groups())
    assert first is not None and second is not None
    if first > 31:  # 2026-03-12
        return _date(first, second, third) if third is not None else None
    if third is None:
        return _next(second, first, today)
    year = third + 2000 if third < 100 else third
    return _date(year, second, first)


def _by_month(text: str, locale: str, today: datetime.date) -> datetime.date | None:
    month = _month(text, locale) or _month(text, SOURCE)
    year, day = _YEAR.search(text), _DAY.search(text)
    if month is None or day is None:
        return None
    number = int(day[1])
    return _date(int(year[1]), month, number) if year else _next(month, number, today)


def _month(text: str, locale: str) -> int | None:
    """The month whose name stands in the text; the longest name counts."""
    found = [(len(name), month) for name, month in _months(locale) if _has_word(text, name)]
    return max(found)[1] if found else None


def _has_word(text: str, name: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


@lru_cache(maxsize=64)
def _months(locale: str) -> tuple[tuple[str, int], ...]:
    names = {
        (name.casefold().rstrip("."), month)
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for month, name in get_month_names(width, context, _locale(locale)).items()
    }
    return tuple(sorted((name, month) for name, month in names if not name.isdecimal()))


def _next(month: int, day: int, today: datetime.date) -> datetime.date | None:
    this_year = _date(today.year, month, day)
    if this_year is not None and this_year < today:
        return _date(today.year + 1, month, day)
    return this_year


def _date(year: int, month: int, day: int | None) -> datetime.date | None:
    try:
        return datetime.date(year, month, day or 0)
    except ValueError:
        return None
