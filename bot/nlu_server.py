"""The supervisor of the NLU server: trains when needed, starts it, keeps it up, swaps models.

The server is a child on loopback with a free port and a new token at each start, both in
var/nlu.json for `nlu_client`. It dies with us, knows nothing of our environment, and
whatever happens to it is never an error for the person: `lexical` answers meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import socket
from typing import TYPE_CHECKING

import httpx

from bot.training import Model, Trainer, TrainingFailed, child_environment, python_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

START_TIMEOUT_S = 120.0
BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 30.0)
WELL_AFTER_S = 60.0  # up so long: the next crash is a new story
ASK_STATUS_EVERY_S = 5.0
DEAF_AFTER = 3  # statuses without an answer: restart
SETTLE_S = 1.0  # an editor saves several files at once


class NluServer:
    """One child process and the model it serves. `run` is a task of the service."""

    def __init__(
        self,
        *,
        var: Path,
        nlu_root: Path,
        data: Callable[[], str],
        on_ready: Callable[[], object] = lambda: None,
        on_lost: Callable[[], object] = lambda: None,
    ) -> None:
        """`data` gives the training data (`training_yaml`) of the knowledge as it is now."""
        self._var = var
        self._root = nlu_root
        self._data = data
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._trainer = Trainer(var, nlu_root)
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._url = ""
        self._token = ""
        self._serves: Model | None = None
        # Loopback without TLS: reading the certificate store would only cost time.
        self._http = httpx.AsyncClient(trust_env=False, verify=False)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def knowledge_changed(self) -> None:
        """Retrain soon; the model that serves goes on until the new one takes its place."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled. The child is gone when this returns."""
        tasks = [self._keep_trained(), self._keep_serving()]
        try:
            async with asyncio.TaskGroup() as group:
                for task in tasks:
                    group.create_task(task)
        finally:
            await self._stop()
            await self._http.aclose()

    async def _keep_trained(self) -> None:
        failures = 0
        self._changed.set()
        while True:
            await self._changed.wait()
            await asyncio.sleep(SETTLE_S if self._serves else 0)
            self._changed.clear()
            try:
                await self._train_if_stale()
                failures = 0
            except (TrainingFailed, OSError) as error:
                log.warning("nlu training failed", extra={"reason": type(error).__name__})
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1
                self._changed.set()

    async def _train_if_stale(self) -> None:
        await self._installed()
        digest = await asyncio.to_thread(lambda: self._trainer.prepare(self._data()))
        current = await asyncio.to_thread(self._trainer.current)
        if current is not None and current.digest == digest:
            return
        log.info("nlu training started")
        await self._swap(await self._trainer.train(digest))

    async def _installed(self) -> None:
        """Rasa's environment may still be on its way, or never come."""
        stamp, lock = self._root / ".venv" / ".installed", self._root / "requirements.lock"
        while not (stamp.exists() and stamp.read_bytes() == lock.read_bytes()):
            await asyncio.sleep(2)

    async def _swap(self, model: Model) -> None:
        """Give the model to a server that already answers; one that starts finds it itself."""
        if self._serves is None:
            return
        try:
            await self._ask("PUT", "/model", model, timeout_s=30)
        except httpx.HTTPError:
            log.warning("nlu model not taken", extra={"reason": "restarting"})
            self._kill()
            return
        self._serves = model
        log.info("nlu model swapped")

    async def _keep_serving(self) -> None:
        failures = 0
        while True:
            await self._installed()
            model = await self._a_model()
            began = asyncio.get_running_loop().time()
            try:
                await self._start(model)
                await self._until_gone()
            except (OSError, TimeoutError) as error:
                log.warning("nlu did not start", extra={"reason": type(error).__name__})
            finally:
                await self._stop()
            lasted = asyncio.get_running_loop().time() - began
            failures = 0 if lasted > WELL_AFTER_S else failures + 1
            pause = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            log.warning("nlu gone", extra={"restart_in_s": pause})
            await asyncio.sleep(pause)

    async def _a_model(self) -> Model:
        while (model := await asyncio.to_thread(self._trainer.current)) is None:
            await asyncio.sleep(0.5)
        return model

    async def _start(self, model: Model) -> None:
        port, self._token = _free_port(), secrets.token_urlsafe(32)
        self._url = f"http://127.0.0.1:{port}"
        log_path = self._var / "log" / "nlu-server.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                python_of(self._root),
                *("serve.py", "--port", str(port)),
                *("--models", model.path.parent.resolve(), "--model", model.path.resolve()),
                cwd=self._root,
                env=child_environment(PUNTE_NLU_TOKEN=self._token),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=errors,
            )
        async with asyncio.timeout(START_TIMEOUT_S):
            await self._until_it_answers(self._process)
        self._serves = model
        _write_private(self._var / "nlu.json", {"port": port, "token": self._token})
        log.info("nlu serves")
        self._on_ready()

    async def _until_it_answers(self, process: asyncio.subprocess.Process) -> None:
        while process.returncode is None:
            with contextlib.suppress(httpx.HTTPError):
                await self._ask("GET", "/status")
                return
            await asyncio.sleep(0.2)
        raise OSError("the server ended while starting")

    async def _until_gone(self) -> None:
        """Returns when the child has died, or has been deaf for a while and was killed."""
        process = self._process
        assert process is not None
        deaf = 0
        while process.returncode is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASK_STATUS_EVERY_S):
                    await process.wait()
                    return
            try:
                await self._ask("GET", "/status", timeout_s=ASK_STATUS_EVERY_S)
                deaf = 0
            except httpx.HTTPError:
                deaf += 1
            if deaf >= DEAF_AFTER:
                return

    async def _ask(
        self, method: str, path: str, model: Model | None = None, *, timeout_s: float = 2.0
    ) -> None:
        """Raises httpx.HTTPError for anything but a 2xx in time."""
        body = model and {"model_file": str(model.path.resolve()), "sha256": model.sha256}
        answer = await self._http.request(
            method, self._url + path, params={"token": self._token}, json=body, timeout=timeout_s
        )
        if not answer.is_success:
            raise httpx.HTTPError("status")

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _stop(self) -> None:
        process, self._process, was_serving = self._process, None, self._serves is not None
        self._serves = None
        if process is None:
            return
        (self._var / "nlu.json").unlink(missing_ok=True)
        if process.returncode is None:
            # It holds nothing that needs saving.
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        if was_serving:
            self._on_lost()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_private(path: Path, state: dict[str, object]) -> None:
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file)
    unfinished.replace(path)
