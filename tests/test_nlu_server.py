from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from bot import nlu_server
from bot.nlu_client import NluClient, address_in
from bot.nlu_server import NluServer
from bot.training import training_yaml
from tests.fakes import nlu_project

pytestmark = pytest.mark.slow  # each test starts processes

SECRETS = {
    "TELEGRAM_TOKEN": "1:canary",
    "DATABASE_URL": "postgresql://canary",
    "PUNTE_SECRET": "canary",
    "PYTHONPATH": "/canary",
}


class Knowing:
    """What the service knows, and what it is told about the server."""

    def __init__(self) -> None:
        self.phrase = "hello"
        self.ready = 0
        self.lost = 0
        self._news = asyncio.Event()

    def data(self) -> str:
        return training_yaml({"greeting": {"en": (self.phrase,)}}, {})

    def on_ready(self) -> None:
        self.ready += 1
        self._news.set()

    def on_lost(self) -> None:
        self.lost += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.05)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return nlu_project.make(tmp_path / "nlu")


@pytest.fixture
def var(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return tmp_path / "var"


@pytest.fixture
def knowing() -> Knowing:
    return Knowing()


@pytest.fixture
def server(
    project: Path, var: Path, knowing: Knowing, monkeypatch: pytest.MonkeyPatch
) -> NluServer:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(nlu_server, "BACKOFF_S", (0.05,))
    monkeypatch.setattr(nlu_server, "SETTLE_S", 0.01)
    monkeypatch.setattr(nlu_server, "ASK_STATUS_EVERY_S", 0.2)
    return NluServer(
        var=var,
        nlu_root=project,
        data=knowing.data,
        on_ready=knowing.on_ready,
        on_lost=knowing.on_lost,
    )


@pytest.fixture
async def serving(server: NluServer, knowing: Knowing) -> AsyncIterator[NluServer]:
    task = asyncio.create_task(server.run())
    await knowing.until(lambda: knowing.ready == 1)
    yield server
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def trainings(project: Path) -> list[str]:
    return (project / "trainings").read_text().split()


async def model_served(var: Path) -> str:
    address = address_in(var)
    assert address is not None
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        answer = await http.get(f"{address.url}/status", params={"token": address.token})
    return str(answer.json()["model_file"])


async def test_it_trains_starts_and_is_found_by_the_client(
    serving: NluServer, var: Path, project: Path
) -> None:
    client = NluClient(lambda: address_in(var), lambda: {"greeting"})
    assert await client.probe()
    assert (await client.parse("hello", "en")).intents == (("greeting", 0.9),)
    await client.close()
    assert trainings(project) == ["first"]


async def test_where_it_listens_is_private_and_new_at_each_start(
    serving: NluServer, var: Path, knowing: Knowing
) -> None:
    assert (var / "nlu.json").stat().st_mode & 0o777 == 0o600
    before = json.loads((var / "nlu.json").read_text())
    assert serving.pid is not None
    os.kill(serving.pid, signal.SIGKILL)
    await knowing.until(lambda: knowing.ready == 2)
    after = json.loads((var / "nlu.json").read_text())
    assert len(before["token"]) >= 32
    assert before["token"] != after["token"]


@pytest.mark.fault("N1")
async def test_a_killed_server_is_told_and_started_again(
    serving: NluServer, var: Path, knowing: Knowing, project: Path
) -> None:
    assert serving.pid is not None
    os.kill(serving.pid, signal.SIGKILL)
    await knowing.until(lambda: knowing.lost == 1)
    await knowing.until(lambda: knowing.ready == 2)
    assert trainings(project) == ["first"]


@pytest.mark.fault("N1")
async def test_a_frozen_server_is_replaced(serving: NluServer, knowing: Knowing) -> None:
    assert serving.pid is not None
    os.kill(serving.pid, signal.SIGSTOP)
    await knowing.until(lambda: knowing.ready == 2)
    assert knowing.lost == 1


async def test_its_environment_holds_no_secret(serving: NluServer, project: Path) -> None:
    environment = json.loads((project / "environment.json").read_text())
    assert "canary" not in json.dumps(environment)
    assert not set(environment) & set(SECRETS)
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"


async def test_the_token_is_not_on_the_command_line(serving: NluServer, var: Path) -> None:
    token = json.loads((var / "nlu.json").read_text())["token"]
    command = Path(f"/proc/{serving.pid}/cmdline")
    if not command.exists():
        pytest.skip("no /proc here")
    assert token.encode() not in command.read_bytes()


async def test_changed_knowledge_is_swapped_in_without_a_restart(
    serving: NluServer, var: Path, knowing: Knowing, project: Path
) -> None:
    before, pid = await model_served(var), serving.pid
    knowing.phrase = "good morning"
    serving.knowledge_changed()
    async with asyncio.timeout(20):
        while await model_served(var) == before:
            await asyncio.sleep(0.05)
    assert serving.pid == pid
    assert trainings(project) == ["first", "before"]


async def test_unchanged_knowledge_is_not_trained_again(
    serving: NluServer, project: Path, knowing: Knowing
) -> None:
    for _ in range(3):
        serving.knowledge_changed()
        await asyncio.sleep(0.1)
    assert trainings(project) == ["first"]


async def test_a_model_not_taken_leads_to_a_restart_with_it(
    serving: NluServer, var: Path, knowing: Knowing, project: Path
) -> None:
    before = await model_served(var)
    (project / "refuse-put").touch()
    knowing.phrase = "good evening"
    serving.knowledge_changed()
    await knowing.until(lambda: knowing.ready == 2)
    assert await model_served(var) != before


async def test_a_crash_while_starting_is_tried_again(
    server: NluServer, project: Path, knowing: Knowing
) -> None:
    (project / "crash").touch()
    (project / "fail-training").touch()
    task = asyncio.create_task(server.run())
    await knowing.until(lambda: knowing.ready == 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert trainings(project) == ["first", "first"]


async def test_nothing_is_left_when_it_ends(server: NluServer, var: Path, knowing: Knowing) -> None:
    task = asyncio.create_task(server.run())
    await knowing.until(lambda: knowing.ready == 1)
    pid = server.pid
    assert pid is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not (var / "nlu.json").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_it_waits_while_its_environment_is_not_installed(
    server: NluServer, project: Path, knowing: Knowing
) -> None:
    (project / ".venv" / ".installed").unlink()
    task = asyncio.create_task(server.run())
    await asyncio.sleep(0.2)
    assert not (project / "trainings").exists()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")
def test_the_real_server_asks_to_die_with_its_parent() -> None:
    source = (Path(__file__).parent.parent / "nlu" / "models.py").read_text()
    begin, end = source.index("def die_with_parent"), source.index("os._exit(1)")
    program = (
        "import ctypes, os, signal, sys, time\nPR_SET_PDEATHSIG = 1\n"
        + source[begin:end]
        + "os._exit(1)\ndie_with_parent()\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, subprocess, sys\n"
            "os.environ['PUNTE_PARENT'] = str(os.getpid())\n"
            "subprocess.run([sys.executable, '-c', sys.argv[1]])",
            program,
        ],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert parent.stdout.read() == b""  # closed only when the child is gone too
    parent.stdout.close()
