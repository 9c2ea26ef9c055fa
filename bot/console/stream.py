"""What happens while a page is open: server-sent events whose id is the database's cursor.

An event names a case and what happened to it, never what anybody wrote; the page then
asks for the part it shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Stream

from bot.console.visit import ConsoleParts, SignedIn, Visit
from bot.handoff.desk import LOOK_AGAIN_S
from bot.messages import StorageUnavailable
from bot.storage import CaseEvent

LOOK_S = 4.0  # between two looks at the login: a revoked one is dropped in less than 5 s
BEAT_S = 20.0  # between two signs that the counsellor's console is open
MAX_STREAMS = 6  # of one login: windows, and connections that died without a word
REPLAY = 200  # events told at most when a page comes back; its parts are fresh anyway
_CURSOR = re.compile(r"[0-9]{1,18}")


class Streams:
    """Those that are open in this process."""

    def __init__(self, look_s: float = LOOK_S) -> None:
        self.look_s = look_s
        self.open: Counter[str] = Counter()

    async def show(self, visit: Visit) -> Response[bytes] | Stream:
        after = _cursor(visit)
        if self.open[visit.me.login_id] >= MAX_STREAMS:
            raise HTTPException(status_code=429)
        return Stream(
            self.events(visit.parts, visit.me, after),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    async def events(self, parts: ConsoleParts, me: SignedIn, after: int) -> AsyncIterator[str]:
        if self.open[me.login_id] >= MAX_STREAMS:
            yield "event: full\ndata: {}\n\n"  # many came at the same moment
            return
        self.open[me.login_id] += 1
        try:
            yield "retry: 2000\n\n"
            with parts.desk.listening(me.staff) as bell:
                async for said in self._talk(parts, me, after, bell):
                    yield said
        except StorageUnavailable:
            return  # the page comes back by its cursor
        finally:
            self.open[me.login_id] -= 1
            self.open += Counter()  # drops the zeros

    async def _talk(
        self, parts: ConsoleParts, me: SignedIn, after: int, bell: asyncio.Event
    ) -> AsyncIterator[str]:
        looked_at = beat_at = -BEAT_S
        # A cursor that was made up, or is very old, is told the newest events only.
        after = max(after, await parts.store.desk.last_change(me.staff) - REPLAY)
        while True:
            now = time.monotonic()
            if now - looked_at >= self.look_s:
                if not await parts.gate.holds(me.login_id):
                    yield "event: out\ndata: {}\n\n"
                    return
                looked_at = now
                yield "event: ping\ndata: {}\n\n"
            if now - beat_at >= BEAT_S:
                await parts.desk.heartbeat(me.staff)
                beat_at = now
            bell.clear()
            for event in await parts.store.desk.changes(me.staff, after, REPLAY):
                after = event.id
                yield _event(event)
            # Another process may have changed something, and cannot wake us.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self.look_s, LOOK_AGAIN_S)):
                    await bell.wait()


def _event(event: CaseEvent) -> str:
    # json.dumps writes no line break, so the data stays on one line.
    data = json.dumps({"number": event.number, "kind": event.kind})
    return f"id: {event.id}\nevent: news\ndata: {data}\n\n"


def _cursor(visit: Visit) -> int:
    """Where the page stopped: a connection made again says so in a header."""
    asked = visit.request.query_params.get("after", "0")
    last = visit.request.headers.get("last-event-id", asked)
    if not _CURSOR.fullmatch(last):
        raise HTTPException(status_code=400)
    return int(last)
