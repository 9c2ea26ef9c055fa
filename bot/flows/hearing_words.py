"""The vocabulary of each language, and a text told apart into phrases of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.flows.hearing_text import tokens
from bot.i18n.locales import SOURCE
from bot.knowledge.flow_spoken import Phrases, Spoken
from bot.lexical import alike

YES, NO, UNSURE, UNSAID, BACK, STOP = "yes", "no", "unsure", "unsaid", "back", "stop"
AGREE, FILLER, NOT, HAVE, ASKS, UNCLEAR = "agree", "filler", "not", "have", "asks", "unclear"
BECAUSE, SURE, AND, OTHER = "because", "sure", "and", "other"
# Of two names for one phrase the earlier counts first.
NAMES = (UNCLEAR, UNSAID, UNSURE, ASKS, NO, YES, BACK, STOP, NOT, HAVE, AGREE, FILLER)
MARKS = (BECAUSE, SURE, AND, OTHER)  # sets of single words, beside their names
NUMBERS, PLACES, DAYS, PICK = "numbers", "places", "days", "pick"
COUNTRIES = {"romania": "ro", "hungary": "hu", "elsewhere": "xx"}

Words = tuple[str, ...]
NEAR = 0.85  # how alike a misspelt word is
LONG_ENOUGH = 5  # letters of a word that may be misspelt
MOST_MENDED = 8  # words of a text in which they are mended


@dataclass(frozen=True, slots=True)
class Span:
    """`names` is empty for words that are not known."""

    words: Words
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""


@dataclass(frozen=True)
class Lexicon:
    locale: str
    phrases: Mapping[Words, tuple[str, ...]]
    numbers: Mapping[Words, int]
    places: Mapping[Words, int]  # 1 is the first, -1 the last
    days: Mapping[Words, int]  # tomorrow is 1
    pick: frozenset[str]
    marks: Mapping[str, frozenset[str]]
    countries: Mapping[str, tuple[Words, ...]]  # "ro" -> its names
    longest: int

    def spans(self, words: Sequence[str]) -> list[Span]:
        """The longest phrases from the left."""
        words = tuple(map(self._mended, words)) if len(words) <= MOST_MENDED else tuple(words)
        found: list[Span] = []
        at = 0
        while at < len(words):
            span = self._at(words, at)
            found.append(span)
            at += len(span.words)
        return found

    def _mended(self, word: str) -> str:
        """A misspelt word of the vocabulary as it should be."""
        # In scripts of India one mark makes another word.
        is_plain = len(word) >= LONG_ENOUGH and not any("\u0900" <= c <= "\u0dff" for c in word)
        if not is_plain or word in self._single.get(word[0], ()):
            return word
        near = [(alike(word, other), other) for other in self._single.get(word[0], ())]
        best = max(near, default=(0.0, word))
        return best[1] if best[0] >= NEAR else word

    @cached_property
    def _single(self) -> Mapping[str, frozenset[str]]:
        """Words by their first letter; of those in longer phrases, too."""
        found: dict[str, set[str]] = {}
        for word in {word for phrase in self.phrases for word in phrase}:
            if len(word) >= LONG_ENOUGH:
                found.setdefault(word[0], set()).add(word)
        return {letter: frozenset(words) for letter, words in found.items()}

    def _at(self, words: Sequence[str], at: int) -> Span:
        for length in range(min(self.longest, len(words) - at), 0, -1):
            phrase = tuple(words[at : at + length])
            if (names := self.phrases.get(phrase)) is not None:
                return Span(phrase, names)
        return Span((words[at],))


NOTHING = Lexicon(SOURCE, {}, {}, {}, {}, frozenset(), {}, {}, 1)


@lru_cache(maxsize=4)  # the snapshot of now, and that of before
def lexica(spoken: Spoken) -> Mapping[str, Lexicon]:
    """English stands behind each language: people mix it in."""
    english = spoken.by_locale.get(SOURCE, {})
    return {
        locale: _lexicon(locale, english, {} if locale == SOURCE else own)
        for locale, own in spoken.by_locale.items()
    }


def _lexicon(locale: str, english: Phrases, own: Phrases) -> Lexicon:
    phrases = {**_named(english), **_named(own)}
    return Lexicon(
        locale,
        phrases,
        {**_numbered(english.get(NUMBERS, ())), **_numbered(own.get(NUMBERS, ()))},
        {**_numbered(english.get(PLACES, ())), **_numbered(own.get(PLACES, ()))},
        {**_numbered(english.get(DAYS, ())), **_numbered(own.get(DAYS, ()))},
        frozenset(w for of in (english, own) for p in of.get(PICK, ()) for w in tokens(p)),
        {
            mark: frozenset(w for of in (english, own) for p in of.get(mark, ()) for w in tokens(p))
            for mark in MARKS
        },
        {code: _all(name, (english, own)) for name, code in COUNTRIES.items()},
        max(map(len, phrases), default=1),
    )


def _named(table: Phrases) -> dict[Words, tuple[str, ...]]:
    found: dict[Words, tuple[str, ...]] = {}
    for name in NAMES:
        for phrase in map(tokens, table.get(name, ())):
            if phrase:
                found[phrase] = tuple(dict.fromkeys((*found.get(phrase, ()), name)))
    return found


def _numbered(lines: Iterable[str]) -> dict[Words, int]:
    """ "2 two" -> two is 2; the first line of a phrase counts."""
    found: dict[Words, int] = {}
    for line in lines:
        number, _, phrase = line.partition(" ")
        found.setdefault(tokens(phrase), int(number))
    return found


def _all(name: str, tables: Iterable[Phrases]) -> tuple[Words, ...]:
    return tuple(tokens(phrase) for table in tables for phrase in table.get(name, ()))
