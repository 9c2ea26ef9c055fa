"""Logs: one JSON line an event, constant names and allow-listed keys, nothing a person wrote.

Our own records carry ids in `extra`. Of libraries' records only WARNING and up are
kept, and of those only name, level, exception type and frames: python-telegram-bot
logs an unparsable answer with our text in it, httpx logs addresses with the bot token.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

ALLOWED = frozenset(
    {
        "attempt",
        "attempts",
        "category",
        "channel",
        "code",
        "conversation",
        "count",
        "counts",
        "database",
        "delay_s",
        "entry",
        "entries",
        "error",
        "errors",
        "event",
        "file",
        "intent",
        "key",
        "kind",
        "lane",
        "line",
        "locale",
        "locales",
        "method",
        "model",
        "ms",
        "new",
        "next_s",
        "number",
        "outbox",
        "pid",
        "port",
        "queue",
        "reason",
        "request",
        "restart_in_s",
        "result",
        "route",
        "row",
        "rows",
        "seconds",
        "seq",
        "setting",
        "snapshot",
        "state",
        "status",
        "step",
        "table",
        "topic",
        "understanding",
        "update",
        "version",
        "warnings",
    }
)
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_OURS = ("bot", "__main__")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.split(".")[0] in _OURS:
            line["event"] = str(record.msg)
            line |= {k: _plain(v) for k, v in record.__dict__.items() if k in ALLOWED}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["frames"] = frames(record.exc_info[1])
        return _TOKEN.sub("[token]", json.dumps(line, ensure_ascii=True))


def frames(error: BaseException | None) -> list[str]:
    """Where an error came from: file names and lines, never its message."""
    summary = traceback.extract_tb(error.__traceback__ if error else None)
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in summary[-8:]]


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool | None) else str(value)[:200]


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send all logging to `stream` (stderr by default). Call once, before anything logs."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)
