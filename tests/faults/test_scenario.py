"""The whole path through Telegram, killed after every step, and nothing missing or doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from tests.fakes.bot_api import BotApi, Person, Seen
from tests.fakes.bot_api_methods import MINIMAL
from tests.faults.service import Service, until

pytestmark = pytest.mark.slow

STEPS: tuple[tuple[str, Callable[[Person], object]], ...] = (
    ("/start", lambda person: person.sends("/start")),
    ("language", lambda person: person.presses("English")),
    ("question", lambda person: person.sends("what is the minimum wage")),
    ("country", lambda person: person.presses("Romania")),
    ("button", lambda person: person.presses(entry_button(person))),
    ("second question", lambda person: person.sends("how many hours may i work")),
    ("/forget", lambda person: person.sends("/forget")),
)


def entry_button(person: Person) -> str:
    """A button under the answer that leads to another one."""
    for message in reversed(person.chat.messages):
        for row in message.raw.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if button.get("callback_data", "").startswith("e:"):
                    return str(button["callback_data"])
    raise AssertionError(f"no answer has a button: {person.bot_lines}")


@pytest.fixture(params=["all methods", "four methods"])
async def api(request: pytest.FixtureRequest) -> AsyncIterator[BotApi]:
    minimal = request.param == "four methods"
    async with BotApi(minimal=minimal, webhook_pause_s=0.2) as found:
        yield found


async def undisturbed(service: Service, person: Person) -> list[list[str]]:
    heard = []
    for _, act in STEPS:
        act(person)
        heard.append([line.text for line in await new_lines(service, person)])
    return heard


async def new_lines(service: Service, person: Person) -> list[Seen]:
    """What the bot has said since the last time somebody listened, all of it."""
    await service.settled()
    count = len(person.bot_lines) - person._heard
    return await person.hears(count)


async def check_scenario(service: Service) -> None:
    api = service.api
    amina, oleh = api.person("Amina", number=900_001), api.person("Oleh", number=900_002)
    await service.start()
    expected = await undisturbed(service, amina)
    assert all(expected), "a step without a reply"
    assert "minimum wage" in " ".join(expected[3]).lower()
    for (name, act), texts in zip(STEPS, expected, strict=True):
        act(oleh)
        await until(lambda: not api.state.waiting(), f"{name} acknowledged")
        await service.kill()
        await service.start()
        lines = await new_lines(service, oleh)
        excused = {line.text for line in lines if line.id in api.unheard}
        once = [line.text for n, line in enumerate(lines) if is_first(lines, n, excused)]
        assert once == texts, name
    async with service.disk() as disk:
        for person in (amina, oleh):
            assert not [line for line in await disk.lines(person) if line.author == "person"]
        sizes = await disk.rows("SELECT state, count(*) AS n FROM inbox GROUP BY state")
    assert {row["state"]: row["n"] for row in sizes} == {"done": 2 * len(STEPS)}
    unknown = {call.method.lower() for call in api.calls if call.status == 404}
    assert bool(unknown) == api.minimal and not unknown & MINIMAL


def is_first(lines: list[Seen], number: int, excused: set[str]) -> bool:
    """Not a repeat whose first answer was lost in a kill."""
    before = [line.text for line in lines[:number]]
    return lines[number].text not in before or lines[number].text not in excused


async def test_the_whole_path_survives_a_kill_after_each_step(either_way: Service) -> None:
    if either_way.api.minimal and either_way.database_url:
        pytest.skip("what a server knows has nothing to do with our database")
    await check_scenario(either_way)
