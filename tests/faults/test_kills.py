"""Killed at the worst moments: acknowledged means stored, and no event has two effects."""

from __future__ import annotations

import pytest

from bot.storage.outbox import INTERRUPTIONS
from tests.fakes.bot_api import BotApi, Person
from tests.faults.service import Service, until

pytestmark = pytest.mark.slow


async def check_one_effect(service: Service, amina: Person, texts: list[str]) -> None:
    await service.settled()
    async with service.disk() as disk:
        lines = await disk.lines(amina)
        assert [line.text for line in lines if line.author == "person"] == texts
        bot_lines = [line for line in lines if line.author == "bot"]
        assert bot_lines and all(line.state == "sent" for line in bot_lines)
        assert len(amina.bot_lines) == len(bot_lines)
        assert await disk.count("SELECT count(*) FROM inbox") == len(texts)


@pytest.mark.fault("K1")
async def test_killed_before_the_inbox_commit(
    either_way: Service, api: BotApi, amina: Person
) -> None:
    service = either_way
    service.spawn("dies before the inbox commit")
    amina.sends("/help once")
    assert await service.ended() == -9
    assert not api.webhooks.delivered and len(api.state.waiting()) == 1
    async with service.disk() as disk:
        assert not await disk.stored_events()
    await service.start()
    await check_one_effect(service, amina, ["once"])


@pytest.mark.fault("K2")
async def test_killed_between_the_commit_and_the_acknowledgement(
    either_way: Service, api: BotApi, amina: Person
) -> None:
    service = either_way
    service.spawn("dies after the inbox commit")
    amina.sends("/help once")
    assert await service.ended() == -9
    assert not api.webhooks.delivered and len(api.state.waiting()) == 1
    async with service.disk() as disk:
        before = await disk.stored_events()
        assert len(before) == 1
    await service.start()
    await check_one_effect(service, amina, ["once"])
    async with service.disk() as disk:
        assert await disk.stored_events() == before


@pytest.mark.fault("K3")
async def test_killed_after_the_acknowledgement_before_the_turn(
    either_way: Service, api: BotApi, amina: Person
) -> None:
    service = either_way
    await service.start("hangs before the turn")
    amina.sends("/help once")
    await until(lambda: not api.state.waiting(), "acknowledged")
    await service.kill()
    await service.start()
    await amina.hears(1, timeout_s=10)
    await check_one_effect(service, amina, ["once"])


@pytest.mark.fault("K3")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_around_the_commit_of_the_turn(
    service: Service, api: BotApi, amina: Person, moment: str
) -> None:
    service.spawn(f"dies {moment} the turn's commit")
    amina.sends("/help once")
    assert await service.ended() == -9
    async with service.disk() as disk:
        assert bool(await disk.lines(amina)) == (moment == "after")
    await service.start()
    await check_one_effect(service, amina, ["once"])


@pytest.mark.fault("K8")
async def test_killed_before_telegram_accepts_a_reply(
    service: Service, api: BotApi, amina: Person
) -> None:
    service.spawn("dies before sending")
    amina.sends("/help once")
    assert await service.ended() == -9
    async with service.disk() as disk:
        [row] = await disk.rows("SELECT DISTINCT state FROM outbox WHERE attempts > 0")
        assert row["state"] == "sending" and not amina.bot_lines
    await service.start()
    await check_one_effect(service, amina, ["once"])


@pytest.mark.fault("K9")
async def test_killed_after_telegram_accepted_a_reply(
    service: Service, api: BotApi, amina: Person
) -> None:
    service.spawn("dies after sending")
    amina.sends("/help once")
    assert await service.ended() == -9
    [first] = amina.bot_lines
    async with service.disk() as disk:
        assert not await disk.count("SELECT count(*) FROM outbox WHERE state = 'sent'")
    await service.start()
    await service.settled()
    async with service.disk() as disk:
        lines = [line for line in await disk.lines(amina) if line.author == "bot"]
        assert {line.state for line in lines} == {"sent"}
    again = [line for line in amina.bot_lines if line.text == first.text]
    assert len(again) == 2 and len(amina.bot_lines) == len(lines) + 1
    assert first.id in api.unheard


@pytest.mark.fault("K9")
async def test_a_reply_that_kills_its_sender_again_and_again_is_never_called_sent(
    on_sqlite: Service, api: BotApi, amina: Person
) -> None:
    for _ in range(1 + INTERRUPTIONS):
        on_sqlite.spawn("dies before sending")
        if not api.state.updates:
            amina.sends("/help once")
        assert await on_sqlite.ended() == -9
    await on_sqlite.start()
    await on_sqlite.settled()
    async with on_sqlite.disk() as disk:
        states = [line.state for line in await disk.lines(amina) if line.author == "bot"]
    assert states[0] == "uncertain" and set(states[1:]) <= {"sent"}


@pytest.mark.fault("K11")
async def test_stopping_under_load_takes_nothing_more_and_loses_nothing(
    either_way: Service, api: BotApi
) -> None:
    service = await either_way.start()
    people = [api.person(f"P{n}", number=900_000 + n) for n in range(40)]
    for number in range(5):
        for person in people:
            person.sends(f"/help q{number}")
    await until(lambda: len(api.called("sendMessage")) > 20, "replies on their way")
    assert await service.terminate() == 0
    async with service.disk() as disk:
        assert not await disk.count("SELECT count(*) FROM outbox WHERE state = 'sending'")
    sent_before = len(api.called("sendMessage"))
    await service.start()
    await service.settled(60)
    assert len(api.called("sendMessage")) > sent_before
    async with service.disk() as disk:
        for person in people:
            assert await disk.said(person) == [f"q{n}" for n in range(5)]
            expected = [line for line in await disk.lines(person) if line.author == "bot"]
            assert len(person.bot_lines) == len(expected)
