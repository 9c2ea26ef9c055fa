"""A small HTTP/1.1 server that can also answer badly: cut, slow, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11

MAX_BODY = 55_000_000  # a bot may send 50 MB


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    cut: bool = False  # promise the whole body, send half of it, hang up
    reset: bool = False  # no answer at all
    drip_s: float = 0.0  # pause between single bytes
    message_id: int | None = None  # the message whose acceptance this answer reports


Handler = Callable[[Asked], Awaitable[Answer]]


class HttpServer:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.unheard: set[int] = set()  # messages whose acceptance perhaps reached nobody

    async def start(self, host: str, port: int) -> int:
        self._server = await asyncio.start_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        unsure: int | None = None
        try:
            while asked := await _read(connection, reader):
                unsure = None  # whoever asks again has read the answer before
                answer = await self._handler(asked)
                unsure = answer.message_id
                if not await _write(connection, writer, answer):
                    break
                if connection.our_state is not h11.DONE:
                    break
                connection.start_next_cycle()
        except (h11.ProtocolError, OSError):
            pass
        finally:
            if unsure is not None:
                self.unheard.add(unsure)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> Asked | None:
    head: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                return None
        elif isinstance(event, h11.EndOfMessage) and head:
            headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            return Asked(head.method.decode(), head.target.decode("latin-1"), headers, body)
        else:
            return None


async def _write(connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send an answer. False when the connection is of no more use."""
    if answer.reset:
        _hang_up(writer)
        return False
    headers = [
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        ("Cache-Control", "no-store"),
    ]
    head = connection.send(h11.Response(status_code=answer.status, headers=headers))
    writer.write(head or b"")
    body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
    await _send_body(connection, writer, body, answer.drip_s)
    if answer.cut:
        return False
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return True


async def _send_body(
    connection: h11.Connection, writer: asyncio.StreamWriter, body: bytes, drip_s: float
) -> None:
    pieces = [body[at : at + 1] for at in range(len(body))] if drip_s else [body]
    for piece in pieces:
        writer.write(connection.send(h11.Data(piece)) or b"")
        await writer.drain()
        if drip_s:
            await asyncio.sleep(drip_s)


def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, as a crashed server or a torn line does."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
