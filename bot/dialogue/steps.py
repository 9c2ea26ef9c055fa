"""What can happen in a turn. Each step says its part on the scene; the policy chooses it.

Here are the plain ones. `cards` has danger, `handoff` and `held` have counsellors,
`commands` and `buttons` what people press.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.dialogue import actions, fallback, office_words, words
from bot.dialogue.cards import emergency_lines
from bot.dialogue.scene import ELSEWHERE, Scene
from bot.messages import Kind, Origin, Reply, Text


class Step(Protocol):
    def take(self, scene: Scene) -> None: ...


@dataclass(frozen=True, slots=True)
class AnswerIntent:
    """A question we know; twins of two countries need to know which one."""

    intent: str

    def take(self, scene: Scene) -> None:
        entry = scene.snapshot.entry_for(self.intent, scene.country)
        if entry is not None:
            scene.answer(entry.id)
            return
        scene.remember(waiting_intent=self.intent, fallbacks=0)
        ask_country(scene)


def ask_country(scene: Scene, text: Text = words.COUNTRY_ASK) -> None:
    choices = scene.country_choices()
    if text is not words.COUNTRY_NOT_OURS:
        choices.append(scene.choice(words.COUNTRY_OTHER, actions.COUNTRY, ELSEWHERE))
    scene.say(text, *choices)


@dataclass(frozen=True, slots=True)
class AskWhich:
    intents: tuple[str, ...]

    def take(self, scene: Scene) -> None:
        scene.remember(fallbacks=0)
        fallback.ask_which(scene, self.intents)


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    def take(self, scene: Scene) -> None:
        fallback.not_understood(scene)


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    def take(self, scene: Scene) -> None:
        scene.say(words.CHOOSE_LANGUAGE, *scene.language_choices())


@dataclass(frozen=True, slots=True)
class Smalltalk:
    intent: str

    def take(self, scene: Scene) -> None:
        scene.remember(fallbacks=0)
        if self.intent in ("thanks", "goodbye"):
            scene.say(words.THANKS if self.intent == "thanks" else words.GOODBYE)
            return
        text = words.GREETING if self.intent == "greeting" else words.HOW_ARE_YOU
        scene.say(text, *scene.menu_choices())


@dataclass(frozen=True, slots=True)
class Presence:
    """Blocked or unblocked: nothing can be said, but it is known."""

    is_blocked: bool

    def take(self, scene: Scene) -> None:
        scene.change(blocked=self.is_blocked)


@dataclass(frozen=True, slots=True)
class Media:
    """Something other than text. Each gets an answer that a person can act on."""

    kind: Kind

    def take(self, scene: Scene) -> None:
        if scene.waiting is not None and self.kind in _FOR_COUNSELLORS:
            scene.say(words.FILE_WAITS)
        elif self.kind is Kind.VOICE:
            _voice(scene)
        elif self.kind is Kind.LOCATION:
            scene.say(office_words.UNREAD, *scene.country_choices())
        elif self.kind is Kind.EDIT:
            scene.say(words.EDITED)
        else:
            text = _MEDIA.get(self.kind, words.EMPTY)
            scene.say(text, *scene.menu_choices())


_FOR_COUNSELLORS = (Kind.PHOTO, Kind.VOICE, Kind.DOCUMENT)
_MEDIA = {
    Kind.PHOTO: words.PHOTO,
    Kind.DOCUMENT: words.PHOTO,
    Kind.STICKER: words.STICKER,
    Kind.CONTACT: words.CONTACT_CARD,
}


def _voice(scene: Scene) -> None:
    """Someone who sends voice may not read well: numbers, signs, and a person."""
    numbers = emergency_lines(scene)
    origin = Origin("interface", words.VOICE.key, scene.locale, (), scene.snapshot.id)
    choices = (
        scene.human_choice(),
        scene.choice(words.MENU, actions.MENU, "0"),
        scene.choice(words.MENU_LANGUAGE, actions.LANGUAGES),
    )
    text = f"{scene.render(words.VOICE)}\n{numbers}"
    scene.add(Reply(text, choices, origin=origin))


@dataclass(frozen=True, slots=True)
class Unusable:
    is_long: bool

    def take(self, scene: Scene) -> None:
        scene.say(words.TOO_LONG if self.is_long else words.EMPTY, *scene.menu_choices())
