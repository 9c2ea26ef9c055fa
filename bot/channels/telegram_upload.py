"""What counsellors send beside words: a document, a picture, a pin on the map."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Any

from telegram import InputFile
from telegram.error import InvalidToken, TelegramError

from bot.channels.file_types import TYPES
from bot.channels.telegram_answers import message_ids, outcome, quietly
from bot.channels.telegram_client import TelegramClient
from bot.messages import Outgoing, SendResult, Sent

UPLOAD_S = 60  # all of one call
_PICTURES = ("jpeg", "png")


async def send_file(client: TelegramClient, outgoing: Outgoing) -> Sent:
    """A picture that Telegram does not take as one goes as a document."""
    file = outgoing.reply.file
    if file is None or file.type not in TYPES or not outgoing.content:
        return Sent(SendResult.UNDELIVERABLE, reason="file gone")
    name = f"file-{secrets.token_hex(4)}.{TYPES[file.type].ending}"
    if file.type in _PICTURES:
        sent = await _send(client, outgoing, "sendPhoto", "photo", name)
        if sent.reason not in ("refused", "not supported"):
            return sent
    return await _send(client, outgoing, "sendDocument", "document", name)


async def _send(
    client: TelegramClient, outgoing: Outgoing, method: str, field: str, name: str
) -> Sent:
    params: dict[str, Any] = {
        "chat_id": outgoing.address,
        field: InputFile(outgoing.content, filename=name),
    } | quietly(outgoing)
    try:
        async with asyncio.timeout(UPLOAD_S):
            result = await client.call(method, params, read_timeout_s=UPLOAD_S)
    except InvalidToken:  # 404: this server has no such method
        return Sent(SendResult.UNDELIVERABLE, reason="not supported")
    except Exception as error:
        return outcome(error)
    return Sent(SendResult.SENT, message_ids(result), parts_done=1)


async def send_pin(client: TelegramClient, outgoing: Outgoing, place: str) -> tuple[str, ...]:
    """Beside the words and the link, which have arrived by now: nothing depends on it."""
    latitude, _, longitude = place.partition(",")
    with contextlib.suppress(TelegramError, TimeoutError, ValueError):
        params: dict[str, Any] = {"latitude": float(latitude), "longitude": float(longitude)}
        params |= {"chat_id": outgoing.address} | quietly(outgoing)
        async with asyncio.timeout(10):
            return message_ids(await client.call("sendLocation", params))
    return ()
