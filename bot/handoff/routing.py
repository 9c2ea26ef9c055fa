"""Who may take a case, how well they suit it, and who is told of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.storage.desk_records import Case, Reason, Role, Staff


class Circle(enum.IntEnum):
    """Who hears of a waiting case; each circle holds those before it."""

    FITTING = 1  # whose languages and topics fit
    OFFICE = 2  # every counsellor of the office
    PROTECTION = 3  # and those who open protection cases
    MANAGER = 4  # and the office's manager


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a counsellor suits a case. A hint for whoever chooses, never a wall."""

    language: bool
    topic: bool
    wanted: bool  # the woman or man that the person asked for, or nobody in particular


def can_take(staff: Staff, case: Case) -> bool:
    """Whether somebody may claim a case at all; the database decides it again.

    A language they do not speak is no reason not to: the phrase bank bridges it.
    """
    if not staff.office or staff.office != case.office:
        return False
    if case.reason is Reason.COMPLAINT and case.holder == staff.id:
        return False
    if case.protection:
        return staff.has(Role.PROTECTION)
    if case.reason is Reason.COMPLAINT:
        return staff.has(Role.MANAGER)
    return staff.has(Role.COUNSELLOR, Role.PROTECTION)


def fit(staff: Staff, case: Case) -> Fit:
    return Fit(
        language=_base(case.locale) in map(_base, staff.languages),
        topic=not staff.topics or not case.topic or case.topic in staff.topics,
        wanted=not case.wants or case.wants == staff.gender,
    )


def reached(circle: Circle, case: Case, staff: Iterable[Staff]) -> tuple[Staff, ...]:
    """Everybody of the office whom a circle holds for this case, best suited first.

    Nobody without the right to take a case hears of it, but for the manager at the end.
    """
    found = [one for one in staff if one.office == case.office and _hears(one, circle, case)]
    return tuple(sorted(found, key=lambda one: (-_score(fit(one, case)), one.id)))


def first_reached(
    circle: Circle, case: Case, staff: Sequence[Staff]
) -> tuple[Circle, tuple[Staff, ...]]:
    """The narrowest circle from this one on that holds anybody, and whom."""
    for wider in (one for one in Circle if one >= circle):
        if found := reached(wider, case, staff):
            return wider, found
    return Circle.MANAGER, ()


def _hears(staff: Staff, circle: Circle, case: Case) -> bool:
    if circle is Circle.MANAGER and staff.has(Role.MANAGER):
        return True
    if not can_take(staff, case):
        return False
    if case.protection or case.reason is Reason.COMPLAINT or circle >= Circle.PROTECTION:
        return True  # few may take it: all of them hear of it at once
    if not staff.has(Role.COUNSELLOR):
        return False
    return circle is Circle.OFFICE or _is_first_choice(staff, case)


def _is_first_choice(staff: Staff, case: Case) -> bool:
    if case.meant_for:
        return case.meant_for == staff.id
    matches = fit(staff, case)
    return matches.language and matches.topic


def protection_on_duty(case: Case, present: Iterable[Staff]) -> bool:
    """Whether somebody is there who may open a protection case."""
    return any(staff.has(Role.PROTECTION) and can_take(staff, case) for staff in present)


def _score(matches: Fit) -> int:
    return 4 * matches.language + 2 * matches.topic + matches.wanted


def _base(locale: str) -> str:
    return locale.partition("_")[0].lower()
