"""Character n-grams by feature hashing, of a text as written and of its skeleton.

The encoder hardly understands a language in another script than its own (romanised
Arabic finds its twin 5 times in 100), nor a badly misspelt word; letter groups do not
mind either. The skeleton goes further: one script, no vowels, letters that people write
for one another made equal. محامي, m7ami and mohamy all come out as "mhm", юрист and
yuryst as "rst". It need not be readable, only the same on both sides.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib

import numpy as np
from scipy.sparse import csr_matrix

SMALLEST, LARGEST = 2, 4
MAX_CHARACTERS = 400

_ARABIC = str.maketrans(
    {
        **dict(zip("بتثجحخدذرزسشصضطظغفقكلمنهپچکگژ", "btsjhhddrzsssdtzgfkklmnhpjkgj", strict=True)),
        **dict.fromkeys("اأإآعةءويىئؤی", ""),
    }
)
_CYRILLIC = str.maketrans(
    {
        **dict(zip("бвгґджзклмнпрстфхцчш", "bvhgdzzklmnprstfhccs", strict=True)),
        **dict.fromkeys("аеєиіїйоуюяыэьъё", ""),
        "щ": "s",
    }
)
_ARABIZI = str.maketrans({"2": "", "3": "", "5": "h", "6": "t", "7": "h", "8": "k", "9": "k"})
_IS_ARABIZI = re.compile("[2356789][a-z]|[a-z][2356789]")
_DIGRAPHS = (
    *(("sh", "s"), ("ch", "c"), ("kh", "h"), ("gh", "g"), ("zh", "z"), ("th", "t")),
    *(("dh", "d"), ("ts", "c"), ("q", "k"), ("x", "h"), ("w", ""), ("g", "h")),
)
_VOWELS = str.maketrans("", "", "aeiouy")
_DOUBLED = re.compile(r"(.)\1")


def fold(text: str) -> str:
    """No case, no accents, no vowel signs, no punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (c if c.isalnum() else " " for c in decomposed if unicodedata.category(c) != "Mn")
    return " ".join("".join(kept).split())


def skeleton(folded: str) -> str:
    """The consonants of a folded text in Latin letters, as far as it is Arabic or Cyrillic."""
    if _IS_ARABIZI.search(folded):
        folded = folded.translate(_ARABIZI)
    letters = folded.translate(_ARABIC).translate(_CYRILLIC)
    for two, one in _DIGRAPHS:
        letters = letters.replace(two, one)
    return " ".join(_DOUBLED.sub(r"\1", letters.translate(_VOWELS)).split())


def hashed_ngrams(texts: list[str], dimensions: int) -> csr_matrix:
    """One sparse row for each text: a half for the text, a half for the skeleton.

    Counts are damped by a square root; the sign is the hash's, so that two letter groups
    in one column cancel out rather than add up.
    """
    half = dimensions // 2
    starts, columns, values = [0], [], []
    for text in texts:
        folded = fold(text[:MAX_CHARACTERS])
        for offset, written in ((0, folded), (half, skeleton(folded))):
            counts = _counts(written, half)
            columns.extend(offset + column for column in counts)
            values.extend(math.copysign(math.sqrt(abs(n)), n) for n in counts.values())
        starts.append(len(columns))
    data = np.array(values, dtype=np.float32)
    return csr_matrix((data, np.array(columns, dtype=int), starts), (len(texts), 2 * half))


def _counts(text: str, dimensions: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for gram in _ngrams(text):
        code = zlib.crc32(gram.encode("utf-8", "replace"))
        column = (code >> 1) % dimensions
        counts[column] = counts.get(column, 0) + (1 if code & 1 else -1)
    return {column: n for column, n in sorted(counts.items()) if n}


def _ngrams(text: str) -> list[str]:
    grams = []
    for word in text.split():
        padded = f" {word} "
        grams.extend(
            padded[i : i + size]
            for size in range(SMALLEST, LARGEST + 1)
            for i in range(len(padded) - size + 1)
        )
    return grams
