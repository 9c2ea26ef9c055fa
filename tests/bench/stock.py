"""The peer: Rasa's usual pipeline on the same examples, served by `rasa run --enable-api`."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path

from tests.bench.line import Line
from tests.bench.processes import Child, Peak, free_port, peak_of

START_S = 180.0
TRAIN_S = 720.0

CONFIG = """\
recipe: default.v1
assistant_id: stock
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: {epochs}
  random_seed: 1
  entity_recognition: false
"""


class Stock:
    """`train`, then `start`."""

    def __init__(self, nlu_root: Path, folder: Path) -> None:
        self._rasa = nlu_root / ".venv" / "bin" / "rasa"
        self._folder = folder
        self.training = Peak()
        self.trained_s = self.started_s = 0.0
        self.epochs = 0
        self.url, self.token = "", secrets.token_urlsafe(16)
        self._child: Child | None = None
        folder.mkdir(parents=True)

    @property
    def pid(self) -> int:
        assert self._child is not None, "started first"
        return self._child.pid

    async def train(self, data: Path, epochs: int) -> None:
        self.epochs = epochs
        (self._folder / "config.yml").write_text(CONFIG.format(epochs=epochs))
        shutil.copy(data, self._folder / "nlu.yml")
        files = ("--config", "config.yml", "--nlu", "nlu.yml", "--out", "models")
        began = time.monotonic()
        child = self._run("train", "nlu", *files, "--fixed-model-name", "stock")
        try:
            async with peak_of(lambda: [child.pid]) as self.training:
                if await child.ended(TRAIN_S) != 0:
                    raise RuntimeError(f"stock training failed: {child.last_words()}")
        finally:
            await child.stop()
        self.trained_s = time.monotonic() - began

    async def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._child = self._run(
            *("run", "--enable-api", "--model", "models/stock.tar.gz"),
            *("--interface", "127.0.0.1", "--port", str(port), "--auth-token", self.token),
        )
        line = Line(self.url)

        async def answers() -> bool:
            return (await line.ask("GET", f"/status?token={self.token}"))[0] == 200

        self.started_s = await self._child.until(answers, START_S)
        await line.close()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()

    def _run(self, *arguments: str) -> Child:
        # Home: Rasa keeps a file of its own there.
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "RASA_TELEMETRY_ENABLED": "false",
            "PYTHONWARNINGS": "ignore",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        return Child([self._rasa, *arguments], self._folder, self._folder / "rasa.log", env)
