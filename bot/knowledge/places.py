"""Cities by every name they have, and which offices serve a topic: `content/places/*.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec

from bot.i18n.po import Problem, decode
from bot.knowledge.facts import MAX_BYTES, Sheet
from bot.knowledge.topics import TOPICS
from bot.lexical import fold

FOLDER = "content/places"
CITIES, SERVES = "cities.csv", "office-topics.csv"
T = TypeVar("T", "City", "Serves")


class City(msgspec.Struct, frozen=True, kw_only=True):
    """A town and its middle, to two decimals."""

    id: str  # ro-cluj-napoca
    country: Literal["RO", "HU"]
    county: str
    name: str
    latitude: float
    longitude: float
    names: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()  # ordinary words, too: they count when nothing else is said


class Serves(msgspec.Struct, frozen=True, kw_only=True):
    """Which kinds of the directory's rows serve one topic."""

    topic: str
    group: str  # what the guided flow offers: several topics together
    kinds: tuple[str, ...]
    lines: tuple[str, ...]  # kinds that are reached by phone from anywhere in the country
    urgent: bool = False  # the lines come before any office


@dataclass(frozen=True, eq=False)
class Places:
    cities: Mapping[str, City] = field(default_factory=dict)
    serves: Mapping[str, Serves] = field(default_factory=dict)  # by topic


def read_cities(path: str, data: bytes) -> Sheet[City]:
    return _read(path, data, ("country", "county", "name", "names", "alone"), _city)


def read_serves(path: str, data: bytes) -> Sheet[Serves]:
    return _read(path, data, ("topic", "group", "kinds", "lines", "urgent"), _serves)


def _read(
    path: str, data: bytes, columns: tuple[str, ...], make: Callable[[dict[str, Any]], T]
) -> Sheet[T]:
    sheet: Sheet[T] = Sheet(path)
    text = decode(path, data, MAX_BYTES)
    if isinstance(text, Problem):
        return sheet.refuse(text.line, text.message)
    head = sum(1 for _ in _comments(text))
    rows = "".join(text.splitlines(keepends=True)[head:])
    reader = csv.DictReader(io.StringIO(rows, newline=""), strict=True)
    try:
        if missing := set(columns) - set(reader.fieldnames or ()):
            return sheet.refuse(head + 1, f"columns missing: {', '.join(sorted(missing))}")
        for cells in reader:
            _take(sheet, cells, head + reader.line_num, make)
    except csv.Error as error:
        return sheet.refuse(head + reader.line_num, f"not a valid CSV file: {error}")
    return sheet if sheet.good or sheet.broken else sheet.refuse(1, "the file has no rows")


def _comments(text: str) -> Iterator[str]:
    """Lines at the top that say where the rows come from."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        yield line


def _take(
    sheet: Sheet[T], cells: dict[str, Any], line: int, make: Callable[[dict[str, Any]], T]
) -> None:
    name = str(cells.get("name") or cells.get("topic") or "")
    if None in cells or None in cells.values():
        sheet.spoil(name, line, "too many or too few cells; is a comma missing?")
        return
    try:
        made = make({key: value.strip() for key, value in cells.items()})
    except (msgspec.ValidationError, ValueError) as error:
        sheet.spoil(name, line, str(error))
        return
    key = made.id if isinstance(made, City) else made.topic
    if key in sheet.good:
        sheet.spoil(key, line, "this stands here twice")
        return
    sheet.lines[key] = line
    sheet.good[key] = made


def _city(cells: dict[str, Any]) -> City:
    cells["id"] = f"{cells['country'].lower()}-{fold(cells['name']).replace(' ', '-')}"
    cells["names"], cells["alone"] = _several(cells["names"]), _several(cells["alone"])
    return msgspec.convert(cells, City, strict=False)


def _serves(cells: dict[str, Any]) -> Serves:
    if cells["topic"] not in TOPICS:
        raise ValueError("there is no such topic")
    cells["kinds"], cells["lines"] = _several(cells["kinds"]), _several(cells["lines"])
    cells["urgent"] = cells["urgent"] == "yes"
    return msgspec.convert(cells, Serves)


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
