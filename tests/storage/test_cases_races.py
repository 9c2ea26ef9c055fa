"""Two hands on one case at the same moment: one legal outcome, whichever was first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.messages import Reply
from bot.storage import (
    AlreadyTaken,
    Arrival,
    CancelCase,
    Case,
    CaseState,
    LostClaim,
    NoSuchCase,
    Outcome,
    Store,
    TurnConflict,
)
from tests.handoff.cast import Cast, ask, hire_all, told, transcript
from tests.people import says

ROUNDS = 8
REFUSED = (AlreadyTaken, LostClaim, NoSuchCase, TurnConflict)
Deed = Callable[[Store, Cast, Case], Awaitable[Any]]


async def cancels(store: Store, cast: Cast, case: Case) -> Any:
    """The person takes it back; the program answers only where it saw nobody holding it."""
    receipt = (await store.accept([Arrival(says("never mind", case.topic))]))[0]
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    assert before.case is not None
    is_held = before.case.state is CaseState.CLAIMED
    replies = () if is_held else (Reply("taken back"),)
    outcome = Outcome(before, replies, case=CancelCase())
    return await store.finish(pending, before, outcome)


AGAINST_A_CLAIM: dict[str, Deed] = {
    "cancel": cancels,
    "expiry": lambda s, c, case: s.desk.expire(
        datetime.now(UTC) + timedelta(days=8), told("expired")
    ),
    "erase": lambda s, c, case: s.erase(s.person_hash("telegram", "1", case.topic)),
    "another claim": lambda s, c, case: s.desk.claim(c.jonas, case.number, told("joined")),
}
AGAINST_A_REPLY: dict[str, Deed] = {
    "close": lambda s, c, case: s.desk.close(
        c.petra, case.number, case.fence, "done", told("closed")
    ),
    "release": lambda s, c, case: s.desk.release(c.mara, case.number, case.fence, told("left")),
    "transfer": lambda s, c, case: s.desk.transfer(
        c.mara, case.number, case.fence, to_topic="work", notice=told("passed on")
    ),
    "return": lambda s, c, case: s.desk.return_lost(
        datetime.now(UTC) + timedelta(hours=1), told("lost")
    ),
    "erase": AGAINST_A_CLAIM["erase"],
}


@pytest.mark.fault("C2")
@pytest.mark.parametrize("other", sorted(AGAINST_A_CLAIM))
async def test_a_claim_against_something_else(store: Store, other: str) -> None:
    cast = await hire_all(store)
    for number in range(ROUNDS):
        case = await ask(store, f"p{number}", topic=f"p{number}")
        claim = store.desk.claim(cast.petra, case.number, told("joined"))
        results = await asyncio.gather(
            claim, AGAINST_A_CLAIM[other](store, cast, case), return_exceptions=True
        )
        await settle(store, cast, case, results)


@pytest.mark.fault("C2")
@pytest.mark.parametrize("other", sorted(AGAINST_A_REPLY))
async def test_a_reply_against_something_else(store: Store, other: str) -> None:
    cast = await hire_all(store)
    for number in range(ROUNDS):
        case = await ask(store, f"p{number}", topic=f"p{number}")
        held = await store.desk.claim(cast.petra, case.number, told("joined"))
        reply = store.desk.reply(cast.petra, case.number, held.fence, "hello", 1, "k")
        results = await asyncio.gather(
            reply, AGAINST_A_REPLY[other](store, cast, held), return_exceptions=True
        )
        lines = await settle(store, cast, held, results)
        if other != "erase":
            assert lines.count("hello") == isinstance(results[0], int)


async def settle(store: Store, cast: Cast, case: Case, results: list[Any]) -> list[str]:
    """What is there afterwards is one story: told once, in order, and legal."""
    for result in results:
        assert not isinstance(result, BaseException) or isinstance(result, REFUSED), result
    lines = await transcript(store, case.topic)
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    texts = [line.text for line in lines]
    assert len(set(texts)) == len(texts)
    (now,) = await store.desk.search(cast.petra, number=case.number)
    if now.state is CaseState.CLAIMED:
        assert now.holder in (cast.petra.id, cast.jonas.id)
        assert "taken back" not in texts and "expired (uk)" not in texts
    if now.outcome == "cancelled":
        assert "joined (uk)" not in texts
    if now.outcome == "erased":
        assert (lines, now.conversation_id) == ([], "")
    return texts
