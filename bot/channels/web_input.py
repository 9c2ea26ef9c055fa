"""Reads what a browser sent, and refuses what it cannot be. Nothing here touches storage."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException

from bot.channels.web_words import WORDS
from bot.flows.find_office import read_place
from bot.messages import MAX_ACTION_BYTES, Text, clean_text

MAX_BODY = 64 * 1024
_MAX_FIELDS = 20
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CURSOR = re.compile(r"[0-9]{1,15}")

Req = Request[Any, Any, Any]


class Trouble(HTTPException):
    """An error with the words that the person reads."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(status_code=status, detail=word)
        self.text: Text = WORDS[word]


class Posted(msgspec.Struct, frozen=True):
    """One message, from the script or from the form."""

    id: str
    text: str = ""
    action: str = ""
    locale: str = ""
    country: str = ""
    place: str = ""  # "45.75,21.21", rounded on the device


async def read_json(request: Req) -> Posted:
    _expect(request, "application/json")
    body = await request.body()
    try:
        # Litestar's own decoding refuses half an emoji, and answers 500 to invalid UTF-8.
        values = json.loads(body.decode(), parse_constant=_refuse)
        if isinstance(values, dict):
            values = {k: clean_text(v) if isinstance(v, str) else v for k, v in values.items()}
        return checked(msgspec.convert(values, Posted))
    except (ValueError, RecursionError):
        raise Trouble(400, "err_unreadable") from None


async def read_form(request: Req, max_fields: int = _MAX_FIELDS) -> dict[str, str]:
    """The fields of a form, clean. A field that comes twice counts once, with its last value."""
    _expect(request, "application/x-www-form-urlencoded")
    body = await request.body()
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=max_fields
        )
    except ValueError:
        raise Trouble(400, "err_unreadable") from None
    return {name: clean_text(value) for name, value in fields}


def checked(posted: Posted) -> Posted:
    if not _MESSAGE_ID.fullmatch(posted.id) or len(posted.action.encode()) > MAX_ACTION_BYTES:
        raise Trouble(400, "err_unreadable")
    if posted.place and read_place(posted.place) is None:
        raise Trouble(400, "err_unreadable")
    return posted


def read_cursor(request: Req) -> int:
    after = request.query_params.get("after", "0")
    if not _CURSOR.fullmatch(after):
        raise Trouble(400, "err_unreadable")
    return int(after)


def _expect(request: Req, content_type: str) -> None:
    # Another site's form can send three content types without asking; this is part of the guard.
    if request.content_type[0].lower() != content_type:
        raise Trouble(403, "err_refused")


def _refuse(constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")
