"""The case's page: a reply that waits, one that is taken back, and ends over unread words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.console.words import WORDS
from bot.knowledge import Knowledge
from bot.storage import CaseState, Role, Store
from tests.console.desk_rig import Browser, Rig
from tests.people import commands


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def held(rig: Rig, **more: str) -> tuple[Browser, str]:
    number = await rig.asks(**more)
    petra = await rig.browser()
    await petra.claims(number)
    return petra, number


def line_of(page: str) -> str:
    """The number of the last line of a counsellor."""
    return page.rpartition('<article class="line counsellor')[2].split('id="line-')[1].split('"')[0]


async def test_a_reply_that_waits_is_taken_back_into_the_box(rig: Rig) -> None:
    petra, number = await held(rig)
    url = f"/desk/case/{number}"
    assert 'name="wait_to_send" value="yes">' in petra.page
    answer = await petra.post(f"{url}/reply", text="a slip", wait_to_send="yes")
    assert answer.status_code == 303
    page = (await petra.get(url)).text
    assert WORDS["fate_waits"].english in page and f'formaction="{url}/undo"' in page
    assert 'name="wait_to_send" value="yes" checked>' in page  # as chosen the last time
    assert await rig.store.due(5, ["telegram"]) == [] or "a slip" not in str(
        await rig.store.due(5, ["telegram"])
    )
    answer = await petra.post(f"{url}/undo", seq=line_of(page), text="and a draft")
    assert answer.status_code == 200
    assert "a slip\n\nand a draft</textarea>" in answer.text
    assert "a slip" not in await rig.told()
    assert "Petra took a message back" in answer.text
    again = await petra.post(f"{url}/undo", seq=line_of(page))
    assert again.status_code == 409 and WORDS["err_too_late"].english in again.text


async def test_send_now_and_a_form_without_the_wish_do_not_wait(rig: Rig) -> None:
    petra, number = await held(rig)
    url = f"/desk/case/{number}"
    await petra.post(f"{url}/reply", text="one", wait_to_send="yes")
    page = (await petra.get(url)).text
    assert (await petra.post(f"{url}/send-now", seq=line_of(page))).status_code == 303
    texts = [row.reply.text for row in await rig.store.due(9, ["telegram"])]
    page = (await petra.get(url)).text
    assert WORDS["fate_waits"].english not in page
    await petra.post(f"{url}/reply", text="two")
    page = (await petra.get(url)).text
    assert WORDS["fate_waits"].english not in page
    assert 'name="wait_to_send" value="yes">' in page
    assert texts is not None


async def test_a_question_about_safety_does_not_wait(rig: Rig) -> None:
    petra, number = await held(rig)
    url = f"/desk/case/{number}"
    await petra.post(f"{url}/send", send="p:safe-1", wait_to_send="yes")
    assert WORDS["fate_waits"].english not in (await petra.get(url)).text
    await petra.post(f"{url}/send", send="p:greet-1", wait_to_send="yes")
    assert WORDS["fate_waits"].english in (await petra.get(url)).text


@pytest.mark.parametrize("way", ["close", "release"])
async def test_a_page_that_is_behind_ends_nothing(rig: Rig, way: str) -> None:
    petra, number = await held(rig)
    await rig.writes("one more thing")
    answer = await petra.post(f"/desk/case/{number}/{way}", outcome="answered")
    assert answer.status_code == 409
    assert "one more thing" in answer.text and WORDS["err_newer"].english in answer.text
    assert petra.staff
    assert (await rig.desk.case(petra.staff, number)).state is CaseState.CLAIMED
    answer = await petra.post(f"/desk/case/{number}/{way}", outcome="answered")
    assert answer.status_code == 303


async def test_each_form_that_ends_a_case_says_what_was_read(rig: Rig) -> None:
    petra, number = await held(rig)
    for form in ("reply", "do-close", "do-release"):
        assert f'form="{form}" name="seen_up_to"' in petra.page
    assert 'id="do-close"' in petra.page and 'id="do-release"' in petra.page


async def test_a_manager_puts_back_what_they_have_not_read(rig: Rig) -> None:
    _, number = await held(rig)
    mara = await rig.browser("mara", Role.MANAGER)
    assert (await mara.post(f"/desk/case/{number}/release", fence="1")).status_code == 303


async def test_drawing_the_page_again_is_one_opening(rig: Rig) -> None:
    petra, number = await held(rig)
    for _ in range(3):
        await petra.get(f"/desk/case/{number}", **{"x-punte-quiet": "1"})
    query = text("SELECT count(*) FROM audit WHERE action = 'case_opened'")
    assert await rig.store._db.read(lambda db: db.scalar(query)) == 1


async def test_a_promise_by_phrase_stands_in_my_day(rig: Rig) -> None:
    petra, number = await held(rig)
    today = datetime.now(UTC).date() + timedelta(days=1)
    fields = {"p:wait-3.day": today.isoformat()}
    assert (await petra.post(f"/desk/case/{number}/send", send="p:wait-3", **fields)).is_redirect
    mine = (await petra.get("/desk/mine")).text
    assert number in mine and "Promised for" in mine


async def test_the_page_says_when_the_person_last_wrote_and_who_has_their_phone(rig: Rig) -> None:
    petra, number = await held(rig)
    assert "Last wrote:" in petra.page
    assert WORDS["parked"].english not in petra.page
    await rig._turn(commands("newperson"), "", "", None)
    assert WORDS["parked"].english not in (await petra.get(f"/desk/case/{number}")).text
