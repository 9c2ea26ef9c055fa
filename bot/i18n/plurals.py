"""Plural forms of a language, from CLDR through Babel.

Not from the table in `babel.messages.plurals`: it gives Hungarian and Turkish one form
and swaps two Arabic ones, so a file written in Poedit or Weblate would read wrongly.
"""

from __future__ import annotations

import gettext
from collections import Counter
from functools import lru_cache

from babel import Locale
from babel.messages.plurals import get_plural
from babel.plural import PluralRule, to_gettext

_ORDER = ("zero", "one", "two", "few", "many", "other")
_SAMPLE = 1000  # beyond it, some languages have a form for round millions only


@lru_cache(maxsize=256)
def categories(locale: str) -> tuple[str, ...]:
    """The forms whole numbers need, in the order of `msgstr[0]`, `msgstr[1]`, ..."""
    rule = Locale.parse(locale).plural_form
    used = {rule(n) for n in range(_SAMPLE)}
    return tuple(tag for tag in _ORDER if tag in used)


def index_of(locale: str, n: int) -> int:
    forms = categories(locale)
    tag = Locale.parse(locale).plural_form(n)
    return forms.index(tag) if tag in forms else len(forms) - 1


# As translators' tools write them; a rule of CLDR's own is long and hard to read.
_USUAL = (
    "(n != 1)",
    "(n > 1)",
    "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)",
)


@lru_cache(maxsize=256)
def header(locale: str) -> str:
    """The `Plural-Forms` line for a new file."""
    forms = categories(locale)
    for expression in (get_plural(locale).plural_expr, *_USUAL):
        value = f"nplurals={len(forms)}; plural={expression};"
        if fits(value, locale):
            return value
    rules = dict(Locale.parse(locale).plural_form.rules)
    rules = {tag: rule for tag, rule in rules.items() if tag in forms}
    if "other" not in forms:  # Ukrainian keeps "other" for fractions
        rules.pop(forms[-1])
    return str(to_gettext(PluralRule(rules)))


@lru_cache(maxsize=256)
def single_forms(locale: str) -> frozenset[int]:
    """Forms that stand for exactly one number; they may leave `{n}` out."""
    seen = Counter(index_of(locale, n) for n in range(_SAMPLE))
    return frozenset(index for index, count in seen.items() if count == 1)


@lru_cache(maxsize=256)
def fits(header_value: str, locale: str) -> bool:
    """Whether a `Plural-Forms` value means what the language needs, however written."""
    count, _, expression = header_value.partition(";")
    forms = len(categories(locale))
    if count.replace(" ", "") != f"nplurals={forms}":
        return False
    name, _, formula = expression.strip().rstrip(";").partition("=")
    if name.strip() != "plural":
        return False
    try:
        pick = gettext.c2py(formula)  # parses C, runs nothing else
        return all(pick(n) == index_of(locale, n) for n in range(_SAMPLE))
    except (ValueError, ZeroDivisionError, RecursionError, OverflowError):
        return False
