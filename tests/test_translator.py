from __future__ import annotations

import json

import httpx
import pytest

from bot import translator
from bot.translator import Translator


class Server:
    """Stands in for LibreTranslate: the same addresses, fields and refusals."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: httpx.Response | Exception | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/translate")
        asked = json.loads(request.content)
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        detected = {"confidence": 90, "language": "ar"}
        text = f"{asked['target']}: {asked['q']}"
        return httpx.Response(200, json={"translatedText": text, "detectedLanguage": detected})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def translate(server: Server) -> Translator:
    client = httpx.AsyncClient(transport=httpx.MockTransport(server))
    return Translator("http://translate.example/", "a-key", client)


async def test_a_text_is_asked_for_once(translate: Translator, server: Server) -> None:
    assert await translate("أحتاج مساعدة", "ro") == "ro: أحتاج مساعدة"
    assert await translate("أحتاج مساعدة", "ro") == "ro: أحتاج مساعدة"
    assert len(server.asked) == 1
    assert server.asked[0] == {
        "q": "أحتاج مساعدة",
        "source": "auto",
        "target": "ro",
        "format": "text",
        "api_key": "a-key",
    }


async def test_what_stays_the_same_is_no_translation(translate: Translator, server: Server) -> None:
    server.answer = httpx.Response(200, json={"translatedText": "hello"})
    assert await translate("hello", "en") == ""


async def test_a_long_text_is_cut(translate: Translator, server: Server) -> None:
    await translate("a" * 100_000, "ro")
    assert len(server.asked[0]["q"]) == translator.MAX_TEXT


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"translatedText": None}),
        httpx.Response(200, json=["no"]),
        httpx.Response(200, content=b"x" * 100_000),
        httpx.Response(400, json={"error": "si is not supported"}),
    ],
)
async def test_a_server_that_fails_is_no_harm(
    translate: Translator, server: Server, answer: httpx.Response | Exception
) -> None:
    server.answer = answer
    assert await translate("mujhe madad chahiye", "ro") == ""


async def test_after_a_failure_nobody_waits_for_it(translate: Translator, server: Server) -> None:
    server.answer = httpx.ConnectError("refused")
    assert await translate("one", "ro") == ""
    assert await translate("two", "ro") == ""
    assert len(server.asked) == 1


async def test_nothing_that_people_wrote_is_logged(
    translate: Translator, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = httpx.ConnectError("canary-4711 could not be sent")
    await translate("canary-4711", "ro")
    assert "no translation" in caplog.text
    assert "canary-4711" not in caplog.text
