"""The whole console with a real store behind it, and the cast: Petra and Jonas counsel."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
from litestar import Litestar

from bot.channels.file_types import NotFetched
from bot.channels.web_guard import DESK
from bot.console.console import Console
from bot.console.door import open_door
from bot.console.guard import FIELD
from bot.console.guesses import Remembered
from bot.console.logins import COOKIE
from bot.console.pages import Pages
from bot.console.visit import ConsoleParts
from bot.handoff.desk import Desk
from bot.knowledge import Knowledge
from bot.messages import Choice, Inbound, Origin, Reply
from bot.news import News
from bot.storage import (
    NORMAL,
    Account,
    Arrival,
    NewCounsellor,
    OpenCase,
    Outcome,
    Reason,
    Role,
    Staff,
    Store,
)
from tests.browser.web_fake import FakeService, Settings
from tests.people import says

HOST = "desk.example"
FORM = {"origin": f"https://{HOST}", "sec-fetch-site": "same-origin"}


class Rig:
    def __init__(
        self, store: Store, knowledge: Knowledge, hosts: tuple[str, ...] = (HOST,)
    ) -> None:
        self.store = store
        self.hosts = hosts
        self.news = News()
        self.guessed: list[tuple[str, str]] = []
        self.on_telegram: dict[str, bytes] = {}
        self.fetched: list[tuple[str, str]] = []
        pages = Pages(lambda: knowledge.snapshot.catalogues)
        self.door = open_door(store, pages)
        self.logins = self.door.access.logins
        self.desk = Desk(store, knowledge, self.news)
        guess = Remembered(self._guess)
        self.parts = ConsoleParts(
            self.desk, store, knowledge, pages, self.door.gate, guess, fetch=self._fetch
        )
        self.console = Console(self.parts, self.door.access)
        self.app = self._guarded()

    async def _fetch(self, bot: str, file_id: str) -> bytes:
        self.fetched.append((bot, file_id))
        if file_id not in self.on_telegram:
            raise NotFetched("gone")
        return self.on_telegram[file_id]

    async def _guess(self, text: str, locale: str) -> list[tuple[str, float]]:
        self.guessed.append((text, locale))
        return [("asylum-how", 0.62), ("greet", 0.3)] if "asylum" in text else []

    def _guarded(self) -> Any:
        """As `bot.app` puts it together, around a web channel that nobody uses here."""
        from bot.channels.web import Web

        web = Web(FakeService(Settings(allowed_hosts=self.hosts)).parts())
        web.errors.others[DESK] = self.console.explain
        inner = Litestar(
            route_handlers=[*self.door.routes(), *self.console.routes()],
            exception_handlers=web.exception_handlers(),
            logging_config=None,
            openapi_config=None,
        )
        return web.guarded(inner)

    # Counsellors

    async def account(
        self, name: str = "petra", *roles: Role, office: str = "ro", **more: Any
    ) -> Account:
        await self.store.staff.prepare()
        new = NewCounsellor(
            name=name,
            roles=frozenset(roles or {Role.COUNSELLOR}),
            password_hash="",
            office=office,
            shown_as=name.capitalize(),
            **more,
        )
        await self.store.staff.add(new)
        account = await self.store.staff.account_named(name)
        assert account is not None
        await self.store.staff.set_password(account, "chosen")
        account = await self.store.staff.account_named(name)
        assert account is not None
        return account

    async def browser(self, name: str = "petra", *roles: Role, **more: Any) -> Browser:
        """Somebody new, signed in."""
        return await self.again(await self.account(name, *roles, **more))

    async def again(self, account: Account) -> Browser:
        """One more browser of the same counsellor."""
        token = await self.logins.begin(account, True, None)
        assert token is not None
        login = await self.logins.find(token)
        assert login is not None
        csrf = self.door.gate.forms.token(login.id)
        return Browser(self.app, account.staff, token, csrf, login.id)

    def stranger(self) -> Browser:
        return Browser(self.app, None, "")

    # People

    async def asks(
        self,
        text: str = "I need help with my papers",
        person: str = "amina",
        office: str = "ro",
        priority: int = NORMAL,
        locale: str = "ar",
        reason: Reason = Reason.ASKED,
        country: str = "ro",
        inbound: Inbound | None = None,
        **case: Any,
    ) -> str:
        """Somebody asks for a person; returns the case's number."""
        change = OpenCase(reason, priority, office, **case)
        told = await self._turn(inbound or says(text, person), locale, country, change)
        assert told.case is not None
        return told.case.number

    async def writes(self, text: str, person: str = "amina", **more: Any) -> None:
        await self._turn(says(text, person, **more), "", "", None)

    async def _turn(self, inbound: Inbound, locale: str, country: str, change: Any) -> Any:
        (receipt,) = await self.store.accept([Arrival(inbound)])
        pending = await self.store.next_pending(receipt.person_hash)
        assert pending is not None
        before = await self.store.load(pending)
        person = replace(
            before,
            locale=locale or before.locale,
            country=country or before.country,
            consent="yes",
        )
        said = Reply(
            "We have your question.",
            (Choice("Take it back", "x"),),
            origin=Origin("interface", "queue", person.locale),
        )
        replies = (said,) if change else ()
        push = inbound.channel != "web"
        return await self.store.finish(
            pending, before, Outcome(person, replies, push=push, case=change)
        )

    def close(self) -> None:
        self.door.close()

    async def told(self, person: str = "amina") -> list[str]:
        """What the person was sent, in order."""
        person_hash = self.store.person_hash("telegram", "1", person)
        return [s.text for s in await self.store.transcript(person_hash) if s.author != "person"]


class Browser:
    """One browser with a login. Follows nothing by itself, and has no script."""

    def __init__(
        self, app: Any, staff: Staff | None, token: str, csrf: str = "", login_id: str = ""
    ) -> None:
        self.staff, self.csrf, self.login_id = staff, csrf, login_id
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url=f"https://{HOST}",
            cookies={COOKIE: token} if token else {},
        )
        self.page = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers=headers)
        if FIELD in answer.text:
            self.page = answer.text
        return answer

    def field(self, name: str) -> str:
        """A hidden field of the page that is open."""
        found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', self.page)
        return found[1] if found else ""

    async def post(
        self, path: str, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        """Send a form of the page that is open."""
        hidden = {name: self.field(name) for name in ("key", "fence", "seen_up_to")}
        hidden[FIELD] = self.csrf
        data = {name: value for name, value in (hidden | fields).items() if value != ""}
        answer = await self.client.post(path, data=data, headers=FORM | (headers or {}))
        if FIELD in answer.text:
            self.page = answer.text
        return answer

    async def claims(self, number: str) -> httpx.Response:
        await self.get("/desk/queue")
        answer = await self.post(f"/desk/case/{number}/claim")
        return await self.get(f"/desk/case/{number}") if answer.status_code == 303 else answer
