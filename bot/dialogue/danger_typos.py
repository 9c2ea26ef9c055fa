"""Words of a danger cue with one letter dropped, doubled or swapped, as frightened people type.

Only long words of the Latin script, and never their first letter: short words are too close
to each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SHORTEST = 7  # letters of the word as it should be
MOST_MENDED = 300  # different words of one text; a cry for help is short


class Typos:
    def __init__(self, exact: Mapping[str, list[int]], prefixes: Mapping[str, list[int]]) -> None:
        """Both: a word, or how one begins -> numbers of the parts it stands for."""
        self._exact, self._prefixes = exact, prefixes
        self._dropped = _with_one_dropped(exact)
        self._begun = _with_one_dropped(prefixes)
        self._lengths = sorted({len(p) for p in prefixes if can_be_meant(p)})

    def parts_of(self, word: str) -> list[int]:
        """The parts that a word which is none of theirs may have been meant for."""
        meant = {*self._dropped.get(word, ())}
        for length in self._lengths:
            meant.update(self._begun.get(word[: length - 1], ()))
        for other in _mended(word):
            meant.update(self._exact.get(other, ()))
            for length in self._lengths:
                meant.update(self._prefixes.get(other[:length], ()))
        return sorted(meant)


def can_be_mended(word: str) -> bool:
    return len(word) >= SHORTEST - 1 and _is_latin(word)


def can_be_meant(word: str) -> bool:
    return len(word) >= SHORTEST and _is_latin(word)


def _is_latin(word: str) -> bool:
    return word.isalpha() and max(word) < "\u0250"


def _with_one_dropped(words: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Not the last letter: that is how another form of the same word may end."""
    found: dict[str, list[int]] = {}
    for word, parts in words.items():
        if can_be_meant(word):
            for at in range(1, len(word) - 1):
                found.setdefault(word[:at] + word[at + 1 :], []).extend(parts)
    return found


def _mended(word: str) -> Iterator[str]:
    """The word with a double letter made single, or two letters changed places."""
    if len(word) < SHORTEST:
        return
    for at in range(1, len(word) - 1):
        one, two = word[at], word[at + 1]
        if one != two:
            yield f"{word[:at]}{two}{one}{word[at + 2 :]}"
        if one in (two, word[at - 1]) and len(word) > SHORTEST:
            yield word[:at] + word[at + 1 :]
