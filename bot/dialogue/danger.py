"""Danger cues: found in every message, in all languages at once, with no NLU at all.

A cue is a sequence of words. `*` at a word's end stands for any ending, `a|b` for one of
several words, `...` between words for up to four others. Both sides are folded, so case,
accents, hidden characters and look-alike letters of another script make no difference.

A line may begin with a mark: `! ` can mean nothing but danger to somebody, `!! ` nothing but
danger now, and `- ` is harmless: it cancels every match that shares a word with it.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from bot.dialogue.danger_typos import MOST_MENDED, Typos, can_be_mended
from bot.lexical import fold

GAP = 4
# Longer texts are read at both ends: a cue is short, and a hundred kilobytes of one
# letter must not keep anybody waiting.
READ_FIRST, READ_LAST = 6000, 3000
LONGEST_WORD = 40


class Sure(enum.IntEnum):
    """How certain a danger is. Doubt is enough for a card, and not for an alarm."""

    DOUBT = 0
    CERTAIN = 1
    NOW = 2


_MARKS = {"!": Sure.CERTAIN, "!!": Sure.NOW}
_HARMLESS = "-"  # the mark, and what such lines are found under instead of a card


@dataclass(frozen=True, slots=True)
class _Part:
    """One place in a cue: any of its words, whole or as a beginning."""

    exact: frozenset[str]
    prefixes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Cue:
    card: str
    steps: tuple[tuple[int, int], ...]  # (how many words may stand before it, number of the part)
    needs: frozenset[int]
    sure: Sure = Sure.DOUBT


Span = tuple[int, int]  # the first and the last word of a match
Places = Mapping[int, set[int]]  # number of a part -> where in the text its words stand


class CueMatcher:
    """All cues of all locales. Immutable; a new one is built with each content snapshot."""

    def __init__(self, cues: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        """`cues`: card id -> locale -> cue lines."""
        self._exact: dict[str, list[int]] = {}
        self._prefix: dict[str, list[int]] = {}
        self._cues: dict[int, list[_Cue]] = {}  # under the number of their rarest part
        numbers: dict[_Part, int] = {}
        for card, by_locale in cues.items():
            for line in dict.fromkeys(line for lines in by_locale.values() for line in lines):
                self._add(card, line, numbers)
        self._typos = Typos(self._exact, self._prefix)
        self._prefix_lengths = sorted({len(word) for word in self._prefix})

    def _add(self, card: str, line: str, numbers: dict[_Part, int]) -> None:
        mark, text = mark_of(line)
        parts = _parse(text)
        if not parts:
            return
        steps = tuple((gap, self._number(part, numbers)) for gap, part in parts)
        rarest = numbers[max((part for _, part in parts), key=_shortest)]
        needs = frozenset(number for _, number in steps)
        of = _HARMLESS if mark == _HARMLESS else card
        cue = _Cue(of, steps, needs, _MARKS.get(mark, Sure.DOUBT))
        self._cues.setdefault(rarest, []).append(cue)

    def _number(self, part: _Part, numbers: dict[_Part, int]) -> int:
        if part not in numbers:
            numbers[part] = len(numbers)
            for word in part.exact:
                self._exact.setdefault(word, []).append(numbers[part])
            for word in part.prefixes:
                self._prefix.setdefault(word, []).append(numbers[part])
        return numbers[part]

    def match(self, text: str) -> tuple[str, ...]:
        """Cards whose cues stand in the text, in the order in which they are complete."""
        return tuple(self.find(text))

    def find(self, text: str) -> dict[str, Sure]:
        """The same cards in the same order, each with how certain its surest cue is."""
        words = _words(text)
        places = self._places(words)
        present = frozenset(places)
        here = [c for part in present for c in self._cues.get(part, ()) if c.needs <= present]
        spans = [s for c in here if c.card == _HARMLESS for s in _spans(c, places)]
        harmless = _counted(spans, len(words)) if spans else []
        ends: dict[str, int] = {}
        sure: dict[str, Sure] = {}
        for cue in here:
            end = None if cue.card == _HARMLESS else _first_end(cue, places, harmless)
            if end is not None:
                ends[cue.card] = min(end, ends.get(cue.card, end))
                sure[cue.card] = max(cue.sure, sure.get(cue.card, cue.sure))
        return {card: sure[card] for card in sorted(ends, key=lambda card: (ends[card], card))}

    def _places(self, words: list[str]) -> Places:
        places: dict[int, set[int]] = {}
        parts_of: dict[str, list[int]] = {}
        mends = MOST_MENDED
        for at, word in enumerate(words):
            if word not in parts_of:
                parts_of[word] = self._parts_of(word)
                if mends and can_be_mended(word):
                    mends -= 1
                    parts_of[word] += self._typos.parts_of(word)
            for part in parts_of[word]:
                places.setdefault(part, set()).add(at)
        return places

    def _parts_of(self, word: str) -> list[int]:
        parts = list(self._exact.get(word, ()))
        for length in self._prefix_lengths:
            if length > len(word):
                break
            parts += self._prefix.get(word[:length], ())
        return parts


def mark_of(line: str) -> tuple[str, str]:
    """A cue line's mark, or "", and the cue itself."""
    mark, _, text = line.partition(" ")
    return (mark, text) if mark in (*_MARKS, _HARMLESS) else ("", line)


def _shortest(part: _Part) -> int:
    """Long words are rare; short ones like "he" and "not" stand in most messages."""
    return min(len(word) for word in part.exact | part.prefixes)


def _first_end(cue: _Cue, places: Places, harmless: list[int]) -> int | None:
    """Where the cue is complete for the first time, outside of what is harmless.

    `harmless`: how many words before each place are; empty when none is.
    """
    if harmless:
        spans = _spans(cue, places)
        return min((e for s, e in spans if harmless[s] == harmless[e + 1]), default=None)
    ends = places[cue.steps[0][1]]
    for gap, part in cue.steps[1:]:
        there = places[part]
        ends = {at for end in ends for at in range(end + 1, end + gap + 2) if at in there}
        if not ends:
            return None
    return min(ends)


def _spans(cue: _Cue, places: Places) -> list[Span]:
    """Every place where the cue is complete, each with the latest start."""
    starts = {at: at for at in places[cue.steps[0][1]]}
    for gap, part in cue.steps[1:]:
        there, following = places[part], dict[int, int]()
        for end, start in starts.items():
            for at in range(end + 1, end + gap + 2):
                if at in there:
                    following[at] = max(start, following.get(at, start))
        starts = following
    return [(start, end) for end, start in starts.items()]


def _counted(spans: list[Span], length: int) -> list[int]:
    """How many of the words before each place stand in one of these spans."""
    inside = {at for start, end in spans for at in range(start, end + 1)}
    return list(accumulate((at in inside for at in range(length)), initial=0))


def _parse(line: str) -> list[tuple[int, _Part]]:
    """The cue's parts, each with how many words may stand before it."""
    parts: list[tuple[int, _Part]] = []
    gap = 0
    for piece in line.replace("…", "...").split():
        if piece == "...":
            gap = GAP
            continue
        places = _parts(piece)
        parts += [(0 if number else gap, part) for number, part in enumerate(places)]
        gap = 0 if places else gap
    return parts


def _parts(piece: str) -> list[_Part]:
    """Usually one; a piece that folds into several words needs a part for each."""
    alternatives = [(_cue_words(word.rstrip("*")), word.endswith("*")) for word in piece.split("|")]
    if len(alternatives) == 1 and len(alternatives[0][0]) > 1:
        words, is_open = alternatives[0]
        return [*(_part([(word, False)]) for word in words[:-1]), _part([(words[-1], is_open)])]
    single = [(words[0], is_open) for words, is_open in alternatives if len(words) == 1]
    return [_part(single)] if single else []


def _part(words: list[tuple[str, bool]]) -> _Part:
    forms = [(form, is_open) for word, is_open in words for form in _forms(word)]
    return _Part(
        frozenset(form for form, is_open in forms if not is_open),
        frozenset(form for form, is_open in forms if is_open),
    )


def _forms(word: str) -> list[str]:
    """Arabic writes "and" as a letter in front of the word."""
    return [word, f"و{word}"] if "\u0620" <= word[0] <= "\u064a" else [word]


@lru_cache(maxsize=20_000)  # the same few words stand in many cues
def _cue_words(text: str) -> tuple[str, ...]:
    return tuple(_words(text))


def _words(text: str) -> list[str]:
    if len(text) > READ_FIRST + READ_LAST:
        text = f"{text[:READ_FIRST]} {text[-READ_LAST:]}"
    words: list[str] = []
    for word in fold(text).split():
        short = word[:LONGEST_WORD]
        words += [str(int(short))] if short.isdecimal() else _split_ideographs(_one_script(short))
    return words


def _split_ideographs(word: str) -> list[str]:
    """Chinese writes no spaces: there each character is a word."""
    if not any("\u3400" <= c <= "\u9fff" for c in word):
        return [word]
    spaced = "".join(f" {c} " if "\u3400" <= c <= "\u9fff" else c for c in word)
    return spaced.split()


_CYRILLIC_AS_LATIN = str.maketrans("асеорхукмтіѕјһԁ", "aceopxykmtisjhd")
_LATIN_AS_CYRILLIC = str.maketrans("aceopxykmti", "асеорхукмті")


def _one_script(word: str) -> str:
    """A word that mixes Latin and Cyrillic letters is read in the script it has more of."""
    if word.isascii():
        return word
    latin = sum("a" <= c <= "z" for c in word)
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in word)
    if not latin or not cyrillic:
        return word
    table = _CYRILLIC_AS_LATIN if latin >= cyrillic else _LATIN_AS_CYRILLIC
    return unicodedata.normalize("NFKC", word.translate(table))
