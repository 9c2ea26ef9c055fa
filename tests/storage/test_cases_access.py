"""Every action at the desk x every role x every state, against a table written by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.storage import (
    DANGER,
    Action,
    AlreadyTaken,
    Case,
    LostClaim,
    NoSuchCase,
    Reason,
    Role,
    SomethingNewer,
    Staff,
    Store,
    WaitsFor,
    cases,
)
from tests.handoff.cast import Cast, ask, hire, hire_all

Deed = Callable[[Store, Staff, Case], Awaitable[Any]]

DEEDS: dict[str, Deed] = {
    "see": lambda s, who, c: s.desk.case(who, c.number),
    "claim": lambda s, who, c: s.desk.claim(who, c.number),
    "open": lambda s, who, c: s.desk.open_case(who, c.number),
    "lines": lambda s, who, c: s.desk.lines(who, c.number),
    "history": lambda s, who, c: s.desk.history(who, c.number),
    "reply": lambda s, who, c: s.desk.reply(who, c.number, c.fence, "x", 99, "key"),
    "resend": lambda s, who, c: s.desk.resend(who, c.number, c.fence, 1),
    "note": lambda s, who, c: s.desk.note(who, c.number, c.fence, "x", "key"),
    "set_wait": lambda s, who, c: s.desk.set_wait(who, c.number, c.fence, WaitsFor.OFFICE),
    "take_over": lambda s, who, c: s.desk.take_over(who, c.number, c.fence),
    "release": lambda s, who, c: s.desk.release(who, c.number, c.fence),
    "transfer": lambda s, who, c: s.desk.transfer(who, c.number, c.fence, to_topic="work"),
    "close": lambda s, who, c: s.desk.close(who, c.number, c.fence, "done"),
    "export": lambda s, who, c: s.desk.export(who, c.number),
    "erase": lambda s, who, c: s.desk.erase(who, c.number),
}
READS = ("open", "lines", "history")
HOLDS = (*READS, "reply", "resend", "note", "set_wait", "release", "transfer", "close")

# who -> what works; everything that is not named is refused
WAITING = {
    "petra": ("see", "claim"),
    "jonas": ("see", "claim"),
    "ioana": ("see", "claim"),
    "mara": ("see",),
    "dora": ("export", "erase"),
}
CLAIMED = {
    "petra": ("see", "claim", "take_over", *HOLDS),  # claiming one's own changes nothing
    "jonas": ("see",),
    "ioana": ("see",),
    "mara": ("see", "release", "transfer"),
    "dora": ("export", "erase"),
}
COVERED = CLAIMED | {"jonas": ("see", "take_over", "note", *READS)}
CLOSED = {
    "petra": ("see", "close", *READS),  # closing again changes nothing
    "jonas": ("see",),
    "ioana": ("see",),
    "mara": ("see",),
    "dora": ("export", "erase"),
}
PROTECTED = {"ioana": ("see", "claim"), "dora": ("export", "erase")}
COMPLAINT = {"mara": ("see", "claim"), "dora": ("export", "erase")}


async def waiting(store: Store, cast: Cast) -> Case:
    return await ask(store)


async def claimed(store: Store, cast: Cast) -> Case:
    return await store.desk.claim(cast.petra, (await ask(store)).number)


async def covered(store: Store, cast: Cast) -> Case:
    case = await claimed(store, cast)
    return await store.desk.set_wait(
        cast.petra, case.number, case.fence, WaitsFor.OFFICE, cover=cast.jonas.id
    )


async def closed(store: Store, cast: Cast) -> Case:
    case = await claimed(store, cast)
    return await store.desk.close(cast.petra, case.number, case.fence, "done")


async def protected(store: Store, cast: Cast) -> Case:
    return await ask(store, reason=Reason.DANGER, priority=DANGER, protection=True)


async def complaint(store: Store, cast: Cast) -> Case:
    return await ask(store, reason=Reason.COMPLAINT)


@pytest.mark.fault("W8")
@pytest.mark.parametrize(
    ("make", "table"),
    [
        (waiting, WAITING),
        (claimed, CLAIMED),
        (covered, COVERED),
        (closed, CLOSED),
        (protected, PROTECTED),
        (complaint, COMPLAINT),
    ],
)
async def test_each_role_may_do_exactly_what_the_table_says(
    store: Store, make: Any, table: dict[str, tuple[str, ...]]
) -> None:
    cast = await hire_all(store)
    people = vars(cast) | {
        "editor": await hire(store, "elena", Role.EDITOR),
        "admin": await hire(store, "adam", Role.ADMIN),
    }
    case = await make(store, cast)
    for name, staff in people.items():
        for deed in DEEDS:
            if deed not in table.get(name, ()):
                with pytest.raises((NoSuchCase, LostClaim, AlreadyTaken)) as refused:
                    await DEEDS[deed](store, staff, case)
                sees_it = "see" in table.get(name, ())
                may_know = refused.type is not NoSuchCase
                assert sees_it or not may_know, (name, deed)
    dora = people["dora"]
    assert [event.kind for event in await store.desk.changes(dora, 0)] == []
    unchanged = await store.desk.search(cast.petra) + await store.desk.search(cast.ioana)
    unchanged += await store.desk.search(cast.mara)
    assert all((c.state, c.fence) == (case.state, case.fence) for c in unchanged)
    for name, works in table.items():
        for deed in works:
            if deed in ("see", "export", *READS):
                await DEEDS[deed](store, people[name], case)


@pytest.mark.parametrize("deed", [deed for deed in HOLDS if deed not in READS])
async def test_the_holder_may_do_all_of_it(store: Store, deed: str) -> None:
    cast = await hire_all(store)
    case = await claimed(store, cast)
    await DEEDS[deed](store, cast.petra, case)


async def test_other_offices_and_the_regional_one_see_nothing(store: Store) -> None:
    cast = await hire_all(store)
    case = await claimed(store, cast)
    for staff in (cast.anna, cast.rita):
        assert await store.desk.queue(staff) == []
        assert await store.desk.search(staff) == []
        assert await store.desk.search(staff, number=case.number) == []
        assert await store.desk.changes(staff, 0) == []
        for deed in DEEDS.values():
            with pytest.raises(NoSuchCase):
                await deed(store, staff, case)


async def test_a_role_that_was_taken_away_is_gone_with_the_next_statement(store: Store) -> None:
    from dataclasses import replace

    cast = await hire_all(store)
    case = await claimed(store, cast)
    now_editor = replace(cast.petra, roles=frozenset({Role.EDITOR}))
    for deed in DEEDS.values():
        with pytest.raises(NoSuchCase):
            await deed(store, now_editor, case)


async def test_protection_cases_leave_the_sight_of_others_and_they_hear_it(store: Store) -> None:
    cast = await hire_all(store)
    case = await waiting(store, cast)
    cursor = await store.desk.last_change(cast.petra)
    await protected(store, cast)
    assert [e.kind for e in await store.desk.changes(cast.petra, cursor)] == [
        "person_wrote",
        "left",
    ]
    assert [e.kind for e in await store.desk.changes(cast.ioana, cursor)][-1] == "raised"
    assert await store.desk.queue(cast.petra) == []
    assert [c.number for c in await store.desk.queue(cast.ioana)] == [case.number]


async def test_each_opening_leaves_an_audit_row(store: Store) -> None:
    from sqlalchemy import text

    cast = await hire_all(store)
    case = await claimed(store, cast)
    await store.desk.open_case(cast.petra, case.number)
    await store.desk.open_case(cast.petra, case.number)
    await store.desk.export(cast.dora, case.number)
    with pytest.raises(NoSuchCase):
        await store.desk.open_case(cast.jonas, case.number)
    rows = await store._db.read(
        lambda db: db.execute(text("SELECT action, case_id FROM audit WHERE case_id IS NOT NULL"))
    )
    assert [tuple(row) for row in rows] == [
        ("case_opened", case.id),
        ("case_opened", case.id),
        ("case_exported", case.id),
    ]


@pytest.mark.parametrize("action", [Action.RAISE, Action.REOPEN, Action.EXPIRE, Action.RETURN])
async def test_what_the_person_or_time_does_nobody_at_the_desk_does(
    store: Store, action: Action
) -> None:
    cast = await hire_all(store)
    case = await waiting(store, cast)
    for staff in cast:
        with pytest.raises(NoSuchCase):
            await store._db.read(lambda db, s=staff: cases.seen(db, s, case.number, action))


async def test_something_newer_is_told_to_the_holder_only(store: Store) -> None:
    cast = await hire_all(store)
    case = await claimed(store, cast)
    with pytest.raises(SomethingNewer):
        await store.desk.reply(cast.petra, case.number, case.fence, "x", 0, "k")
    with pytest.raises(LostClaim):
        await store.desk.reply(cast.jonas, case.number, case.fence, "x", 0, "k")
