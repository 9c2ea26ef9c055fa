"""Telegram as a `Channel`: sends replies, and says exactly what is known about each attempt.

The other halves: `telegram_read` (updates to `Inbound`), `telegram_format` (replies to messages),
`telegram_poll` and `telegram_webhook` (how updates arrive), `telegram_profile` (commands and
descriptions), `telegram_client` (HTTP).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram_client import Later, Refused, TelegramClient
from bot.channels.telegram_format import Part, layout
from bot.channels.telegram_read import CHANNEL, Quarantine, to_inbound
from bot.messages import Outgoing, SendResult, Sent

__all__ = ["Quarantine", "TelegramChannel", "TelegramClient", "to_inbound"]

log = logging.getLogger(__name__)

REFUSED, BAD_ENTITIES = "refused", "bad entities"
SEND_TIMEOUT_S = 20  # all of one call; httpx counts per read, and a dripping server outlives that

# Proof that a request never left this machine.
_NEVER_LEFT = (httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError)
_GONE = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


class TelegramChannel:
    """Sends for one bot. Knows no limits: `delivery` paces, this reports `retry_after_s`."""

    name = CHANNEL

    def __init__(self, client: TelegramClient) -> None:
        self._client = client
        self._answers: set[asyncio.Task[None]] = set()

    async def send(self, outgoing: Outgoing, parts_done: int = 0) -> Sent:
        """Send the parts of one reply that are not out yet, in order, up to the first failure."""
        parts = layout(outgoing.reply, outgoing.direction)
        ids: list[str] = []
        for done in range(parts_done, len(parts)):
            attempt = await self._send_part(outgoing.address, parts[done])
            ids.extend(attempt.platform_ids)
            if attempt.result is not SendResult.SENT:
                return replace(attempt, platform_ids=tuple(ids), parts_done=done)
        if not parts:
            return Sent(SendResult.UNDELIVERABLE, reason="empty text")
        return Sent(SendResult.SENT, tuple(ids), parts_done=len(parts))

    async def _send_part(self, address: str, part: Part) -> Sent:
        """One message. What Telegram refuses to lay out goes once more as bare text."""
        params: dict[str, Any] = {"chat_id": address, "text": part.text}
        # A preview would show a page's name and picture to whoever looks at the phone.
        extras = {"reply_markup": part.keyboard, "link_preview_options": {"is_disabled": True}}
        attempt = await self._attempt(params | extras)
        if attempt.reason not in (REFUSED, BAD_ENTITIES):
            return attempt
        log.error("telegram refused a reply as it was laid out", extra={"reason": attempt.reason})
        kept = {"reply_markup": part.keyboard} if attempt.reason == BAD_ENTITIES else {}
        return await self._attempt(params | kept)

    async def _attempt(self, params: dict[str, Any]) -> Sent:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                result = await self._client.call("sendMessage", params)
        except Exception as error:
            return outcome(error)
        return Sent(SendResult.SENT, _message_ids(result))

    def answer_buttons(self, updates: Sequence[object]) -> None:
        """Stop the little clocks on pressed buttons, behind the caller's back."""
        for query_id in filter(None, map(_query_id, updates)):
            task = asyncio.create_task(self._answer_button(query_id))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer_button(self, query_id: str) -> None:
        # Too late, or a server that does not know the method: nothing depends on it.
        with contextlib.suppress(TelegramError):
            await self._client.call("answerCallbackQuery", {"callback_query_id": query_id})

    async def close(self) -> None:
        for task in tuple(self._answers):
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        await self._client.close()


def outcome(error: Exception) -> Sent:
    """What a failed call means for the message. Order matters: BadRequest is a NetworkError."""
    if isinstance(error.__cause__, _NEVER_LEFT):
        return Sent(SendResult.RETRY, reason="not reached")
    if isinstance(error, Later):
        return Sent(SendResult.RETRY, retry_after_s=error.retry_after_s, reason="told to wait")
    if isinstance(error, Forbidden):
        return Sent(SendResult.UNDELIVERABLE, reason="blocked")
    if isinstance(error, ChatMigrated):
        return Sent(SendResult.UNDELIVERABLE, reason="chat gone")
    if isinstance(error, BadRequest):
        return Sent(SendResult.UNDELIVERABLE, reason=_why_bad(error.message.lower()))
    if isinstance(error, InvalidToken):
        return Sent(SendResult.RETRY, reason="token refused")
    if isinstance(error, Refused):
        return Sent(SendResult.RETRY, reason="server error")
    return Sent(SendResult.UNCERTAIN, reason="no answer")


def _why_bad(description: str) -> str:
    if any(phrase in description for phrase in _GONE):
        return "chat gone"
    return BAD_ENTITIES if "entit" in description else REFUSED


def _message_ids(result: object) -> tuple[str, ...]:
    number = result.get("message_id") if isinstance(result, Mapping) else None
    return (str(number),) if isinstance(number, int) else ()


def _query_id(update: Any) -> str:
    query = update.get("callback_query") if isinstance(update, Mapping) else None
    number = query.get("id") if isinstance(query, Mapping) else None
    return number if isinstance(number, str) else ""
