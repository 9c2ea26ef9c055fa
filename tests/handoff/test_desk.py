from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.handoff import desk as desk_module
from bot.handoff.desk import Desk, news_key
from bot.knowledge import Knowledge
from bot.news import News
from bot.storage import NoSuchCase, Store
from tests.handoff.cast import Cast, ask, deliver_all, hire_all, transcript, turn

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Bell:
    """Counts how often delivery was woken."""

    def __init__(self) -> None:
        self.rung = 0

    def __call__(self) -> None:
        self.rung += 1


async def open_desk(store: Store, knowledge: Knowledge) -> tuple[Desk, News, Bell, Cast]:
    news, bell = News(), Bell()
    return Desk(store, knowledge, news, bell), news, bell, await hire_all(store)


async def test_the_person_hears_each_change_once_and_in_order(
    store: Store, knowledge: Knowledge
) -> None:
    desk, _, bell, cast = await open_desk(store, knowledge)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        await desk.claim(cast.petra, case.number)
        clock.shift(91)
        await desk.tend(datetime.now(UTC))
        await desk.tend(datetime.now(UTC))
        claimed = await desk.claim(cast.jonas, case.number)
        await desk.reply(cast.jonas, case.number, claimed.fence, "hello", 1, "k1")
        await desk.transfer(cast.jonas, case.number, claimed.fence, to_topic="work")
        claimed = await desk.claim(cast.petra, case.number)
        await desk.release(cast.petra, case.number, claimed.fence)
        claimed = await desk.claim(cast.petra, case.number)
        await desk.close(cast.petra, case.number, claimed.fence, "answered")
    keys = [line.block or line.text for line in await transcript(store)]
    assert keys == [
        "I need a person",
        "counsellor_joined",
        "counsellor_lost",
        "counsellor_joined",
        "hello",
        "case_passed_on",
        "counsellor_joined",
        "counsellor_left",
        "counsellor_joined",
        "case_closed",
    ]
    assert len(await deliver_all(store)) == 9
    assert bell.rung >= 9


async def test_a_notice_names_the_counsellor_in_the_persons_words(
    store: Store, knowledge: Knowledge
) -> None:
    desk, _, _, cast = await open_desk(store, knowledge)
    case = await ask(store)
    await desk.claim(cast.petra, case.number)
    line = (await transcript(store))[-1]
    assert (line.author, line.locale, line.entry) == ("notice", "uk", "interface")
    assert "Petra" in line.text and "{" not in line.text


async def test_a_question_nobody_took_ends_with_a_word(store: Store, knowledge: Knowledge) -> None:
    desk, _, _, _ = await open_desk(store, knowledge)
    with time_machine.travel(START, tick=False) as clock:
        await ask(store)
        clock.shift(timedelta(days=8))
        await desk.tend(datetime.now(UTC))
    line = (await transcript(store))[-1]
    assert (line.block, line.author) == ("case_expired", "notice")
    assert "7" in line.text


async def test_a_case_given_to_another_office_wakes_both(
    store: Store, knowledge: Knowledge
) -> None:
    desk, news, _, cast = await open_desk(store, knowledge)
    case = await ask(store)
    claimed = await desk.claim(cast.petra, case.number)
    with desk.listening(cast.petra) as ours, desk.listening(cast.anna) as theirs:
        await desk.transfer(
            cast.petra,
            case.number,
            claimed.fence,
            to_office="hu",
            consented=True,
            office_name="Hungary",
        )
        assert ours.is_set() and theirs.is_set()
    assert "Hungary" in (await transcript(store))[-1].text


async def test_a_reply_wakes_the_persons_page_and_the_office(
    store: Store, knowledge: Knowledge
) -> None:
    desk, news, bell, cast = await open_desk(store, knowledge)
    case = await ask(store)
    claimed = await desk.claim(cast.petra, case.number)
    person = store.person_hash("telegram", "1", "amina")
    with news.listening(person) as page, desk.listening(cast.jonas) as console:
        before = bell.rung
        await desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
        assert page.is_set() and console.is_set() and bell.rung == before + 1
    with desk.listening(cast.jonas) as console:
        desk.heard_from(claimed)
        assert console.is_set()
        desk.heard_from(None)


@pytest.mark.parametrize("is_shared", [True, False])
async def test_a_stream_gets_what_happened_before_and_while_it_listens(
    store: Store, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, is_shared: bool
) -> None:
    monkeypatch.setattr(desk_module, "LOOK_AGAIN_S", 0.05)
    desk, news, _, cast = await open_desk(store, knowledge)
    case = await ask(store)
    stream = desk.listen(cast.jonas, 0)
    assert [event.kind for event in await anext(stream)] == ["requested"]
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    if is_shared:  # another process wrote: nobody wakes us
        await store.desk.claim(cast.petra, case.number)
    else:
        await desk.claim(cast.petra, case.number)
    assert [event.kind for event in await waiting] == ["claimed"]
    await stream.aclose()
    assert news._waiting == {}


async def test_a_quiet_stream_says_that_it_is_alive(
    store: Store, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "KEEP_ALIVE_S", 0.05)
    desk, _, _, cast = await open_desk(store, knowledge)
    stream = desk.listen(cast.jonas, 0)
    assert await anext(stream) == []
    await stream.aclose()


async def test_erasing_by_number_leaves_nothing_and_tells_the_holder(
    store: Store, knowledge: Knowledge
) -> None:
    desk, _, _, cast = await open_desk(store, knowledge)
    case = await ask(store)
    await desk.claim(cast.petra, case.number)
    await desk.erase(cast.dora, case.number)
    assert await transcript(store) == []
    assert (await desk.open(cast.petra, case.number)).case.outcome == "erased"


async def test_each_question_of_the_console_goes_through(
    store: Store, knowledge: Knowledge
) -> None:
    desk, _, _, cast = await open_desk(store, knowledge)
    case = await ask(store)
    assert await desk.queue(cast.petra) == [case]
    claimed = await desk.claim(cast.petra, case.number)
    await turn(store, "more")
    await desk.heartbeat(cast.petra)
    await desk.note(cast.petra, case.number, claimed.fence, "note", "n")
    assert [c.number for c in await desk.held(cast.petra)] == [case.number]
    assert [line.text for line in await desk.lines(cast.petra, case.number, after=2)] == ["more"]
    assert len((await desk.open(cast.petra, case.number)).notes) == 1
    assert not await desk.resend(cast.petra, case.number, claimed.fence, 1)
    assert await desk.covered(cast.petra) == []
    assert len(await desk.search(cast.petra, number=case.number)) == 1
    assert await desk.history(cast.petra, case.number) == []
    assert (await desk.office_overview(cast.mara))[0].claimed == 1
    assert await desk.waits(cast.mara, START, START) == []
    assert len(await desk.export(cast.dora, case.number)) == 3
    await desk.let_go(cast.petra.id)
    assert [c.number for c in await desk.queue(cast.jonas)] == [case.number]
    with pytest.raises(NoSuchCase):
        await desk.case(cast.anna, case.number)
    assert news_key("ro") == "desk:ro"
