from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from bot.channels.telegram_client import TelegramClient
from bot.channels.telegram_webhook import announce_webhook, read_update, refusal, webhook_route
from bot.messages import StorageUnavailable
from tests.fakes.bot_api import TOKEN, BotApi

SECRET = "new-secret"
GOOD = {"content-type": "application/json", "x-telegram-bot-api-secret-token": SECRET}
UPDATE = b'{"update_id": 5}'


class Desk:
    """Everything around the route: what was stored, answered and refused."""

    def __init__(self) -> None:
        self.stored: list[Any] = []
        self.afterwards: list[Any] = []
        self.refused: list[int] = []
        self.database_away = False

    async def accept(self, updates: Sequence[Any]) -> None:
        if self.database_away:
            raise StorageUnavailable
        self.stored.extend(updates)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[AsyncTestClient[Litestar]]:
    route = webhook_route(
        desk.accept, (SECRET, "old-secret"), desk.afterwards.extend, desk.refused.append
    )
    app = Litestar([route], logging_config=None, openapi_config=None)
    async with AsyncTestClient(app) as client:
        yield client


async def test_a_stored_update_is_acknowledged(web: AsyncTestClient[Litestar], desk: Desk) -> None:
    answer = await web.post("/telegram/webhook", content=UPDATE, headers=GOOD)
    assert answer.status_code == 200
    assert desk.stored == desk.afterwards == [{"update_id": 5}]


@pytest.mark.fault("U6")
@pytest.mark.parametrize(
    ("secret", "status"),
    [
        (SECRET.encode(), 200),
        (b"old-secret", 200),
        (b"", 403),
        (b"wrong", 403),
        ("сек".encode(), 403),
        (b"\xff\xfe", 403),
        (None, 403),
    ],
)
async def test_the_secret_is_checked_as_bytes(
    web: AsyncTestClient[Litestar], desk: Desk, secret: bytes | None, status: int
) -> None:
    headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
    if secret is not None:
        headers.append((b"x-telegram-bot-api-secret-token", secret))
    answer = await web.post("/telegram/webhook", content=UPDATE, headers=headers)
    assert answer.status_code == status
    assert desk.refused == ([] if status == 200 else [403])
    assert len(desk.stored) == (status == 200)


@pytest.mark.fault("U6")
async def test_other_methods_and_content_types_are_refused(
    web: AsyncTestClient[Litestar], desk: Desk
) -> None:
    assert (await web.get("/telegram/webhook", headers=GOOD)).status_code == 405
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        headers = GOOD | {"content-type": kind}
        answer = await web.post("/telegram/webhook", content=UPDATE, headers=headers)
        assert answer.status_code == 403
    headers = GOOD | {"content-type": "application/json; charset=utf-8"}
    answer = await web.post("/telegram/webhook", content=UPDATE, headers=headers)
    assert answer.status_code == 200


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * 1_000_001, 413),
        (b'{"update_id": ' + b"5" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"update_id": NaN}', 400),
        (b"{", 400),
        (b"\xff\xfe{\x00", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"", 400),
        (b"[]", 200),
        (b'{"message": null}', 200),
        (b'{"update_id": 1, "message": {"text": "\\ud83d"}}', 200),
    ],
)
async def test_bodies_of_every_kind(
    web: AsyncTestClient[Litestar], desk: Desk, body: bytes, status: int
) -> None:
    answer = await web.post("/telegram/webhook", content=body, headers=GOOD)
    assert answer.status_code == status
    assert len(desk.stored) == (status == 200)
    assert desk.refused == ([] if status == 200 else [status])


@pytest.mark.fault("X6")
@pytest.mark.parametrize(("ending", "status"), [("http.request", 413), ("http.disconnect", 400)])
async def test_a_body_that_hides_its_size_or_breaks_off(
    web: AsyncTestClient[Litestar], desk: Desk, ending: str, status: int
) -> None:
    count = 20 if ending == "http.request" else 2
    chunk = {"type": "http.request", "body": b" " * 100_000, "more_body": True}
    received = iter([chunk] * count + [{"type": ending, "body": b"", "more_body": False}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/telegram/webhook", "query_string": b""}
    scope |= {"headers": [(k.encode(), v.encode()) for k, v in GOOD.items()], "scheme": "http"}
    scope |= {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9), "raw_path": b""}
    await web.app(scope, receive, send)
    assert sent[0]["status"] == status
    assert (desk.refused, desk.stored) == ([status], [])


async def test_with_the_database_away_telegram_is_told_to_come_again(
    web: AsyncTestClient[Litestar], desk: Desk
) -> None:
    desk.database_away = True
    answer = await web.post("/telegram/webhook", content=UPDATE, headers=GOOD)
    assert (answer.status_code, desk.afterwards, desk.refused) == (503, [], [])


async def test_no_secret_configured_refuses_everybody() -> None:
    headers = [(b"content-type", b"application/json")]
    assert refusal(headers, ()) == 403
    assert refusal(headers, ("",)) == 403
    assert refusal([*headers, (b"content-length", b"9" * 30)], (SECRET,)) == 413


async def test_reading_never_raises_anything_but_value_error() -> None:
    for body in (b"[" * 500_000, b"x" * 2_000_000, b"\x80", b"Infinity"):
        with pytest.raises(ValueError):
            read_update(body)
    assert read_update(json.dumps({"a": 1}).encode()) == {"a": 1}


async def test_the_webhook_is_announced_until_it_is_heard() -> None:
    async with BotApi() as api:
        client = TelegramClient(TOKEN, api.url)
        api.breaks("setWebhook", "status", times=2, status=502)
        api.breaks("setWebhook", "later", seconds=9)
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(0)

        await announce_webhook(client, "http://127.0.0.1:1/x", SECRET, sleep)
        await client.close()
    assert pauses == [1.0, 2.0, 9]
    assert (api.state.webhook.url, api.state.webhook.secret) == ("http://127.0.0.1:1/x", SECRET)
