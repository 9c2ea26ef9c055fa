"""Fetching updates. An update is confirmed to Telegram only after it was stored."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telegram.error import Conflict, InvalidToken

from bot.channels.telegram_client import ALLOWED_UPDATES, Later, TelegramClient

log = logging.getLogger(__name__)

Accept = Callable[[Sequence[Any]], Awaitable[None]]

LONG_POLL_S = 25
LONGEST_PAUSE_S = 30.0
NOT_STORED_PAUSE_S = 1.0
CONFLICT_PAUSE_S = 5.0
QUIET_S = 24 * 3600
SMALLEST_LAP_S = 0.5  # a server that does not wait must not make us spin


class TelegramPoller:
    """Asks for updates for ever. `accept` stores a batch; if it raises, the batch comes again."""

    def __init__(
        self,
        client: TelegramClient,
        accept: Accept,
        after: Callable[[Sequence[Any]], None] = lambda updates: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        long_poll_s: int = LONG_POLL_S,
    ) -> None:
        self._client = client
        self._accept = accept
        self._after = after  # called with each stored batch; must not wait
        self._sleep = sleep
        self._clock = clock
        self._long_poll_s = long_poll_s
        self._offset: int | None = None
        self._heard_at = clock()
        self._failures = 0
        self.trouble = ""  # a constant that says why nothing arrives; empty when all is well

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self._sleep(await self.poll_once())

    async def poll_once(self) -> float:
        """One round: fetch, store, advance. Returns how long to pause before the next."""
        started_at = self._clock()
        try:
            updates = await self._fetch()
        except Exception as error:
            return await self._after_failure(error)
        self._failures, self.trouble = 0, ""
        if not updates:
            return self._after_silence(started_at)
        return await self._store(updates)

    async def _fetch(self) -> list[Any]:
        params = {
            "offset": self._offset,
            "timeout": self._long_poll_s,
            "allowed_updates": ALLOWED_UPDATES,
        }
        async with asyncio.timeout(self._long_poll_s + 30):
            updates = await self._client.call("getUpdates", params, self._long_poll_s + 10)
        if not isinstance(updates, list):
            raise TypeError("updates are not a list")
        return updates

    async def _store(self, updates: list[Any]) -> float:
        self._heard_at = self._clock()
        try:
            await self._accept(updates)
        except Exception as error:
            self.trouble = "not stored"
            log.error("updates not stored", extra={"reason": type(error).__name__})
            return NOT_STORED_PAUSE_S
        self._after(updates)
        return self._advance(updates)

    def _advance(self, updates: list[Any]) -> float:
        """Confirm by the last one received: ids may start again anywhere after a quiet week."""
        ids = [update["update_id"] for update in updates if _has_id(update)]
        if not ids:
            self.trouble = "updates without ids"
            log.error("updates without ids", extra={"count": len(updates)})
            return self._backoff()
        self._offset = ids[-1] + 1
        return 0.0

    def _after_silence(self, started_at: float) -> float:
        now = self._clock()
        if now - self._heard_at > QUIET_S:
            # All before the offset is confirmed by now. Keeping it would also confirm, unread,
            # the lower ids that Telegram may choose after a quiet week.
            self._offset = None
        return SMALLEST_LAP_S if now - started_at < SMALLEST_LAP_S else 0.0

    async def _after_failure(self, error: Exception) -> float:
        self.trouble = _trouble(error)
        log.warning("updates not fetched", extra={"reason": self.trouble})
        if isinstance(error, Later):
            return error.retry_after_s
        if isinstance(error, Conflict):
            return await self._end_conflict(error)
        return self._backoff()

    async def _end_conflict(self, conflict: Conflict) -> float:
        if "webhook" not in conflict.message.lower():
            return CONFLICT_PAUSE_S  # another process polls with this token
        try:
            await self._client.call("setWebhook", {"url": ""})
        except Exception:
            return CONFLICT_PAUSE_S
        return 0.0

    def _backoff(self) -> float:
        self._failures = min(self._failures + 1, 10)
        return min(0.5 * 2.0**self._failures, LONGEST_PAUSE_S)


def _has_id(update: object) -> bool:
    return isinstance(update, dict) and type(update.get("update_id")) is int


def _trouble(error: Exception) -> str:
    if isinstance(error, Conflict):
        return "conflict"
    if isinstance(error, InvalidToken):
        return "token refused"
    if isinstance(error, Later):
        return "told to wait"
    return "not reached"
