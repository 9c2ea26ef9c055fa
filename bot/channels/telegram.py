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

from telegram.error import TelegramError

from bot.channels.telegram_answers import BAD_ENTITIES, REFUSED, message_ids, outcome, quietly
from bot.channels.telegram_client import TelegramClient
from bot.channels.telegram_format import Part, layout, without_copies
from bot.channels.telegram_hide import clear_chat
from bot.channels.telegram_read import CHANNEL, Quarantine, to_inbound
from bot.channels.telegram_upload import send_file, send_pin
from bot.messages import Cleared, Outgoing, SendResult, Sent

__all__ = ["Quarantine", "TelegramChannel", "TelegramClient", "outcome", "to_inbound"]

log = logging.getLogger(__name__)

TYPING_TIMEOUT_S = 3

SEND_TIMEOUT_S = 20  # all of one call; httpx counts per read, and a dripping server outlives that


class TelegramChannel:
    """Sends for one bot. Knows no limits: `delivery` paces, this reports `retry_after_s`."""

    name = CHANNEL

    def __init__(self, client: TelegramClient) -> None:
        self._client = client
        self._answers: set[asyncio.Task[None]] = set()

    async def send(self, outgoing: Outgoing, parts_done: int = 0) -> Sent:
        """Send the parts of one reply that are not out yet, in order, up to the first failure."""
        file = outgoing.reply.file
        if file is not None and file.stored_id:
            return await send_file(self._client, outgoing)
        parts = layout(outgoing.reply, outgoing.direction)
        ids: list[str] = []
        for done in range(parts_done, len(parts)):
            attempt = await self._send_part(outgoing, parts[done])
            ids.extend(attempt.platform_ids)
            if attempt.result is not SendResult.SENT:
                return replace(attempt, platform_ids=tuple(ids), parts_done=done)
        if not parts:
            return Sent(SendResult.UNDELIVERABLE, reason="empty text")
        if file is not None and file.place and parts_done < len(parts):
            ids.extend(await send_pin(self._client, outgoing, file.place))
        return Sent(SendResult.SENT, tuple(ids), parts_done=len(parts))

    async def _send_part(self, outgoing: Outgoing, part: Part) -> Sent:
        """One message. What Telegram refuses to lay out goes once more as bare text."""
        params: dict[str, Any] = {"chat_id": outgoing.address, "text": part.text}
        params |= quietly(outgoing)
        # A preview would show a page's name and picture to whoever looks at the phone.
        extras = {"reply_markup": part.keyboard, "link_preview_options": {"is_disabled": True}}
        attempt = await self._attempt(params | extras)
        if attempt.reason not in (REFUSED, BAD_ENTITIES):
            return attempt
        log.error("telegram refused a reply as it was laid out", extra={"reason": attempt.reason})
        if attempt.reason == BAD_ENTITIES:
            return await self._attempt(params | {"reply_markup": part.keyboard})
        return await self._send_plainer(params, part)

    async def _send_plainer(self, params: dict[str, Any], part: Part) -> Sent:
        """Without the buttons that an older server does not know; then without any."""
        fewer = without_copies(part.keyboard) if part.keyboard else None
        if fewer is not None and fewer != part.keyboard:
            attempt = await self._attempt(params | {"reply_markup": fewer})
            if attempt.reason != REFUSED:
                return attempt
        return await self._attempt(params)

    async def _attempt(self, params: dict[str, Any]) -> Sent:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                result = await self._client.call("sendMessage", params)
        except Exception as error:
            return outcome(error)
        return Sent(SendResult.SENT, message_ids(result))

    async def clear(self, address: str, numbers: Sequence[str]) -> Cleared:
        return await clear_chat(self._client, address, numbers)

    async def typing(self, address: str) -> None:
        """Show for a few seconds that somebody writes. Whoever calls needs no result."""
        async with asyncio.timeout(TYPING_TIMEOUT_S):
            await self._client.call("sendChatAction", {"chat_id": address, "action": "typing"})

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


def _query_id(update: Any) -> str:
    query = update.get("callback_query") if isinstance(update, Mapping) else None
    number = query.get("id") if isinstance(query, Mapping) else None
    return number if isinstance(number, str) else ""
