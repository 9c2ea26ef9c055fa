"""Three minutes of silence after a danger card: a counsellor is told, and so is the person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.dialogue import danger_answers
from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Examples, Understanding
from bot.handoff import waiting
from bot.handoff.alarms import Alarms
from bot.handoff.desk import news_key
from bot.knowledge import Knowledge
from bot.messages import Lane
from bot.news import News
from bot.storage import DANGER, Staff, Store
from tests.dialogue.talk import Talk, actions, keys
from tests.handoff.cast import Cast, hire_all

DOUBT = "he came with sticks"


@pytest.fixture(scope="session")
def understanding(knowledge: Knowledge, system: Examples) -> Understanding:
    return Understanding(knowledge, None, system)


@pytest.fixture
async def cast(store: Store) -> Cast:
    return await hire_all(store)


@pytest.fixture
def amina(store: Store, knowledge: Knowledge, understanding: Understanding) -> Talk:
    return Talk(store, TurnParts(store, knowledge, understanding))


class Clock:
    """Rings as the service's timer does, some minutes from now."""

    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        self.news, self.woken = News(), 0
        self.alarms = Alarms(
            store,
            danger_answers.silence_notice(knowledge),
            self.news,
            self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    async def after(self, minutes: float) -> None:
        await self.alarms.ring(datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.fixture
def clock(store: Store, knowledge: Knowledge) -> Clock:
    return Clock(store, knowledge)


async def queue(store: Store, staff: Staff) -> list[tuple[int, str]]:
    return [(case.priority, case.danger) for case in await store.desk.queue(staff)]


async def test_silence_is_heard(store: Store, cast: Cast, amina: Talk, clock: Clock) -> None:
    await amina.says(DOUBT, language="en")
    await clock.after(2.9)
    assert await queue(store, cast.petra) == [] and not clock.woken
    with (
        clock.news.listening(amina.person_hash) as page,
        clock.news.listening(news_key("ro")) as desk,
    ):
        await clock.after(3)
        assert page.is_set() and desk.is_set() and clock.woken == 1
    assert await queue(store, cast.petra) == [(DANGER, "violence")]
    last = (await store.transcript(amina.person_hash))[-1]
    assert (last.author, last.block) == ("bot", "danger_no_answer")
    assert last.text.startswith("You did not press a button")
    lanes = [row.lane for row in await store.due(20, ["telegram"])]
    assert lanes and set(lanes) == {Lane.SAFETY}


async def test_it_is_said_in_the_persons_language(
    store: Store, cast: Cast, amina: Talk, clock: Clock
) -> None:
    await amina.commands("language uk")
    await amina.says(DOUBT)
    await clock.after(3)
    assert (await store.transcript(amina.person_hash))[-1].locale == "uk"


@pytest.mark.parametrize("press", ["x:d", "n"])
async def test_it_can_be_taken_back_afterwards(
    store: Store, cast: Cast, amina: Talk, clock: Clock, press: str
) -> None:
    await amina.says(DOUBT, language="en")
    await clock.after(3)
    assert actions((await store.transcript(amina.person_hash))[-1:]) == ["x:d"]
    said = await amina.presses(press)
    assert keys(said)[0] == "danger_case_cancelled"
    assert await queue(store, cast.petra) == []
    since = datetime.now(UTC) - timedelta(days=1)
    [marker] = await store.alarms.taken_back(cast.ioana, since)
    assert (marker.card, marker.count) == ("violence", 1)


@pytest.mark.parametrize("press", ["n", "d:violence", "m:0"])
async def test_a_press_stops_the_clock(
    store: Store, cast: Cast, amina: Talk, clock: Clock, press: str
) -> None:
    await amina.says(DOUBT, language="en")
    await amina.presses(press)
    await clock.after(30)
    assert await queue(store, cast.petra) == []


@pytest.mark.parametrize("press", ["w:violence", "u:violence", "C:violence"])
async def test_a_press_of_the_card_tells_at_once_and_only_once(
    store: Store, cast: Cast, amina: Talk, clock: Clock, press: str
) -> None:
    await amina.says(DOUBT, language="en")
    await amina.presses(press)
    assert await queue(store, cast.petra) == [(DANGER, "violence")]
    await clock.after(30)
    assert len(await store.desk.queue(cast.petra)) == 1
    assert "danger_no_answer" not in keys(await store.transcript(amina.person_hash))


async def test_nothing_is_heard_of_whoever_wants_nothing_kept(
    store: Store, cast: Cast, amina: Talk, clock: Clock
) -> None:
    await amina.commands("start en")
    await amina.presses("k:n")
    await amina.says(DOUBT)
    await clock.after(30)
    assert await queue(store, cast.petra) == []


async def test_an_alarm_never_ends_by_itself(
    store: Store, cast: Cast, amina: Talk, clock: Clock
) -> None:
    await amina.says(DOUBT, language="en")
    await clock.after(3)
    assert await store.desk.expire(datetime.now(UTC) + timedelta(days=400)) == []
    assert await queue(store, cast.petra) == [(DANGER, "violence")]


async def test_whether_the_office_is_open_is_asked_of_its_hours(store: Store, cast: Cast) -> None:
    noon = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday
    night = datetime(2026, 11, 24, 23, tzinfo=UTC)
    office = await store.staff.office("ro")
    hours = waiting.hours_of(office)
    assert await waiting.is_open(store, "ro", noon) == (hours is not None and hours.is_open(noon))
    assert not await waiting.is_open(store, "ro", night)
    assert not await waiting.is_open(store, "zz", noon)
