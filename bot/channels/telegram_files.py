"""Files of people on Telegram: what a message says of one, and fetching it when it is wanted.

A file's address holds the bot's token, so the server fetches it, and nobody else sees it.
Source: core.telegram.org/bots/api#getfile; a bot can fetch 20 MB at most.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
from telegram import Message
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.file_types import MAX_FETCHED, NotFetched
from bot.channels.telegram_client import TelegramClient
from bot.messages import Attachment

FETCH_S = 30  # from the question to the last byte
_FILE_ID = re.compile(r"[!-~]{1,300}")
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./-]{0,300}")
_MOST = 2**40  # bytes; Telegram has sent stranger numbers

# What Telegram itself makes of what people send. A guess, until the bytes are here.
_MADE = {
    "photo": "jpeg",
    "video": "mp4",
    "animation": "mp4",
    "voice": "opus",
    "video_note": "mp4",
    "audio": "mp3",
    "sticker": "webp",
    "document": "",
}


def attachment(message: Message, bot: str) -> Attachment | None:
    """The file beside a message: its number, size and probable type; neither name nor bytes."""
    for name, made in _MADE.items():
        found = getattr(message, name, None)
        if not found:
            continue
        if name == "photo":
            found = max(found, key=_area)
        number, size = getattr(found, "file_id", None), getattr(found, "file_size", None)
        if not isinstance(number, str) or not _FILE_ID.fullmatch(number):
            return None
        is_known = isinstance(size, int) and 0 <= size < _MOST
        return Attachment(made, int(size or 0) if is_known else 0, platform_id=number, bot=bot)
    return None


def _area(size: Any) -> int:
    sides = getattr(size, "width", 0), getattr(size, "height", 0)
    return sides[0] * sides[1] if all(type(side) is int for side in sides) else 0


class TelegramFiles:
    """One bot's files. Nothing is kept here."""

    def __init__(self, client: TelegramClient, most: int = MAX_FETCHED) -> None:
        self._client, self._most = client, most

    async def fetch(self, bot: str, file_id: str) -> bytes:
        """The bytes of one file. Raises `NotFetched`."""
        if bot != self._client.bot_id:
            raise NotFetched("gone")  # another bot's numbers mean nothing here
        try:
            async with asyncio.timeout(FETCH_S):
                path = await self._path_of(file_id)
                return await self._client.download(path, self._most)
        except OverflowError:
            raise NotFetched("too_big") from None
        except FileNotFoundError:
            raise NotFetched("gone") from None
        except (TimeoutError, TelegramError, httpx.HTTPError) as error:
            raise NotFetched(_why(error)) from None

    async def _path_of(self, file_id: str) -> str:
        found = await self._client.call("getFile", {"file_id": file_id})
        size = found.get("file_size") if isinstance(found, dict) else None
        if type(size) is int and size > self._most:
            raise OverflowError
        path = found.get("file_path") if isinstance(found, dict) else None
        # A server of one's own may answer with a path on its disk; that is not ours to read.
        if not isinstance(path, str) or not _PATH.fullmatch(path) or ".." in path:
            raise FileNotFoundError
        return path


def _why(error: Exception) -> str:
    if isinstance(error, InvalidToken):  # 404: there is no such method
        return "unsupported"
    if isinstance(error, BadRequest):
        return "too_big" if "too big" in error.message.lower() else "gone"
    return "away"
