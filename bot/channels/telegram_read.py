"""Telegram's updates as `Inbound`. Nothing that arrives here may raise."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User

from bot.channels.telegram_files import attachment
from bot.flows.find_office import place_text
from bot.messages import Attachment, Inbound, Kind, clean_text

CHANNEL = "telegram"

# The library's own switch to durations of the type they will all have; without it some updates
# raise a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_LARGEST_ID = 2**63 - 1
_LATEST_DATE = 4_102_444_800  # 2100; Telegram has sent stranger ones
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what a deep link can carry
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")

_KINDS = (
    ("photo", Kind.PHOTO),
    ("video", Kind.PHOTO),
    ("animation", Kind.PHOTO),  # before `document`, which Telegram sets beside it
    ("voice", Kind.VOICE),
    ("audio", Kind.VOICE),
    ("video_note", Kind.VOICE),
    ("sticker", Kind.STICKER),
    ("document", Kind.DOCUMENT),
    ("venue", Kind.LOCATION),
    ("location", Kind.LOCATION),
    ("contact", Kind.CONTACT),
)
# Telegram's own notes in a private chat. Nobody said anything, so nothing is answered.
_SERVICE = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "write_access_allowed",
    "users_shared",
    "chat_shared",
    "connected_website",
    "proximity_alert_triggered",
    "boost_added",
    "successful_payment",
    "refunded_payment",
    "gift",
    "unique_gift",
    "web_app_data",
    "paid_message_price_changed",
)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """An update that is nobody's message: stored as it came, acknowledged, not answered."""

    event_id: str
    reason: str  # a constant


def without_places(update: Any, levels: int = 30) -> Any:
    """A copy that does not say where somebody was: what is set aside is kept for days."""
    if not levels:
        return None  # deeper than anything Telegram sends
    if isinstance(update, Mapping):
        kept = ((key, item) for key, item in update.items() if key not in ("location", "venue"))
        return {key: without_places(item, levels - 1) for key, item in kept}
    if isinstance(update, list):
        return [without_places(item, levels - 1) for item in update]
    return update


class _NotOurs(Exception):
    """Readable, and not a person writing to us. The argument is the reason."""


def to_inbound(update: object, bot_id: str) -> Inbound | Quarantine:
    """What a person did, or why the update is set aside."""
    update_id = _update_id(update)
    if update_id is None or not isinstance(update, Mapping):
        return Quarantine(_fingerprint(update), "no update id")
    try:
        return _read(Update.de_json(_with_sane_dates(update), None), update_id, bot_id)
    except _NotOurs as refusal:
        return Quarantine(str(update_id), str(refusal))
    except Exception:
        # The library raises TypeError, KeyError, AttributeError, OverflowError, ValueError and
        # RecursionError on odd updates; one that came through here would come back for a day.
        return Quarantine(str(update_id), "unreadable")


def _update_id(update: object) -> int | None:
    number = update.get("update_id") if isinstance(update, Mapping) else None
    return number if _is_id(number) and number >= 0 else None


def _is_id(value: object) -> TypeGuard[int]:
    return type(value) is int and abs(value) <= _LARGEST_ID


def _fingerprint(update: object) -> str:
    """A repeat of an update without an id is still the same event."""
    try:
        text = json.dumps(update, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):
        text = type(update).__name__
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _with_sane_dates(value: Any) -> Any:
    """A copy whose dates the library can hold. We go by ids; a date is never looked at."""
    if isinstance(value, Mapping):
        return {key: _sane(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_sane_dates(item) for item in value]
    return value


def _sane(key: str, item: Any) -> Any:
    if key not in ("date", "edit_date", "until_date"):
        return _with_sane_dates(item)
    in_range = type(item) is int and 0 <= item <= _LATEST_DATE
    return item if in_range or (item is None and key != "date") else 0


def _read(update: Update, update_id: int, bot_id: str) -> Inbound:
    if update.message:
        return _message(update.message, update_id, bot_id)
    if update.edited_message:
        return _edit(update.edited_message, update_id, bot_id)
    if update.callback_query:
        return _button(update.callback_query, update_id, bot_id)
    if update.my_chat_member:
        return _coming_or_going(update.my_chat_member, update_id, bot_id)
    raise _NotOurs("update type")


def _message(message: Message, update_id: int, bot_id: str) -> Inbound:
    person, chat = _private(message.from_user, message.chat)
    kind = _kind(message)
    text = _text(message)
    action = ""
    if kind is Kind.TEXT and (command := _COMMAND.fullmatch(text)):
        kind, text, action = Kind.COMMAND, command[2] or "", _action(command)
    found = _inbound(
        person, chat, update_id, bot_id, kind, text=text, action=action, message_id=_id_of(message)
    )
    return replace(found, file=_file(message, kind, bot_id), place=_place(message, kind))


def _place(message: Message, kind: Kind) -> str:
    """Where somebody says they are, to about a kilometre; finer is never ours."""
    where = message.location if kind is Kind.LOCATION else None
    return place_text(where.latitude, where.longitude) if where is not None else ""


def _file(message: Message, kind: Kind, bot_id: str) -> Attachment | None:
    return None if kind in (Kind.TEXT, Kind.COMMAND) else attachment(message, bot_id)


def _edit(message: Message, update_id: int, bot_id: str) -> Inbound:
    person, chat = _private(message.from_user, message.chat)
    if message.location:
        raise _NotOurs("live location")  # an edit every few seconds, with nothing to answer
    number = _id_of(message)
    return _inbound(
        person,
        chat,
        update_id,
        bot_id,
        Kind.EDIT,
        text=_text(message),
        message_id=number,
        edits=number,
    )


def _button(query: CallbackQuery, update_id: int, bot_id: str) -> Inbound:
    if query.message is None or not isinstance(query.data, str):
        raise _NotOurs("button without chat or data")
    person, chat = _private(query.from_user, query.message.chat)
    return _inbound(
        person,
        chat,
        update_id,
        bot_id,
        Kind.BUTTON,
        action=clean_text(query.data),
        message_id=_id_of(query.message),
    )


def _coming_or_going(change: ChatMemberUpdated, update_id: int, bot_id: str) -> Inbound:
    person, chat = _private(change.from_user, change.chat)
    status = change.new_chat_member.status
    if status not in ("kicked", "member"):
        raise _NotOurs("membership")
    kind = Kind.LEFT if status == "kicked" else Kind.RETURNED
    return _inbound(person, chat, update_id, bot_id, kind)


def _private(person: User | None, chat: Chat) -> tuple[User, Chat]:
    if chat.type != Chat.PRIVATE:
        raise _NotOurs("not a private chat")
    if person is None or person.is_bot:
        raise _NotOurs("no person")
    if not _is_id(person.id) or not _is_id(chat.id):
        raise _NotOurs("odd id")
    return person, chat


def _kind(message: Message) -> Kind:
    if message.text is not None:
        return Kind.TEXT
    if any(getattr(message, name, None) for name in _SERVICE):
        raise _NotOurs("service message")
    return next((kind for name, kind in _KINDS if getattr(message, name, None)), Kind.OTHER)


def _text(message: Message) -> str:
    text = message.text if message.text is not None else message.caption
    if text is not None and not isinstance(text, str):
        raise _NotOurs("odd text")
    return clean_text(text or "")


def _action(command: re.Match[str]) -> str:
    """The command's name, and its argument if a deep link could have made it."""
    argument = (command[2] or "").strip()
    name = command[1].lower()
    return f"{name} {argument}" if _PAYLOAD.fullmatch(argument) else name


def _id_of(message: Any) -> str:
    return str(message.message_id) if _is_id(message.message_id) else ""


def _inbound(
    person: User, chat: Chat, update_id: int, bot_id: str, kind: Kind, **rest: Any
) -> Inbound:
    return Inbound(
        channel=CHANNEL,
        event_id=str(update_id),
        person_id=str(person.id),
        kind=kind,
        bot=bot_id,
        address=str(chat.id),
        order=update_id,
        language=_language(person.language_code),
        **rest,
    )


def _language(code: object) -> str:
    return code if isinstance(code, str) and _LANGUAGE.fullmatch(code) else ""
