"""That a counsellor is writing: shown for a moment, stored nowhere, and lost without harm."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from bot.news import News
from bot.storage import CaseState, NoSuchCase, Place, Staff, Store

log = logging.getLogger(__name__)

EVERY_S = 5.0  # at most once in this time, for one person
PULLED = "web"

Typing = Callable[[str], Awaitable[None]]  # a channel's own, to an address


class Presence:
    """Within this process: a page that is open in another one is not told."""

    def __init__(self, store: Store, news: News, channels: Mapping[str, object]) -> None:
        self._store, self._news, self._channels = store, news, channels
        self._told_at: dict[str, float] = {}  # person -> by the machine's own clock

    async def writes(self, staff: Staff, number: str) -> bool:
        """The holder of a case is typing. Raises `NoSuchCase` for everybody else."""
        case = await self._store.desk.case(staff, number)
        if case.state is not CaseState.CLAIMED or case.holder != staff.id:
            raise NoSuchCase
        place = await self._store.desk.place_of(case)
        if place is None or self._was_told(place.person):
            return False
        now = time.monotonic()
        self._told_at = {who: at for who, at in self._told_at.items() if now - at < EVERY_S}
        self._told_at[place.person] = now
        await self._tell(place)
        return True

    def _was_told(self, person: str) -> bool:
        return time.monotonic() - self._told_at.get(person, -EVERY_S) < EVERY_S

    async def _tell(self, place: Place) -> None:
        self._news.tell(place.person)
        typing = getattr(self._channels.get(place.channel), "typing", None)
        if place.channel == PULLED or typing is None or not place.address:
            return
        # Nothing depends on it: a platform that refuses, or does not know it, is let be.
        with contextlib.suppress(Exception):
            await typing(place.address)

    def last(self, person: str) -> float:
        """When somebody was last seen writing to this person; 0 when not lately."""
        return self._told_at.get(person, 0.0)
