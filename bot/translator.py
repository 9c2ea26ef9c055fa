"""A LibreTranslate-compatible server, if the operator runs one: for counsellors' eyes only.

What it says is shown beside the original, and named a machine's. No answer to a person is
ever made from it. Source: LibreTranslate's API, `POST /translate`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict

import httpx

log = logging.getLogger(__name__)

TIMEOUT_S = 3.0
MAX_TEXT = 1000  # characters that are sent
MAX_ANSWER = 64 * 1024
KEPT = 1000  # translations kept in memory, by a hash of the text; never on disk
AT_ONCE = 4
REST_S = 30.0  # after a failure nobody waits for the server again for so long

_THEIR_CODES = {"fil": "tl", "zh": "zh-Hans"}


class Translator:
    def __init__(self, url: str, key: str = "", client: httpx.AsyncClient | None = None) -> None:
        self._url, self._key = f"{url.rstrip('/')}/translate", key
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._known: OrderedDict[bytes, str] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._resting_until = 0.0

    async def __call__(self, text: str, locale: str) -> str:
        """The text in a counsellor's language; empty when there is no translation to be had.

        The language it is in is left to the server: people mix them.
        """
        said = text.strip()[:MAX_TEXT]
        if not said:
            return ""
        key = hashlib.sha256(f"{locale}\0{said}".encode("utf-8", "replace")).digest()
        if key not in self._known:
            translated = await self._ask(said, locale)
            if translated is None:
                return ""
            self._known[key] = "" if translated.strip() == said else translated
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, text: str, locale: str) -> str | None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until:
            return None
        asked = {
            "q": text,
            "source": "auto",
            "target": _THEIR_CODES.get(locale, locale),
            "format": "text",
        }
        if self._key:
            asked["api_key"] = self._key
        try:
            async with self._turns, asyncio.timeout(TIMEOUT_S):
                return await self._answer(asked)
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as error:
            self._resting_until = loop.time() + REST_S
            log.warning("no translation", extra={"error": type(error).__name__})
            return None

    async def _answer(self, asked: dict[str, str]) -> str | None:
        async with self._client.stream("POST", self._url, json=asked) as answer:
            if answer.status_code == 400:  # a language it does not have
                return None
            answer.raise_for_status()
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_ANSWER:
                    raise ValueError("too long")
        found = httpx.Response(200, content=body).json()["translatedText"]
        return found if isinstance(found, str) else None
