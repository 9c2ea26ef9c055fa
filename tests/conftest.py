"""What every test may use: both databases, the real content, and a clock that stands still.

SQLite always; PostgreSQL where one answers. `tests/faults.csv` is the list of faults that
must be survived; the summary names each row of this stage that no test carries.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.knowledge import Knowledge
from bot.nlu_client import system_examples
from bot.storage import Store, migrate, open_store
from tests import invariants, postgres

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("1a", "1b", "1c")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") and not postgres.is_there():
        pytest.exit("CI needs a PostgreSQL (PUNTE_TEST_POSTGRES)", returncode=3)


@pytest.fixture(scope="session")
def blank_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "punte.sqlite3"
    migrate("", path)
    return path


@pytest.fixture(scope="session")
def blank_postgres(worker_id: str) -> Iterator[str]:
    if not postgres.is_there():
        yield ""
        return
    with postgres.database(f"punte_test_{worker_id}_{os.getpid()}") as url:
        migrate(url, Path())
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, blank_sqlite: Path, blank_postgres: str
) -> str:
    """The address of a migrated, empty database; "" means SQLite at `tmp_path`."""
    if request.param == "sqlite":
        shutil.copy(blank_sqlite, tmp_path / "punte.sqlite3")
        return ""
    if not blank_postgres:
        pytest.skip("no PostgreSQL answers")
    postgres.empty(blank_postgres)
    return blank_postgres


@pytest.fixture
async def store(database_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(database_url, tmp_path / "punte.sqlite3", tmp_path / "keys")
    yield opened
    await invariants.check(opened)
    await opened.close()


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The real content and locales of this checkout."""
    return Knowledge.open(ROOT, None)


@pytest.fixture(scope="session")
def system() -> dict[str, dict[str, tuple[str, ...]]]:
    return dict(system_examples(ROOT / "nlu"))  # type: ignore[arg-type]


# The fault table


def _rows() -> list[dict[str, str]]:
    with (ROOT / "tests" / "faults.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    known = {row["id"] for row in _rows()}
    for item in items:
        if item.get_closest_marker("slow") or item.get_closest_marker("browser"):
            # Real processes on real clocks: a machine that stands still for a second is not
            # our bug, a second failure is. Each repeat is printed ("RERUN", and a count).
            item.add_marker(pytest.mark.flaky(reruns=2))
    carried: set[str] = set()
    for item in items:
        for mark in item.iter_markers("fault"):
            carried.update(mark.args)
    unknown = carried - known
    if unknown:
        raise pytest.UsageError(f"no such row in tests/faults.csv: {sorted(unknown)}")
    config.stash[_CARRIED] = carried


_CARRIED = pytest.StashKey[set[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not postgres.is_there():
        terminalreporter.write_line("left out: every test on PostgreSQL (none answers)")
    carried = terminalreporter.config.stash.get(_CARRIED, None)
    if carried is None:
        return
    for stage in STAGES:
        ids = [row["id"] for row in _rows() if row["stage"] == stage]
        missing = [row for row in ids if row not in carried]
        line = f"faults of stage {stage}: {len(ids) - len(missing)} of {len(ids)} carried by a test"
        if missing:
            line += f"; without one: {' '.join(missing)}"
        terminalreporter.write_line(line)
