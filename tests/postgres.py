"""A PostgreSQL for tests: where it is, and a database of our own in it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator

import psycopg

from bot.storage.models import Base

ADDRESS = os.environ.get("PUNTE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@functools.cache
def is_there() -> bool:
    try:
        psycopg.connect(ADDRESS, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """A fresh database; its address as `Settings.database_url` has it."""
    with psycopg.connect(ADDRESS, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
    yield f"{ADDRESS.rpartition('/')[0]}/{name}".replace("postgresql:", "postgresql+psycopg:")
    with psycopg.connect(ADDRESS, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def empty(url: str) -> None:
    """As after its migration. Only what a test used: a TRUNCATE of all takes half a second."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        for table in reversed(Base.metadata.sorted_tables):  # what refers to others first
            db.execute(f'DELETE FROM "{table.name}"')
        for (sequence,) in db.execute(_SEQUENCES).fetchall():
            db.execute(f'ALTER SEQUENCE "{sequence}" RESTART')


_SEQUENCES = (
    "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
)
