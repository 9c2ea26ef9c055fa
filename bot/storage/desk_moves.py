"""The only list of what may happen to a case, and in which state.

The statements in `case_moves` and `case_turns` take their states from here, so that what
is not in this table cannot be written. `handoff/states.py` shows it to the console.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bot.storage.desk_records import CaseState


class Action(enum.StrEnum):
    """Everything that is done to a case, by whoever does it."""

    # by staff
    SEE = "see"  # number, topic, times; never what anybody wrote
    CLAIM = "claim"
    TAKE_OVER = "take_over"  # the cover, while the holder is away
    OPEN = "open"  # read the text
    REPLY = "reply"
    NOTE = "note"
    SET_WAIT = "set_wait"
    RELEASE = "release"
    TRANSFER = "transfer"
    CLOSE = "close"
    EXPORT = "export"  # data protection: by case number, without a claim
    ERASE = "erase"
    # by the person
    RAISE = "raise"  # asked again, or danger: more urgent, never a second case
    ANSWER_INTAKE = "answer_intake"
    COMPLAIN = "complain"  # about the service: leaves the holder's hands
    CANCEL = "cancel"
    REOPEN = "reopen"
    # by time
    RETURN = "return"  # the holder is gone
    EXPIRE = "expire"


W, H, C = CaseState.WAITING, CaseState.CLAIMED, CaseState.CLOSED


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, and where to; `to` is None where the state stays."""

    come_from: frozenset[CaseState]
    to: CaseState | None = None


def _move(*states: CaseState, to: CaseState | None = None) -> Move:
    return Move(frozenset(states), to)


MOVES: dict[Action, Move] = {
    Action.SEE: _move(W, H, C),
    Action.CLAIM: _move(W, to=H),
    Action.TAKE_OVER: _move(H),
    Action.OPEN: _move(H, C),
    Action.REPLY: _move(H),
    Action.NOTE: _move(H),
    Action.SET_WAIT: _move(H),
    Action.RELEASE: _move(H, to=W),
    Action.TRANSFER: _move(H, to=W),
    Action.CLOSE: _move(H, to=C),
    Action.EXPORT: _move(W, H, C),
    Action.ERASE: _move(W, H, C, to=C),
    Action.RAISE: _move(W, H),
    Action.ANSWER_INTAKE: _move(W, H),
    Action.COMPLAIN: _move(W, H, to=W),
    # Once somebody holds it, "never mind" is theirs to hear: another hand may have written it.
    Action.CANCEL: _move(W, to=C),
    Action.REOPEN: _move(C, to=W),
    Action.RETURN: _move(H, to=W),
    Action.EXPIRE: _move(W, to=C),
}


def allowed(action: Action, state: CaseState) -> bool:
    return state in MOVES[action].come_from
