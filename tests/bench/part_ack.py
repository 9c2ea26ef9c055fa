"""How soon the webhook acknowledges, which it does only after the update is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator

from tests import postgres
from tests.bench.line import Line
from tests.bench.load import at_rate, in_ms, quantile
from tests.bench.processes import Child, free_port, plain_environment
from tests.bench.table import Row, at_most, told
from tests.bench.telegram import FIRST_PERSON, TOKEN
from tests.bench.workshop import ROOT, Service, Workshop

PEOPLE = 200
LINES = 20  # Telegram opens as many as `setWebhook` allows
SECRET = "bench-secret"
DRAIN_S = 60.0


async def measure(shop: Workshop) -> None:
    nlu_url, token = (await shop.service()).nlu_address
    nlu = f"{nlu_url}?token={token}"
    if postgres.is_there():
        with postgres.database(f"punte_bench_{os.getpid()}") as url:
            await _at(shop, 100, "PostgreSQL", {"DATABASE_URL": url, "PUNTE_NLU": nlu})
    else:
        left_out = "left out: no PostgreSQL answers"
        shop.tell(Row("ack", "acknowledgement at 100/s, PostgreSQL", left_out))
    await _at(shop, 50, "SQLite", {"PUNTE_NLU": nlu})


async def _at(shop: Workshop, per_s: int, database: str, settings: dict[str, str]) -> None:
    async with _serving(shop, database, settings) as service:
        bare = await _bare(service, per_s, shop.sizes.ack_s / 2)
        before = await service.turns()
        took = await _post_updates(shop, service, per_s)
        sent_at = time.monotonic()
        turns = await _drained(service, before + len(took))
        waited = time.monotonic() - sent_at
    what = f"acknowledgement at {per_s}/s, {database}"
    peer = f"GET /health/live at {per_s}/s: {in_ms(bare, 0.95, 0.99)} ms"
    p95, p99 = quantile(took, 0.95) * 1000, quantile(took, 0.99) * 1000
    shop.tell(at_most("ack", f"{what}, p95", p95, 50, "ms", peer=peer))
    shop.tell(at_most("ack", f"{what}, p99", p99, 500, "ms"))
    done = f"{turns - before} of {len(took)}, {waited:.1f} s after the last update"
    shop.tell(told("ack", "  turns taken meanwhile, with Rasa", done))


@contextlib.asynccontextmanager
async def _serving(
    shop: Workshop, database: str, settings: dict[str, str]
) -> AsyncIterator[Service]:
    api_port = free_port()
    var = shop.folder / f"var-{database.lower()}"
    var.mkdir()
    stand_in = Child(
        [sys.executable, "-m", "tests.bench.telegram", str(api_port), str(PEOPLE)],
        ROOT,
        var / "telegram.log",
        plain_environment(),
    )
    telegram = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": f"http://127.0.0.1:{api_port}",
        "TELEGRAM_WEBHOOK_URL": "http://127.0.0.1:9/telegram/webhook",  # the bench calls itself
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    service = Service(shop.project, var, **telegram, **settings)
    try:
        await service.until_page()
        await service.until_rasa(30)
        yield service
    finally:
        await service.stop()
        await stand_in.stop()


async def _bare(service: Service, per_s: int, seconds: float) -> list[float]:
    async with _lines(service.url) as lines:

        async def ask(_number: int) -> None:
            async with lines.one() as line:
                await line.ask_json("GET", "/health/live")

        return await at_rate(per_s, seconds, ask)


async def _post_updates(shop: Workshop, service: Service, per_s: int) -> list[float]:
    questions = shop.free_texts()
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with _lines(service.url) as lines:

        async def ask(number: int) -> None:
            question = questions[number % len(questions)]
            update = _update(number, question.text, question.locale)
            async with lines.one() as line:
                status, _ = await line.ask("POST", "/telegram/webhook", update, headers)
            if status != 200:
                raise RuntimeError(f"the webhook answered {status}")

        return await at_rate(per_s, shop.sizes.ack_s, ask)


def _update(number: int, text: str, language: str) -> dict[str, object]:
    person = FIRST_PERSON + number % PEOPLE
    user = {"id": person, "is_bot": False, "first_name": "Amina", "language_code": language}
    return {
        "update_id": 5_000_000 + number,
        "message": {
            "message_id": 100_000 + number,
            "date": int(time.time()),
            "chat": {"id": person, "type": "private", "first_name": "Amina"},
            "from": user,
            "text": text,
        },
    }


async def _drained(service: Service, expected: int) -> int:
    until = time.monotonic() + DRAIN_S
    while (turns := await service.turns()) < expected and time.monotonic() < until:
        await asyncio.sleep(0.25)
    return turns


class _Lines:
    """A wait for a free one is part of what is measured."""

    def __init__(self, lines: list[Line]) -> None:
        self.all = lines
        self._free: asyncio.Queue[Line] = asyncio.Queue()
        for line in lines:
            self._free.put_nowait(line)

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[Line]:
        line = await self._free.get()
        try:
            yield line
        finally:
            self._free.put_nowait(line)


@contextlib.asynccontextmanager
async def _lines(url: str) -> AsyncIterator[_Lines]:
    lines = _Lines([Line(url) for _ in range(LINES)])
    try:
        yield lines
    finally:
        await asyncio.gather(*(line.close() for line in lines.all))
