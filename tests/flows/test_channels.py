"""A whole flow where people really are: on Telegram, and on the page without a script."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from tests.fakes.bot_api import TOKEN, BotApi, Person
from tests.running import running, settings_for

pytestmark = pytest.mark.xdist_group("one service")

FLOW = "job-offer-check"
WAIT_S = 30.0  # a busy machine


async def test_a_whole_flow_on_telegram(tmp_path: Path) -> None:
    async with BotApi() as api:
        settings = settings_for(tmp_path, telegram_token=TOKEN, telegram_api_url=api.url)
        service = running(settings)
        await asyncio.to_thread(service.__enter__)
        try:
            amina = api.person("Amina", language="en")
            amina.sends(f"/start en_{FLOW}")
            await amina.hears(3, WAIT_S)  # welcome, what comes, the first question
            said = await _answered(amina)
        finally:
            await asyncio.to_thread(service.__exit__, None, None, None)
    assert "few warning signs" in said


async def _answered(amina: Person) -> str:
    """Press "no" wherever it is good; the text of the outcome."""
    for _ in range(30):
        amina.presses(_good(_data(amina)))
        [line] = await amina.hears(1, WAIT_S)
        if not line.text.startswith("Question "):
            return line.text
    raise AssertionError("it never ends")


def _data(amina: Person) -> list[str]:
    """What the buttons of the last message carry."""
    markup = [m for m in amina.chat.messages if m.by_bot][-1].raw.get("reply_markup", {})
    rows = markup.get("inline_keyboard", [])
    return [shown.get("callback_data", "") for row in rows for shown in row]


def _good(actions: list[str]) -> str:
    """The answer to the last question that is no warning sign."""
    asked = [action.split(":")[2] for action in actions if action.count(":") == 3][-1]
    option = {"contract": "yes", "where": "ro", "register": "yes"}.get(asked, "no")
    return f"a:{FLOW}:{asked}:{option}"


def test_a_whole_flow_on_the_page_without_a_script(tmp_path: Path) -> None:
    with (
        running(settings_for(tmp_path, ask_rate=0)) as found,
        httpx.Client(base_url=found.url, trust_env=False, timeout=30) as client,
    ):
        flow = found.service.knowledge.snapshot.flows[FLOW]
        page = client.get(f"/?lang=en&country=ro&flow={FLOW}").text
        page = _press(client, page, f"f:{FLOW}")
        for _ in flow.questions:
            actions = re.findall(rf'name="action" value="(a:{FLOW}:[a-z-]+:[a-z-]+)"', page)
            page = _press(client, page, _good(actions))
            if "few warning signs" in page:
                break
    assert "few warning signs" in page
    assert "I have forgotten your answers now." in page


def _press(client: httpx.Client, page: str, action: str) -> str:
    fields = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]  # type: ignore[index]
        for name in ("token", "id", "lang", "country")
    }
    headers = {"origin": str(client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    answer = client.post("/chat", data=fields | {"action": action, "text": ""}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text
