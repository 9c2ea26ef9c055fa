"""Danger cards: the numbers first, and then a counsellor is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.dialogue import actions, words
from bot.dialogue import handoff_words as told
from bot.dialogue.scene import Scene
from bot.messages import Choice, Lane, Origin, Reply, Text
from bot.storage import DANGER, CancelCase, OpenCase, Reason

SHORT_CARD_WITHIN = timedelta(minutes=10)
EMERGENCY_CARDS = ("violence", "held")
# Only counsellors with the protection role open a case of these.
PROTECTED = frozenset({"held", "child", "sexual-violence", "domestic-violence"})
BY_ITSELF = "d"  # on the button that takes back what a card opened


@dataclass(frozen=True, slots=True)
class ShowCards:
    """Danger: help first, in the person's language, before anything else."""

    cards: tuple[str, ...]
    text: str = ""
    is_reminder: bool = False  # nothing new was said: shown rather than "I did not understand"

    def take(self, scene: Scene) -> None:
        now = datetime.now(UTC)
        known = [card for card in self.cards if card in scene.snapshot.cards][:2]
        repeats = set(recent_cards(scene, len(scene.session.cards_at)))
        for card in known:
            show_card(scene, card, is_short=card in repeats)
        if known and not self.is_reminder:
            _tell_counsellors(scene, known, is_repeat=repeats.issuperset(known))
        shown = dict.fromkeys(known, now)
        scene.remember(cards_at={**scene.session.cards_at, **shown}, doubted_text=self.text[:1000])


def recent_cards(scene: Scene, at_most: int = 1) -> tuple[str, ...]:
    """Cards that were shown a moment ago, the last ones."""
    now = datetime.now(UTC)
    shown = sorted(scene.session.cards_at.items(), key=lambda item: item[1])
    return tuple(card for card, at in shown[-at_most:] if now - at < SHORT_CARD_WITHIN)


def show_card(scene: Scene, card_id: str, is_short: bool = False) -> None:
    card = scene.snapshot.card(card_id, scene.locale, scene.country)
    first, numbers = card.bubbles[0], card.numbers
    head = words.DANGER_SHORT if is_short else words.DANGER_HEAD
    texts = [scene.render(head), numbers.text]
    if not is_short:
        scene.add(Reply(first.text, lane=Lane.SAFETY, origin=first.origin))
        texts.append(scene.render(words.DANGER_NOT_READ))
    origin = Origin(card_id, "numbers", scene.locale, numbers.origin.facts, scene.snapshot.id)
    scene.add(Reply("\n\n".join(texts), _choices(scene, card_id), Lane.SAFETY, origin))


def _choices(scene: Scene, card_id: str) -> tuple[Choice, ...]:
    not_me = scene.choice(words.DANGER_NOT_ME, actions.NO_DANGER)
    if scene.held is not None:
        return (not_me,)
    return scene.choice(words.MENU_HUMAN, actions.HUMAN, card_id), not_me


def emergency_lines(scene: Scene) -> str:
    cards = (scene.snapshot.card(card, scene.locale, scene.country) for card in EMERGENCY_CARDS)
    lines = dict.fromkeys(line.text for card in cards for line in card.lines)
    return "\n".join(lines)


# The case that danger opens


def danger_case(scene: Scene, cards: list[str]) -> OpenCase | None:
    """None: there is no office, and nobody who could be told."""
    case = scene.case
    office = case.office if case else scene.any_office()
    if not office:
        return None
    # Whoever holds it already goes on: they would lose it in the middle of danger.
    is_protected = scene.held is None and not PROTECTED.isdisjoint(cards)
    return OpenCase(Reason.DANGER, DANGER, office, "", cards[0], is_protected)


def _tell_counsellors(scene: Scene, cards: list[str], is_repeat: bool) -> None:
    if scene.office_for is None:
        return
    if scene.person.keeps_nothing:
        if not is_repeat:
            ask = scene.choice(words.MENU_HUMAN, actions.HUMAN, cards[0])
            scene.say(told.DANGER_NOBODY_TOLD, ask, lane=Lane.SAFETY)
        return
    change = danger_case(scene, cards)
    if change is None:
        return
    scene.change_case(change)
    if scene.held is not None:
        if not is_repeat:
            scene.say(told.DANGER_CASE_HELD, lane=Lane.SAFETY)
    elif scene.waiting is None:
        scene.remember(opened_by=cards[0])
        scene.say(told.DANGER_CASE_OPENED, take_back_choice(scene), lane=Lane.SAFETY)
    elif scene.waiting.priority > DANGER:
        scene.say(told.DANGER_CASE_RAISED, lane=Lane.SAFETY)


def take_back_choice(scene: Scene) -> Choice:
    return scene.choice(told.DANGER_CASE_CANCEL, actions.CANCEL, BY_ITSELF)


def take_back(scene: Scene, text: Text) -> None:
    scene.change_case(CancelCase())
    scene.say(text)


def no_danger(scene: Scene) -> bool:
    """ "This is not about danger": what these cards opened by themselves is taken back.

    Returns whether something was. What the person asked for, too, stays.
    """
    by_itself, shown = scene.session.opened_by, scene.session.cards_at
    scene.remember(doubted_text="", cards_at={})
    if scene.waiting is None or by_itself not in shown:
        return False
    scene.remember(opened_by="")
    take_back(scene, told.DANGER_CASE_CANCELLED)
    return True
