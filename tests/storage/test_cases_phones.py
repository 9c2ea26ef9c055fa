"""A conversation changes its place: all of it or nothing, once, and what time does to the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from bot.storage import (
    Arrival,
    CaseState,
    NewCode,
    Outcome,
    Pending,
    Person,
    PutAside,
    Store,
    TurnConflict,
    UseCode,
)
from tests.handoff.cast import ask, deliver_all, hire_all, told, transcript
from tests.people import says

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
CODE = "0512345678"
USE = UseCode(CODE, told("went on"))
LONG = NewCode(CODE, timedelta(days=30))


async def begin(store: Store, person: str, words: str = "x", **more: Any) -> tuple[Pending, Person]:
    (receipt,) = await store.accept([Arrival(says(words, person, **more))])
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    return pending, await store.load(pending)


async def end(store: Store, begun: tuple[Pending, Person], **more: Any) -> Person:
    pending, before = begun
    return await store.finish(pending, before, Outcome(before, **more))


async def give_code(store: Store, person: str = "amina", code: NewCode = LONG) -> None:
    await end(store, await begin(store, person), code=code)


async def count(store: Store, table: str) -> int:
    query = text(f"SELECT count(*) FROM {table}")
    return int(await store._db.read(lambda db: db.scalar(query)) or 0)


async def test_of_two_with_one_code_one_gets_in(store: Store) -> None:
    await hire_all(store)
    await ask(store)
    await give_code(store)
    first, second = await begin(store, "lan"), await begin(store, "oleh")
    assert (await end(store, first, move=USE)).case is not None
    with pytest.raises(TurnConflict):
        await end(store, second, move=USE)
    # Nothing of it was stored, and the turn can be taken again.
    again = await store.next_pending(store.person_hash("telegram", "1", "oleh"))
    assert again is not None
    assert (await store.load(again)).version == 0


async def test_a_turn_that_was_under_way_at_the_old_place_is_decided_again(store: Store) -> None:
    await hire_all(store)
    await ask(store)
    await give_code(store)
    late = await begin(store, "amina", "meant for the old chat")
    await end(store, await begin(store, "lan"), move=USE)
    with pytest.raises(TurnConflict):
        await end(store, late)
    now = await store.load(late[0])
    assert now.case is None and now.conversation_id != late[1].conversation_id


@pytest.mark.parametrize("what", ["claim", "reply", "close"])
async def test_what_the_desk_did_meanwhile_goes_along(store: Store, what: str) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await give_code(store)
    entering = await begin(store, "lan")
    claimed = await store.desk.claim(cast.petra, case.number, told("joined"))
    if what == "reply":
        await store.desk.reply(cast.petra, case.number, claimed.fence, "answer", 99, "k")
    if what == "close":
        await store.desk.close(cast.petra, case.number, claimed.fence, "answered", told("closed"))
    moved = await end(store, entering, move=USE)
    assert moved.case is not None and moved.case.number == case.number
    wanted = CaseState.CLOSED if what == "close" else CaseState.CLAIMED
    assert moved.case.state is wanted
    out = await store.due(20, ["telegram"])
    assert {row.address for row in out} == {"chat-lan", "chat-amina"}
    for row in out:  # the old place hears one line
        assert (row.address == "chat-amina") == row.reply.text.startswith("went on")


async def test_a_phone_that_is_lent_keeps_the_chat_until_its_code_ends(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        await hire_all(store)
        await ask(store, "amina")
        await ask(store, "lan")
        for person in ("amina", "lan", "oleh"):
            await give_code(store, person, NewCode(f"05{len(person):08d}", timedelta(days=30)))
            await end(store, await begin(store, person), move=PutAside())
        assert await count(store, "contact_aside") == 3
        clock.shift(timedelta(days=32))
        await store.sweep()
        # Oleh had no question open; the two others wait for a counsellor, and stay.
        assert await count(store, "contact_aside") == 2
        assert await count(store, "resume_code") == 0


async def test_data_protection_finds_who_lent_their_phone(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await end(store, await begin(store, "amina"), move=PutAside())
    await end(store, await begin(store, "amina", "somebody else"))
    assert await store.desk.erase(cast.dora, case.number)
    assert await count(store, "contact_aside") == 0
    assert [line.text for line in await transcript(store)] == ["x", "somebody else"]


async def test_wrong_codes_are_forgotten_with_the_hour(store: Store) -> None:
    from bot.storage import CodeTrouble, WrongCode

    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            await end(store, await begin(store, "amina"), move=WrongCode())
        _, amina = await begin(store, "amina")
        assert await store.desk.find_code(amina, CODE) is CodeTrouble.TOO_MANY
        clock.shift(3601)
        await store.sweep()
        assert await count(store, "resume_try") == 0
        assert await store.desk.find_code(amina, CODE) is CodeTrouble.WRONG


async def test_from_a_page_to_a_page_numbers_only_grow(store: Store) -> None:
    """A page asks for what comes after the last number it has shown."""
    cast = await hire_all(store)
    case = await ask(store, "amina", channel="web", bot="")
    await end(store, await begin(store, "amina", channel="web", bot=""), code=LONG)
    claimed = await store.desk.claim(cast.petra, case.number)
    for number in range(12):
        await end(store, await begin(store, "lan", f"l{number}", channel="web", bot=""))
    shown = (await transcript(store, "lan", channel="web", bot=""))[-1].seq
    await store.desk.reply(cast.petra, case.number, claimed.fence, "unread", 99, "k")
    moved = await end(store, await begin(store, "lan", CODE, channel="web", bot=""), move=USE)
    person = store.person_hash("web", "", "lan")
    new = await store.transcript(person, shown)
    assert [line.text for line in new] == ["unread", CODE]
    assert moved.last_seq == new[-1].seq
    # The whole of the page, drawn anew, shows nothing from before either.
    assert await store.transcript(person) == new
    opened = await store.desk.open_case(cast.petra, case.number)
    assert [line.seq for line in opened.lines] == sorted({line.seq for line in opened.lines})
    assert await deliver_all(store) == []
