"""Alarms that ring by themselves: somebody was shown a danger card, and then was silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.handoff.desk import news_key
from bot.news import News
from bot.storage import Notice, Store

LOOK_EVERY_S = 5.0


class Alarms:
    """A timer calls `ring`. Whatever is killed, each alarm becomes one case: the alarm goes,
    the case comes and the person is told in one transaction."""

    def __init__(
        self, store: Store, notice: Notice, news: News, wake_delivery: Callable[[], None]
    ) -> None:
        """`notice`: what the person is told, in their locale."""
        self._store, self._notice = store, notice
        self._news, self._wake_delivery = news, wake_delivery

    async def ring(self, now: datetime) -> None:
        for case in await self._store.alarms.ring(now, self._notice):
            self._news.tell(await self._store.desk.person_of(case))
            self._news.tell(news_key(case.office))
            self._wake_delivery()
