"""Sending, against the stand-in server over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram.error import BadRequest, NetworkError, TimedOut

from bot.channels import telegram
from bot.channels.telegram import TelegramChannel, TelegramClient, outcome
from bot.messages import Choice, Outgoing, Reply, SendResult, Sent
from tests.fakes import bot_api_rules
from tests.fakes.bot_api import TOKEN, BotApi, Person

MENU = (Choice("Menu", action="menu"),)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
async def channel(api: BotApi) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TelegramClient(TOKEN, api.url))
    yield channel
    await channel.close()


@pytest.fixture
def amina(api: BotApi) -> Person:
    person = api.person("Amina", "ar")
    person.sends("/start")
    return person


def outgoing(person: Person, text: str, choices: tuple[Choice, ...] = ()) -> Outgoing:
    return Outgoing("c1", 1, str(person.id), Reply(text, choices), "ltr", TOKEN.split(":")[0])


async def test_a_reply_arrives_with_its_buttons(channel: TelegramChannel, amina: Person) -> None:
    choices = (*MENU, Choice("Site", url="https://example.org/"), Choice("Police", url="tel:112"))
    sent = await channel.send(outgoing(amina, "Hello", choices))
    [line] = await amina.hears()
    assert sent == Sent(SendResult.SENT, (str(line.id),), parts_done=1)
    assert (line.text, line.rows) == ("Hello\nPolice: 112", (("Menu", "Site"),))


@pytest.mark.fault("X7")
@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[a](https://evil.example)", "*b* _c_ `d`", "{{7*7}}", "<b>x"],
)
async def test_markup_is_shown_literally(
    channel: TelegramChannel, amina: Person, text: str
) -> None:
    await channel.send(outgoing(amina, text))
    [line] = await amina.hears()
    assert line.text == text
    shown = amina.chat.messages[-1].raw
    assert {entity["type"] for entity in shown.get("entities", [])} <= {"url"}


@pytest.mark.fault("X1")
async def test_hostile_characters_are_delivered_cleaned(
    channel: TelegramChannel, amina: Person
) -> None:
    sent = await channel.send(outgoing(amina, "a\x00b\ud800c"))
    assert sent.result is SendResult.SENT
    assert amina.bot_lines[0].text == "a�b�c"


@pytest.mark.fault("O7")
async def test_a_failing_second_part_does_not_resend_the_first(
    api: BotApi, channel: TelegramChannel, amina: Person
) -> None:
    text = "one " * 1000 + "two " * 1000 + "three " * 400
    first = await channel.send(outgoing(amina, text))
    assert first.parts_done == 3

    api.breaks("sendMessage", "status", times=0)
    original = channel._client.call
    calls = 0

    async def second_call_fails(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            api.breaks("sendMessage", "later", seconds=7)
        return await original(*given, **named)

    channel._client.call = second_call_fails  # type: ignore[method-assign]
    again = outgoing(amina, text, MENU)
    broken = await channel.send(again)
    assert (broken.result, broken.parts_done, len(broken.platform_ids)) == (SendResult.RETRY, 1, 1)
    done = await channel.send(again, broken.parts_done)
    assert (done.result, done.parts_done, len(done.platform_ids)) == (SendResult.SENT, 3, 2)
    shown = [m for m in amina.chat.messages if m.by_bot][3:]
    assert "".join(m.given for m in shown).split() == text.split()
    assert [bool(line.buttons) for line in amina.bot_lines[3:]] == [False, False, True]


@pytest.mark.parametrize("seconds", [1, 30, 3600])
async def test_429_reports_the_exact_time(
    api: BotApi, channel: TelegramChannel, amina: Person, seconds: int
) -> None:
    api.breaks("sendMessage", "later", seconds=seconds)
    sent = await channel.send(outgoing(amina, "x"))
    assert (sent.result, sent.retry_after_s, sent.reason) == (
        SendResult.RETRY,
        seconds,
        "told to wait",
    )
    assert amina.bot_lines == []


@pytest.mark.fault("O2")
@pytest.mark.parametrize(
    ("fault", "result", "arrived"),
    [
        ({"kind": "status", "status": 500}, SendResult.RETRY, 0),
        ({"kind": "status", "status": 502}, SendResult.RETRY, 0),
        ({"kind": "status", "status": 429}, SendResult.RETRY, 0),
        ({"kind": "html", "status": 502}, SendResult.UNCERTAIN, 1),
        ({"kind": "html", "status": 502, "accepted": False}, SendResult.UNCERTAIN, 0),
        ({"kind": "html", "status": 403, "accepted": False}, SendResult.UNCERTAIN, 0),
        ({"kind": "html", "status": 200, "accepted": False}, SendResult.UNCERTAIN, 0),
        ({"kind": "cut"}, SendResult.UNCERTAIN, 1),
        ({"kind": "garbage"}, SendResult.UNCERTAIN, 1),
        ({"kind": "reset"}, SendResult.UNCERTAIN, 1),
        ({"kind": "reset", "accepted": False}, SendResult.UNCERTAIN, 0),
    ],
)
async def test_each_failure_is_sorted_by_what_is_known(
    api: BotApi,
    channel: TelegramChannel,
    amina: Person,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    result: SendResult,
    arrived: int,
) -> None:
    api.breaks("sendMessage", **fault)
    with caplog.at_level(logging.DEBUG):
        sent = await channel.send(outgoing(amina, "canary-5512"))
    assert (sent.result, sent.parts_done) == (result, 0)
    assert len(amina.bot_lines) == arrived
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert "canary-5512" not in logged and TOKEN not in logged


@pytest.mark.fault("O2")
@pytest.mark.parametrize("kind", ["slow", "drip"])
async def test_a_server_that_takes_too_long_leaves_it_uncertain(
    api: BotApi,
    channel: TelegramChannel,
    amina: Person,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(telegram, "SEND_TIMEOUT_S", 0.2)
    api.breaks("sendMessage", kind, seconds=0.4)
    sent = await channel.send(outgoing(amina, "x"))
    assert sent == Sent(SendResult.UNCERTAIN, reason="no answer")


@pytest.mark.fault("O3")
async def test_a_blocked_bot_and_a_missing_chat_are_final(
    api: BotApi, channel: TelegramChannel, amina: Person
) -> None:
    amina.blocks()
    sent = await channel.send(outgoing(amina, "x"))
    assert sent == Sent(SendResult.UNDELIVERABLE, reason="blocked")
    stranger = Outgoing("c2", 1, "5", Reply("x"), "ltr")
    assert await channel.send(stranger) == Sent(SendResult.UNDELIVERABLE, reason="chat gone")
    assert len(api.called("sendMessage")) == 2, "a final answer is not asked for twice"
    amina.unblocks()
    assert (await channel.send(outgoing(amina, "x"))).result is SendResult.SENT


@pytest.mark.fault("O5")
async def test_what_cannot_be_laid_out_goes_once_as_plain_text(
    api: BotApi, channel: TelegramChannel, amina: Person, caplog: pytest.LogCaptureFixture
) -> None:
    words = "Bad Request: can't parse entities: Unsupported start tag"
    api.breaks("sendMessage", "status", status=400, description=words)
    assert (await channel.send(outgoing(amina, "Hello", MENU))).result is SendResult.SENT
    assert amina.bot_lines[-1].buttons == ("Menu",)

    api.breaks("sendMessage", "status", status=400, description="Bad Request: BUTTON_DATA_INVALID")
    assert (await channel.send(outgoing(amina, "Hello", MENU))).result is SendResult.SENT
    assert not amina.bot_lines[-1].buttons

    api.breaks("sendMessage", "status", times=2, status=400, description=words)
    sent = await channel.send(outgoing(amina, "Hello"))
    assert sent == Sent(SendResult.UNDELIVERABLE, reason="bad entities")
    assert [r.levelname for r in caplog.records if r.name.startswith("bot")] == ["ERROR"] * 3


@pytest.mark.fault("O5")
@pytest.mark.parametrize("has_other", [True, False])
async def test_a_server_that_knows_no_copy_buttons_still_gets_the_card(
    api: BotApi,
    channel: TelegramChannel,
    amina: Person,
    monkeypatch: pytest.MonkeyPatch,
    has_other: bool,
) -> None:
    def unknown(_: Any) -> None:
        raise bot_api_rules.bad("can't parse inline keyboard button: Text buttons are unallowed")

    monkeypatch.setattr(bot_api_rules, "_check_copied", unknown)
    call = Choice("112", url="tel:112", copy="112")
    choices = (call, Choice("I can write", "w:held")) if has_other else (call,)
    sent = await channel.send(outgoing(amina, "112", choices))
    assert sent.result is SendResult.SENT
    [line] = amina.bot_lines
    assert line.text == "112"
    assert line.buttons == (("I can write",) if has_other else ())


@pytest.mark.fault("O4")
@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_token_keeps_the_reply(
    api: BotApi, channel: TelegramChannel, amina: Person, status: int
) -> None:
    api.breaks("sendMessage", "status", status=status, description="Unauthorized")
    sent = await channel.send(outgoing(amina, "x"))
    assert sent == Sent(SendResult.RETRY, reason="token refused")


async def test_an_unreachable_server_is_proof_that_nothing_left(amina: Person) -> None:
    nobody = TelegramChannel(TelegramClient(TOKEN, "http://127.0.0.1:1"))
    assert await nobody.send(outgoing(amina, "x")) == Sent(SendResult.RETRY, reason="not reached")
    await nobody.close()


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        (httpx.PoolTimeout("x"), SendResult.RETRY),
        (httpx.ConnectTimeout("x"), SendResult.RETRY),
        (httpx.ConnectError("x"), SendResult.RETRY),
        (httpx.ReadTimeout("x"), SendResult.UNCERTAIN),
        (httpx.WriteTimeout("x"), SendResult.UNCERTAIN),
        (httpx.ReadError("x"), SendResult.UNCERTAIN),
        (httpx.RemoteProtocolError("x"), SendResult.UNCERTAIN),
        (None, SendResult.UNCERTAIN),
    ],
)
async def test_only_what_never_left_is_tried_again_freely(
    cause: Exception | None, result: SendResult
) -> None:
    for kind in (TimedOut, NetworkError):
        error = kind("x")
        error.__cause__ = cause
        assert outcome(error).result is result
    assert outcome(BadRequest("x")).result is SendResult.UNDELIVERABLE


async def test_a_server_that_describes_messages_oddly_has_still_taken_them(
    api: BotApi, channel: TelegramChannel, amina: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for result in ({"message_id": 3}, True, {}, {"message_id": "x", "date": "now"}):

        async def odd(*_: Any, result: Any = result) -> Any:
            return result

        monkeypatch.setattr(api.methods, "do_sendmessage", odd)
        assert (await channel.send(outgoing(amina, "x"))).result is SendResult.SENT


async def test_empty_text_is_refused_without_a_call(
    api: BotApi, channel: TelegramChannel, amina: Person
) -> None:
    sent = await channel.send(outgoing(amina, " \n"))
    assert sent == Sent(SendResult.UNDELIVERABLE, reason="empty text")
    assert api.called("sendMessage") == []


async def test_pressed_buttons_are_answered_and_failures_do_not_matter(
    api: BotApi, channel: TelegramChannel, amina: Person
) -> None:
    await channel.send(outgoing(amina, "Topics", MENU))
    query = amina.presses("Menu")
    odd = [None, {}, {"callback_query": None}, {"callback_query": {"id": 5}}]
    channel.answer_buttons([api.state.updates[-1], *odd])
    await api.until(lambda: api.state.queries[query].answer is not None)
    api.breaks("answerCallbackQuery", "status", status=404, description="Not Found")
    channel.answer_buttons([api.state.updates[-1]])
    await api.until(lambda: len(api.called("answerCallbackQuery")) == 2)


async def test_neither_the_client_nor_httpx_shows_the_token(
    api: BotApi, channel: TelegramChannel, amina: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await channel.send(outgoing(amina, "x"))
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(channel) + repr(channel._client)
