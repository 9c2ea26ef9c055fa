"""A bubble's text in pieces: plain words, phone numbers to call, hidden signs made visible.

The page's script splits by the same pattern (it is handed over in `data-phone`), so what
the server rendered and what arrived later look alike. Pieces become text nodes or escaped
text, never markup. The pattern stays inside what Python and old browsers both read:
no lookbehind, no named groups.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

# A number is called only when it is written as one: with +, with a leading 0, one of the
# European short numbers, or at a line's start before a dash, as the emergency cards write it.
# "180 days" and "4,325 RON" stay words.
PHONE = (
    r"(^|[^0-9A-Za-z_.,+/-])"
    r"(\+[0-9]{1,3}(?: ?\([0-9]{1,4}\))?(?:[ /-]?[0-9]){5,12}"
    r"|0[0-9]{2,3}(?: [0-9]{2,4}){2,3}"
    r"|06(?: [0-9]{1,4}){3,4}"
    r"|0[0-9]{8,10}"
    r"|112|116 ?[0-9]{3})"
    r"(?![0-9A-Za-z_]|[.,/-][0-9])"
    "|^\u2066?([0-9]{3,4})(?=\u2069? [\u2013-] )"
)
_PHONE = re.compile(PHONE, re.MULTILINE)
_DIRECTION_SIGNS = re.compile("([\u202a-\u202e\u2066-\u2069])")
_SCHEMES = ("https", "http", "tel", "mailto")


class Piece(NamedTuple):
    kind: str  # "text" | "phone" | "sign"
    text: str
    href: str = ""


def pieces(text: str, signs_visible: bool = False) -> list[Piece]:
    """Split a bubble. `signs_visible`: show characters that turn the reading direction."""
    found: list[Piece] = []
    done = 0
    for match in _PHONE.finditer(text):
        group = 2 if match[2] else 3
        found += _words(text[done : match.start(group)], signs_visible)
        found.append(Piece("phone", match[group], call_address(match[group])))
        done = match.end(group)
    return found + _words(text[done:], signs_visible)


def first_number(numbers: str) -> Piece:
    """Whom a line of the directory calls: "+36 80 205 520 (06 80 20 55 20)" is one number twice."""
    found = (piece for piece in pieces(numbers) if piece.kind == "phone")
    return next(found, None) or Piece("phone", numbers, call_address(numbers))


def call_address(number: str) -> str:
    return "tel:" + re.sub(r"[^0-9+]", "", number)


def _words(text: str, signs_visible: bool) -> list[Piece]:
    if not signs_visible:
        return [Piece("text", text)] if text else []
    return [
        Piece("sign", f"U+{ord(part):04X}") if _DIRECTION_SIGNS.fullmatch(part)
        else Piece("text", part)
        for part in _DIRECTION_SIGNS.split(text)
        if part
    ]  # fmt: skip


def safe_url(url: str) -> str:
    """The address of a button, or nothing when it is of a kind we never open."""
    try:
        return url if urlsplit(url).scheme in _SCHEMES else ""
    except ValueError:
        return ""
