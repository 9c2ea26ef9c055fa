"""What the Bot API accepts in a message. Raises `Refusal` with the real server's words."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT = 4096
MAX_CALLBACK_DATA = 64
MAX_COPIED = 256
MAX_BUTTONS = 100
ENTITY_TYPES = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)
# The real server drops these from every text, and turns C0 controls but newline into spaces.
_DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_BLANKED = re.compile("[\x00-\x09\x0b-\x1f]")
_TAG = re.compile(r"<(/?)([a-zA-Z-]+)[^>]*>")
_HTML_TAGS = frozenset(
    [
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "tg-spoiler",
        "span",
        "code",
        "pre",
        "a",
        "blockquote",
        "tg-emoji",
    ]
)
_FOUND = (
    ("bot_command", re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?")),
    ("url", re.compile(r"https?://[^\s]+")),
)


class Refusal(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: int, description: str, retry_after: float | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad(description: str) -> Refusal:
    return Refusal(400, f"Bad Request: {description}")


class Params(dict[str, Any]):
    """One call's parameters: strings of a form, or values of a JSON body."""

    def text(self, name: str) -> str:
        value = self.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        try:
            return int(self.get(name, default))
        except (TypeError, ValueError):
            raise bad(f'parameter "{name}" must be a number') from None

    def boolean(self, name: str) -> bool:
        return str(self.get(name, "")).lower() in ("true", "yes", "1")

    def parsed(self, name: str) -> Any:
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def message_text(params: Params) -> tuple[str, list[dict[str, Any]]]:
    """The text as people will see it, and its entities."""
    text = _BLANKED.sub(" ", _DROPPED.sub("", params.text("text")))
    text = _without_markup(text, params.text("parse_mode"))
    entities = [] if params.get("parse_mode") else checked_entities(params.parsed("entities"), text)
    text = text.strip()
    if not text:
        raise bad("message text is empty")
    if utf16_units(text) > MAX_TEXT:
        raise bad("message is too long")
    return text, sorted(entities + found_entities(text), key=lambda entity: entity["offset"])


def _without_markup(text: str, mode: str) -> str:
    if mode.lower() == "html":
        return _without_tags(text)
    for mark in "*_`" if mode.lower().startswith("markdown") else "":
        if text.count(mark) % 2:
            at = len(text[: text.rindex(mark)].encode())
            raise bad(
                f"can't parse entities: Can't find end of the entity starting at byte offset {at}"
            )
    return text


def _without_tags(text: str) -> str:
    open_tags = []
    for tag in _TAG.finditer(text):
        name, at = tag[2].lower(), len(text[: tag.start()].encode())
        if name not in _HTML_TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {at}')
        if not tag[1]:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {at}")
    if open_tags:
        raise bad(f"can't parse entities: Can't find end tag corresponding to \"{open_tags[-1]}\"")
    return unescape(_TAG.sub("", text))


def checked_entities(given: Any, text: str) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise bad("can't parse entities JSON object: expected an Array")
    size = utf16_units(text)
    for entity in given:
        _check_entity(entity, size)
    return [entity for entity in given if entity["length"]]


def _check_entity(entity: Any, size: int) -> None:
    if not isinstance(entity, dict) or entity.get("type") not in ENTITY_TYPES:
        raise bad("can't parse entities: unsupported type specified")
    offset, length = entity.get("offset"), entity.get("length")
    if type(offset) is not int or type(length) is not int or offset < 0 or length < 0:
        raise bad("can't parse entities: offset and length must be numbers")
    if offset + length > size:
        raise bad(
            f"entity beginning at UTF-16 offset {offset} ends after the end of the text"
            f" at UTF-16 offset {offset + length}"
        )


def found_entities(text: str) -> list[dict[str, Any]]:
    """What the server marks by itself."""
    return [
        {
            "type": kind,
            "offset": utf16_units(text[: match.start()]),
            "length": utf16_units(match.group()),
        }
        for kind, pattern in _FOUND
        for match in pattern.finditer(text)
    ]


def reply_markup(params: Params) -> dict[str, Any] | None:
    """The inline keyboard, checked; other kinds of markup are only checked to be objects."""
    markup = params.parsed("reply_markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if not {"keyboard", "remove_keyboard", "force_reply"} & markup.keys():
            raise bad("can't parse reply keyboard markup JSON object")
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    buttons = [button for row in rows for button in row]
    if len(buttons) > MAX_BUTTONS:
        raise bad("reply markup is too long")
    for button in buttons:
        _check_button(button)
    return {"inline_keyboard": [row for row in rows if row]} if buttons else None


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: expected an Object")
    label = button.get("text")
    if not isinstance(label, str) or not label.strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be non-empty')
    data, url = button.get("callback_data"), button.get("url")
    if "copy_text" in button and data is None and url is None:
        _check_copied(button["copy_text"])
        return
    if (data is None) == (url is None):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in it")
    if url is not None:
        _check_url(url)
    elif not isinstance(data, str) or not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA:
        raise bad("BUTTON_DATA_INVALID")


def _check_copied(copied: Any) -> None:
    text = copied.get("text") if isinstance(copied, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_COPIED:
        raise bad("can't parse inline keyboard button: COPY_TEXT_INVALID")


def _check_url(url: Any) -> None:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in ("tg", "ton"):
        return
    if parts.scheme not in ("", "http", "https"):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    if "." not in (parts.hostname or parts.path):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
