"""Telegram for staff: linking a chat by a one-time code, and alerts as a `Carrier`.

A counsellor sends `/link CODE` to the bot, or in a group that the bot is in; the code comes
from the console. Everything else that staff write here is treated like anybody's message.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram import SEND_TIMEOUT_S, TelegramChannel
from bot.channels.telegram_client import TelegramClient
from bot.channels.telegram_read import CHANNEL
from bot.messages import N_, Outgoing, Reply, Sent, Text
from bot.storage.alert_records import ChatKind, Linked

log = logging.getLogger(__name__)

CODE_GOOD_FOR = timedelta(minutes=15)
ANSWERS_AT_ONCE = 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
CODE_LENGTH = 10
_LINK = re.compile(
    rf"/(?:link(?:@\w+)?\s+|start\s+link)([{_LETTERS}]{{{CODE_LENGTH}}})", re.IGNORECASE
)
_GROUPS = ("group", "supergroup")

LINKED_OWN = N_(
    "staff_linked",
    "From now on this chat gets a note when someone waits. It never holds what people write.",
)
LINKED_GROUP = N_(
    "staff_linked_group",
    "From now on this group gets a note when someone waits. It never holds what people write.",
)
LINK_REFUSED = N_(
    "staff_link_refused", "This code does not work here. Please make a new one in the console."
)


def new_code() -> str:
    """What a counsellor reads in the console and types, or follows as a link, once."""
    return "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))


class Alerts(Protocol):
    async def link(
        self, code: str, carrier: str, address: str, is_group: bool, now: datetime
    ) -> Linked | None: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    code: str
    chat: str
    is_group: bool


class TelegramStaff:
    """Sends alerts for one bot, and takes the updates that link chats."""

    name = CHANNEL

    def __init__(
        self,
        client: TelegramClient,
        alerts: Alerts,
        render: Callable[[Text, str], str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client, self._alerts = client, alerts
        self._channel = TelegramChannel(client)
        self._render, self._clock = render, clock
        self._answers: set[asyncio.Task[Sent]] = set()

    # Linking

    async def take(self, update: object) -> bool:
        """Whether this update was about linking, and is done with.

        Raises `StorageUnavailable`: then the update comes again, and so does its answer.
        """
        asked = _asked(update)
        if asked is None:
            return False
        linked = await self._alerts.link(
            asked.code, self.name, asked.chat, asked.is_group, self._clock()
        )
        about = {"channel": self.name, "result": "linked" if linked else "refused"}
        log.info("link asked for", extra=about)
        self._answer(asked.chat, linked)
        return True

    def _answer(self, chat: str, linked: Linked | None) -> None:
        """Behind the caller's back: people's messages wait behind this one."""
        if len(self._answers) >= ANSWERS_AT_ONCE:
            return  # somebody tries out codes
        text = self._render(_words(linked), linked.staff_locale if linked else "en")
        task = asyncio.create_task(self.send(chat, text))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def close(self) -> None:
        for task in tuple(self._answers):
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    # Alerts

    async def send(self, address: str, text: str) -> Sent:
        outgoing = Outgoing("", 0, address, Reply(text), "ltr", self._client.bot_id)
        return await self._channel.send(outgoing)

    async def withdraw(self, address: str, message_id: str, instead: str) -> bool:
        """Deletes; an alert too old for that is changed. A server may know neither method."""
        message = {"chat_id": address, "message_id": message_id}
        deleted = await self._tried("deleteMessage", message)
        if deleted is not False:
            return bool(deleted)
        return await self._tried("editMessageText", message | {"text": instead}) is not None

    async def _tried(self, method: str, params: dict[str, Any]) -> bool | None:
        """True: done. False: it never will be. None: nobody knows."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._client.call(method, params)
        except (BadRequest, Forbidden, InvalidToken):
            return False
        except (TelegramError, TimeoutError, OSError):
            return None
        return True


def is_link(update: object) -> bool:
    """Whether somebody sends a code. It must not be kept with what people write."""
    return _asked(update) is not None


def _words(linked: Linked | None) -> Text:
    if linked is None:
        return LINK_REFUSED
    return LINKED_OWN if linked.kind is ChatKind.OWN else LINKED_GROUP


def _asked(update: object) -> _Asked | None:
    """A request to link, or None for everything else, however odd."""
    message = update.get("message") if isinstance(update, Mapping) else None
    if not isinstance(message, Mapping):
        return None
    chat, text = message.get("chat"), message.get("text")
    if not isinstance(chat, Mapping) or not isinstance(text, str):
        return None
    kind, number = chat.get("type"), chat.get("id")
    found = _LINK.fullmatch(text.strip())
    if found is None or type(number) is not int or kind not in ("private", *_GROUPS):
        return None
    return _Asked(found[1].upper(), str(number), kind in _GROUPS)
