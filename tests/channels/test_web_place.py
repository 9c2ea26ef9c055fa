"""A place from the browser: only two decimals of it, and only as a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from bot.channels.web_page import read_assets
from bot.channels.web_token import issue_token
from bot.messages import Kind
from tests.browser.web_fake import KEY, FakeService, application


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient[Any]]:
    with TestClient(application(service), raise_server_exceptions=False) as client:
        yield client


def send(client: TestClient[Any], **message: Any) -> int:
    message = {"id": "message-1", "locale": "en"} | message
    headers = {"X-Punte-Token": issue_token(KEY)}
    return client.post("/chat/messages", json=message, headers=headers).status_code


def test_a_place_is_taken(client: TestClient[Any], service: FakeService) -> None:
    assert send(client, place="46.31,25.83") == 200
    (inbound,) = service.accepted
    assert (inbound.kind, inbound.place) == (Kind.LOCATION, "46.31,25.83")
    assert inbound.text == inbound.action == ""


@pytest.mark.parametrize("place", ["46.3121,25.83", "here", "99,20", "46.31", "1,2\n3"])
def test_a_finer_place_or_none_is_refused(
    client: TestClient[Any], service: FakeService, place: str
) -> None:
    assert send(client, place=place) == 400
    assert service.accepted == []


def test_a_place_beside_a_button_is_dropped(client: TestClient[Any], service: FakeService) -> None:
    assert send(client, action="m:0", place="46.31,25.83") == 200
    assert service.accepted[0].place == ""


def test_the_script_asks_only_when_pressed_rounds_and_keeps_nothing() -> None:
    script = read_assets()["punte.js"].body.decode()
    assert script.count("getCurrentPosition") == 1 and "watchPosition" not in script
    assert script.count("toFixed(2)") == 2
    assert 'key === "place" ? undefined : value' in script
