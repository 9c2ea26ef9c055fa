"""What the web channel needs from the rest of the service, and nothing more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.i18n import Catalogues
from bot.messages import Attachment, Choice, Inbound, Reply
from bot.storage import Content, NewFile
from bot.storage import Shown as Line
from bot.storage.phone_safety import NEUTRAL

Author = Literal["person", "bot", "counsellor", "notice"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One bubble of a transcript, as the person sees it."""

    seq: int  # the cursor: grows within one conversation, never reused
    author: Author
    text: str
    choices: tuple[Choice, ...] = ()
    locale: str = ""
    at: datetime | None = None
    event_id: str = ""  # of a person's own message: the `Inbound.event_id` it came with
    file: Attachment | None = None
    is_neutral: bool = False  # says only that something waits for the agreed word


def on_page(line: Line) -> Shown:
    """A stored line as the page shows it."""
    return Shown(
        line.seq,
        line.author,  # type: ignore[arg-type]
        line.text,
        line.choices,
        line.locale,
        line.at,
        line.event_id,
        line.file,
        line.block == NEUTRAL,
    )


class Receipt(Protocol):
    @property
    def inbox_id(self) -> int: ...
    @property
    def new(self) -> bool: ...


class Intake(Protocol):
    async def accept(self, inbound: Inbound) -> Receipt:
        """Store it, and return only then. Raises `StorageUnavailable`."""
        ...

    async def settled(self, inbox_id: int, timeout_s: float) -> bool:
        """Wait for the turn of that message. False when it has not been taken in time."""
        ...


class Files(Protocol):
    """What people and counsellors send each other. May raise `StorageUnavailable`."""

    async def is_wanted(self, person: str) -> bool:
        """Whether a counsellor answers this person, or is to."""
        ...

    async def accept(self, inbound: Inbound, file: NewFile) -> Receipt:
        """As `Intake.accept`. Raises `NoRoom`."""
        ...

    async def sent(self, person: str, seq: int) -> Content | None:
        """What a counsellor sent in line `seq`."""
        ...


class Snapshot(Protocol):
    """The part of `bot.knowledge.Snapshot` that the page reads."""

    @property
    def catalogues(self) -> Catalogues: ...
    @property
    def entries(self) -> Mapping[str, Any]: ...
    @property
    def flows(self) -> Mapping[str, Any]: ...
    def question(self, entry_id: str, locale: str) -> str: ...
    def flow_label(self, flow_id: str, locale: str) -> str: ...


class Knowledge(Protocol):
    @property
    def snapshot(self) -> Snapshot: ...


class Settings(Protocol):
    @property
    def stage(self) -> str: ...
    @property
    def public_url(self) -> str: ...
    @property
    def exit_url(self) -> str: ...
    @property
    def widget_origins(self) -> tuple[str, ...]: ...
    @property
    def allowed_hosts(self) -> tuple[str, ...]: ...


async def _nobody_is(person: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class WebParts:
    """Everything of the service that the web channel touches.

    `transcript`, `leave` and `has_left` may raise `StorageUnavailable`.
    """

    intake: Intake
    knowledge: Knowledge
    settings: Settings
    token_key: bytes
    transcript: Callable[[str, int, int], Awaitable[Sequence[Shown]]]  # person, after, limit
    wait_for_news: Callable[[str, int, float], Awaitable[None]]  # person, after, timeout_s
    emergency: Callable[[str], Sequence[tuple[str, str, str]]]  # country code, number, label
    start_choices: Callable[[str, str], Sequence[Choice]]  # locale, country or ""
    safety: Callable[[Inbound], Sequence[Reply]]  # from memory, for when the database is away
    leave: Callable[[str], Awaitable[None]]  # this person's token is dead from now on
    has_left: Callable[[str], Awaitable[bool]]
    # Person -> when a counsellor was last seen writing to them; a number that only grows.
    counsellor_wrote: Callable[[str], float] = lambda person: 0.0
    is_discreet: Callable[[str], Awaitable[bool]] = _nobody_is  # a person agreed on a word
    files: Files | None = None  # none: the page takes no files
    keep_days: int = 30
    keep_case_days: int = 90
