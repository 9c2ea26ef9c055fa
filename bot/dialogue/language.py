"""Which language a message is written in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pycld2

# Scripts that decide; the detector is weak on a few words in them.
_SCRIPTS = (
    ("si", "\u0d80", "\u0dff"),
    ("bn", "\u0980", "\u09ff"),
    ("ta", "\u0b80", "\u0bff"),
    ("pa", "\u0a00", "\u0a7f"),
    ("th", "\u0e00", "\u0e7f"),
    ("ka", "\u10a0", "\u10ff"),
    ("hy", "\u0530", "\u058f"),
    ("he", "\u0590", "\u05ff"),
    ("ko", "\uac00", "\ud7af"),
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u3400", "\u9fff"),
    ("am", "\u1200", "\u137f"),
)
# Letters that only one of the languages people write to us in has.
_LETTERS = (
    ("uk", "іїєґ"),
    ("ru", "ыэъё"),
    ("ur", "ٹڈڑںےھہ"),
    ("fa", "پچژگ"),
    ("vi", "đơưạảấầậắằẹếềểễệỉịọốồổộớờợụứừửữự"),
    ("tr", "ğı"),
    ("ro", "șț"),
    ("hu", "őű"),
)
_ALPHABETS = {
    "uk": ("\u0400", "\u04ff"),
    "ru": ("\u0400", "\u04ff"),
    "ur": ("\u0600", "\u06ff"),
    "fa": ("\u0600", "\u06ff"),
}
_LATIN = ("a", "\u1eff")
# In Latin letters a few words say little, and people write Arabic and Nepali in them, too.
_SURE_LETTERS = 12
_SURE_SCORE = 600
_OUR_CODES = {"tl": "fil", "iw": "he", "zh-Hant": "zh", "no": "nb", "un": ""}
_NAMED = frozenset(
    "en ro hu uk ar ru tr fa ne hi ur bn si vi zh fil de fr es it pt pl sr bg so ps id az ky uz"
    " ta pa am ti ku sw ko ja th ka hy he".split()
)


@dataclass(frozen=True, slots=True)
class Guess:
    """`language` is a code, offered by us or not; empty when the text says too little."""

    language: str = ""
    is_sure: bool = False


def detect(text: str, offered: Collection[str]) -> Guess:
    """Guess the language of one utterance, from its script first."""
    letters = [c for c in text.casefold() if c.isalpha()]
    if len(letters) < 2:
        return Guess()
    for language, low, high in _SCRIPTS:
        if _share(letters, (low, high)) > 0.5:
            return Guess(language, True)
    guess = _statistical(text, letters, offered)
    marked = _by_letters(letters)
    # One letter decides nothing against the rest: a place name stands in any language.
    if marked and (not guess.language or guess.language == marked):
        return Guess(marked, len(letters) >= _SURE_LETTERS or guess.is_sure)
    return guess


def _by_letters(letters: list[str]) -> str:
    for language, marks in _LETTERS:
        in_alphabet = _share(letters, _ALPHABETS.get(language, _LATIN)) > 0.5
        if in_alphabet and any(c in marks for c in letters):
            return language
    return ""


def _share(letters: list[str], alphabet: tuple[str, str]) -> float:
    low, high = alphabet
    return sum(low <= c <= high for c in letters) / len(letters)


def _statistical(text: str, letters: list[str], offered: Collection[str]) -> Guess:
    try:
        _, _, details = pycld2.detect(text, isPlainText=True, bestEffort=True)
    except pycld2.error:  # a character it does not take
        return Guess()
    _, code, percent, score = details[0]
    language = _OUR_CODES.get(code, code)
    if language not in _NAMED and language not in offered:
        return Guess()
    is_latin = _share(letters, _LATIN) > 0.5
    is_long = len(letters) >= _SURE_LETTERS
    is_sure = percent >= 80 and is_long and (not is_latin or score >= _SURE_SCORE)
    return Guess(language, is_sure)
