"""Wakes whoever waits for something new in a conversation, within this process.

Only a hint: waiters read the database themselves, so a lost wake-up costs a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


class News:
    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def tell(self, person: str) -> None:
        for event in self._waiting.get(person, ()):
            event.set()

    @contextlib.contextmanager
    def listening(self, person: str) -> Iterator[asyncio.Event]:
        """An event that is set at the next news; read the database after entering."""
        event = asyncio.Event()
        self._waiting.setdefault(person, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[person]
            waiting.discard(event)
            if not waiting:
                del self._waiting[person]
