"""Logs: one JSON line an event, with constant names and ids, and nothing a person wrote."""

from __future__ import annotations

import ast
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from bot import logs

BOT = Path(__file__).resolve().parent.parent / "bot"
CANARY = "canary-90c1"
TOKEN = "123456789:AAF-canary_90c1-not-a-token-of-anybody"
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    names = ("", "bot", "__main__", "httpx", "telegram", "sqlalchemy.engine", "py.warnings")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, list(logger.handlers), logger.level) for logger in loggers]
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    logging.captureWarnings(False)
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_events_keep_their_name_level_and_allowed_ids(stream: io.StringIO) -> None:
    extra = {"conversation": "c1", "ms": 12, "state": "sent", "body": CANARY}
    logging.getLogger("bot.delivery").info("reply sent", extra=extra)
    (line,) = lines(stream)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "bot.delivery",
        "event": "reply sent",
        "conversation": "c1",
        "ms": 12,
        "state": "sent",
    }


@pytest.mark.parametrize("name", ["bot.app", "__main__"])
def test_what_the_service_tells_its_operator_is_told(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("service starts", extra={"port": 8080})
    assert lines(stream)[0]["port"] == 8080


@pytest.mark.fault("X10")
@pytest.mark.parametrize(
    "written",
    ['x\n{"level": "error", "event": "forged"}', "\x1b[31mred\x1b[0m", "a\r\nb\u2028c\x85d\x00"],
)
def test_a_forged_line_stays_inside_one_escaped_line(stream: io.StringIO, written: str) -> None:
    logging.getLogger("bot.x").warning("odd value", extra={"reason": written})
    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue().rstrip("\n").isprintable() and stream.getvalue().isascii()
    assert lines(stream)[0]["reason"] == written


def test_a_value_is_cut_before_it_fills_the_disk(stream: io.StringIO) -> None:
    logging.getLogger("bot.x").warning("long value", extra={"reason": "a" * 10_000})
    assert len(stream.getvalue()) < 500


@pytest.mark.fault("P1")
def test_an_error_leaves_its_type_and_place_and_not_its_words(stream: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"Failing row contains ({CANARY})")
        except ValueError as error:
            raise RuntimeError(CANARY) from error
    except RuntimeError:
        logging.getLogger("bot.x").exception("turn failed", extra={"conversation": "c1"})
    (line,) = lines(stream)
    assert (line["event"], line["error"]) == ("turn failed", "RuntimeError")
    assert line["frames"][-1].startswith("test_logs.py:")
    assert CANARY not in stream.getvalue()


@pytest.mark.fault("P1")
def test_a_constraint_error_of_the_database_says_nothing_of_the_row(stream: io.StringIO) -> None:
    engine = create_engine("sqlite://", echo=False)
    try:
        with engine.begin() as db:
            db.execute(text("CREATE TABLE t (x TEXT UNIQUE)"))
            insert = text("INSERT INTO t VALUES (:x)")
            db.execute(insert, {"x": CANARY})
            with pytest.raises(IntegrityError) as raised:
                db.execute(insert, {"x": CANARY})
    finally:
        engine.dispose()
    logging.getLogger("bot.storage").error("write failed", exc_info=raised.value)
    assert lines(stream)[0]["error"] == "IntegrityError"
    assert CANARY not in stream.getvalue()


@pytest.mark.fault("P1")
def test_libraries_are_heard_from_warning_up_and_never_with_their_words(
    stream: io.StringIO,
) -> None:
    for name in ("httpcore", "telegram.ext.Updater", "sqlalchemy.engine.Engine", "uvicorn.error"):
        for level in LEVELS:
            getattr(logging.getLogger(name), level)("%s /bot%s/getMe", CANARY, TOKEN)
    found = lines(stream)
    assert len(found) == 4 * 4
    assert all("event" not in line for line in found)
    assert CANARY not in stream.getvalue() and "canary" not in stream.getvalue()


@pytest.mark.fault("P1")
def test_a_library_whose_debugging_was_turned_on_still_says_nothing(stream: io.StringIO) -> None:
    logger = logging.getLogger("telegram")
    logger.setLevel(logging.DEBUG)
    logger.debug("update %s", CANARY, extra={"reason": CANARY, "event": CANARY})
    assert CANARY not in stream.getvalue()


@pytest.mark.fault("P1")
def test_a_token_is_blotted_out_wherever_it_hides(stream: io.StringIO) -> None:
    logging.getLogger("bot.x").warning("odd url", extra={"reason": f"https://h/bot{TOKEN}/send"})
    assert TOKEN not in stream.getvalue()
    assert lines(stream)[0]["reason"] == "https://h/bot[token]/send"


def test_a_warning_of_python_is_one_line_without_its_words(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(CANARY, stacklevel=1)
    assert CANARY not in stream.getvalue()


# Every call in bot/


def calls() -> Iterator[tuple[str, ast.Call]]:
    for file in sorted(BOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("log", "logger")
            ):
                yield f"{file.relative_to(BOT.parent)}:{node.lineno}", node


def keys_of(call: ast.Call) -> list[str]:
    extras = [keyword.value for keyword in call.keywords if keyword.arg == "extra"]
    return [
        key.value
        for extra in extras
        if isinstance(extra, ast.Dict)
        for key in extra.keys
        if isinstance(key, ast.Constant)
    ]


def test_every_event_has_a_constant_name_and_nothing_filled_in() -> None:
    odd = [
        place
        for place, call in calls()
        if len(call.args) != 1
        or not isinstance(call.args[0], ast.Constant)
        or "%" in str(call.args[0].value)
    ]
    assert not odd, f"say what differs in extra={{…}}, not in the event's name: {odd}"


def test_every_id_that_is_logged_is_on_the_list() -> None:
    lost = {key: place for place, call in calls() for key in keys_of(call)}
    lost = {key: place for key, place in lost.items() if key not in logs.ALLOWED}
    assert not lost, f"add to ALLOWED in bot/logs.py, or take another name: {lost}"


def test_no_id_has_a_name_that_logging_keeps_for_itself() -> None:
    record = logging.LogRecord("bot", logging.INFO, "", 0, "", None, None)
    reserved = set(record.__dict__) | {"message", "asctime"}
    taken = {key: place for place, call in calls() for key in keys_of(call) if key in reserved}
    assert not taken, f"logging raises KeyError for these: {taken}"
    assert not logs.ALLOWED & reserved
