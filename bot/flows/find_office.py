"""Which rows of the directory to name: by topic, near a city or a place, at most three.

Places are known to the middle of a city only: they order rows, and are never shown.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from bot.handoff.hours import HoursProblem, OfficeHours
from bot.knowledge import Snapshot
from bot.knowledge.facts import Row
from bot.knowledge.places import City, Places

FLOW = "find-office"
ALL = "all"
MOST = 3  # offices in an answer
MOST_LINES = 4
NEAR_KM = 60
OURS_KM = 120  # further from every city of ours, somebody is in another country
EARTH_KM = 6371
ZONES = {"RO": "Europe/Bucharest", "HU": "Europe/Budapest"}
MAP = "https://www.openstreetmap.org/search?query="

_PLACE = re.compile(r"-?\d{1,2}(?:\.\d{1,2})?,-?\d{1,3}(?:\.\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Point:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Found:
    """What to name: `lines` reach from anywhere, `offices` are the nearest, best first."""

    country: str  # ro, hu
    offices: tuple[Row, ...]
    lines: tuple[Row, ...]
    is_near: bool  # the first office is, or nobody said where they are
    lines_first: bool


def place_text(latitude: object, longitude: object) -> str:
    """Coordinates as they travel, to two decimals (about a kilometre); "" for odd ones."""
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return ""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return ""
    return f"{latitude:.2f},{longitude:.2f}"


def read_place(text: str) -> Point | None:
    if not _PLACE.fullmatch(text):
        return None
    latitude, longitude = map(float, text.split(","))
    return Point(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def kilometres(one: Point, other: Point) -> float:
    """Great-circle distance by the haversine formula."""
    high, low = math.radians(one.latitude), math.radians(other.latitude)
    turn = math.radians(other.longitude - one.longitude)
    half = (
        math.sin((high - low) / 2) ** 2 + math.cos(high) * math.cos(low) * math.sin(turn / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def point_of(place: City) -> Point:
    return Point(place.latitude, place.longitude)


def city_near(places: Places, at: Point) -> City | None:
    """The city of ours that is nearest to a place; None far from all of them."""
    nearest = min(
        places.cities.values(), key=lambda city: kilometres(at, point_of(city)), default=None
    )
    if nearest is None or kilometres(at, point_of(nearest)) > OURS_KM:
        return None
    return nearest


def groups(places: Places) -> frozenset[str]:
    return frozenset(serves.group for serves in places.serves.values()) | {ALL}


def look(snapshot: Snapshot, topic: str, country: str, at: Point | None = None) -> Found:
    """Offices and lines for a topic or a group of topics, in one country."""
    wanted = [
        serves
        for serves in snapshot.places.serves.values()
        if topic in (serves.topic, serves.group, ALL)
    ]
    kinds = list(dict.fromkeys(kind for serves in wanted for kind in serves.kinds))
    urgent = any(serves.urgent for serves in wanted) and topic != ALL
    # In the order of the file: the emergency number before everything else.
    line_kinds = list(dict.fromkeys(kind for serves in wanted for kind in serves.lines))
    shown = [row for row in snapshot.directory.values() if _is_for(snapshot, row, country)]
    offices = _nearest(shown, kinds, at)
    is_near = at is None or bool(offices) and kilometres(at, _middle(offices[0])) <= NEAR_KM
    return Found(
        country,
        offices[: MOST if is_near else 1],
        () if topic == ALL else _lines(shown, line_kinds),
        is_near,
        urgent,
    )


def may_show(snapshot: Snapshot, row: Row) -> bool:
    """Held, withdrawn and doubtful rows are never shown, live shows what is verified."""
    return snapshot.values.may_show(f"{prefix(row)}_name", snapshot.stage, snapshot.today())


def prefix(row: Row) -> str:
    return row.id.replace("-", "_")


def _is_for(snapshot: Snapshot, row: Row, country: str) -> bool:
    return row.country.lower() == country and may_show(snapshot, row)


def _nearest(rows: Iterable[Row], kinds: list[str], at: Point | None) -> tuple[Row, ...]:
    """Of one city, what is meant for the topic comes first, and what can be reached."""

    def order(row: Row) -> tuple[float, bool, int]:
        away = kilometres(at, _middle(row)) if at is not None else 0
        return away, not _reached(row), kinds.index(row.kind)

    placed = [row for row in rows if row.kind in kinds and row.latitude and row.longitude]
    return tuple(sorted(placed, key=order))


def _reached(row: Row) -> bool:
    return bool(row.phones or row.cell("address"))


def _middle(row: Row) -> Point:
    return Point(float(row.latitude), float(row.longitude))


def _lines(rows: Iterable[Row], kinds: list[str]) -> tuple[Row, ...]:
    found = [
        row
        for row in rows
        if row.kind in kinds and not row.latitude and any(map(row.cell, ("phone", "url")))
    ]
    best_of = sorted(found, key=lambda row: kinds.index(row.kind))
    first: dict[str, Row] = {}
    for row in best_of:
        first.setdefault(row.kind, row)
    return tuple(first.values())[:MOST_LINES]


def is_day_off(row: Row, at: datetime.datetime) -> bool:
    """Whether a public holiday keeps it closed today; False where its hours cannot be read."""
    try:
        hours = OfficeHours.parse(row.cell("hours"), ZONES[row.country], row.country)
    except HoursProblem:
        return False
    return hours.is_day_off(at)


def map_link(row: Row) -> str:
    """A search for the address as it is written; "" where none is known. Never a pin."""
    address = row.cell("address")
    if not address:
        return ""
    return MAP + quote(f"{address}, {row.cell('city')}", safe="")
