"""What people write leaves no trace outside the encrypted store, whatever goes wrong."""

from __future__ import annotations

import json
import re

import pytest

from tests.fakes.bot_api import BotApi
from tests.faults.service import Service, until

pytestmark = pytest.mark.slow

CANARY = "kanarek7391"
FORGED = f'{CANARY}\n{{"level": "error", "event": "forged"}}\x1b[31m'


async def write_everywhere(service: Service, api: BotApi) -> None:
    amina = api.person(f"Amina {CANARY}", number=739_100_001)
    amina.sends(f"/help {CANARY}")
    amina.sends(f"{CANARY} минимальная зарплата {FORGED}")
    amina.sends("/start " + CANARY)
    message = api.state.updates[-1]["message"]
    press = {"id": "1", "from": amina.user, "chat_instance": "-1", "message": message}
    odd = ({"callback_query": press | {"data": CANARY}}, {"message": {"text": CANARY, "chat": []}})
    for content in odd:
        api.push({"update_id": api.state.next_update_id, **content})
        api.state.next_update_id += 1
    page = (await service.http.get(f"/?lang={CANARY}")).text
    [token] = re.findall(r'name="token"\s+value="([^"]+)"', page)[:1]
    form = {"token": token, "id": "a-browsers-own-id", "text": f"{FORGED} web", "lang": "en"}
    await service.http.post("/chat", data=form)
    await service.http.post("/api/v1/ask", json={"text": FORGED})
    for body in (f'{{"text": "{CANARY}', f'["{CANARY}"]'):
        headers = {"content-type": "application/json"}
        assert (
            await service.http.post("/api/v1/ask", content=body, headers=headers)
        ).status_code == 400
    assert (await service.http.get(f"/{CANARY}")).status_code == 404


async def check_no_trace(service: Service) -> None:
    metrics = (await service.http.get("/metrics")).text
    assert CANARY not in metrics and "739100001" not in metrics
    assert await service.terminate() == 0
    for path in (path for path in service.folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert CANARY.encode() not in content, path.name
        if path.suffix == ".log":
            assert b"739100001" not in content and service.api.token.encode() not in content
    lines = service.log.read_text().splitlines()
    assert lines and all(json.loads(line)["level"] for line in lines)
    assert "forged" not in service.log.read_text()


@pytest.mark.fault("P1")
@pytest.mark.fault("X10")
async def test_with_every_library_at_debug_and_telegram_answering_nonsense(
    service: Service, api: BotApi
) -> None:
    await service.start("logs everything")
    for kind in ("garbage", "html", "reset", "cut"):
        api.breaks("sendMessage", kind)
    await write_everywhere(service, api)
    await service.settled(60)
    await check_no_trace(service)


@pytest.mark.fault("P1")
@pytest.mark.parametrize("fault", ["breaks every turn", "violates a constraint"])
async def test_while_every_turn_fails(service: Service, api: BotApi, fault: str) -> None:
    await service.start(f"logs everything, {fault}")
    await write_everywhere(service, api)

    async def has_given_up() -> bool:
        return any(line.get("event") == "turn failed" for line in service.log_lines())

    await until(has_given_up, "a turn that failed")
    await check_no_trace(service)


@pytest.mark.fault("P1")
async def test_the_database_holds_nothing_in_clear(service: Service, api: BotApi) -> None:
    await service.start()
    await write_everywhere(service, api)
    await service.settled(60)
    async with service.disk() as disk:
        for table in ("inbox", "contact", "conversation", "session", "message", "outbox"):
            for row in await disk.rows(f"SELECT * FROM {table}"):
                shown = b" ".join(
                    value if isinstance(value, bytes) else str(value).encode()
                    for value in row.values()
                )
                assert CANARY.encode() not in shown and b"739100001" not in shown, table
