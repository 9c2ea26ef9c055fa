"""What we say when we are not sure: ask back, admit it, and the second time offer a person.

Thresholds are in `bot/confidence.py`. We never guess and never write advice of our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.dialogue import actions, handoff_words, words
from bot.messages import N_

if TYPE_CHECKING:
    from bot.dialogue.scene import Scene

ASK_BACK = N_("did_you_mean", "I want to be sure. Which one do you mean?")
NONE_OF_THESE = N_("none_of_these", "None of these")
FALLBACK_1 = N_(
    "fallback_1",
    "I did not understand that, or I have no answer to it. Please use other words, or choose"
    " a topic.",
)
FALLBACK_2 = N_(
    "fallback_2",
    "I still have no answer, and I do not want to guess. Would you like to talk to a person?",
)


def ask_which(scene: Scene, intents: tuple[str, ...]) -> None:
    """Two or three close answers: the person says which one is meant."""
    choices = [scene.intent_choice(intent) for intent in intents]
    scene.say(ASK_BACK, *choices, scene.choice(NONE_OF_THESE, actions.MENU, "0"))


def not_understood(scene: Scene) -> None:
    again = scene.session.fallbacks
    scene.remember(fallbacks=again + 1)
    scene.unanswered = True
    if scene.person.has_open_case:
        scene.say(handoff_words.HANDOFF_NOTED)
        return
    if again == 0:
        scene.say(FALLBACK_1, *scene.menu_choices())
        return
    scene.say(
        FALLBACK_2,
        scene.human_choice(),
        scene.choice(words.MENU, actions.MENU, "0"),
        scene.choice(words.MENU_LANGUAGE, actions.LANGUAGES),
    )
