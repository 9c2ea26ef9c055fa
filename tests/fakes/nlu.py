"""A stand-in for the NLU server that can fall ill in every way the real one might."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bot.nlu_client import Address

HTML = b"<!doctype html><title>502 Bad Gateway</title>"
RANKING: Mapping[str, float] = {"minimum-wage": 0.91, "unpaid-wages": 0.31, "greeting": 0.02}


class FakeNlu:
    """Speaks `POST /model/parse`. Set `illness`, and read what it was `asked`.

    illness: "" (well), slow, drip, hangup, html, empty, bad-json, deep-json, nan, sure (7.3),
    minus, text-confidence, huge (50 MB), unknown, gzip, or an HTTP status: 500, 401, 409.
    """

    def __init__(self, token: str = "right") -> None:
        self.token = token
        self.illness = ""
        self.rankings: dict[str, Mapping[str, float]] = {}
        self.entities: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._released = asyncio.Event()

    @property
    def address(self) -> Address:
        return Address(f"http://127.0.0.1:{self.port}", self.token)

    async def start(self) -> None:
        """On the port it had before, if it had one."""
        self._released.clear()
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._released.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next(
                int(line.split(":")[1])
                for line in head.lower().splitlines()
                if line.startswith("content-length:")
            )
            body = await reader.readexactly(length)
            self.bodies.append(head.encode("latin-1") + body)
            if f"token={self.token}" not in head.splitlines()[0]:
                await self._reply(writer, b"{}", status=401)
            else:
                self.asked.append(json.loads(body)["text"])
                await self._fall_ill(writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _fall_ill(self, writer: asyncio.StreamWriter) -> None:
        if self.illness == "slow":
            await self._released.wait()
        elif self.illness == "drip":
            await self._drip(writer)
        elif self.illness == "huge":
            await self._huge(writer)
        elif self.illness.isdecimal():
            await self._reply(writer, b'{"status": "failure"}', status=int(self.illness))
        elif self.illness != "hangup":
            await self._reply(writer, self._body(), encoding=self.illness == "gzip")

    def _body(self) -> bytes:
        garbage = {
            "html": HTML,
            "empty": b"",
            "bad-json": b'{"intent": {"name": "minimum-wage"',
            "deep-json": b"[" * 60_000,
            "gzip": b"\x1f\x8b\x08\x00 no gzip at all",
        }
        if self.illness in garbage:
            return garbage[self.illness]
        odd = {"nan": "NaN", "sure": "7.3", "minus": "-0.2", "text-confidence": '"0.9"'}
        answer = json.dumps(self._parse(self.asked[-1]))
        if self.illness in odd:
            answer = answer.replace("0.91", odd[self.illness])
        return answer.encode()

    def _parse(self, text: str) -> dict[str, Any]:
        ranking = self.rankings.get(text, RANKING)
        if self.illness == "unknown":
            ranking = {"delete-everything": 0.99}
        ranked = [{"name": name, "confidence": value} for name, value in ranking.items()]
        return {
            "text": text,
            "intent": ranked[0],
            "entities": self.entities,
            "intent_ranking": ranked,
        }

    async def _reply(
        self, writer: asyncio.StreamWriter, body: bytes, status: int = 200, encoding: bool = False
    ) -> None:
        extra = "Content-Encoding: gzip\r\n" if encoding else ""
        writer.write(
            f"HTTP/1.1 {status} Status\r\nContent-Length: {len(body)}\r\n{extra}"
            "Content-Type: application/json\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        """Headers at once, then a byte now and then: no single read times out."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not self._released.is_set():
            writer.write(b" ")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._released.wait(), 0.02)

    async def _huge(self, writer: asyncio.StreamWriter) -> None:
        size = 50 * 1024 * 1024
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size // 65536):
            writer.write(b"[" * 65536)
            await writer.drain()


@contextlib.asynccontextmanager
async def fake_nlu() -> AsyncIterator[FakeNlu]:
    fake = FakeNlu()
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
