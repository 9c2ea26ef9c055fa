"""Values of `{names}`: what may be shown today, and how it is written in a locale."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bot.i18n import (
    fill,
    format_date,
    format_money,
    format_number,
    format_percent,
    isolate,
    wording,
)
from bot.knowledge.facts import COLUMNS, Fact, Row

Stage = Literal["demo", "live"]

_NEVER = frozenset({"held", "withdrawn", "overdue"})


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its values in place. `withheld` names what may not be shown."""

    text: str
    facts: tuple[str, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Values:
    """Facts and directory rows together, by the name that texts use."""

    facts: Mapping[str, Fact]
    rows: Mapping[str, Row]
    cells: Mapping[str, tuple[Row, str]]  # "ro_anitp_phone" -> row and column

    @classmethod
    def of(cls, facts: Mapping[str, Fact], rows: Mapping[str, Row]) -> Values:
        cells = {
            f"{row.id.replace('-', '_')}_{column}": (row, column)
            for row in rows.values()
            for column in COLUMNS
        }
        return cls(facts, rows, cells)

    def fault(self, name: str) -> str | None:
        """Why content may not use this name, or None."""
        if name in self.facts:
            return self._fact_fault(name, self.facts[name].confidence, self.facts[name].state)
        if name not in self.cells:
            return f"{{{name}}} is neither a fact nor a cell of the directory"
        row, column = self.cells[name]
        if not row.cell(column):
            return f"{{{name}}}: the directory has no {column} for {row.id}"
        return self._fact_fault(name, row.confidence, row.state)

    @staticmethod
    def _fact_fault(name: str, confidence: str, state: str) -> str | None:
        if confidence == "low":
            return f"{{{name}}} has low confidence and is never shown"
        if state in ("held", "withdrawn"):
            return f"{{{name}}} is {state} and is never shown"
        return None

    def source(self, name: str) -> Fact | Row | None:
        if name in self.facts:
            return self.facts[name]
        return self.cells[name][0] if name in self.cells else None

    def is_verified(self, name: str, today: datetime.date) -> bool:
        source = self.source(name)
        return source is not None and is_verified(source, today)

    def may_show(self, name: str, stage: Stage, today: datetime.date) -> bool:
        source = self.source(name)
        if source is None or self.fault(name) is not None or source.state in _NEVER:
            return False
        return stage == "demo" or is_verified(source, today)

    def shown(self, name: str, locale: str) -> str:
        """The value as people read it, isolated inside right-to-left text."""
        if name in self.facts:
            return _fact_text(self.facts[name], locale)
        row, column = self.cells[name]
        if column == "phone":
            return ", ".join(isolate(phone, locale) for phone in row.phones)
        return isolate(row.cell(column), locale)

    def fill(self, template: str, locale: str, stage: Stage, today: datetime.date) -> Filled:
        names = tuple(dict.fromkeys(wording.PLACEHOLDER.findall(template)))
        withheld = tuple(name for name in names if not self.may_show(name, stage, today))
        if withheld:
            return Filled("", names, withheld)
        values = {name: self.shown(name, locale) for name in names}
        return Filled(fill(template, values), names, ())

    def length(self, template: str, locale: str) -> int:
        """Characters of the text when every known value stands in it."""
        values = {
            name: self.shown(name, locale)
            for name in wording.PLACEHOLDER.findall(template)
            if self.source(name) is not None
        }
        return len(fill(template, values))

    def url(self, name: str) -> str | None:
        """The plain web address behind a name, for a link button."""
        if name in self.facts:
            fact = self.facts[name]
            return str(fact.value) if fact.kind == "url" else None
        if name in self.cells and self.cells[name][1] == "url":
            return self.cells[name][0].cell("url").partition(";")[0].strip() or None
        return None


def is_verified(source: Fact | Row, today: datetime.date) -> bool:
    """A verified fact whose review is late counts as due, so it no longer is."""
    if source.state != "verified" or source.verified_on is None:
        return False
    return today <= source.verified_on + datetime.timedelta(days=source.review_every)


@lru_cache(maxsize=8192)  # a reload measures every answer with its facts in place
def _fact_text(fact: Fact, locale: str) -> str:
    value = fact.value
    if fact.kind == "date":
        return format_date(datetime.date.fromisoformat(str(value)), locale)
    if isinstance(value, str):
        return isolate(value, locale)
    if fact.kind == "money":
        return isolate(format_money(value, fact.currency, locale), locale)
    if fact.kind == "percent":
        return isolate(format_percent(value, locale), locale)
    return format_number(value, locale)
