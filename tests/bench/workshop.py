"""The copy of the project and what runs in it, each started when a part first needs it."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.bench.line import Line
from tests.bench.load import Buckets
from tests.bench.processes import Child, Peak, child_with, free_port, peak_of, plain_environment
from tests.bench.stock import Stock
from tests.bench.table import Row

ROOT = Path(__file__).resolve().parents[2]
TRAINED = ROOT / "var" / "nlu"
FIRST_START_S = 400.0  # training from nothing is in it
NEXT_START_S = 240.0
PAGE_S = 30.0


@dataclass(frozen=True)
class Sizes:
    """How long and how often. `small` only shows that a part works."""

    turn_s: float = 15.0
    text_s: float = 20.0
    ack_s: float = 10.0
    round_s: float = 8.0
    rounds: int = 3
    epochs: int = 2
    past_cases: int = 100_000
    open_cases: int = 500
    counsellors: int = 20


SMALL = Sizes(
    turn_s=3,
    text_s=4,
    ack_s=3,
    round_s=3,
    rounds=1,
    epochs=2,
    past_cases=2_000,
    open_cases=20,
    counsellors=4,
)


@dataclass(frozen=True)
class Question:
    text: str
    locale: str
    intent: str
    country: str


class Service:
    """A `serve` of its own, in a copy of the project, with a var/ of its own."""

    def __init__(self, project: Path, var: Path, **settings: str) -> None:
        port = free_port()
        var.mkdir(parents=True, exist_ok=True)
        self.url, self.var = f"http://127.0.0.1:{port}", var
        env = {"PUNTE_PORT": str(port), "PUNTE_VAR": str(var), "PUNTE_ASK_RATE": "0"} | settings
        self.child = Child(
            [sys.executable, "-m", "bot", "serve"],
            project,
            var / "serve.log",
            plain_environment(**env),
        )
        self.line = Line(self.url)

    @property
    def pid(self) -> int:
        return self.child.pid

    async def until_page(self) -> float:
        async def answers() -> bool:
            return (await self.line.ask("GET", "/"))[0] == 200

        return await self.child.until(answers, PAGE_S)

    async def until_rasa(self, timeout_s: float) -> float:
        async def understands() -> bool:
            status, body = await self.line.ask("GET", "/health/ready")
            return status == 200 and json.loads(body)["understanding"] == "rasa"

        return await self.child.until(understands, timeout_s)

    async def metrics(self) -> str:
        return (await self.line.ask("GET", "/metrics"))[1].decode()

    async def turn_times(self) -> Buckets:
        return Buckets(await self.metrics(), "punte_turn_seconds")

    async def turns(self) -> int:
        lines = (await self.metrics()).splitlines()
        return round(sum(float(x.rpartition(" ")[2]) for x in lines if x.startswith(TURNS)))

    @property
    def nlu_address(self) -> tuple[str, str]:
        """Address and token of the NLU server that it runs."""
        state = json.loads((self.var / "nlu.json").read_text("utf-8"))
        return f"http://127.0.0.1:{state['port']}", str(state["token"])

    @property
    def nlu_pid(self) -> int | None:
        return child_with(self.pid, "serve.py")

    @property
    def trainer_pid(self) -> int | None:
        return child_with(self.pid, "train.py")

    async def stop(self) -> None:
        await self.line.close()
        await self.child.stop()


TURNS = "punte_turns_total{"


class Workshop:
    def __init__(self, folder: Path, sizes: Sizes, cold: bool = False) -> None:
        """Begins with the embeddings and model of var/, if there are any, unless `cold`."""
        self.folder, self.sizes = folder, sizes
        self.is_cold = cold or not (TRAINED / "embeddings.npz").exists()
        self.rows: list[Row] = []
        self.project = copy_of_project(folder / "project")
        self.asked = read_questions()
        self.exit = contextlib.AsyncExitStack()
        self._service: Service | None = None
        self.stock_if_started: Stock | None = None
        self._stock_failed = False
        self.first_training = Peak()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.exit.aclose()

    def tell(self, row: Row) -> None:
        self.rows.append(row)
        print(f"  {row.what}: {row.measured}", file=sys.stderr, flush=True)

    async def service(self) -> Service:
        """Serves the copy, with Rasa; trained, then started a second time."""
        if self._service is None:
            if self.is_cold:
                await self.first_start()
            await self.next_start()
        assert self._service is not None
        return self._service

    async def first_start(self) -> tuple[float, float]:
        """Seconds to the page and to Rasa on a machine that has trained nothing yet."""
        service = Service(self.project, self.folder / "var")
        try:
            async with peak_of(lambda: [service.trainer_pid]) as self.first_training:
                page = await service.until_page()
                return page, await service.until_rasa(FIRST_START_S)
        finally:
            await service.stop()

    async def next_start(self) -> tuple[float, float]:
        var = self.folder / "var"
        if not self.is_cold:
            shutil.copytree(TRAINED, var / "nlu")
        self._service = Service(self.project, var)
        self.exit.push_async_callback(self._service.stop)
        return await self._service.until_page(), await self._service.until_rasa(NEXT_START_S)

    async def stock(self) -> Stock:
        """Trained on the very file that our model was trained on."""
        if self._stock_failed:
            raise RuntimeError("the stock pipeline could not be had before")
        if self.stock_if_started is None:
            self._stock_failed = True
            data = (await self.service()).var / "nlu" / "training.yml"
            stock = Stock(ROOT / "nlu", self.folder / "stock")
            await stock.train(data, self.sizes.epochs)
            self.exit.push_async_callback(stock.stop)
            await stock.start()
            self.stock_if_started, self._stock_failed = stock, False
        return self.stock_if_started

    def free_texts(self) -> list[Question]:
        """Kept questions in an order that is always the same, without danger: a cue needs no
        parse, which would make the front door look faster than its encoder."""
        texts = [q for q in self.asked if not q.intent.startswith("danger-")]
        random.Random(7).shuffle(texts)
        return texts


def copy_of_project(target: Path) -> Path:
    """What `serve` reads, so that a bench may edit it while others work on the original."""
    target.mkdir(parents=True)
    for name in ("bot", "content", "locales"):
        shutil.copytree(ROOT / name, target / name)
    shutil.copytree(ROOT / "nlu", target / "nlu", ignore=shutil.ignore_patterns(".venv"))
    (target / "nlu" / ".venv").symlink_to(ROOT / "nlu" / ".venv")
    return target


def read_questions() -> list[Question]:
    """nlu/heldout: asked as people ask, and never trained on."""
    return [
        _question(json.loads(line), path.stem)
        for path in sorted((ROOT / "nlu" / "heldout").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]


def _question(row: dict[str, Any], locale: str) -> Question:
    return Question(row["text"], locale, row["intent"], row.get("country") or "ro")
