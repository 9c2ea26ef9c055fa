"""The sign-in pages with a real store behind them, and a browser that keeps its cookies."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pyotp
from argon2 import PasswordHasher
from litestar import Litestar, Response, get, post

from bot.channels.web import Web
from bot.channels.web_input import Req, read_form
from bot.console.door import open_door
from bot.console.guard import FIELD
from bot.console.pages import Pages
from bot.console.passwords import Passwords, hash_password
from bot.i18n import Catalogues
from bot.storage import Account, NewCounsellor, Role, Store
from tests.browser.web_fake import FakeService, Settings

HOST = "desk.example"
OURS = {"origin": f"https://{HOST}"}
GIVEN = "given-once-given-once"
CHOSEN = "four words of my own"
# The same algorithm at a cost that a thousand tests can pay.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Desk:
    """The application, and accounts to sign in with."""

    def __init__(self, store: Store, proxies: tuple[str, ...] = ()) -> None:
        self.store = store
        pages = Pages(lambda: Catalogues(("en", "ro", "hu"), {}))
        self.door = open_door(store, pages, proxies, Passwords(QUICK))
        self.gate = self.door.gate
        self.web = Web(FakeService(Settings(allowed_hosts=(HOST,))).parts())
        self.app = self.web.guarded(self._litestar())

    def _litestar(self) -> Litestar:
        gate, access = self.door.gate, self.door.access

        @get("/desk")
        async def desk(request: Req) -> Response[str]:
            me = await gate.who(request)
            return Response(me.csrf) if me else access.send_away(request)

        @post("/desk/change", status_code=200)
        async def change(request: Req) -> Response[str]:
            form = await read_form(request)
            me = await gate.who(request)
            if me is None:
                return access.send_away(request)
            return Response("", status_code=200 if gate.is_ours(request, me.csrf, form) else 403)

        return Litestar(
            [*self.door.routes(), desk, change],
            exception_handlers=self.web.exception_handlers(),
            logging_config=None,
            openapi_config=None,
        )

    async def add(self, name: str = "petra", **more: Any) -> str:
        """Somebody with a given password; returns the id."""
        await self.store.staff.prepare()
        values: dict[str, Any] = {
            "roles": frozenset({Role.COUNSELLOR}),
            "office": "ro",
            "password_hash": hash_password(GIVEN, QUICK),
        } | more
        return await self.store.staff.add(NewCounsellor(name=name, **values))

    async def settled(self, name: str = "petra", **more: Any) -> tuple[str, str]:
        """Somebody who has chosen a password and set up a phone; returns id and seed."""
        counsellor_id = await self.add(name, **more)
        chosen = hash_password(CHOSEN, QUICK)
        assert await self.store.staff.set_password(await self.account(name), chosen)
        seed = pyotp.random_base32()
        assert await self.store.staff.set_totp(counsellor_id, seed, 0, ["aaaaa-bbbbb"])
        return counsellor_id, seed

    async def change_roles(self, name: str, *roles: Role) -> None:
        same = NewCounsellor(name, frozenset(roles), "", office="ro")
        await self.store.staff.change(same)

    async def account(self, name: str = "petra") -> Account:
        found = await self.store.staff.account_named(name)
        assert found is not None
        return found

    def browser(self, address: str = "10.0.0.1") -> Browser:
        return Browser(self.app, address)


class Browser:
    """One browser at one address. Follows nothing by itself."""

    def __init__(self, app: Any, address: str) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, client=(address, 5000)),
            base_url=f"https://{HOST}",
        )
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers=headers)
        if found := re.search(rf'name="{FIELD}" value="([^"]*)"', answer.text):
            self.csrf = found[1]
        return answer

    async def post(
        self, path: str, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        fields = {FIELD: self.csrf} | fields
        return await self.client.post(path, data=fields, headers=OURS | (headers or {}))

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Open the page of a form, then send it, as people do."""
        await self.get(path)
        return await self.post(path, **fields)

    async def password(
        self, password: str = CHOSEN, name: str = "petra", **more: str
    ) -> httpx.Response:
        return await self.send("/desk/signin", name=name, password=password, **more)

    async def code(self, seed: str, **more: str) -> httpx.Response:
        return await self.send("/desk/signin/code", code=pyotp.TOTP(seed).now(), **more)

    async def sign_in(self, seed: str, name: str = "petra") -> None:
        assert (await self.password(name=name)).status_code == 303
        answer = await self.code(seed)
        assert answer.headers["location"] == "/desk", answer.text

    async def is_in(self) -> bool:
        return (await self.client.get("/desk")).status_code == 200

    @property
    def token(self) -> str:
        return self.client.cookies.get("__Host-punte", "")
