"""While a counsellor has the case: the program listens, and says nothing of its own.

Danger cards come before all this. What somebody presses is kept in words, so that the
counsellor reads it; what belongs to the person alone (deleting, emergency numbers, the
language, what is kept) still works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.dialogue import (
    actions,
    buttons,
    commands,
    complaint,
    danger_cases,
    danger_words,
    discreet,
    handoff,
    hide,
    intake,
    resume,
    words,
)
from bot.dialogue import handoff_words as told
from bot.dialogue.consent import PRIVACY_ENTRY
from bot.dialogue.scene import COUNTRIES, Scene
from bot.dialogue.steps import Presence, Step, ask_country
from bot.i18n import country_name
from bot.messages import MAX_TEXT, Inbound, Kind
from bot.storage import CancelCase


@dataclass(frozen=True, slots=True)
class Listen:
    """Their words are for the counsellor. If that one is away, it is said once."""

    def take(self, scene: Scene) -> None:
        case = scene.held
        if case is not None and handoff.is_away(case) and not handoff.was_told(scene, case):
            handoff.say_held(scene, case)


def before_nlu(inbound: Inbound) -> Step | None:
    """None: words, in which danger may stand."""
    if inbound.kind is Kind.COMMAND:
        return HeldCommand(inbound.action)
    if inbound.kind is Kind.BUTTON:
        return HeldPress(inbound.action)
    if inbound.kind in (Kind.LEFT, Kind.RETURNED):
        return Presence(is_blocked=inbound.kind is Kind.LEFT)
    is_readable = inbound.kind is Kind.TEXT and 0 < len(inbound.text.strip()) <= MAX_TEXT
    return None if is_readable else Listen()


@dataclass(frozen=True, slots=True)
class HeldCommand:
    line: str

    @property
    def shows_numbers(self) -> bool:
        return self.line.lower().startswith("emergency")

    def take(self, scene: Scene) -> None:
        name, _, argument = self.line.partition(" ")
        name = name.lower()
        if name == "language":
            commands.choose_language(scene, argument.strip())
        elif name == "emergency":
            commands.emergency(scene)
        elif name == "forget":
            commands.forget(scene)
        elif name == "privacy" and PRIVACY_ENTRY in scene.snapshot.entries:
            scene.tell(PRIVACY_ENTRY)
        elif name in _OWN_COMMANDS:
            _OWN_COMMANDS[name](scene, argument.strip())
        elif scene.held is not None:
            handoff.say_held(scene, scene.held)


def _country(scene: Scene, code: str) -> None:
    """The facts follow, and the person is asked whether the case does."""
    if code.lower() not in COUNTRIES:
        ask_country(scene)
        return
    scene.change(country=code.lower())
    name = country_name(code.lower(), scene.locale)
    scene.say(words.COUNTRY_SET.having(country=name))


def _back(scene: Scene, argument: str) -> None:
    if argument:
        resume.give(scene, argument)
    elif scene.held is not None:
        handoff.say_held(scene, scene.held)


_OWN_COMMANDS: dict[str, Callable[[Scene, str], None]] = {
    "country": _country,
    "code": resume.give,
    "back": _back,
    "newperson": resume.ask_new_person,
    "complaint": complaint.ask,
    "hide": hide.hide,
    "discreet": discreet.ask_word,
    "hours": discreet.ask_hours,
}


@dataclass(frozen=True, slots=True)
class HeldPress:
    action: str

    @property
    def shows_numbers(self) -> bool:
        return actions.unpack(self.action).name in (actions.CARD, actions.EMERGENCY)

    def take(self, scene: Scene) -> None:
        action = actions.unpack(self.action)
        if action.name in _STILL_WORK:
            buttons.Press(self.action).take(scene)
        elif action.name == actions.COUNTRY and action.value in COUNTRIES:
            _country(scene, action.value)
        elif action.name == actions.PROGRAM:
            _ask_program(scene)
        elif not _is_heard(scene, action):
            _say_once(scene)


_STILL_WORK = (
    actions.LOCALE,
    actions.LANGUAGES,
    actions.EMERGENCY,
    actions.CARD,
    actions.CAN_WRITE,
    actions.NOT_SAFE,
    actions.CANNOT_CALL,
    actions.OFFICE,
    actions.CODE,
    actions.NEW_PERSON,
    actions.COMPLAIN,
    actions.PHONE,
)


def _is_heard(scene: Scene, action: actions.Action) -> bool:
    """Whether the counsellor reads it: then nothing else needs to be said."""
    if action.name == actions.REPLY:
        return buttons.hear_reply(scene, action.value)
    if action.name == actions.INTAKE:
        return intake.take_answer(scene, action.value)
    if action.name == actions.NO_DANGER:
        danger_cases.no_danger(scene)
        scene.said = scene.render(danger_words.NOT_ME)
    elif action.name == actions.CANCEL:
        scene.change_case(CancelCase())  # the holder is told, and decides
        scene.said = scene.render(told.HANDOFF_CANCEL)
    return bool(scene.said)


def _say_once(scene: Scene) -> None:
    case = scene.held
    if case is not None and not handoff.was_told(scene, case):
        handoff.say_held(scene, case)


def _ask_program(scene: Scene) -> None:
    case = scene.held
    if case is None or not handoff.is_away(case):
        _say_once(scene)
        return
    scene.remember(program_fence=case.fence)
    scene.say(told.PROGRAM_ANSWERS)
