"""A counsellor writes: the person sees it for a moment, and nothing is kept of it."""

from __future__ import annotations

import pytest

from bot.handoff import presence as module
from bot.handoff.desk import Desk, news_key
from bot.knowledge import Knowledge
from bot.news import News
from bot.storage import NoSuchCase, PutAside, Store
from tests.handoff.cast import ask, hire_all, turn


class Telegram:
    """A channel that can show it; or one that fails."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.shown: list[str] = []

    async def typing(self, address: str) -> None:
        self.shown.append(address)
        if self.fails:
            raise RuntimeError("404")


@pytest.mark.parametrize("fails", [False, True])
async def test_on_telegram_it_is_shown_once_in_a_while(
    store: Store, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    cast, telegram = await hire_all(store), Telegram(fails)
    desk = Desk(store, knowledge, News(), channels={"telegram": telegram})
    case = await ask(store)
    await desk.claim(cast.petra, case.number)
    assert await desk.presence.writes(cast.petra, case.number)
    assert not await desk.presence.writes(cast.petra, case.number)
    assert telegram.shown == ["chat-amina"]
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    assert await desk.presence.writes(cast.petra, case.number)
    assert len(telegram.shown) == 2


async def test_on_the_page_the_stream_is_woken_and_nothing_is_stored(
    store: Store, knowledge: Knowledge
) -> None:
    cast, news = await hire_all(store), News()
    desk = Desk(store, knowledge, news)
    case = await ask(store, channel="web", bot="")
    await desk.claim(cast.petra, case.number)
    person = store.person_hash("web", "", "amina")
    before = await store.desk.last_change(cast.petra)
    assert desk.presence.last(person) == 0.0
    with news.listening(person) as page, news.listening(news_key("ro")) as console:
        assert await desk.presence.writes(cast.petra, case.number)
        assert page.is_set() and not console.is_set()
    assert desk.presence.last(person) > 0.0
    assert await store.desk.last_change(cast.petra) == before


async def test_nobody_but_the_holder_writes_and_nobody_else_sees_it(
    store: Store, knowledge: Knowledge
) -> None:
    cast, telegram = await hire_all(store), Telegram()
    desk = Desk(store, knowledge, News(), channels={"telegram": telegram})
    case = await ask(store)
    for staff in (cast.petra, cast.anna):
        with pytest.raises(NoSuchCase):
            await desk.presence.writes(staff, case.number)
    await desk.claim(cast.petra, case.number)
    with pytest.raises(NoSuchCase):
        await desk.presence.writes(cast.jonas, case.number)
    # Somebody else has the phone: they are not shown that anybody answers here.
    await turn(store, "me", move=PutAside())
    assert not await desk.presence.writes(cast.petra, case.number)
    assert telegram.shown == []
