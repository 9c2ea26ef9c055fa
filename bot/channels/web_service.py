"""What the web channel needs from the rest of the service, and nothing more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.i18n import Catalogues
from bot.messages import Choice, Inbound, Reply

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


class Snapshot(Protocol):
    """The part of `bot.knowledge.Snapshot` that the page reads."""

    @property
    def catalogues(self) -> Catalogues: ...
    @property
    def entries(self) -> Mapping[str, Any]: ...
    def question(self, entry_id: str, locale: str) -> str: ...


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
    keep_days: int = 30
    keep_case_days: int = 90
