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
