"""Processes, and what is around them: the fake Telegram, the database, the folder on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fakes.bot_api import BotApi, Person
from tests.faults.service import Nursery, Service


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    found = Nursery()
    yield found
    found.close()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi(webhook_pause_s=0.2) as found:
        yield found


@pytest.fixture
def amina(api: BotApi) -> Person:
    return api.person("Amina")


@pytest.fixture
async def service(
    nursery: Nursery, api: BotApi, tmp_path: Path, database_url: str
) -> AsyncIterator[Service]:
    """Not started yet, on either database."""
    found = Service(nursery, api, tmp_path, database_url)
    yield found
    await found.close()
    if (tmp_path / "keys").exists():
        async with found.disk() as disk:
            await disk.check_invariants()


@pytest.fixture(params=["polling", "webhook"])
def either_way(request: pytest.FixtureRequest, service: Service) -> Service:
    return service if request.param == "polling" else service.by_webhook()


@pytest.fixture
async def on_sqlite(nursery: Nursery, api: BotApi, tmp_path: Path) -> AsyncIterator[Service]:
    """Where the kind of database makes no difference."""
    found = Service(nursery, api, tmp_path, "")
    yield found
    await found.close()
