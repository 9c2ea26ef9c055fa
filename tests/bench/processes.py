"""Starting, watching and ending a process of the bench."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

SAMPLE_S = 0.05
DRAIN_S = 25.0  # `serve` ends within 20 s of SIGTERM


class Child:
    """A process with its output in a file."""

    def __init__(
        self, arguments: Sequence[str | Path], cwd: Path, log: Path, env: Mapping[str, str]
    ) -> None:
        self.log = log
        self.started_at = time.monotonic()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                arguments, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.pid = self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    async def until(self, holds: Callable[[], Awaitable[bool]], timeout_s: float) -> float:
        """Seconds from the start until `holds`. Raises RuntimeError when that does not come."""
        while time.monotonic() - self.started_at < timeout_s:
            if not self.is_running:
                raise RuntimeError(f"ended by itself: {self.last_words()}")
            with contextlib.suppress(OSError, EOFError):
                if await holds():
                    return time.monotonic() - self.started_at
            await asyncio.sleep(0.05)
        raise RuntimeError(f"not there after {timeout_s:.0f} s: {self.last_words()}")

    async def ended(self, timeout_s: float) -> int:
        """Wait for its own end; returns the code."""
        return await asyncio.to_thread(self._process.wait, timeout_s)

    def last_words(self) -> str:
        return " | ".join(self.log.read_text("utf-8", "replace").splitlines()[-3:])[-500:]

    async def stop(self) -> None:
        if self.is_running:
            self._process.terminate()
        try:
            await self.ended(DRAIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def plain_environment(**more: str) -> dict[str, str]:
    """Ours, without what would point a service at somebody's real bot or database.

    Nor what a developer's shell may forbid: importing without bytecode takes 8 s more.
    """
    kept_out = ("PUNTE_", "TELEGRAM_", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(kept_out)}
    return mine | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rss_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def child_with(pid: int, word: str) -> int | None:
    """A descendant whose command line has this word."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(part.endswith(word) for part in child.cmdline()):
                    return int(child.pid)
    return None


class Peak:
    """The most memory that any of some processes had while this was open."""

    mb = 0.0
    seconds = 0.0  # for how long there was one


@contextlib.asynccontextmanager
async def peak_of(pids: Callable[[], Iterable[int | None]]) -> AsyncIterator[Peak]:
    peak = Peak()

    async def watch() -> None:
        while True:
            for pid in pids():
                with contextlib.suppress(psutil.Error):
                    if pid is not None:
                        peak.mb = max(peak.mb, rss_mb(pid))
                        peak.seconds += SAMPLE_S
            await asyncio.sleep(SAMPLE_S)

    task = asyncio.create_task(watch())
    try:
        yield peak
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
