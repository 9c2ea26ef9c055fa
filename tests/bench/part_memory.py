"""Resident memory of what runs, after the parts before it have used it."""

from __future__ import annotations

import asyncio
import itertools

from tests.bench.processes import rss_mb
from tests.bench.table import at_most
from tests.bench.visitor import Visitor
from tests.bench.workshop import Workshop

PEOPLE = 10
QUESTIONS = 200


async def measure(shop: Workshop) -> None:
    service, stock = await shop.service(), shop.stock_if_started
    await _use(shop, service.url)
    what = "memory: service, 5 locales, after use"
    shop.tell(at_most("memory", what, rss_mb(service.pid), 200, "MB"))
    pid = service.nlu_pid
    if pid is None:
        raise RuntimeError("the NLU server is gone")
    peer = f"stock Rasa: {rss_mb(stock.pid):.0f} MB" if stock else ""
    shop.tell(at_most("memory", "memory: NLU server, after use", rss_mb(pid), 700, "MB", peer=peer))


async def _use(shop: Workshop, url: str) -> None:
    questions = itertools.islice(shop.free_texts(), QUESTIONS)
    people = [Visitor(url, "en", "ro") for _ in range(PEOPLE)]

    async def ask(person: Visitor) -> None:
        await person.arrive()
        for question in questions:
            await person.says(question.text)
        await person.leave()

    await asyncio.gather(*(ask(person) for person in people))
