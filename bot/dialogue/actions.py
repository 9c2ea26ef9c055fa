"""What our buttons carry: a letter and a value, at most 64 bytes, with no state in them.

A button of an old release whose value no longer exists is answered, not ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

LOCALE = "l"  # l:uk
LANGUAGES = "L"
COUNTRY = "c"  # c:ro, c:hu, c:xx
ENTRY = "e"  # e:ro-hours
INTENT = "i"  # i:hours, when twins exist
TOPIC = "t"  # t:labour_rights
MENU = "m"  # m:0, the page
CARD = "d"  # d:held
EMERGENCY = "E"
NO_DANGER = "n"
HUMAN = "h"
VOTE = "v"  # v:y:ro-hours, v:n:ro-hours
CONSENT = "k"  # k:y, k:n, k:a (yes, without a name)


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    value: str = ""


def pack(name: str, value: str = "") -> str:
    return f"{name}:{value}" if value else name


def unpack(action: str) -> Action:
    name, _, value = action.partition(":")
    return Action(name, value)
