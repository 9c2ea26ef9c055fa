"""Which city somebody means: any spelling of its names, with endings and slips, in a sentence.

Names are compared without case, accents and spaces (`satumare`). First whole names count, then
names with an ending (Budapesten, у Бухаресті, बुडापेस्टमा), then names with a slip or two.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from bot.knowledge import Snapshot
from bot.knowledge.places import City, Places
from bot.lexical import fold, nearest

MOST_WORDS = 4  # of a name
MAX_READ = 300  # characters of a message
MOST_CHOICES = 6  # cities that may be meant
SURE_STEM, SHORT_STEM = 5, 3  # letters before any ending, before one that we know
LONGEST_ENDING = 5
ONE_SLIP, TWO_SLIPS = 5, 8  # letters a word needs before we forgive them
FEW_WORDS = 4

# Endings of short names, as they look when folded: Hungarian, Romanian, Turkish; Ukrainian and
# Russian, also in place of a last vowel (Яссы, в Яссах).
_LATIN = (
    "ba be ban ben bol on en n t tol ra re ra rol rol hoz hez nal nel ig i ott ett"
    " ul ului u de da te ta den dan ten tan e a ye ya"
)
_CYRILLIC = "а у е і и ы ом ем ою ой ах ам ами ів ов ю я"
ENDINGS = frozenset((_LATIN + " " + _CYRILLIC).split())
VOWELS = frozenset("aeiouаеиоуыэюяії")
_ARABIC_BEFORE = ("وال", "بال", "فال", "لل", "ال", "و", "ب", "ل", "ف", "ك")
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "ETHIOPIC")
# Said around a city's name; a name that is also an ordinary word may stand beside these.
FILLER = frozenset(
    "i am im in at from near live city town la din de in sunt stau oras orasul langa"
    " vagyok lakom varos varosban я в у из з із живу місто город".split()
)


@dataclass
class _Index:
    """Names as they are compared -> ids of cities."""

    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    alone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    inside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    stems: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    typed: list[str] = field(default_factory=list)  # names long enough for a slip


def find(text: str, places: Places) -> tuple[City, ...]:
    """The cities that a message may mean; one when it is clear, none when it names no city."""
    index = _index(places)
    words = _words(text[:MAX_READ])
    found = (
        _inside(text, index)
        or _whole(words, index)
        or _alone(words, index)
        or _slipped(words, index)
    )
    return tuple(places.cities[name] for name in sorted(found))[:MOST_CHOICES]


def resolve(snapshot: Snapshot, words: str, _locale: str) -> str | None:
    """An answer to a city question: ids, with a space between them when several fit."""
    return " ".join(city.id for city in find(words, snapshot.places)) or None


@lru_cache(maxsize=2)
def _index(places: Places) -> _Index:
    index = _Index()
    for city in places.cities.values():
        alone = {_key(name) for name in city.alone}
        for name in (city.name, *city.names):
            _add(index, city.id, name, alone)
        for key in alone:
            index.alone[key].add(city.id)
        first, _, rest = fold(city.name).partition(" ")
        if rest:
            index.alone[first].add(city.id)
    index.typed = [name for name in index.names if len(name) >= ONE_SLIP]
    return index


def _add(index: _Index, city: str, name: str, alone: set[str]) -> None:
    key = _key(name)
    if key in alone or not key:
        return
    if unicodedata.name(name[0], "").startswith(_UNSPACED):
        index.inside[name].add(city)
        return
    index.names[key].add(city)
    if key[-1] in VOWELS and len(key) > SHORT_STEM:
        index.stems[key[:-1]].add(city)


def _key(text: str) -> str:
    return fold(text).replace(" ", "")


def _words(text: str) -> list[str]:
    """Folded words. A vowel sign belongs to its word, whatever `fold` does with it."""
    marks = "".join(c if unicodedata.category(c)[0] in "LM" or _joins(c) else " " for c in text)
    return [key for word in marks.split() if (key := _key(word))]


def _joins(character: str) -> bool:
    return character in "\u200c\u200d'’"


def _inside(text: str, index: _Index) -> set[str]:
    """Scripts without spaces between words."""
    found = [name for name in index.inside if name in text]
    longest = [name for name in found if not any(name in o and name != o for o in found)]
    return set().union(*(index.inside[name] for name in longest))


def _whole(words: list[str], index: _Index) -> set[str]:
    """Names with nothing or an ending behind them, longer names first."""
    found: set[str] = set()
    taken: set[int] = set()
    for at, size, run in _runs(words):
        place = set(range(at, at + size))
        if not place & taken and (cities := _named(run, index, is_one=size == 1)):
            found |= cities
            taken |= place
    return found


def _runs(words: list[str]) -> Iterator[tuple[int, int, str]]:
    """Words beside each other as one: where, how many, and together."""
    for size in range(MOST_WORDS, 0, -1):
        for at in range(len(words) - size + 1):
            yield at, size, "".join(words[at : at + size])


def _named(word: str, index: _Index, is_one: bool) -> set[str]:
    if word in index.names:
        return index.names[word]
    for before in _ARABIC_BEFORE:
        if is_one and word.startswith(before) and word[len(before) :] in index.names:
            return index.names[word[len(before) :]]
    for cut in range(1, LONGEST_ENDING + 1):
        stem, ending = word[:-cut], word[-cut:]
        if len(stem) < SHORT_STEM or (len(stem) < SURE_STEM and ending not in ENDINGS):
            continue
        if stem in index.names and is_one:
            return index.names[stem]
        if stem in index.stems and is_one and ending in ENDINGS:
            return index.stems[stem]
    return set()


def _alone(words: list[str], index: _Index) -> set[str]:
    said = "".join(word for word in words if word not in FILLER)
    return index.alone.get(said, set())


def _slipped(words: list[str], index: _Index) -> set[str]:
    """The nearest name within a slip or two, of one word or of two that belong together."""
    best: dict[str, int] = {}
    for _, size, run in _runs(words):
        if size > 2 or (size == 2 and len(run) < TWO_SLIPS):
            continue
        for name, slips in nearest(run, index.typed, _slips(run, len(words))):
            if name[0] == run[0] or slips == 1:
                best[name] = min(slips, best.get(name, slips))
    fewest = min(best.values(), default=0)
    return set().union(*(index.names[name] for name, slips in best.items() if slips == fewest))


def _slips(word: str, words: int) -> int:
    """In a longer message, most words that look like a city are something else."""
    if words > FEW_WORDS:
        return 1 if len(word) >= TWO_SLIPS else -1
    if len(word) >= TWO_SLIPS and word.isascii():  # elsewhere vowels are few, and letters count
        return 2
    # Of four letters one may be missing, where little else is said.
    return 1 if len(word) >= ONE_SLIP or (len(word) == ONE_SLIP - 1 and words <= 2) else -1
