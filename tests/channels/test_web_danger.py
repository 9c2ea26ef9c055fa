"""A danger card on the page without its script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient

from bot.channels.web_token import issue_token, verify_token
from bot.messages import Choice
from tests.browser.web_fake import KEY, FakeService, application

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient[Any]]:
    with TestClient(application(service), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_number_is_called_and_opens_no_page(
    client: TestClient[Any], service: FakeService, locale: str
) -> None:
    token = issue_token(KEY)
    person = verify_token(KEY, token)
    assert person
    call = Choice("\u2066+36 80 205 520\u2069", url="tel:+3680205520", copy="+3680205520")
    service.add(
        person, "bot", "112", locale=locale, choices=(call, Choice("I can write", "w:held"))
    )
    fields = urlencode({"id": "message-2", "lang": locale, "token": token, "refresh": "1"})
    answer = client.post("/chat", content=fields, headers=FORM, follow_redirects=False)
    [link] = re.findall(r'<a class="choice call"[^>]*>.*?</a>', answer.text, re.DOTALL)
    assert 'href="tel:+3680205520"' in link and "target" not in link
    assert "+36 80 205 520" in link and 'dir="ltr"' in link
    assert 'value="w:held"' in answer.text
    assert 'action="/leave"' in answer.text
