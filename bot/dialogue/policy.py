"""Who decides what happens next: pure functions, in a fixed order.

danger (cue or intent) > the agreed word > a human holds the case > command or button > open flow >
ask for a human > answer > a closed case goes on > ask back between close answers > fallback
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.confidence import DANGER_PREFIX, Verdict, judge
from bot.dialogue import held, resume, steps
from bot.dialogue.buttons import Press
from bot.dialogue.cards import ShowCards
from bot.dialogue.commands import Command
from bot.dialogue.danger import Sure
from bot.dialogue.flow_steps import HearAnswer, NotAnAnswer
from bot.dialogue.handoff import AskHuman, Reopen
from bot.dialogue.held import Listen
from bot.dialogue.near import AtPlace
from bot.dialogue.steps import Step
from bot.flows.hearing import Heard
from bot.messages import MAX_TEXT, Inbound, Kind
from bot.nlu_client import Parse

NO_PARSE_UP_TO = 3  # words of an answer in a flow; in more of them danger may hide
SMALLTALK = frozenset({"greeting", "thanks", "goodbye", "how-are-you"})


@dataclass(frozen=True, slots=True)
class View:
    """What the policy may look at."""

    inbound: Inbound
    locale: str
    cues: Mapping[str, Sure] = field(default_factory=dict)  # cards whose cues stand in the text
    is_held: bool = False  # a counsellor answers, and the program is not asked
    was_closed: bool = False  # a case was, a short time ago
    in_flow: bool = False  # a guided flow is open
    word: Step | None = None  # what the text does as the word of discreet mode
    heard: Heard | None = None  # the text as an answer to its question


def before_nlu(view: View) -> Step | None:
    """What needs no understanding. None: the text has to be parsed."""
    inbound = view.inbound
    if view.cues:
        return ShowCards(tuple(view.cues), inbound.text, sure=view.cues)
    if view.word is not None:
        return view.word
    if view.is_held:
        return held.before_nlu(inbound)
    if inbound.kind is Kind.COMMAND:
        return Command(inbound.action)
    if inbound.kind is Kind.BUTTON:
        return Press(inbound.action)
    if inbound.kind in (Kind.LEFT, Kind.RETURNED):
        return steps.Presence(is_blocked=inbound.kind is Kind.LEFT)
    if inbound.place and not inbound.text.strip():
        return AtPlace(inbound.place)
    if inbound.kind is not Kind.TEXT and not inbound.text.strip():
        return steps.Media(inbound.kind)
    if inbound.kind is Kind.EDIT:
        return steps.Media(Kind.EDIT)
    if code := resume.typed_in(inbound):
        return resume.EnterCode(code)
    if not inbound.text.strip("\ufffd\u200b\u200c\u200d \t\n"):
        return steps.Unusable(is_long=False)
    if len(inbound.text) > MAX_TEXT:
        return steps.Unusable(is_long=True)
    heard = view.heard
    if heard is not None and heard.is_sure and len(inbound.text.split()) <= NO_PARSE_UP_TO:
        return HearAnswer(heard)
    return None


def after_nlu(view: View, parse: Parse, questions: Collection[str]) -> Step:
    """What one parse leads to. `questions` are the intents that have an answer."""
    judgement = judge(parse, view.locale)
    # Reviewed words of an option, such as "My husband is Ukrainian", are as good as its button:
    # doubt is not enough against them. Cues have been looked at before; certain danger counts.
    is_button = view.heard is not None and view.heard.is_written and not judgement.alarms
    if judgement.verdict is Verdict.DANGER and not (is_button and not view.is_held):
        cards = tuple(name.removeprefix(DANGER_PREFIX) for name in judgement.intents)
        alarms = (name.removeprefix(DANGER_PREFIX) for name in judgement.alarms)
        return ShowCards(cards, view.inbound.text, sure=dict.fromkeys(alarms, Sure.CERTAIN))
    if view.is_held:
        return Listen()
    if view.heard is not None and view.heard.is_sure:
        return HearAnswer(view.heard)
    known = tuple(i for i in judgement.intents if i in questions)
    if judgement.verdict is Verdict.ANSWER and (step := _answer(judgement.intents[0], known)):
        return step
    if view.in_flow:
        return HearAnswer(view.heard) if view.heard is not None else NotAnAnswer()
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
