"""Who takes a turn next: urgent people first, one turn at a time in each conversation.

Danger has workers of its own: four slow parses must not stand before a card.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.dialogue.turn import TurnParts, apologise, take_turn
from bot.messages import StorageUnavailable
from bot.storage import Pending, Person, Receipt, TurnAlreadyDone, TurnConflict, UnreadableRow

log = logging.getLogger(__name__)

WORKERS = 4  # more of them answer no sooner, and keep the door waiting
URGENT_WORKERS = 2
SCAN_S = 2.0  # what another process left behind, or a restart found
TRIES = 3


async def _at_once() -> None:
    pass


class TurnWorkers:
    """Takes turns for everybody whose inbox is not empty."""

    def __init__(
        self,
        parts: TurnParts,
        on_turn: Callable[[Pending, Person], None],
        calm: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        """`calm` returns when a turn may start that is not urgent."""
        self._parts, self._on_turn, self._calm = parts, on_turn, calm
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._urgent: asyncio.Queue[str] = asyncio.Queue()
        self._known: dict[str, bool] = {}  # person -> more arrived while their turn ran
        self._active: set[str] = set()
        self._hurried: set[str] = set()  # danger came while their turn ran
        self._failures: dict[int, int] = {}  # inbox row -> turns that failed on it
        self._stopping = asyncio.Event()

    def notice(self, receipt: Receipt, urgent: bool) -> None:
        """Something was stored for this person."""
        self._enqueue(receipt.person_hash, urgent)

    def _enqueue(self, person: str, urgent: bool) -> None:
        if person in self._known and not urgent:
            self._known[person] = True
            return
        self._known[person] = person in self._known
        (self._urgent if urgent else self._queue).put_nowait(person)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._scan())
            for _ in range(WORKERS):
                group.create_task(self._work(self._queue, self._calm))
            for _ in range(URGENT_WORKERS):
                group.create_task(self._work(self._urgent, _at_once))

    async def stop(self, timeout_s: float = 15) -> None:
        """Finish what is queued, for so long at most; the rest waits on disk."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._known:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log.warning("turns left for the next start", extra={"count": len(self._known)})
        self._stopping.set()
        for queue, workers in ((self._queue, WORKERS), (self._urgent, URGENT_WORKERS)):
            for _ in range(workers):
                queue.put_nowait("")

    async def _scan(self) -> None:
        while not self._stopping.is_set():
            try:
                for person, urgent in await self._parts.store.waiting_people():
                    if person not in self._known:
                        self._enqueue(person, urgent)
            except StorageUnavailable:
                log.warning("turns wait for the database")
            except Exception:
                log.exception("scan for turns failed")
            try:
                async with asyncio.timeout(SCAN_S):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _work(
        self, queue: asyncio.Queue[str], may_start: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            person = await queue.get()
            if self._stopping.is_set():
                return
            if person in self._active:
                self._known[person] = True
                if queue is self._urgent:
                    self._hurried.add(person)
                continue
            self._active.add(person)
            has_more = False
            try:
                await may_start()
                has_more = await self._one(person)
            except StorageUnavailable:
                log.warning("turn waits for the database")
            except Exception:
                log.exception("turn failed")
            finally:
                self._active.discard(person)
                # To the back of the queue: nobody's flood keeps others waiting.
                if self._known.pop(person, False) or has_more:
                    self._enqueue(person, urgent=person in self._hurried)
                self._hurried.discard(person)

    async def _one(self, person: str) -> bool:
        """Take one turn, if there is one to take; True when there may be another."""
        store = self._parts.store
        try:
            pending = await store.next_pending(person)
        except UnreadableRow as row:
            log.error("event set aside", extra={"row": row.inbox_id, "reason": "unreadable"})
            await store.set_aside(row.inbox_id)
            return True
        if pending is None:
            return False
        failures = self._failures.get(pending.inbox_id, 0)
        try:
            after = await (take_turn if failures < TRIES - 1 else apologise)(pending, self._parts)
        except TurnAlreadyDone:
            return True
        except TurnConflict:
            # The desk, or another process, wrote first. Nothing failed: decide again, now.
            log.info("turn taken again", extra={"row": pending.inbox_id})
            return True
        except StorageUnavailable:
            raise
        except Exception as error:
            await self._failed(pending, error)
            return False  # the scan comes back to it in a moment
        self._failures.pop(pending.inbox_id, None)
        self._on_turn(pending, after)
        return pending.has_more

    async def _failed(self, pending: Pending, error: Exception) -> None:
        failures = self._failures.get(pending.inbox_id, 0) + 1
        about = {"attempt": failures, "row": pending.inbox_id}
        log.error("turn failed", exc_info=error, extra=about)
        self._failures[pending.inbox_id] = failures
        if failures >= TRIES:
            del self._failures[pending.inbox_id]
            await self._parts.store.set_aside(pending.inbox_id)
