"""The conditions of a guided flow, as its file writes them under `when`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COUNTRY = "country"  # names the country of a run, asked or known
RESERVED = frozenset({COUNTRY, "points", "count", "fact", "any", "all", "not"})
COUNTRIES = ("ro", "hu", "xx")


class Condition:
    """One of the kinds below. No dataclass itself: msgspec hands its text to `parse`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    min: int | None = None
    max: int | None = None

    def hold(self, number: int) -> bool:
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


@dataclass(frozen=True, slots=True)
class Given(Condition):
    """The answer is one of these; false while there is none."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberIn(Condition):
    question: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class CountryIs(Condition):
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Points(Condition):
    """The sum of the weights of the given answers."""

    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Count(Condition):
    """How many answers carry one of the marks, or are one of the options."""

    marks: tuple[str, ...]
    options: tuple[str, ...]
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class FactIs(Condition):
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    part: Condition


ALWAYS = AllOf(())


def parse(data: object) -> Condition:
    """The condition a mapping means. Raises ValueError with what to write instead."""
    if not isinstance(data, Mapping) or not data:
        raise ValueError("a condition is a mapping such as {question: option}")
    parts = tuple(_part(str(key), value) for key, value in data.items())
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _part(key: str, value: Any) -> Condition:
    match key:
        case "country":
            return CountryIs(_countries(value))
        case "points":
            return Points(_bounds(value, key))
        case "count":
            return _count(value)
        case "fact":
            return _fact(value)
        case "any" | "all":
            if not isinstance(value, list) or not value:
                raise ValueError(f"{key} needs a list of conditions")
            parts = tuple(map(parse, value))
            return AnyOf(parts) if key == "any" else AllOf(parts)
        case "not":
            return Not(parse(value))
    if isinstance(value, Mapping):
        return NumberIn(key, _bounds(value, key))
    return Given(key, _words(value, key))


def _words(value: object, key: str) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, str) and item for item in items):
        raise ValueError(f"{key} needs the id of an option or a list of them; quote yes, no, 1")
    return tuple(items)


def _countries(value: object) -> tuple[str, ...]:
    words = _words(value, COUNTRY)
    if unknown := sorted(set(words) - set(COUNTRIES)):
        raise ValueError(f"country {unknown[0]!r} is none of ro, hu, xx")
    return words


def _bounds(value: object, key: str) -> Bounds:
    if not isinstance(value, Mapping) or not value or set(value) - {"min", "max"}:
        raise ValueError(f"{key} needs {{min: number}}, {{max: number}} or both")
    numbers = [value.get("min"), value.get("max")]
    if any(number is not None and type(number) is not int for number in numbers):
        raise ValueError(f"{key}: min and max are whole numbers")
    low, high = numbers
    if low is not None and high is not None and low > high:
        raise ValueError(f"{key}: min {low} is more than max {high}, so it never holds")
    return Bounds(low, high)


def _count(value: object) -> Condition:
    if not isinstance(value, Mapping) or set(value) - {"mark", "option", "min", "max"}:
        raise ValueError("count needs {mark: name, min: number}")
    if ("mark" in value) == ("option" in value):
        raise ValueError("count needs either a mark or an option")
    marks = _words(value["mark"], "count mark") if "mark" in value else ()
    options = _words(value["option"], "count option") if "option" in value else ()
    bounds = {key: value[key] for key in ("min", "max") if key in value}
    return Count(marks, options, _bounds(bounds, "count"))


def _fact(value: object) -> Condition:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("fact needs {name_of_the_fact: value}")
    parts = []
    for name, wanted in value.items():
        items = wanted if isinstance(wanted, list) else [wanted]
        parts.append(FactIs(str(name), tuple(map(str, items))))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def leaves(condition: Condition) -> Iterator[Condition]:
    """The simple conditions that a condition is built of."""
    match condition:
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def questions_in(condition: Condition) -> frozenset[str]:
    """The questions a condition names; `country` among them when it asks for that."""
    found = set()
    for leaf in leaves(condition):
        if isinstance(leaf, Given | NumberIn):
            found.add(leaf.question)
        elif isinstance(leaf, CountryIs):
            found.add(COUNTRY)
    return frozenset(found)
