"""New bubbles as they come: server-sent events whose id is the transcript's cursor."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from bot.channels.web_page import as_json
from bot.channels.web_service import Shown, WebParts
from bot.messages import StorageUnavailable

HEARTBEAT_S = 15.0
PAGE = 100  # bubbles read at a time
MAX_STREAMS = 6  # of one conversation: tabs, and connections that died without a word

# Person and bubbles -> what the page's script draws.
Drawn = Callable[[str, Sequence[Shown]], Awaitable[list[dict[str, Any]]]]


async def _plain(person_id: str, shown: Sequence[Shown]) -> list[dict[str, Any]]:
    return [as_json(bubble) for bubble in shown]


class Streams:
    def __init__(self, parts: WebParts, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.parts = parts
        self.heartbeat_s = heartbeat_s
        self.open: Counter[str] = Counter()

    def is_full(self, person_id: str) -> bool:
        return self.open[person_id] >= MAX_STREAMS

    async def events(self, person_id: str, after: int, drawn: Drawn = _plain) -> AsyncIterator[str]:
        self.open[person_id] += 1
        try:
            yield ": here\n\n"
            wrote = self.parts.counsellor_wrote(person_id)
            while not await self.parts.has_left(person_id):
                shown = await self.parts.transcript(person_id, after, PAGE)
                for bubble in await drawn(person_id, shown):
                    yield _event(bubble)
                    after = bubble["seq"]
                if not shown:
                    await self.parts.wait_for_news(person_id, after, self.heartbeat_s)
                    yield ":\n\n"
                    wrote, before = self.parts.counsellor_wrote(person_id), wrote
                    if wrote > before:
                        yield "event: writing\ndata: {}\n\n"
        except StorageUnavailable:
            return  # the page comes back by its cursor
        finally:
            self.open[person_id] -= 1
            self.open += Counter()  # drops the zeros


def _event(bubble: dict[str, Any]) -> str:
    # json.dumps writes no line break, so the data stays on one line.
    return f"id: {bubble['seq']}\nevent: bubble\ndata: {json.dumps(bubble)}\n\n"
