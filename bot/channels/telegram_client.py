"""Calls to the Bot API: python-telegram-bot's HTTP and error types, without its log lines.

Results stay raw JSON. A server that accepts a message and describes it in a way the library
cannot read has still accepted it, and must not get it twice.
"""

from __future__ import annotations

import json
import logging
import math
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter

OFFICIAL_API = "https://api.telegram.org"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

_BOT_URL = re.compile(r"/bot\d+(:|%3A)")


class Later(TelegramError):
    """The platform said when to come back."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("Too many requests")
        self.retry_after_s = retry_after_s


class Refused(NetworkError):
    """The platform itself said that it failed: nothing was accepted, later may work."""


class Unreadable(TelegramError):
    """A success that carries no result. Whether anything was accepted is not known."""


class QuietRequest(HTTPXRequest):
    """The library's HTTP layer with answers sorted more finely and nothing of them logged."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        # The library's own version logs an unreadable answer at ERROR, with our text in it.
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise Unreadable("not JSON") from None
        if not isinstance(answer, dict):
            raise Unreadable("not an object")
        return answer

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if not 200 <= code <= 299:
            self._sort(code, payload)
        return code, payload

    def _sort(self, code: int, payload: bytes) -> None:
        """Raise what the library would blur; other statuses are left to it."""
        try:
            answer = self.parse_json_payload(payload)
        except Unreadable:
            if code == 404:
                return
            # A proxy's page, not the platform's word: the call may have passed it before the
            # answer was lost, and its 403 does not mean that a person blocked us.
            raise Unreadable(f"status {code}") from None
        seconds = _retry_after(answer)
        if seconds is not None:
            raise Later(seconds)
        if code == 429 or code >= 500:
            raise Refused(f"status {code}")


def _retry_after(answer: dict[str, Any]) -> float | None:
    parameters = answer.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if seconds > 0 and math.isfinite(seconds) else None


class TelegramClient:
    """One bot's calls. Needs no start: the first call opens the connection."""

    def __init__(self, token: str, api_url: str = "", pool_size: int = 64) -> None:
        server = (api_url or OFFICIAL_API).rstrip("/")
        self._base, self._files = f"{server}/bot{token}", f"{server}/file/bot{token}"
        self.bot_id = token.partition(":")[0]
        self._request = QuietRequest(
            connection_pool_size=pool_size,
            connect_timeout=5,
            read_timeout=10,
            write_timeout=5,
            pool_timeout=1,
            # A proxy for the outside world cannot reach a server on this machine.
            httpx_kwargs={"trust_env": False} if _is_here(api_url) else None,
        )
        self._web = httpx.AsyncClient(timeout=10, trust_env=not _is_here(api_url))
        keep_bot_urls_out_of_logs()

    async def call(
        self, method: str, params: dict[str, Any] | None = None, read_timeout_s: float = 10
    ) -> Any:
        """The raw `result` of one method. Raises `TelegramError` and what the network raises."""
        given = (params or {}).items()
        data = RequestData([RequestParameter.from_input(k, v) for k, v in given if v is not None])
        try:
            return await self._request.post(
                f"{self._base}/{method}", request_data=data, read_timeout=read_timeout_s
            )
        except KeyError:
            raise Unreadable("no result") from None

    async def download(self, path: str, most: int) -> bytes:
        """A file of `getFile`, at most `most` bytes.

        Raises `FileNotFoundError`, `OverflowError`, and what the network raises.
        """
        found = bytearray()
        async with self._web.stream("GET", f"{self._files}/{path}") as answer:
            if answer.status_code >= 500:
                raise Refused(f"status {answer.status_code}")
            if answer.status_code != 200:
                raise FileNotFoundError
            if int(answer.headers.get("content-length") or 0) > most:
                raise OverflowError
            async for piece in answer.aiter_raw():
                found += piece
                if len(found) > most:
                    raise OverflowError
        return bytes(found)

    async def close(self) -> None:
        await self._web.aclose()
        await self._request.shutdown()


def _is_here(api_url: str) -> bool:
    return urlsplit(api_url).hostname in ("127.0.0.1", "::1", "localhost")


def _names_no_bot_url(record: logging.LogRecord) -> bool:
    return not _BOT_URL.search(record.getMessage())


def keep_bot_urls_out_of_logs() -> None:
    """httpx writes each address at INFO, and a Bot API address holds the token."""
    logging.getLogger("httpx").addFilter(_names_no_bot_url)
