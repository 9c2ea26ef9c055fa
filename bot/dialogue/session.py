"""The dialogue's short memory. It expires after a day, or with the person's data."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the next message may refer to. Stored sealed; unknown fields are ignored."""

    fallbacks: int = 0  # in a row
    waiting_intent: str = ""  # answered as soon as the country is known
    consent_asked: bool = False
    language_offered: str = ""
    page_language: str = ""  # of the page the last message came from
    cards_at: dict[str, datetime] = {}  # danger card -> when it was last shown
    doubted_text: str = ""  # what led to a card, until the person says it was no danger
    topic: str = ""  # of the last answer
    wants_human: bool = False  # asked for a counsellor, and something is still to be said first
    about_danger: str = ""  # the card beside whose numbers that was
    opened_by: str = ""  # the card that opened the case by itself; nobody has asked for it since
    intake: dict[str, str] = {}  # question -> answer, empty where it was skipped
    told_at: datetime | None = None  # when it was last said that a counsellor has the case
    program_fence: int = 0  # the claim during which the program may answer, too


def decode(stored: str) -> Session:
    """A session of an older release that cannot be read starts anew: it is a convenience."""
    if not stored:
        return Session()
    try:
        return msgspec.json.decode(stored, type=Session)
    except msgspec.MsgspecError:
        return Session()


def encode(session: Session) -> str:
    return msgspec.json.encode(session).decode()
