"""What happens to a stored reply: lanes, order, pace, and what to believe of an attempt."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery import Delivery, Limits, wait_after
from bot.i18n import direction
from bot.messages import Lane, Origin, Outgoing, Reply, SendResult, Sent
from bot.storage import Arrival, Due, Outcome, Store
from tests.people import says

LATE_S = 20.0  # a busy machine; the pace itself is judged by its lower bounds
SENT = Sent(SendResult.SENT, ("m1",))


class Phone:
    """A platform that takes everything, unless a test says otherwise, and remembers when."""

    name = "telegram"

    def __init__(self) -> None:
        self.got: list[tuple[float, str, str]] = []  # when, address, text
        self.parts: list[int] = []
        self.results: dict[str, list[Sent | Exception]] = {}
        self.gates: dict[str, asyncio.Event] = {}

    async def send(self, outgoing: Outgoing, parts_done: int = 0) -> Sent:
        text = outgoing.reply.text
        self.got.append((asyncio.get_running_loop().time(), outgoing.address, text))
        self.parts.append(parts_done)
        if text in self.gates:
            await self.gates[text].wait()
        result = self.results[text].pop(0) if self.results.get(text) else SENT
        if isinstance(result, Exception):
            raise result
        return result

    @property
    def texts(self) -> list[str]:
        return [text for _, _, text in self.got]

    def times(self, *texts: str) -> list[float]:
        return [at for at, _, text in self.got if not texts or text in texts]


class Office:
    """A store with replies in it, and the delivery that empties it."""

    def __init__(self, store: Store) -> None:
        self.store, self.phone = store, Phone()
        self.delivery = Delivery(store, {"telegram": self.phone}, direction)
        self._tasks: list[asyncio.Task[None]] = []

    async def say(
        self, *texts: str, person: str = "amina", lane: Lane = Lane.BOT, channel: str = "telegram"
    ) -> None:
        await self.store.accept([Arrival(says("hello", person, channel=channel))])
        pending = await self.store.next_pending(self.store.person_hash(channel, "1", person))
        assert pending is not None
        before = await self.store.load(pending)
        after = replace(before, address=pending.inbound.address, locale="en")
        origin = Origin("interface", "welcome", "en")
        replies = tuple(Reply(text, lane=lane, origin=origin) for text in texts)
        await self.store.finish(pending, before, Outcome(after, replies))
        self.delivery.wake()

    def open(self) -> None:
        self._tasks.append(asyncio.create_task(self.delivery.run()))

    async def until(self, claim: Callable[[], bool]) -> None:
        async with asyncio.timeout(LATE_S):
            while not claim():
                await asyncio.sleep(0.01)

    async def states(self, person: str = "amina") -> dict[str, str]:
        person_hash = self.store.person_hash("telegram", "1", person)
        lines = await self.store.transcript(person_hash)
        return {line.text: line.state for line in lines if line.author != "person"}

    async def until_state(self, text: str, state: str, person: str = "amina") -> None:
        async with asyncio.timeout(LATE_S):
            while (await self.states(person)).get(text) != state:
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        for gate in self.phone.gates.values():
            gate.set()
        await self.delivery.stop()
        await asyncio.gather(*self._tasks)


@pytest.fixture
async def office(store: Store) -> AsyncIterator[Office]:
    found = Office(store)
    yield found
    await found.close()


# Order and lanes


async def test_replies_arrive_in_order_and_are_known_to_have_arrived(office: Office) -> None:
    await office.say("one", "two", "three")
    office.open()
    await office.until_state("three", "sent")
    assert office.phone.texts == ["one", "two", "three"]
    assert await office.states() == {"one": "sent", "two": "sent", "three": "sent"}
    assert {address for _, address, _ in office.phone.got} == {"chat-amina"}


async def test_what_is_stored_while_nobody_delivers_goes_out_at_the_start(office: Office) -> None:
    office.open()
    await office.say("one")
    await office.until_state("one", "sent")
    assert office.phone.texts == ["one"]


@pytest.mark.fault("O6")
async def test_safety_overtakes_what_waits_in_the_same_chat(office: Office) -> None:
    await office.say(*map(str, range(10)))
    office.open()
    await office.until(lambda: len(office.phone.got) >= 3)
    await office.say("call 112", lane=Lane.SAFETY)
    stored_at = asyncio.get_running_loop().time()
    await office.until(lambda: "call 112" in office.phone.texts)
    assert office.phone.texts.index("call 112") <= 4
    (at,) = office.phone.times("call 112")
    assert at - stored_at < 2


async def test_safety_is_first_of_all_that_waits(office: Office) -> None:
    await office.say("news", person="oleh", lane=Lane.BROADCAST)
    await office.say("answer", person="petra")
    await office.say("from petra", person="jonas", lane=Lane.COUNSELLOR)
    await office.say("call 112", lane=Lane.SAFETY)
    office.open()
    await office.until(lambda: len(office.phone.got) == 4)
    assert office.phone.texts == ["call 112", "from petra", "answer", "news"]


async def test_a_send_that_hangs_delays_nobody_else_and_no_card(office: Office) -> None:
    office.phone.gates["slow"] = asyncio.Event()
    await office.say("slow", "after")
    await office.say("other", person="oleh")
    office.open()
    await office.until(lambda: {"slow", "other"} <= set(office.phone.texts))
    await office.say("call 112", lane=Lane.SAFETY)
    await office.until(lambda: "call 112" in office.phone.texts)
    assert "after" not in office.phone.texts
    office.phone.gates["slow"].set()
    await office.until_state("after", "sent")


# Pace


@pytest.mark.fault("O6")
@pytest.mark.slow
async def test_one_chat_gets_three_at_once_and_then_one_a_second(office: Office) -> None:
    await office.say(*map(str, range(6)))
    office.open()
    await office.until(lambda: len(office.phone.got) == 6)
    times = office.phone.times()
    # The pace is kept by when a send begins; the first may be a moment late.
    assert times[5] - times[0] >= 2.4
    assert times[2] - times[0] < times[5] - times[0]


@pytest.mark.fault("O6")
def test_three_thousand_chats_share_what_the_platform_allows() -> None:
    limits, now, sent = Limits(), 1000.0, list[float]()
    waiting = [row(str(number)) for number in range(3000)]
    while waiting:
        delay = limits.delay(waiting[0], now)
        if delay:
            now += delay
        else:
            waiting.pop(0)
            sent.append(now)
    assert busiest_second(sent) <= 30
    assert 3000 / 28 - 1 < now - 1000 < 3000 / 28 + 1


def test_a_broadcast_leaves_room_for_answers() -> None:
    limits, now, sent = Limits(), 1000.0, list[float]()
    for number in range(400):
        while delay := limits.delay(row(str(number), Lane.BROADCAST), now):
            now += delay
        sent.append(now)
    assert busiest_second(sent) <= 22
    assert limits.delay(row("amina"), now) == 0


def test_a_flood_in_one_chat_takes_nothing_from_the_others() -> None:
    limits, now = Limits(), 1000.0
    flood = [limits.delay(row("flood"), now + n / 1000) for n in range(60)]
    assert sum(not delay for delay in flood) <= 3
    assert limits.delay(row("amina"), now + 0.1) == 0


def test_safety_waits_for_no_bucket_and_is_counted_in_each() -> None:
    limits, now = Limits(), 1000.0
    assert [limits.delay(row("amina", Lane.SAFETY), now) for _ in range(100)] == [0.0] * 100
    assert limits.delay(row("amina"), now) > 1
    assert limits.delay(row("oleh"), now) > 0
    # However many cards there were, an answer is not put off for long.
    assert limits.delay(row("amina"), now + 2.1) == 0


def row(conversation: str, lane: Lane = Lane.BOT) -> Due:
    return Due(1, conversation, 1, "telegram", "1", "x", lane, 0, 0, 0, (), Reply("hi"))


def busiest_second(times: list[float]) -> int:
    return max(sum(1 for other in times if at <= other < at + 1) for at in times[::7])


# What an attempt means


@pytest.mark.fault("O1")
async def test_a_platform_that_says_later_is_obeyed_exactly(office: Office) -> None:
    office.phone.results["one"] = [Sent(SendResult.RETRY, retry_after_s=1.5)]
    await office.say("one", "two")
    office.open()
    await office.until(lambda: "one" in office.phone.texts)
    await office.say("other", person="oleh")
    await office.say("call 112", lane=Lane.SAFETY)
    await office.until_state("two", "sent")
    first, second = office.phone.times("one")
    assert second - first >= 1.49
    assert office.phone.times("other")[0] < second
    # It is the platform that said it: a card would only be refused, too.
    assert office.phone.times("call 112")[0] - first >= 1.49


@pytest.mark.fault("O1")
@pytest.mark.parametrize("seconds", [1, 30, 3600])
def test_the_platforms_wait_is_taken_as_it_is(seconds: float) -> None:
    sent = Sent(SendResult.RETRY, retry_after_s=seconds)
    assert wait_after(5, sent) == timedelta(seconds=seconds)


@pytest.mark.fault("O2")
def test_without_a_word_from_the_platform_waits_grow_to_an_hour() -> None:
    waits = [wait_after(n, Sent(SendResult.RETRY)).total_seconds() for n in range(1, 40)]
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits[:8]))
    assert max(waits) <= 3600 * 1.2


@pytest.mark.fault("O2")
async def test_what_may_have_arrived_is_tried_once_more_and_then_called_uncertain(
    office: Office,
) -> None:
    doubt = Sent(SendResult.UNCERTAIN, reason="read timeout")
    office.phone.results["one"] = [doubt, doubt]
    await office.say("one", "two")
    office.open()
    await office.until_state("one", "uncertain")
    await office.until_state("two", "sent")
    assert office.phone.texts.count("one") == 2
    assert await office.states() == {"one": "uncertain", "two": "sent"}


@pytest.mark.fault("O2")
async def test_a_second_attempt_that_is_confirmed_counts(office: Office) -> None:
    office.phone.results["one"] = [Sent(SendResult.UNCERTAIN)]
    await office.say("one")
    office.open()
    await office.until_state("one", "sent")
    assert office.phone.texts == ["one", "one"]


async def test_an_error_of_the_channel_is_doubt_and_stops_nobody(office: Office) -> None:
    office.phone.results["one"] = [KeyError("canary"), KeyError("canary")]
    await office.say("one")
    await office.say("other", person="oleh")
    office.open()
    await office.until_state("one", "uncertain")
    await office.until_state("other", "sent", "oleh")


@pytest.mark.fault("O3")
async def test_a_definite_no_is_not_tried_again(office: Office) -> None:
    office.phone.results["one"] = [Sent(SendResult.UNDELIVERABLE, reason="blocked")]
    await office.say("one")
    await office.say("other", person="oleh")
    office.open()
    await office.until_state("one", "undeliverable")
    await office.until_state("other", "sent", "oleh")
    assert office.phone.texts.count("one") == 1


@pytest.mark.fault("O7")
async def test_parts_that_arrived_are_not_sent_again(office: Office) -> None:
    office.phone.results["long"] = [Sent(SendResult.RETRY, ("p1",), retry_after_s=0, parts_done=2)]
    await office.say("long")
    office.open()
    await office.until_state("long", "sent")
    assert office.phone.parts == [0, 2]


async def test_the_queue_of_a_channel_that_is_not_there_stays(office: Office) -> None:
    await office.say("by pigeon", channel="pigeon")
    await office.say("one")
    office.open()
    await office.until_state("one", "sent")
    assert office.phone.texts == ["one"]


async def test_stopping_lets_a_send_under_way_end_and_starts_nothing(office: Office) -> None:
    gate = office.phone.gates["one"] = asyncio.Event()
    await office.say("one", "two")
    office.open()
    await office.until(lambda: office.phone.texts == ["one"])
    stopping = asyncio.create_task(office.delivery.stop())
    for _ in itertools.repeat(None, 5):
        await asyncio.sleep(0)
    assert not stopping.done()
    gate.set()
    await stopping
    assert await office.states() == {"one": "sent", "two": "pending"}


async def test_attempts_are_counted_for_the_operator(store: Store) -> None:
    counted: list[str] = []
    office = Office(store)
    office.delivery = Delivery(store, {"telegram": office.phone}, direction, counted.append)
    office.phone.results["one"] = [Sent(SendResult.RETRY, retry_after_s=0)]
    await office.say("one")
    office.open()
    await office.until_state("one", "sent")
    await office.close()
    assert counted == ["retry", "sent"]
