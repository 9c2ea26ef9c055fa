from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from bot.console import stream
from bot.console.stream import LOOK_S, MAX_STREAMS, REPLAY, Streams
from bot.console.visit import SignedIn
from bot.knowledge import Knowledge
from bot.storage import NewCounsellor, Role, Store
from tests.console.desk_rig import Browser, Rig


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


def signed_in(browser: Browser) -> SignedIn:
    assert browser.staff
    return SignedIn(browser.staff, browser.login_id, browser.csrf)


class Listener:
    """One open stream, read event by event."""

    def __init__(self, rig: Rig, browser: Browser, after: int = 0, streams: Streams | None = None):
        self.streams = streams or Streams()
        self.events = self.streams.events(rig.parts, signed_in(browser), after)

    async def next(self, kind: str = "news") -> dict[str, str]:
        """The next event of this kind; others are passed over. "" at the stream's end."""
        async with asyncio.timeout(8):
            async for block in self.events:
                fields = dict(line.split(": ", 1) for line in block.strip().splitlines())
                if fields.get("event") == kind:
                    return fields
        return {}

    async def close(self) -> None:
        await self.events.aclose()  # type: ignore[attr-defined]


async def test_what_happens_in_the_office_is_told_at_once_and_without_text(rig: Rig) -> None:
    petra = await rig.browser()
    listener = Listener(rig, petra)
    await listener.next("ping")
    number = await rig.asks("My secret words")
    rig.news.tell("desk:ro")
    event = await listener.next()
    assert json.loads(event["data"]) == {"number": number, "kind": "requested"}
    assert int(event["id"]) > 0
    mirel = await rig.browser("mirel")
    assert mirel.staff
    await rig.desk.claim(mirel.staff, number)
    assert json.loads((await listener.next())["data"])["kind"] == "claimed"
    await listener.close()


async def test_a_page_that_comes_back_misses_nothing_and_hears_nothing_twice(rig: Rig) -> None:
    petra = await rig.browser()
    first = await rig.asks(person="a")
    listener = Listener(rig, petra)
    seen = await listener.next()
    await listener.close()
    second = await rig.asks(person="b")
    again = Listener(rig, petra, after=int(seen["id"]))
    told = json.loads((await again.next())["data"])
    assert (told["number"], first != second) == (second, True)
    await again.close()


@pytest.mark.fault("W2")
async def test_another_office_hears_nothing(rig: Rig) -> None:
    jonas = await rig.browser("jonas", office="hu")
    await rig.asks(person="a", office="ro")
    listener = Listener(rig, jonas)
    await listener.next("ping")
    number = await rig.asks(person="b", office="hu", country="hu")
    rig.news.tell("desk:hu")
    assert json.loads((await listener.next())["data"])["number"] == number
    await listener.close()


@pytest.mark.fault("W2")
async def test_a_login_has_six_streams_and_others_are_told_so(rig: Rig) -> None:
    petra, mirel = await rig.browser("petra"), await rig.browser("mirel")
    streams = rig.console.streams
    tabs = [Listener(rig, petra, streams=streams) for _ in range(50)]
    firsts = await asyncio.gather(*(anext(tab.events) for tab in tabs))
    assert sum("full" in first for first in firsts) == 50 - MAX_STREAMS
    assert (await petra.get("/desk/stream")).status_code == 429
    other = Listener(rig, mirel, streams=streams)
    assert await other.next("ping")
    for tab in (*tabs, other):
        await tab.close()
    assert not streams.open


@pytest.mark.fault("W2")
@pytest.mark.parametrize("how", ["signed out", "disabled", "roles changed"])
async def test_a_revoked_login_is_dropped_within_five_seconds(rig: Rig, how: str) -> None:
    assert LOOK_S < 5
    petra = await rig.browser()
    listener = Listener(rig, petra, streams=Streams(look_s=0.05))
    await listener.next("ping")
    if how == "signed out":
        assert (await petra.post("/desk/signout")).is_redirect
    elif how == "disabled":
        await rig.store.staff.disable("petra")
    else:
        await rig.store.staff.change(
            NewCounsellor("petra", frozenset({Role.EDITOR}), "", office="ro")
        )
    assert await listener.next("out")
    assert await listener.next() == {}  # and nothing after it
    assert (await petra.get("/desk/stream")).headers["location"].startswith("/desk/signin")


@pytest.mark.fault("W2")
async def test_a_forged_cursor_gets_a_bounded_replay(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "REPLAY", 3)
    petra = await rig.browser()
    numbers = [await rig.asks(person=f"p{n}") for n in range(6)]
    listener = Listener(rig, petra, after=0)
    told = [json.loads((await listener.next())["data"])["number"] for _ in range(3)]
    assert told == numbers[-3:]
    await listener.close()
    ahead = Listener(rig, petra, after=10**17)
    assert await ahead.next("ping")
    await ahead.close()
    assert REPLAY <= 500


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "%00", "1 or 1=1"])
async def test_a_cursor_that_is_no_number_is_refused(rig: Rig, after: str) -> None:
    petra = await rig.browser()
    assert (await petra.get(f"/desk/stream?after={after}")).status_code == 400
    assert (await petra.get("/desk/stream", **{"last-event-id": after})).status_code == 400


async def test_an_open_page_is_a_sign_of_life_of_its_counsellor(rig: Rig) -> None:
    petra = await rig.browser()
    assert petra.staff
    number = await rig.asks()
    await rig.desk.claim(petra.staff, number)
    before = (await rig.desk.case(petra.staff, number)).holder_seen_at
    listener = Listener(rig, petra, streams=Streams(look_s=0.05))
    await listener.next("ping")
    await listener.next("ping")
    after = (await rig.desk.case(petra.staff, number)).holder_seen_at
    assert before and after and after > before
    await listener.close()
