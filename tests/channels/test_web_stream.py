from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bot.channels.web import Web
from bot.channels.web_stream import MAX_STREAMS, Streams
from bot.channels.web_token import issue_token, verify_token
from bot.http_protocol import DeadlineProtocol
from tests.browser.web_fake import KEY, FakeService, application, litestar
from tests.browser.web_server import served


@pytest.fixture
def service() -> FakeService:
    return FakeService()


def person_of(token: str) -> str:
    person = verify_token(KEY, token)
    assert person
    return person


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_stream_replays_after_the_cursor_and_beats_while_nothing_happens(
    service: FakeService,
) -> None:
    for text in ("one", "two"):
        service.add("p", "bot", text, locale="ar")
    stream = Streams(service.parts(), heartbeat_s=0.05).events("p", 1)
    assert await anext(stream) == ": here\n\n"
    event = await anext(stream)
    assert event.startswith("id: 2\nevent: bubble\ndata: ")
    assert event.count("\n\n") == 1
    assert json.loads(event.split("data: ")[1])["dir"] == "rtl"
    assert await anext(stream) == ":\n\n"
    service.add("p", "counsellor", "three")
    assert "three" in await anext(stream)
    await stream.aclose()


async def test_that_a_counsellor_writes_is_told_once_and_is_no_bubble(service: FakeService) -> None:
    wrote = {"p": 7.0}
    parts = replace(service.parts(), counsellor_wrote=lambda person: wrote.get(person, 0.0))
    stream = Streams(parts, heartbeat_s=0.05).events("p", 0)
    assert await anext(stream) == ": here\n\n"
    assert await anext(stream) == ":\n\n"
    wrote["p"] = 12.5
    assert await anext(stream) == "event: writing\ndata: {}\n\n"
    assert await anext(stream) == ":\n\n"
    wrote.clear()
    assert [await anext(stream), await anext(stream)] == [":\n\n", ":\n\n"]
    await stream.aclose()


async def test_stream_ends_when_the_person_leaves_or_storage_is_away(service: FakeService) -> None:
    streams = Streams(service.parts(), heartbeat_s=0.05)
    stream = streams.events("p", 0)
    await anext(stream)
    service.left.add("p")
    assert [event async for event in stream] == []
    service.left.clear()
    service.away = True
    assert [event async for event in streams.events("p", 0)] == [": here\n\n"]
    assert not streams.open


def test_new_bubbles_arrive_over_http(service: FakeService) -> None:
    token = issue_token(KEY)
    headers = {"X-Punte-Token": token}
    with (
        served(application(service)) as url,
        httpx.Client(base_url=url) as client,
        client.stream("GET", "/chat/stream?after=0", headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        found = events(answer.iter_lines())
        message = {"id": "message-1", "text": "Where?", "locale": "en"}
        client.post("/chat/messages", json=message, headers=headers)
        assert [next(found)["author"], next(found)["author"]] == ["person", "bot"]


def test_one_conversation_has_a_few_streams_at_most(service: FakeService) -> None:
    token = issue_token(KEY)
    headers = {"X-Punte-Token": token}
    with (
        served(application(service)) as url,
        httpx.Client(base_url=url) as client,
        ExitStack() as streams,
    ):
        readers = []
        for _ in range(MAX_STREAMS):
            stream = client.stream("GET", "/chat/stream", headers=headers)
            readers.append(streams.enter_context(stream).iter_raw())
            assert next(readers[-1]) == b": here\n\n"
        assert client.get("/chat/stream", headers=headers).status_code == 429


def test_open_streams_do_not_hold_up_the_end(service: FakeService) -> None:
    headers = {"X-Punte-Token": issue_token(KEY)}
    with httpx.Client() as client:
        with served(application(service)) as url:
            request = client.build_request("GET", f"{url}/chat/stream", headers=headers)
            answer = client.send(request, stream=True)
            reader = answer.iter_raw()
            assert next(reader) == b": here\n\n"
            started = time.monotonic()
        assert time.monotonic() - started < 5
        answer.close()


# Deadlines


class Hasty(DeadlineProtocol):
    headers_s = 0.3
    send_s = 0.3


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def hasty(service: FakeService, body_s: float = 0.3) -> Any:
    web = Web(service.parts())
    return web.guarded(litestar(service, web), body_s)


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(65536) == b""
    except ConnectionResetError:
        return True


def test_headers_that_do_not_come_close_the_connection(service: FakeService) -> None:
    with served(hasty(service), protocol=Hasty) as url:
        with connected(url) as idle:
            assert is_closed(idle)
        with connected(url) as half:
            half.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            assert is_closed(half)


def test_headers_of_a_second_request_have_a_deadline_too(service: FakeService) -> None:
    request = b"GET /static/favicon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with served(hasty(service), protocol=Hasty) as url, connected(url) as connection:
        for _ in range(2):
            connection.sendall(request)
            received = b""
            while not received.endswith(b"</svg>\n"):
                received += connection.recv(65536)
        connection.sendall(request[:20])
        assert is_closed(connection)


def test_body_that_does_not_come_is_answered_with_408(service: FakeService) -> None:
    head = (
        b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntext="
    )
    with served(hasty(service), protocol=Hasty) as url, connected(url) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 408")
        while not is_closed(connection):
            pass


def test_client_that_never_reads_is_cut_off(service: FakeService) -> None:
    token = issue_token(KEY)
    for _ in range(2000):
        service.add(person_of(token), "bot", "x" * 4000, locale="en")
    request = (
        f"GET /chat/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Punte-Token: {token}\r\n\r\n"
    ).encode()
    web = Web(service.parts())
    app = web.guarded(litestar(service, web))
    with served(app, protocol=Hasty) as url, connected(url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request)
        received = b""
        while b": here" not in received:
            received += connection.recv(16)
        assert web.streams.open
        deadline = time.monotonic() + 5
        with httpx.Client(base_url=url) as client:
            while web.streams.open and time.monotonic() < deadline:
                client.get("/static/favicon.svg")
        assert not web.streams.open
