"""The console on a free port of the loopback, and a way to act inside its event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext

from bot.console.logins import COOKIE
from bot.handoff.desk import news_key
from bot.knowledge import Knowledge
from bot.storage import Account, migrate, open_store
from tests.browser.web_server import served
from tests.console.desk_rig import Rig

T = TypeVar("T")


class DeskSite:
    def __init__(self, url: str, rig: Rig, loop: asyncio.AbstractEventLoop) -> None:
        self.url, self.rig, self._loop = url, rig, loop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop that serves the pages."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def rig_news(self, office: str) -> None:
        """What a turn tells the desk once it is taken."""
        self._loop.call_soon_threadsafe(self.rig.news.tell, news_key(office))

    def context(self, browser: Browser, account: Account, **more: Any) -> BrowserContext:
        """A browser in which somebody has signed in."""
        token = self.do(self.rig.logins.begin(account, True, None))
        context = browser.new_context(**more)
        context.set_default_timeout(8000)
        host = {"domain": "localhost", "path": "/"}
        safe = {"secure": True, "httpOnly": True, "sameSite": "Strict"}
        context.add_cookies([{"name": COOKIE, "value": token or "", **host, **safe}])  # type: ignore[list-item]
        return context


@contextmanager
def desk_site(folder: Path, knowledge: Knowledge) -> Iterator[DeskSite]:
    """Browsers take a Secure cookie over plain http from `localhost` only."""
    ready = threading.Event()
    found: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await found["rig"].app(scope, receive, send)
            return
        await receive()
        migrate("", folder / "punte.sqlite3")
        store = await open_store("", folder / "punte.sqlite3", folder / "keys")
        found["rig"] = Rig(store, knowledge, hosts=("localhost",))
        found["loop"] = asyncio.get_running_loop()
        await send({"type": "lifespan.startup.complete"})
        ready.set()
        await receive()
        await store.close()
        await send({"type": "lifespan.shutdown.complete"})

    with served(app) as url:
        assert ready.wait(10)
        yield DeskSite(url.replace("127.0.0.1", "localhost"), found["rig"], found["loop"])
