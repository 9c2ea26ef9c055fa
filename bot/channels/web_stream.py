"""New bubbles as they come: server-sent events whose id is the transcript's cursor."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator

from bot.channels.web_page import as_json
from bot.channels.web_service import Shown, WebParts
from bot.messages import StorageUnavailable

HEARTBEAT_S = 15.0
PAGE = 100  # bubbles read at a time
MAX_STREAMS = 6  # of one conversation: tabs, and connections that died without a word


class Streams:
    def __init__(self, parts: WebParts, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.parts = parts
        self.heartbeat_s = heartbeat_s
        self.open: Counter[str] = Counter()

    def is_full(self, person_id: str) -> bool:
        return self.open[person_id] >= MAX_STREAMS

    async def events(self, person_id: str, after: int) -> AsyncIterator[str]:
        self.open[person_id] += 1
        try:
            yield ": here\n\n"
            while not await self.parts.has_left(person_id):
                shown = await self.parts.transcript(person_id, after, PAGE)
                for bubble in shown:
                    yield _event(bubble)
                    after = bubble.seq
                if not shown:
                    await self.parts.wait_for_news(person_id, after, self.heartbeat_s)
                    yield ":\n\n"
        except StorageUnavailable:
            return  # the page comes back by its cursor
        finally:
            self.open[person_id] -= 1
            self.open += Counter()  # drops the zeros


def _event(bubble: Shown) -> str:
    # json.dumps writes no line break, so the data stays on one line.
    return f"id: {bubble.seq}\nevent: bubble\ndata: {json.dumps(as_json(bubble))}\n\n"
