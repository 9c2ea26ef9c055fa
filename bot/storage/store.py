"""The store: every question the rest of the service may ask the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from bot.messages import Sent, StorageUnavailable
from bot.storage import inbox, outbox, retention, transcript, turns
from bot.storage.alarms import AlarmStore
from bot.storage.alerts import AlertStore
from bot.storage.crypto import KeyProblem, KeyRing, load_keys
from bot.storage.database import Database, open_database
from bot.storage.desk_store import DeskStore
from bot.storage.media_store import MediaStore
from bot.storage.models import Meta
from bot.storage.records import (
    Arrival,
    Due,
    Outcome,
    Pending,
    Person,
    Quarantined,
    Receipt,
    Shown,
)
from bot.storage.safety_store import SafetyStore
from bot.storage.staff import StaffStore

log = logging.getLogger(__name__)

_KEY_CHECK = "key_check"
_KNOWN = "punte"


class StartProblem(Exception):
    """The database cannot be used as it is. The message says what to do."""


class Store:
    """All reads and writes. Methods raise `StorageUnavailable` when the database is away."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self.keys = database, keys
        self._owes_wipe = False

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on the same database."""
        return not self._db.is_sqlite

    @property
    def desk(self) -> DeskStore:
        return DeskStore(self._db, self.keys)

    @property
    def staff(self) -> StaffStore:
        return StaffStore(self._db, self.keys)

    @property
    def alerts(self) -> AlertStore:
        return AlertStore(self._db, self.keys)

    @property
    def alarms(self) -> AlarmStore:
        return AlarmStore(self._db, self.keys)

    @property
    def safety(self) -> SafetyStore:
        return SafetyStore(self._db, self.keys)

    @property
    def media(self) -> MediaStore:
        return MediaStore(self._db, self.keys)

    async def accept(self, arrivals: Sequence[Arrival | Quarantined]) -> list[Receipt]:
        return await self._db.write(lambda db: inbox.put(db, self.keys, arrivals), first=True)

    async def next_pending(self, person: str) -> Pending | None:
        return await self._db.read(lambda db: inbox.next_of(db, self.keys, person))

    async def waiting_people(self, limit: int = 1000) -> list[tuple[str, bool]]:
        return await self._db.read(lambda db: inbox.waiting_people(db, limit))

    async def is_settled(self, inbox_id: int) -> bool:
        return await self._db.read(lambda db: inbox.is_done(db, inbox_id))

    async def set_aside(self, inbox_id: int) -> None:
        await self._db.write(lambda db: inbox.set_aside(db, inbox_id))

    async def load(self, pending: Pending) -> Person:
        return await self._db.read(lambda db: turns.load(db, self.keys, pending))

    async def finish(self, pending: Pending, before: Person, outcome: Outcome) -> Person:
        """Raises `TurnAlreadyDone` or `TurnConflict` besides `StorageUnavailable`."""
        person = await self._db.write(
            lambda db: turns.finish(db, self.keys, pending, before, outcome)
        )
        self._owes_wipe |= person.keeps_nothing
        if outcome.erase:
            await self.wipe()
        return person

    async def erase(self, person: str) -> bool:
        """Delete everything about one person. True when there was something."""
        found = await self._db.write(lambda db: turns.erase(db, person))
        await self.wipe()
        return found

    async def transcript(self, person: str, after: int = 0, limit: int = 200) -> list[Shown]:
        """What the person gets. Marks a counsellor's lines first: they count as read."""
        found = await self._db.read(lambda db: transcript.read(db, self.keys, person, after, limit))
        new = [line.seq for line in found if transcript.is_new_to_page(line)]
        if not new:
            return found
        await self._db.write(lambda db: transcript.mark_fetched(db, person, new))
        # One of them may have been taken back just before that.
        return await self._db.read(lambda db: transcript.read(db, self.keys, person, after, limit))

    async def drop_seen(self, person: str, seen: int) -> None:
        await self._db.write(lambda db: transcript.drop_seen(db, person, seen))
        self._owes_wipe = True

    async def keeps_nothing(self, person: str) -> bool:
        return await self._db.read(lambda db: transcript.keeps_nothing(db, person))

    async def leave(self, person: str) -> None:
        await self._db.write(lambda db: transcript.leave(db, person))

    async def has_left(self, person: str) -> bool:
        return await self._db.read(lambda db: transcript.has_left(db, person))

    async def due(self, limit: int, channels: Sequence[str], busy: Sequence[str] = ()) -> list[Due]:
        rows, unreadable = await self._db.read(
            lambda db: outbox.due(db, self.keys, limit, channels, busy)
        )
        if unreadable:
            log.error("replies cannot be read", extra={"count": len(unreadable)})
            await self._db.write(lambda db: outbox.mark_unreadable(db, unreadable))
        return rows

    async def take(self, ids: Sequence[int]) -> set[int]:
        return await self._db.write(lambda db: outbox.take(db, ids))

    async def settle(self, row: Due, sent: Sent, wait: timedelta) -> str:
        state, purged = await self._db.write(
            lambda db: outbox.settle(db, self.keys, row, sent, wait)
        )
        self._owes_wipe |= purged
        return state

    async def doubt(self, everything: bool, mine: Collection[int] = ()) -> int:
        return await self._db.write(lambda db: outbox.doubt(db, everything, mine))

    async def sweep(self) -> int:
        """Delete what has expired, in short transactions; returns how many rows went."""
        await self._db.write(outbox.expire)
        gone = 0
        for table in retention.PERSONAL:
            while count := await self._db.write(lambda db, t=table: retention.sweep(db, t)):  # type: ignore[misc]
                gone += count
        if gone:
            await self.wipe()
        return gone

    def person_hash(self, channel: str, bot: str, person_id: str) -> str:
        return inbox.person_hash(self.keys, channel, bot, person_id)

    async def is_alive(self) -> bool:
        return await self._db.is_alive()

    async def close(self) -> None:
        await self._db.close()

    async def tidy(self) -> None:
        """Empty the write-ahead log if something was deleted since. A timer calls this."""
        if self._owes_wipe:
            self._owes_wipe = not await self._db.truncate_log()

    async def wipe(self) -> None:
        """Erased text leaves SQLite's write-ahead log too; a reader may hold it for a while."""
        self._owes_wipe = True
        for delay_s in (0.0, 0.05, 0.2):
            await asyncio.sleep(delay_s)
            await self.tidy()
            if not self._owes_wipe:
                return
        log.info("log not emptied yet")


async def open_store(url: str, sqlite_path: Path, key_path: Path) -> Store:
    """Open and check. The schema must be there (`migrations.migrate`). Raises `StartProblem`."""
    try:
        store = Store(open_database(url, sqlite_path), load_keys(key_path))
    except KeyProblem as problem:
        raise StartProblem(f"{problem}. Restore the key file that belongs to it.") from problem
    try:
        await _check(store)
        await store.staff.prepare()
    except StartProblem:
        await store.close()
        raise
    except (DatabaseError, StorageUnavailable) as error:
        await store.close()
        raise StartProblem("the database is damaged or away: restore a backup") from error
    return store


async def _check(store: Store) -> None:
    database = store._db
    if database.is_sqlite:
        state = await database.read(lambda db: db.scalar(text("PRAGMA quick_check(1)")))
        if state != "ok":
            raise StartProblem("the database file is damaged: restore a backup")
    known = await database.read(
        lambda db: db.scalar(select(Meta.value).where(Meta.name == _KEY_CHECK))
    )
    if known is None:
        sealed = store.keys.seal(_KNOWN, _KEY_CHECK)
        await database.write(
            lambda db: db.execute(
                inbox.upsert(db, Meta)
                .values(name=_KEY_CHECK, value=sealed)
                .on_conflict_do_nothing(index_elements=["name"])
            )
        )
        # Another process may have been first, with another key.
        known = await database.read(
            lambda db: db.scalar(select(Meta.value).where(Meta.name == _KEY_CHECK))
        )
    try:
        store.keys.open(known or b"", _KEY_CHECK)
    except KeyProblem as problem:
        raise StartProblem(f"{problem}: the key file does not belong to this database") from problem
