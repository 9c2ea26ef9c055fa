"""The fake Bot API against the real client library: every object it sends or takes passes."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import h11
import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MenuButtonCommands,
    Message,
    MessageEntity,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.fakes.bot_api import TOKEN, BotApi, Person


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[BotApi]:
    async with BotApi(clock=clock, webhook_pause_s=0.01) as api:
        yield api


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    made = make_bot(api)
    await made.initialize()
    yield made
    await made.shutdown()


@pytest.fixture
def amina(api: BotApi) -> Person:
    person = api.person("Amina", language="ar")
    person.sends("/start")
    return person


def make_bot(api: BotApi) -> Bot:
    client = {"httpx_kwargs": {"trust_env": False, "verify": False}}
    return Bot(
        TOKEN,
        base_url=f"{api.url}/bot",
        request=HTTPXRequest(**client),  # type: ignore[arg-type]
        get_updates_request=HTTPXRequest(**client),  # type: ignore[arg-type]
    )


def refused(words: str) -> Any:
    """The library strips "Bad Request: " and writes the first letter large."""
    return pytest.raises(BadRequest, match=f"(?i){re.escape(words)}")


def keyboard(data: str = "menu", text: str = "Menu") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)]])


async def test_every_kind_of_update_passes_the_librarys_types(
    api: BotApi, bot: Bot, amina: Person
) -> None:
    number = amina.sends("hello https://example.org")
    for kind in (amina.photo, amina.voice, amina.sticker, amina.document, amina.location):
        kind()
    amina.contact()
    amina.photo("my contract")
    amina.edits(number, "hello again")
    await bot.send_message(amina.id, "Topics", reply_markup=keyboard())
    amina.presses("Menu")
    amina.blocks()
    amina.unblocks()
    api.places.group_message(amina, "hi")
    api.places.channel_post("news")
    api.places.bot_message(amina, "beep")

    for raw in api.state.updates:
        copy = json.loads(json.dumps(raw))
        update = Update.de_json(copy, bot)
        assert holds_all_of(json.loads(update.to_json()), raw)
        assert no_unknown_fields(update)
    assert len(api.state.updates) == len(await bot.get_updates()) == 16


def holds_all_of(parsed: Any, raw: Any) -> bool:
    """Whether nothing was lost or changed; the library adds flags that are false."""
    if isinstance(raw, dict):
        return all(name in parsed and holds_all_of(parsed[name], raw[name]) for name in raw)
    if isinstance(raw, list):
        return len(parsed) == len(raw) and all(map(holds_all_of, parsed, raw))
    return bool(parsed == raw)


def no_unknown_fields(thing: Any) -> bool:
    unknown = getattr(thing, "api_kwargs", {})
    parts = [getattr(thing, name, None) for name in getattr(thing, "__slots__", ())]
    inner = [part for part in parts if hasattr(part, "api_kwargs")]
    return not unknown and all(no_unknown_fields(part) for part in inner)


async def test_every_method_answers_the_library(api: BotApi, bot: Bot, amina: Person) -> None:
    sent = await bot.send_message(
        amina.id,
        "Call 112",
        entities=[MessageEntity("bold", 0, 4)],
        reply_markup=InlineKeyboardMarkup(
            [
                [InlineKeyboardButton("Menu", callback_data="menu")],
                [InlineKeyboardButton("Site", url="https://example.org/x")],
            ]
        ),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        protect_content=True,
        disable_notification=True,
    )
    assert isinstance(sent, Message) and sent.text == "Call 112" and sent.has_protected_content
    assert no_unknown_fields(sent)
    await bot.send_message(amina.id, "bye", reply_markup=ReplyKeyboardRemove())
    assert await bot.send_chat_action(amina.id, "typing")
    edited = await bot.edit_message_text("Call 113", amina.id, sent.message_id)
    assert isinstance(edited, Message) and edited.edit_date
    assert await bot.set_my_commands([BotCommand("menu", "Choose")], language_code="uk")
    assert await bot.get_my_commands(language_code="uk") == (BotCommand("menu", "Choose"),)
    assert await bot.delete_my_commands(language_code="uk")
    assert await bot.get_my_commands(language_code="uk") == ()
    assert await bot.set_my_name("Punte") and (await bot.get_my_name()).name == "Punte"
    assert await bot.set_my_description("Asks", language_code="ro")
    assert (await bot.get_my_description(language_code="ro")).description == "Asks"
    assert await bot.set_my_short_description("Short")
    assert (await bot.get_my_short_description()).short_description == "Short"
    assert await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert await bot.get_chat_menu_button() == MenuButtonCommands()
    assert await bot.set_webhook(f"{api.url}/nowhere", secret_token="s-1", max_connections=5)
    info = await bot.get_webhook_info()
    assert info.url.endswith("/nowhere") and info.max_connections == 5
    assert await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""
    assert await bot.delete_message(amina.id, sent.message_id)
    assert (await bot.get_me()).username == "punte_test_bot"


async def test_an_update_stays_until_a_higher_offset_confirms_it(
    api: BotApi, bot: Bot, amina: Person
) -> None:
    amina.sends("one")
    first, second = await bot.get_updates()
    assert [u.update_id for u in await bot.get_updates(offset=first.update_id)] == [
        first.update_id,
        second.update_id,
    ]
    assert [u.update_id for u in await bot.get_updates(offset=second.update_id)] == [
        second.update_id
    ]
    assert await bot.get_updates(offset=second.update_id + 1) == ()
    assert await bot.get_updates() == ()


async def test_limit_negative_offset_and_age_of_updates(
    api: BotApi, bot: Bot, amina: Person, clock: Clock
) -> None:
    for number in range(120):
        amina.sends(str(number))
    assert len(await bot.get_updates()) == 100
    assert len(await bot.get_updates(limit=7)) == 7
    [last] = await bot.get_updates(offset=-1)
    assert last.message and last.message.text == "119"
    assert len(await bot.get_updates()) == 1
    clock.now += 24 * 3600 + 1
    assert await bot.get_updates() == ()


async def test_long_poll_ends_with_the_first_update(api: BotApi, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await api.until(lambda: api.methods.is_polled)
    api.person("Oleh").sends("hi")
    [update] = await poll
    assert update.message and update.message.text == "hi"


async def test_the_older_of_two_pollers_gets_409(api: BotApi, bot: Bot) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=30))
    await api.until(lambda: api.methods.is_polled)
    async with make_bot(api) as other:
        newer = asyncio.create_task(other.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await older
        api.person("Oleh").sends("hi")
        assert len(await newer) == 1


async def test_polling_beside_a_webhook_gets_409(api: BotApi, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await api.until(lambda: api.methods.is_polled)
    await bot.set_webhook(f"{api.url}/nowhere")
    for attempt in (poll, bot.get_updates()):
        with pytest.raises(Conflict, match="webhook is active"):
            await attempt


async def test_allowed_updates_hold_from_then_on(api: BotApi, bot: Bot, amina: Person) -> None:
    await bot.get_updates(offset=10_000, allowed_updates=["callback_query"])
    amina.sends("dropped")
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=[])
    amina.sends("kept")
    assert len(await bot.get_updates()) == 1


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("x" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
        (" \n ", "message text is empty"),
        ("", "message text is empty"),
    ],
)
async def test_texts_the_real_one_refuses(bot: Bot, amina: Person, text: str, refusal: str) -> None:
    with refused(refusal):
        await bot.send_message(amina.id, text)


async def test_4096_units_pass_and_texts_are_trimmed(bot: Bot, amina: Person) -> None:
    await bot.send_message(amina.id, "😀" * 2048)
    sent = await bot.send_message(amina.id, "  a\u202eb\x07c \n")
    assert sent.text == "ab c"


@pytest.mark.parametrize(
    ("markup", "refusal"),
    [
        (keyboard("x" * 65), "BUTTON_DATA_INVALID"),
        (keyboard("й" * 33), "BUTTON_DATA_INVALID"),
        (keyboard("x", " "), "non-empty"),
        ({"inline_keyboard": [[{"text": "a"}]]}, "Text buttons are unallowed"),
        ({"inline_keyboard": [[{"text": "a", "url": "javascript:x"}]]}, "Unsupported URL protocol"),
        ({"inline_keyboard": [[{"text": "a", "url": "tel:112"}]]}, "Unsupported URL protocol"),
        ({"inline_keyboard": [[{"text": "a", "url": "http://localhost/"}]]}, "Wrong HTTP URL"),
        ({"inline_keyboard": ["a"]}, "Array of Arrays"),
        ({"inline_keyboard": [[{"text": "a", "callback_data": "a"}] * 101]}, "too long"),
        ([], "object expected"),
        ({"x": 1}, "reply keyboard markup"),
        ("{", "can't parse"),
    ],
)
async def test_keyboards_the_real_one_refuses(
    bot: Bot, amina: Person, markup: Any, refusal: str
) -> None:
    with refused(refusal):
        await bot.send_message(amina.id, "x", reply_markup=markup)


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({"entities": [MessageEntity("bold", 0, 9)]}, "ends after the end of the text"),
        ({"api_kwargs": {"entities": [{"type": "huge", "offset": 0, "length": 1}]}}, "can't parse"),
        ({"api_kwargs": {"entities": [{"type": "bold"}]}}, "can't parse entities"),
        ({"parse_mode": "HTML"}, "can't parse entities: Unsupported start tag"),
        ({"parse_mode": "MarkdownV2"}, "can't parse entities: Can't find end"),
    ],
)
async def test_entities_the_real_one_refuses(
    bot: Bot, amina: Person, details: Any, refusal: str
) -> None:
    with refused(refusal):
        await bot.send_message(amina.id, "<x>_a", **details)


async def test_who_may_be_written_to(api: BotApi, bot: Bot, amina: Person) -> None:
    with refused("chat not found"):
        await bot.send_message(5, "x")
    with pytest.raises(Forbidden, match="can't initiate"):
        await bot.send_message(api.person("Oleh").id, "x")
    amina.blocks()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(amina.id, "x")
    amina.unblocks()
    await bot.send_message(amina.id, "x")
    amina.chat.state = "gone"
    with pytest.raises(Forbidden, match="deactivated"):
        await bot.send_message(amina.id, "x")


async def test_a_pressed_button_can_be_answered_for_a_short_time(
    api: BotApi, bot: Bot, amina: Person, clock: Clock
) -> None:
    await bot.send_message(amina.id, "Topics", reply_markup=keyboard())
    query = amina.presses("menu")
    assert await bot.answer_callback_query(query)
    assert api.state.queries[query].answer == ""
    clock.now += 16
    with refused("query is too old"):
        await bot.answer_callback_query(query)
    with pytest.raises(LookupError):
        amina.presses("Housing")


async def test_messages_can_be_deleted_for_48_hours(bot: Bot, amina: Person, clock: Clock) -> None:
    written = amina.sends("my name is")
    sent = await bot.send_message(amina.id, "hello")
    assert await bot.delete_messages(amina.id, [written, sent.message_id, 999])
    assert [line.text for line in amina.transcript] == ["/start"]
    old = await bot.send_message(amina.id, "old")
    clock.now += 48 * 3600 + 1
    for attempt in (
        bot.delete_message(amina.id, old.message_id),
        bot.delete_messages(amina.id, [old.message_id]),
    ):
        with refused("can't be deleted"):
            await attempt
    with refused("not found"):
        await bot.delete_message(amina.id, 999)
    with refused("too many"):
        await bot.delete_messages(amina.id, list(range(101)))


async def test_edits_follow_the_rules(bot: Bot, amina: Person) -> None:
    sent = await bot.send_message(amina.id, "Topics", reply_markup=keyboard())
    with refused("not modified"):
        await bot.edit_message_text("Topics", amina.id, sent.message_id, reply_markup=keyboard())
    await bot.edit_message_reply_markup(amina.id, sent.message_id)
    assert amina.transcript[-1].buttons == ()
    with refused("can't be edited"):
        await bot.edit_message_text("x", amina.id, amina.sends("mine"))
    with refused("to edit not found"):
        await bot.edit_message_text("x", amina.id, 999)


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_limits_answer_429_with_the_time_to_wait(
    api: BotApi, bot: Bot, amina: Person, clock: Clock
) -> None:
    api.state.limits.on = True
    for _ in range(3):
        await bot.send_message(amina.id, "x")
    with pytest.raises(RetryAfter) as refusal:
        await bot.send_message(amina.id, "x")
    assert refusal.value.retry_after in (1, dt.timedelta(seconds=1))
    clock.now += 1
    await bot.send_message(amina.id, "x")
    others = [api.person("P", number=number) for number in range(1, 40)]
    with pytest.raises(RetryAfter):
        for person in others:
            person.sends("hi")
            await bot.send_message(person.id, "x")
    assert len([call for call in api.called("sendMessage") if call.status == 200]) == 3 + 30


async def test_wrong_tokens_and_unknown_methods(api: BotApi, bot: Bot) -> None:
    for token, status in (("12:short", 404), ("123456789:" + "x" * 35, 401)):
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{api.url}/bot{token}/getMe")
        assert (answer.status_code, answer.json()["error_code"]) == (status, status)
        assert answer.json()["ok"] is False
    with pytest.raises(InvalidToken):
        await bot.get_chat(5)


async def test_a_minimal_server_knows_four_methods(clock: Clock) -> None:
    async with BotApi(clock=clock, minimal=True) as api, make_bot(api) as bot:
        amina = api.person("Amina")
        amina.sends("hi")
        assert await bot.get_me() and await bot.get_updates() and await bot.set_webhook("")
        await bot.send_message(amina.id, "x")
        with pytest.raises(InvalidToken):
            await bot.get_my_commands()
        with pytest.raises(InvalidToken):
            await bot.answer_callback_query("1")


async def test_faults_hit_the_next_calls_only(api: BotApi, bot: Bot, amina: Person) -> None:
    api.breaks("sendMessage", "status", status=500)
    api.breaks("sendMessage", "html", status=502, accepted=False)
    api.breaks("sendMessage", "cut")
    api.breaks("sendMessage", "reset", accepted=False)
    for number in range(4):
        with pytest.raises(NetworkError):
            await bot.send_message(amina.id, str(number))
    await bot.send_message(amina.id, "4")
    assert [line.text for line in amina.bot_lines] == ["2", "4"]
    assert amina.bot_lines[0].id in api.unheard


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_slow_and_later(api: BotApi, amina: Person) -> None:
    async with make_bot(api) as bot:
        api.breaks("sendMessage", "slow", seconds=0.3)
        with pytest.raises(TimedOut):
            await bot.send_message(amina.id, "slow", read_timeout=0.05)
        api.breaks("sendMessage", "later", seconds=3600, chat=amina.id)
        with pytest.raises(RetryAfter):
            await bot.send_message(amina.id, "x")
    await api.until(lambda: len(amina.bot_lines) == 1)


async def test_repeated_messages_are_counted(api: BotApi, bot: Bot, amina: Person) -> None:
    for text in ("a", "b", "a"):
        await bot.send_message(amina.id, text)
    assert api.state.repeated(amina.id) == {("a", ()): 2}


async def test_webhook_gets_each_update_with_the_secret_until_it_is_taken(
    api: BotApi, bot: Bot, amina: Person
) -> None:
    taken: list[tuple[str, Any]] = []
    statuses = [503, 500, 200]

    async def take(headers: dict[str, str], body: bytes) -> int:
        status = statuses.pop(0) if statuses else 200
        if status == 200:
            taken.append((headers.get("x-telegram-bot-api-secret-token", ""), json.loads(body)))
        return status

    async with small_server(take) as url:
        await bot.set_webhook(url, secret_token="secret_1")
        amina.sends("one")
        amina.sends("two")
        await api.until(lambda: len(taken) == 3)
        info = await bot.get_webhook_info()
    assert [(secret, update["message"]["text"]) for secret, update in taken] == [
        ("secret_1", "/start"),
        ("secret_1", "one"),
        ("secret_1", "two"),
    ]
    assert info.pending_update_count == 0 and info.last_error_message
    assert api.webhooks.refused == [503, 500]
    with refused("unallowed characters"):
        await bot.set_webhook(url, secret_token="a b")
    with refused("HTTPS URL must be provided"):
        await bot.set_webhook("ftp://x")


class small_server:
    """A one-route HTTP server that answers with what `take` says."""

    def __init__(self, take: Callable[[dict[str, str], bytes], Awaitable[int]]) -> None:
        self._take = take

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, headers, body = h11.Connection(h11.SERVER), {}, b""
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                headers = {k.decode(): v.decode() for k, v in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
        status = await self._take(headers, body)
        close = [("Connection", "close"), ("Content-Length", "0")]
        head = connection.send(h11.Response(status_code=status, headers=close))
        writer.write((head or b"") + (connection.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        writer.close()


async def test_the_page_and_its_person(api: BotApi, bot: Bot) -> None:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        page = await browser.get("/")
        assert page.status_code == 200 and "A small Telegram" in page.text
        order = {"name": "Oleh", "language": "uk", "do": "sends", "with": ["/start"]}
        answer = (await browser.post("/play", json=order)).json()
        await bot.send_message(answer["person"], "hello", reply_markup=keyboard())
        shown = (await browser.get(f"/chats/{answer['person']}")).json()["messages"]
        assert [line["by"] for line in shown] == ["person", "bot"]
        press = {"person": answer["person"], "do": "presses", "with": ["menu"]}
        assert (await browser.post("/play", json=press)).json()["ok"]
        assert (await browser.post("/play", json={"do": "__init__"})).status_code == 400
        assert (await browser.get("/nothing")).status_code == 404
    updates = await bot.get_updates()
    assert updates[-1].callback_query and updates[-1].callback_query.data == "menu"


async def test_json_bodies_and_query_strings_are_taken_too(api: BotApi, amina: Person) -> None:
    async with httpx.AsyncClient(base_url=f"{api.url}/bot{TOKEN}", trust_env=False) as client:
        given = {"chat_id": str(amina.id), "text": "json"}
        assert (await client.post("/sendMessage", json=given)).json()["ok"]
        assert (await client.get("/SENDMESSAGE", params=given | {"text": "query"})).json()["ok"]
        headers = {"content-type": "application/json"}
        broken = await client.post("/sendMessage", content=b"{", headers=headers)
        assert broken.status_code == 400
    assert [line.text for line in amina.bot_lines] == ["json", "query"]
