"""Who may do what to which case: one SQL condition that every statement of the desk carries.

Office, role and claim are decided together, in the database. What the condition leaves out
does not exist for whoever asks.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, false, not_, or_

from bot.storage.desk_models import Handoff, HandoffEvent
from bot.storage.desk_moves import MOVES, Action
from bot.storage.desk_records import Case, CaseState, Reason, Role, Staff

_DESK = (Role.COUNSELLOR, Role.PROTECTION, Role.MANAGER)
_ANSWER = (Role.COUNSELLOR, Role.PROTECTION)

# The circles a case can belong to, and who stands in them.
ORDINARY, PROTECTION, MANAGERS = "ordinary", "protection", "managers"

_is_complaint = Handoff.reason == Reason.COMPLAINT
_is_claimed = Handoff.state == CaseState.CLAIMED


def access(staff: Staff, action: Action) -> Any:
    """A condition on `handoff`: the cases to which `staff` may do this.

    The regional office (no code) sees none. A complaint never comes back to the counsellor
    it is about.
    """
    if not staff.office:
        return false()
    not_about_me = or_(Handoff.complained_about.is_(None), Handoff.complained_about != staff.id)
    return and_(Handoff.office == staff.office, not_about_me, _may(staff, action))


def in_state(action: Action) -> Any:
    """A condition on `handoff`: the states from which this may happen."""
    return Handoff.state.in_([str(state) for state in sorted(MOVES[action].come_from)])


def _may(staff: Staff, action: Action) -> Any:
    match action:
        case Action.SEE:
            return or_(_within(_circles(staff)), _holds(staff), _held_last(staff))
        case Action.CLAIM:
            return _within(_claims(staff))
        case Action.OPEN:
            return or_(_holds(staff), _covers(staff), _held_last(staff))
        case Action.TAKE_OVER:
            return _covers(staff)
        case Action.NOTE:
            return or_(_holds(staff), _covers(staff))
        case Action.REPLY | Action.SET_WAIT | Action.CLOSE:
            return _holds(staff)
        case Action.RELEASE | Action.TRANSFER:
            return or_(_holds(staff), _manages(staff))
        case Action.EXPORT | Action.ERASE:
            return Handoff.id.is_not(None) if staff.has(Role.DATA_PROTECTION) else false()
        case _:
            return false()  # what the person or time does, nobody at the desk does


def _circles(staff: Staff) -> set[str]:
    """What `staff` may know of, without text."""
    found = {ORDINARY} if staff.has(*_DESK) else set()
    if staff.has(Role.PROTECTION):
        found.add(PROTECTION)
    if staff.has(Role.MANAGER):
        found.add(MANAGERS)
    return found


def _claims(staff: Staff) -> set[str]:
    """What `staff` may take from the queue. A manager answers complaints, and not the rest."""
    return _circles(staff) - (set() if staff.has(*_ANSWER) else {ORDINARY})


def _within(circles: set[str]) -> Any:
    conditions = {
        ORDINARY: and_(not_(Handoff.protection), not_(_is_complaint)),
        PROTECTION: Handoff.protection,
        MANAGERS: and_(not_(Handoff.protection), _is_complaint),
    }
    return or_(false(), *(conditions[circle] for circle in sorted(circles)))


def _holds(staff: Staff) -> Any:
    """The holder goes on with a case that turns into one for protection, until they let go."""
    if not staff.has(*_DESK):
        return false()
    return and_(_is_claimed, Handoff.holder == staff.id)


def _held_last(staff: Staff) -> Any:
    if not staff.has(*_DESK):
        return false()
    return and_(Handoff.state == CaseState.CLOSED, Handoff.holder == staff.id)


def _covers(staff: Staff) -> Any:
    return and_(_is_claimed, Handoff.cover == staff.id, _within(_claims(staff)))


def _manages(staff: Staff) -> Any:
    """A manager may put back what an absent holder left, and reads nothing of it."""
    if not staff.has(Role.MANAGER):
        return false()
    return and_(_is_claimed, _within(_circles(staff)))


def circle_of(case: Case) -> str:
    if case.protection:
        return PROTECTION
    return MANAGERS if case.reason is Reason.COMPLAINT else ORDINARY


def event_access(staff: Staff) -> Any:
    """The same for `handoff_event` joined with `handoff`: what could be seen when it happened."""
    if not staff.office:
        return false()
    about_me = Handoff.complained_about == staff.id
    return and_(
        HandoffEvent.office == staff.office,
        or_(
            HandoffEvent.circle.in_(sorted(_circles(staff))),
            Handoff.holder == staff.id if staff.has(*_DESK) else false(),
            Handoff.cover == staff.id,
        ),
        # That a case has gone is all that the counsellor hears who is complained about.
        or_(Handoff.complained_about.is_(None), not_(about_me), HandoffEvent.kind == "left"),
    )
