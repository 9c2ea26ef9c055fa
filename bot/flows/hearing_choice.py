"""Which option somebody names: its place, or its words with typos and negations."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from bot.flows.hearing_text import tokens
from bot.flows.hearing_words import AND, FILLER, HAVE, NO, NOT, YES, Lexicon, Words
from bot.flows.model import Question
from bot.i18n import country_name
from bot.i18n.locales import SOURCE
from bot.lexical import alike

NEAR = 0.8  # how alike two words are, one of them misspelt
LONG_ENOUGH = 5  # letters of a word that may be misspelt
ENOUGH, SURELY, LEAD = 0.55, 0.75, 0.15  # SURELY: phrases for "yes" and "no"
MOST = 14  # words; a longer text is a story
_LIGHT = 0.25  # what a word such as "my" weighs


def place(words: Sequence[str], question: Question, lexicon: Lexicon) -> str:
    """The option with this number, letter or ordinal; nothing else may be said."""
    if not question.is_chosen:
        return ""
    for skip in (False, True):  # "one" may be the number, or a word around it
        kept = tuple(w for w in words if not (skip and w in lexicon.pick)) or tuple(words)
        number = _number_of(kept, lexicon)
        if number is not None:
            options = question.options
            at = number - 1 if number > 0 else len(options) + number
            return options[at].id if 0 <= at < len(options) else ""
    return ""


def _number_of(words: Words, lexicon: Lexicon) -> int | None:
    if len(words) == 1 and words[0].isdecimal() and len(words[0]) <= 2:
        return int(words[0]) or 99
    if len(words) == 1 and words[0] in tuple("abcdefgh") and words[0] not in ("a",):
        return ord(words[0]) - ord("a") + 1
    if (found := lexicon.places.get(words)) is not None:
        return found
    return lexicon.numbers.get(words) or None


def number(words: Sequence[str], lexicon: Lexicon) -> int | None:
    """The one number in a short text; "two children and I" is none."""
    adds = lexicon.marks.get(AND, frozenset())
    if (
        len(words) > 2
        and any(word in adds for word in words)
        and tuple(words) not in lexicon.numbers
    ):
        return None
    digits = {int(word) for word in words if word.isdecimal() and len(word) <= 6}
    if digits:
        return digits.pop() if len(digits) == 1 else None
    found: set[int] = set()
    at = 0
    while at < len(words):
        for length in (4, 3, 2, 1):
            value = lexicon.numbers.get(tuple(words[at : at + length]))
            if value is not None and at + length <= len(words):
                found.add(value)
                at += length
                break
        else:
            at += 1
    if len(found) == 2 and 1 in found:  # "one" stands for other things, too
        found.discard(1)
    return found.pop() if len(found) == 1 else None


def named(
    words: Sequence[str],
    options: Mapping[str, Sequence[str]],
    lexicon: Lexicon,
    enough: float = ENOUGH,
) -> str:
    """The one option whose label or words are meant, or ""."""
    if not words or len(words) > MOST:
        return ""
    phrases = {option: [p for p in map(tokens, of) if p] for option, of in options.items()}
    weight = _weights(phrases, lexicon)
    scores = {}
    for option, of in phrases.items():
        scores[option] = max((_score(words, p, weight, lexicon) for p in of), default=0.0)
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < enough:
        return ""
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    return ranked[0][0] if ranked[0][1] - second >= LEAD else ""


def _weights(phrases: Mapping[str, list[Words]], lexicon: Lexicon) -> dict[str, float]:
    """Words that stand in few options weigh more; small words weigh little."""
    seen = Counter(w for of in phrases.values() for w in {w for p in of for w in p})
    most = len(phrases)
    small = {w for w in seen if _is_small(w, lexicon)}
    # "for me" holds nothing else: then its words count.
    told = {w for of in phrases.values() for p in of if small.issuperset(p) for w in p}
    small -= {w for w in told if not _negates(w, lexicon) and not _affirms(w, lexicon)}
    return {w: _LIGHT if w in small else 0.3 + math.log((1 + most) / n) for w, n in seen.items()}


def _is_small(word: str, lexicon: Lexicon) -> bool:
    return bool({FILLER, HAVE, YES, NOT} & set(lexicon.phrases.get((word,), ())))


def _score(
    words: Sequence[str], phrase: Words, weight: Mapping[str, float], lexicon: Lexicon
) -> float:
    """How much of the phrase is said, and how much of what is said is of the phrase."""
    pairs = {mine: _match(mine, words) for mine in dict.fromkeys(phrase)}
    hit = {mine: at for mine, at in pairs.items() if at is not None}
    if not any(weight[mine] > _LIGHT for mine in hit):
        return 1.0 if tuple(words) == phrase else 0.0
    if _is_negated(words, hit.values(), lexicon) != _has_not(phrase, lexicon):
        return 0.0
    got = sum(weight[mine] for mine in hit)
    of_phrase = got / sum(weight[mine] for mine in pairs)
    said = set(hit.values())
    rest = sum(
        _LIGHT / 2 if _is_small(w, lexicon) else 0.6 for at, w in enumerate(words) if at not in said
    )
    of_text = got / (got + rest)
    return 2 * of_phrase * of_text / (of_phrase + of_text)


def _match(mine: str, words: Sequence[str]) -> int | None:
    for at, word in enumerate(words):
        if word == mine:
            return at
    if len(mine) < LONG_ENOUGH:
        return None
    best = max(((alike(mine, w), at) for at, w in enumerate(words) if len(w) > 3), default=(0.0, 0))
    return best[1] if best[0] >= NEAR else None


def _has_not(phrase: Words, lexicon: Lexicon) -> bool:
    return any(_negates(word, lexicon) for word in phrase)


def _is_negated(words: Sequence[str], hits: Collection[int], lexicon: Lexicon) -> bool:
    """A negation just before the first word that counts."""
    first = min((at for at in hits if not _is_small(words[at], lexicon)), default=0)
    near = words[max(0, first - 3) : first + 1]
    return any(_negates(word, lexicon) for word in near)


def _negates(word: str, lexicon: Lexicon) -> bool:
    return bool({NOT, NO} & set(lexicon.phrases.get((word,), ())))


def _affirms(word: str, lexicon: Lexicon) -> bool:
    return YES in lexicon.phrases.get((word,), ())


def country(words: Sequence[str], options: Mapping[str, Sequence[str]], lexicon: Lexicon) -> str:
    """ro, hu or xx, by the names of countries and of their towns; two of them: nothing."""
    if len(words) > MOST or any(_negates(word, lexicon) for word in words):
        return ""
    found = {
        code
        for code, names in (*lexicon.countries.items(), ("xx", _abroad(lexicon.locale)))
        if any(_stands(name, words) for name in names)
    }
    if "xx" in found and len(found) > 1:
        found.discard("xx")
    return found.pop() if len(found) == 1 and next(iter(found)) in options else ""


def _stands(name: Words, words: Sequence[str]) -> bool:
    """With any ending: "Romániában", "в Угорщині"."""
    if not name:
        return False
    size = len(name)
    return any(
        all(_is_form(mine, word) for mine, word in zip(name, words[at : at + size], strict=True))
        for at in range(len(words) - size + 1)
    )


def _is_form(name: str, word: str) -> bool:
    if name == word or not name.isalpha() or len(name) < LONG_ENOUGH:
        return name == word
    stem = name[: max(4, len(name) - 2)]
    return word.startswith(stem) or (len(word) > LONG_ENOUGH and alike(name, word) >= NEAR)


_OTHERS = (
    "UA MD DE AT IT FR ES PL SK RS BG TR GR GB US CA CZ HR SI NL BE SE NO DK PT IE CH RU BY"
    " SY IQ IR AF PK IN NP BD LK VN CN PH EG TN MA DZ LY SD SO ER ET NG CM LB JO AE AU"
).split()


@lru_cache(maxsize=32)
def _abroad(locale: str) -> tuple[Words, ...]:
    """Names of other countries, in this language and in English."""
    names = [tokens(country_name(code, of)) for code in _OTHERS for of in (locale, SOURCE)]
    return tuple(name for name in names if len("".join(name)) > 2)
