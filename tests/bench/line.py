"""One kept HTTP/1.1 connection to the loopback.

A full client takes a millisecond of a core for each call. With two cores, and what is
measured on the same ones, that would be part of every figure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 30.0


class Line:
    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. `body` goes as JSON. Raises OSError or EOFError."""
        content = b"" if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return await self.ask_raw(method, path, content, {**kind, **(headers or {})})

    async def ask_raw(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """The same with a body of any kind, such as a form."""
        async with asyncio.timeout(TIMEOUT_S):
            is_new = self._writer is None
            try:
                return await self._once(method, path, content, headers)
            except (EOFError, ConnectionError):
                await self.close()
                if is_new:
                    raise
                # An idle connection that the server had closed.
                return await self._once(method, path, content, headers)

    async def ask_json(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Raises RuntimeError for anything but 200."""
        status, answer = await self.ask(method, path, body, headers)
        if status != 200:
            raise RuntimeError(f"{method} {path.partition('?')[0]} answered {status}")
        return json.loads(answer)

    async def events(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[Any]:
        """The data of server-sent events, as they come."""
        reader = await self._send("GET", path, b"", headers)
        await _head(reader)
        # Chunk sizes and comments stand on lines of their own.
        while line := await reader.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None

    async def _once(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        reader = await self._send(method, path, content, headers)
        status, length = await _head(reader)
        return status, await reader.readexactly(length)

    async def _send(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                self._host, self._port, limit=2**20
            )
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if method != "GET":
            lines.append(f"Content-Length: {len(content)}")
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        await self._writer.drain()
        return self._reader


async def _head(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status and length of the body."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), int(fields.get("content-length", 0))
