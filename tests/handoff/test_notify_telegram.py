"""Alerts and linking over Telegram, against the stand-in server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.telegram_client import TelegramClient
from bot.channels.telegram_link import TelegramLink
from bot.channels.telegram_staff import TelegramStaff, new_code
from bot.i18n import Catalogues, render
from bot.messages import SendResult, StorageUnavailable, Text
from bot.storage.alert_records import ChatKind, Linked
from tests.fakes.bot_api import TOKEN, BotApi, Person

GROUP = -1001


def words(text: Text, locale: str) -> str:
    return render(text, locale, Catalogues())


class Codes:
    """What storage would know of codes: good once, for a private chat or a group."""

    def __init__(self) -> None:
        self.good: dict[str, ChatKind] = {}
        self.linked: list[tuple[str, str]] = []
        self.is_away = False

    async def link(
        self, code: str, carrier: str, address: str, is_group: bool, now: datetime
    ) -> Linked | None:
        if self.is_away:
            raise StorageUnavailable
        kind = self.good.get(code)
        if kind is None or is_group != (kind is not ChatKind.OWN):
            return None
        self.linked.append((carrier, address))
        return Linked("RO", "en", kind)

    def new(self, kind: ChatKind = ChatKind.OWN) -> str:
        code = new_code()
        self.good[code] = kind
        return code


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
def petra(api: BotApi) -> Person:
    person = api.person("Petra")
    person.sends("/start")
    return person


@pytest.fixture
def codes() -> Codes:
    return Codes()


@pytest.fixture
async def staff(api: BotApi, codes: Codes) -> AsyncIterator[TelegramStaff]:
    client = TelegramClient(TOKEN, api.url)
    staff = TelegramStaff(client, codes, words, lambda: datetime.now(UTC))
    yield staff
    await staff.close()
    await client.close()


def last(api: BotApi) -> Any:
    return api.state.updates[-1]


# Linking


@pytest.mark.parametrize("line", ["/link {}", "/LINK  {} ", "/link@punte_bot {}", "/start link{}"])
async def test_a_private_chat_is_linked_by_a_code(
    api: BotApi, staff: TelegramStaff, codes: Codes, petra: Person, line: str
) -> None:
    petra.sends(line.format(codes.new()))
    assert await staff.take(last(api))
    assert codes.linked == [("telegram", str(petra.id))]
    [answer] = await petra.hears()
    assert answer.text.startswith("From now on this chat gets a note")


async def test_a_group_is_linked_by_a_code(
    api: BotApi, staff: TelegramStaff, codes: Codes, petra: Person
) -> None:
    api.places.group_message(petra, f"/link {codes.new(ChatKind.GROUP)}")
    assert await staff.take(last(api))
    assert codes.linked == [("telegram", str(GROUP))]
    await api.until(lambda: any(line.by == "bot" for line in api.state.transcript(GROUP)))


async def test_a_code_that_is_none_is_answered_and_links_nothing(
    api: BotApi, staff: TelegramStaff, codes: Codes, petra: Person
) -> None:
    petra.sends(f"/link {new_code()}")
    assert await staff.take(last(api))
    assert codes.linked == []
    [answer] = await petra.hears()
    assert answer.text.startswith("This code does not work here")


async def test_who_tries_out_codes_is_not_answered_each_time(
    api: BotApi, staff: TelegramStaff, petra: Person
) -> None:
    api.breaks("sendMessage", "slow", times=100, seconds=30)
    for _ in range(50):
        petra.sends(f"/link {new_code()}")
        assert await staff.take(last(api))
    assert len(staff._answers) <= 5


@pytest.mark.parametrize(
    "text", ["hello", "/link", "/link help me", "/start", "/start uk_ro", "link ABCDEFGHJK", "/x"]
)
async def test_everything_else_is_left_to_the_dialogue(
    api: BotApi, staff: TelegramStaff, petra: Person, text: str
) -> None:
    petra.sends(text)
    assert not await staff.take(last(api))


@pytest.mark.parametrize(
    "update",
    [
        None,
        [],
        "x",
        {"message": None},
        {"message": {"text": 5, "chat": {}}},
        {"message": {"text": "/link ABCDEFGHJK", "chat": None}},
        {"message": {"text": "/link ABCDEFGHJK", "chat": {"id": True, "type": "private"}}},
        {"message": {"text": "/link ABCDEFGHJK", "chat": {"id": 5, "type": "channel"}}},
        {"edited_message": {"text": "/link ABCDEFGHJK", "chat": {"id": 5, "type": "private"}}},
    ],
)
async def test_odd_updates_are_left_alone(staff: TelegramStaff, update: Any) -> None:
    assert not await staff.take(update)


def test_codes_are_long_and_not_alike() -> None:
    assert len({new_code() for _ in range(200)}) == 200


class Intake:
    def __init__(self) -> None:
        self.events: list[Any] = []

    async def accept_all(self, events: Sequence[Any]) -> list[Any]:
        self.events += events
        return []


@pytest.fixture
async def link(api: BotApi, codes: Codes) -> AsyncIterator[TelegramLink]:
    link = TelegramLink(
        token=TOKEN,
        api_url=api.url,
        webhook_url="",
        secrets=(),
        intake=Intake(),
        safety=lambda inbound: (),
        render=words,
        locales=lambda: ("en",),
        refused=lambda status: None,
        alerts=codes,
    )
    yield link
    await link.close()


async def test_a_code_is_never_stored_as_what_somebody_wrote(
    api: BotApi, link: TelegramLink, codes: Codes, petra: Person
) -> None:
    petra.sends(f"/link {codes.new()}")
    petra.sends("hello")
    await link._accept(api.state.updates)
    assert [event.text for event in link._intake.events] == ["", "hello"]  # "/start" and this
    assert len(codes.linked) == 1


async def test_while_nothing_can_be_stored_a_code_comes_again(
    api: BotApi, link: TelegramLink, codes: Codes, petra: Person
) -> None:
    petra.sends(f"/link {codes.new()}")
    codes.is_away = True
    with pytest.raises(StorageUnavailable):
        await link._accept(api.state.updates)
    codes.is_away = False
    await link._accept(api.state.updates)
    assert len(codes.linked) == 1


# Alerts


async def test_an_alert_arrives_and_is_deleted(staff: TelegramStaff, petra: Person) -> None:
    sent = await staff.send(str(petra.id), "Someone waits.\nhttps://punte.example/desk")
    [line] = await petra.hears()
    assert sent.result is SendResult.SENT and sent.platform_ids == (str(line.id),)
    assert await staff.withdraw(str(petra.id), sent.platform_ids[0], "over")
    assert petra.bot_lines == []


async def test_an_alert_too_old_to_delete_is_changed(
    api: BotApi, staff: TelegramStaff, petra: Person
) -> None:
    sent = await staff.send(str(petra.id), "Someone waits.")
    api.breaks("deleteMessage", "status", status=400, description="message can't be deleted")
    assert await staff.withdraw(str(petra.id), sent.platform_ids[0], "over")
    assert [line.text for line in petra.bot_lines] == ["over"]


async def test_a_server_that_knows_neither_method_is_left_in_peace() -> None:
    async with BotApi(minimal=True) as api:
        client = TelegramClient(TOKEN, api.url)
        staff = TelegramStaff(client, Codes(), words)
        petra = api.person("Petra")
        petra.sends("/start")
        sent = await staff.send(str(petra.id), "Someone waits.")
        assert await staff.withdraw(str(petra.id), sent.platform_ids[0], "over")
        assert len(petra.bot_lines) == 1
        await client.close()


async def test_an_alert_that_was_deleted_by_hand_is_done_with(
    staff: TelegramStaff, petra: Person
) -> None:
    assert await staff.withdraw(str(petra.id), "999", "over")


@pytest.mark.parametrize("kind", ["reset", "later", "status"])
async def test_withdrawing_is_tried_again_when_nobody_knows(
    api: BotApi, staff: TelegramStaff, petra: Person, kind: str
) -> None:
    sent = await staff.send(str(petra.id), "Someone waits.")
    api.breaks("deleteMessage", kind, accepted=False, status=500)
    assert not await staff.withdraw(str(petra.id), sent.platform_ids[0], "over")
    assert await staff.withdraw(str(petra.id), sent.platform_ids[0], "over")
    assert petra.bot_lines == []


async def test_a_chat_that_blocked_the_bot_is_told_apart(
    staff: TelegramStaff, petra: Person
) -> None:
    petra.blocks()
    sent = await staff.send(str(petra.id), "Someone waits.")
    assert (sent.result, sent.reason) == (SendResult.UNDELIVERABLE, "blocked")


@pytest.mark.fault("P1")
async def test_no_code_and_no_chat_is_ever_logged(
    api: BotApi,
    staff: TelegramStaff,
    codes: Codes,
    petra: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    code = codes.new()
    petra.sends(f"/link {code}")
    await staff.take(last(api))
    await petra.hears()
    written = "".join(str(record.__dict__) for record in caplog.records)
    assert code not in written and str(petra.id) not in written
