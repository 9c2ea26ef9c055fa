"""The dialogue's short memory. It expires after a day, or with the person's data."""

from __future__ import annotations

from datetime import datetime

import msgspec


class FlowState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A guided flow that somebody is in the middle of. The answers are nowhere else."""

    id: str
    at: datetime  # of the last question
    question: str = ""  # the one that was asked last
    answers: tuple[tuple[str, str], ...] = ()
    country: str = ""  # known when it began; then it is not asked
    is_interrupted: bool = False  # something else was talked about: "Go on?" comes first
    unheard: int = 0  # texts in a row that were no answer


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the next message may refer to. Stored sealed; unknown fields are ignored."""

    fallbacks: int = 0  # in a row
    waiting_intent: str = ""  # answered as soon as the country is known
    consent_asked: bool = False
    language_offered: str = ""
    page_language: str = ""  # of the page the last message came from
    elsewhere: bool = False  # in neither of our countries, as they said
    cards_at: dict[str, datetime] = {}  # danger card -> when it was last shown
    doubted_text: str = ""  # what led to a card, until the person says it was no danger
    topic: str = ""  # of the last answer
    wants_human: bool = False  # asked for a counsellor, and something is still to be said first
    complains: bool = False  # about the service: that is what a counsellor was asked for
    about_danger: str = ""  # the card beside whose numbers that was
    opened_by: str = ""  # the card that opened the case by itself; nobody has asked for it since
    intake: dict[str, str] = {}  # question -> answer, empty where it was skipped
    told_at: datetime | None = None  # when it was last said that a counsellor has the case
    program_fence: int = 0  # the claim during which the program may answer, too
    flow: FlowState | None = None
    phone_asks: str = ""  # the next text is the agreed word: "word" to choose it, "end"
    flow_summary: str = ""  # "flow:outcome" that goes along when the case opens; "-" is silent


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
