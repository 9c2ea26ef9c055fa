"""A process that dies inside or right after a change of the desk: real processes, `os._exit`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.storage import CaseState, Store
from tests.conftest import ROOT
from tests.handoff.cast import ask, deliver_all, hire_all, told, transcript

DIED = 9
# Arguments: database address, folder, number of the case (empty: ask for a person),
# and where to die: inside the transaction or after it.
SCRIPT = """
import asyncio, os, sys
from pathlib import Path
from bot.storage import case_moves, case_turns, open_store
from tests.handoff.cast import ask, told

async def die(*_):
    os._exit(9)

async def main(url, folder, number, where):
    folder = Path(folder)
    store = await open_store(url, folder / "punte.sqlite3", folder / "keys")
    if where == "inside":
        case_moves.add = case_turns.add = die
    if number:
        petra = (await store.staff.account_named("petra")).staff
        await store.desk.claim(petra, number, told("joined"))
    else:
        await ask(store, "amina", event_id="the same")
    os._exit(9)

asyncio.run(main(*sys.argv[1:]))
"""


async def die(url: str, folder: Path, number: str, where: str) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT, url, str(folder), number, where),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await child.communicate()
    assert child.returncode == DIED, output.decode()


@pytest.mark.slow
@pytest.mark.fault("K4")
async def test_a_death_inside_the_request_leaves_nothing_and_the_rerun_one_case(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    cast = await hire_all(store)
    await die(database_url, tmp_path, "", "inside")
    assert await store.desk.queue(cast.petra) == []
    assert await transcript(store) == []
    person = store.person_hash("telegram", "1", "amina")
    assert await store.next_pending(person) is not None  # it was acknowledged, so it waits
    await die(database_url, tmp_path, "", "after")  # the platform repeats it; the turn is taken
    queue = await store.desk.queue(cast.petra)
    assert [case.number for case in queue] == ["RO-0001"]
    assert await store.next_pending(person) is None


@pytest.mark.slow
@pytest.mark.fault("K4")
async def test_a_death_inside_the_claim_leaves_the_case_waiting(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await die(database_url, tmp_path, case.number, "inside")
    assert await store.desk.queue(cast.jonas) == [case]
    assert await deliver_all(store) == []
    again = await store.desk.claim(cast.jonas, case.number, told("joined"))
    assert (again.fence, await deliver_all(store)) == (1, ["joined (uk)"])


@pytest.mark.slow
@pytest.mark.fault("K7")
async def test_a_death_right_after_the_claim_keeps_it_and_the_person_is_told(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await die(database_url, tmp_path, case.number, "after")
    claimed = await store.desk.case(cast.petra, case.number)
    assert (claimed.state, claimed.holder) == (CaseState.CLAIMED, cast.petra.id)
    assert await deliver_all(store) == ["joined (uk)"]
