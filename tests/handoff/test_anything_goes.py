from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text

from bot.storage import Store, open_store
from tests.handoff.cast import Cast, hire_all
from tests.handoff.machine import machine_on

PEOPLES_TABLES = "handoff, handoff_number, contact, inbox, unanswered, feedback"


def fresh_desk(url: str, folder: Path) -> Callable[[], Awaitable[tuple[Store, Cast]]]:
    """How to get an empty store with the staff hired; they are hired once."""
    path, hired = folder / "punte.sqlite3", folder / "hired.sqlite3"

    async def hire_them() -> Cast:
        store = await open_store(url, path, folder / "keys")
        try:
            return await hire_all(store)
        finally:
            await store.close()

    cast = asyncio.run(hire_them())
    if not url:
        shutil.copy(path, hired)

    async def fresh() -> tuple[Store, Cast]:
        if not url:
            for left in folder.glob("punte.sqlite3*"):
                left.unlink()
            shutil.copy(hired, path)
        store = await open_store(url, path, folder / "keys")
        if url:
            await store._db.write(
                lambda db: db.execute(text(f"TRUNCATE {PEOPLES_TABLES} RESTART IDENTITY CASCADE"))
            )
        return store, cast

    return fresh


def run(url: str, folder: Path, examples: int, steps: int, *phases: Phase) -> None:
    sizes = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine_on(fresh_desk(url, folder)), settings=sizes)


@pytest.mark.slow
@pytest.mark.fault("C2")
def test_no_illegal_state_and_no_lost_or_doubled_message(database_url: str, tmp_path: Path) -> None:
    run(database_url, tmp_path, 12, 25, Phase.generate)  # a failure is told, not shortened


@pytest.mark.soak
@pytest.mark.fault("C2")
def test_the_same_for_thousands_of_steps(database_url: str, tmp_path: Path) -> None:
    run(database_url, tmp_path, 400, 60, *Phase)
