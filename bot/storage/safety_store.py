"""Phone safety as the rest of the service asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from bot.messages import Reply
from bot.storage import held_lines, hiding, phone_safety
from bot.storage.crypto import KeyRing
from bot.storage.database import Database
from bot.storage.hiding import Hiding


class SafetyStore:
    """Methods raise `StorageUnavailable` when the database is away."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self._keys = database, keys

    async def is_discreet(self, person: str) -> bool:
        return await self._db.read(lambda db: phone_safety.is_discreet(db, person))

    async def begin_hours(self, now: datetime) -> list[str]:
        """Let go what has waited for its hour; returns the people who get something."""
        if not await self._db.read(lambda db: held_lines.is_due(db, now)):
            return []
        return await self._db.write(lambda db: held_lines.begin_hours(db, self._keys, now))

    async def hidings(self, now: datetime) -> list[Hiding]:
        """Chats that have to be cleared now. Each is given out once in a while."""
        if not await self._db.read(lambda db: hiding.is_due(db, now)):
            return []
        return await self._db.write(lambda db: hiding.take(db, self._keys, now))

    async def put_off(self, what: Hiding, done: Collection[int], left: int, wait_s: float) -> None:
        wait = timedelta(seconds=wait_s)
        await self._db.write(lambda db: hiding.put_off(db, what, done, left, wait))

    async def finish(self, what: Hiding, words: Callable[[str], Reply]) -> bool:
        return await self._db.write(lambda db: hiding.finish(db, self._keys, what, words))
