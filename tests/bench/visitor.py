"""A person at the web page: says something by its script's route, hears it on the stream."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time

from tests.bench.line import Line

_TOKEN = re.compile(rb'name="token" value="([^"]+)"')
ANSWER_S = 20.0


class Visitor:
    def __init__(self, url: str, locale: str, country: str) -> None:
        self.locale, self.country = locale, country
        self._line, self._stream_line = Line(url), Line(url)
        self._token = ""
        self._listening: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[float]] = {}
        self._heard = ""  # the message whose answer comes now
        self._speaking = asyncio.Lock()  # nobody writes before the last answer came

    async def arrive(self) -> None:
        _, page = await self._line.ask("GET", f"/?lang={self.locale}&country={self.country}")
        found = _TOKEN.search(page)
        if found is None:
            raise RuntimeError("the page has no token")
        self._token = found[1].decode()
        self._listening = asyncio.create_task(self._listen())

    async def says(self, text: str = "", action: str = "") -> float:
        """Seconds from wanting to send to the first bubble of the answer."""
        began = time.perf_counter()
        async with self._speaking:
            return await self._say(text, action) - began

    async def _say(self, text: str, action: str) -> float:
        number = secrets.token_urlsafe(12)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._post(number, text, action)
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def tell(self, text: str) -> None:
        """Say something that the program does not answer: a counsellor does."""
        async with self._speaking:
            await self._post(secrets.token_urlsafe(12), text, "")

    async def _post(self, number: str, text: str, action: str) -> None:
        body = {
            "id": number,
            "text": text,
            "action": action,
            "locale": self.locale,
            "country": self.country,
        }
        await self._line.ask_json("POST", "/chat/messages", body, **{"X-Punte-Token": self._token})

    async def leave(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._line.close()
        await self._stream_line.close()

    async def _listen(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            events = self._stream_line.events("/chat/stream", {"X-Punte-Token": self._token})
            async for bubble in events:
                self._hear(bubble["author"], bubble["id"])

    def _hear(self, author: str, number: str) -> None:
        if author == "person":
            self._heard = number
            return
        answer = self._answers.pop(self._heard, None)
        if answer is not None and not answer.done():
            answer.set_result(time.perf_counter())
