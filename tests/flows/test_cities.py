"""Cities by the spellings of real people (city_spellings.csv), and the data file itself."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.flows.cities import find, resolve
from bot.flows.find_office import city_near, kilometres, point_of
from bot.knowledge import Knowledge
from bot.knowledge.places import Places, read_cities, read_serves
from bot.knowledge.topics import TOPICS

KEPT = Path(__file__).with_name("city_spellings.csv")
RIGHT, FALSE = 0.95, 2


@pytest.fixture
def places(knowledge: Knowledge) -> Places:
    return knowledge.snapshot.places


def rows() -> list[tuple[str, str]]:
    with KEPT.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["city"]) for row in csv.DictReader(file)]


def found(text: str, places: Places) -> str:
    return " ".join(city.id for city in find(text, places))


def test_spellings_that_people_use(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    named = [(text, city) for text, city in rows() if city]
    others = [text for text, city in rows() if not city]
    assert len(named) >= 220 and len(others) >= 40
    wrong = [(text, city, found(text, places)) for text, city in named]
    wrong = [row for row in wrong if row[1] != row[2]]
    false = [(text, found(text, places)) for text in others if found(text, places)]
    with capsys.disabled():
        share = 1 - len(wrong) / len(named)
        print(f"\ncities: {share:.1%} of {len(named)} right, {len(false)} of {len(others)} false")
    assert len(wrong) <= (1 - RIGHT) * len(named), wrong
    assert len(false) <= FALSE, false


def test_the_kept_set_has_many_scripts() -> None:
    letters = (char for text, _ in rows() for char in text if char.isalpha())
    scripts = {unicodedata.name(char).split()[0] for char in letters}
    wanted = {"LATIN", "CYRILLIC", "ARABIC", "DEVANAGARI", "BENGALI", "CJK", "SINHALA"}
    assert wanted <= scripts


def test_ordinary_questions_name_hardly_ever_a_city(knowledge: Knowledge) -> None:
    """Content's own examples: cities stand in some, but never in many."""
    said = list(_examples(knowledge))
    named = [text for text in said if find(text, knowledge.snapshot.places)]
    assert len(said) > 5000
    assert len(named) < 0.05 * len(said)


def _examples(knowledge: Knowledge) -> Iterator[str]:
    for by_locale in knowledge.snapshot.examples().values():
        for phrases in by_locale.values():
            yield from phrases


@pytest.mark.parametrize(
    ("text", "cities"),
    [
        ("targu", "ro-targu-jiu ro-targu-mures ro-targu-neamt ro-targu-secuiesc"),
        ("vasarhely", "hu-hodmezovasarhely ro-targu-mures"),
        ("from iasi to cluj", "ro-cluj-napoca ro-iasi"),
        ("papa", "hu-papa"),  # said alone it is the town
        ("my papa is here", ""),
        ("Roman", "ro-roman"),
        ("roman numbers", ""),
        ("szeretnek menedeket kerni", ""),  # Szeret is a town, "would like" is not
        ("", ""),
        ("?!", ""),
        ("Cluj-Napoca " * 500, "ro-cluj-napoca"),
    ],
)
def test_several_cities_and_none(places: Places, text: str, cities: str) -> None:
    assert found(text, places) == cities


def test_every_name_leads_to_its_city(places: Places) -> None:
    for city in places.cities.values():
        for name in (city.name, *city.names, *city.alone):
            assert city.id in found(name, places).split(), (city.id, name)


def test_the_answer_of_a_city_question(knowledge: Knowledge) -> None:
    assert resolve(knowledge.snapshot, "Temesváron", "hu") == "ro-timisoara"
    assert resolve(knowledge.snapshot, "zzxq", "hu") is None


def test_cities_lie_in_their_countries(places: Places) -> None:
    assert len(places.cities) > 200
    for city in places.cities.values():
        south, north, west, east = (
            (43.6, 48.3, 20.2, 29.7) if city.country == "RO" else (45.7, 48.6, 16.1, 22.9)
        )
        assert south <= city.latitude <= north and west <= city.longitude <= east, city.id
        assert round(city.latitude, 2) == city.latitude, city.id
        assert city_near(places, point_of(city)) is not None


def test_cities_of_the_directory_are_known_and_agree(knowledge: Knowledge) -> None:
    snapshot = knowledge.snapshot
    for row in snapshot.directory.values():
        if row.latitude:
            [city] = find(row.city, snapshot.places)
            place = type(point_of(city))(float(row.latitude), float(row.longitude))
            assert kilometres(point_of(city), place) < 5, row.id


def test_every_topic_has_kinds_that_the_directory_has(knowledge: Knowledge) -> None:
    snapshot = knowledge.snapshot
    assert set(snapshot.places.serves) == set(TOPICS)
    kinds = {row.kind for row in snapshot.directory.values()}
    for serves in snapshot.places.serves.values():
        assert set(serves.kinds) | set(serves.lines) <= kinds, serves.topic


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"country,county,name\n", "columns missing"),
        (
            b"# head\ncountry,county,name,latitude,longitude,names,alone\nXX,a,b,1,2,,\n",
            "Invalid enum value",
        ),
        (b"country,county,name,latitude,longitude,names,alone\nRO,a,b,1\n", "too few cells"),
    ],
)
def test_a_fault_in_the_file_is_named(data: bytes, fault: str) -> None:
    sheet = read_cities("content/places/cities.csv", data)
    assert fault in sheet.problems[0].message


def test_a_topic_that_does_not_exist_is_a_fault() -> None:
    sheet = read_serves("t.csv", b"topic,group,kinds,lines,urgent\ncars,work,ngo,,\n")
    assert "no such topic" in sheet.problems[0].message
