"""Who may take a case, and who hears of it."""

from __future__ import annotations

import pytest

from bot.handoff.routing import (
    Circle,
    can_take,
    first_reached,
    fit,
    protection_on_duty,
    reached,
)
from bot.storage import Reason, Role
from tests.handoff.desk import case, staff

PETRA = staff("petra", languages=("en", "ro"), topics=("housing",))
ILDI = staff("ildi", languages=("uk", "ro"), topics=("work",))
OKSANA = staff("oksana", languages=("uk",))
PIA = staff("pia", Role.PROTECTION, languages=("ro",))
MIRA = staff("mira", Role.MANAGER)
JONAS = staff("jonas", office="hu", languages=("uk",))
EVERYBODY = (PETRA, ILDI, OKSANA, PIA, MIRA, JONAS)


def test_a_language_one_does_not_speak_is_no_wall() -> None:
    assert can_take(PETRA, case(locale="ar"))
    assert not fit(PETRA, case(locale="ar")).language


def test_what_fits_is_shown() -> None:
    assert fit(OKSANA, case(topic="asylum", locale="uk")).topic
    assert fit(staff("x", languages=("pt_BR",)), case(locale="pt")).language
    assert not fit(PETRA, case(topic="work")).topic
    woman = staff("ana", gender="woman")
    assert fit(woman, case(wants="woman")).wanted
    assert not fit(woman, case(wants="man")).wanted


def test_another_office_takes_nothing() -> None:
    assert not can_take(JONAS, case())
    assert not can_take(staff("regional", Role.MANAGER, office=""), case(office=""))


def test_a_protection_case_is_for_the_protection_role_only() -> None:
    protected = case(protection=True, priority=1)
    assert [one.id for one in EVERYBODY if can_take(one, protected)] == ["pia"]


def test_a_complaint_goes_past_the_counsellors() -> None:
    complaint = case(reason=Reason.COMPLAINT, holder="petra")
    assert [one.id for one in EVERYBODY if can_take(one, complaint)] == ["mira"]
    about_her = case(reason=Reason.COMPLAINT, holder="mira")
    assert not can_take(MIRA, about_her)


@pytest.mark.parametrize(
    ("circle", "names"),
    [
        (Circle.FITTING, {"oksana"}),
        (Circle.OFFICE, {"oksana", "petra", "ildi"}),
        (Circle.PROTECTION, {"oksana", "petra", "ildi", "pia"}),
        (Circle.MANAGER, {"oksana", "petra", "ildi", "pia", "mira"}),
    ],
)
def test_each_circle_holds_those_before_it(circle: Circle, names: set[str]) -> None:
    assert {one.id for one in reached(circle, case(), EVERYBODY)} == names


def test_best_suited_come_first() -> None:
    found = reached(Circle.OFFICE, case(locale="uk", topic="work"), EVERYBODY)
    assert [one.id for one in found] == ["ildi", "oksana", "petra"]


def test_a_protection_case_is_told_to_protection_then_to_the_manager() -> None:
    protected = case(protection=True)
    for circle in (Circle.FITTING, Circle.OFFICE, Circle.PROTECTION):
        assert [one.id for one in reached(circle, protected, EVERYBODY)] == ["pia"]
    assert {one.id for one in reached(Circle.MANAGER, protected, EVERYBODY)} == {"pia", "mira"}


def test_what_is_passed_to_a_colleague_is_told_to_them_first() -> None:
    passed = case(meant_for="petra")
    assert [one.id for one in reached(Circle.FITTING, passed, EVERYBODY)] == ["petra"]


def test_a_circle_with_nobody_in_it_is_skipped() -> None:
    circle, found = first_reached(Circle.FITTING, case(locale="ar"), EVERYBODY)
    assert circle is Circle.OFFICE and len(found) == 3
    assert first_reached(Circle.FITTING, case(), ()) == (Circle.MANAGER, ())


def test_protection_is_on_duty_only_with_the_role_and_in_the_office() -> None:
    protected = case(protection=True)
    assert protection_on_duty(protected, [PETRA, PIA])
    assert not protection_on_duty(protected, [PETRA, MIRA])
    assert not protection_on_duty(protected, [staff("p", Role.PROTECTION, office="hu")])
