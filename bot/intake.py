"""The way in, the same for webhook, polling and web: stored first, acknowledged after.

Danger cues are matched here, on receipt, so that urgent people go first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from bot.messages import Inbound, StorageUnavailable
from bot.storage import Arrival, NewFile, Quarantined, Receipt, Store

log = logging.getLogger(__name__)

BATCH = 100  # arrivals that share one transaction
MOMENT_S = 0.5
_Waiting = tuple[Arrival | Quarantined, "asyncio.Future[Receipt]"]


class Intake:
    """`accept` returns when the event is on disk. Raises `StorageUnavailable` otherwise.

    What arrives while a transaction runs shares the next one, so that a hundred
    webhooks a second do not need a hundred commits.
    """

    def __init__(
        self,
        store: Store,
        is_urgent: Callable[[str], bool],
        on_stored: Callable[[Receipt, str, bool], None],
    ) -> None:
        self._store, self._is_urgent, self._on_stored = store, is_urgent, on_stored
        self._waiting: list[_Waiting] = []
        self._storing: asyncio.Task[None] | None = None
        self._settling: dict[int, asyncio.Event] = {}
        self._accepting = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def calm(self) -> None:
        """Wait until nobody waits for a receipt, for a moment at most.

        Whoever sends us something waits for the acknowledgement; answers come after.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOMENT_S):
                await self._calm.wait()

    async def accept(self, event: Inbound | Quarantined) -> Receipt:
        arrival = event if isinstance(event, Quarantined) else self._arrival(event)
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        self._accepting += 1
        self._calm.clear()
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_waiting())
        try:
            return await future
        finally:
            self._accepting -= 1
            if not self._accepting:
                self._calm.set()

    async def accept_file(self, inbound: Inbound, file: NewFile) -> Receipt:
        """The same for a message that is a file. Raises `NoRoom` too."""
        receipt = await self._store.media.accept(Arrival(inbound), file)
        if receipt.new:
            self._on_stored(receipt, inbound.channel, False)
        return receipt

    async def accept_all(self, events: Sequence[Inbound | Quarantined]) -> list[Receipt]:
        """Store a batch of one platform, in its order. All of it or an error."""
        return list(await asyncio.gather(*(self.accept(event) for event in events)))

    def _arrival(self, inbound: Inbound) -> Arrival:
        return Arrival(inbound, self._is_urgent(inbound.text) if inbound.text else False)

    async def _store_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                receipts = await self._store.accept([arrival for arrival, _ in batch])
            except Exception as error:
                if isinstance(error, StorageUnavailable):
                    # Who came meanwhile has waited for the same database, and hears it now.
                    batch, self._waiting = batch + self._waiting, []
                else:
                    log.exception("intake failed")
                    error = StorageUnavailable("intake failed")
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (arrival, future), receipt in zip(batch, receipts, strict=True):
                if receipt.new and isinstance(arrival, Arrival):
                    self._on_stored(receipt, arrival.inbound.channel, arrival.urgent)
                if not future.done():
                    future.set_result(receipt)

    def mark_settled(self, inbox_id: int) -> None:
        if event := self._settling.get(inbox_id):
            event.set()

    async def settled(self, inbox_id: int, timeout_s: float) -> bool:
        """Wait for the turn of one stored event. False when it was not taken in time."""
        if not inbox_id:
            return True  # a repeat: its turn was taken, or will be
        event = self._settling.setdefault(inbox_id, asyncio.Event())
        try:
            if await self._store.is_settled(inbox_id):
                return True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await event.wait()
            return event.is_set() or await self._store.is_settled(inbox_id)
        finally:
            self._settling.pop(inbox_id, None)
