"""Deletes messages of a private chat, as far as this server lets a bot do that.

Telegram: both sides' messages, for 48 hours, at most 100 in one call. One message that cannot
be deleted makes it refuse the whole call; then each goes by itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from telegram.error import BadRequest, Forbidden, InvalidToken

from bot.channels.telegram_client import Later, TelegramClient
from bot.messages import Cleared

log = logging.getLogger(__name__)

IN_ONE_CALL = 100
CALL_S = 15
WAIT_S = 5.0  # when nobody says for how long
_GONE = ("message to delete not found", "message identifier is not specified")


class _Unknown(Exception):
    """This server has no such method."""


async def clear_chat(client: TelegramClient, address: str, numbers: Sequence[str]) -> Cleared:
    """Delete these messages. Raises nothing: what is not certain is tried again later."""
    settled: set[str] = set()
    left = 0
    try:
        for first in range(0, len(numbers), IN_ONE_CALL):
            batch = numbers[first : first + IN_ONE_CALL]
            left += await _delete(client, address, batch)
            settled.update(batch)
    except _Unknown:
        return Cleared(is_known=False)
    except Later as later:
        return Cleared(left, frozenset(settled), wait_s=later.retry_after_s)
    except Forbidden:
        return Cleared(len(numbers), frozenset(numbers))
    except Exception as error:  # the network, Telegram itself, or a fault of ours
        log.warning("clearing failed", extra={"error": type(error).__name__})
        return Cleared(left, frozenset(settled), wait_s=WAIT_S)
    return Cleared(left, frozenset(settled))


async def _delete(client: TelegramClient, address: str, numbers: Sequence[str]) -> int:
    """How many stay."""
    many = {"chat_id": address, "message_ids": json.dumps([int(n) for n in numbers])}
    try:
        await _call(client, "deleteMessages", many)
    except (BadRequest, _Unknown):
        return sum([await _stays(client, address, number) for number in numbers])
    return 0


async def _stays(client: TelegramClient, address: str, number: str) -> bool:
    try:
        await _call(client, "deleteMessage", {"chat_id": address, "message_id": int(number)})
    except BadRequest as error:
        return not any(phrase in error.message.lower() for phrase in _GONE)
    return False


async def _call(client: TelegramClient, method: str, params: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(CALL_S):
            await client.call(method, params)
    except InvalidToken:  # a 404 on an optional method
        raise _Unknown from None
