"""The shared vocabulary: what comes in, what goes out, and what a channel is.

Imports nothing of ours. Channels build `Inbound`, the dialogue builds `Reply`,
`delivery` hands an `Outgoing` to the channel it belongs to.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

MAX_TEXT = 4000  # characters of one message that are kept; more gets `err_too_long`
MAX_ACTION_BYTES = 64  # Telegram's limit for callback data and for start payloads


class Kind(enum.StrEnum):
    """What a person did."""

    TEXT = "text"
    BUTTON = "button"  # `action` holds the pressed choice
    COMMAND = "command"  # `action` holds name and argument: "start uk_ro-etc", "forget"
    LOCATION = "location"  # the place itself is never kept
    PHOTO = "photo"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    CONTACT = "contact"
    EDIT = "edit"  # `edits` names the platform's message that was changed
    LEFT = "left"  # blocked the bot
    RETURNED = "returned"  # unblocked it
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known of a file beside a message. Its bytes are elsewhere, or nowhere."""

    type: str = ""  # a name of `channels.file_types`; for a platform's file a guess
    size: int = 0  # bytes; 0: nobody said
    stored_id: str = ""  # of our own sealed copy
    platform_id: str = ""  # Telegram's file id: fetched when a counsellor asks for it
    bot: str = ""  # to which bot that number means something
    place: str = ""  # "45.74890,21.20870": no file but a pin, sent by a counsellor


@dataclass(frozen=True, slots=True)
class Inbound:
    """One platform event from one person, platform details removed."""

    channel: str  # "telegram" | "web" | "terminal"
    event_id: str  # the platform's own id of the event: a repeat carries the same
    person_id: str  # the platform's id of the person; stored as a keyed hash only
    kind: Kind
    text: str = ""  # already through `clean_text`
    action: str = ""
    bot: str = ""  # which bot of that channel; two bots may use the same ids
    address: str = ""  # where replies go (Telegram: chat id); stored encrypted
    order: int = 0  # the platform's order within one person's messages
    message_id: str = ""  # the platform's id of the message, for edits and `/hide`
    edits: str = ""
    language: str = ""  # the platform's hint, e.g. Telegram's `language_code`
    country: str = ""  # a hint of the page the person came from
    file: Attachment | None = None
    # "45.75,21.21", two decimals: for the answer of this very turn, and kept nowhere after it.
    place: str = field(default="", repr=False)


class Lane(enum.IntEnum):
    """Who goes first in delivery; lower is sooner."""

    SAFETY = 0
    COUNSELLOR = 1
    BOT = 2
    BROADCAST = 3


@dataclass(frozen=True, slots=True)
class Text:
    """One interface string, named by its key; rendered once, at the end of a turn.

    Marked with `N_("key", "English")` or `NP_("key", "one", "many")` so that the
    template of `interface.po` can be extracted; the key is the msgctxt.
    """

    key: str
    english: str
    plural: str = ""
    values: tuple[tuple[str, Any], ...] = ()

    def having(self, **values: Any) -> Text:
        """The same text with these values for its `{names}`; `n` picks the plural."""
        return replace(self, values=(*self.values, *values.items()))


def N_(key: str, english: str) -> Text:
    """Mark one interface string."""
    return Text(key, english)


def NP_(key: str, one: str, many: str) -> Text:
    """Mark one interface string that depends on a number `n`."""
    return Text(key, one, many)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. Either `action` comes back to us, or `url` opens a page or a call."""

    label: str  # rendered
    action: str = ""
    url: str = ""
    copy: str = ""  # a number for the clipboard, where a platform has no buttons that call


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a reply's words came from, so that a wrong number can be corrected later."""

    entry: str = ""  # entry id, danger card id, or "interface"
    block: str = ""  # "answer/where"; for interface strings the key
    locale: str = ""
    facts: tuple[str, ...] = ()
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One bubble, rendered, with its buttons."""

    text: str
    choices: tuple[Choice, ...] = ()
    lane: Lane = Lane.BOT
    origin: Origin = field(default_factory=Origin)
    file: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One stored reply on its way out."""

    conversation_id: str
    seq: int
    address: str
    reply: Reply
    direction: str  # "ltr" | "rtl"
    bot: str = ""
    quiet: bool = False  # others may see the phone: without a sound, and not to be passed on
    content: bytes = field(default=b"", repr=False)  # of `reply.file`, where it is stored


class SendResult(enum.StrEnum):
    SENT = "sent"
    RETRY = "retry"  # never left us, or the platform said "later"
    UNDELIVERABLE = "undeliverable"  # definite no: blocked, chat gone
    UNCERTAIN = "uncertain"  # it left, and no answer came back


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt."""

    result: SendResult
    platform_ids: tuple[str, ...] = ()
    retry_after_s: float | None = None
    reason: str = ""  # a constant, never the platform's text
    parts_done: int = 0  # a long reply goes out in parts; these need no repeat


@dataclass(frozen=True, slots=True)
class Cleared:
    """What became of messages that a platform was asked to delete."""

    left: int = 0  # how many it refused for good
    settled: frozenset[str] = frozenset()  # numbers that need no other try
    is_known: bool = True  # False: it cannot delete anything
    wait_s: float | None = None  # the rest has to wait


class Channel(Protocol):
    """A way to reach a person. Formats, and decides nothing."""

    name: str

    async def send(self, outgoing: Outgoing, parts_done: int = 0) -> Sent:
        """Send one reply. Returns what is known; raises nothing for a platform's refusal."""
        ...


_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Make text safe to store, once, at the edge; otherwise leave it as it was written.

    NUL, other C0 controls but tab and newline, noncharacters and lone surrogates
    become U+FFFD; CRLF and CR become LF. PostgreSQL refuses NUL, and both database
    drivers raise on lone surrogates.
    """
    return _REFUSED.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


class StorageUnavailable(Exception):
    """The database did not take or give something in time. Nothing was acknowledged."""
