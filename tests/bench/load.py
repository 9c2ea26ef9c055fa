"""Open loops (a rate, whatever comes back), closed loops (as fast as it goes), quantiles."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence

Ask = Callable[[], Awaitable[object]]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def in_ms(values: Sequence[float], *shares: float) -> str:
    return ", ".join(f"p{share * 100:g} {quantile(values, share) * 1000:.0f}" for share in shares)


async def at_rate(
    per_s: float, seconds: float, ask: Callable[[int], Awaitable[object]]
) -> list[float]:
    """Seconds each took from when it was due: waiting for a late predecessor counts."""
    began = time.perf_counter()
    took: list[float] = []

    async def one(number: int, due: float) -> None:
        await ask(number)
        took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number in range(round(per_s * seconds)):
            due = began + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(number, due))
    return took


async def as_fast_as_it_goes(askers: Sequence[Ask], seconds: float) -> float:
    """Answers a second with all askers busy. The first tenth warms up and is not counted."""
    counted = 0
    began = time.perf_counter()
    count_from, until = began + seconds / 10, began + seconds

    async def keep_asking(ask: Ask) -> None:
        nonlocal counted
        while time.perf_counter() < until:
            await ask()
            counted += count_from <= time.perf_counter() < until

    async with asyncio.TaskGroup() as group:
        for ask in askers:
            group.create_task(keep_asking(ask))
    return counted / (until - count_from)


class Buckets:
    """A Prometheus histogram of the service, between two moments."""

    def __init__(self, exposition: str, name: str) -> None:
        self.counts: dict[float, float] = {}
        for line in exposition.splitlines():
            if line.startswith(f'{name}_bucket{{le="'):
                edge, _, count = line.partition('le="')[2].partition('"} ')
                self.counts[float(edge)] = float(count)

    def share_within(self, before: Buckets, edge_s: float) -> float:
        return self._since(before, edge_s) / max(1.0, self._since(before, math.inf))

    def quantile(self, before: Buckets, share: float) -> float:
        """Within the bucket it falls in, as if what is there were spread evenly."""
        wanted = share * self._since(before, math.inf)
        low = 0.0
        for edge in sorted(self.counts):
            below, upto = (self._since(before, low) if low else 0.0), self._since(before, edge)
            if upto >= wanted and upto > below and edge != math.inf:
                return low + (edge - low) * (wanted - below) / (upto - below)
            low = edge
        return math.inf

    def _since(self, before: Buckets, edge: float) -> float:
        return self.counts.get(edge, 0.0) - before.counts.get(edge, 0.0)
