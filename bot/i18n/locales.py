"""What a locale is like: negotiation, direction, names, dates, numbers, money."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import inf
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal
from babel.numbers import format_percent as babel_percent

Number = int | float | Decimal

SOURCE = "en"
_ORDER = (
    *("en", "ro", "hu", "uk", "ru", "ar", "fa", "tr"),
    *("ne", "si", "vi", "zh", "bn", "hi", "ur", "fil"),
)
_ALIASES = {"tl": "fil", "mo": "ro", "fa_af": "fa", "prs": "fa"}
_CODE = re.compile(r"[a-z]{2,3}(?:_[a-z0-9]{2,8}){0,3}")
_MAX_WANTED = 1000  # characters of a header that are looked at
LRI, PDI = "\u2066", "\u2069"
_MARKS = re.compile("[\u061c\u200e\u200f]")


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """Locales in the order in which people see them."""
    place = {code: number for number, code in enumerate(_ORDER)}
    return tuple(sorted(codes, key=lambda code: (place.get(code, len(place)), code)))


def is_known(code: str) -> bool:
    """Whether a folder's name is a locale that Babel can format for."""
    if not _CODE.fullmatch(code.lower()):
        return False
    try:
        _locale(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def negotiate(wanted: str | Iterable[str], offered: Collection[str]) -> str | None:
    """The offered locale a person wants most, or None.

    `wanted` is a code, several codes, or an Accept-Language header; hostile text is
    only ever compared with the offered codes.
    """
    known = {code.lower(): code for code in offered}
    for code in _wished([wanted] if isinstance(wanted, str) else wanted):
        while code:
            found = known.get(_ALIASES.get(code, code))
            if found is not None:
                return found
            code = code.rpartition("_")[0]
    return None


def _wished(wanted: Iterable[str]) -> list[str]:
    ranked: list[tuple[float, str]] = []
    for text in wanted:
        for item in text[:_MAX_WANTED].split(","):
            code, _, rest = item.partition(";")
            code = code.strip().lower().replace("-", "_")
            if _CODE.fullmatch(code):
                ranked.append((_quality(rest), code))
    ranked.sort(key=lambda item: -item[0])
    return [code for quality, code in ranked if quality > 0]


def _quality(parameter: str) -> float:
    found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameter)
    return float(found[1]) if found else 1.0


@lru_cache(maxsize=256)
def _locale(code: str) -> Locale:
    # Europe's English: 1 July, not July 1.
    return Locale.parse("en_GB" if code == "en" else code)


def direction(locale: str) -> str:
    """ "ltr" or "rtl"."""
    return str(_locale(locale).text_direction)


def own_name(locale: str) -> str:
    """A language's name in itself: Українська."""
    name = language_name(locale, locale)
    return name[:1].upper() + name[1:]


def language_name(code: str, in_locale: str) -> str:
    return str(_locale(in_locale).languages.get(code, code))


def country_name(code: str, in_locale: str) -> str:
    return str(_locale(in_locale).territories.get(code.upper(), code.upper()))


def isolate(value: str, locale: str) -> str:
    """Keep numbers and Latin text in their own order inside right-to-left text."""
    if direction(locale) == "ltr" or not value or _has_rtl(value):
        return value
    return f"{LRI}{_MARKS.sub('', value)}{PDI}"


def _has_rtl(text: str) -> bool:
    return any("\u0590" <= char <= "\u08ff" or "\ufb1d" <= char <= "\ufefc" for char in text)


def format_date(value: datetime.date, locale: str) -> str:
    return str(babel_date(value, format="long", locale=_locale(locale)))


def format_day(value: datetime.date, locale: str) -> str:
    """A date with its weekday, as people make appointments."""
    return str(babel_date(value, format="full", locale=_locale(locale)))


def format_duration(value: datetime.timedelta, unit: Literal["day", "minute"], locale: str) -> str:
    """A number of days or minutes with its word, in the plural form of the language."""
    return str(format_timedelta(value, unit, threshold=inf, locale=_locale(locale)))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day as a value of a text; shown as the clock of its own zone has it."""

    at: datetime.datetime


def format_moment(value: datetime.datetime, locale: str) -> str:
    """Weekday, date and time: Monday, 23 November 2026, 09:00."""
    pattern = str(_locale(locale).datetime_formats["medium"])  # "{1}, {0}"
    time = str(babel_time(value.timetz(), "short", locale=_locale(locale)))
    return pattern.replace("{1}", format_day(value.date(), locale)).replace("{0}", time)


def format_number(value: Number, locale: str) -> str:
    return str(format_decimal(value, locale=_locale(locale), numbering_system="latn"))


def format_money(value: Number, currency: str, locale: str) -> str:
    pattern = _locale(locale).currency_formats["standard"].pattern
    if value == int(value):
        pattern = re.sub(r"\.0+", "", pattern)
    text = format_currency(
        value,
        currency,
        format=pattern,
        locale=_locale(locale),
        currency_digits=False,
        numbering_system="latn",
    )
    return _spaced(_MARKS.sub("", str(text)), currency)


def _spaced(text: str, currency: str) -> str:
    """Some locales write RON4,325, which is hard to read for a code."""
    text = re.sub(rf"{currency}(?=\d)", f"{currency}\u00a0", text)
    return re.sub(rf"(?<=\d){currency}", f"\u00a0{currency}", text)


def format_percent(value: Number, locale: str) -> str:
    """`value` is what people say: 75 for 75 %."""
    share = Decimal(str(value)) / 100
    return str(babel_percent(share, locale=_locale(locale), numbering_system="latn"))
