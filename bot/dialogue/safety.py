"""Help from memory: what can be said with no database, no NLU and no conversation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue import actions, language, words
from bot.dialogue.buttons import Press
from bot.dialogue.cards import ShowCards
from bot.dialogue.commands import Command
from bot.dialogue.scene import COUNTRIES, Scene
from bot.dialogue.session import Session
from bot.dialogue.steps import Step
from bot.dialogue.understanding import Understanding
from bot.i18n import negotiate
from bot.knowledge import Knowledge
from bot.messages import Choice, Inbound, Kind, Reply
from bot.storage import Person

FIRST_PAGE_CARD = "held"  # its first lines are the emergency number and a line day and night
FIRST_PAGE_TOPICS = (
    "labour_rights",
    "asylum",
    "temporary_protection",
    "voluntary_return_process",
    "health",
)
_NEEDED = (actions.CARD, actions.EMERGENCY, actions.CANNOT_CALL)


class Safety:
    def __init__(self, knowledge: Knowledge, understanding: Understanding) -> None:
        self._knowledge, self._understanding = knowledge, understanding

    def replies(self, inbound: Inbound) -> Sequence[Reply]:
        """The danger cards a message calls for; nothing when it is about something else."""
        step = self._step(inbound)
        if step is None:
            return ()
        scene = self._scene(self._locale(inbound), inbound.country)
        step.take(scene)
        return tuple(scene.replies)

    def _step(self, inbound: Inbound) -> Step | None:
        cards = self._understanding.cards(inbound.text) if inbound.text else ()
        if cards:
            return ShowCards(cards)
        if inbound.kind is Kind.BUTTON:
            action = actions.unpack(inbound.action)
            return Press(inbound.action) if action.name in _NEEDED else None
        is_emergency = inbound.kind is Kind.COMMAND and inbound.action.startswith("emergency")
        return Command("emergency") if is_emergency else None

    def emergency(self, locale: str) -> Sequence[tuple[str, str, str]]:
        """Both countries' first two numbers: (country code, number, what it is)."""
        card = self._knowledge.snapshot.card(FIRST_PAGE_CARD, locale, None)
        return tuple(
            (line.country, line.phone, line.label)
            for country in COUNTRIES
            for line in [line for line in card.lines if line.country == country][:2]
        )

    def start_choices(self, locale: str, country: str) -> Sequence[Choice]:
        """A few topics that many ask about, all the others, and a person."""
        scene = self._scene(locale, country)
        topics = [topic for topic in FIRST_PAGE_TOPICS if topic in scene.snapshot.topics]
        return (
            *(
                scene.choice(scene.snapshot.topic_label(topic), actions.TOPIC, topic)
                for topic in topics
            ),
            scene.choice(words.MENU, actions.MENU, "0"),
            scene.choice(words.MENU_HUMAN, actions.HUMAN),
        )

    def _locale(self, inbound: Inbound) -> str:
        offered = self._knowledge.snapshot.catalogues.locales
        guess = language.detect(inbound.text[:400], offered)
        if guess.is_sure and guess.language in offered:
            return guess.language
        return negotiate([inbound.language], offered) or "en"

    def _scene(self, locale: str, country: str) -> Scene:
        known = country if country in COUNTRIES else ""
        person = Person("", "", "", "", "", locale=locale, country=known)
        return Scene(self._knowledge.snapshot, person, Session())
