"""The manager's page: numbers of the own office, and none small enough to be somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.knowledge import Knowledge
from bot.storage import Role, Store
from tests.console.desk_rig import Browser, Rig


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def answered(rig: Rig, petra: Browser, person: str, **case: str) -> None:
    number = await rig.asks("the agent took my money", person, **case)  # type: ignore[arg-type]
    await petra.claims(number)
    await petra.post(f"/desk/case/{number}/reply", text="Good morning")
    await petra.get(f"/desk/case/{number}")
    await petra.post(f"/desk/case/{number}/close", outcome="answered")


async def test_a_manager_reads_how_many_asked_and_how_it_ended(rig: Rig) -> None:
    petra, mara = await rig.browser("petra"), await rig.browser("mara", Role.MANAGER)
    for number in range(5):
        await answered(rig, petra, f"person {number}", topic="housing", locale="uk")
    page = (await mara.get("/desk/figures?days=7")).text
    assert "Ukrainian" in page and "Housing" in page
    assert "5 of 5 (100 %)" in page
    assert "agent" not in page and "RO-0001" not in page
    assert page.count("<svg") >= 3


async def test_four_people_are_not_shown(rig: Rig) -> None:
    petra, mara = await rig.browser("petra"), await rig.browser("mara", Role.MANAGER)
    for number in range(4):
        await answered(rig, petra, f"person {number}", topic="housing", locale="uk")
    page = (await mara.get("/desk/figures")).text
    assert "Too few cases" in page
    assert "Ukrainian" not in page and "Housing" not in page


async def test_an_office_reads_its_own_and_the_regional_office_all(rig: Rig) -> None:
    petra = await rig.browser("petra")
    for number in range(5):
        await answered(rig, petra, f"person {number}", topic="housing", locale="uk")
    hungary = await rig.browser("anna", Role.MANAGER, office="hu")
    assert "Too few cases" in (await hungary.get("/desk/figures")).text
    region = await rig.browser("rita", Role.MANAGER, office="")
    assert "Ukrainian" in (await region.get("/desk/figures")).text


async def test_votes_on_answers_are_shares_by_language(rig: Rig) -> None:
    from dataclasses import replace

    from bot.storage import Arrival, Outcome, Vote
    from tests.people import says

    for number in range(6):
        (receipt,) = await rig.store.accept([Arrival(says("thanks", f"p{number}"))])
        pending = await rig.store.next_pending(receipt.person_hash)
        assert pending is not None
        person = replace(await rig.store.load(pending), locale="ar")
        vote = Vote("ro-hours", "ar", "s", helped=number < 3)
        await rig.store.finish(pending, person, Outcome(person, vote=vote))
    mara = await rig.browser("mara", Role.MANAGER)
    page = (await mara.get("/desk/figures")).text
    assert "Arabic" in page and "3 of 6 (50 %)" in page


async def test_a_counsellor_has_no_such_page(rig: Rig) -> None:
    petra = await rig.browser("petra")
    assert (await petra.get("/desk/figures")).status_code == 404
