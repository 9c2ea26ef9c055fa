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
CAN_WRITE = "w"  # w:held, below the card: a counsellor is told
NOT_SAFE = "u"  # u:held
CANNOT_CALL = "C"  # C:held, words to show to somebody near
HUMAN = "h"  # h, h:held (beside the numbers of that card)
INTAKE = "q"  # q:safe:no, q:safe: (skipped), q:topics:1 (a page of topics)
CANCEL = "x"  # x, x:d (what a danger card opened by itself)
PROGRAM = "b"  # the counsellor is away
OFFICE = "o"  # o:hu, o:stay
CODE = "z"
NEW_PERSON = "p"  # p, p:y, p:n
COMPLAIN = "g"  # g, g:y, g:n
VOTE = "v"  # v:y:ro-hours, v:n:ro-hours
REPLY = "r"  # r:safe-1:0, a quick reply to a counsellor's phrase; packed by knowledge
CONSENT = "k"  # k:y, k:n, k:a (yes, without a name); k:y:held asks for a counsellor, too
FLOW = "f"  # f:job-offer-check opens it, f:job-offer-check:0 anew
STEP = "a"  # a:job-offer-check:threat:yes answers; `a:<flow>:` and one of < . > goes back, ends, on
PHONE = "P"  # P:d discreet mode, P:h hide, P:t:evening the hours (P:t: at any time)
DISCREET, HIDE, HOURS = "d", "h", "t"
SUMMARY = "S"  # S:y:avrr-eligibility:likely hands an outcome over; `?` asks, `n` leaves it out

NEAR = "N"  # N: how to send a place; N:legal:ro-arad, offices near that city


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    value: str = ""


def pack(name: str, value: str = "") -> str:
    return f"{name}:{value}" if value else name


def unpack(action: str) -> Action:
    name, _, value = action.partition(":")
    return Action(name, value)
