"""How long a turn takes, from intake to stored reply, and as the person sees it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from tests.bench.load import at_rate, in_ms
from tests.bench.table import Row, told
from tests.bench.visitor import Visitor
from tests.bench.workshop import Service, Workshop

PEOPLE = 40
BUTTONS_PER_S = 10
TEXTS_PER_S = 20


async def measure(shop: Workshop) -> None:
    service = await shop.service()
    people = [Visitor(service.url, q.locale, q.country) for q in shop.free_texts()[:PEOPLE]]
    try:
        await asyncio.gather(*(person.arrive() for person in people))
        await asyncio.gather(*(person.says("hello") for person in people))
        await _buttons(shop, service, people)
        await _texts(shop, service, people)
    finally:
        await asyncio.gather(*(person.leave() for person in people))


async def _buttons(shop: Workshop, service: Service, people: list[Visitor]) -> None:
    entries = sorted(path.stem for path in (shop.project / "content/faq").glob("*/*.md"))
    actions = itertools.cycle(f"e:{entry}" for entry in entries)
    await _judged(
        shop,
        service,
        "button turn",
        0.025,
        lambda: at_rate(
            BUTTONS_PER_S,
            shop.sizes.turn_s,
            lambda n: people[n % PEOPLE].says(action=next(actions)),
        ),
    )


async def _texts(shop: Workshop, service: Service, people: list[Visitor]) -> None:
    texts = {
        p.locale: itertools.cycle(q.text for q in shop.free_texts() if q.locale == p.locale)
        for p in people
    }
    await _judged(
        shop,
        service,
        f"free text with Rasa, {TEXTS_PER_S}/s",
        0.150,
        lambda: at_rate(
            TEXTS_PER_S,
            shop.sizes.text_s,
            lambda n: people[n % PEOPLE].says(next(texts[people[n % PEOPLE].locale])),
        ),
    )


async def _judged(
    shop: Workshop,
    service: Service,
    what: str,
    budget_s: float,
    run: Callable[[], Awaitable[list[float]]],
) -> None:
    before = await service.turn_times()
    seen = await run()
    after = await service.turn_times()
    p95, within = after.quantile(before, 0.95), after.share_within(before, budget_s)
    shop.tell(
        Row(
            "turns",
            f"{what}: intake to stored reply, p95",
            f"{p95 * 1000:.0f} ms ({within:.1%} in time)",
            p95 * 1000,
            budget=f"≤ {budget_s * 1000:.0f} ms",
            ok=within >= 0.95,
        )
    )
    figures = in_ms(seen, 0.5, 0.95, 0.99)
    shop.tell(told("turns", "  the same, sent to seen in the page", f"{figures} ms"))
