"""The store's part for files: whom they are for, and who asks."""

from __future__ import annotations

from bot.storage import case_files, media
from bot.storage.crypto import KeyRing
from bot.storage.database import Database
from bot.storage.desk_records import Staff
from bot.storage.media_records import CaseFile, Content, NewFile
from bot.storage.records import Arrival, Receipt


class MediaStore:
    """Reached as `Store.media`. Methods raise `StorageUnavailable` when the database is away."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self._keys = database, keys

    # The person's side

    async def accept(self, arrival: Arrival, file: NewFile) -> Receipt:
        """A message with its file, both or neither. The same event twice is one file.

        Raises `NoRoom` without an open case, and for too many files in an hour.
        """
        return await self._db.write(
            lambda db: media.accept(db, self._keys, arrival, file), first=True
        )

    async def is_wanted(self, person_hash: str) -> bool:
        """Whether this person has an open case."""
        return await self._db.read(lambda db: media.home(db, person_hash)) is not None

    async def for_person(self, person_hash: str, seq: int) -> Content | None:
        return await self._db.read(lambda db: media.for_person(db, self._keys, person_hash, seq))

    # Delivery

    async def of_line(self, conversation_id: str, seq: int) -> Content | None:
        return await self._db.read(lambda db: media.of_line(db, self._keys, conversation_id, seq))

    # The desk: who may open a case may open its files. All else raises `NoSuchCase`.

    async def kept(self, staff: Staff, number: str) -> frozenset[int]:
        """The lines of a case whose files are stored here."""
        return await self._db.read(lambda db: case_files.kept(db, staff, number))

    async def open(self, staff: Staff, number: str, seq: int) -> CaseFile:
        """Leaves an audit row each time."""
        return await self._db.write(
            lambda db: case_files.open_file(db, self._keys, staff, number, seq)
        )

    async def keep(self, staff: Staff, number: str, fence: int, seq: int, file: NewFile) -> None:
        """Store what the platform has, so that it stays as long as the case."""
        await self._db.write(
            lambda db: case_files.keep(db, self._keys, staff, number, fence, seq, file)
        )
