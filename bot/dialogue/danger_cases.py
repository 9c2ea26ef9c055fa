"""When danger opens a case: a card is sent in doubt, an alarm only for good reason.

What is certain opens a case at once, a press of the person does, and for most kinds of
danger three minutes of silence do (`Scene.alarm`; `handoff/alarms.py` makes the case).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.dialogue import actions
from bot.dialogue import handoff_words as told
from bot.dialogue.danger import Sure
from bot.dialogue.scene import Scene
from bot.messages import Choice, Text
from bot.storage import DANGER, URGENT, Alarm, CancelCase, OpenCase, Reason

SILENCE = timedelta(minutes=3)
# Only counsellors with the protection role open a case of these.
PROTECTED = frozenset({"held", "child", "sexual-violence", "domestic-violence"})
BY_ITSELF = "d"  # on the button that takes back what a card opened


@dataclass(frozen=True, slots=True)
class Rule:
    """One card's way to a case. A press of the person opens one for every card."""

    at_once: Sure | None = Sure.CERTAIN  # from this on with the message itself; None: never
    by_silence: bool = True
    priority: int = DANGER  # while it is not certain that the danger is now


_RULES = {
    "detention": Rule(priority=URGENT),
    "medical": Rule(at_once=None, by_silence=False, priority=URGENT),
    # Whether anybody is told of these is the person's to say, unless they are in danger now.
    "sexual-violence": Rule(at_once=Sure.NOW, by_silence=False),
    "domestic-violence": Rule(at_once=Sure.NOW, by_silence=False),
}


def rule_of(card: str) -> Rule:
    return _RULES.get(card, Rule())


def case_for(
    scene: Scene, cards: Iterable[str], sure: Mapping[str, Sure], safe: str = ""
) -> OpenCase | None:
    """The case of the most urgent of these cards.

    None: there is no office, and nobody who could be told.
    """
    shown = tuple(cards)
    office = scene.case.office if scene.case else scene.any_office()
    if not office or not shown:
        return None
    card = min(shown, key=lambda one: _priority(one, sure))
    # Whoever holds it already goes on: they would lose it in the middle of danger.
    is_protected = scene.held is None and not PROTECTED.isdisjoint(shown)
    priority = _priority(card, sure)
    return OpenCase(Reason.DANGER, priority, office, "", card, is_protected, safe)


def _priority(card: str, sure: Mapping[str, Sure]) -> int:
    rule = rule_of(card)
    is_now = rule.at_once is not None and sure.get(card) is Sure.NOW
    return DANGER if is_now else rule.priority


def is_more(scene: Scene, change: OpenCase) -> bool:
    """Whether it says more than what already waits: more urgent, or for fewer eyes."""
    waiting = scene.waiting
    if waiting is None:
        return True
    return change.priority < waiting.priority or (change.protection and not waiting.protection)


def tell_of(
    scene: Scene, cards: Iterable[str], sure: Mapping[str, Sure]
) -> tuple[Text, Choice | None] | None:
    """Open, raise or plan what these cards call for; what to say of it, with a button."""
    shown = tuple(cards)
    if scene.held is not None:
        scene.change_case(case_for(scene, shown, sure) or scene.case_change)
        return told.DANGER_CASE_HELD, None
    certain = [card for card in shown if _is_at_once(card, sure)]
    change = case_for(scene, certain, sure)
    if change is None or not is_more(scene, change):
        plan_alarm(scene, shown, sure)
        return None
    scene.change_case(change)
    if scene.waiting is not None:
        return told.DANGER_CASE_RAISED, None
    scene.remember(opened_by=change.danger)
    return told.DANGER_CASE_OPENED, take_back_choice(scene)


def _is_at_once(card: str, sure: Mapping[str, Sure]) -> bool:
    limit = rule_of(card).at_once
    return limit is not None and sure.get(card, Sure.DOUBT) >= limit


def plan_alarm(scene: Scene, cards: Iterable[str], sure: Mapping[str, Sure]) -> None:
    """Silence has to be heard, too. Nothing is planned for whoever wants nothing kept."""
    silent = [card for card in cards if rule_of(card).by_silence]
    change = case_for(scene, silent, sure)
    if change is None or scene.person.keeps_nothing or not is_more(scene, change):
        return
    due_at = datetime.now(UTC) + SILENCE
    scene.alarm = Alarm(change.danger, change.office, change.priority, change.protection, due_at)
    if scene.waiting is None:
        scene.remember(opened_by=change.danger)


def take_back_choice(scene: Scene) -> Choice:
    return scene.choice(told.DANGER_CASE_CANCEL, actions.CANCEL, BY_ITSELF)


def take_back(scene: Scene, text: Text) -> None:
    scene.change_case(CancelCase())
    scene.say(text)


def no_danger(scene: Scene) -> bool:
    """ "This is not about danger": what these cards opened by themselves is taken back.

    Returns whether something was. What the person asked for, too, stays. An alarm that waits
    goes with every press.
    """
    by_itself, shown = scene.session.opened_by, scene.session.cards_at
    scene.remember(doubted_text="", cards_at={})
    if scene.waiting is None or by_itself not in shown:
        return False
    scene.remember(opened_by="")
    take_back(scene, told.DANGER_CASE_CANCELLED)
    return True
