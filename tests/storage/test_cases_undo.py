"""A reply that is taken back, sent at once, or was out already; and ends over unread words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from bot.messages import Lane, Reply, SendResult, Sent
from bot.storage import Arrival, Case, CaseState, LostClaim, Outcome, SomethingNewer, Store, TooLate
from tests.handoff.cast import Cast, ask, deliver_all, hire_all, told, transcript, turn
from tests.people import says

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
WAIT = timedelta(seconds=5)
CHANNELS = [("telegram", "1"), ("web", "")]


async def held(store: Store, **more: Any) -> tuple[Cast, Case]:
    cast = await hire_all(store)
    case = await ask(store, **more)
    return cast, await store.desk.claim(cast.petra, case.number)


async def read(store: Store, channel: str, bot: str) -> list[str]:
    """What the person has got: pushed and delivered, or fetched by the page."""
    if channel == "telegram":
        return await deliver_all(store)
    lines = await transcript(store, channel=channel, bot=bot)
    return [line.text for line in lines if line.author == "counsellor"]


@pytest.mark.parametrize(("channel", "bot"), CHANNELS)
async def test_a_reply_waits_and_can_be_taken_back(store: Store, channel: str, bot: str) -> None:
    with time_machine.travel(START, tick=False) as clock:
        cast, case = await held(store, channel=channel, bot=bot)
        desk, me = store.desk, (cast.petra, case.number, case.fence)
        seq = await desk.reply(*me, "the wrong words", 1, "k", wait=WAIT)
        assert await read(store, channel, bot) == []
        assert (await desk.lines(cast.petra, case.number))[-1].text == "the wrong words"
        assert await desk.take_back(*me, seq) == "the wrong words"
        clock.shift(60)
        assert await read(store, channel, bot) == []
        after = await desk.case(cast.petra, case.number)
        assert (after.answered_at, after.first_answer_at) == (None, None)
        assert "the wrong words" not in [x.text for x in await desk.lines(cast.petra, case.number)]
        # The same form sent again is a new message, since the first was never sent.
        assert await desk.reply(*me, "the right words", 1, "k", wait=WAIT) == seq + 1
        clock.shift(6)
        assert await read(store, channel, bot) == ["the right words"]
        with pytest.raises(TooLate):
            await desk.take_back(*me, seq + 1)
        with pytest.raises(TooLate):
            await desk.take_back(*me, seq)


@pytest.mark.parametrize(("channel", "bot"), CHANNELS)
async def test_without_a_wait_it_goes_at_once_and_can_be_undone_while_nobody_has_it(
    store: Store, channel: str, bot: str
) -> None:
    cast, case = await held(store, channel=channel, bot=bot)
    desk, me = store.desk, (cast.petra, case.number, case.fence)
    first = await desk.reply(*me, "one", 1, "k1")
    assert await desk.take_back(*me, first) == "one"
    second = await desk.reply(*me, "two", 1, "k2")
    assert await read(store, channel, bot) == ["two"]
    with pytest.raises(TooLate):
        await desk.take_back(*me, second)


async def test_what_was_tried_may_be_out(store: Store) -> None:
    cast, case = await held(store)
    me = (cast.petra, case.number, case.fence)
    seq = await store.desk.reply(*me, "hello", 1, "k")
    (row,) = await store.due(5, ["telegram"])
    await store.take([row.outbox_id])
    with pytest.raises(TooLate):
        await store.desk.take_back(*me, seq)
    await store.settle(row, Sent(SendResult.UNCERTAIN), timedelta(0))
    with pytest.raises(TooLate):
        await store.desk.take_back(*me, seq)
    assert (await transcript(store))[-1].text == "hello"


async def test_nobody_but_the_holder_takes_back_and_nothing_but_their_lines(store: Store) -> None:
    cast, case = await held(store)
    seq = await store.desk.reply(cast.petra, case.number, case.fence, "hi", 1, "k", wait=WAIT)
    with pytest.raises(LostClaim):
        await store.desk.take_back(cast.jonas, case.number, case.fence, seq)
    with pytest.raises(LostClaim):
        await store.desk.take_back(cast.petra, case.number, case.fence - 1, seq)
    for other in (1, 0, -1, 2**40, seq + 1):
        with pytest.raises(TooLate):
            await store.desk.take_back(cast.petra, case.number, case.fence, other)


@pytest.mark.parametrize(("channel", "bot"), CHANNELS)
async def test_send_now_ends_the_wait_and_danger_does_too(
    store: Store, channel: str, bot: str
) -> None:
    with time_machine.travel(START, tick=False):
        cast, case = await held(store, channel=channel, bot=bot)
        desk, me = store.desk, (cast.petra, case.number, case.fence)
        seq = await desk.reply(*me, "now", 1, "k1", wait=WAIT)
        assert await desk.send_now(*me, seq)
        assert not await desk.send_now(*me, seq)
        assert await read(store, channel, bot) == ["now"]
        await desk.reply(*me, "later", 1, "k2", wait=WAIT)
        await _danger(store, channel, bot)
        got = await read(store, channel, bot)
        assert got[-1:] == ["later"] and ("call 112" in got or channel == "web")


async def _danger(store: Store, channel: str, bot: str) -> None:
    await store.accept([Arrival(says("help", channel=channel, bot=bot))])
    pending = await store.next_pending(store.person_hash(channel, bot, "amina"))
    assert pending is not None
    before = await store.load(pending)
    card = Reply("call 112", lane=Lane.SAFETY)
    await store.finish(pending, before, Outcome(before, (card,), push=channel == "telegram"))


async def test_nothing_overtakes_a_line_that_waits_and_a_clock_set_back_hides_nothing(
    store: Store,
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        cast, case = await held(store, channel="web", bot="")
        me = (cast.petra, case.number, case.fence)
        await store.desk.reply(*me, "first", 1, "k1", wait=WAIT)
        await store.desk.reply(*me, "second", 1, "k2")
        assert await read(store, "web", "") == []
        clock.shift(-3600)
        assert await read(store, "web", "") == ["first", "second"]


@pytest.mark.parametrize("way", ["close", "release"])
async def test_nothing_ends_over_words_that_nobody_has_read(store: Store, way: str) -> None:
    cast, case = await held(store)
    await turn(store, "one more thing")
    desk, me = store.desk, (cast.petra, case.number, case.fence)

    async def end(seen: int) -> Case:
        if way == "close":
            return await desk.close(*me, "answered", told("bye"), seen)
        return await desk.release(*me, told("bye"), seen)

    with pytest.raises(SomethingNewer) as newer:
        await end(1)
    assert [line.text for line in newer.value.lines] == ["one more thing"]
    assert (await desk.case(cast.petra, case.number)).state is CaseState.CLAIMED
    assert await deliver_all(store) == []
    await end(newer.value.lines[-1].seq)
    assert (await desk.case(cast.petra, case.number)).state is not CaseState.CLAIMED


async def test_one_opening_leaves_one_audit_row(store: Store) -> None:
    from sqlalchemy import text

    async def rows() -> int:
        query = text("SELECT count(*) FROM audit WHERE action = 'case_opened'")
        return int(await store._db.read(lambda db: db.scalar(query)) or 0)

    with time_machine.travel(START, tick=False) as clock:
        cast, case = await held(store)
        for _ in range(3):
            await store.desk.open_case(cast.petra, case.number, "a" * 64)
            clock.shift(60)
        assert await rows() == 1
        await store.desk.open_case(cast.petra, case.number, "b" * 64)
        assert await rows() == 2
        clock.shift(600)
        await store.desk.open_case(cast.petra, case.number, "a" * 64)
        assert await rows() == 3
