"""Who decides what happens next: pure functions, in a fixed order.

danger (cue or intent) > a human holds the case > command or button > open flow >
ask for a human > answer > a closed case goes on > ask back between close answers > fallback
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.confidence import DANGER_PREFIX, Verdict, judge
from bot.dialogue import held, steps
from bot.dialogue.buttons import Press
from bot.dialogue.cards import ShowCards
from bot.dialogue.commands import Command
from bot.dialogue.handoff import AskHuman, Reopen
from bot.dialogue.held import Listen
from bot.dialogue.steps import Step
from bot.messages import MAX_TEXT, Inbound, Kind
from bot.nlu_client import Parse

SMALLTALK = frozenset({"greeting", "thanks", "goodbye", "how-are-you"})


@dataclass(frozen=True, slots=True)
class View:
    """What the policy may look at."""

    inbound: Inbound
    locale: str
    cues: tuple[str, ...] = ()  # danger cards whose cues stand in the text
    is_held: bool = False  # a counsellor answers, and the program is not asked
    was_closed: bool = False  # a case was, a short time ago


def before_nlu(view: View) -> Step | None:
    """What needs no understanding. None: the text has to be parsed."""
    inbound = view.inbound
    if view.cues:
        return ShowCards(view.cues, inbound.text)
    if view.is_held:
        return held.before_nlu(inbound)
    if inbound.kind is Kind.COMMAND:
        return Command(inbound.action)
    if inbound.kind is Kind.BUTTON:
        return Press(inbound.action)
    if inbound.kind in (Kind.LEFT, Kind.RETURNED):
        return steps.Presence(is_blocked=inbound.kind is Kind.LEFT)
    if inbound.kind is not Kind.TEXT and not inbound.text.strip():
        return steps.Media(inbound.kind)
    if inbound.kind is Kind.EDIT:
        return steps.Media(Kind.EDIT)
    if not inbound.text.strip("\ufffd\u200b\u200c\u200d \t\n"):
        return steps.Unusable(is_long=False)
    if len(inbound.text) > MAX_TEXT:
        return steps.Unusable(is_long=True)
    return None


def after_nlu(view: View, parse: Parse, questions: Collection[str]) -> Step:
    """What one parse leads to. `questions` are the intents that have an answer."""
    judgement = judge(parse, view.locale)
    if judgement.verdict is Verdict.DANGER:
        cards = tuple(name.removeprefix(DANGER_PREFIX) for name in judgement.intents)
        return ShowCards(cards, view.inbound.text)
    if view.is_held:
        return Listen()
    known = tuple(i for i in judgement.intents if i in questions)
    if judgement.verdict is Verdict.ANSWER and (step := _answer(judgement.intents[0], known)):
        return step
    if judgement.verdict is Verdict.CHOICES and judgement.intents[0] in SMALLTALK:
        return steps.Smalltalk(judgement.intents[0])  # asking back would be odd
    if view.was_closed:
        return Reopen()
    if judgement.verdict is Verdict.CHOICES and known:
        return steps.AskWhich(known)
    return steps.NotUnderstood()


def _answer(intent: str, known: tuple[str, ...]) -> Step | None:
    if intent == "human":
        return AskHuman()
    if intent == "language":
        return steps.ChooseLanguage()
    if intent in SMALLTALK:
        return steps.Smalltalk(intent)
    return steps.AnswerIntent(intent) if known else None
