"""What the counsellor desk reads and writes: frozen records, times in UTC, texts opened."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.messages import Reply

if TYPE_CHECKING:  # `records` tells of cases too
    from bot.storage.records import Shown

Notice = Callable[[str], Reply]  # the person's locale -> what they are told


class Role(enum.StrEnum):
    COUNSELLOR = "counsellor"
    PROTECTION = "protection"  # opens protection cases; nobody else does
    EDITOR = "editor"
    MANAGER = "manager"
    DATA_PROTECTION = "data_protection"
    ADMIN = "admin"


class CaseState(enum.StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    CLOSED = "closed"


class Reason(enum.StrEnum):
    """Why a case exists."""

    ASKED = "asked"
    DANGER = "danger"
    COMPLAINT = "complaint"  # about the service: bypasses the holder


class WaitsFor(enum.StrEnum):
    """What an answered case waits for while its holder is away."""

    NOTHING = ""
    PERSON = "person"
    OFFICE = "office"
    DATE = "date"


DANGER, URGENT, NORMAL = 1, 2, 3  # priorities; lower is sooner


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who is signed in."""

    id: str
    name: str  # typed to sign in
    shown_as: str  # what people read
    office: str  # code; empty: the regional office, which sees figures of all and no case
    roles: frozenset[Role]
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()  # empty: all of them
    locale: str = "en"  # of the console
    gender: str = ""  # "woman", "man" or not said

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Case:
    """A handoff as the desk shows it. Never holds what anybody wrote."""

    id: int
    number: str  # "RO-0042"
    conversation_id: str  # empty once the person erased their data
    office: str
    state: CaseState
    reason: Reason
    priority: int
    topic: str
    locale: str
    country: str
    requested_at: datetime
    waiting_since: datetime
    danger: str = ""  # the card's id
    protection: bool = False
    fence: int = 0  # grows with each claim; a write with an older one is refused
    holder: str = ""  # id of the counsellor who has it, or had it last
    holder_shown_as: str = ""
    holder_seen_at: datetime | None = None
    cover: str = ""  # id of who looks after it while the holder is away
    cover_shown_as: str = ""
    meant_for: str = ""  # id of the colleague it was passed to; others may still claim it
    meant_for_shown_as: str = ""
    claimed_at: datetime | None = None
    answered_at: datetime | None = None  # last answer since that claim
    first_answer_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = ""
    waits_for: WaitsFor = WaitsFor.NOTHING
    due_at: datetime | None = None
    safe: str = ""  # is it safe to write: "yes", "no", "unsure" or not asked
    best_hours: str = ""
    wants: str = ""  # "woman", "man" or anybody
    last_person_seq: int = 0
    expires_at: datetime | None = None  # none while it is open

    @property
    def is_open(self) -> bool:
        return self.state is not CaseState.CLOSED


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One change of a case. `id` is the cursor that lists and streams go on from.

    `kind`: requested, raised, intake, person_wrote, complained, cancel_asked, cancelled,
    reopened, claimed, taken_over, replied, resent, noted, wait_set, released, returned,
    transferred, arrived (from another office), left (no longer yours to see), closed,
    expired, erased, undone (a reply), sent_now, follows (the person's language or country),
    resumed (by code, from another place), parked (somebody else uses the phone).
    """

    id: int
    case_id: int
    number: str
    kind: str
    actor: str  # a counsellor's id, "person" or "system"
    actor_shown_as: str
    at: datetime
    detail: str = ""  # a constant, never somebody's words


@dataclass(frozen=True, slots=True)
class Note:
    """What counsellors write for each other; people never get it."""

    id: int
    by_shown_as: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A case with its text, as only its holder sees it."""

    case: Case
    lines: tuple[Shown, ...]
    notes: tuple[Note, ...]
    events: tuple[CaseEvent, ...]
    is_parked: bool = False  # somebody else uses the person's phone


# What a turn does to the person's case


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Ask for a person. An open case is raised to this priority; one that was closed a short
    time ago is opened again."""

    reason: Reason
    priority: int
    office: str
    topic: str = ""
    danger: str = ""
    protection: bool = False
    safe: str = ""
    best_hours: str = ""
    wants: str = ""


@dataclass(frozen=True, slots=True)
class IntakeAnswer:
    field: str  # "safe", "best_hours", "wants" or "topic"
    value: str


@dataclass(frozen=True, slots=True)
class CancelCase:
    """The person took the request back."""


@dataclass(frozen=True, slots=True)
class MoveOffice:
    """The person agreed that the office of the country they are in now takes their case."""

    office: str


CaseChange = OpenCase | IntakeAnswer | CancelCase | MoveOffice


# Codes, and phones that several people use


@dataclass(frozen=True, slots=True)
class NewCode:
    """Whoever types this goes on with the conversation; an earlier code of it is void."""

    code: str
    valid: timedelta


@dataclass(frozen=True, slots=True)
class FoundCode:
    """What a typed code leads to."""

    number: str  # of its case, or empty
    locale: str
    is_here: bool = False  # in the very conversation that it was made for


class CodeTrouble(enum.StrEnum):
    WRONG = "wrong"
    TOO_MANY = "too_many"  # wrong ones, within an hour


@dataclass(frozen=True, slots=True)
class UseCode:
    """Go on here with the conversation of this code. What is here now waits for its own."""

    code: str
    old_place: Notice  # what is said where the conversation was until now
    aside: NewCode | None = None  # for a case that is open here


@dataclass(frozen=True, slots=True)
class PutAside:
    """Somebody else uses this phone: what was said until now waits for its code."""


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Counts against whoever guesses."""


PhoneMove = UseCode | PutAside | WrongCode


@dataclass(frozen=True, slots=True)
class Alarm:
    """Open a case of this danger at `due_at`, unless the person writes or presses before."""

    card: str
    office: str
    priority: int
    protection: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many danger cases of one kind were taken back within one hour, by whoever it was."""

    card: str
    country: str  # or empty
    hour: datetime
    count: int


# Facts that are wrong


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A fact, or a row of the directory, that nobody is told at present."""

    name: str
    why: str  # a constant
    by_shown_as: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody was told a fact in a case that is still open."""

    number: str
    name: str
    holder_shown_as: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is reached."""

    person: str  # the keyed hash
    channel: str
    address: str = field(repr=False)


# Figures


@dataclass(frozen=True, slots=True)
class OfficeCounts:
    """What a manager sees of one office now: numbers only."""

    office: str
    waiting: dict[int, int]  # priority -> how many
    claimed: int
    waiting_since: datetime | None  # of whoever waits longest


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one person waited for the first answer of a human."""

    requested_at: datetime
    first_answer_at: datetime
    priority: int
    topic: str
    locale: str
    office: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One case as figures count it: no number, nobody's words."""

    requested_at: datetime
    first_answer_at: datetime | None
    until: datetime  # when it was closed, or now
    state: CaseState
    priority: int
    office: str
    topic: str
    locale: str
    outcome: str


# What can go wrong


class NoSuchCase(Exception):
    """Not there, or not yours: the same to whoever asks."""


class AlreadyTaken(Exception):
    """Somebody else was first; `by` is the name people see, or empty."""

    def __init__(self, by: str = "") -> None:
        super().__init__("taken")
        self.by = by


class LostClaim(Exception):
    """The case is no longer held by whoever writes, or was claimed anew since."""


class IllegalMove(Exception):
    """`states.MOVES` does not allow this from the state the case is in."""


class NoSuchColleague(Exception):
    """Not there, not of this office, or not allowed to have this case."""


class ConsentNeeded(Exception):
    """Another office gets a case only when the person said yes to that."""


class TooLate(Exception):
    """The person has this line already, or is about to: it cannot be taken back."""


@dataclass
class SomethingNewer(Exception):
    """The person wrote meanwhile: read `lines` first, then send again."""

    lines: tuple[Shown, ...] = field(default_factory=tuple)
