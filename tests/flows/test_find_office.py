"""The nearest office: what is named, in which order, and that a place leaves no trace."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text as sql

from bot.channels.telegram_read import to_inbound, without_places
from bot.dialogue.turn import TurnParts, take_turn
from bot.flows import find_office
from bot.flows.find_office import ALL, Point, look, read_place
from bot.knowledge import Knowledge, Snapshot
from bot.knowledge.facts import Row
from bot.knowledge.values import Values
from bot.messages import Inbound, Kind
from bot.storage import Arrival, Store
from tests.dialogue.talk import Talk, keys, labels
from tests.people import says

CLUJ, IASI = Point(46.77, 23.59), Point(47.16, 27.59)
CANARY = "46.31,25.83"  # nobody's office; the digits are in no other text
FINE = (46.3121987, 25.8287654)


@pytest.fixture
def snapshot(knowledge: Knowledge) -> Snapshot:
    return knowledge.snapshot


def with_row(snapshot: Snapshot, row_id: str, **cells: Any) -> Snapshot:
    rows = dict(snapshot.directory)
    rows[row_id] = msgspec.structs.replace(rows[row_id], **cells)
    return replace(snapshot, values=Values.of(snapshot.facts, rows))


def ids(rows: tuple[Row, ...]) -> list[str]:
    return [row.id for row in rows]


def test_the_nearest_come_first_three_at_most(snapshot: Snapshot) -> None:
    found = look(snapshot, "iom", "ro", CLUJ)
    assert ids(found.offices)[:2] == ["ro-mrc-cj", "ro-mrc-bv"]
    assert len(found.offices) == 3 and found.is_near


def test_far_from_every_office_one_is_named(snapshot: Snapshot) -> None:
    found = look(snapshot, "iom", "ro", IASI)
    assert not found.is_near
    assert len(found.offices) == 1


def test_held_rows_are_never_shown(snapshot: Snapshot) -> None:
    held = {row.id for row in snapshot.directory.values() if row.state == "held"}
    assert len(held) > 5
    for country in ("ro", "hu"):
        for topic in (*snapshot.places.serves, ALL):
            found = look(snapshot, topic, country)
            assert not held & {*ids(found.offices), *ids(found.lines)}, topic


def test_a_withdrawn_row_is_gone_at_once(snapshot: Snapshot) -> None:
    assert "ro-mrc-cj" in ids(look(snapshot, "iom", "ro", CLUJ).offices)
    after = snapshot.without(frozenset({"ro-mrc-cj"}))
    assert "ro-mrc-cj" not in ids(look(after, "iom", "ro", CLUJ).offices)


def test_live_names_verified_rows_only(snapshot: Snapshot) -> None:
    live = replace(snapshot, stage="live")
    assert look(live, ALL, "ro", CLUJ).offices == ()
    today = snapshot.today()
    checked = with_row(live, "ro-mrc-cj", state="verified", verified_on=today)
    assert ids(look(checked, ALL, "ro", CLUJ).offices) == ["ro-mrc-cj"]


@pytest.mark.parametrize(
    "topic", ["trafficking_help", "domestic_violence", "children_alone", "emergency", "harm"]
)
@pytest.mark.parametrize("country", ["ro", "hu"])
def test_where_it_is_urgent_the_numbers_come_first(
    snapshot: Snapshot, topic: str, country: str
) -> None:
    found = look(snapshot, topic, country)
    assert found.lines_first
    assert found.lines[0].id == f"{country}-112"
    assert all(row.phones for row in found.lines)


def test_the_transit_centre_is_no_place_to_go(snapshot: Snapshot) -> None:
    for topic in (*snapshot.places.serves, ALL):
        assert "ro-etc" not in ids(look(snapshot, topic, "ro", Point(45.75, 21.23)).offices)


def test_a_map_needs_an_address_and_shows_no_coordinates(snapshot: Snapshot) -> None:
    for row in snapshot.directory.values():
        link = find_office.map_link(row)
        assert bool(link) == bool(row.cell("address"))
        assert not link or (row.latitude not in link and row.longitude not in link)


def test_distance_in_kilometres() -> None:
    bucharest, budapest = Point(44.43, 26.10), Point(47.50, 19.04)
    assert find_office.kilometres(bucharest, budapest) == pytest.approx(640, abs=10)
    assert find_office.kilometres(CLUJ, CLUJ) == 0


@pytest.mark.parametrize("text", ["", "here", "91,20", "45.123,21.2", "45.1", "45,1,2", "nan,1"])
def test_what_is_no_place(text: str) -> None:
    assert read_place(text) is None


def test_a_public_holiday_closes_an_office_whose_hours_we_can_read(snapshot: Snapshot) -> None:
    row = snapshot.directory["ro-116111"]
    open_row = msgspec.structs.replace(row, hours="Mon-Fri 10:00-18:00")
    christmas = datetime(2026, 12, 25, 9, tzinfo=UTC)
    assert find_office.is_day_off(open_row, christmas)
    assert not find_office.is_day_off(open_row, datetime(2026, 12, 23, 9, tzinfo=UTC))
    assert not find_office.is_day_off(msgspec.structs.replace(row, hours="24/7"), christmas)


# A place leaves no trace


@pytest.fixture
def oleh(store: Store, parts: TurnParts) -> Talk:
    return Talk(store, parts, "oleh")


async def test_a_place_is_used_once_and_is_nowhere_afterwards(
    store: Store,
    parts: TurnParts,
    oleh: Talk,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    await oleh.presses("k:y")
    shared = says("", "oleh", kind=Kind.LOCATION, place=CANARY)
    assert CANARY not in repr(shared)
    said = await oleh.sends(shared)
    assert keys(said)[-1] == "office_place_forgotten"
    kept = await everything(store, parts, oleh)
    for part in CANARY.split(","):
        assert part not in kept
        assert part not in caplog.text
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path.name
    assert CANARY not in capsys.readouterr().err


async def everything(store: Store, parts: TurnParts, talk: Talk) -> str:
    """All that a person left in the service, opened."""

    async def inbox(db: Any) -> list[Any]:
        found = await db.execute(sql("SELECT payload_sealed FROM inbox WHERE state = 'done'"))
        return list(found.scalars())

    assert set(await store._db.read(inbox)) == {None}
    lines = repr(await store.transcript(talk.person_hash))
    await store.accept([Arrival(says("hello", talk.person))])
    pending = await store.next_pending(talk.person_hash)
    assert pending is not None
    person = repr(await store.load(pending))
    await take_turn(pending, parts)
    return lines + person


async def test_the_country_of_a_place_is_not_remembered(oleh: Talk) -> None:
    await oleh.says("", kind=Kind.LOCATION, place="47.50,19.04")
    assert "Budapest (Hungary)" in " ".join(line.text for line in oleh.last)
    await oleh.commands("office")
    assert "Romania" in labels(oleh.last)  # still asked


async def test_an_old_button_of_a_city(oleh: Talk) -> None:
    await oleh.presses("N:iom:ro-atlantis")
    assert keys(oleh.last) == ["err_link_old"]
    await oleh.presses("N:cars:ro-arad")
    assert keys(oleh.last) == ["err_link_old"]


async def test_the_web_has_no_paperclip(store: Store, parts: TurnParts) -> None:
    person = {"channel": "web", "bot": "", "address": "web-1", "person_id": "web-1"}
    event = says("", "web-1", kind=Kind.BUTTON, action="N", **person)
    await store.accept([Arrival(event)])
    hashed = store.person_hash("web", "", "web-1")
    pending = await store.next_pending(hashed)
    assert pending is not None
    await take_turn(pending, parts)
    assert "office_how_web" in keys(await store.transcript(hashed))


# Telegram


def update(**message: Any) -> dict[str, Any]:
    sender = {"id": 7, "is_bot": False, "first_name": "O"}
    chat = {"id": 7, "type": "private"}
    return {
        "update_id": 5,
        "message": {"message_id": 1, "date": 1, "from": sender, "chat": chat, **message},
    }


def test_telegrams_place_is_rounded_where_it_comes_in() -> None:
    latitude, longitude = FINE
    place = {"latitude": latitude, "longitude": longitude}
    inbound = to_inbound(update(location=place), "1")
    assert isinstance(inbound, Inbound)
    assert inbound.place == CANARY
    venue = {"location": place, "title": "x", "address": "y"}
    inbound = to_inbound(update(venue=venue, location=place), "1")
    assert isinstance(inbound, Inbound) and inbound.place == CANARY


def test_an_update_that_is_set_aside_says_no_place() -> None:
    latitude, longitude = FINE
    place = {"latitude": latitude, "longitude": longitude, "live_period": 60}
    cleaned = repr(without_places(update(location=place, reply_to_message={"location": place})))
    assert str(latitude) not in cleaned and str(longitude) not in cleaned
    assert "'id': 7" in cleaned  # whose it is has to stay
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    without_places(deep)
