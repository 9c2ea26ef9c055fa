"""Files on Telegram: known by number, fetched when asked for, and sent, over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.file_types import NotFetched
from bot.channels.telegram import TelegramChannel, TelegramClient, to_inbound
from bot.channels.telegram_files import TelegramFiles
from bot.messages import Attachment, Choice, Inbound, Kind, Outgoing, Reply, SendResult
from tests.fakes.bot_api import TOKEN, BotApi, Person
from tests.pictures import JPEG, PDF

BOT = TOKEN.split(":")[0]


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
async def client(api: BotApi) -> AsyncIterator[TelegramClient]:
    client = TelegramClient(TOKEN, api.url)
    yield client
    await client.close()


@pytest.fixture
def amina(api: BotApi) -> Person:
    person = api.person("Amina", "ar")
    person.sends("/start")
    return person


def last(api: BotApi) -> Inbound:
    inbound = to_inbound(api.state.updates[-1], BOT)
    assert isinstance(inbound, Inbound)
    return inbound


# What a message says of its file


@pytest.mark.fault("U10")
def test_the_largest_copy_of_a_photo_is_the_photo(api: BotApi, amina: Person) -> None:
    amina.photo("my contract", data=JPEG)
    inbound = last(api)
    assert (inbound.kind, inbound.text) == (Kind.PHOTO, "my contract")
    assert inbound.file is not None
    assert (inbound.file.type, inbound.file.size) == ("jpeg", len(JPEG))
    assert inbound.file.platform_id in api.state.files.by_id


@pytest.mark.fault("U10")
@pytest.mark.parametrize(
    ("do", "kind", "guess", "size"),
    [
        ("voice", Kind.VOICE, "opus", 4096),
        ("document", Kind.DOCUMENT, "", 2048),
        ("sticker", Kind.STICKER, "webp", 4096),
    ],
)
def test_the_event_holds_number_and_size_and_no_name(
    api: BotApi, amina: Person, do: str, kind: Kind, guess: str, size: int
) -> None:
    getattr(amina, do)()
    inbound = last(api)
    assert inbound.kind is kind
    assert inbound.file is not None
    assert (inbound.file.type, inbound.file.size) == (guess, size)
    assert "contract" not in repr(inbound)


@pytest.mark.fault("U10")
@pytest.mark.parametrize("do", ["location", "contact", "sends"])
def test_what_has_no_file_keeps_nothing(api: BotApi, amina: Person, do: str) -> None:
    getattr(amina, do)(*(["hello"] if do == "sends" else []))
    inbound = last(api)
    assert inbound.file is None
    assert "45.75" not in repr(inbound) and "+4070" not in repr(inbound)


@pytest.mark.fault("U10")
@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"file_id": "d-1", "file_unique_id": "d", "file_size": 0}, (0, "d-1")),
        ({"file_id": "d-1", "file_unique_id": "d", "file_size": 20_000_000}, (20_000_000, "d-1")),
        ({"file_id": "d-1", "file_unique_id": "d"}, (0, "d-1")),
        ({"file_id": "d-1", "file_unique_id": "d", "file_size": 10**20}, (0, "d-1")),
        ({"file_id": "d-1", "file_unique_id": "d", "file_size": -4}, (0, "d-1")),
        ({"file_id": "d \n", "file_unique_id": "d", "file_size": 4}, None),
        ({"file_id": "d" * 5000, "file_unique_id": "d", "file_size": 4}, None),
        ({"file_id": "d\x00\ud800", "file_unique_id": "d", "file_size": 4}, None),
    ],
)
def test_odd_files_still_open_the_conversation(
    api: BotApi, amina: Person, said: dict[str, Any], found: tuple[int, str] | None
) -> None:
    amina.document()
    update = api.state.updates[-1]
    update = update | {"message": update["message"] | {"document": said}}
    inbound = to_inbound(update, BOT)
    assert isinstance(inbound, Inbound) and inbound.kind is Kind.DOCUMENT
    file = inbound.file
    assert (file and (file.size, file.platform_id)) == found


# Fetching


async def fetched(client: TelegramClient, api: BotApi, most: int = 10_000_000) -> bytes:
    file = last(api).file
    assert file is not None
    return await TelegramFiles(client, most).fetch(BOT, file.platform_id)


async def why(client: TelegramClient, api: BotApi, most: int = 10_000_000) -> str:
    with pytest.raises(NotFetched) as refused:
        await fetched(client, api, most)
    return refused.value.reason


async def test_a_file_is_fetched_when_it_is_wanted(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    amina.photo(data=JPEG)
    assert api.fetched == []
    assert await fetched(client, api) == JPEG
    assert len(api.fetched) == 1


@pytest.mark.fault("U10")
async def test_the_size_is_checked_before_the_download(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    amina.document(data=bytes(5000))
    assert await why(client, api, most=4999) == "too_big"
    assert api.fetched == []
    amina.document(data=bytes(20_000_001))  # Telegram itself gives no more than 20 MB
    assert await why(client, api) == "too_big"


async def test_a_server_that_lies_about_the_size_is_cut_off(
    api: BotApi, amina: Person, client: TelegramClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina.document(data=bytes(5000))
    honest = api.state.files.get
    monkeypatch.setattr(api.state.files, "get", lambda number: honest(number) | {"file_size": 1})
    assert await why(client, api, most=4999) == "too_big"


async def test_what_telegram_no_longer_has_is_gone(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    amina.photo(data=JPEG)
    file = last(api).file
    assert file is not None
    with pytest.raises(NotFetched, match="gone"):
        await TelegramFiles(client).fetch("another bot", file.platform_id)
    api.state.files.forget(file.platform_id)
    assert await why(client, api) == "gone"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "a/../b", "", "x y", "x?y", 7, None]
)
async def test_a_path_on_somebodys_disk_is_not_asked_for(
    api: BotApi, amina: Person, client: TelegramClient, path: object, monkeypatch: Any
) -> None:
    amina.photo(data=JPEG)
    monkeypatch.setattr(api.state.files, "get", lambda number: {"file_path": path})
    assert await why(client, api) == "gone"
    assert api.fetched == []


async def test_a_server_without_getfile_says_so(amina: Person, api: BotApi) -> None:
    amina.photo(data=JPEG)
    file = last(api).file
    assert file is not None
    async with BotApi(minimal=True) as poor:
        client = TelegramClient(TOKEN, poor.url)
        with pytest.raises(NotFetched, match="unsupported"):
            await TelegramFiles(client).fetch(BOT, file.platform_id)
        await client.close()


@pytest.mark.parametrize("fault", ["status", "later", "html", "cut", "reset", "garbage"])
async def test_a_failing_server_is_away(
    api: BotApi, amina: Person, client: TelegramClient, fault: str
) -> None:
    amina.photo(data=JPEG)
    api.breaks("getFile", fault)
    assert await why(client, api) == "away"
    assert await fetched(client, api) == JPEG


@pytest.mark.fault("P1")
async def test_the_address_of_a_file_is_in_no_log(
    api: BotApi, amina: Person, client: TelegramClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    amina.photo(data=JPEG)
    await fetched(client, api)
    api.state.files.by_id.clear()
    assert await why(client, api) == "gone"
    assert TOKEN.partition(":")[2] not in caplog.text
    assert "file_1.jpg" not in caplog.text


# Sending


def outgoing(person: Person, data: bytes, kind: str, **more: Any) -> Outgoing:
    file = Attachment(kind, len(data), stored_id="f" * 32)
    reply = Reply("", file=file)
    return Outgoing("c1", 1, str(person.id), replace(reply, **more), "ltr", BOT, content=data)


async def test_a_document_arrives_under_a_name_that_says_nothing(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    sent = await TelegramChannel(client).send(outgoing(amina, PDF, "pdf"))
    assert sent.result is SendResult.SENT and len(sent.platform_ids) == 1
    raw = amina.chat.messages[-1].raw["document"]
    assert raw["file_name"].startswith("file-") and raw["file_name"].endswith(".pdf")
    assert api.state.files.by_id[raw["file_id"]][1] == PDF


async def test_a_picture_arrives_as_one_or_else_as_a_document(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    channel = TelegramChannel(client)
    await channel.send(outgoing(amina, JPEG, "jpeg"))
    assert "photo" in amina.chat.messages[-1].raw
    api.breaks(
        "sendPhoto", "status", status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS"
    )
    sent = await channel.send(outgoing(amina, JPEG, "jpeg"))
    assert sent.result is SendResult.SENT
    assert "document" in amina.chat.messages[-1].raw


async def test_a_file_that_no_method_takes_could_not_be_sent(amina: Person) -> None:
    async with BotApi(minimal=True) as poor:
        person = poor.person("Amina")
        person.sends("/start")
        channel = TelegramChannel(TelegramClient(TOKEN, poor.url))
        for data, kind in ((PDF, "pdf"), (JPEG, "jpeg")):
            sent = await channel.send(outgoing(person, data, kind))
            assert (sent.result, sent.reason) == (SendResult.UNDELIVERABLE, "not supported")
        gone = await channel.send(outgoing(person, b"", "pdf"))
        assert (gone.result, gone.reason) == (SendResult.UNDELIVERABLE, "file gone")
        await channel.close()


@pytest.mark.fault("O2")
@pytest.mark.parametrize("fault", ["cut", "reset", "garbage", "html"])
async def test_a_file_without_an_answer_may_have_arrived(
    api: BotApi, amina: Person, client: TelegramClient, fault: str
) -> None:
    api.breaks("sendDocument", fault)
    sent = await TelegramChannel(client).send(outgoing(amina, PDF, "pdf"))
    assert sent.result is SendResult.UNCERTAIN


async def test_a_blocked_chat_and_a_wait_are_told_as_for_words(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    channel = TelegramChannel(client)
    api.breaks("sendDocument", "later", seconds=7)
    sent = await channel.send(outgoing(amina, PDF, "pdf"))
    assert (sent.result, sent.retry_after_s) == (SendResult.RETRY, 7)
    amina.blocks()
    sent = await channel.send(outgoing(amina, PDF, "pdf"))
    assert (sent.result, sent.reason) == (SendResult.UNDELIVERABLE, "blocked")


async def test_a_place_is_words_a_link_and_a_pin(
    api: BotApi, amina: Person, client: TelegramClient
) -> None:
    link = Choice("Open the map", url="https://www.openstreetmap.org/?mlat=45.7&mlon=21.2")
    reply = Reply("Str. A 1", (link,), file=Attachment(place="45.7,21.2"))
    out = Outgoing("c1", 1, str(amina.id), reply, "ltr", BOT)
    sent = await TelegramChannel(client).send(out)
    assert sent.result is SendResult.SENT and len(sent.platform_ids) == 2
    words, pin = amina.chat.messages[-2:]
    assert words.raw["text"] == "Str. A 1"
    assert pin.raw["location"] == {"latitude": 45.7, "longitude": 21.2}


async def test_without_a_pin_the_words_have_arrived_all_the_same() -> None:
    async with BotApi(minimal=True) as poor:
        person = poor.person("Amina")
        person.sends("/start")
        channel = TelegramChannel(TelegramClient(TOKEN, poor.url))
        reply = Reply("Str. A 1", file=Attachment(place="45.7,21.2"))
        sent = await channel.send(Outgoing("c1", 1, str(person.id), reply, "ltr", BOT))
        assert sent.result is SendResult.SENT
        assert [line.text for line in person.bot_lines] == ["Str. A 1"]
        await channel.close()
