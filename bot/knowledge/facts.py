"""Facts and directory rows: every value that may stand in a text as `{name}`."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from bot.i18n.po import Problem, decode
from bot.knowledge import strict_yaml

T = TypeVar("T")

Kind = Literal["money", "number", "date", "percent", "text", "url", "phone"]
State = Literal["unverified", "checked", "verified", "due", "overdue", "withdrawn", "held"]
Confidence = Literal["high", "medium", "low"]

COLUMNS = ("name", "city", "address", "phone", "email", "url", "hours")
REACH = ("voice", "sms", "app", "chat")
CONTACTS = ("phone", "url", "email")
NO_VALUE = frozenset({"", "not found", "not applicable"})
MAX_BYTES = 500_000
_NAME = re.compile(r"(?:ro|hu|common)_[a-z0-9_]{1,60}")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ]*(?: \([0-9a-z ]+\))?")  # +36 1 463 9292 (call centre)


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of content/facts/*.yaml."""

    id: str
    kind: Kind
    value: int | float | str  # a date is written 2026-07-01
    source: str
    source_year: str
    confidence: Confidence
    state: State
    currency: str = ""
    verified_on: datetime.date | None = None
    review_every: int = 30
    note: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of content/directory/*.csv."""

    id: str
    country: str
    kind: str
    name: str
    city: str
    address: str
    latitude: str
    longitude: str
    phone: str
    email: str
    url: str
    hours: str
    languages: str
    serves: str
    source: str
    source_year: str
    confidence: Confidence
    state: State
    review_every: int = 30
    verified_on: datetime.date | None = None
    reach: str = ""  # several of `REACH` with ";"; empty: by a plain call

    def cell(self, column: str) -> str:
        """A cell's value, or "" when nothing is known."""
        value = str(getattr(self, column))
        return "" if value in NO_VALUE else value

    @property
    def phones(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.cell("phone").split(";") if part.strip())

    @property
    def ways(self) -> tuple[str, ...]:
        """How its phone is reached: values of `REACH`; empty for a plain call."""
        return tuple(part.strip() for part in self.reach.split(";") if part.strip())

    @property
    def contact(self) -> str:
        """The column to reach it by: a phone before a web site, that before an e-mail."""
        return next((column for column in CONTACTS if self.cell(column)), CONTACTS[0])


@dataclass(slots=True)
class Sheet(Generic[T]):
    """What one file declares, and what is wrong with it."""

    path: str
    good: dict[str, T] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)
    is_refused: bool = False
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, message: str) -> Sheet[T]:
        self.is_refused = True
        self.problems.append(Problem(self.path, line, message))
        return self

    def spoil(self, name: str, line: int, message: str) -> None:
        self.broken.add(name)
        self.good.pop(name, None)
        self.problems.append(Problem(self.path, line, f"{name}: {message}"))


def read_facts(path: str, data: bytes) -> Sheet[Fact]:
    sheet: Sheet[Fact] = Sheet(path)
    text = decode(path, data, MAX_BYTES)
    if isinstance(text, Problem):
        return sheet.refuse(text.line, text.message)
    try:
        table, lines = strict_yaml.load(text)
    except strict_yaml.BadYaml as error:
        return sheet.refuse(error.line, error.message)
    if not isinstance(table, dict) or not table:  # empty: caught in the middle of a save
        return sheet.refuse(1, "the file must hold facts by name")
    sheet.lines = lines
    for name, raw in table.items():
        _take_fact(sheet, str(name), raw)
    return sheet


def _take_fact(sheet: Sheet[Fact], name: str, raw: Any) -> None:
    line = sheet.lines.get(name, 1)
    if not _NAME.fullmatch(name):
        sheet.spoil(name, line, "a fact's name is ro_, hu_ or common_ and [a-z0-9_]")
        return
    try:
        if isinstance(raw, dict) and isinstance(raw.get("value"), datetime.date):
            raw = {**raw, "value": raw["value"].isoformat()}
        fact = msgspec.convert(raw, Fact)
    except msgspec.ValidationError as error:
        sheet.spoil(name, line, str(error))
        return
    if fault := next(_fact_faults(fact), None):
        sheet.spoil(name, line, fault)
    else:
        sheet.good[name] = fact


def _fact_faults(fact: Fact) -> Iterator[str]:
    value = fact.value
    is_number = isinstance(value, int | float)
    if fact.kind in ("money", "number", "percent") and not is_number:
        yield f"value must be a number for kind {fact.kind}"
    if fact.kind == "date" and not _is_date(value):
        yield "value must be a date, as in 2026-07-01"
    if fact.kind in ("text", "url", "phone") and not isinstance(value, str):
        yield f"value must be text in quotes for kind {fact.kind}"
    if fact.kind == "money" and not re.fullmatch("[A-Z]{3}", fact.currency):
        yield "money needs a currency of three letters, as in RON"
    if fact.kind == "url" and not is_safe_url(str(value)):
        yield f"not a web address: {value}"
    if fact.state == "verified" and fact.verified_on is None:
        yield "verified needs verified_on"
    if fact.review_every <= 0:
        yield "review_every must be a number of days"


def _is_date(value: int | float | str) -> bool:
    try:
        datetime.date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def read_directory(path: str, data: bytes) -> Sheet[Row]:
    sheet: Sheet[Row] = Sheet(path)
    text = decode(path, data, MAX_BYTES)
    if isinstance(text, Problem):
        return sheet.refuse(text.line, text.message)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = set(Row.__struct_fields__[:18]) - set(reader.fieldnames or ())
        if missing:
            return sheet.refuse(1, f"columns missing: {', '.join(sorted(missing))}")
        for cells in reader:
            _take_row(sheet, cells, reader.line_num)
    except csv.Error as error:
        return sheet.refuse(reader.line_num, f"not a valid CSV file: {error}")
    return sheet if sheet.good or sheet.broken else sheet.refuse(1, "the file has no rows")


def _take_row(sheet: Sheet[Row], cells: dict[str, Any], line: int) -> None:
    row_id = str(cells.get("id") or "")
    sheet.lines[row_id] = line
    if None in cells or None in cells.values():
        sheet.spoil(row_id, line, "too many or too few cells; is a quote or comma missing?")
        return
    if not re.fullmatch(r"(?:ro|hu)-[a-z0-9-]{1,36}", row_id):
        sheet.spoil(row_id, line, "the id must be ro- or hu- and [a-z0-9-]")
        return
    if row_id in sheet.good or row_id in sheet.broken:
        sheet.spoil(row_id, line, "this id stands here twice")
        return
    cells = {key: value.strip() for key, value in cells.items()}
    cells["verified_on"] = cells.get("verified_on") or None
    try:
        row = msgspec.convert(cells, Row, strict=False)
    except msgspec.ValidationError as error:
        sheet.spoil(row_id, line, str(error))
        return
    if fault := next(_row_faults(row), None):
        sheet.spoil(row_id, line, fault)
    else:
        sheet.good[row_id] = row


def _row_faults(row: Row) -> Iterator[str]:
    if row.country.lower() != row.id[:2]:
        yield f"country {row.country} does not fit the id"
    for phone in row.phones:
        if not _PHONE.fullmatch(phone):
            yield f"phone {phone!r} is no phone number"
    if unknown := [way for way in row.reach.split(";") if row.reach and way.strip() not in REACH]:
        yield f"reach {unknown[0]!r} is none of {', '.join(REACH)}"
    if url := row.cell("url"):
        for part in url.split(";"):
            if not is_safe_url(part.strip()):
                yield f"not a web address: {part.strip()}"
    if row.state == "verified" and row.verified_on is None:
        yield "verified needs a date in verified_on"


def is_safe_url(url: str) -> bool:
    """http(s), a plain host without user or punycode, nothing hidden."""
    if not url.isascii() or re.search(r"[\s<>\"'`{}\\]", url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = _HOST.fullmatch(host) and "xn--" not in host and parts.username is None
    return bool(plain) and parts.scheme in ("http", "https") and port is None
