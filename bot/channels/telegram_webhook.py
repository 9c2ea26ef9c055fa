"""Receiving updates. Telegram gets its 200 only after the update was stored.

The library's own webhook server acknowledges what is only in memory, compares the secret with
`!=` and logs odd payloads whole.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NoReturn

from litestar import Request, Response, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from bot.channels.telegram_client import ALLOWED_UPDATES, Later, TelegramClient
from bot.channels.telegram_poll import Accept

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000
SECRET_HEADER = b"x-telegram-bot-api-secret-token"
CONNECTIONS = 20
LONGEST_PAUSE_S = 60.0


def refusal(headers: Iterable[tuple[bytes, bytes]], secrets: Sequence[str]) -> int | None:
    """The status for a request that cannot be Telegram's, before its body is read.

    Two secrets are valid while one is being replaced. Compared as bytes: `compare_digest`
    raises on a `str` that is not ASCII.
    """
    values = {name.lower(): value for name, value in headers}
    if values.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
        return 403
    length = values.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 12 or int(length) > MAX_BODY:
        return 413
    given = values.get(SECRET_HEADER, b"")
    matches = [hmac.compare_digest(given, secret.encode()) for secret in secrets if secret]
    return None if any(matches) else 403


def read_update(body: bytes) -> Any:
    """Raises ValueError for what is not JSON."""
    if len(body) > MAX_BODY:
        raise ValueError("too long")
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("too deep") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError("not a JSON number")


def webhook_route(
    accept: Accept,
    secrets: Sequence[str],
    after: Callable[[Sequence[Any]], None] = lambda updates: None,
    refused: Callable[[int], None] = lambda status: None,
    path: str = "/telegram/webhook",
) -> HTTPRouteHandler:
    """A Litestar handler. `accept` stores; if it raises, Telegram is told to come again."""

    async def receive(request: Request[Any, Any, Any]) -> Response[None]:
        status = refusal(request.scope["headers"], secrets)
        if status is None:
            status = await _take(request, accept, after)
        if status not in (200, 503):
            refused(status)
        return Response(None, status_code=status)

    return post(
        path,
        name="telegram-webhook",
        include_in_schema=False,
        exclude_from_csrf=True,
        request_max_body_size=MAX_BODY,
    )(receive)


async def _take(
    request: Request[Any, Any, Any], accept: Accept, after: Callable[[Sequence[Any]], None]
) -> int:
    try:
        update = read_update(await request.body())
    except HTTPException as error:  # too large, or the caller hung up
        return error.status_code if error.status_code < 500 else 400
    except ValueError:
        return 400
    try:
        await accept([update])
    except Exception as error:
        log.error("updates not stored", extra={"reason": type(error).__name__})
        return 503
    after([update])
    return 200


async def announce_webhook(
    client: TelegramClient,
    url: str,
    secret: str,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Tell Telegram where to send updates; tries until it is heard."""
    params = {
        "url": url,
        "secret_token": secret,
        "allowed_updates": ALLOWED_UPDATES,
        "max_connections": CONNECTIONS,
    }
    pause_s = 1.0
    while True:
        try:
            await client.call("setWebhook", params)
            return
        except Exception as error:
            log.warning("webhook not set", extra={"reason": type(error).__name__})
            await sleep(error.retry_after_s if isinstance(error, Later) else pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
