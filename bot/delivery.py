"""Sends what is stored: lanes, rate limits, and what to believe when no answer comes.

The retry rule lives in `wait_after`. A row is `sending` on disk before the platform is
called; `storage/outbox.py` says what happens to it when nobody comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.messages import Channel, Lane, Outgoing, SendResult, Sent, StorageUnavailable
from bot.storage import Due, Store

log = logging.getLogger(__name__)

PER_CHAT_S = 1.0  # Telegram: one message a second in one chat, short bursts allowed
CHAT_BURST = 3  # an answer's bubbles arrive together
IN_ALL = 28.0  # messages a second over all chats; Telegram allows 30
BROADCAST = 20.0
AT_A_TIME = 2  # together with a second's share this is still what Telegram allows
AT_ONCE = 32
IDLE_S = 1.0
LOOK_FOR_DOUBT_S = 3.0
GATHER_S = 0.02  # replies that are stored together are looked for together


def wait_after(attempts: int, sent: Sent) -> timedelta:
    """How long a reply waits before its next attempt.

    The platform's own `retry_after` is obeyed exactly. Otherwise 1, 2, 4 … seconds with
    jitter, at most an hour; what may already have arrived is tried again after 2 seconds.
    """
    if sent.retry_after_s is not None:
        return timedelta(seconds=sent.retry_after_s)
    if sent.result is SendResult.UNCERTAIN:
        return timedelta(seconds=2)
    seconds = min(2.0 ** min(attempts - 1, 12), 3600.0)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


class Bucket:
    """A token bucket on the loop's own clock, which no change of date can move."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.at = burst, 0.0

    def delay(self, now: float) -> float:
        """Seconds until a token is there; 0 takes it."""
        self._refill(now)
        if self.tokens < 0.999_999:  # a sum of fractions seldom meets 1
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0

    def spend(self, now: float) -> None:
        """Take a token, there or not: those who come after wait for it, a second or two."""
        self._refill(now)
        self.tokens = max(self.tokens - 1, -max(1.0, self.rate))

    def _refill(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now


class Limits:
    """Which rows may go at this moment. Safety passes every bucket and still counts."""

    def __init__(self) -> None:
        self._all = Bucket(IN_ALL, AT_A_TIME)
        self._broadcast = Bucket(BROADCAST, AT_A_TIME)
        self._chats: dict[str, Bucket] = {}
        self._paused: dict[str, float] = {}

    def delay(self, row: Due, now: float) -> float:
        chat = self._chats.setdefault(row.conversation_id, Bucket(1 / PER_CHAT_S, CHAT_BURST))
        delay = max(0.0, self._paused.get(row.conversation_id, 0.0) - now)
        if row.lane == Lane.SAFETY:
            if not delay:
                chat.spend(now)
                self._all.spend(now)
            return delay
        checks = [chat, self._all] + ([self._broadcast] if row.lane == Lane.BROADCAST else [])
        for taken, bucket in enumerate(checks):
            delay = delay or bucket.delay(now)
            if delay:
                for earlier in checks[:taken]:
                    earlier.tokens += 1
                return delay
        return 0.0

    def pause(self, conversation_id: str, until: float) -> None:
        self._paused[conversation_id] = until

    def forget_idle(self, now: float) -> None:
        full = [key for key, bucket in self._chats.items() if now - bucket.at > 60]
        for key in full:
            del self._chats[key]
        self._paused = {key: at for key, at in self._paused.items() if at > now}


class Delivery:
    """One loop that looks for due rows, and one task for each send under way."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        direction: Callable[[str], str],
        on_attempt: Callable[[str], None] = lambda result: None,
    ) -> None:
        self._store, self._channels = store, channels
        self._direction, self._on_attempt = direction, on_attempt
        self._limits = Limits()
        # Safety may overtake within a conversation, so it has a place of its own there.
        self._under_way: dict[tuple[str, bool], asyncio.Task[None]] = {}
        self._mine: set[int] = set()  # rows under way; their leases are renewed
        self._wake = asyncio.Event()
        self._stopping = False
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    def wake(self) -> None:
        """Something was stored that may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until `stop`. The database being away is waited out."""
        self._at_rest.clear()
        try:
            await self._run()
        finally:
            self._at_rest.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        doubt_at, first = 0.0, True
        while not self._stopping:
            self._wake.clear()
            pause_s = IDLE_S
            try:
                if loop.time() >= doubt_at:
                    await self._store.doubt(first and not self._store.is_shared, self._mine)
                    doubt_at, first = loop.time() + LOOK_FOR_DOUBT_S, False
                    self._limits.forget_idle(loop.time())
                pause_s = await self._round(loop.time())
            except StorageUnavailable:
                log.warning("delivery waits for the database")
            except Exception:
                log.exception("delivery round failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            await asyncio.sleep(GATHER_S)

    async def stop(self, timeout_s: float = 15) -> None:
        """Let the sends under way end; nothing new starts."""
        self._stopping = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._at_rest.wait()  # the last round may just have taken rows
                while self._under_way:
                    await asyncio.wait(self._under_way.values())

    async def _round(self, now: float) -> float:
        """Start what may go now; returns how long the loop may sleep."""
        if not self._channels:
            return IDLE_S
        room = AT_ONCE - len(self._under_way)
        pause_s = IDLE_S
        ready: dict[tuple[str, bool], Due] = {}
        busy = [key for key, is_safety in self._under_way if not is_safety]
        for row in await self._store.due(AT_ONCE * 2, list(self._channels), busy):
            place = (row.conversation_id, row.lane == Lane.SAFETY)
            is_safety = row.lane == Lane.SAFETY  # never waits for other people's slow sends
            if place in ready or place in self._under_way or (len(ready) >= room and not is_safety):
                continue
            delay = self._limits.delay(row, now)
            if delay:
                pause_s = min(pause_s, delay)
            else:
                ready[place] = row
        taken = await self._store.take([r.outbox_id for r in ready.values()]) if ready else set()
        for place, row in ready.items():
            if row.outbox_id in taken:
                self._mine.add(row.outbox_id)
                task = asyncio.create_task(self._deliver(row))
                self._under_way[place] = task
                task.add_done_callback(functools.partial(self._done, place))
        return pause_s

    def _done(self, place: tuple[str, bool], _task: asyncio.Task[None]) -> None:
        self._under_way.pop(place, None)
        self._wake.set()

    async def _deliver(self, row: Due) -> None:
        outgoing = Outgoing(
            conversation_id=row.conversation_id,
            seq=row.seq,
            address=row.address,
            reply=row.reply,
            direction=self._direction(row.reply.origin.locale or "en"),
            bot=row.bot,
            quiet=row.is_discreet,
        )
        try:
            outgoing = await self._with_content(row, outgoing)
            sent = await self._channels[row.channel].send(outgoing, row.parts_done)
        except StorageUnavailable:
            sent = Sent(SendResult.RETRY, reason="file not read")
        except Exception:
            log.exception("send failed", extra={"outbox": row.outbox_id})
            sent = Sent(SendResult.UNCERTAIN, reason="failed here")
        self._on_attempt(str(sent.result))
        wait = wait_after(row.attempts + 1, sent)
        if sent.retry_after_s is not None:
            loop = asyncio.get_running_loop()
            self._limits.pause(row.conversation_id, loop.time() + sent.retry_after_s)
        try:
            await self._settle(row, sent, wait)
        finally:
            self._mine.discard(row.outbox_id)

    async def _with_content(self, row: Due, outgoing: Outgoing) -> Outgoing:
        file = row.reply.file
        if file is None or not file.stored_id:
            return outgoing
        found = await self._store.media.of_line(row.conversation_id, row.seq)
        return replace(outgoing, content=found.data) if found else outgoing

    async def _settle(self, row: Due, sent: Sent, wait: timedelta) -> None:
        """Write the result down, however long the database is away: only we know it."""
        for attempt in itertools.count():
            try:
                state = await self._store.settle(row, sent, wait)
            except StorageUnavailable:
                await asyncio.sleep(min(0.5 * 2**attempt, 5.0))
                continue
            if state != "sent":
                log.info(
                    "reply not delivered",
                    extra={"outbox": row.outbox_id, "state": state, "reason": sent.reason},
                )
            return
