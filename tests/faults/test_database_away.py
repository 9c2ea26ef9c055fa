"""The database locked, stopped, moved, read-only, damaged."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fakes.bot_api import BotApi, Person
from tests.faults.proxy import Line
from tests.faults.service import Nursery, Service, until

pytestmark = pytest.mark.slow

DANGER = "they lock us in and took my passport"


@contextlib.contextmanager
def somebody_writes(service: Service) -> Iterator[None]:
    """Another writer holds the lock."""
    if service.database_url:
        with psycopg.connect(service.database_url.replace("+psycopg", "")) as db:
            db.execute("LOCK TABLE inbox, outbox, conversation IN EXCLUSIVE MODE")
            yield
            db.rollback()
        return
    db = sqlite3.connect(service.folder / "punte.sqlite3", isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")
    finally:
        db.close()


def message(api: BotApi, person: Person, text: str) -> dict[str, Any]:
    """An update that Telegram keeps to itself; the test brings it to the webhook."""
    kept = api.state.pending[:]
    person.sends(text)
    _, update = api.state.pending[-1]
    api.state.pending[:] = kept
    found: dict[str, Any] = update
    return found


@pytest.mark.fault("D1")
async def test_a_short_lock_is_waited_out(service: Service, api: BotApi, amina: Person) -> None:
    await service.by_webhook().start()
    update = message(api, amina, "/help once")
    with somebody_writes(service):
        posting = asyncio.create_task(service.post_update(update))
        await asyncio.wait([posting], timeout=3)
        assert not posting.done()
    assert (await posting).status_code == 200
    await amina.hears()


@pytest.mark.fault("D1")
async def test_a_long_lock_gives_503_within_the_wait_and_loses_nothing(
    service: Service, api: BotApi, amina: Person
) -> None:
    await service.by_webhook().start()
    people = [api.person(f"P{n}", number=900_000 + n) for n in range(12)]
    updates = [message(api, person, "/help once") for person in people]

    async def post(update: Any) -> tuple[int, float]:
        began = time.monotonic()
        answer = await service.post_update(update)
        return answer.status_code, time.monotonic() - began

    with somebody_writes(service):
        posting = []
        for update in updates:  # spread over the first seconds, so that they do not share one try
            posting.append(asyncio.create_task(post(update)))
            await asyncio.wait(posting[-1:], timeout=0.3)
        answers = await asyncio.gather(*posting)
    assert {status for status, _ in answers} == {503}
    assert max(took for _, took in answers) < 7
    for update in updates:
        assert (await service.post_update(update)).status_code == 200
    await service.settled()
    async with service.disk() as disk:
        for person in people:
            assert await disk.said(person) == ["once"]
            assert person.bot_lines


@pytest.mark.fault("D1")
async def test_a_reply_sent_while_the_database_is_locked_is_not_sent_again(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    await on_sqlite.start()
    slow = api.breaks("sendMessage", "slow", seconds=1.0)
    amina.sends("/help once")
    await until(lambda: slow.times == 0, "a reply on its way")
    with somebody_writes(on_sqlite):
        await amina.hears()
        await asyncio.sleep(14)  # longer than a lease
    await on_sqlite.settled(40)
    async with on_sqlite.disk() as disk:
        lines = [line for line in await disk.lines(amina) if line.author == "bot"]
    assert len(amina.bot_lines) == len(lines)


@pytest.mark.slow
@pytest.mark.fault("O2")
async def test_a_reply_that_takes_longer_than_a_lease_is_not_sent_twice(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    api.breaks("sendMessage", "drip", seconds=0.04)  # for each of some 350 bytes
    await on_sqlite.start()
    amina.sends("/stop")
    await amina.hears()
    await on_sqlite.settled(60)
    async with on_sqlite.disk() as disk:
        rows = await disk.rows("SELECT state, doubts FROM outbox ORDER BY id")
    assert {row["state"] for row in rows} == {"sent"}
    assert len(amina.bot_lines) == len(rows) + rows[0]["doubts"]
    assert rows[0]["doubts"] == 0


# Stopped, moved, read-only


@pytest.fixture
async def behind_a_line(
    nursery: Nursery, api: BotApi, tmp_path: Path, blank_postgres: str
) -> AsyncIterator[tuple[Service, Line]]:
    from tests import postgres

    if not blank_postgres:
        pytest.skip("no PostgreSQL answers")
    postgres.empty(blank_postgres)
    line = Line(blank_postgres)
    await line.open()
    service = Service(nursery, api, tmp_path, line.url)
    yield service, line
    await service.close()
    await line.cut()


async def check_away_and_back(
    service: Service, api: BotApi, amina: Person, go_away: Any, come_back: Any
) -> None:
    await service.by_webhook().start()
    amina.sends("/start")
    await amina.hears(2)
    await service.settled()
    await go_away()
    update, danger = message(api, amina, "/help once"), message(api, amina, DANGER)
    assert (await service.post_update(update)).status_code == 503
    assert (await service.post_update(danger)).status_code == 503
    await amina.hears(2)  # the card, from memory
    assert "112" in " ".join(line.text for line in amina.bot_lines[2:])
    assert (await service.http.get("/health/ready")).status_code == 503
    page = await service.http.get("/")
    assert page.status_code == 200 and "112" in page.text
    await come_back()

    async def stored() -> bool:
        return (await service.post_update(update)).status_code == 200

    await until(stored, "stored again", 30)
    assert (await service.post_update(danger)).status_code == 200
    await service.settled()
    async with service.disk() as disk:
        assert await disk.said(amina) == ["start", "once", DANGER]
    assert (await service.http.get("/health/ready")).status_code == 200


@pytest.mark.fault("D3")
async def test_postgresql_stops_and_comes_back(
    behind_a_line: tuple[Service, Line], api: BotApi, amina: Person
) -> None:
    service, line = behind_a_line
    await check_away_and_back(service, api, amina, line.cut, line.open)


@pytest.mark.fault("D3")
async def test_postgresql_becomes_read_only(
    nursery: Nursery, api: BotApi, tmp_path: Path, amina: Person, blank_postgres: str
) -> None:
    from tests import postgres

    if not blank_postgres:
        pytest.skip("no PostgreSQL answers")
    postgres.empty(blank_postgres)
    name = blank_postgres.rpartition("/")[2]
    service = Service(nursery, api, tmp_path, blank_postgres)

    async def set_read_only(value: str) -> None:
        with psycopg.connect(postgres.ADDRESS, autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    try:
        await service.by_webhook().start()
        amina.sends("/help once")
        await amina.hears()
        await service.settled()
        await set_read_only("on")
        update = message(api, amina, "/help twice")
        assert (await service.post_update(update)).status_code == 503
        await set_read_only("off")

        async def stored() -> bool:
            return (await service.post_update(update)).status_code == 200

        await until(stored, "stored again", 30)
        await service.settled()
        async with service.disk() as disk:
            assert await disk.said(amina) == ["once", "twice"]
    finally:
        await set_read_only("off")
        await service.close()


@pytest.mark.fault("D3")
async def test_the_sqlite_file_is_moved_away_and_back(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    home, away = on_sqlite.folder, on_sqlite.folder / "away"
    names = ("punte.sqlite3", "punte.sqlite3-wal", "punte.sqlite3-shm")

    async def go_away() -> None:
        away.mkdir()
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                (home / name).rename(away / name)

    async def come_back() -> None:
        for path in away.iterdir():
            path.rename(home / path.name)

    await check_away_and_back(on_sqlite, api, amina, go_away, come_back)


# Damaged


@pytest.mark.fault("D6")
@pytest.mark.parametrize("damage", ["truncated file", "wrong key"])
async def test_a_damaged_installation_refuses_to_start(
    on_sqlite: Service, api: BotApi, amina: Person, damage: str
) -> None:
    service = on_sqlite
    await service.start()
    amina.sends("/help once")
    await amina.hears()
    await service.settled()
    await service.terminate()
    file = service.folder / "punte.sqlite3"
    if damage == "truncated file":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2 + 100])
    else:
        (service.folder / "keys").unlink()
    before = file.read_bytes()
    service.log.unlink()
    service.spawn()
    assert await service.ended() == 1
    said = service.log.read_text()
    assert "punte: " in said and "Traceback" not in said
    assert file.read_bytes() == before
