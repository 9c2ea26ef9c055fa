from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.nlu_client import (
    MAX_SENT,
    Address,
    Entity,
    NluClient,
    NluUnavailable,
    address_in,
    address_of,
    system_examples,
    what_to_send,
)
from tests.fakes.nlu import FakeNlu, fake_nlu

KNOWN = frozenset({"minimum-wage", "unpaid-wages", "greeting"})
ILLNESSES = (
    *("hangup", "html", "empty", "bad-json", "deep-json", "nan", "sure", "minus", "gzip"),
    *("text-confidence", "huge", "unknown", "500", "401", "409"),
)
SECRET = "Amina's passport is under the blue mattress"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def nlu() -> AsyncIterator[FakeNlu]:
    async with fake_nlu() as fake:
        yield fake


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(nlu: FakeNlu, clock: Clock) -> AsyncIterator[NluClient]:
    opened = NluClient(lambda: nlu.address, lambda: KNOWN, timeout_s=0.3, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def well(client: NluClient) -> NluClient:
    assert await client.probe()
    return client


async def test_a_parse_names_intents_best_first(well: NluClient, nlu: FakeNlu) -> None:
    nlu.rankings["pay?"] = {"greeting": 0.1, "minimum-wage": 0.8}
    parse = await well.parse("pay?", "uk")
    assert parse.intents == (("minimum-wage", 0.8), ("greeting", 0.1))
    assert parse.by == "rasa"


async def test_entities_come_with_a_parse_and_odd_ones_are_left_out(
    well: NluClient, nlu: FakeNlu
) -> None:
    good = {"entity": "country", "value": "HU", "start": 3, "end": 10}
    nlu.entities = [good, {**good, "start": 10, "end": 3}, {**good, "value": {"x": 1}}]
    parse = await well.parse("in Hungary", "en")
    assert parse.entities == (Entity("country", "HU", 3, 10),)


async def test_it_is_away_until_a_first_parse_has_worked(client: NluClient) -> None:
    assert not client.available
    with pytest.raises(NluUnavailable):
        await client.parse("hello", "en")
    assert await client.probe()
    assert client.available


@pytest.mark.fault("N2")
@pytest.mark.parametrize("illness", ILLNESSES)
async def test_garbage_is_refused_with_one_log_line_that_has_no_text(
    well: NluClient, nlu: FakeNlu, illness: str, caplog: pytest.LogCaptureFixture
) -> None:
    nlu.illness = illness
    with caplog.at_level(logging.INFO, "bot"), pytest.raises(NluUnavailable):
        await well.parse(SECRET, "en")
    assert [r.getMessage() for r in caplog.records] == ["nlu failed"]
    assert "mattress" not in caplog.text


@pytest.mark.fault("N1")
@pytest.mark.parametrize("illness", ["slow", "drip"])
async def test_a_slow_or_dripping_server_is_left_at_the_deadline(
    well: NluClient, nlu: FakeNlu, illness: str
) -> None:
    nlu.illness = illness
    began = time.monotonic()
    with pytest.raises(NluUnavailable, match="timeout"):
        await well.parse("hello", "en")
    assert time.monotonic() - began < 2


@pytest.mark.fault("N1")
async def test_five_failures_open_the_breaker_and_a_parse_closes_it(
    well: NluClient, nlu: FakeNlu
) -> None:
    nlu.illness = "500"
    for _ in range(5):
        assert well.available
        with pytest.raises(NluUnavailable):
            await well.parse("hello", "en")
    assert not well.available
    asked = len(nlu.asked)
    with pytest.raises(NluUnavailable, match="breaker"):
        await well.parse("hello", "en")
    assert len(nlu.asked) == asked
    nlu.illness = ""
    assert await well.probe()
    assert (await well.parse("hello", "en")).intents


async def test_failures_far_apart_do_not_open_the_breaker(
    well: NluClient, nlu: FakeNlu, clock: Clock
) -> None:
    nlu.illness = "html"
    for _ in range(12):
        clock.now += 10
        with pytest.raises(NluUnavailable):
            await well.parse("hello", "en")
    assert well.available


@pytest.mark.fault("N1")
async def test_a_refused_connection_opens_the_breaker_at_once(
    well: NluClient, nlu: FakeNlu
) -> None:
    await nlu.stop()
    with pytest.raises(NluUnavailable):
        await well.parse("hello", "en")
    assert not well.available


@pytest.mark.fault("N1")
async def test_a_server_that_comes_back_is_noticed_by_the_watch(
    well: NluClient, nlu: FakeNlu
) -> None:
    pauses: list[float] = []

    async def comes_back_at_the_third_pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            await nlu.start()
        if len(pauses) == 4:
            raise asyncio.CancelledError

    await nlu.stop()
    with pytest.raises(asyncio.CancelledError):
        await well.watch(comes_back_at_the_third_pause)
    assert well.available
    assert sum(pauses[1:3]) <= 10


async def test_a_sick_server_is_found_without_anybody_writing(
    well: NluClient, nlu: FakeNlu
) -> None:
    waited = 0.0

    async def pause(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        if not well.available:
            raise asyncio.CancelledError

    nlu.illness = "500"
    with pytest.raises(asyncio.CancelledError):
        await well.watch(pause)
    assert waited < 30


async def test_a_lost_server_is_not_asked(well: NluClient, nlu: FakeNlu) -> None:
    asked = len(nlu.asked)
    well.lost()
    with pytest.raises(NluUnavailable):
        await well.parse("hello", "en")
    assert len(nlu.asked) == asked


async def test_only_the_cleaned_beginning_is_sent(well: NluClient, nlu: FakeNlu) -> None:
    await well.parse("\x00help\ud800 me\n" + "a" * 100_000, "en")
    sent = nlu.asked[-1]
    assert sent.startswith("\ufffdhelp\ufffd me aaa")
    assert len(sent) == MAX_SENT


@pytest.mark.parametrize("text", ["/out-of-scope", " //greeting{}", "/ /human"])
def test_a_leading_slash_never_reaches_rasa(text: str) -> None:
    assert not what_to_send(text).startswith("/")


@pytest.mark.parametrize("text", ["", "  \n ", "/"])
async def test_nothing_said_is_not_sent(well: NluClient, nlu: FakeNlu, text: str) -> None:
    asked = len(nlu.asked)
    assert (await well.parse(text, "en")).intents == ()
    assert len(nlu.asked) == asked


@pytest.mark.fault("X4")
def test_a_huge_text_is_cut_before_any_work() -> None:
    for text in ("a" * 10_000_000, " " * 10_000_000, "(" * 10_000_000, "a\u0301" * 5_000_000):
        began = time.process_time()
        what_to_send(text)
        assert time.process_time() - began < 0.05


async def test_an_intent_we_no_longer_have_is_left_out(well: NluClient, nlu: FakeNlu) -> None:
    nlu.rankings["x"] = {"removed-entry": 0.7, "greeting": 0.2}
    assert (await well.parse("x", "en")).intents == (("greeting", 0.2),)


async def test_the_token_is_the_only_thing_sent_beside_the_text(
    well: NluClient, nlu: FakeNlu
) -> None:
    await well.parse("hello", "uk")
    head, _, body = nlu.bodies[-1].partition(b"\r\n\r\n")
    assert body == b'{"text":"hello"}'
    assert head.startswith(b"POST /model/parse?token=right HTTP/1.1")
    assert b"cookie" not in head.lower()


def test_the_address_is_what_the_supervisor_wrote(tmp_path: Path) -> None:
    assert address_in(tmp_path) is None
    (tmp_path / "nlu.json").write_text('{"port": 5005, "token": "t"}')
    assert address_in(tmp_path) == Address("http://127.0.0.1:5005", "t")
    (tmp_path / "nlu.json").write_text('{"port": "x')
    assert address_in(tmp_path) is None


def test_the_setting_may_name_another_server(tmp_path: Path) -> None:
    there: Callable[[], Address | None] = address_of("http://nlu:5005/?token=t", tmp_path)
    assert there() == Address("http://nlu:5005", "t")


def test_system_examples_are_read_by_locale(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "greeting.yml").write_text(
        """version: "3.1"
nlu:
- intent: greeting
  metadata: {locale: en}
  examples: |
    - hello
    - hi there
- intent: greeting
  examples:
  - text: |
      - вітаю
    metadata:
      locale: uk
""",
        "utf-8",
    )
    assert system_examples(tmp_path) == {
        "greeting": {"en": ("hello", "hi there"), "uk": ("вітаю",)}
    }


def test_a_broken_example_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "human.yml").write_text("nlu: [{intent: human}]")
    with pytest.raises(ValueError, match=r"human\.yml"):
        system_examples(tmp_path)
