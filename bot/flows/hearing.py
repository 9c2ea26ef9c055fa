"""What somebody wrote, taken as an answer to the open question.

Without a model, in all languages at once: somebody may answer in another language than
the chat's. A wrong answer is worse than asking again, so a doubt is None.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from bot.flows import hearing_choice as choice
from bot.flows import hearing_words as words
from bot.flows.engine import accepts
from bot.flows.hearing_text import is_question, tokens
from bot.flows.hearing_words import Lexicon, lexica
from bot.flows.hearing_yes import Verdict, judge
from bot.flows.model import NO, UNKNOWN, UNSAID, YES, Question
from bot.i18n import read_date
from bot.i18n.locales import SOURCE
from bot.knowledge.flow_spoken import Spoken

# Names in `content/flows/words.yaml`, and the option that each stands for.
SPOKEN = {"yes": YES, "no": NO, "unsure": UNKNOWN, "unsaid": UNSAID}
BACK, STOP = "back", "stop"
MAX_WORDS = 60  # characters of a city or a free answer that are kept
MAX_HEARD = 600  # characters; a longer text is a story
SURE_UP_TO = 10  # words; of a longer text the beginning only was looked at
GO_ON = "go-on"  # the question "Go on?": "ok" is a yes
_NEGATIVE = {"not", "dont", "doesnt", "didnt", "isnt", "arent", "havent", "cant"}
_BREAK = re.compile(r"[,.;:!،。，、।\n–—]| - ")


@dataclass(frozen=True)
class Vocabulary:
    """What may be said for the open question, in the conversation's language and in English."""

    options: Mapping[str, tuple[str, ...]]  # option id -> label and words
    spoken: Spoken
    asked: tuple[str, ...] = ()  # the question as it was put
    today: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())


@dataclass(frozen=True, slots=True)
class Heard:
    """`is_sure` is false for what may as well be a question to us: free words, a long text.

    `is_written`: word for word an option's reviewed label or phrase.
    """

    kind: Literal["answer", "back", "stop"]
    value: str = ""  # an option's id, a number, an ISO date, or the words
    is_sure: bool = True
    is_written: bool = False


def hear(text: str, question: Question, vocabulary: Vocabulary, locale: str) -> Heard | None:
    said = tokens(text[:MAX_HEARD])
    if not said:
        return None
    known = lexica(vocabulary.spoken)
    mine = known.get(locale) or known.get(SOURCE) or words.NOTHING
    if question.is_chosen and (option := _exactly(said, vocabulary)):
        return Heard("answer", option, is_written=True)
    if is_question(text):
        return _questioned(said, question, vocabulary, locale)
    found = _moved(said, mine) or _value(text, said, question, vocabulary, locale)
    if found is None and question.is_chosen:
        option = _chosen(text, said, question, vocabulary, locale)
        found = Heard("answer", option, is_sure=len(said) <= SURE_UP_TO) if option else None
    if found is None and question.kind in ("number", "date"):
        found = _spoken(_verdict(text, said, question, vocabulary, locale), question, vocabulary)
    if found is None and question.kind in ("city", "text"):
        return Heard("answer", text.strip()[:MAX_WORDS], is_sure=False)
    return found


def _exactly(said: Sequence[str], vocabulary: Vocabulary) -> str:
    """The option whose label or phrase this is, word for word."""
    found = {
        option
        for option, phrases in vocabulary.options.items()
        if any(tokens(phrase) == tuple(said) for phrase in phrases)
    }
    return found.pop() if len(found) == 1 else ""


def _questioned(
    said: Sequence[str], question: Question, vocabulary: Vocabulary, locale: str
) -> Heard | None:
    """ "Maybe?" is not sure; other texts with a question mark ask something."""
    verdict = _verdict("", said, question, vocabulary, locale)
    return _spoken(verdict, question, vocabulary) if verdict == "unsure" else None


def _moved(said: Sequence[str], mine: Lexicon) -> Heard | None:
    for kind in (BACK, STOP):
        if kind in mine.phrases.get(tuple(said), ()):
            return Heard("back" if kind == BACK else "stop")
    return None


def _value(
    text: str, said: Sequence[str], question: Question, vocabulary: Vocabulary, locale: str
) -> Heard | None:
    if question.kind == "number" and len(said) <= SHORT_NUMBER:
        for lexicon in _in_order(vocabulary, locale):
            if any(words.ASKS in span.names for span in lexicon.spans(said)):
                return None
            number = choice.number(said, lexicon)
            if number is not None:
                value = str(number)
                return Heard("answer", value) if accepts(question, value) else None
    if question.kind == "date":
        date = read_date(text, locale, vocabulary.today) or _day(said, vocabulary, locale)
        return Heard("answer", date.isoformat()) if date is not None else None
    return None


SHORT_NUMBER = 8  # words around a number


def _day(said: Sequence[str], vocabulary: Vocabulary, locale: str) -> datetime.date | None:
    """ "Tomorrow", "next week": nothing else may be said."""
    for lexicon in _in_order(vocabulary, locale):
        if (days := lexicon.days.get(tuple(said))) is not None:
            return vocabulary.today + datetime.timedelta(days=days)
    return None


def _in_order(vocabulary: Vocabulary, locale: str) -> list[Lexicon]:
    """The chat's language first, then English, then the others."""
    known = lexica(vocabulary.spoken)
    first = [known[code] for code in dict.fromkeys((locale, SOURCE)) if code in known]
    return first + [lexicon for lexicon in known.values() if lexicon not in first]


def _chosen(
    text: str, said: Sequence[str], question: Question, vocabulary: Vocabulary, locale: str
) -> str:
    """An option by its place, by what it is called, or by yes and no."""
    order = _in_order(vocabulary, locale)
    for lexicon in order:
        if option := choice.place(said, question, lexicon):
            return option
    if question.kind == "country":
        found = {choice.country(said, vocabulary.options, lexicon) for lexicon in order[:2]} - {""}
        found = found or {choice.country(said, vocabulary.options, other) for other in order[2:]}
        found -= {""}
        if found:
            return found.pop() if len(found) == 1 else ""
    name = _verdict(text, said, question, vocabulary, locale)
    spoken = _spoken(name, question, vocabulary)
    if question.kind == "yes-no" or name in ("unsure", "unsaid"):
        if spoken is not None:
            return spoken.value
        if name:
            return ""
    if any(_asks(said, lexicon) for lexicon in order[:2]):
        return ""
    own = {o: p for o, p in vocabulary.options.items() if o not in (UNKNOWN, UNSAID)}
    enough = choice.SURELY if question.kind == "yes-no" else choice.ENOUGH
    option = choice.named(said, own, order[0], enough)
    return option or (spoken.value if spoken is not None else "")


def _asks(said: Sequence[str], lexicon: Lexicon) -> bool:
    """It begins as a question to us, or says that something was not understood."""
    spans = lexicon.spans(said)
    return spans[0].name == words.ASKS or any(span.name == words.UNCLEAR for span in spans)


def _verdict(
    text: str, said: Sequence[str], question: Question, vocabulary: Vocabulary, locale: str
) -> str:
    """Read in every language; the one that knows most of the words is believed."""
    asked = frozenset(w for t in (question.ask, *vocabulary.asked) for w in tokens(t))
    breaks = _before_break(text)
    order = _in_order(vocabulary, locale)
    if set(tokens(question.ask)[:3]) & _NEGATIVE and len(said) > 2:
        return ""  # "Don't you have it?": who knows what more than "yes" or "no" means
    judged = [judge(said, lexicon, asked, breaks) for lexicon in order]
    fewest = min((verdict.unknown for verdict in judged), default=0)
    for verdict, lexicon in zip(judged[:2], order, strict=False):
        is_mine = lexicon.locale == locale or (lexicon.locale == SOURCE and verdict.name)
        if verdict.unknown == fewest and is_mine:
            return _agreed(verdict.name, question)
    return _agreed(_common([v for v in judged if v.unknown == fewest]), question)


def _common(judged: Sequence[Verdict]) -> str:
    names = {verdict.name for verdict in judged} - {""}
    return names.pop() if len(names) == 1 else ""


def _agreed(name: str, question: Question) -> str:
    if name == words.AGREE:
        return words.YES if question.id == GO_ON else ""
    return "" if name in (BACK, STOP) else name


@lru_cache(maxsize=64)
def _before_break(text: str) -> int:
    """How many words stand before the first comma or full stop; 0 when there is none."""
    found = _BREAK.search(text)
    rest = text[found.end() :] if found else ""
    return len(tokens(text[: found.start()])) if found and tokens(rest[:MAX_HEARD]) else 0


def _spoken(name: str, question: Question, vocabulary: Vocabulary) -> Heard | None:
    """The option for "yes", "no", "not sure": its own, or the one whose words hold "no"."""
    option = SPOKEN.get(name, "")
    if question.option(option) is None:
        holding = [
            each
            for each, phrases in vocabulary.options.items()
            if name in (words.YES, words.NO) and any(tokens(p) == (name,) for p in phrases)
        ]
        option = holding[0] if len(holding) == 1 else ""
    return Heard("answer", option) if option else None
