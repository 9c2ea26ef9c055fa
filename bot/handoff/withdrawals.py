"""Facts that a counsellor found to be wrong: kept in the database, gone from every answer.

Each process looks once a second, so that no process tells one for longer than that.
"""

from __future__ import annotations

import asyncio
import logging

from bot.knowledge import Knowledge
from bot.storage import Staff, Store, Told, Withdrawn

log = logging.getLogger(__name__)

# Why a fact is withdrawn; each has its words in the console.
REASONS = ("wrong", "old", "dead", "closed")


class CannotWithdraw(Exception):
    """No fact and no row of the directory, or the emergency number."""


class Withdrawals:
    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        self._store, self._knowledge = store, knowledge

    async def refresh(self) -> None:
        """A timer calls this, and whoever has just changed something."""
        names = frozenset(one.name for one in await self._store.desk.withdrawn())
        # Another thread may be reading all files; nobody's turn waits for that here.
        if await asyncio.to_thread(self._knowledge.withdraw, names):
            log.info("withdrawn facts changed", extra={"count": len(names)})

    async def withdraw(self, staff: Staff, name: str, why: str) -> bool:
        """False: it is withdrawn already. Raises `CannotWithdraw`."""
        if why not in REASONS or not self._knowledge.snapshot.is_withdrawable(name):
            raise CannotWithdraw
        is_new = await self._store.desk.withdraw(staff, name, why)
        await self.refresh()
        return is_new

    async def restore(self, staff: Staff, name: str) -> bool:
        restored = await self._store.desk.restore(staff, name)
        await self.refresh()
        return restored

    async def read(self) -> list[Withdrawn]:
        return await self._store.desk.withdrawn()

    async def told(self, staff: Staff, name: str = "") -> list[Told]:
        """Where one fact was told, or any that is withdrawn now."""
        wanted = [name] if name else [one.name for one in await self.read()]
        snapshot = self._knowledge.snapshot
        names = {text for declared in wanted for text in snapshot.names_of(declared)}
        return await self._store.desk.told(staff, names) if names else []
