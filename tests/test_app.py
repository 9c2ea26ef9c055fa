"""The whole service through its front door: a real socket, real content, no NLU server."""

from __future__ import annotations

import json
import select
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.web_words import WORDS
from bot.i18n import own_name
from bot.i18n.locales import in_order, is_known
from bot.messages import StorageUnavailable
from tests.running import Running, running, settings_for

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.xdist_group("one service")

KINDS = {"answer", "choices", "danger", "human", "smalltalk", "fallback"}
FIELDS = {
    "kind": str,
    "entry": str | None,
    "topic": str | None,
    "danger": str | None,
    "confidence": float,
    "alternatives": list,
    "locale": str,
    "detected_locale": str | None,
    "text": list,
    "understanding": str,
}
# Asked in English everywhere: what is served in which language is tested here, not what is
# understood (tests/test_lexical.py, `python -m bot evaluate`).
WAGE = "What is the minimum wage?"
LOCALES = ("en", "ro", "hu", "uk", "ar")  # that have every text
OFFERED = (
    "en",
    *in_order(path.name for path in (ROOT / "locales").iterdir() if is_known(path.name)),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(settings_for(tmp_path_factory.mktemp("var"), ask_rate=0)) as found:
        yield found


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client:
        yield client


def ask(client: httpx.Client, text: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/ask", json={"text": text} | more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    check_shape(found)
    return found


def check_shape(found: dict[str, Any]) -> None:
    """Every sentence of the contract that holds for every answer."""
    assert list(found) == list(FIELDS)
    for name, kind in FIELDS.items():
        assert isinstance(found[name], kind), name  # type: ignore[arg-type]
    assert found["kind"] in KINDS
    assert found["understanding"] in ("rasa", "lexical")
    assert 0 <= found["confidence"] <= 1
    assert (found["entry"] is not None) == (found["kind"] == "answer")
    assert (found["danger"] is not None) == (found["kind"] == "danger")
    confidences = [other["confidence"] for other in found["alternatives"]]
    assert confidences == sorted(confidences, reverse=True)
    for other in found["alternatives"]:
        assert list(other) == ["entry", "topic", "confidence"]
        assert other["entry"] != found["entry"]
        assert 0 <= other["confidence"] <= 1
    assert all(isinstance(text, str) and text for text in found["text"])


# POST /api/v1/ask


@pytest.mark.parametrize("locale", LOCALES)
def test_an_answer_comes_in_the_language_that_is_asked_for(
    client: httpx.Client, locale: str
) -> None:
    found = ask(client, WAGE, locale=locale, country="ro")
    assert (found["kind"], found["entry"]) == ("answer", "ro-minimum-wage")
    assert found["topic"] == "labour_rights"
    assert found["locale"] == locale
    assert 1 <= len(found["text"]) <= 3
    assert "325" in found["text"][0]
    hungarian = ask(client, WAGE, locale=locale, country="hu")
    assert hungarian["entry"] == "hu-minimum-wage"
    assert hungarian["alternatives"][0]["entry"] != "ro-minimum-wage"


def test_text_holds_the_answers_bubbles_and_nothing_else(
    client: httpx.Client, service: Running
) -> None:
    found = ask(client, WAGE, locale="en", country="ro")
    answer = service.service.knowledge.snapshot.answer("ro-minimum-wage", "en", "ro")
    assert found["text"] == [bubble.text for bubble in answer.bubbles]


def test_without_a_country_twins_are_choices_and_both_are_named(client: httpx.Client) -> None:
    found = ask(client, WAGE, locale="en")
    assert (found["kind"], found["text"], found["topic"]) == ("choices", [], "labour_rights")
    twins = {other["entry"] for other in found["alternatives"][:2]}
    assert twins == {"ro-minimum-wage", "hu-minimum-wage"}


def test_without_a_locale_the_language_of_the_text_is_used(client: httpx.Client) -> None:
    found = ask(client, "Яка мінімальна заробітна плата в Угорщині?", country="hu")
    assert (found["locale"], found["detected_locale"]) == ("uk", "uk")
    assert found["topic"] is not None
    foreign = ask(client, "Wie hoch ist der Mindestlohn, und wie bekomme ich ihn?")
    assert foreign["locale"] == "en"
    assert foreign["detected_locale"] == "de"
    nothing = ask(client, "?!")
    assert (nothing["locale"], nothing["detected_locale"]) == ("en", None)


def test_danger_comes_first_whatever_else_is_asked(client: httpx.Client) -> None:
    for text in (
        "they lock us in the house",
        "what is the minimum wage? they lock us in the house",
        "they lock us in the house" + " help" * 10_000,
        "no " * 30_000 + "they lock us in the house",
    ):
        found = ask(client, text, locale="en", country="ro")
        assert (found["kind"], found["danger"]) == ("danger", "held"), text[:40]
        assert found["confidence"] == 1
        assert any("112" in bubble for bubble in found["text"])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I want to talk to a person", "human"),
        ("hello", "smalltalk"),
        ("thank you", "smalltalk"),
        ("", "fallback"),
        (" \n ", "fallback"),
        ("qwertz uiop", "fallback"),
        ("\x00\x00", "fallback"),
    ],
)
def test_what_is_no_question_has_no_text(client: httpx.Client, text: str, kind: str) -> None:
    found = ask(client, text, locale="en")
    assert (found["kind"], found["text"]) == (kind, [])


@pytest.mark.fault("X1")
def test_half_an_emoji_does_not_spoil_a_question(client: httpx.Client) -> None:
    body = b'{"text": "what is the minimum wage \\ud83d\\u0000", "country": "ro"}'
    answer = client.post("/api/v1/ask", content=body)
    assert answer.json()["entry"] == "ro-minimum-wage"


@pytest.mark.fault("X7")
def test_markup_is_text(client: httpx.Client) -> None:
    found = ask(client, "<script>alert(1)</script> {{7*7}} {ro_minimum_wage} %s", locale="en")
    assert found["text"] == []


def test_asking_stores_nothing(client: httpx.Client, service: Running) -> None:
    ask(client, "they lock us in", country="ro")
    ask(client, WAGE, country="ro")
    db = sqlite3.connect(service.service.settings.sqlite_path)
    try:
        for table in ("inbox", "message", "contact", "conversation", "outbox"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    finally:
        db.close()


def test_the_same_question_has_the_same_answer(client: httpx.Client) -> None:
    assert ask(client, "xyzzy") == ask(client, "xyzzy")


@pytest.mark.fault("X6")
def test_fifty_megabytes_are_refused_without_reading_them(service: Running) -> None:
    with socket.create_connection(("127.0.0.1", service.port), 10) as wire:
        wire.sendall(
            b"POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000000\r\n\r\n"
        )
        assert read_status(wire) == 413
    with socket.create_connection(("127.0.0.1", service.port), 10) as wire:
        wire.sendall(
            b"POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        sent = send_until_refused(wire, b"10000\r\n" + b"a" * 0x10000 + b"\r\n", 50_000_000)
        assert sent < 20_000_000  # what fits in the buffers between us
        assert read_status(wire) == 413


def send_until_refused(wire: socket.socket, chunk: bytes, limit: int) -> int:
    wire.setblocking(False)
    sent, began = 0, time.monotonic()
    while sent < limit and time.monotonic() - began < 10:
        readable, writable, _ = select.select([wire], [wire], [], 1)
        if readable:
            break
        if writable:
            sent += wire.send(chunk)
    wire.setblocking(True)
    return sent


def read_status(wire: socket.socket) -> int:
    return int(wire.makefile("rb").readline().split()[1])


# Health, metrics, schema


def test_health_says_what_the_contract_says(client: httpx.Client, service: Running) -> None:
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "understanding": "lexical",
        "locales": list(in_order(OFFERED)),
        "entries": len(service.service.knowledge.snapshot.entries),
    }


@pytest.mark.fault("D3")
def test_a_database_that_is_away_is_503_and_the_rest_still_serves(
    client: httpx.Client, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr(service.service.store, "is_alive", away)
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["status"] != "ready"
    assert client.get("/health/live").status_code == 200
    assert ask(client, WAGE, country="ro")["kind"] == "answer"


def test_metrics_are_prometheus_text(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE punte_turn_seconds histogram" in answer.text


def test_schema_is_json_and_describes_the_question(client: httpx.Client) -> None:
    answer = client.get("/schema")
    assert answer.status_code == 200
    assert "json" in answer.headers["content-type"]
    schema = answer.json()
    paths = schema["paths"]
    assert not {path for path in paths if path.startswith(("/telegram", "/console", "/metrics"))}
    post = paths["/api/v1/ask"]["post"]
    body = post["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"text", "locale", "country"}
    assert body["required"] == ["text"]
    assert {"200", "400", "413", "429"} <= set(post["responses"])
    named = post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    answer_schema = schema["components"]["schemas"][named.rpartition("/")[2]]
    assert list(answer_schema["properties"]) == list(FIELDS)
    assert "example" not in json.dumps(schema)  # Litestar's are random


@pytest.mark.parametrize("path", ["/schema/swagger", "/schema/redoc", "/schema/x/y", "/docs"])
def test_no_page_of_anybody_else_is_served(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert WORDS["err_not_found"].english in answer.text


# Errors and headers

COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(self), microphone=()",
    "cross-origin-resource-policy": "same-origin",
}
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/health/ready", 200),
        ("GET", "/metrics", 200),
        ("GET", "/schema", 200),
        ("POST", "/api/v1/ask", 400),
        ("GET", "/api/v1/ask", 405),
        ("DELETE", "/health/live", 405),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v2/ask", 404),
        ("POST", "/telegram/webhook", 404),
        ("GET", "/chat/messages", 403),
    ],
)
def test_answers_for_programs_carry_every_header(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    wanted = COMMON | {"content-security-policy": CLOSED, "cache-control": "no-store"}
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nothing", 404),
        ("GET", "/static/../../bot/app.py", 404),
        ("GET", "/static/nothing.js", 404),
        ("DELETE", "/", 405),
        ("PUT", "/leave", 405),
        ("TRACE", "/", 405),
        ("GET", "/%00", 404),
        ("GET", "/" + "a" * 5_000, 404),
    ],
)
def test_pages_carry_every_header_errors_too(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    wanted = COMMON | {"cache-control": "no-store"}
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; base-uri 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in policy


@pytest.mark.fault("W9")
def test_a_page_too_large_is_refused_with_a_page(client: httpx.Client) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/chat", content=b"text=" + b"a" * 200_000, headers=form)
    assert answer.status_code == 413
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert WORDS["err_too_long"].english in answer.text


@pytest.mark.fault("W14")
@pytest.mark.parametrize("locale", LOCALES)
def test_an_error_says_nothing_of_the_inside_in_the_readers_language(
    client: httpx.Client, service: Running, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("canary-7f3a SELECT * FROM contact /srv/secret.py")

    monkeypatch.setattr(service.service.web, "_first_page", broken)
    answer = client.get("/", headers={"accept-language": locale})
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    for inside in ("canary", "SELECT", "RuntimeError", "Traceback", ".py"):
        assert inside not in answer.text
    catalogues = service.service.knowledge.snapshot.catalogues
    word = WORDS["err_broken"]
    assert (catalogues.text(word.key, locale) or word.english) in answer.text.replace("&#39;", "'")


@pytest.mark.fault("W14")
def test_an_error_of_the_api_is_json_with_a_number(
    client: httpx.Client, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StorageUnavailable("canary-7f3a")

    monkeypatch.setattr(service.service.understanding, "parse", broken)
    answer = client.post("/api/v1/ask", json={"text": "hello"})
    assert answer.status_code == 503
    assert set(answer.json()) == {"error", "message", "id"}
    assert answer.json()["id"]
    assert "canary" not in answer.text


@pytest.mark.fault("W3")
@pytest.mark.parametrize("path", ["/", "/chat/stream", "/api/v1/ask", "/ws"])
def test_a_websocket_upgrade_is_refused(service: Running, path: str) -> None:
    with socket.create_connection(("127.0.0.1", service.port), 10) as wire:
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert read_status(wire) == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.", "["])
def test_another_host_is_refused(service: Running, host: str) -> None:
    with socket.create_connection(("127.0.0.1", service.port), 10) as wire:
        wire.sendall(f"GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head = wire.makefile("rb").read(4000)
    assert b" 400 " in head.split(b"\r\n")[0]
    assert b"x-content-type-options: nosniff" in head.lower() or host == ""


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8080"])
def test_our_own_hosts_are_served(client: httpx.Client, host: str) -> None:
    assert client.get("/health/live", headers={"host": host}).status_code == 200


@pytest.mark.fault("W10")
@pytest.mark.parametrize("locale", ["../../x", "ru%00", "x" * 10_000, "KK-kz", "%ff%fe"])
def test_a_foreign_locale_opens_nothing(client: httpx.Client, locale: str) -> None:
    assert '<html lang="en"' in client.get(f"/?lang={locale}").text
    assert '<html lang="en"' in client.get("/", headers={"accept-language": locale}).text


def test_the_first_page_offers_every_language(client: httpx.Client) -> None:
    html = client.get("/").text
    assert all(own_name(locale) in html for locale in OFFERED)


# Limits and live reload need a service of their own


@pytest.mark.slow
def test_over_the_rate_only_danger_is_answered(tmp_path: Path) -> None:
    with (
        running(settings_for(tmp_path, ask_rate=3)) as found,
        httpx.Client(base_url=found.url, trust_env=False, timeout=30) as client,
    ):
        texts = [{"text": "hello", "locale": "en"}] * 5
        statuses = [client.post("/api/v1/ask", json=text).status_code for text in texts]
        # The minute may turn once in between.
        assert 429 in statuses
        assert client.post("/api/v1/ask", json={"text": "hello"}).status_code in (200, 429)
        assert ask(client, "they lock us in the house")["kind"] == "danger"


@pytest.mark.slow
def test_a_saved_translation_is_served_within_three_seconds(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for folder in ("content", "locales"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copytree(ROOT / "nlu" / "data", root / "nlu" / "data")
    with (
        running(settings_for(tmp_path / "var", root=root, ask_rate=0)) as found,
        httpx.Client(base_url=found.url, trust_env=False, timeout=30) as client,
    ):
        before = ask(client, WAGE, locale="ro", country="ro")["text"][0]
        file = root / "locales/ro/LC_MESSAGES/faq-ro.po"
        began = time.monotonic()
        edit(file, before.split()[0], "Sincer:")
        while (now := ask(client, WAGE, locale="ro", country="ro")["text"][0]) == before:
            assert time.monotonic() - began < 10, "the new text was never served"
        assert now.startswith("Sincer:")
        assert time.monotonic() - began < 3

        # A broken file changes nothing, and is told to the operator.
        file.write_text(file.read_text("utf-8").replace('msgctxt "ro-hours/label"', 'msgctxt "'))
        wait_for(lambda: len(found.service.knowledge.problems) > 0)
        assert ask(client, WAGE, locale="ro", country="ro")["text"][0] == now


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    at = text.index('msgctxt "ro-minimum-wage/answer/amount"')
    at = text.index("msgstr", at)
    assert old in text[at : at + 400]
    file.write_text(text[:at] + text[at:].replace(old, new, 1), "utf-8")


def wait_for(claim: Any) -> None:
    began = time.monotonic()
    while not claim():
        assert time.monotonic() - began < 10
        time.sleep(0.05)
