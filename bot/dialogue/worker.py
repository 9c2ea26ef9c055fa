"""Who takes a turn next: urgent people first, one turn at a time in each conversation."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable

from bot.dialogue.turn import TurnParts, apologise, take_turn
from bot.messages import StorageUnavailable
from bot.storage import Pending, Receipt, TurnAlreadyDone, TurnConflict, UnreadableRow

log = logging.getLogger(__name__)

WORKERS = 8
SCAN_S = 2.0  # what another process left behind, or a restart found
TRIES = 3


class TurnWorkers:
    """Takes turns for everybody whose inbox is not empty."""

    def __init__(
        self,
        parts: TurnParts,
        on_turn: Callable[[Pending], None],
    ) -> None:
        self._parts, self._on_turn = parts, on_turn
        self._queue: asyncio.PriorityQueue[tuple[int, int, str]] = asyncio.PriorityQueue()
        self._counter = itertools.count()
        self._known: dict[str, bool] = {}  # person -> more arrived while their turn ran
        self._active: set[str] = set()
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
        self._queue.put_nowait((0 if urgent else 1, next(self._counter), person))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._scan())
            for _ in range(WORKERS):
                group.create_task(self._work())

    async def stop(self, timeout_s: float = 15) -> None:
        """Finish what is queued, for so long at most; the rest waits on disk."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._known:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log.warning("turns left for the next start", extra={"count": len(self._known)})
        self._stopping.set()
        for _ in range(WORKERS):
            self._queue.put_nowait((-1, next(self._counter), ""))

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

    async def _work(self) -> None:
        while True:
            _, _, person = await self._queue.get()
            if self._stopping.is_set():
                return
            if person in self._active:
                self._known[person] = True
                continue
            self._active.add(person)
            has_more = False
            try:
                has_more = await self._one(person)
            except StorageUnavailable:
                log.warning("turn waits for the database")
            except Exception:
                log.exception("turn failed")
            finally:
                self._active.discard(person)
                # To the back of the queue: nobody's flood keeps others waiting.
                if self._known.pop(person, False) or has_more:
                    self._enqueue(person, urgent=False)

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
            await (take_turn if failures < TRIES - 1 else apologise)(pending, self._parts)
        except TurnAlreadyDone:
            return True
        except StorageUnavailable:
            raise
        except Exception as error:
            await self._failed(pending, error)
            return False  # the scan comes back to it in a moment
        self._failures.pop(pending.inbox_id, None)
        self._on_turn(pending)
        return True

    async def _failed(self, pending: Pending, error: Exception) -> None:
        failures = self._failures.get(pending.inbox_id, 0) + 1
        about = {"attempt": failures, "row": pending.inbox_id}
        if isinstance(error, TurnConflict):
            log.info("turn taken again", extra=about)
        else:
            log.error("turn failed", exc_info=error, extra=about)
        self._failures[pending.inbox_id] = failures
        if failures >= TRIES:
            del self._failures[pending.inbox_id]
            await self._parts.store.set_aside(pending.inbox_id)
