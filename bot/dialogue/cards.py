"""Danger cards: the numbers first, then one thing to do, then whether it is safe to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.dialogue import actions, danger_words, hide, words
from bot.dialogue import handoff_words as told
from bot.dialogue.danger import Sure
from bot.dialogue.danger_cases import plan_alarm, tell_of
from bot.dialogue.scene import Scene
from bot.i18n import isolate
from bot.knowledge import CardAnswer, NumberLine
from bot.messages import Choice, Lane, Origin, Reply, Text

SHORT_CARD_WITHIN = timedelta(minutes=10)
MOST_CARDS = 2  # of one message
EMERGENCY_CARDS = ("violence", "held")
SAFE_BUTTONS = (
    (danger_words.CAN_WRITE, actions.CAN_WRITE),
    (danger_words.NOT_SAFE, actions.NOT_SAFE),
    (danger_words.CANNOT_CALL, actions.CANNOT_CALL),
)
_REACH = {
    "voice": danger_words.REACH_VOICE,
    "sms": danger_words.REACH_SMS,
    "app": danger_words.REACH_APP,
    "chat": danger_words.REACH_CHAT,
}


@dataclass(frozen=True, slots=True)
class ShowCards:
    """Danger: help first, in the person's language, before anything else."""

    cards: tuple[str, ...]
    text: str = ""
    is_reminder: bool = False  # nothing new was said: shown rather than "I did not understand"
    sure: Mapping[str, Sure] = field(default_factory=dict)

    def take(self, scene: Scene) -> None:
        known = [card for card in self.cards if card in scene.snapshot.cards][:MOST_CARDS]
        if not known:
            return
        shown_before = set(recent_cards(scene, len(scene.session.cards_at)))
        fresh = [card for card in known if card not in shown_before]
        beside: list[tuple[Text, Choice | None]] = []
        if scene.office_for is not None:
            beside = self._tell(scene, known, is_repeat=not fresh)
        show_cards(scene, known, fresh, beside)
        shown = dict.fromkeys(known, datetime.now(UTC))
        scene.remember(cards_at={**scene.session.cards_at, **shown}, doubted_text=self.text[:1000])

    def _tell(
        self, scene: Scene, known: list[str], is_repeat: bool
    ) -> list[tuple[Text, Choice | None]]:
        """What happens beside the card, to be said in the same bubble."""
        if scene.person.keeps_nothing:
            return [] if is_repeat else [(told.DANGER_NOBODY_TOLD, _human(scene, known[0]))]
        if self.is_reminder:
            if scene.held is None:
                plan_alarm(scene, known, self.sure)
            return []
        said = tell_of(scene, known, self.sure)
        is_old = is_repeat and said is not None and said[0] is told.DANGER_CASE_HELD
        return [] if said is None or is_old else [said]


def recent_cards(scene: Scene, at_most: int = 1) -> tuple[str, ...]:
    """Cards that were shown a moment ago, the last ones."""
    now = datetime.now(UTC)
    shown = sorted(scene.session.cards_at.items(), key=lambda item: item[1])
    return tuple(card for card, at in shown[-at_most:] if now - at < SHORT_CARD_WITHIN)


def show_card(scene: Scene, card_id: str) -> None:
    show_cards(scene, [card_id], [card_id])


def show_cards(
    scene: Scene,
    cards: Sequence[str],
    fresh: Sequence[str],
    beside: Sequence[tuple[Text, Choice | None]] = (),
) -> None:
    """Two bubbles: everybody's numbers, then the first words of those that are `fresh`.

    Without a fresh one the numbers are all, with the same buttons.
    """
    found = {card: scene.snapshot.card(card, scene.locale, scene.country) for card in cards}
    buttons = _choices(scene, cards[0], beside)
    notes = [scene.render(text) for text, _ in beside]
    if not fresh:
        short = [scene.render(danger_words.SHORT)]
        _show_numbers(scene, found.values(), short, notes, buttons)
        return
    before, after = [scene.render(head(scene))], [scene.render(who_reads(scene))]
    _show_numbers(scene, found.values(), before, after, ())
    first = [found[card].bubbles[0] for card in fresh]
    hides = scene.render(hide.LINE)
    asked = [scene.render(danger_words.SAFE_ASK)] if _is_asked(scene) else []
    text = "\n\n".join([*(bubble.text for bubble in first), *notes, hides, *asked])
    scene.add(Reply(text, buttons, Lane.SAFETY, first[0].origin))


def _show_numbers(
    scene: Scene,
    cards: Iterable[CardAnswer],
    before: Sequence[str],
    after: Sequence[str],
    choices: Sequence[Choice],
) -> None:
    answers = tuple(cards)
    lines = {line.row: line for card in answers for line in card.lines}
    facts = dict.fromkeys(name for card in answers for name in card.numbers.origin.facts)
    origin = Origin(answers[0].card, "numbers", scene.locale, tuple(facts), scene.snapshot.id)
    numbers = "\n".join(_line(scene, line) for line in lines.values())
    text = "\n\n".join([*before, numbers, *after])
    calls = call_choices(scene, lines.values())
    scene.add(Reply(text, (*calls, *choices), Lane.SAFETY, origin))


def _line(scene: Scene, line: NumberLine) -> str:
    """How a number is reached is said where it is not by a plain call."""
    if line.reach in ((), ("voice",)):
        return line.text
    return f"{line.text} – {', '.join(scene.render(_REACH[way]) for way in line.reach)}"


def call_choices(scene: Scene, lines: Iterable[NumberLine]) -> list[Choice]:
    """One button a number: it calls on the web, and copies the number on Telegram."""
    phones = dict.fromkeys(line.first_phone for line in lines if line.first_phone)
    return [_call_choice(phone, scene.locale) for phone in phones]


def _call_choice(phone: str, locale: str) -> Choice:
    digits = "".join(char for char in phone if char.isdecimal() or char == "+")
    return Choice(isolate(phone, locale), url=f"tel:{digits}", copy=digits)


def head(scene: Scene) -> Text:
    # 112 is one of our two countries' numbers; elsewhere it may be nobody's.
    is_abroad = scene.country is None and scene.session.elsewhere
    return danger_words.ABROAD if is_abroad else danger_words.HEAD


def who_reads(scene: Scene) -> Text:
    """While the office that would answer is open, somebody may read this today."""
    return danger_words.READ_SLOWLY if scene.is_staffed else danger_words.NOT_READ


def _is_asked(scene: Scene) -> bool:
    return scene.office_for is not None and not scene.person.keeps_nothing


def _choices(
    scene: Scene, card: str, beside: Sequence[tuple[Text, Choice | None]]
) -> tuple[Choice, ...]:
    more = [choice for _, choice in beside if choice is not None]
    not_me = scene.choice(danger_words.NOT_ME, actions.NO_DANGER)
    if _is_asked(scene):
        asked = (scene.choice(text, action, card) for text, action in SAFE_BUTTONS)
        return (*asked, *more, not_me)
    human = more or [_human(scene, card)]
    cannot_call = scene.choice(danger_words.CANNOT_CALL, actions.CANNOT_CALL, card)
    return (*human, cannot_call, not_me)


def _human(scene: Scene, card: str) -> Choice:
    return scene.choice(words.MENU_HUMAN, actions.HUMAN, card)


def emergency_lines(scene: Scene) -> str:
    cards = (scene.snapshot.card(card, scene.locale, scene.country) for card in EMERGENCY_CARDS)
    lines = dict.fromkeys(_line(scene, line) for card in cards for line in card.lines)
    return "\n".join(lines)
