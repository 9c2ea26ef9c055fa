"""Where a forked service dies or hangs, by name. Applied in the child, never in `bot/`."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from typing import Any

from bot.channels.telegram import TelegramChannel
from bot.dialogue import worker
from bot.storage import Store, inbox, turns


def install(name: str) -> None:
    for part in name.split(", "):
        _FAILPOINTS[part]()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str) -> Callable[[], None]:
    return lambda: setattr(owner, name, _dying(getattr(owner, name), after=False))


def _after(owner: Any, name: str) -> Callable[[], None]:
    return lambda: setattr(owner, name, _dying(getattr(owner, name), after=True))


def _dying(real: Any, after: bool) -> Any:
    async def dies(*args: Any, **kwargs: Any) -> Any:
        if after:
            await real(*args, **kwargs)
        _die()

    return dies


async def _never(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


def _chatty_libraries() -> None:
    """What an operator may do while looking for a fault: every library at DEBUG, SQL echo."""
    for name in ("telegram", "httpx", "httpcore", "sqlalchemy.engine", "sqlalchemy.pool"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    for name in ("aiosqlite", "psycopg", "asyncio", "uvicorn", "litestar", "alembic"):
        logging.getLogger(name).setLevel(logging.DEBUG)


_real_say: Any = None


async def _breaking_turn(pending: Any, parts: Any) -> Any:
    raise RuntimeError(f"cannot take {pending.inbound!r}")


async def _violating_finish(db: Any, keys: Any, pending: Any, before: Any, outcome: Any) -> Any:
    from sqlalchemy import text

    await db.execute(
        text("INSERT INTO meta (name, value) VALUES ('key_check', :v)"),
        {"v": pending.inbound.text.encode()},
    )


_FAILPOINTS: dict[str, Callable[[], None]] = {
    "dies before the inbox commit": _after(inbox, "put"),
    "dies after the inbox commit": _after(Store, "accept"),
    "hangs before the turn": lambda: setattr(worker, "take_turn", _never),
    "dies before the turn's commit": _after(turns, "finish"),
    "dies after the turn's commit": _after(Store, "finish"),
    "dies before sending": _before(TelegramChannel, "send"),
    "dies after sending": _after(TelegramChannel, "send"),
    "logs everything": _chatty_libraries,
    "breaks every turn": lambda: setattr(worker, "take_turn", _breaking_turn),
    "violates a constraint": lambda: setattr(turns, "finish", _violating_finish),
}
