"""The command line, as a script or an operator meets it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import __main__ as command_line
from bot.chat import Conversation
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
START_S = 90.0  # a busy machine
LINE = re.compile(r"bot: .*|  .*|\[\d+\] .+")
ONE_TIME = re.compile(r"one-time password: ([a-z2-9-]{23})")
ALONE = {"PUNTE_NLU": "off", "DATABASE_URL": "", "TELEGRAM_TOKEN": ""}


def environment(var: Path, **more: str) -> dict[str, str]:
    return os.environ | ALONE | {"PUNTE_VAR": str(var)} | more


def run(
    *arguments: str, var: Path, given: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=given,
        capture_output=True,
        cwd=ROOT,
        env=environment(var, **more),
        timeout=START_S,
        check=False,
    )


# Starting


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "chat", "migrate"])
def test_a_bad_setting_ends_it_before_anything_starts(tmp_path: Path, command: str) -> None:
    var = tmp_path / "var"
    ended = run(command, var=var, PUNTE_PORT="eighty")
    assert ended.returncode == 2
    assert ended.stderr.decode().startswith("punte: PUNTE_PORT: ")
    assert ended.stdout == b""
    assert not var.exists()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["dance"], ["chat", "--country", "de"]])
def test_a_command_it_does_not_know_is_told_what_there_is(
    tmp_path: Path, arguments: list[str]
) -> None:
    ended = run(*arguments, var=tmp_path)
    assert ended.returncode == 2
    assert b"usage: python -m bot" in ended.stderr


# counsellors and offices


@pytest.mark.slow
def test_a_counsellor_is_added_to_a_database_that_is_new(tmp_path: Path) -> None:
    options = ("--office", "ro", "--role", "counsellor", "--languages", "ro,en")
    added = run("counsellor", "add", "petra", *options, var=tmp_path)
    assert added.returncode == 0, added.stderr
    (password,) = ONE_TIME.findall(added.stdout.decode())
    assert password.encode() not in added.stderr
    assert password.encode() not in (tmp_path / "punte.sqlite3").read_bytes()

    again = run("counsellor", "add", "petra", *options, var=tmp_path)
    assert again.returncode == 1
    assert again.stderr == b"punte: somebody signs in as petra already\n"
    offices = run("office", "list", var=tmp_path)
    assert offices.stdout.splitlines()[1].startswith(b"ro  Romania  Europe/Bucharest")


# serve


class Server:
    def __init__(self, var: Path, port: int, **more: str) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=environment(var, PUNTE_PORT=str(port), **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()
            with contextlib.suppress(OSError):
                url = f"http://127.0.0.1:{self.port}/health/ready"
                urllib.request.urlopen(url, timeout=5).close()
                return
            time.sleep(0.1)
        raise AssertionError("the service did not start")

    def ends_on(self, number: int) -> tuple[int, float, str, str]:
        began = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, time.monotonic() - began, out.decode(), err.decode()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "var", free_port())
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.communicate()


@pytest.mark.slow
@pytest.mark.fault("K11")
def test_one_service_holds_its_database_and_its_port_and_ends_in_order(
    tmp_path: Path, server: Server
) -> None:
    server.wait_until_ready()

    same_database = run("serve", var=tmp_path / "var", PUNTE_PORT=str(free_port()))
    assert same_database.returncode == 1
    assert same_database.stderr == b"punte: another serve process uses this database\n"

    same_port = run("serve", var=tmp_path / "other", PUNTE_PORT=str(server.port))
    assert same_port.returncode == 1
    assert f"PUNTE_PORT={server.port} cannot be used".encode() in same_port.stderr
    assert len(same_port.stderr.splitlines()) == 1

    beside = run("chat", "--locale", "en", var=tmp_path / "var", given=b"hello\n")
    assert beside.returncode == 0
    assert beside.stdout.startswith(b"bot: Hello.")

    code, took_s, out, err = server.ends_on(signal.SIGTERM)
    assert code == 0
    assert took_s < 5
    (password,) = ONE_TIME.findall(out)
    assert password not in err
    lines = [json.loads(line) for line in err.splitlines()]
    assert lines[0]["event"] == "service starts"
    assert not [line for line in lines if line["level"] in ("error", "warning")]


@pytest.mark.slow
def test_ctrl_c_ends_it_without_a_traceback(server: Server) -> None:
    server.wait_until_ready()
    code, _, _, err = server.ends_on(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in err


@pytest.mark.slow
def test_what_it_writes_is_nobody_elses_to_read(tmp_path: Path, server: Server) -> None:
    server.wait_until_ready()
    server.ends_on(signal.SIGTERM)
    var = tmp_path / "var"
    assert (var / "punte.sqlite3").is_file()
    open_to_others = [path for path in var.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


# chat


@pytest.mark.slow
def test_a_pipe_talks_to_the_bot(tmp_path: Path) -> None:
    given = "What is the minimum wage?\n1\n\nmulțumesc\n\udcff\n" + "9" * 5_000 + "\n/help"
    ended = run(
        *("chat", "--locale", "ro", "--country", "ro"),
        var=tmp_path / "var",
        given=given.encode("utf-8", "surrogateescape"),
        LC_ALL="C",  # nor may it matter which encoding the terminal has
        PYTHONIOENCODING="latin-1",
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    out = ended.stdout.decode("utf-8").splitlines()
    assert [line for line in out if not LINE.fullmatch(line)] == []
    assert out[0].startswith("bot: Salariul minim în România este de 4.325")
    assert "[1] Da, mi-a fost de ajutor" in out
    assert "bot: Vă mulțumesc. Puteți pune altă întrebare." in out, "the button was not pressed"
    assert [line for line in out if line.startswith("bot: Cu plăcere")], "ț did not arrive"
    assert out[-1].startswith("[")
    # Asked for neither language nor country nor consent.
    assert not [line for line in out if "Putem păstra" in line or "alegeți limba" in line]
    assert not (tmp_path / "var").exists(), "nothing that was said may outlive the program"


@pytest.mark.slow
def test_a_language_we_do_not_have_is_refused_with_the_list(tmp_path: Path) -> None:
    ended = run("chat", "--locale", "../../x", var=tmp_path, given=b"hello\n")
    assert ended.returncode == 2
    offered = b"en, ro, hu, uk, ru, ar, fa, tr, ne, si, vi, zh, bn, hi, ur, fil"
    assert ended.stderr == b"punte: --locale: one of " + offered + b" is needed\n"
    assert ended.stdout == b""


@pytest.mark.slow
def test_an_nlu_server_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "nlu.json").write_text(json.dumps({"port": free_port(), "token": "old"}))
    ended = run("chat", "--locale", "en", var=tmp_path, given=b"hello\n", PUNTE_NLU="auto")
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"bot: Hello.")
    for line in ended.stderr.splitlines():
        json.loads(line)


async def test_chat_keeps_its_conversation_from_line_to_line(tmp_path: Path) -> None:
    from bot.channels.terminal import Terminal

    printed: list[str] = []
    async with Conversation.open(Settings(var=tmp_path, nlu="off"), tmp_path) as conversation:
        assert conversation.locales[:2] == ("en", "ro")
        terminal = Terminal(conversation.say, printed.append)
        await terminal.run(["What is the minimum wage?\n", "1\n"], "en")
    assert printed[0] == "bot: The answer is different in each country. Where are you?"
    assert printed[1] == "[1] Romania"
    assert printed[4].startswith("bot: The minimum wage in Romania is")


# check


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for folder in ("content", "locales"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    # `check` compares the templates with the code they come from.
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def check(root: Path) -> int:
    return command_line.check(Settings(root=root), argparse.Namespace())


def test_check_names_file_line_and_what_is_wrong(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = copied / "locales/ro/LC_MESSAGES/faq-ro.po"
    text = file.read_text("utf-8")
    at = text.index('msgctxt "ro-minimum-wage/answer/amount"')
    at = text.index("{ro_minimum_wage}", text.index("msgstr", at))
    file.write_text(text[:at] + "{ro_minimum_wagee}" + text[at + 17 :], "utf-8")
    assert check(copied) == 1
    captured = capsys.readouterr()
    found = [line for line in captured.out.splitlines() if ": warning: " not in line]
    assert all(re.match(r"[\w./-]+:\d+: \S", line) for line in captured.out.splitlines())
    (line,) = [line for line in found if "wagee" in line]
    assert line.startswith("locales/ro/LC_MESSAGES/faq-ro.po:")
    number = int(line.split(":")[1])
    lines = file.read_text("utf-8").splitlines()
    # The line of the entry, or the one in which the name stands.
    assert any(
        "ro_minimum_wage" in row or "amount" in row for row in lines[number - 1 : number + 1]
    )


def test_check_is_content_with_what_is_in_the_repository(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = check(ROOT)
    found = [row for row in capsys.readouterr().out.splitlines() if ": warning: " not in row]
    assert (code, found) == (0, [])
