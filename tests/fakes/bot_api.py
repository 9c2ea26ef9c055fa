"""A stand-in for Telegram: the Bot API over HTTP, the people on the other side, and faults.

In a test:

    async with BotApi() as api:                       # api.url, api.token
        amina = api.person("Amina", language="ar")
        amina.sends("/start")
        [hello] = await amina.hears()
        amina.presses("العربية")

By hand: `python -m tests.fakes.bot_api --port 8081`, then the page at `/` is a small Telegram in
the browser. It keeps the rules of the documentation; `tests/fakes/test_bot_api.py` drives it with
python-telegram-bot. Messages live in memory and are gone when it stops.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.bot_api_files import read_multipart
from tests.fakes.bot_api_http import Answer, Asked, HttpServer
from tests.fakes.bot_api_methods import Methods
from tests.fakes.bot_api_people import Person, Places
from tests.fakes.bot_api_rules import Params, Refusal
from tests.fakes.bot_api_state import Json, Seen, State
from tests.fakes.bot_api_webhook import WebhookSender

__all__ = ["TOKEN", "BotApi", "Call", "Fault", "Person", "Seen"]

TOKEN = "123456789:AAFakeTokenForTheStandInServer00000"
PAGE = Path(__file__).with_name("bot_api_page.html")
PLAYABLE = frozenset(
    [
        "sends",
        "presses",
        "edits",
        "photo",
        "voice",
        "sticker",
        "document",
        "location",
        "contact",
        "blocks",
        "unblocks",
    ]
)
_FILE = re.compile(r"/file/bot([^/]+)/(.+)")
_PATH = re.compile(r"/bot([^/]+)/([A-Za-z0-9_]+)/?")
_WELL_FORMED = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")


@dataclass(frozen=True)
class Call:
    """One call the bot made."""

    method: str
    params: Json
    at: float
    status: int


@dataclass
class Fault:
    """What goes wrong with the next calls of a method. `*` is any method."""

    method: str
    kind: Literal["status", "later", "html", "cut", "reset", "slow", "drip", "garbage"]
    times: int = 1
    status: int = 500
    description: str = "Internal Server Error"
    seconds: float = 1
    accepted: bool = True  # for all but status and later: was the call carried out before?
    chat: int | None = None  # only calls for this chat

    def hits(self, method: str, params: Params) -> bool:
        named = self.method == "*" or self.method.lower() == method.lower()
        return (
            self.times > 0
            and named
            and (self.chat is None or params.text("chat_id") == str(self.chat))
        )


class BotApi:
    """One bot's Telegram. Start it with `async with` or `start()` and `stop()`."""

    def __init__(
        self,
        token: str = TOKEN,
        minimal: bool = False,
        limits: bool = False,
        clock: Callable[[], float] = time.time,
        webhook_pause_s: float = 1.0,
    ) -> None:
        self.token = token
        self.minimal = minimal
        self.state = State(token, clock)
        self.state.limits.on = limits
        self.methods = Methods(self.state)
        self.webhooks = WebhookSender(self.state, webhook_pause_s)
        self.places = Places(self.state)
        self.people: dict[int, Person] = {}
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.fetched: list[str] = []  # paths of files that were asked for
        self.url = ""
        self._http = HttpServer(self._handle)
        self._sender: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        port = await self._http.start(host, port)
        self.url = f"http://{host}:{port}"
        self._sender = asyncio.create_task(self.webhooks.run())

    async def stop(self) -> None:
        if self._sender:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await self._http.stop()

    async def __aenter__(self) -> BotApi:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        frames: TracebackType | None,
    ) -> None:
        await self.stop()

    # The person's side

    def person(self, name: str = "Amina", language: str = "en", number: int = 0) -> Person:
        """A new person, or the one with this number. Nobody may be written to before they write."""
        number = number or 700_000_001 + len(self.people)
        if number not in self.people:
            self.people[number] = Person(self.state, number, name, language)
        return self.people[number]

    def push(self, update: Any) -> None:
        """Send an update as it is, however odd."""
        self.state.push(update)

    def repeat(self, update_id: int) -> None:
        """Offer an update once more, confirmed or not."""
        self.state.push(next(u for u in self.state.updates if u.get("update_id") == update_id))

    # Faults and counters

    def breaks(self, method: str, kind: Any, times: int = 1, **details: Any) -> Fault:
        """Let the next `times` calls of `method` go wrong; see `Fault`."""
        fault = Fault(method, kind, times, **details)
        self.faults.append(fault)
        return fault

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method.lower() == method.lower()]

    @property
    def unheard(self) -> set[int]:
        """Messages that were accepted while the answer perhaps reached nobody.

        Only these may lawfully arrive twice. A connection's last message counts until another
        call on it shows that the answer was read.
        """
        return self._http.unheard

    async def until(self, holds: Callable[[], bool], timeout_s: float = 5) -> None:
        """Wait for something to become true here. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not holds():
                await self.state.changed.wait(0.05)

    # HTTP

    async def _handle(self, asked: Asked) -> Answer:
        path = urlsplit(asked.target).path
        if match := _FILE.fullmatch(unquote(path)):
            return self._file(match[1], match[2])
        if match := _PATH.fullmatch(unquote(path)):
            return await self._call(match[1], match[2], asked)
        if path == "/":
            return Answer(200, PAGE.read_bytes(), "text/html; charset=utf-8")
        if path == "/play" and asked.method == "POST":
            return self._play(asked.body)
        if path.startswith("/chats/"):
            return self._show(path.removeprefix("/chats/"))
        return _refused(Refusal(404, "Not Found"))

    async def _call(self, token: str, method: str, asked: Asked) -> Answer:
        params = Params()
        try:
            self._check_token(token)
            params = _params(asked)
            answer = await self._answer(method, params)
        except Refusal as refusal:
            answer = _refused(refusal)
        self.calls.append(Call(method, dict(params), self.state.clock(), answer.status))
        return answer

    def _file(self, token: str, path: str) -> Answer:
        try:
            self._check_token(token)
            data = None if self.minimal else self.state.files.read(path)
        except Refusal as refusal:
            return _refused(refusal)
        self.fetched.append(path)
        if data is None:
            return _refused(Refusal(404, "Not Found"))
        return Answer(200, data, "application/octet-stream")

    def _check_token(self, token: str) -> None:
        if token != self.token:
            known_shape = _WELL_FORMED.fullmatch(token)
            raise Refusal(401, "Unauthorized") if known_shape else Refusal(404, "Not Found")

    async def _answer(self, method: str, params: Params) -> Answer:
        run = self.methods.find(method, self.minimal)
        fault = next((f for f in self.faults if f.hits(method, params)), None)
        if fault is None:
            return _success(await run(params))
        fault.times -= 1
        return await _spoil(fault, lambda: run(params))

    def _play(self, body: bytes) -> Answer:
        """What a person does, for the page and for tests in another process.

        {"person": 700000001, "name": "Amina", "language": "ar", "do": "sends", "with": ["hello"]}
        """
        try:
            order = json.loads(body)
            person = self.person(
                order.get("name") or "Amina", order.get("language", "en"), order.get("person", 0)
            )
            if order["do"] not in PLAYABLE:
                raise KeyError(order["do"])
            result = getattr(person, order["do"])(*order.get("with", []))
        except (ValueError, KeyError, TypeError, LookupError, AssertionError) as error:
            return _json(400, {"ok": False, "error": repr(error)})
        return _json(200, {"ok": True, "person": person.id, "result": result})

    def _show(self, number: str) -> Answer:
        """A chat as its person sees it."""
        if not number.isdecimal() or int(number) not in self.people:
            return _json(200, {"messages": []})
        messages = [m for m in self.state.chats[int(number)].messages if not m.deleted]
        lines = [{"by": "bot" if m.by_bot else "person", "message": m.raw} for m in messages]
        return _json(200, {"messages": lines, "unheard": sorted(self.unheard)})


def _params(asked: Asked) -> Params:
    params = Params(parse_qsl(urlsplit(asked.target).query, keep_blank_values=True))
    kind = asked.headers.get("content-type", "")
    try:
        if kind.startswith("application/json") and asked.body:
            params.update(json.loads(asked.body))
        elif kind.startswith("application/x-www-form-urlencoded"):
            params.update(parse_qsl(asked.body.decode(), keep_blank_values=True))
        elif kind.startswith("multipart/form-data"):
            params.update(read_multipart(asked.body, kind))
    except ValueError:
        raise Refusal(400, "Bad Request: can't parse request body") from None
    return params


async def _spoil(fault: Fault, run: Callable[[], Any]) -> Answer:
    if fault.kind == "status":
        return _refused(Refusal(fault.status, fault.description))
    if fault.kind == "later":
        seconds = int(fault.seconds)
        return _refused(Refusal(429, f"Too Many Requests: retry after {seconds}", seconds))
    good = _success(await run()) if fault.accepted else _json(200, {"ok": True, "result": True})
    number = good.message_id
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "html":
        page = b"<html><h1>502 Bad Gateway</h1></html>"
        status = fault.status if fault.status != 500 else 502
        return Answer(status, page, "text/html", message_id=number)
    if fault.kind == "cut":
        return Answer(200, good.body, cut=True, message_id=number)
    if fault.kind == "reset":
        return Answer(200, b"", reset=True, message_id=number)
    if fault.kind == "drip":
        return Answer(200, good.body, drip_s=fault.seconds, message_id=number)
    if fault.kind == "garbage":
        return Answer(200, b'{"ok": true, "resu', message_id=number)
    return good


def _success(result: Any) -> Answer:
    number = result.get("message_id") if isinstance(result, dict) else None
    return Answer(200, _encode({"ok": True, "result": result}), message_id=number)


def _refused(refusal: Refusal) -> Answer:
    body: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return _json(refusal.code, body)


def _json(status: int, content: Any) -> Answer:
    return Answer(status, _encode(content))


def _encode(content: Any) -> bytes:
    return json.dumps(content).encode()


async def _serve(options: argparse.Namespace) -> None:
    api = BotApi(options.token, minimal=options.minimal, limits=options.limits)
    await api.start(options.host, options.port)
    print(f"Telegram stand-in: open {api.url}/ to play a person. The service finds it with")
    print(f"  TELEGRAM_TOKEN={api.token} TELEGRAM_API_URL={api.url}")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await api.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.bot_api")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--minimal", action="store_true", help="know only the four methods we need")
    parser.add_argument("--limits", action="store_true", help="answer 429 as the real one does")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
