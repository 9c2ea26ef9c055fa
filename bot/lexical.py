"""The matcher that serves while the NLU server is away.

Same examples, same `Parse`, no model: an inverted index of words and letter groups
picks the nearest examples, rapidfuzz compares those. Good for what is asked in words
close to an example, misspelt or not; it knows no meaning.
"""

from __future__ import annotations

import heapq
import math
import unicodedata
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bot.confidence import NOT_DANGER, OUT_OF_SCOPE, is_danger
from bot.nlu_client import MAX_INTENTS, Parse, what_to_send

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_COMPARED = 400  # characters; a longer story is matched by its beginning
SHORTLIST = 40  # examples that rapidfuzz looks at
FOREIGN = 0.9  # an example of another language than the conversation's counts so much
GRAM = 3
COMMON = 0.03  # a feature in more of the examples than this finds nothing, only costs time
ALWAYS_LOOKED_UP = 50  # examples

# How a score was made of examples, and a confidence of scores: fitted to the kept questions
# (`python -m bot evaluate`). Three more examples that agree are worth 0.6 of the best.
COSINE, LETTERS = 0.7, 0.3
FURTHER, FURTHER_SHARE = 3, 0.6
SAME = 1.0
NEARER = 5  # a near example's voice about danger is so much louder than a far one's
SHORT, SIGN = 14, 4  # letters of a text too short to be like danger; a Chinese sign is worth 4
BY_SCORE, BY_LEAD, BY_STRANGER, AT_NOTHING = 6.2, 17.2, -5.4, -3.3


@dataclass(frozen=True, slots=True)
class _Example:
    intent: str
    locale: str
    folded: str
    length: float  # of its feature vector


class Lexical:
    """Immutable; build a new one when the examples change."""

    def __init__(self, examples: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        rows = [
            (intent, locale, folded)
            for intent, by_locale in sorted(examples.items())
            for locale, phrases in sorted(by_locale.items())
            for folded in dict.fromkeys(fold(phrase)[:MAX_COMPARED] for phrase in phrases)
            if folded
        ]
        counts = [_features(folded) for _, _, folded in rows]
        seen = Counter(feature for features in counts for feature in features)
        self._weight = {
            feature: math.log((1 + len(rows)) / (1 + n)) + 1.0 for feature, n in seen.items()
        }
        # Arrays, not tuples: a third of a million of them would be 40 MB.
        self._postings: dict[str, tuple[array[int], array[float]]] = defaultdict(
            lambda: (array("i"), array("f"))
        )
        self._examples: list[_Example] = []
        most = max(ALWAYS_LOOKED_UP, COMMON * len(rows))
        for (intent, locale, folded), features in zip(rows, counts, strict=True):
            vector = self._weighted(features)
            self._examples.append(_Example(intent, locale, folded, _length(vector)))
            for feature, value in vector.items():
                if seen[feature] <= most:
                    places, values = self._postings[feature]
                    places.append(len(self._examples) - 1)
                    values.append(value)

    def parse(self, text: str, locale: str) -> Parse:
        folded = fold(what_to_send(text))[:MAX_COMPARED]
        found: dict[str, list[float]] = defaultdict(list)
        for at, cosine in self._nearest(folded):
            example = self._examples[at]
            likeness = _likeness(cosine, folded, example.folded)
            found[example.intent].append(likeness * (1 if example.locale == locale else FOREIGN))
        scores = {i: _score(likenesses) for i, likenesses in found.items() if i != NOT_DANGER}
        stranger = scores.pop(OUT_OF_SCOPE, 0.0)
        best, second = heapq.nlargest(2, [*scores.values(), 0.0, 0.0])
        confidences = [
            (intent, _confidence(score, second if score == best else best, stranger))
            for intent, score in scores.items()
            if not is_danger(intent)
        ]
        confidences += _dangers(found, folded)
        confidences.append((OUT_OF_SCOPE, 1.0 - max((c for _, c in confidences), default=0.0)))
        best_first = sorted(confidences, key=lambda item: (-item[1], item[0]))
        return Parse(tuple(best_first[:MAX_INTENTS]), (), "lexical")

    def _nearest(self, folded: str) -> list[tuple[int, float]]:
        """Examples by cosine, best first, as (position, cosine)."""
        vector = self._weighted(_features(folded))
        length = _length(vector)
        if not length:
            return []
        dots: dict[int, float] = defaultdict(float)
        for feature, value in vector.items():
            if feature in self._postings:
                for at, other in zip(*self._postings[feature], strict=True):
                    dots[at] += value * other
        nearest = sorted(dots.items(), key=lambda item: -item[1] / self._examples[item[0]].length)
        return [
            (at, min(1.0, dot / (length * self._examples[at].length)))
            for at, dot in nearest[:SHORTLIST]
        ]

    def _weighted(self, features: Counter[str]) -> dict[str, float]:
        """Features no example has count too: they are what the examples do not explain."""
        unseen = math.log(1 + len(self._examples)) + 1.0
        return {
            feature: self._weight.get(feature, unseen) * math.sqrt(n)
            for feature, n in features.items()
        }


def _dangers(found: Mapping[str, Sequence[float]], folded: str) -> list[tuple[str, float]]:
    """Which share of the nearest examples are of danger: the likeliest has all of it.

    Dangers share their words, so that they speak together against everything else.
    """
    voices = {i: sum(one**NEARER for one in likenesses) for i, likenesses in found.items()}
    dangers = {intent: voice for intent, voice in voices.items() if is_danger(intent)}
    if not dangers or (_is_scrap(folded) and max(map(max, found.values())) < SAME):
        return []
    share, first = sum(dangers.values()) / sum(voices.values()), max(dangers.values())
    return [(intent, share * voice / first) for intent, voice in dangers.items()]


def _is_scrap(folded: str) -> bool:
    """One or two short words, such as "please" or "no", are like anything."""
    length = sum(SIGN if c >= "\u3400" else 1 for c in folded)
    return len(folded.split()) <= 2 and length < SHORT


def _likeness(cosine: float, one: str, other: str) -> float:
    """1.0 for an example written out: common features are missing from the cosine."""
    if one == other:
        return SAME
    return COSINE * cosine + LETTERS * fuzz.token_sort_ratio(one, other) / 100


def _score(likenesses: Sequence[float]) -> float:
    best, *further = sorted(likenesses, reverse=True)[: 1 + FURTHER]
    if best == SAME:  # needs no others to agree
        return SAME + FURTHER_SHARE
    return best + FURTHER_SHARE * sum(further) / FURTHER


def _confidence(score: float, best_other: float, stranger: float) -> float:
    power = BY_SCORE * score + BY_LEAD * (score - best_other) + BY_STRANGER * stranger + AT_NOTHING
    return 1.0 / (1.0 + math.exp(-power))


def fold(text: str) -> str:
    """A copy for matching: no case, no accents, no marks, no punctuation, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    decomposed = decomposed.translate(_VOWEL_SIGNS)
    kept = (c if c.isalnum() else " " for c in decomposed if not _is_mark(c))
    return " ".join("".join(kept).translate(_LOOKALIKES).split())


def nearest(word: str, among: Sequence[str], most: int) -> list[tuple[str, int]]:
    """Those of `among` within so many slips (a letter more, less, wrong, or swapped) of a word."""
    if most < 0:
        return []
    found = process.extract(word, among, scorer=OSA.distance, score_cutoff=most, limit=None)
    return [(name, int(slips)) for name, slips, _ in found]


# People type them or leave them out: don't, п'ять.
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´‘′")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Cf"}


# Letters that people write one for another; marks are gone by then.
_LOOKALIKES = str.maketrans("ىیةکؤئہھıđ", "ييهكويههid")

# Vowel signs of Devanagari, Bengali and Sinhala are letters of a word, though Unicode calls
# them marks: each becomes its vowel, long and short alike, as people mix them up.
_VOWEL_SIGNS = str.maketrans(
    "\u093e\u093f\u0940\u0941\u0942\u0943\u0945\u0947\u0948\u0949\u094b\u094c"
    "\u09be\u09bf\u09c0\u09c1\u09c2\u09c3\u09c7\u09c8\u09cb\u09cc"
    "\u0dcf\u0dd0\u0dd1\u0dd2\u0dd3\u0dd4\u0dd6\u0dd8\u0dd9\u0ddb",
    "आइइउउऋएएऐओओऔআইইউউঋএঐওঔආඇඇඉඉඋඋඍඑඓ",
)


def alike(one: str, other: str) -> float:
    """How alike two folded words are, from 0 to 1."""
    return fuzz.ratio(one, other) / 100


def _features(folded: str) -> Counter[str]:
    words = folded.split()
    found = Counter(f"{word} " for word in words)
    for word in words:
        padded = f"^{word}$"
        found.update(padded[i : i + GRAM] for i in range(max(1, len(padded) - GRAM + 1)))
    return found


def _length(vector: Mapping[str, float]) -> float:
    return math.sqrt(sum(value * value for value in vector.values()))
