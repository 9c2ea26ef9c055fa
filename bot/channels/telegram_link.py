"""Telegram as a whole: one bot's client, its way in (polling or webhook) and its way out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Protocol

from litestar.handlers import HTTPRouteHandler

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_client import TelegramClient, keep_bot_urls_out_of_logs
from bot.channels.telegram_files import TelegramFiles
from bot.channels.telegram_poll import TelegramPoller
from bot.channels.telegram_profile import publish_profile
from bot.channels.telegram_read import CHANNEL, Quarantine, to_inbound, without_places
from bot.channels.telegram_staff import Alerts, TelegramStaff, is_link
from bot.channels.telegram_webhook import announce_webhook, webhook_route
from bot.i18n import direction
from bot.messages import (
    Inbound,
    Outgoing,
    Reply,
    SendResult,
    StorageUnavailable,
    Text,
    clean_text,
)
from bot.storage import Quarantined, Receipt

log = logging.getLogger(__name__)

ANSWERED_KEPT = 5000


class Intake(Protocol):
    async def accept_all(self, events: Sequence[Inbound | Quarantined]) -> list[Receipt]: ...


class TelegramLink:
    """Polls unless a webhook address is given. `safety` answers while nothing can be stored."""

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        webhook_url: str,
        secrets: Sequence[str],
        intake: Intake,
        safety: Callable[[Inbound], Sequence[Reply]],
        render: Callable[[Text, str], str],
        locales: Callable[[], Collection[str]],
        refused: Callable[[int], None],
        alerts: Alerts | None = None,
    ) -> None:
        keep_bot_urls_out_of_logs()
        self._client = TelegramClient(token, api_url)
        self.channel = TelegramChannel(self._client)
        self.files = TelegramFiles(self._client)
        self.staff = TelegramStaff(self._client, alerts, render) if alerts is not None else None
        self._bot = token.partition(":")[0]
        self._webhook_url, self._secrets = webhook_url, secrets
        self._intake, self._safety = intake, safety
        self._render, self._locales, self._refused = render, locales, refused
        self._answered: dict[str, None] = {}
        self._polling: asyncio.Task[None] | None = None

    def routes(self) -> list[HTTPRouteHandler]:
        if not self._webhook_url:
            return []
        return [
            webhook_route(self._accept, self._secrets, self.channel.answer_buttons, self._refused)
        ]

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        way_in = self._announce() if self._webhook_url else self._poll()
        profile = publish_profile(self._client, self._render, sorted(self._locales()))
        return [way_in, profile]

    def stop_intake(self) -> None:
        if self._polling is not None:
            self._polling.cancel()

    async def close(self) -> None:
        if self.staff is not None:
            await self.staff.close()
        await self.channel.close()

    async def _poll(self) -> None:
        self._polling = asyncio.current_task()
        await TelegramPoller(self._client, self._accept, self.channel.answer_buttons).run()

    async def _announce(self) -> None:
        await announce_webhook(self._client, self._webhook_url, self._secrets[0])

    async def _accept(self, updates: Sequence[Any]) -> None:
        """Store a batch. When that fails, people in danger are answered all the same."""
        events = [self._read(update) for update in updates if not self._is_link(update)]
        try:
            await self._intake.accept_all(events)
            if self.staff is not None:
                for update in updates:
                    await self.staff.take(update)
        except StorageUnavailable:
            for event in events:
                if isinstance(event, Inbound):
                    await self._answer_from_memory(event)
            raise

    def _is_link(self, update: Any) -> bool:
        return self.staff is not None and is_link(update)

    def _read(self, update: Any) -> Inbound | Quarantined:
        event = to_inbound(update, self._bot)
        if not isinstance(event, Quarantine):
            return event
        log.warning("update set aside", extra={"reason": event.reason})
        text = _as_text(without_places(update))
        return Quarantined(CHANNEL, self._bot, event.event_id, text, _author(update))

    async def _answer_from_memory(self, inbound: Inbound) -> None:
        # The update comes again until it is stored, and one card is enough.
        replies = () if inbound.event_id in self._answered else self._safety(inbound)
        reached = False
        for reply in replies:
            outgoing = Outgoing(
                "", 0, inbound.address, reply, direction(reply.origin.locale or "en"), self._bot
            )
            sent = await self.channel.send(outgoing)
            log.warning("safety answer from memory", extra={"result": sent.result})
            reached |= sent.result in (SendResult.SENT, SendResult.UNCERTAIN)
        if reached:
            self._answered[inbound.event_id] = None
            while len(self._answered) > ANSWERED_KEPT:
                self._answered.pop(next(iter(self._answered)))


def _author(update: Any) -> str:
    """Whose event it seems to be, so that erasing that person finds it."""
    parts = update.values() if isinstance(update, dict) else ()
    for part in parts:
        sender = part.get("from") if isinstance(part, dict) else None
        if isinstance(sender, dict) and isinstance(sender.get("id"), int):
            return str(sender["id"])
    return ""


def _as_text(update: Any) -> str:
    try:
        return clean_text(json.dumps(update, default=str, ensure_ascii=True))
    except RecursionError:
        return "too deep to write down"
