from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.messages import Choice, Origin, SendResult, Sent
from bot.storage import Case, LostClaim, NoSuchCase, SomethingNewer, Store, WaitsFor
from tests.handoff.cast import Cast, ask, deliver_all, hire_all, transcript, turn


async def held(store: Store, **more: Any) -> tuple[Cast, Case]:
    """Petra holds Amina's case."""
    cast = await hire_all(store)
    case = await ask(store, **more)
    return cast, await store.desk.claim(cast.petra, case.number)


async def test_a_reply_goes_out_first_and_stands_in_the_transcript(store: Store) -> None:
    cast, case = await held(store)
    choices = (Choice("Так", "r:safe-1:1"),)
    origin = Origin("safe-1", "phrase", "uk")
    seq = await store.desk.reply(
        cast.petra, case.number, case.fence, "Ви в безпеці?", 1, "k", choices, origin
    )
    line = (await transcript(store))[-1]
    assert (line.seq, line.author, line.text) == (seq, "counsellor", "Ви в безпеці?")
    assert (line.choices, line.entry, line.locale, line.state) == (
        choices,
        "safe-1",
        "uk",
        "pending",
    )
    assert await deliver_all(store) == ["Ви в безпеці?"]


@pytest.mark.parametrize("channel", ["web", "terminal"])
async def test_a_channel_that_fetches_its_lines_gets_nothing_pushed(
    store: Store, channel: str
) -> None:
    cast, case = await held(store, channel=channel, bot="")
    await store.desk.reply(cast.petra, case.number, case.fence, "hello", 1, "k")
    assert await store.due(10, [channel]) == []
    lines = await transcript(store, channel=channel, bot="")
    assert [line.text for line in lines] == ["I need a person", "hello"]


async def test_the_holder_reads_first_what_came_meanwhile(store: Store) -> None:
    cast, case = await held(store)
    await turn(store, "wait, it is worse")
    with pytest.raises(SomethingNewer) as newer:
        await store.desk.reply(cast.petra, case.number, case.fence, "all fine then", 1, "k")
    assert [line.text for line in newer.value.lines] == ["wait, it is worse"]
    assert await deliver_all(store) == []
    seen = newer.value.lines[-1].seq
    await store.desk.reply(cast.petra, case.number, case.fence, "I see", seen, "k")
    assert await deliver_all(store) == ["I see"]


@pytest.mark.fault("C4")
async def test_the_same_form_sent_twice_is_one_message(store: Store) -> None:
    cast, case = await held(store)
    reply = (cast.petra, case.number, case.fence, "hello", 1, "one-form")
    first, second = await asyncio.gather(store.desk.reply(*reply), store.desk.reply(*reply))
    assert first == second
    await turn(store, "an answer")
    # The back button sends it again, when something newer is there.
    assert await store.desk.reply(*reply) == first
    assert await deliver_all(store) == ["hello"]
    kinds = [event.kind for event in await store.desk.changes(cast.petra, 0)]
    assert kinds == ["requested", "claimed", "replied", "person_wrote"]


@pytest.mark.fault("C4")
async def test_a_form_is_known_again_after_the_claim_is_gone(store: Store) -> None:
    cast, case = await held(store)
    reply = (cast.petra, case.number, case.fence, "hello", 1, "one-form")
    seq = await store.desk.reply(*reply)
    await store.desk.close(cast.petra, case.number, case.fence, "answered")
    assert await store.desk.reply(*reply) == seq
    with pytest.raises(LostClaim):
        await store.desk.reply(cast.petra, case.number, case.fence, "more", 9, "other")
    assert await deliver_all(store) == ["hello"]


@pytest.mark.fault("C4")
async def test_a_note_or_a_closing_sent_twice_is_one(store: Store) -> None:
    cast, case = await held(store)
    note = (cast.petra, case.number, case.fence, "calls tomorrow", "n")
    assert await store.desk.note(*note) == await store.desk.note(*note)
    opened = await store.desk.open_case(cast.petra, case.number)
    assert [(n.by_shown_as, n.text) for n in opened.notes] == [("Petra", "calls tomorrow")]
    first = await store.desk.close(cast.petra, case.number, case.fence, "answered")
    assert await store.desk.close(cast.petra, case.number, case.fence, "other") == first
    assert first.outcome == "answered"


async def test_a_note_never_reaches_the_person(store: Store) -> None:
    cast, case = await held(store)
    await store.desk.note(cast.petra, case.number, case.fence, "only for us", "n")
    assert [line.text for line in await transcript(store)] == ["I need a person"]
    assert await deliver_all(store) == []


async def test_who_does_not_hold_it_writes_nothing(store: Store) -> None:
    cast, case = await held(store)
    for staff, refused in ((cast.jonas, LostClaim), (cast.anna, NoSuchCase)):
        with pytest.raises(refused):
            await store.desk.reply(staff, case.number, case.fence, "me too", 1, "k")
        with pytest.raises(refused):
            await store.desk.close(staff, case.number, case.fence, "answered")
    for fence in (0, case.fence + 1, 2**70, -(2**70)):
        with pytest.raises(LostClaim):
            await store.desk.reply(cast.petra, case.number, fence, "late", 1, "k")
    assert await deliver_all(store) == []


@pytest.mark.parametrize(("text", "key"), [("", "k"), (" \n", "k"), ("hi", ""), ("hi", "k" * 65)])
async def test_a_reply_without_words_or_key_is_refused(store: Store, text: str, key: str) -> None:
    cast, case = await held(store)
    with pytest.raises(ValueError):
        await store.desk.reply(cast.petra, case.number, case.fence, text, 1, key)


async def test_someone_who_blocked_the_bot_is_shown_as_not_reached(store: Store) -> None:
    cast, case = await held(store)
    await turn(store, "", kind="left", changes={"blocked": True})
    await store.desk.reply(cast.petra, case.number, case.fence, "hello", 2, "k")
    assert (await transcript(store))[-1].state == "undeliverable"
    assert await deliver_all(store) == []


async def test_what_may_not_have_arrived_is_sent_again_on_demand(store: Store) -> None:
    cast, case = await held(store)
    seq = await store.desk.reply(cast.petra, case.number, case.fence, "hello", 1, "k")
    assert not await store.desk.resend(cast.petra, case.number, case.fence, seq)
    for _ in range(2):
        row = (await store.due(1, ["telegram"]))[0]
        await store.take([row.outbox_id])
        await store.settle(row, Sent(SendResult.UNCERTAIN), timedelta(0))
    assert (await transcript(store))[-1].state == "uncertain"
    assert await store.desk.resend(cast.petra, case.number, case.fence, seq)
    assert await deliver_all(store) == ["hello"]
    assert not await store.desk.resend(cast.petra, case.number, case.fence, 2**40)


async def test_an_answered_case_says_what_it_waits_for(store: Store) -> None:
    cast, case = await held(store)
    await store.desk.reply(cast.petra, case.number, case.fence, "which city?", 1, "k")
    waits = await store.desk.set_wait(
        cast.petra, case.number, case.fence, WaitsFor.PERSON, case.requested_at, cast.jonas.id
    )
    assert (waits.waits_for, waits.cover_shown_as) == (WaitsFor.PERSON, "Jonas")
    assert waits.due_at == case.requested_at
    saved = await turn(store, "Iasi")
    assert saved.case is not None and saved.case.waits_for is WaitsFor.NOTHING


async def test_first_answers_are_measured_once(store: Store) -> None:
    cast, case = await held(store)
    await store.desk.reply(cast.petra, case.number, case.fence, "one", 1, "k1")
    first = (await store.desk.case(cast.petra, case.number)).first_answer_at
    await store.desk.reply(cast.petra, case.number, case.fence, "two", 1, "k2")
    again = await store.desk.case(cast.petra, case.number)
    assert again.first_answer_at == first and again.answered_at != first
