"""The command line: `python -m bot <command>`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import io
import json
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot import logs
from bot.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from bot.storage import Store

log = logging.getLogger(__name__)

ROLES = ("counsellor", "protection", "editor", "manager", "data_protection", "admin")


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
    picture = command("flow-picture", flow_picture, "print a guided flow as SVG")
    picture.add_argument("id", help="the file's name in content/flows")
    picture.add_argument("--locale", default="en", help="language, e.g. uk")
    sheet = command("poster", poster, "make a poster with a code that opens a question")
    about = sheet.add_mutually_exclusive_group(required=True)
    about.add_argument("--entry", default="", metavar="ID")
    about.add_argument("--flow", default="", metavar="ID")
    sheet.add_argument("--locale", nargs="+", metavar="L", help="languages, e.g. uk ar")
    sheet.add_argument("--telegram", default="", metavar="NAME", help="link to this bot")
    sheet.add_argument("--out", default="", metavar="FILE", help=".svg or .pdf")
    command("flow-schema", flow_schema, "print the JSON schema of content/flows/*.yaml")
    command("train", train, "train the NLU model if its examples have changed")
    command("migrate", migrate, "bring the database to the newest schema")
    evaluate = command("evaluate", evaluate_nlu, "measure understanding on kept questions")
    evaluate.add_argument("--locale", default="", help="one language only")
    evaluate.add_argument("--danger", action="store_true", help="measure danger instead")
    evaluate.add_argument("--set", choices=("dev", "kept"), default="kept", help="of danger")
    evaluate.add_argument("--ordinary", nargs="*", default=(), help="files of harmless messages")
    _counsellor_arguments(command("counsellor", counsellor, "who may sign in to the console"))
    _office_arguments(command("office", office, "offices, their hours and closed days"))
    return parser


def _counsellor_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    actions.add_parser("list", help="everybody who has an account")
    for name, text in (
        ("add", "a new account; prints its one-time password"),
        ("change", "another office, roles or languages; signs them out"),
        ("disable", "no more signing in"),
        ("reset", "a new one-time password, and a new phone"),
        ("alerts", "a code that links a Telegram chat to the notes that somebody waits"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("name", metavar="NAME", help="what they type to sign in")
        if name in ("add", "change"):
            _profile_arguments(action)
        if name == "alerts":
            action.add_argument("--chat", choices=["own", "group", "protection"], default="own")


def _profile_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--office", metavar="CODE", help="such as ro; none for all offices")
    parser.add_argument("--role", action="append", choices=ROLES, help="may be repeated")
    parser.add_argument("--languages", metavar="ro,en", help="that they speak")
    parser.add_argument("--shown-as", metavar="NAME", help="what people read")
    parser.add_argument("--gender", choices=["woman", "man", ""], help="some people ask for it")
    parser.add_argument("--topics", metavar="asylum,housing", help="nothing: all of them")
    parser.add_argument("--locale", help="language of their console")


def _office_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    actions.add_parser("list", help="offices, their hours, and closed days ahead")
    add = actions.add_parser("add", help="a new office")
    hours = actions.add_parser("hours", help="when an office is open")
    close = actions.add_parser("close-day", help="closed on one day, besides public holidays")
    for action in (add, hours, close):
        action.add_argument("code", metavar="CODE", help="such as ro")
    add.add_argument("--name", required=True)
    add.add_argument("--country", required=True, help="whose public holidays it keeps, e.g. ro")
    add.add_argument("--time-zone", required=True, metavar="Europe/Bucharest")
    add.add_argument("--hours", required=True, metavar='"mon-fri 09:00-17:00"')
    add.add_argument("--lost-after", type=int, default=90, metavar="SECONDS")
    hours.add_argument("hours", metavar='"mon-thu 09:00-17:00; fri 09:00-15:00"')
    close.add_argument("day", metavar="2026-12-24")
    close.add_argument("--open", action="store_true", help="take it back")


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
    from bot.counsellors import make_first_admin
    from bot.http_protocol import DeadlineProtocol
    from bot.storage import open_store

    await asyncio.to_thread(_migrate, settings)
    store = await open_store(settings.database_url, settings.sqlite_path, settings.var / "keys")
    await make_first_admin(settings, store.staff)
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


# counsellors and offices


def counsellor(settings: Settings, options: argparse.Namespace) -> int:
    from bot import counsellors

    def work(store: Store) -> Awaitable[None]:
        if options.action == "alerts":
            return counsellors.alert_code(store, options)
        return counsellors.run(settings, store.staff, options)

    return asyncio.run(_at_the_desk(settings, work))


def office(settings: Settings, options: argparse.Namespace) -> int:
    from bot import offices

    return asyncio.run(_at_the_desk(settings, lambda store: offices.run(store.staff, options)))


async def _at_the_desk(settings: Settings, work: Callable[[Store], Awaitable[None]]) -> int:
    """One command on the database, beside a service that may be running."""
    from bot.counsellors import CommandProblem
    from bot.storage import StartProblem, open_store

    try:
        await asyncio.to_thread(_migrate, settings)
        store = await open_store(settings.database_url, settings.sqlite_path, settings.var / "keys")
    except StartProblem as problem:
        print(f"punte: {problem}", file=sys.stderr)
        return 1
    try:
        await work(store)
    except CommandProblem as problem:
        print(f"punte: {problem}", file=sys.stderr)
        return 1
    finally:
        await store.close()
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


def flow_picture(settings: Settings, options: argparse.Namespace) -> int:
    """Print a guided flow as SVG."""
    from bot.console.flow_page import voice_of
    from bot.flows import drawing
    from bot.knowledge import Knowledge

    snapshot = Knowledge.open(settings.root, None).snapshot
    flow = snapshot.flows.get(options.id)
    if flow is None:
        names = ", ".join(snapshot.flows) or "none"
        print(f"punte: there is no flow {options.id!r}; there are: {names}", file=sys.stderr)
        return 1
    if options.locale not in snapshot.catalogues.locales:
        print(f"punte: {options.locale!r} is not offered", file=sys.stderr)
        return 1
    print(drawing.svg(flow, voice_of(snapshot, flow, options.locale)), end="")
    return 0


def poster(settings: Settings, options: argparse.Namespace) -> int:
    from bot import posters

    return posters.run(settings, options)


def flow_schema(_settings: Settings, _options: argparse.Namespace) -> int:
    """Print the JSON schema of content/flows/*.yaml."""
    from bot.flows import model

    print(json.dumps(model.schema(), indent=2))
    return 0


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
    from bot import evaluate, evaluate_danger

    if options.danger:
        return evaluate_danger.run(settings, options.locale, options.ordinary, options.set)
    return evaluate.run(settings, options.locale)


if __name__ == "__main__":
    os.umask(0o077)  # keys, database and model files are nobody else's
    sys.exit(main())
