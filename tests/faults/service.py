"""Starts, kills and restarts the service, and reads afterwards what is on its disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from bot.storage import Shown, Store, open_store
from tests import invariants
from tests.fakes.bot_api import BotApi, Person

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret_of-the-webhook"
START_S = 30.0  # a busy machine; what a start may take is measured elsewhere
WEBHOOK = "/telegram/webhook"


async def until(
    holds: Callable[[], Any], what: str, timeout_s: float = 15.0, every_s: float = 0.02
) -> Any:
    """Wait for something to become true; `holds` may be asynchronous."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = holds()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        await asyncio.sleep(every_s)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def clean_environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    cache = Path(tempfile.gettempdir()) / f"punte-bytecode-{os.getuid()}"
    return kept | {"PYTHONPYCACHEPREFIX": str(cache), "OPENBLAS_NUM_THREADS": "1"}


class Nursery:
    """The process that forks services; see `tests/faults/nursery.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == {"ready": True}

    def start(self, env: dict[str, str], log: Path, failpoint: str) -> int:
        order = {"start": {"env": env, "log": str(log), "failpoint": failpoint}}
        return int(self._ask(order)["pid"])

    def poll(self, pid: int) -> int | None:
        code: int | None = self._ask({"poll": pid})["code"]
        return code

    def close(self) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()
            self._process.wait(10)

    def _ask(self, order: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the nursery has died"
        return json.loads(line)


class Service:
    """One installation: its folder, database and port stay while its processes come and go."""

    def __init__(
        self, nursery: Nursery, api: BotApi, folder: Path, database_url: str, **env: str
    ) -> None:
        self._nursery, self.api, self.folder = nursery, api, folder
        self.database_url = database_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        self.pid = 0
        self.env = clean_environment() | {
            "PUNTE_VAR": str(folder),
            "PUNTE_PORT": str(self.port),
            "PUNTE_NLU": "off",
            "DATABASE_URL": database_url,
            "TELEGRAM_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
        }
        self.env |= env
        self.http = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=30)

    @property
    def database_kind(self) -> str:
        return "PostgreSQL" if self.database_url else "SQLite"

    def by_webhook(self) -> Service:
        self.env["TELEGRAM_WEBHOOK_URL"] = self.url + WEBHOOK
        self.env["TELEGRAM_WEBHOOK_SECRET"] = SECRET
        return self

    # Its processes

    def spawn(self, failpoint: str = "") -> None:
        assert not self.pid, "it runs already"
        self.pid = self._nursery.start(self.env, self.log, failpoint)

    async def start(self, failpoint: str = "") -> Service:
        self.spawn(failpoint)
        await self.ready()
        return self

    async def ready(self) -> None:
        async def answers() -> bool:
            code = self._nursery.poll(self.pid)
            assert code is None, f"it ended with {code}:\n{self.log.read_text()}"
            with contextlib.suppress(httpx.HTTPError):
                return (await self.http.get("/health/ready")).status_code == 200
            return False

        await until(answers, "ready", START_S)

    async def ended(self, timeout_s: float = 30.0) -> int:
        """Wait for the process's own end; returns its exit code, negative for a signal."""
        codes: list[int] = []

        def is_over() -> bool:
            code = self._nursery.poll(self.pid)
            codes.extend([] if code is None else [code])
            return bool(codes)

        await until(is_over, "its end", timeout_s)
        self.pid = 0
        return codes[0]

    async def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL

    async def terminate(self) -> int:
        os.kill(self.pid, signal.SIGTERM)
        return await self.ended()

    async def close(self) -> None:
        await self.http.aclose()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            await self.ended()

    def log_lines(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{")]

    # What Telegram would send it

    async def post_update(self, update: Any) -> httpx.Response:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        return await self.http.post(WEBHOOK, json=update, headers=headers)

    # What is on its disk

    @contextlib.asynccontextmanager
    async def disk(self) -> AsyncIterator[Disk]:
        store = await open_store(
            self.database_url, self.folder / "punte.sqlite3", self.folder / "keys"
        )
        try:
            yield Disk(store, self.api)
        finally:
            await store.close()

    async def settled(self, timeout_s: float = 30.0) -> None:
        """Everything received is answered, and every answer sent or given up."""
        async with self.disk() as disk:
            await until(disk.is_settled, "a settled service", timeout_s, every_s=0.1)


class Disk:
    """The database, read beside or after the service."""

    def __init__(self, store: Store, api: BotApi) -> None:
        self.store, self.api = store, api
        self.bot = api.token.partition(":")[0]

    async def rows(self, query: str, **values: Any) -> list[Any]:
        found = await self.store._db.read(lambda db: db.execute(text(query), values))
        return list(found.mappings().fetchall())

    async def count(self, query: str, **values: Any) -> int:
        [row] = await self.rows(query, **values)
        [number] = row.values()
        return int(number)

    async def is_settled(self) -> bool:
        if self.api.state.waiting():
            return False
        waiting = await self.count("SELECT count(*) FROM inbox WHERE state = 'pending'")
        return not waiting and not await self.count(
            "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')"
        )

    def person_hash(self, person: Person) -> str:
        return self.store.person_hash("telegram", self.bot, str(person.id))

    async def lines(self, person: Person) -> list[Shown]:
        return await self.store.transcript(self.person_hash(person), 0, 100_000)

    async def said(self, person: Person) -> list[str]:
        """What the person wrote, as stored."""
        return [line.text for line in await self.lines(person) if line.author == "person"]

    async def stored_events(self) -> set[str]:
        return {row["event_hash"] for row in await self.rows("SELECT event_hash FROM inbox")}

    def event_hash(self, update_id: int) -> str:
        return self.store.keys.digest("event", "telegram", self.bot, str(update_id))

    async def check_invariants(self) -> None:
        await invariants.check(self.store)
