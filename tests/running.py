"""The whole service on a free port of the loopback, in a thread, put together as `serve` does."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from bot.app import Service
from bot.http_protocol import DeadlineProtocol
from bot.settings import Settings
from bot.storage import migrate, open_store

START_S = 60.0  # a busy machine; what a start may take is measured elsewhere


@dataclass
class Running:
    service: Service
    url: str
    port: int


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    started = threading.Event()
    found: dict[str, Running] = {}
    servers: list[uvicorn.Server] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        sqlite = settings.sqlite_path
        migrate(settings.database_url, sqlite)
        store = await open_store(settings.database_url, sqlite, settings.var / "keys")
        service = Service(settings, store)
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        config = uvicorn.Config(
            service.asgi(),
            http=DeadlineProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        servers.append(server)
        startup = server.startup

        async def announce(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets=sockets)
            found["it"] = Running(service, f"http://127.0.0.1:{port}", port)
            started.set()

        server.startup = announce  # type: ignore[method-assign]
        await server.serve(sockets=[bound])
        bound.close()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(START_S)
    if failed:
        raise failed[0]
    try:
        yield found["it"]
    finally:
        servers[0].should_exit = True
        thread.join(30)
        assert not thread.is_alive() and not failed, failed


def settings_for(folder: Path, **more: object) -> Settings:
    """The real content, no NLU server, and everything that is written in `folder`."""
    return Settings(var=folder, nlu="off", **more)  # type: ignore[arg-type]
