"""Signing in and out: name and password, the code, and what an account still lacks.

    GET, POST /desk/signin            name and password -> half a login
    GET, POST /desk/signin/code       the phone's code, or a recovery code -> a full login
    GET, POST /desk/signin/password   choose a password; first thing after one was given
    GET, POST /desk/signin/setup      show the phone a seed; the code it answers with proves it
    GET, POST /desk/signin/recovery   new recovery codes
    POST      /desk/signout

Each step gives the browser a new token. Unknown name, wrong password, disabled account:
one answer, after the same work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from bot.channels.web_input import Req
from bot.console import totp
from bot.console.access import SIGN_IN, redirect
from bot.console.logins import Step, next_step
from bot.console.signin_checks import Checks, Problem
from bot.console.signin_page import SignInPages
from bot.console.signin_words import WORDS
from bot.storage import Login

MAX_BODY = 16 * 1024
SIGN_OUT = "/desk/signout"
RECOVERY = "recovery"

# Request, login and clean fields of a form -> the answer. May raise `Problem`.
Take = Callable[[Req, Login, dict[str, str]], Awaitable[Response[bytes]]]


class SignIn:
    def __init__(self, pages: SignInPages, checks: Checks) -> None:
        self.pages = pages
        self.checks = checks
        self.access, self.forms = pages.access, pages.forms
        self.store = checks.store
        self._takes: dict[str, Take] = {
            Step.CODE: self._take_code,
            Step.PASSWORD: self._take_password,
            Step.SETUP: self._take_phone,
            RECOVERY: self._take_recovery,
        }

    def routes(self) -> list[HTTPRouteHandler]:
        # The decorators need plain functions, so each is one line around a method.
        @get(SIGN_IN, include_in_schema=False)
        async def ask_name(request: Req) -> Response[bytes]:
            return await self._ask_name(request)

        @post(SIGN_IN, include_in_schema=False, request_max_body_size=MAX_BODY)
        async def take_name(request: Req) -> Response[bytes]:
            return await self._take_name(request)

        @post(SIGN_OUT, include_in_schema=False, request_max_body_size=MAX_BODY)
        async def sign_out(request: Req) -> Response[bytes]:
            return await self._sign_out(request)

        steps = [route for step in self._takes for route in self._routes_of(step)]
        return [ask_name, take_name, sign_out, *steps]

    def _routes_of(self, step: str) -> list[HTTPRouteHandler]:
        path = f"{SIGN_IN}/{step}"

        @get(path, include_in_schema=False)
        async def ask(request: Req) -> Response[bytes]:
            return await self._ask(request, step)

        @post(path, include_in_schema=False, request_max_body_size=MAX_BODY)
        async def take(request: Req) -> Response[bytes]:
            return await self._take(request, step)

        return [ask, take]

    # Name and password

    async def _ask_name(self, request: Req) -> Response[bytes]:
        login = await self.access.login(request)
        return self.pages.name(request) if login is None else self.pages.elsewhere(request, login)

    async def _take_name(self, request: Req) -> Response[bytes]:
        form = await self.forms.read(request)
        old = await self.access.login(request)
        try:
            account = await self.checks.account_of(request, form)
        except Problem as problem:
            return self.pages.name(request, form, problem)
        if old is not None:
            await self.access.logins.end(old)
        return await self.pages.begin(form, account, None, is_full=False)

    # The steps after it

    async def _ask(self, request: Req, step: str) -> Response[bytes]:
        login = await self.access.login(request)
        if login is None or not _belongs(login, step):
            return self.pages.elsewhere(request, login)
        return self.pages.step(request, step, login)

    async def _take(self, request: Req, step: str) -> Response[bytes]:
        login = await self.access.login(request)
        if login is None or not _belongs(login, step):
            return self.pages.elsewhere(request, login)
        form = await self.forms.read(request, login.id)
        try:
            return await self._takes[step](request, login, form)
        except Problem as problem:
            return self.pages.step(request, step, login, form, problem)

    async def _take_code(self, request: Req, login: Login, form: dict[str, str]) -> Response[bytes]:
        await self.checks.code(request, login.account, form.get("code", ""), paper=True)
        return await self.pages.begin(form, login.account, login, is_full=True)

    async def _take_password(
        self, request: Req, login: Login, form: dict[str, str]
    ) -> Response[bytes]:
        chosen = await self.checks.choice(request, login.account, form)
        secret = await self.checks.passwords.hash(chosen)
        if not await self.store.set_password(login.account, secret):
            return redirect(SIGN_IN, "")
        account = replace(login.account, password_hash=secret, must_change=False)
        return await self.pages.begin(form, account, login, login.is_full)

    async def _take_phone(
        self, request: Req, login: Login, form: dict[str, str]
    ) -> Response[bytes]:
        seed, account = self.pages.seed(login), login.account
        step = totp.step_of(seed, form.get("code", ""))
        if step is None:
            raise Problem(WORDS["code_wrong"])
        codes = totp.recovery_codes()
        token = None
        if await self.store.set_totp(account.staff.id, seed, step, codes):
            token = await self.access.logins.begin(account, True, login)
        if token is None:
            return redirect(SIGN_IN, "")
        await self.checks.tries(request, account.staff.name).signed_in()
        return self.pages.codes(request, login, codes, form, token)

    async def _take_recovery(
        self, request: Req, login: Login, form: dict[str, str]
    ) -> Response[bytes]:
        await self.checks.code(request, login.account, form.get("code", ""))
        codes = totp.recovery_codes()
        await self.store.set_recovery(login.account.staff.id, codes)
        return self.pages.codes(request, login, codes, form)

    # Out

    async def _sign_out(self, request: Req) -> Response[bytes]:
        login = await self.access.login(request)
        if login is not None:
            await self.forms.read(request, login.id)
            await self.access.logins.end(login)
        answer = redirect(SIGN_IN, "")
        answer.headers["clear-site-data"] = '"*"'
        return answer


def _belongs(login: Login, step: str) -> bool:
    """Whether it is this step that is missing; two are also there for those who lack nothing."""
    missing = next_step(login)
    return step == missing or (missing is None and step in (Step.PASSWORD, RECOVERY))
