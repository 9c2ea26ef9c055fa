"""The NLU server refused, slow, or talking nonsense: people are answered all the same."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator

import pytest

from tests.fakes.bot_api import BotApi, Person
from tests.fakes.nlu import FakeNlu
from tests.faults.service import Service, until

pytestmark = pytest.mark.slow

QUESTION = "what is the minimum wage in romania"
DANGER = "they lock us in and took my passport"


@pytest.fixture
async def nlu() -> AsyncIterator[FakeNlu]:
    fake = FakeNlu()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def service(on_sqlite: Service, nlu: FakeNlu) -> Service:
    on_sqlite.env["PUNTE_NLU"] = f"{nlu.address.url}?token={nlu.token}"
    return await on_sqlite.start()


async def understands_by(service: Service, name: str, timeout_s: float) -> None:
    async def does() -> bool:
        ready = (await service.http.get("/health/ready")).json()
        return bool(ready["understanding"] == name)

    await until(does, name, timeout_s)


_newcomers = itertools.count(910_000)


async def answers_within_3_s(service: Service, text: str) -> str:
    """The first reply to somebody new: nobody waits for the pace of an older chat."""
    person = service.api.person("Newcomer", number=next(_newcomers))
    began = time.monotonic()
    person.sends(text)
    [first] = await person.hears(1, timeout_s=10)
    assert time.monotonic() - began < 3
    return first.text


@pytest.mark.fault("N1")
@pytest.mark.parametrize("trouble", ["refused", "slow", "drip", "hangup"])
async def test_answers_go_on_while_the_server_is_away(
    service: Service, nlu: FakeNlu, trouble: str
) -> None:
    await understands_by(service, "rasa", 10)
    if trouble == "refused":
        await nlu.stop()
    else:
        nlu.illness = trouble
    for _ in range(6):
        assert await answers_within_3_s(service, QUESTION)
    await understands_by(service, "lexical", 30)
    assert await answers_within_3_s(service, QUESTION)
    if trouble == "refused":
        await nlu.start()
    nlu.illness = ""
    await understands_by(service, "rasa", 10)
    asked = len(nlu.asked)
    assert await answers_within_3_s(service, QUESTION)
    assert QUESTION in nlu.asked[asked:]


@pytest.mark.fault("N2")
@pytest.mark.parametrize(
    "illness",
    ["500", "html", "empty", "bad-json", "nan", "sure", "unknown", "huge", "409"],
)
async def test_nonsense_is_not_believed(service: Service, nlu: FakeNlu, illness: str) -> None:
    await understands_by(service, "rasa", 10)
    nlu.illness = illness
    assert await answers_within_3_s(service, f"canary-n2 {QUESTION}")
    assert await answers_within_3_s(service, f"canary-n2 {QUESTION}")
    nlu.illness = ""
    await understands_by(service, "rasa", 10)
    assert "nlu failed" in {line.get("event") for line in service.log_lines()}
    assert "canary-n2" not in service.log.read_text()


@pytest.mark.fault("N3")
async def test_cues_win_over_a_server_that_says_greeting(service: Service, nlu: FakeNlu) -> None:
    await understands_by(service, "rasa", 10)
    nlu.rankings[DANGER] = {"greeting": 0.99}
    card = await answers_within_3_s(service, DANGER)
    await nlu.stop()
    assert await answers_within_3_s(service, DANGER) == card
    async with service.disk() as disk:
        assert not await disk.count("SELECT count(*) FROM outbox WHERE lane <> 0")


@pytest.mark.fault("N3")
async def test_danger_is_answered_before_the_server_has_ever_been_there(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    on_sqlite.env["PUNTE_NLU"] = "http://127.0.0.1:9"
    await on_sqlite.start()
    amina.sends(DANGER)
    lines = await amina.hears(2)
    assert "112" in " ".join(line.text for line in lines)
