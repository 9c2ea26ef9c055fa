"""A process that has everything loaded and forks a `serve` for each request.

Loading code and content takes seconds, and a test of 25 kills starts the service 26 times.
What is forked runs the command line's own `serve`, from reading its environment to its exit code;
only the content on disk is read once. One JSON object a line, in and out:

    {"start": {"env": {…}, "log": "/path", "failpoint": "…"}}  ->  {"pid": 123}
    {"poll": 123}                                              ->  {"code": null | -9 | 0}
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import bot.app
from bot import __main__ as command_line
from bot.dialogue import language
from bot.knowledge import Knowledge
from bot.nlu_client import system_examples
from bot.settings import ROOT
from tests.faults import failpoints

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        preload(Path(folder))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = {"pid": start(**order["start"])} if "start" in order else poll(order["poll"])
        print(json.dumps(answer), flush=True)


def preload(folder: Path) -> None:
    knowledge = Knowledge.open(ROOT, folder, "demo")
    system = system_examples(ROOT / "nlu")
    built = bot.app.Understanding(knowledge, None, system)
    language.detect("warm", knowledge.snapshot.catalogues.locales)
    make = bot.app.Understanding

    def understanding(_: Any, client: Any, __: Any) -> Any:
        mine = make.__new__(make)
        mine.__dict__.update(built.__dict__)
        mine._client = client
        return mine

    bot.app.Knowledge.open = lambda *_, **__: knowledge  # type: ignore[method-assign, assignment]
    bot.app.Understanding = understanding  # type: ignore[assignment, misc]
    bot.app.system_examples = lambda _: system  # type: ignore[attr-defined, assignment]


def start(env: dict[str, str], log: str, failpoint: str) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        _redirect(log)
        os.environ.clear()
        os.environ.update(env)
        if failpoint:
            failpoints.install(failpoint)
        code = command_line.main(["serve"])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _redirect(log: str) -> None:
    """The log is stderr; the first admin's password goes to stdout and nowhere else."""
    file, output = (
        os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for name in (log, f"{log}.out")
    )
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (file, 2)):
        os.dup2(source, target)


def poll(pid: int) -> dict[str, int | None]:
    done, status = os.waitpid(pid, os.WNOHANG)
    return {"code": os.waitstatus_to_exitcode(status) if done else None}


if __name__ == "__main__":
    main()
