from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.messages import Choice, Lane, Origin, Reply, SendResult, Sent
from bot.storage import Arrival, Outcome, Pending, Person, Store, TurnAlreadyDone, TurnConflict
from tests.people import commands, says

CANARY = "c4n4ry-words-nobody-may-find"


async def pending_of(store: Store, words: str = "hello", **more: object) -> Pending:
    await store.accept([Arrival(says(words, **more))])  # type: ignore[arg-type]
    pending = await store.next_pending(store.person_hash("telegram", "1", "amina"))
    assert pending is not None
    return pending


async def turn(store: Store, words: str = "hello", reply: str = "hi", **changes: object) -> Person:
    pending = await pending_of(store, words)
    person = await store.load(pending)
    after = replace(person, **changes)  # type: ignore[arg-type]
    return await store.finish(pending, person, Outcome(after, (Reply(reply),)))


async def test_what_a_turn_changes_is_there_in_the_next(store: Store) -> None:
    await turn(store, locale="uk", country="ro", consent="yes", session='{"fallbacks":1}')
    again = await store.load(await pending_of(store, "second"))
    assert (again.locale, again.country, again.consent) == ("uk", "ro", "yes")
    assert again.session == '{"fallbacks":1}'
    assert (again.last_seq, again.version) == (2, 1)


async def test_a_second_turn_on_the_same_event_changes_nothing(store: Store) -> None:
    pending = await pending_of(store)
    person = await store.load(pending)
    await store.finish(pending, person, Outcome(person, (Reply("hi"),)))
    with pytest.raises(TurnAlreadyDone):
        await store.finish(pending, person, Outcome(person, (Reply("hi again"),)))
    assert len(await store.transcript(pending.person_hash)) == 2


async def test_a_turn_on_an_older_state_is_refused_whole(store: Store) -> None:
    await turn(store)
    first = await pending_of(store, "second")
    stale = await store.load(first)
    await store.finish(first, stale, Outcome(stale, (Reply("two"),)))
    second = await pending_of(store, "third")
    with pytest.raises(TurnConflict):
        await store.finish(second, stale, Outcome(stale, (Reply("three"),)))
    again = await store.next_pending(second.person_hash)
    assert again is not None and again.inbox_id == second.inbox_id


async def test_a_reply_names_where_its_words_came_from(store: Store) -> None:
    pending = await pending_of(store)
    person = await store.load(pending)
    origin = Origin("ro-hours", "answer/week", "uk", ("ro_week_hours",), "abc")
    reply = Reply("48", (Choice("More", "e:ro-hours"),), Lane.BOT, origin)
    await store.finish(pending, person, Outcome(person, (reply,)))
    line = (await store.transcript(pending.person_hash))[-1]
    assert (line.entry, line.block, line.locale) == ("ro-hours", "answer/week", "uk")
    assert (line.facts, line.snapshot) == (("ro_week_hours",), "abc")
    assert line.choices == (Choice("More", "e:ro-hours"),)


async def test_an_edit_is_kept_beside_the_original(store: Store) -> None:
    pending = await pending_of(store, "frist", message_id="m7")
    person = await store.load(pending)
    await store.finish(pending, person, Outcome(person))
    await turn(store, "other")
    edit = await pending_of(store, "first", kind="edit", edits="m7", message_id="")
    person = await store.load(edit)
    await store.finish(edit, person, Outcome(person, (Reply("seen"),)))
    said = [line.text for line in await store.transcript(edit.person_hash)]
    assert said == ["frist", "other", "hi", "first", "seen"]


async def test_after_no_nothing_is_kept_beyond_delivery(store: Store) -> None:
    await turn(store, CANARY, consent="no")
    due = (await store.due(10, ["telegram"]))[0]
    assert due.reply.text == "hi"
    await store.take([due.outbox_id])
    await store.settle(due, Sent(SendResult.SENT, ("99",)), wait=_no_time())
    assert await store.transcript(due_person(store)) == []
    assert await store.due(10, ["telegram"]) == []


async def test_saying_no_later_takes_away_what_was_said_before(store: Store) -> None:
    await turn(store, CANARY, consent="yes")
    await deliver_all(store)
    await turn(store, "no please", consent="no")
    await deliver_all(store)
    assert await store.transcript(due_person(store)) == []


@pytest.mark.fault("P3")
async def test_erased_means_no_byte_is_left_in_the_files(store: Store, tmp_path: Path) -> None:
    await turn(store, CANARY, reply=CANARY, consent="yes", session=CANARY, address=CANARY)
    await deliver_all(store)
    person = due_person(store)
    sealed = await sealed_values(store)
    assert len(sealed) >= 4  # address, session, utterance, reply
    assert await store.erase(person)
    assert await store.transcript(person) == []
    assert await sealed_values(store) == []
    files = [path for path in tmp_path.iterdir() if path.name.startswith("punte.sqlite3")]
    left = b"".join(path.read_bytes() for path in files)
    assert not [value for value in sealed if value in left]
    assert CANARY.encode() not in left


async def sealed_values(store: Store) -> list[bytes]:
    found: list[bytes] = []
    for table, column in (
        ("contact", "address_sealed"),
        ("session", "state_sealed"),
        ("message", "body_sealed"),
        ("inbox", "payload_sealed"),
        ("outbox", "address_sealed"),
    ):
        query = text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        found += [bytes(row[0]) for row in await store._db.read(lambda db, q=query: db.execute(q))]  # type: ignore[misc]
    return found


@pytest.mark.fault("P4")
async def test_forgetting_starts_a_fresh_identity_and_revives_nothing(store: Store) -> None:
    await turn(store, "before", consent="yes", country="ro")
    late = says("late repeat")
    await store.accept([Arrival(late)])
    await turn(store, "taken")  # consumes the late one's row or its own, in order
    forget = commands("forget")
    await store.accept([Arrival(forget)])
    while (pending := await store.next_pending(due_person(store))) is not None:
        person = await store.load(pending)
        is_forget = pending.inbound.action == "forget"
        outcome = Outcome(person, (Reply("Done"),), erase=is_forget)
        await store.finish(pending, person, outcome)
    assert [line.text for line in await store.transcript(due_person(store))] == ["Done"]
    assert not (await store.accept([Arrival(late)]))[0].new
    pending = await pending_of(store, "start again")
    fresh = await store.load(pending)
    assert (fresh.country, fresh.consent) == ("", "open")


async def deliver_all(store: Store) -> None:
    while due := await store.due(10, ["telegram"]):
        await store.take([row.outbox_id for row in due])
        for row in due:
            await store.settle(row, Sent(SendResult.SENT, ("1",)), wait=_no_time())


def due_person(store: Store) -> str:
    return store.person_hash("telegram", "1", "amina")


def _no_time() -> timedelta:
    return timedelta(0)
