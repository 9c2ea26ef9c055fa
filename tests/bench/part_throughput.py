"""Free texts a second: the encoder alone, our NLU server, the whole front door, stock Rasa.

In turn, several rounds, each round a ratio: a machine that slows down for all of them does
not change those.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.line import Line
from tests.bench.load import Ask, as_fast_as_it_goes, quantile
from tests.bench.processes import plain_environment
from tests.bench.table import at_least_share, told
from tests.bench.visitor import Visitor
from tests.bench.workshop import Question, Service, Workshop

LINES = 4  # enough to keep two cores busy, and as many as one service has open
PEOPLE = 16
PROBE = Path(__file__).with_name("alone_encoder.py")

Measure = Callable[[], Awaitable[float]]


async def measure(shop: Workshop) -> None:
    service, stock = await shop.service(), await shop.stock()
    latencies: list[float] = []
    subjects: dict[str, Measure] = {
        "encoder": lambda: _encoder(shop, latencies),
        "server": lambda: _parses(shop, *service.nlu_address),
        "door": lambda: _front_door(shop, service),
        "stock": lambda: _parses(shop, stock.url, stock.token),
    }
    rounds = [
        {name: await run() for name, run in subjects.items()} for _ in range(shop.sizes.rounds)
    ]
    _tell(shop, rounds, f"one text on one core: p95 {quantile(latencies, 0.95) * 1000:.0f} ms")


def _tell(shop: Workshop, rounds: list[dict[str, float]], note: str) -> None:
    def of(name: str) -> str:
        return f"{statistics.median(r[name] for r in rounds):.1f}/s"

    def ratio(name: str) -> float:
        return statistics.median(r[name] / r["encoder"] for r in rounds)

    part = "throughput"
    shop.tell(told(part, "free text: encoder alone, both cores", of("encoder"), note))
    what = "free text: NLU server, /model/parse"
    shop.tell(at_least_share(part, what, of("server"), ratio("server"), 0.85))
    what = f"free text: front door, {PEOPLE} people on the web page"
    shop.tell(at_least_share(part, what, of("door"), ratio("door"), 0.60))
    what = "free text: stock Rasa, /model/parse"
    against = statistics.median(r["server"] / r["stock"] for r in rounds)
    ours = f"ours: {of('server')}, {against:.1f} times as many"
    shop.tell(told(part, what, of("stock"), ours, ratio("stock")))


async def _encoder(shop: Workshop, latencies: list[float]) -> float:
    """The better of both ways to use the cores: a text on each, or all on one text."""
    cores = len(os.sched_getaffinity(0))
    each = await _encoder_alone(shop, callers=cores, threads=1)
    latencies += each["took"]
    shared = await _encoder_alone(shop, callers=1, threads=cores)
    return max(float(each["per_s"]), float(shared["per_s"]))


async def _encoder_alone(shop: Workshop, callers: int, threads: int) -> Any:
    arguments = ("--callers", str(callers), "--seconds", str(shop.sizes.round_s / 2))
    nlu = shop.project / "nlu"
    done = await asyncio.to_thread(
        subprocess.run,
        [nlu / ".venv/bin/python", PROBE, *arguments],
        input=json.dumps([question.text for question in shop.free_texts()]),
        capture_output=True,
        text=True,
        check=True,
        cwd=nlu,
        env=plain_environment(OMP_NUM_THREADS=str(threads)),
        timeout=60,
    )
    return json.loads(done.stdout)


async def _parses(shop: Workshop, url: str, token: str) -> float:
    texts = itertools.cycle(question.text for question in shop.free_texts())
    lines = [Line(url) for _ in range(LINES)]

    def asker(line: Line) -> Ask:
        path = f"/model/parse?token={token}"
        return lambda: line.ask_json("POST", path, {"text": next(texts)})

    try:
        return await as_fast_as_it_goes([asker(line) for line in lines], shop.sizes.round_s)
    finally:
        await asyncio.gather(*(line.close() for line in lines))


async def _front_door(shop: Workshop, service: Service) -> float:
    """From the page to the page: stored, understood, answered, stored, shown on the stream."""
    locales = sorted({question.locale for question in shop.asked})
    people = [Visitor(service.url, locales[n % len(locales)], "ro") for n in range(PEOPLE)]
    texts = {locale: _texts_of(shop, locale) for locale in locales}

    def asker(person: Visitor) -> Ask:
        return lambda: person.says(next(texts[person.locale]).text)

    try:
        await asyncio.gather(*(person.arrive() for person in people))
        return await as_fast_as_it_goes([asker(person) for person in people], shop.sizes.round_s)
    finally:
        await asyncio.gather(*(person.leave() for person in people))


def _texts_of(shop: Workshop, locale: str) -> Iterator[Question]:
    return itertools.cycle(q for q in shop.free_texts() if q.locale == locale)
