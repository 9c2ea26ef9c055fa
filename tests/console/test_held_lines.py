"""What a counsellor reads beside a line that waits for its person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.console.words import WORDS
from bot.knowledge import Knowledge
from bot.storage import Arrival, Outcome, PhoneChange, Store
from bot.storage.safe_hours import WINDOWS, opens_at
from tests.console.desk_rig import Rig
from tests.console.test_pages_undo import held, line_of
from tests.people import says

ZONE = "Europe/Bucharest"
WORD = PhoneChange(word="weather", neutral="You have a new message.")


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def agrees(store: Store, change: PhoneChange) -> None:
    (receipt,) = await store.accept([Arrival(says("one thing"))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    await store.finish(pending, before, Outcome(replace(before), phone=change))


async def test_a_reply_waits_for_the_word_and_can_be_taken_back(rig: Rig) -> None:
    petra, number = await held(rig)
    url = f"/desk/case/{number}"
    await agrees(rig.store, WORD)
    await petra.get(url)
    await petra.post(f"{url}/reply", text="one")
    page = (await petra.get(url)).text
    assert page.count(WORDS["fate_held_word"].english) == 1
    assert f'formaction="{url}/undo"' in page
    assert (await petra.post(f"{url}/undo", seq=line_of(page))).status_code == 200
    await agrees(rig.store, PhoneChange(opens=True))
    assert "one" not in await rig.told()


@pytest.mark.fault("O8")
async def test_the_holder_sees_until_when_a_reply_is_held_and_why(rig: Rig) -> None:
    petra, number = await held(rig)
    url = f"/desk/case/{number}"
    now = datetime.now(UTC)
    closed = next(name for name in WINDOWS if opens_at(name, ZONE, now) > now)
    await agrees(rig.store, PhoneChange(hours=closed))
    await petra.get(url)
    await petra.post(f"{url}/reply", text="one")
    page = (await petra.get(url)).text
    clock = f"{WINDOWS[closed][1]:%H:%M}"
    before, _, after = WORDS["fate_held_hours"].english.partition("{time}")
    assert before in page and f"{clock}{after}".replace("'", "&#39;") in page
