from __future__ import annotations

import pytest

from bot.handoff.states import HOLDERS, MOVES, Action, CaseState, allowed, offered
from bot.storage import Store, WaitsFor
from tests.handoff.cast import ask, hire_all

ENDS = {Action.CLOSE, Action.CANCEL, Action.EXPIRE, Action.ERASE}
TAKES = {Action.CLAIM}


def test_every_action_has_its_move() -> None:
    assert set(MOVES) == set(Action)


def test_only_a_claim_makes_a_case_claimed_and_only_a_few_end_it() -> None:
    assert {a for a, move in MOVES.items() if move.to is CaseState.CLAIMED} == TAKES
    assert {a for a, move in MOVES.items() if move.to is CaseState.CLOSED} == ENDS


def test_a_closed_case_comes_back_only_when_the_person_asks_again() -> None:
    back = {a for a in Action if allowed(a, CaseState.CLOSED) and MOVES[a].to is CaseState.WAITING}
    assert back == {Action.REOPEN}


def test_from_each_state_every_case_can_reach_its_end() -> None:
    for state in (CaseState.WAITING, CaseState.CLAIMED):
        assert any(allowed(action, state) for action in ENDS)


@pytest.mark.parametrize("action", sorted(HOLDERS))
def test_what_the_holder_is_offered_starts_from_a_claim(action: Action) -> None:
    assert MOVES[action].come_from == {CaseState.CLAIMED}


async def test_buttons_follow_the_state_and_who_looks(store: Store) -> None:
    cast = await hire_all(store)
    waiting = await ask(store)
    assert offered(cast.petra, waiting) == (Action.CLAIM,)
    claimed = await store.desk.claim(cast.petra, waiting.number)
    assert offered(cast.petra, claimed) == HOLDERS
    assert offered(cast.jonas, claimed) == ()
    covered = await store.desk.set_wait(
        cast.petra, claimed.number, claimed.fence, WaitsFor.OFFICE, cover=cast.jonas.id
    )
    assert Action.TAKE_OVER in offered(cast.jonas, covered)
    closed = await store.desk.close(cast.petra, claimed.number, claimed.fence, "done")
    assert offered(cast.petra, closed) == (Action.OPEN,)
    assert offered(cast.jonas, closed) == ()
