"""Danger cues: found in every message, in all languages at once, with no NLU at all.

A cue is a sequence of words. `*` at a word's end stands for any ending, `a|b` for one of
several words, `...` between words for up to four others. Both sides are folded, so case,
accents, hidden characters and look-alike letters of another script make no difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.lexical import fold

GAP = 4
# Longer texts are read at both ends: a cue is short, and a hundred kilobytes of one
# letter must not keep anybody waiting.
READ_FIRST, READ_LAST = 6000, 3000
LONGEST_WORD = 40


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
                parts = _parse(line)
                if not parts:
                    continue
                steps = tuple((gap, self._number(part, numbers)) for gap, part in parts)
                rarest = numbers[max((part for _, part in parts), key=_shortest)]
                cue = _Cue(card, steps, frozenset(number for _, number in steps))
                self._cues.setdefault(rarest, []).append(cue)
        self._prefix_lengths = sorted({len(word) for word in self._prefix})

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
        places = self._places(_words(text))
        present = frozenset(places)
        found: dict[str, int] = {}
        for cue in (cue for part in present for cue in self._cues.get(part, ())):
            if cue.needs <= present:
                end = _first_end(cue, places)
                if end is not None and end <= found.get(cue.card, end):
                    found[cue.card] = end
        return tuple(sorted(found, key=lambda card: (found[card], card)))

    def _places(self, words: list[str]) -> Places:
        places: dict[int, set[int]] = {}
        parts_of: dict[str, list[int]] = {}
        for at, word in enumerate(words):
            if word not in parts_of:
                parts_of[word] = self._parts_of(word)
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


def _shortest(part: _Part) -> int:
    """Long words are rare; short ones like "he" and "not" stand in most messages."""
    return min(len(word) for word in part.exact | part.prefixes)


def _first_end(cue: _Cue, places: Places) -> int | None:
    """Where the cue is complete for the first time."""
    ends = places[cue.steps[0][1]]
    for gap, part in cue.steps[1:]:
        there = places[part]
        ends = {at for end in ends for at in range(end + 1, end + gap + 2) if at in there}
        if not ends:
            return None
    return min(ends)


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
