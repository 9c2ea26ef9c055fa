"""`POST /api/v1/ask` at its edge: what is taken, what is refused, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from bot.channels.api import (
    MAX_BODY,
    AskAnswer,
    AskLimit,
    AskRequest,
    BadAsk,
    Readiness,
    api_routes,
    read_ask,
)
from bot.messages import MAX_TEXT

LOCALES = ("en", "ro", "uk")
CRY = "they lock us in"


class Desk:
    """Stands where the service is, and remembers what reached it."""

    def __init__(self) -> None:
        self.asked: list[AskRequest] = []
        self.is_alive = True
        self.per_minute = 0
        self.now = 0.0

    async def ask(self, asked: AskRequest) -> AskAnswer:
        self.asked.append(asked)
        kind = "danger" if CRY in asked.text else "fallback"
        return AskAnswer(kind, None, None, None, 0.0, [], "en", None, [], "lexical")  # type: ignore[arg-type]

    async def ready(self) -> Readiness:
        status = "ready" if self.is_alive else "database unavailable"
        return Readiness(status, "lexical", list(LOCALES), 3)  # type: ignore[arg-type]

    def application(self) -> Litestar:
        routes = api_routes(
            ask=self.ask,
            is_urgent=lambda text: CRY in text,
            locales=lambda: LOCALES,
            ready=self.ready,
            metrics=lambda: b"punte_x 1\n",
            limit=AskLimit(self.per_minute, lambda: self.now),
        )
        return Litestar(routes, openapi_config=None, logging_config=None)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient[Any]]:
    with TestClient(desk.application()) as client:
        yield client


def post(client: TestClient[Any], body: object) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/api/v1/ask", content=raw)


def test_a_whole_question_arrives_as_it_was_asked(client: TestClient[Any], desk: Desk) -> None:
    answer = post(client, {"text": "де лікар?", "locale": "uk", "country": "ro"})
    assert answer.status_code == 200
    assert desk.asked == [AskRequest("де лікар?", "uk", "ro")]


@pytest.mark.parametrize("more", [{}, {"locale": None, "country": None}, {"extra": [1, {}]}])
def test_locale_country_and_unknown_fields_may_come_or_not(
    client: TestClient[Any], desk: Desk, more: dict[str, Any]
) -> None:
    assert post(client, {"text": "hi", **more}).status_code == 200
    assert desk.asked == [AskRequest("hi")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"hi"',
        b"{}",
        b'{"text": 1}',
        b'{"text": null}',
        b'{"text": ["hi"]}',
        b'{"text": "hi"',
        b"{'text': 'hi'}",
        b'{"text": "hi", "country": "de"}',
        b'{"text": "hi", "country": ""}',
        b'{"text": "hi", "country": 1}',
        b'{"text": "hi", "country": "\\ud83d"}',
        b'{"text": "hi", "locale": 1}',
        b'{"text": "hi", "\\ud83d": 1}',
    ],
)
def test_what_is_not_a_question_is_refused_with_words_for_a_developer(
    client: TestClient[Any], desk: Desk, body: bytes
) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail"}
    assert desk.asked == []


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    "locale",
    ["", "xx", "UK", "RU-ru", "../../x", "ru\x00", "x" * 10_000, "\ud83d", "en\r\nx: y"],
)
def test_an_unknown_locale_is_refused_and_not_repeated(
    client: TestClient[Any], desk: Desk, locale: str
) -> None:
    answer = post(client, {"text": "hi", "locale": locale})
    assert answer.status_code == 400
    assert len(answer.content) < 200
    assert desk.asked == []


@pytest.mark.fault("X5")
@pytest.mark.parametrize(
    "body",
    [
        b'\xff{"text": "hi"}',
        b'{"text": "\xc3\x28"}',
        b'{"text": "\xed\xa0\xbd"}',
        b'\xef\xbb\xbf{"text": "hi"}',
        '{"text": "hi"}'.encode("utf-16"),
        '{"text": "hi"}'.encode("utf-16-le"),
        '{"text": "hi"}'.encode("utf-32"),
    ],
    ids=["stray byte", "cut sequence", "surrogate", "BOM", "UTF-16", "UTF-16-LE", "UTF-32"],
)
def test_a_body_that_is_not_utf8_is_refused(
    client: TestClient[Any], desk: Desk, body: bytes
) -> None:
    assert post(client, body).status_code == 400
    assert desk.asked == []


@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"text": "hi", "x": ' + b"[" * 100_000,
        b'{"text": "hi", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x":' * 100_000,
        b'{"text": "hi", "x": NaN}',
        b'{"text": "hi", "x": -Infinity}',
        b'{"text": "hi", "x": ' + b"9" * 5_000 + b"}",
    ],
    ids=["depth", "depth inside", "closed depth", "objects", "NaN", "Infinity", "long number"],
)
def test_json_made_to_hurt_is_refused(client: TestClient[Any], desk: Desk, body: bytes) -> None:
    assert post(client, body).status_code == 400
    assert desk.asked == []


@pytest.mark.fault("X6")
def test_two_megabytes_are_refused_before_they_are_read(
    client: TestClient[Any], desk: Desk
) -> None:
    assert post(client, {"text": "a" * 2_000_000}).status_code == 413
    assert desk.asked == []


@pytest.mark.fault("X1")
def test_characters_that_no_database_takes_are_replaced(
    client: TestClient[Any], desk: Desk
) -> None:
    body = b'{"text": "a\\u0000b\\ud83dc\\ufffed\\u0007\\r\\n\\u200d"}'
    assert post(client, body).status_code == 200
    assert desk.asked[0].text == "a\ufffdb\ufffdc\ufffed\ufffd\n\u200d".replace("\ufffe", "\ufffd")


def test_a_text_too_long_is_refused_unless_it_holds_danger(
    client: TestClient[Any], desk: Desk
) -> None:
    assert post(client, {"text": "a" * MAX_TEXT}).status_code == 200
    refused = post(client, {"text": "a" * (MAX_TEXT + 1)})
    assert refused.status_code == 400
    assert str(MAX_TEXT) in refused.json()["detail"]
    longest = post(client, {"text": CRY + "ї" * 100_000})  # six bytes a letter in JSON
    assert longest.json()["kind"] == "danger"
    assert len(json.dumps(CRY + "ї" * 100_000)) < MAX_BODY


def test_over_the_limit_only_danger_is_answered(desk: Desk) -> None:
    desk.per_minute = 2
    with TestClient(desk.application()) as client:
        assert [post(client, {"text": "hi"}).status_code for _ in range(3)] == [200, 200, 429]
        over = post(client, {"text": "hi"})
        assert over.headers["retry-after"] == "60"
        assert set(over.json()) == {"detail"}
        assert post(client, {"text": CRY}).json()["kind"] == "danger"
        desk.now = 61.0
        assert post(client, {"text": "hi"}).status_code == 200


def test_the_limit_is_per_address_and_zero_means_none() -> None:
    limit = AskLimit(1, lambda: 0.0)
    assert [limit.allows("a"), limit.allows("a"), limit.allows("b")] == [True, False, True]
    unlimited = AskLimit(0, lambda: 0.0)
    assert all(unlimited.allows("a") for _ in range(1000))


def test_reading_says_what_is_wrong() -> None:
    with pytest.raises(BadAsk, match="UTF-8"):
        read_ask(b"\xff", LOCALES)
    with pytest.raises(BadAsk, match="nested"):
        read_ask(b"[" * 100_000, LOCALES)
    with pytest.raises(BadAsk, match="locale"):
        read_ask(b'{"text": "hi", "locale": "de"}', LOCALES)


def test_ready_is_503_only_while_the_database_is_away(client: TestClient[Any], desk: Desk) -> None:
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "understanding": "lexical",
        "locales": list(LOCALES),
        "entries": 3,
    }
    desk.is_alive = False
    away = client.get("/health/ready")
    assert away.status_code == 503
    assert away.json()["status"] != "ready"
    assert client.get("/health/live").status_code == 200
