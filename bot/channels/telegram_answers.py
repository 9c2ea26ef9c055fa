"""What Telegram's answer to a call, or its silence, means for a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken

from bot.channels.telegram_client import Later, Refused
from bot.messages import Outgoing, SendResult, Sent

REFUSED, BAD_ENTITIES = "refused", "bad entities"

# Proof that a request never left this machine.
_NEVER_LEFT = (httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError)
_GONE = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


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


def message_ids(result: object) -> tuple[str, ...]:
    number = result.get("message_id") if isinstance(result, Mapping) else None
    return (str(number),) if isinstance(number, int) else ()


def quietly(outgoing: Outgoing) -> dict[str, Any]:
    """For people whose phone others see. Only for them: everybody else may pass an address on."""
    return {"disable_notification": True, "protect_content": True} if outgoing.quiet else {}
