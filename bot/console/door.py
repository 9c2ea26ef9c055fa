"""Puts the parts of signing in together, for `app` and for tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from litestar.handlers import HTTPRouteHandler

from bot.console.access import Access
from bot.console.gate import StaffGate
from bot.console.guard import Forms
from bot.console.logins import Logins
from bot.console.pages import Pages
from bot.console.passwords import Passwords
from bot.console.signin import SignIn
from bot.console.signin_checks import Checks
from bot.console.signin_page import SignInPages
from bot.storage import Store


@dataclass(frozen=True, slots=True)
class Door:
    access: Access
    gate: StaffGate
    passwords: Passwords
    sign_in: SignIn

    def routes(self) -> list[HTTPRouteHandler]:
        """Everything under /desk/signin, and /desk/signout."""
        return self.sign_in.routes()

    def close(self) -> None:
        self.passwords.close()


def open_door(
    store: Store,
    pages: Pages,
    proxies: Collection[str] = (),
    passwords: Passwords | None = None,
) -> Door:
    """`proxies`: whose word about a request's address is taken (`Settings.proxies`)."""
    access = Access(Logins(store.staff), pages)
    forms = Forms(store.keys.derive("console forms"))
    passwords = passwords or Passwords()
    sign_in = SignIn(
        SignInPages(pages, access, forms, store.keys.derive("totp seeds")),
        Checks(store.staff, passwords, proxies),
    )
    return Door(access, StaffGate(access, forms), passwords, sign_in)
