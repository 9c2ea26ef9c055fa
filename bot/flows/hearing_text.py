"""A text as words to compare: like `fold`, but scripts of India and Sri Lanka keep their vowels."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.i18n import western_digits

_GONE = str.maketrans("", "", "'’ʼ`´‘′ًٌٍَُِّْ\u093c\u09bc\u200c\u200d")
# Letters that people write one for another; the Hindi moon dot is a dot.
_SAME = str.maketrans("ىیةکؤئے\u0901ıđł", "ييهكويي\u0902idl")
_INDIC = ("\u0900", "\u0dff")
_RUNS = re.compile(r"(\D)\1{2,}")
_ASKED = re.compile(r"[?؟？՞]")
_SIGNS = {"👍": "yes", "👌": "yes", "✅": "yes", "✔": "yes", "👎": "no", "❌": "no", "🤷": "dunno"}


def plain(text: str) -> str:
    """No case, no accents, no punctuation, single spaces; each Chinese character alone."""
    for sign, word in _SIGNS.items():
        if sign in text:
            text = text.replace(sign, f" {word} ")
    decomposed = unicodedata.normalize("NFKD", western_digits(text).casefold().translate(_GONE))
    letters = "".join(_kept(char) for char in decomposed if not _is_dropped(char))
    return _RUNS.sub(r"\1", " ".join(letters.translate(_SAME).split()))


def _is_dropped(char: str) -> bool:
    if _INDIC[0] <= char <= _INDIC[1]:
        return char in "\u093c\u09bc"
    return unicodedata.category(char) in {"Mn", "Cf", "Me", "Sk"}


def _kept(char: str) -> str:
    if "\u3400" <= char <= "\u9fff":
        return f" {char} "
    is_letter = char.isalnum() or _INDIC[0] <= char <= _INDIC[1] and char not in "।॥"
    return char if is_letter else " "


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    return tuple(plain(text).split())


def is_question(text: str) -> bool:
    """A question mark behind more than a word or two: "why?" after an answer is none."""
    if not _ASKED.search(text):
        return False
    asked = re.split(r"[.,!;،。，\n]", _ASKED.split(text)[0])[-1]
    return len(tokens(asked)) > 1 or not text.replace(asked, "", 1).strip("?؟？ ")
