from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.storage import (
    AlreadyTaken,
    Case,
    CaseState,
    LostClaim,
    NoSuchCase,
    Role,
    Staff,
    Store,
    open_store,
)
from tests.handoff.cast import ask, deliver_all, hire, hire_all, told, transcript, turn

CLAIMERS = 20


async def race(store: Store, claimers: list[Staff], number: str) -> tuple[list[Case], list[str]]:
    """Everybody presses at once: who won, and the names the others were told."""
    results = await asyncio.gather(
        *(store.desk.claim(staff, number, told("joined")) for staff in claimers),
        return_exceptions=True,
    )
    won = [result for result in results if isinstance(result, Case)]
    lost = [result.by for result in results if isinstance(result, AlreadyTaken)]
    assert len(won) + len(lost) == len(claimers), results
    return won, lost


async def rounds(store: Store, count: int) -> None:
    await store.staff.prepare()
    claimers = [await hire(store, f"c{n}", Role.COUNSELLOR) for n in range(CLAIMERS)]
    for number in range(count):
        cursor = await store.desk.last_change(claimers[0])
        case = await ask(store, f"person-{number}")
        won, lost = await race(store, claimers, case.number)
        assert len(won) == 1 and lost == [won[0].holder_shown_as] * (CLAIMERS - 1)
        events = await store.desk.changes(claimers[0], cursor)
        assert [event.kind for event in events] == ["requested", "claimed"]
        lines = await transcript(store, f"person-{number}")
        assert [line.author for line in lines] == ["person", "notice"]
        winner = next(staff for staff in claimers if staff.id == won[0].holder)
        await store.desk.close(winner, case.number, won[0].fence, "test")


@pytest.mark.fault("C1")
async def test_of_twenty_claimers_one_wins_and_the_others_hear_who(store: Store) -> None:
    await rounds(store, 2)


@pytest.mark.slow
@pytest.mark.fault("C1")
async def test_fifty_rounds_of_twenty_claimers_have_fifty_winners(store: Store) -> None:
    await rounds(store, 50)


@pytest.mark.soak
@pytest.mark.fault("C1")
async def test_a_thousand_rounds_of_twenty_claimers_have_a_thousand_winners(store: Store) -> None:
    await rounds(store, 1000)


@pytest.mark.fault("C1")
async def test_claimers_of_two_processes_have_one_winner(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    if not database_url:
        pytest.skip("a second process does not start on SQLite")
    other = await open_store(database_url, tmp_path / "punte.sqlite3", tmp_path / "keys")
    results = await asyncio.gather(
        *(
            each.desk.claim(staff, case.number)
            for staff in (cast.petra, cast.jonas)
            for each in (store, other)
        ),
        return_exceptions=True,
    )
    await other.close()
    winners = {result.holder for result in results if isinstance(result, Case)}
    assert len(winners) == 1
    assert sum(isinstance(result, AlreadyTaken) for result in results) == 2


@pytest.mark.fault("K7")
async def test_a_claim_and_what_the_person_is_told_are_one(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number, told("joined"))
    assert (claimed.state, claimed.holder, claimed.fence) == (CaseState.CLAIMED, cast.petra.id, 1)
    assert claimed.holder_shown_as == "Petra"
    assert await deliver_all(store) == ["joined (uk)"]
    assert [line.author for line in await transcript(store)] == ["person", "notice"]


async def test_claiming_twice_is_one_claim(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    first = await store.desk.claim(cast.petra, case.number, told("joined"))
    again = await store.desk.claim(cast.petra, case.number, told("joined"))
    assert again == first
    assert len(await deliver_all(store)) == 1


async def test_what_the_bot_had_queued_does_not_go_out_after_the_claim(store: Store) -> None:
    cast = await hire_all(store)
    await turn(store, "question", "amina", "an answer of the program")
    case = await ask(store)
    await store.desk.claim(cast.petra, case.number, told("joined"))
    assert await deliver_all(store) == ["joined (uk)"]
    lines = await transcript(store)
    assert [line.state for line in lines if line.author == "bot"] == ["cancelled"]


async def test_a_turn_under_way_is_taken_again_after_a_claim(store: Store) -> None:
    from bot.messages import Reply
    from bot.storage import Arrival, Outcome, TurnConflict
    from tests.people import says

    cast = await hire_all(store)
    case = await ask(store)
    receipt = (await store.accept([Arrival(says("and another thing"))]))[0]
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    await store.desk.claim(cast.petra, case.number)
    with pytest.raises(TurnConflict):
        await store.finish(pending, before, Outcome(before, (Reply("the program talks"),)))
    again = await store.load(pending)
    assert again.case is not None and again.case.state is CaseState.CLAIMED


async def test_a_released_case_is_at_its_old_place_and_free_for_all(store: Store) -> None:
    cast = await hire_all(store)
    first, second = await ask(store, "amina"), await ask(store, "oleh")
    claimed = await store.desk.claim(cast.petra, first.number)
    released = await store.desk.release(cast.petra, first.number, claimed.fence, told("left"))
    assert released.state is CaseState.WAITING
    queue = [case.number for case in await store.desk.queue(cast.jonas)]
    assert queue == [first.number, second.number]
    again = await store.desk.claim(cast.jonas, first.number)
    assert again.fence == 2
    with pytest.raises(LostClaim):
        await store.desk.release(cast.petra, first.number, claimed.fence)
    assert await deliver_all(store) == ["left (uk)"]


async def test_a_manager_gives_back_what_an_absent_holder_left(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.reply(cast.petra, case.number, claimed.fence, "hello", 1, "k")
    await store.desk.release(cast.mara, case.number, claimed.fence)
    assert [c.number for c in await store.desk.queue(cast.jonas)] == [case.number]


async def test_the_cover_takes_over_and_the_old_claim_is_void(store: Store) -> None:
    from bot.storage import WaitsFor

    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    with pytest.raises(LostClaim):
        await store.desk.note(cast.jonas, case.number, claimed.fence, "not mine", "n0")
    await store.desk.set_wait(
        cast.petra, case.number, claimed.fence, WaitsFor.OFFICE, cover=cast.jonas.id
    )
    assert [c.number for c in await store.desk.covered(cast.jonas)] == [case.number]
    await store.desk.note(cast.jonas, case.number, claimed.fence, "seen", "n1")
    taken = await store.desk.take_over(cast.jonas, case.number, claimed.fence, told("joined"))
    assert (taken.holder, taken.fence, taken.cover) == (cast.jonas.id, 2, "")
    assert taken.waits_for is WaitsFor.NOTHING
    with pytest.raises(LostClaim):
        await store.desk.reply(cast.petra, case.number, claimed.fence, "late", 9, "k")
    with pytest.raises(AlreadyTaken):
        await store.desk.take_over(cast.petra, case.number, claimed.fence)


async def test_a_case_that_was_cancelled_meanwhile_cannot_be_claimed(store: Store) -> None:
    from bot.storage import CancelCase

    cast = await hire_all(store)
    case = await ask(store)
    await turn(store, "never mind", change=CancelCase())
    with pytest.raises(AlreadyTaken) as taken:
        await store.desk.claim(cast.petra, case.number)
    assert taken.value.by == ""


async def test_a_number_that_is_not_there_is_like_one_that_is_not_yours(store: Store) -> None:
    cast = await hire_all(store)
    foreign = await ask(store, office="hu")
    for number in (foreign.number, "RO-9999", "", "RO-1\x00", "\ud800", "' OR 1=1 --"):
        with pytest.raises(NoSuchCase):
            await store.desk.claim(cast.petra, number)
