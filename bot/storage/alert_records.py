"""What staff alerts read and write: frozen records, times in UTC, addresses opened."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime


class ChatKind(enum.StrEnum):
    OWN = "own"  # a counsellor's private chat
    GROUP = "group"  # an office's group; never hears of protection cases
    PROTECTION = "protection"  # a group of those who open protection cases


@dataclass(frozen=True, slots=True)
class Chat:
    """Where alerts go."""

    id: int
    office: str
    counsellor: str  # id of whose it is, or who linked the group
    kind: ChatKind
    linked_at: datetime
    is_lost: bool = False  # the platform refuses it: link it anew


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step that was stored: for which claim and priority, which one, to whom, and when."""

    fence: int
    priority: int
    number: int
    circle: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One alert to one chat, with what may be said about its case."""

    id: int
    chat_id: int
    carrier: str
    address: str = field(repr=False)
    staff_locale: str
    number: str
    priority: int
    protection: bool
    locale: str
    topic: str
    waiting_since: datetime
    attempts: int = 0
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """A chat that was linked just now."""

    office: str
    staff_locale: str
    kind: ChatKind
