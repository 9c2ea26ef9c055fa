"""The visible table of periodic jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.messages import StorageUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    name: str
    every_s: float
    job: Callable[[], Awaitable[object]]


async def run(timers: Sequence[Timer]) -> None:
    """Run each job at its pace until cancelled. A failing job is logged and tried again."""
    async with asyncio.TaskGroup() as group:
        for timer in timers:
            group.create_task(_repeat(timer))


async def _repeat(timer: Timer) -> None:
    while True:
        try:
            await timer.job()
        except StorageUnavailable:
            log.warning("job waits for the database", extra={"step": timer.name})
        except Exception:
            log.exception("job failed", extra={"step": timer.name})
        await asyncio.sleep(timer.every_s)
