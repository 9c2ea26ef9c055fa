"""What counsellors and editors see of flows at their desk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.dialogue.turn import TurnParts
from bot.knowledge import Knowledge
from bot.storage import Role, Store
from tests.console.desk_rig import Rig
from tests.dialogue.talk import Talk


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.MANAGER, Role.EDITOR])
async def test_every_flow_has_its_picture_and_its_list(rig: Rig, role: Role) -> None:
    browser = await rig.browser("petra", role)
    page = await browser.client.get("/desk/flows")
    assert page.status_code == 200
    assert 'href="/desk/flows/job-offer-check"' in page.text
    picture = await browser.client.get("/desk/flows/job-offer-check")
    assert picture.status_code == 200
    assert '<svg xmlns="http://www.w3.org/2000/svg" role="img"' in picture.text
    assert "The same as a list" in picture.text
    assert "Do you already work there?" in picture.text
    assert (await browser.client.get("/desk/flows/nothing")).status_code == 404


async def test_a_summary_is_read_in_the_counsellors_language(
    rig: Rig, store: Store, parts: TurnParts
) -> None:
    talk = Talk(store, parts)
    await talk.presses("k:y")
    await talk.commands("country ro")
    await talk.presses("S:y:avrr-eligibility:must-leave-ask")
    petra = await rig.browser("petra")
    waiting = await rig.desk.queue(petra.staff)  # type: ignore[arg-type]
    assert [case.topic for case in waiting] == ["voluntary_return_eligibility"]
    await petra.claims(waiting[0].number)
    page = await petra.client.get(f"/desk/case/{waiting[0].number}")
    assert "For the counsellor: avrr-eligibility" in page.text
    assert "Handed over: Can I join a return programme?" in page.text
