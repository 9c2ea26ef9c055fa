from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram_read import Quarantine, to_inbound
from bot.messages import Inbound, Kind
from tests.fakes.bot_api import BotApi

BOT = "123456789"


@pytest.fixture
def api() -> BotApi:
    return BotApi()


def read(api: BotApi) -> Inbound | Quarantine:
    return to_inbound(json.loads(json.dumps(api.state.updates[-1])), BOT)


def said(api: BotApi) -> Inbound:
    inbound = read(api)
    assert isinstance(inbound, Inbound)
    return inbound


def message(**changes: Any) -> dict[str, Any]:
    person = {"id": 7, "is_bot": False, "first_name": "Amina", "language_code": "ar"}
    chat = {"id": 7, "type": "private", "first_name": "Amina"}
    content = {"message_id": 5, "from": person, "chat": chat, "date": 1_800_000_000, "text": "hi"}
    return {"update_id": 10, "message": content | changes}


def test_a_text_carries_ids_order_and_language(api: BotApi) -> None:
    number = api.person("Amina", "ar").sends("أين أسكن؟")
    assert said(api) == Inbound(
        channel="telegram",
        event_id="1000",
        person_id="700000001",
        kind=Kind.TEXT,
        text="أين أسكن؟",
        bot=BOT,
        address="700000001",
        order=1000,
        message_id=str(number),
        language="ar",
    )


@pytest.mark.parametrize(
    ("text", "action", "rest"),
    [
        ("/start", "start", ""),
        ("/start uk_ro-etc", "start uk_ro-etc", "uk_ro-etc"),
        ("/START@punte_bot uk", "start uk", "uk"),
        ("/forget", "forget", ""),
        ("/help they lock me in", "help", "they lock me in"),
    ],
)
def test_commands(api: BotApi, text: str, action: str, rest: str) -> None:
    api.person().sends(text)
    inbound = said(api)
    assert (inbound.kind, inbound.action, inbound.text) == (Kind.COMMAND, action, rest)


@pytest.mark.fault("U11")
@pytest.mark.parametrize(
    "payload",
    ["a" * 65, "'; DROP TABLE contact;--", "../../etc/passwd", "ро", "%00", "a b", "\ud800", "=?="],
)
def test_a_start_payload_no_link_could_carry_is_ignored(api: BotApi, payload: str) -> None:
    api.person().sends(f"/start {payload}")
    assert said(api).action == "start"


@pytest.mark.fault("U11")
def test_a_start_payload_of_64_characters_is_carried(api: BotApi) -> None:
    api.person().sends(f"/start {'a' * 64}")
    assert said(api).action == f"start {'a' * 64}"


@pytest.mark.parametrize("text", ["/ help", "/домой", "/", "//", "50/50", "/a-b", "/" + "x" * 33])
def test_texts_that_only_look_like_commands_stay_texts(api: BotApi, text: str) -> None:
    api.person().sends(text)
    assert (said(api).kind, said(api).text) == (Kind.TEXT, text)


@pytest.mark.fault("U10")
def test_what_is_not_text_has_its_kind_and_keeps_its_caption(api: BotApi) -> None:
    amina = api.person()
    for send, kind in (
        (amina.photo, Kind.PHOTO),
        (amina.voice, Kind.VOICE),
        (amina.sticker, Kind.STICKER),
        (amina.document, Kind.DOCUMENT),
        (amina.location, Kind.LOCATION),
        (amina.contact, Kind.CONTACT),
    ):
        send()
        assert (said(api).kind, said(api).text) == (kind, "")
    amina.photo("is this contract normal?")
    assert (said(api).kind, said(api).text) == (Kind.PHOTO, "is this contract normal?")
    amina.document(size=0)
    assert said(api).kind is Kind.DOCUMENT


@pytest.mark.fault("U10")
def test_a_kind_we_do_not_know_is_still_a_message() -> None:
    update = message(dice={"emoji": "🎲", "value": 3})
    del update["message"]["text"]
    inbound = to_inbound(update, BOT)
    assert isinstance(inbound, Inbound) and inbound.kind is Kind.OTHER


def test_telegrams_own_notes_are_not_answered() -> None:
    update = message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400})
    del update["message"]["text"]
    assert to_inbound(update, BOT) == Quarantine("10", "service message")


def test_an_edit_names_the_message_it_changes(api: BotApi) -> None:
    amina = api.person()
    number = amina.sends("/start")
    amina.edits(number, "/forget")
    inbound = said(api)
    assert (inbound.kind, inbound.text, inbound.edits) == (Kind.EDIT, "/forget", str(number))


def test_a_live_location_is_not_a_stream_of_edits() -> None:
    update = message(location={"latitude": 1, "longitude": 2, "live_period": 60})
    edit = {"update_id": 11, "edited_message": update["message"]}
    del edit["edited_message"]["text"]
    assert to_inbound(edit, BOT) == Quarantine("11", "live location")


def test_a_button_brings_its_action(api: BotApi) -> None:
    amina = api.person()
    amina.sends("/start")
    board = {"inline_keyboard": [[{"text": "Menu", "callback_data": "menu"}]]}
    shown = api.state.add_message(amina.chat, True, "x", text="x", reply_markup=board)
    amina.presses("Menu")
    inbound = said(api)
    assert (inbound.kind, inbound.action) == (Kind.BUTTON, "menu")
    assert inbound.message_id == str(shown.id)


@pytest.mark.fault("O3")
def test_blocking_and_coming_back(api: BotApi) -> None:
    amina = api.person()
    amina.sends("/start")
    amina.blocks()
    assert said(api).kind is Kind.LEFT
    amina.unblocks()
    assert said(api).kind is Kind.RETURNED


@pytest.mark.fault("U7")
def test_channels_groups_and_bots_are_set_aside(api: BotApi) -> None:
    amina = api.person()
    api.places.channel_post("news")
    assert read(api) == Quarantine("1000", "update type")
    api.places.group_message(amina, "hi")
    assert read(api) == Quarantine("1001", "not a private chat")
    api.places.bot_message(amina, "beep")
    assert read(api) == Quarantine("1002", "no person")


@pytest.mark.fault("U7")
@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({"update_id": 10, "message": None}, "update type"),
        ({"update_id": 10, "never_seen": {"a": 1}}, "update type"),
        ({"update_id": 10, "message": {}}, "unreadable"),
        ({"update_id": 10, "message": "hello"}, "unreadable"),
        ({"update_id": 10, "message": []}, "unreadable"),
        ({"update_id": 10, "message": {"chat": 5}}, "unreadable"),
        ({"update_id": 10, "callback_query": {"id": "1"}}, "unreadable"),
        (message(chat=None), "unreadable"),
        (message(text=["x"]), "odd text"),
        (message(text=5), "odd text"),
        (message(photo=7), "unreadable"),
        (message(entities="x"), "unreadable"),
        (message(chat={"id": "x", "type": "private"}), "odd id"),
        (message(chat={"id": 10**30, "type": "private"}), "odd id"),
        (message(**{"from": None}), "no person"),
        ({"update_id": "10"}, "no update id"),
        ({"update_id": True}, "no update id"),
        ({"update_id": 10**30}, "no update id"),
        ({}, "no update id"),
        ([], "no update id"),
        (None, "no update id"),
        ("x", "no update id"),
    ],
)
def test_what_cannot_be_read_is_set_aside(update: Any, reason: str) -> None:
    result = to_inbound(copy.deepcopy(update), BOT)
    assert isinstance(result, Quarantine) and result.reason == reason
    assert result == to_inbound(copy.deepcopy(update), BOT), "a repeat is the same event"


@pytest.mark.fault("U7")
def test_a_very_deep_update_is_set_aside() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"reply_to_message": deep}
    result = to_inbound({"update_id": 10, "message": deep}, BOT)
    assert result == Quarantine("10", "unreadable")
    while deep:  # taken apart by hand: freeing it at once can exhaust the stack
        deep = deep["reply_to_message"]


@pytest.mark.fault("U7")
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "type", "from", "chat", "text", "date", "message_id"])
                | st.text(max_size=4),
                inner,
                max_size=5,
            )
        ),
        max_leaves=15,
    ),
    st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll"]),
)
@settings(max_examples=300, deadline=None)
def test_nothing_raises(content: Any, kind: str) -> None:
    assert to_inbound({"update_id": 3, kind: content}, BOT)
    assert to_inbound(content, BOT)


@pytest.mark.fault("T2c")
@pytest.mark.parametrize("date", [0, 4_070_908_800, 10**20, -5, 1.5, "soon", None, True])
def test_odd_dates_are_no_reason_to_lose_a_message(date: Any) -> None:
    inbound = to_inbound(message(date=date), BOT)
    assert isinstance(inbound, Inbound) and (inbound.text, inbound.order) == ("hi", 10)


@pytest.mark.fault("X1")
def test_text_and_button_data_are_cleaned() -> None:
    hostile = "a\x00b\x1bc\ud83d\ufffe\r\nd"
    inbound = to_inbound(message(text=hostile), BOT)
    assert isinstance(inbound, Inbound) and inbound.text == "a�b�c��\nd"
    query = {"id": "1", "from": message()["message"]["from"], "chat_instance": "1", "data": hostile}
    pressed = to_inbound(
        {"update_id": 1, "callback_query": query | {"message": message()["message"]}}, BOT
    )
    assert isinstance(pressed, Inbound) and pressed.action == "a�b�c��\nd"
    name = message()["message"]["from"] | {"first_name": hostile}
    assert isinstance(to_inbound(message(**{"from": name}), BOT), Inbound)


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("uk", "uk"),
        ("zh-hans", "zh-hans"),
        ("pt_BR", "pt_BR"),
        ("../../x", ""),
        ("ru\x00", ""),
        ("x" * 10_000, ""),
        (5, ""),
        (None, ""),
    ],
)
def test_a_language_hint_is_a_code_or_nothing(code: Any, language: str) -> None:
    person = message()["message"]["from"] | {"language_code": code}
    inbound = to_inbound(message(**{"from": person}), BOT)
    assert isinstance(inbound, Inbound) and inbound.language == language
