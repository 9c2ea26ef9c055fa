"""One request of somebody who is signed in, and what its page is drawn with."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from litestar import Request, Response

from bot.console.moments import Calendar
from bot.console.pages import Pages
from bot.console.rows import Rows
from bot.handoff.desk import Desk
from bot.knowledge import Knowledge, Snapshot
from bot.storage import Case, NoSuchCase, Office, Staff, Store

Req = Request[Any, Any, Any]
# Text and locale -> intents with their confidences, best first.
Guess = Callable[[str, str], Awaitable[Sequence[tuple[str, float]]]]

# Text and locale -> the text in that locale by a machine, or empty.
Translate = Callable[[str, str], Awaitable[str]]

# The bot a person writes to, and the platform's number of a file. Raises `NotFetched`.
Fetch = Callable[[str, str], Awaitable[bytes]]

_NUMBER = re.compile(r"[A-Z]{2}-[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    staff: Staff
    login_id: str
    csrf: str  # what this login's forms carry


class Gate(Protocol):
    """Who is there. `bot.console.access` is the real one."""

    async def who(self, request: Req) -> SignedIn | None:
        """Whoever is signed in, wholly; counts as use of the login."""
        ...

    async def holds(self, login_id: str) -> bool:
        """The same for a stream that is open: does not count as use."""
        ...

    def is_ours(self, request: Req, csrf: str, form: Mapping[str, str]) -> bool:
        """Whether a form was made for this login."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """Everything of the service that the console's pages touch."""

    desk: Desk
    store: Store
    knowledge: Knowledge
    pages: Pages
    gate: Gate
    guess: Guess
    translate: Translate | None = None  # none: no such server
    fetch: Fetch | None = None  # none: no platform keeps files for us


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands beside the first page's name."""

    waiting: int
    urgent: int
    after: int  # the event from which a stream goes on


@dataclass
class Visit:
    request: Req
    parts: ConsoleParts
    me: SignedIn
    here: str  # the page's name in the navigation
    nav: Sequence[Any]
    form: Mapping[str, str] = field(default_factory=dict)
    office: Office | None = None
    upload: bytes = b""  # the file of a form that has one

    @property
    def staff(self) -> Staff:
        return self.me.staff

    @property
    def desk(self) -> Desk:
        return self.parts.desk

    @cached_property
    def snapshot(self) -> Snapshot:
        return self.parts.knowledge.snapshot

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.office.time_zone if self.office else "", self.staff.locale)

    @cached_property
    def rows(self) -> Rows:
        return Rows(self.staff, self.snapshot, self.calendar)

    @property
    def number(self) -> str:
        """The case that the address names. What cannot be a number is not there."""
        number = str(self.request.path_params["number"])
        if not _NUMBER.fullmatch(number):
            raise NoSuchCase
        return number

    @property
    def by_script(self) -> bool:
        return "hx-request" in self.request.headers

    async def counts(self) -> tuple[Counts, list[Case]]:
        """The cursor is taken first: what comes after it is told by the stream."""
        after = await self.parts.store.desk.last_change(self.staff)
        waiting = await self.desk.queue(self.staff)
        return Counts(len(waiting), sum(c.priority == 1 for c in waiting), after), waiting

    async def page(self, template: str, status: int = 200, **context: Any) -> Response[bytes]:
        if "counts" not in context:
            context["counts"], _ = await self.counts()
        frame = {"me": self.staff, "csrf": self.me.csrf, "here": self.here, "nav": self.nav}
        body = self.parts.pages.draw(template, self.staff.locale, **(frame | context))
        return html(body, status)


def html(body: bytes, status: int = 200) -> Response[bytes]:
    return Response(body, status_code=status, media_type="text/html")


def see_other(address: str) -> Response[bytes]:
    headers = {"location": address}
    return Response(b"", status_code=303, media_type="text/plain", headers=headers)
