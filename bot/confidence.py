"""What a confidence is worth: when one is enough to answer, to ask back, or neither.

The numbers were measured with `python -m bot evaluate` (see nlu/README.md); the policy
and the evaluation read them here, so that what is measured is what is served.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.nlu_client import Parse

OUT_OF_SCOPE = "out-of-scope"
NOT_DANGER = "not-danger"  # only looks like it: it speaks against danger, and for nothing
DANGER_PREFIX = "danger-"
MAX_CHOICES = 3
MAX_CARDS = 2
CLOSE = 0.7  # a second card is shown when it is nearly as likely as the first


@dataclass(frozen=True, slots=True)
class Thresholds:
    answer: float  # at least this, to answer
    margin: float  # and this far ahead of the next, else ask which one is meant
    choice: float  # at least this, to be offered as one of the choices
    danger: float  # a danger intent counts from here on, best or not: recall first
    alarm: float  # and from here on a counsellor is told at once


_BY_MATCHER: Mapping[str, Thresholds] = {
    "rasa": Thresholds(answer=0.35, margin=0.10, choice=0.08, danger=0.40, alarm=0.85),
    "lexical": Thresholds(answer=0.80, margin=0.10, choice=0.20, danger=0.62, alarm=0.98),
}
# Where questions have examples of their own (Ukrainian ones speak in Russian, too), danger has
# to speak against many more of them.
_HAVE_QUESTIONS = ("en", "ro", "hu", "uk", "ru", "ar")
_DANGER_THERE = {"rasa": 0.25, "lexical": 0.45}
_BY_LOCALE: Mapping[tuple[str, str], Thresholds] = {
    (by, locale): replace(_BY_MATCHER[by], danger=danger)
    for by, danger in _DANGER_THERE.items()
    for locale in _HAVE_QUESTIONS
}


_NO_ANSWER = (OUT_OF_SCOPE, NOT_DANGER)


class Verdict(enum.StrEnum):
    DANGER = "danger"
    ANSWER = "answer"
    CHOICES = "choices"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    intents: tuple[str, ...]  # what to answer, or to choose from, best first
    alarms: tuple[str, ...] = ()  # those of the dangers that are beyond doubt


def thresholds(by: str, locale: str) -> Thresholds:
    return _BY_LOCALE.get((by, locale), _BY_MATCHER[by])


def judge(parse: Parse, locale: str) -> Judgement:
    """What one parse allows. Smalltalk and `human` come out as an answer, like questions."""
    limits = thresholds(parse.by, locale)
    dangers = [(n, c) for n, c in parse.intents if is_danger(n) and c >= limits.danger]
    if dangers:
        likely = [(n, c) for n, c in dangers if c >= CLOSE * dangers[0][1]][:MAX_CARDS]
        alarms = (n for n, c in likely if c >= limits.alarm)
        return Judgement(Verdict.DANGER, tuple(n for n, _ in likely), tuple(alarms))
    others = [(n, c) for n, c in parse.intents if n not in _NO_ANSWER and not is_danger(n)]
    likely = [(n, c) for n, c in others if c >= limits.choice][:MAX_CHOICES]
    if not likely:
        return Judgement(Verdict.FALLBACK, ())
    best, confidence = likely[0]
    second = others[1][1] if len(others) > 1 else 0.0
    if confidence >= limits.answer and confidence - second >= limits.margin:
        return Judgement(Verdict.ANSWER, (best,))
    return Judgement(Verdict.CHOICES, tuple(n for n, _ in likely))


def is_danger(intent: str) -> bool:
    return intent.startswith(DANGER_PREFIX)
