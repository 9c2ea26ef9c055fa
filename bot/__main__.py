"""The command line: `python -m bot <command>`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import io
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from bot import logs
from bot.settings import Settings, SettingsError, read_settings

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    logs.configure()
    try:
        settings = read_settings()
    except SettingsError as error:
        print(f"punte: {error}", file=sys.stderr)
        return 2
    return int(options.run(settings, options) or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Punte")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        return found

    command("serve", serve, "run the service")
    chat = command("chat", talk, "talk to the bot in the terminal")
    chat.add_argument("--locale", default="", help="language, e.g. uk")
    chat.add_argument("--country", default="", choices=["", "ro", "hu"])
    command("check", check, "look for mistakes in content/ and locales/")
    sync = command("sync", sync_locales, "write templates and bring locales/ up to date")
    sync.add_argument("--add", default="", metavar="LOCALE", help="begin a new language")
    command("train", train, "train the NLU model if its examples have changed")
    command("migrate", migrate, "bring the database to the newest schema")
    evaluate = command("evaluate", evaluate_nlu, "measure understanding on kept questions")
    evaluate.add_argument("--locale", default="", help="one language only")
    return parser


# serve


def serve(settings: Settings, _options: argparse.Namespace) -> int:
    from bot.storage import StartProblem

    # uvicorn raises the signal again when it has stopped in order; that is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    settings.var.mkdir(parents=True, exist_ok=True)
    lock = None if settings.database_url.startswith("postgresql") else _only_process(settings)
    try:
        asyncio.run(_serve(settings, _bound(settings)))
    except StartProblem as problem:
        print(f"punte: {problem}", file=sys.stderr)
        return 1
    finally:
        if lock:
            lock.close()
    return 0


def _only_process(settings: Settings) -> IO[str]:
    """SQLite serves one process; the lock goes when the process does, however it ends."""
    named = settings.database_url.partition(":///")[2].partition("?")[0]
    folder = Path(named).parent if named else settings.var
    lock = (folder / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("punte: another serve process uses this database", file=sys.stderr)
        raise SystemExit(1) from None
    return lock


def _bound(settings: Settings) -> socket.socket:
    """Ours before anything starts; nobody is let in until uvicorn listens on it."""
    from bot.storage import StartProblem

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
    except OSError as error:
        found.close()
        where = f"PUNTE_HOST={settings.host} PUNTE_PORT={settings.port}"
        raise StartProblem(f"{where} cannot be used: {error.strerror}") from None
    return found


async def _serve(settings: Settings, bound: socket.socket) -> None:
    import uvicorn

    from bot.app import Service
    from bot.http_protocol import DeadlineProtocol
    from bot.storage import open_store

    await asyncio.to_thread(_migrate, settings)
    store = await open_store(settings.database_url, settings.sqlite_path, settings.var / "keys")
    service = Service(settings, store)
    config = uvicorn.Config(
        service.asgi(),
        http=DeadlineProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    log.info("service starts", extra={"port": settings.port})
    await uvicorn.Server(config).serve(sockets=[bound])


def _migrate(settings: Settings) -> None:
    from bot.storage import migrate as to_head

    to_head(settings.database_url, settings.sqlite_path)


def migrate(settings: Settings, _options: argparse.Namespace) -> int:
    from bot.storage import StartProblem

    try:
        _migrate(settings)
    except StartProblem as problem:
        print(f"punte: {problem}", file=sys.stderr)
        return 1
    return 0


# chat


def talk(settings: Settings, options: argparse.Namespace) -> int:
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):  # whatever the terminal's own encoding is
            stream.reconfigure(encoding="utf-8", errors="replace")
    with tempfile.TemporaryDirectory(prefix="punte-") as folder:
        mine = replace(settings, database_url="", telegram_token="")
        with contextlib.suppress(KeyboardInterrupt):
            return asyncio.run(_talk(mine, Path(folder), options))
    return 0


async def _talk(settings: Settings, folder: Path, options: argparse.Namespace) -> int:
    from bot.channels.terminal import Terminal
    from bot.chat import Conversation
    from bot.i18n import negotiate

    async with Conversation.open(settings, folder) as conversation:
        offered = conversation.locales
        if options.locale and negotiate(options.locale, offered) is None:
            print(f"punte: --locale: one of {', '.join(offered)} is needed", file=sys.stderr)
            return 2
        terminal = Terminal(conversation.say, _print)
        await terminal.run(iter(sys.stdin.readline, ""), options.locale, options.country)
    return 0


def _print(line: str) -> None:
    print(line, flush=True)


# content


def check(settings: Settings, _options: argparse.Namespace) -> int:
    from bot import check as linter

    problems = linter.run(settings.root)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{errors} errors, {len(problems) - errors} warnings", file=sys.stderr)
    return 1 if errors else 0


def sync_locales(settings: Settings, options: argparse.Namespace) -> int:
    from bot.knowledge.sync import sync

    changed, problems = sync(settings.root, add=options.add or None)
    for path in changed:
        print(f"{path}: written")
    for problem in problems:
        print(f"{problem.path}:{problem.line}: {problem.message}")
    return 1 if problems else 0


# understanding


def train(settings: Settings, _options: argparse.Namespace) -> int:
    from bot.knowledge import Knowledge
    from bot.nlu_client import system_examples
    from bot.training import Trainer, TrainingFailed
    from bot.training_data import training_data

    nlu = settings.root / "nlu"
    trainer = Trainer(settings.var, nlu)
    knowledge = Knowledge.open(settings.root, None)
    digest = trainer.prepare(training_data(knowledge.snapshot, system_examples(nlu)))
    current = trainer.current()
    if current is not None and current.digest == digest:
        print("the model is up to date")
        return 0
    print("training the model (some minutes the first time, half a minute after that)")
    try:
        model = asyncio.run(trainer.train(digest))
    except TrainingFailed as failure:
        print(f"punte: {failure}; see {settings.var / 'log'}", file=sys.stderr)
        return 1
    print(f"trained {model.path.name}")
    return 0


def evaluate_nlu(settings: Settings, options: argparse.Namespace) -> int:
    from bot import evaluate

    return evaluate.run(settings, options.locale)


if __name__ == "__main__":
    os.umask(0o077)  # keys, database and model files are nobody else's
    sys.exit(main())
