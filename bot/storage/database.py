"""The connection to SQLite or PostgreSQL, and the only two ways to use it: read and write.

SQLite gets two engines. A reader that writes after somebody's commit fails at once
with BUSY_SNAPSHOT whatever the timeout, so writers start with BEGIN IMMEDIATE and
readers cannot write at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import event, text
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    TimeoutError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.messages import StorageUnavailable
from bot.storage import sqlite

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

BUSY_S = 5
# Errors of our own making: a bug or a refused row, not a database that is away.
OURS = (IntegrityError, DataError, ProgrammingError)
TRIES = 3
LET_PASS_S = 1.0
_TRY_AGAIN = ("40001", "40P01")  # serialization failure, deadlock


class Database:
    """`read` and `write` run one function in one transaction each.

    Both raise `StorageUnavailable` when the database is away, locked for longer than
    `BUSY_S`, or read-only. `write` may call its function up to three times.
    """

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, path: Path | None) -> None:
        self._writer, self._reader, self._path = writer, reader, path
        self.is_sqlite = path is not None
        self._inode = 0
        # One process writes to SQLite through one connection; queueing here keeps order.
        self._one_writer = asyncio.Semaphore(1 if self.is_sqlite else 10)
        self._first_come = 0  # writes that go before others: somebody waits for a receipt
        self._none_first = asyncio.Event()
        self._none_first.set()
        self._failed_at = 0.0

    async def read(self, work: Work[T]) -> T:
        try:
            self._check_place()
            async with self._reader.connect() as db:
                return await work(db)
        except OURS:
            raise
        except (DBAPIError, TimeoutError, OSError) as error:
            raise _unavailable("read failed", error) from error

    async def write(self, work: Work[T], first: bool = False) -> T:
        """`first`: before the writes that wait already, for up to a second of them."""
        queued_at = time.monotonic()
        for attempt in range(1, TRIES + 1):
            try:
                self._check_place()
                async with self._place_in_queue(queued_at, first), self._writer.begin() as db:
                    return await work(db)
            except OURS:
                raise
            except DBAPIError as error:
                if _sqlstate(error) in _TRY_AGAIN and attempt < TRIES:
                    log.info(
                        "write retried",
                        extra={"attempt": attempt, "code": _sqlstate(error)},
                    )
                    await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)
                    continue
                self._failed_at = time.monotonic()
                raise _unavailable("write failed", error) from error
            except (TimeoutError, OSError) as error:
                self._failed_at = time.monotonic()
                raise _unavailable("write failed", error) from error
        raise AssertionError("unreachable")

    @contextlib.asynccontextmanager
    async def _place_in_queue(self, queued_at: float, first: bool) -> AsyncIterator[None]:
        """Who stood behind a write that failed waited for the same lock, and hears it now."""
        with self._ahead() if first else contextlib.nullcontext():
            if not first:
                await self._let_pass()
            async with self._one_writer:
                if self._failed_at > queued_at:
                    raise StorageUnavailable("write failed")
                yield

    @contextlib.contextmanager
    def _ahead(self) -> Iterator[None]:
        self._first_come += 1
        self._none_first.clear()
        try:
            yield
        finally:
            self._first_come -= 1
            if not self._first_come:
                self._none_first.set()

    async def _let_pass(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LET_PASS_S):
                await self._none_first.wait()

    def _check_place(self) -> None:
        """A SQLite file that was moved away still takes writes, and loses them at the end."""
        if self._path is None:
            return
        inode = self._path.stat().st_ino
        self._inode = self._inode or inode
        if inode != self._inode:
            raise OSError("another database file")

    async def truncate_log(self) -> bool:
        """Empty SQLite's write-ahead log, which still holds erased text. False: a reader is open.

        PostgreSQL's log is the operator's (docs/operators.md); there this is always True.
        """
        if not self.is_sqlite:
            return True
        async with self._one_writer, self._writer.connect() as db:
            raw = await db.get_raw_connection()
            connection: aiosqlite.Connection = raw.driver_connection  # type: ignore[assignment]
            # Not a moment's wait: everybody's writes stand behind this one.
            await connection.execute("PRAGMA busy_timeout=0")
            try:
                async with connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    row = await cursor.fetchone()
            finally:
                await connection.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")
            return row is not None and row[0] == 0

    async def is_alive(self) -> bool:
        try:
            await self.read(lambda db: db.execute(text("SELECT 1")))
        except StorageUnavailable:
            return False
        return True

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def open_database(url: str, sqlite_path: Path) -> Database:
    """`url` as in `Settings.database_url`; empty means SQLite at `sqlite_path`."""
    if url.startswith("postgresql"):
        options: dict[str, Any] = {
            "pool_size": 10,
            "max_overflow": 0,
            "pool_timeout": BUSY_S,
            "pool_pre_ping": True,
            "hide_parameters": True,
            "connect_args": {
                "connect_timeout": 3,
                "options": "-c statement_timeout=5000",
            },
        }
        engine = create_async_engine(url, isolation_level="READ COMMITTED", **options)
        return Database(engine, engine, None)
    if url:
        sqlite_path = Path(url.split("///", 1)[1])
    sqlite_path.parent.mkdir(parents=True, exist_ok=True)
    address = f"sqlite+aiosqlite:///{sqlite_path}"
    writer = _engine(address, sqlite.Writer, 1)
    reader = _engine(address, sqlite.Reader, 4)
    event.listen(writer.sync_engine, "connect", _prepare_writer)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    event.listen(reader.sync_engine, "connect", _prepare_reader)
    return Database(writer, reader, sqlite_path)


def _engine(address: str, kind: type[aiosqlite.Connection], connections: int) -> AsyncEngine:
    return create_async_engine(
        address,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"async_creator_fn": sqlite.connect(kind)},
    )


_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_S * 1000}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)


def _prepare_writer(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _prepare_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (_PRAGMAS[2], _PRAGMAS[5], "PRAGMA query_only=ON"):
        connection.execute(pragma).close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def _unavailable(what: str, error: BaseException) -> StorageUnavailable:
    # Class and SQLSTATE only: psycopg's own text repeats the row.
    code = _sqlstate(error) if isinstance(error, DBAPIError) else ""
    log.error(
        "storage unavailable",
        extra={"step": what, "code": code or type(error).__name__},
    )
    return StorageUnavailable(what)
