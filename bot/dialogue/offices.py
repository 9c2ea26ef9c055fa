"""A case crosses from one office to the other only with the person's yes."""

from __future__ import annotations

from bot.dialogue import actions
from bot.dialogue import resume_words as told
from bot.dialogue.scene import COUNTRIES, Scene
from bot.i18n import country_name
from bot.storage import MoveOffice


def ask_when_moved(scene: Scene) -> None:
    """At the end of a turn in which the country changed: asked once, the facts follow anyway."""
    case, country = scene.case, scene.person.country
    if case is None or not case.is_open or country not in COUNTRIES or country == case.country:
        return
    office = scene.office()
    if scene.case_change is not None or scene.erase or not office or office == case.office:
        return
    scene.say(
        told.OFFICE_ASK.having(country=_name(scene, case.office), other=_name(scene, country)),
        scene.choice(told.OFFICE_YES, actions.OFFICE, office),
        scene.choice(told.OFFICE_STAY, actions.OFFICE, "stay"),
    )


def press(scene: Scene, value: str) -> bool:
    """False: there is nothing to move, or nowhere."""
    case = scene.case
    if case is None or not case.is_open or scene.office_for is None:
        return False
    if value == "stay":
        scene.say(told.OFFICE_STAYS.having(country=_name(scene, case.office)))
        return True
    if value == case.office or value not in map(scene.office_for, COUNTRIES):
        return False
    scene.change_case(MoveOffice(value))
    scene.say(told.OFFICE_MOVED.having(country=_name(scene, value), number=case.number))
    return True


def _name(scene: Scene, code: str) -> str:
    return country_name(code, scene.locale) if code in COUNTRIES else code.upper()
