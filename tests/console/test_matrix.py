"""Every address under /desk, asked for by every role of every office, from the one table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import Service
from bot.console.routes import ROUTES, Reach, Route
from bot.knowledge import Knowledge
from bot.storage import REGIONAL_ROLES, Role, Store
from bot.storage import desk_models as rows
from bot.storage.models import Conversation, Message, Outbox
from tests.console.desk_rig import Browser, Rig
from tests.running import settings_for

OFFICES = ("ro", "hu", "")
TABLES = (
    *(rows.Handoff, rows.HandoffEvent, rows.HandoffNote, rows.DeskPost),
    *(Conversation, Message, Outbox),
)
HERE = [route for route in ROUTES if route.answer is not None]
CASES = [route for route in HERE if route.reach is Reach.CASE]


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


@pytest.mark.fault("W8")
async def test_every_registered_address_stands_in_the_table(store: Store, tmp_path: Path) -> None:
    service = Service(settings_for(tmp_path), store)
    registered = {
        (method, route.path)
        for route in service._litestar().routes
        for method in getattr(route, "methods", ())
        if route.path == "/desk" or route.path.startswith("/desk/")
    }
    service.door.close()
    declared = {(route.method, route.path) for route in ROUTES}
    assert {(m, p) for m, p in registered if m != "OPTIONS"} == declared


async def everybody(rig: Rig) -> list[Browser]:
    """One counsellor for each role in each office where that role can be."""
    found = []
    for office in OFFICES:
        for role in Role:
            if office or role in REGIONAL_ROLES:
                name = f"{role}-{office or 'regional'}"
                found.append(await rig.browser(name, role, office=office))
    return found


async def stored(rig: Rig) -> list[Any]:
    """Everything a page of the desk could change."""

    async def read(db: Any) -> list[Any]:
        return [tuple(row) for table in TABLES for row in await db.execute(select(table.__table__))]

    return await rig.store._db.read(read)


def path_of(route: Route, number: str) -> str:
    path = route.path.replace("{number:str}", number).replace("{seq:str}", "1")
    return path.replace("{flow:str}", "job-offer-check")


async def ask(browser: Browser, route: Route, number: str, office: str) -> Any:
    path = path_of(route, number)
    if not route.changes:
        return await browser.client.get(path)
    staff = browser.staff
    assert staff is not None
    return await browser.post(
        path,
        key="k" * 12,
        fence="1",
        seen_up_to="9",
        seq="1",
        text="words",
        note="words",
        send="p:greet-1",
        open="p:greet-1",
        waits_for="person",
        cover=staff.id,
        to=f"counsellor:{staff.id}",
        outcome="answered",
        number=f"{office}-0001",
        again=f"{office}-0001",
    )


# What somebody may see without its text is refused as "not now"; all else is not there.
SEE = {
    "ordinary": {Role.COUNSELLOR, Role.PROTECTION, Role.MANAGER},
    "protection": {Role.PROTECTION},
}
CLAIM = {
    "ordinary": {Role.COUNSELLOR, Role.PROTECTION},
    "protection": {Role.PROTECTION},
}


@pytest.mark.fault("W8")
async def test_nobody_but_the_holder_reaches_a_case(rig: Rig) -> None:
    cases = {
        await rig.asks(person="amina"): "ordinary",
        await rig.asks(person="lan", protection=True): "protection",
        await rig.asks(person="oleh"): "held",
    }
    held = next(number for number, kind in cases.items() if kind == "held")
    petra = await rig.browser("petra")
    await petra.claims(held)
    before = await stored(rig)
    for browser in await everybody(rig):
        staff = browser.staff
        assert staff
        for route in CASES:
            for number, kind in cases.items():
                if _is_allowed(browser, route, kind):
                    continue
                answer = await ask(browser, route, number, "XX")
                circle = "ordinary" if kind == "held" else kind
                sees = staff.office == "ro" and staff.has(*SEE[circle]) and route.changes
                wanted = (404, 409) if sees else (404,)
                assert answer.status_code in wanted, (staff.name, route.path, kind)
                assert "I need help with my papers" not in answer.text
    assert await stored(rig) == before


def _is_allowed(browser: Browser, route: Route, kind: str) -> bool:
    staff, act = browser.staff, route.path.rpartition("/")[2]
    if staff is None or staff.office != "ro":
        return False
    if kind == "held":  # a manager gives back what an absent colleague holds
        return act == "release" and staff.has(Role.MANAGER)
    return act == "claim" and staff.has(*CLAIM[kind])


@pytest.mark.fault("W8")
@pytest.mark.parametrize("kind", CLAIM)
async def test_a_claim_is_for_the_offices_own_roles_only(rig: Rig, kind: str) -> None:
    for browser in await everybody(rig):
        staff = browser.staff
        assert staff
        number = await rig.asks(person=staff.name, protection=kind == "protection")
        answer = await browser.post(f"/desk/case/{number}/claim")
        may = staff.office == "ro" and staff.has(*CLAIM[kind])
        sees = staff.office == "ro" and staff.has(*SEE[kind])
        wanted = 303 if may else 409 if sees else 404
        assert answer.status_code == wanted, staff.name


@pytest.mark.fault("W8")
async def test_pages_open_for_their_roles_and_show_nothing_of_another_office(rig: Rig) -> None:
    number = await rig.asks(person="amina", office="ro")
    before = await stored(rig)
    for browser in await everybody(rig):
        staff = browser.staff
        assert staff
        for route in HERE:
            if route.reach is Reach.CASE:
                continue
            answer = await ask(browser, route, "", "HU" if staff.office == "ro" else "RO")
            if not staff.has(*route.roles):
                assert answer.status_code == 404, (staff.name, route.path)
                continue
            assert answer.status_code in (200, 422), (staff.name, route.path)
            if staff.office != "ro" and not route.changes:
                assert number not in answer.text, (staff.name, route.path)
    assert await stored(rig) == before


async def test_nobody_who_is_signed_out_gets_anywhere(rig: Rig) -> None:
    number = await rig.asks()
    stranger = rig.stranger()
    before = await stored(rig)
    for route in ROUTES:
        if not route.roles:
            continue
        path = path_of(route, number)
        if route.changes:
            answer = await stranger.post(path, text="words", key="k" * 12, fence="1")
            assert answer.status_code == 401, path
        else:
            answer = await stranger.get(path)
            assert answer.headers["location"].startswith("/desk/signin"), path
            by_script = await stranger.get(path, **{"hx-request": "true"})
            assert by_script.status_code == 401, path
    assert await stored(rig) == before


@pytest.mark.fault("W7")
@pytest.mark.parametrize("route", CASES, ids=lambda route: f"{route.method} {route.path}")
async def test_what_is_not_yours_looks_like_what_is_not_there(rig: Rig, route: Route) -> None:
    foreign = await rig.asks(person="a", office="hu", country="hu")
    petra = await rig.browser()
    answers = [
        await ask(petra, route, number, "HU")
        for number in (foreign, "HU-9999", "RO-0001", "ro-0001", "x", "%00", "RO-1' OR '1'='1")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.fault("W8")
async def test_ids_of_another_office_in_a_form_are_not_there(rig: Rig) -> None:
    number = await rig.asks()
    jonas = await rig.browser("jonas", office="hu")
    petra = await rig.browser()
    await petra.claims(number)
    assert jonas.staff
    before = await stored(rig)
    fields: list[tuple[str, dict[str, str]]] = [
        ("transfer", {"to": f"counsellor:{jonas.staff.id}"}),
        ("transfer", {"to": "office:xx", "consented": "yes"}),
        ("wait", {"waits_for": "person", "cover": jonas.staff.id}),
        ("wait", {"waits_for": "person", "cover": "nobody"}),
        ("send", {"send": "p:nothing"}),
        ("send", {"send": "e:../../x"}),
    ]
    for act, values in fields:
        answer = await petra.post(f"/desk/case/{number}/{act}", **values)
        assert answer.status_code == 422, (act, values)
    assert await stored(rig) == before
