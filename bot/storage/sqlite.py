"""SQLite connections that leave the event loop only where something may wait.

aiosqlite passes every call to a thread and back: forty times in one turn, which took
longer than SQLite itself. A read in WAL mode waits for nobody, and a statement inside a
transaction that has the write lock only touches memory, so these run where they are
called. Taking the lock and writing to the disk still happen in the thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import aiosqlite

CHUNK = 64
_IN_THREAD: Callable[..., Awaitable[Any]] = aiosqlite.Connection._execute


class Reader(aiosqlite.Connection):
    """Runs everything at once. It is `query_only`, and small: a page of rows at most."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)


class Writer(Reader):
    """Statements run at once; what begins, ends or sets up a transaction does not."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if _may_wait(fn, args):
            return await _IN_THREAD(self, fn, *args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)


def _may_wait(fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    if args and isinstance(args[0], str):
        return args[0].startswith(("BEGIN", "PRAGMA"))
    return fn.__name__ in ("commit", "rollback", "close")


def connect(kind: type[aiosqlite.Connection]) -> Callable[..., aiosqlite.Connection]:
    """For `create_async_engine(async_creator_fn=...)`: how to open one of that kind."""

    def opened(*args: Any, **kwargs: Any) -> aiosqlite.Connection:
        connection = kind(lambda: sqlite3.connect(*args, **kwargs), CHUNK)
        connection._thread.daemon = True  # as SQLAlchemy does with its own
        return connection

    return opened
