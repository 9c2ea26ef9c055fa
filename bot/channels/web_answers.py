"""Responses that several routes give: packed pages, files, and errors that say nothing inside."""

from __future__ import annotations

import gzip
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from litestar import Response
from litestar.exceptions import HTTPException

from bot.channels.web_input import Req, Trouble
from bot.channels.web_page import Asset, Pages
from bot.channels.web_words import WORDS
from bot.messages import StorageUnavailable, Text

log = logging.getLogger(__name__)

_OF_SCRIPT = ("/chat/messages", "/chat/stream", "/api/", "/health/", "/telegram/")
_WORD_OF = {
    403: "err_refused",
    404: "err_not_found",
    405: "err_not_found",
    413: "err_too_long",
    429: "err_busy",
    503: "err_away",
}


def packed(request: Req, body: bytes, content_type: str, status: int = 200) -> Response[bytes]:
    """A page, gzipped where the browser takes it.

    Packing a page that holds a secret is safe here: the token is new on every page that
    another site could ask for.
    """
    headers = {"vary": "accept-encoding"}
    if _takes_gzip(request):
        body = gzip.compress(body, 6, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, status_code=status, media_type=content_type, headers=headers)


def file(request: Req, asset: Asset) -> Response[bytes]:
    headers = {"vary": "accept-encoding"}
    body = asset.body
    if _takes_gzip(request):
        body = asset.packed
        headers["content-encoding"] = "gzip"
    return Response(body, media_type=asset.content_type, headers=headers)


def _takes_gzip(request: Req) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


class Errors:
    """Turns an error into words in the reader's language, and a number for the operator."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        # Parts of the service with error pages of their own: path -> what draws them.
        self.others: dict[str, Callable[[Mapping[str, Any], int, str], tuple[str, bytes]]] = {}

    def answer(self, request: Req, error: Exception) -> Response[bytes]:
        status, text = _meaning(error)
        number = ""
        if status >= 500:
            number = secrets.token_hex(4)
            log.error("request failed", extra={"request": number}, exc_info=error)
        kind, body = self.explain(request.scope, status, number, text)
        headers = error.headers if isinstance(error, HTTPException) else None
        return Response(body, status_code=status, media_type=kind, headers=headers or {})

    def explain(
        self, scope: Mapping[str, Any], status: int, number: str, text: Text | None = None
    ) -> tuple[str, bytes]:
        """Content type and body of an error."""
        text = text or _text_of(status)
        for path, explain in self.others.items():
            if scope["path"] == path or scope["path"].startswith(f"{path}/"):
                return explain(scope, status, number)
        locale = self._locale(scope)
        if not scope["path"].startswith(_OF_SCRIPT):
            return "text/html", self.pages.error(locale, text, number)
        said = {"error": text.key, "message": self.pages.words(locale).say(text), "id": number}
        return "application/json", json.dumps(said).encode()

    def _locale(self, scope: Mapping[str, Any]) -> str:
        headers = {name.lower(): value for name, value in scope["headers"]}
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        return self.pages.locale_for(asked, accepted)


def _meaning(error: Exception) -> tuple[int, Text]:
    if isinstance(error, Trouble):
        return error.status_code, error.text
    if isinstance(error, StorageUnavailable):
        return 503, WORDS["err_away"]
    if isinstance(error, HTTPException):
        return error.status_code, _text_of(error.status_code)
    return 500, WORDS["err_broken"]


def _text_of(status: int) -> Text:
    return WORDS[_WORD_OF.get(status, "err_broken" if status >= 500 else "err_unreadable")]
