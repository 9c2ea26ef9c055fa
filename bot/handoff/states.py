"""What may happen to a case, and in which state.

The table itself stands in `storage/desk_moves.py`, because the statements that change a
case take their states from it. Here it is read by whoever shows buttons or words.
"""

from __future__ import annotations

from bot.storage import MOVES, Action, Case, CaseState, Move, Staff, allowed

__all__ = ["HOLDERS", "MOVES", "Action", "CaseState", "Move", "allowed", "offered"]

# What the holder's page offers, in this order.
HOLDERS = (
    Action.REPLY,
    Action.NOTE,
    Action.SET_WAIT,
    Action.TRANSFER,
    Action.RELEASE,
    Action.CLOSE,
)


def offered(staff: Staff, case: Case) -> tuple[Action, ...]:
    """The buttons of one case for one person at the desk.

    Only what is shown: whether it is allowed is decided again by the database.
    """
    if case.state is CaseState.WAITING:
        return (Action.CLAIM,)
    if case.state is CaseState.CLOSED:
        return (Action.OPEN,) if case.holder == staff.id else ()
    if case.holder == staff.id:
        return HOLDERS
    if case.cover == staff.id:
        return (Action.OPEN, Action.NOTE, Action.TAKE_OVER)
    return ()
