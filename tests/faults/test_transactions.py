"""What two writers, a lost connection or an old schema must not do to stored rows."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from bot.messages import Reply, StorageUnavailable
from bot.storage import (
    Arrival,
    Outcome,
    Pending,
    Store,
    TurnConflict,
    inbox,
    migrate,
    open_store,
    turns,
)
from bot.storage.migrate import schema_matches
from tests import postgres
from tests.faults.proxy import Line
from tests.people import says


async def take_turn(store: Store, pending: Pending) -> None:
    while True:
        person = await store.load(pending)
        outcome = Outcome(replace(person, locale="en"), (Reply("hello"),))
        try:
            await store.finish(pending, person, outcome)
            return
        except TurnConflict:
            continue


async def accepted(store: Store, text_: str, person: str = "amina") -> Pending:
    [receipt] = await store.accept([Arrival(says(text_, person))])
    found = await store.next_pending(receipt.person_hash)
    assert found is not None
    return found


@contextlib.contextmanager
def somebody_reads(database_url: str, folder: Path) -> Iterator[Callable[[], int]]:
    """A transaction that stays open, with the state of the database as it began."""
    if database_url:
        db: Any = psycopg.connect(database_url.replace("+psycopg", ""))
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    else:
        db = sqlite3.connect(folder / "punte.sqlite3", isolation_level=None)
        db.execute("BEGIN")
    with contextlib.closing(db):
        yield lambda: int(db.execute("SELECT count(*) FROM message").fetchone()[0])


@pytest.mark.fault("D2")
async def test_a_long_reader_and_200_turns_that_read_and_then_write(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    inbounds = [says(f"q{number}", f"person-{number % 50}") for number in range(200)]
    receipts = await store.accept([Arrival(inbound) for inbound in inbounds])
    now = datetime.now(UTC)
    pendings = [
        Pending(receipt.inbox_id, receipt.person_hash, False, inbound, now)
        for receipt, inbound in zip(receipts, inbounds, strict=True)
    ]
    with somebody_reads(database_url, tmp_path) as count_messages:
        assert count_messages() == 0
        await asyncio.gather(*(take_turn(store, pending) for pending in pendings))
        assert count_messages() == 0
    found = await store._db.read(
        lambda db: db.execute(text("SELECT version, last_seq FROM conversation"))
    )
    assert sorted(map(tuple, found)) == [(4, 8)] * 50


# Failures of the kind that may be tried again


class Failing:
    """Lets a function's first calls fail inside the database, as PostgreSQL itself would."""

    def __init__(self, real: Any, sqlstate: str, times: int) -> None:
        self.real, self.sqlstate, self.times, self.calls = real, sqlstate, times, 0

    async def __call__(self, db: Any, *args: Any) -> Any:
        self.calls += 1
        result = await self.real(db, *args)
        if self.calls <= self.times:
            raised = f"RAISE EXCEPTION 'no' USING ERRCODE = '{self.sqlstate}'"
            await db.execute(text(f"DO $$ BEGIN {raised}; END $$"))
        return result


@pytest.fixture
async def on_postgres(blank_postgres: str, tmp_path: Path) -> AsyncIterator[Store]:
    if not blank_postgres:
        pytest.skip("no PostgreSQL answers")
    postgres.empty(blank_postgres)
    store = await open_store(blank_postgres, tmp_path / "none", tmp_path / "keys")
    yield store
    await store.close()


@pytest.mark.fault("D5")
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_serialization_failure_is_tried_three_times(
    on_postgres: Store, monkeypatch: pytest.MonkeyPatch, sqlstate: str
) -> None:
    failing = Failing(inbox.put, sqlstate, times=2)
    monkeypatch.setattr(inbox, "put", failing)
    [receipt] = await on_postgres.accept([Arrival(says("once"))])
    assert receipt.new and failing.calls == 3
    failing.calls, failing.times = 0, 5
    again = Arrival(says("again"))
    with pytest.raises(StorageUnavailable):
        await on_postgres.accept([again])
    assert failing.calls == 3
    failing.times = 0
    [receipt] = await on_postgres.accept([again])
    assert receipt.new


@pytest.mark.fault("D5")
async def test_a_deadlock_of_two_turns_ends_with_both_taken(
    on_postgres: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(turns.finish, "40P01", times=2)
    first, second = await accepted(on_postgres, "a", "amina"), await accepted(on_postgres, "b", "b")
    monkeypatch.setattr(turns, "finish", failing)
    await asyncio.gather(take_turn(on_postgres, first), take_turn(on_postgres, second))
    found = await on_postgres._db.read(lambda db: db.execute(text("SELECT seq FROM message")))
    assert sorted(seq for (seq,) in found) == [1, 1, 2, 2]


@pytest.mark.fault("D5")
async def test_a_connection_lost_during_commit_has_one_effect(
    blank_postgres: str, tmp_path: Path
) -> None:
    if not blank_postgres:
        pytest.skip("no PostgreSQL answers")
    postgres.empty(blank_postgres)
    line = Line(blank_postgres)
    await line.open()
    store = await open_store(line.url, tmp_path / "none", tmp_path / "keys")
    try:
        once = Arrival(says("once"))
        line.lose_answer_to = b"COMMIT\0"
        with pytest.raises(StorageUnavailable):
            await store.accept([once])
        assert line.lost == 1
        [again] = await store.accept([once])
        assert not again.new  # it had been committed
        [(person, _)] = await store.waiting_people()
        pending = await store.next_pending(person)
        assert pending is not None
        before = await store.load(pending)
        outcome = Outcome(replace(before, locale="en"), (Reply("hello"),))
        line.lose_answer_to = b"COMMIT\0"
        with pytest.raises(StorageUnavailable):
            await store.finish(pending, before, outcome)
        assert line.lost == 2 and await store.next_pending(person) is None
        assert len(await store.transcript(person)) == 2
    finally:
        await store.close()
        await line.cut()


# Migrations


def fill(url: str, path: Path, folder: Path) -> dict[str, int]:
    """Rows of every kind that a conversation makes."""

    async def fill_it() -> dict[str, int]:
        store = await open_store(url, path, folder / "keys")
        try:
            for number in range(5):
                await take_turn(store, await accepted(store, f"q{number}", f"person-{number}"))
            return await count(store)
        finally:
            await store.close()

    return asyncio.run(fill_it())


async def count(store: Store) -> dict[str, int]:
    tables = ("inbox", "contact", "conversation", "session", "message", "outbox", "meta")
    return {
        table: await store._db.read(
            lambda db, t=table: db.scalar(text(f"SELECT count(*) FROM {t}"))  # type: ignore[misc]
        )
        for table in tables
    }


@pytest.mark.fault("D8")
def test_migrating_a_populated_copy_keeps_every_row(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "punte.sqlite3"
    before = fill(database_url, path, tmp_path)
    assert before["message"] == 10 and before["outbox"] == 5
    migrate(database_url, path)
    assert schema_matches(database_url, path)

    async def read() -> tuple[dict[str, int], list[str]]:
        store = await open_store(database_url, path, tmp_path / "keys")
        try:
            person = store.person_hash("telegram", "1", "person-3")
            return await count(store), [line.text for line in await store.transcript(person)]
        finally:
            await store.close()

    after, lines = asyncio.run(read())
    assert after == before and lines == ["q3", "hello"]
