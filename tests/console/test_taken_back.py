"""Danger that was taken back before anybody answered, as the protection role sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.knowledge import Knowledge
from bot.storage import DANGER, Reason, Role, Store
from tests.console.desk_rig import Rig


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def taken_back(rig: Rig, person: str, **more: str) -> str:
    number = await rig.asks(
        "canary", person, priority=DANGER, reason=Reason.DANGER, danger="held", **more
    )
    await rig.store.erase(rig.store.person_hash("telegram", "1", person))
    return number


async def test_protection_sees_kind_country_and_hour_and_no_case(rig: Rig) -> None:
    numbers = [await taken_back(rig, person) for person in ("amina", "oleh")]
    protection = await rig.browser("ioana", Role.PROTECTION)
    page = (await protection.get("/desk/queue")).text
    assert "Taken back: 2 (Held or forced to work, Romania, " in page
    assert all(number not in page for number in numbers) and "canary" not in page


async def test_without_a_country_none_is_made_up(rig: Rig) -> None:
    await taken_back(rig, "amina", country="")
    protection = await rig.browser("ioana", Role.PROTECTION)
    page = (await protection.get("/desk/queue")).text
    assert "Taken back: 1 (Held or forced to work, " in page and "Romania" not in page


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.MANAGER])
async def test_nobody_else_sees_it(rig: Rig, role: Role) -> None:
    await taken_back(rig, "amina")
    page = (await (await rig.browser("petra", role)).get("/desk/queue")).text
    assert "Taken back" not in page


async def test_nor_does_another_office(rig: Rig) -> None:
    await taken_back(rig, "amina")
    abroad = await rig.browser("irma", Role.PROTECTION, office="hu")
    assert "Taken back" not in (await abroad.get("/desk/queue")).text
