"""What crosses the storage edge: frozen records, times in UTC, texts already opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.messages import Attachment, Choice, Inbound, Reply
from bot.storage.desk_records import Alarm, Case, CaseChange, NewCode, PhoneMove

PULL_CHANNELS = frozenset({"web", "terminal"})  # they fetch their replies themselves


class TurnConflict(Exception):
    """Somebody else took a turn in this conversation meanwhile: load it and decide again."""


class UnreadableRow(Exception):
    """An inbox row sealed with a lost key, or written by another release. Holds its id."""

    def __init__(self, inbox_id: int) -> None:
        super().__init__("row cannot be read")
        self.inbox_id = inbox_id


class TurnAlreadyDone(Exception):
    """This inbox row was consumed before; it must have no second effect."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An inbound event on its way into the inbox."""

    inbound: Inbound
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A platform event that could not be read. Kept sealed for whoever mends the reader."""

    channel: str
    bot: str
    event_id: str
    payload: str
    person_id: str = ""  # where it can be read, so that erasing finds the row


@dataclass(frozen=True, slots=True)
class Receipt:
    inbox_id: int  # 0 for a repeat
    new: bool
    person_hash: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """One stored event that waits for its turn."""

    inbox_id: int
    person_hash: str
    urgent: bool
    inbound: Inbound
    received_at: datetime
    has_more: bool = False  # another one of the same person waited behind it


@dataclass(frozen=True, slots=True)
class Person:
    """Contact, conversation and session as one turn sees them."""

    person_hash: str
    channel: str
    bot: str
    contact_id: str
    conversation_id: str
    address: str = ""
    locale: str = ""
    locale_chosen: bool = False
    country: str = ""
    consent: str = "open"  # open | yes | no
    blocked: bool = False
    last_seq: int = 0
    version: int = 0  # 0: nothing stored yet
    session: str = ""  # the dialogue's own JSON, or empty
    fleeting: bool = False  # just erased: exists only until its last reply is delivered
    case: Case | None = None  # the open one, or one that was closed a short time ago
    is_discreet: bool = False  # what we start waits for the agreed word
    said_word: bool = False  # this very message is it
    hours: str = ""  # in which we may start something; empty: in all
    held_lines: int = 0  # that wait for the word or the hours

    @property
    def keeps_nothing(self) -> bool:
        return self.fleeting or (self.consent == "no" and not self.has_open_case)

    @property
    def has_open_case(self) -> bool:
        return self.case is not None and self.case.is_open


@dataclass(frozen=True, slots=True)
class Vote:
    """Whether an answer helped."""

    entry: str
    locale: str
    snapshot: str
    helped: bool


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """What a turn changes because others may see the phone. None: as it was."""

    word: str | None = None  # as written; empty ends discreet mode
    neutral: str = ""  # what is said in place of what waits, in the person's language
    hours: str | None = None  # empty: at any time
    opens: bool = False  # the agreed word was said: everything that waits goes out


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything one turn changes, saved in one transaction."""

    person: Person
    replies: tuple[Reply, ...] = ()
    push: bool = True  # False: the channel fetches its replies itself (web, terminal)
    erase: bool = False
    vote: Vote | None = None
    unanswered: str = ""  # folded wording of a question nobody could answer
    case: CaseChange | None = None
    alarm: Alarm | None = None  # the one that waits goes with every turn
    author: str = "bot"  # of the replies; "notice" while a counsellor answers
    code: NewCode | None = None
    move: PhoneMove | None = None
    phone: PhoneChange | None = None
    hides: bool = False  # the chat is cleared where the person sees it; ours stays


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a transcript as a channel shows it."""

    seq: int
    author: str  # person | bot | counsellor | notice
    text: str
    choices: tuple[Choice, ...]
    locale: str
    at: datetime
    event_id: str
    kind: str = "text"
    entry: str = ""
    block: str = ""
    facts: tuple[str, ...] = ()
    snapshot: str = ""
    state: str = ""  # of its delivery, where it is pushed
    edits: int = 0  # number of the line that this one corrects
    file: Attachment | None = None
    visible_at: datetime | None = None  # until then it can be taken back
    is_fetched: bool = False  # a page has got it
    held: str = ""  # what it waits for: "word" | "hours"
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One stored reply whose time has come."""

    outbox_id: int
    conversation_id: str
    seq: int
    channel: str
    bot: str
    address: str
    lane: int
    attempts: int
    doubts: int
    parts_done: int
    platform_ids: tuple[str, ...]
    reply: Reply
    is_discreet: bool = False  # its person agreed on a word: nothing may ring or be passed on
