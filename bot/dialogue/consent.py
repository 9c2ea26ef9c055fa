"""What may be kept: the question, and what a yes or a no leads to."""

from __future__ import annotations

from bot.dialogue import actions, handoff, words
from bot.dialogue import handoff_words as told
from bot.dialogue.scene import Scene
from bot.storage import CancelCase

KEEP_DAYS = 30  # as storage/turns.py keeps them; `common_keep_days` says it in answers
PRIVACY_ENTRY = "common-privacy"


def ask_consent(scene: Scene) -> None:
    scene.remember(consent_asked=True)
    scene.say(
        words.CONSENT_ASK.having(days=KEEP_DAYS),
        scene.choice(words.CONSENT_YES, actions.CONSENT, "y"),
        scene.choice(words.CONSENT_NO, actions.CONSENT, "n"),
        scene.choice(words.MENU_PRIVACY, actions.ENTRY, PRIVACY_ENTRY),
    )


def answer_consent(scene: Scene, value: str) -> bool:
    """False: no such answer."""
    said, _, card = value.partition(":")
    if said not in ("y", "a", "n"):
        return False
    scene.change(consent="no" if said == "n" else "yes")
    scene.remember(consent_asked=True)
    if card in scene.snapshot.cards:
        scene.remember(wants_human=True, about_danger=card)
    if said == "n":
        _no(scene)
    elif scene.session.wants_human:
        if said == "a":
            scene.say(told.HANDOFF_NO_NAME)
        handoff.go_on(scene)
    else:
        thanks = words.CONSENT_THANKS_YES if said == "y" else words.CONSENT_THANKS_NO_NAME
        scene.say(thanks.having(days=KEEP_DAYS))
    return True


def _no(scene: Scene) -> None:
    scene.remember(flow_summary="")
    scene.say(words.CONSENT_THANKS_NO)
    if scene.waiting is not None:
        scene.change_case(CancelCase())
        scene.say(told.HANDOFF_CANCELLED)
    if scene.session.wants_human:
        scene.remember(wants_human=False, about_danger="")
        handoff.tell_office(scene)
