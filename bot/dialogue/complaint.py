"""A complaint about the service: to the office's managers, past whoever it is about."""

from __future__ import annotations

from bot.dialogue import actions, handoff
from bot.dialogue import handoff_words as told
from bot.dialogue import resume_words as words
from bot.dialogue.scene import Scene
from bot.messages import Choice
from bot.storage import OpenCase, Reason


def choice(scene: Scene) -> Choice:
    return scene.choice(words.COMPLAINT_BUTTON, actions.COMPLAIN)


def ask(scene: Scene, _: str = "") -> None:
    if scene.any_office() is None:
        scene.say(told.HUMAN_NOT_HERE)
        handoff.tell_office(scene)
        return
    scene.say(
        words.COMPLAINT_ASK,
        scene.choice(words.COMPLAINT_YES, actions.COMPLAIN, "y"),
        scene.choice(words.COMPLAINT_NO, actions.COMPLAIN, "n"),
    )


def press(scene: Scene, value: str) -> None:
    if value == "y":
        _complain(scene)
    elif value == "n":
        scene.say(words.COMPLAINT_STOPPED)
    else:
        ask(scene)


def _complain(scene: Scene) -> None:
    case = scene.case
    if case is not None and case.is_open and case.reason is not Reason.COMPLAINT:
        change = OpenCase(Reason.COMPLAINT, case.priority, case.office, case.topic)
        scene.remember(wants_human=False, about_danger="", opened_by="")
        scene.change_case(change)
        # Danger waits for no manager: whoever is there takes it, but for the one it is about.
        sent = words.COMPLAINT_SENT.having(days=handoff.KEEP_CASE_DAYS)
        is_danger = case.reason is Reason.DANGER
        scene.say_waiting(words.COMPLAINT_OTHER if is_danger else sent, change)
    elif case is not None and case.is_open:
        handoff.AskHuman().take(scene)  # it is one already
    elif scene.any_office() is None:
        ask(scene)
    else:
        scene.remember(wants_human=True, complains=True, about_danger="")
        handoff.go_on(scene)
