"""The answers of signing in: a page drawn for one step, or the way to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response
from markupsafe import Markup

from bot.channels.web_input import Req
from bot.console import totp
from bot.console.access import HOME, Access, cookie, place_of, redirect, way_back
from bot.console.guard import Forms
from bot.console.logins import Step, next_step
from bot.console.pages import Pages
from bot.console.passwords import MIN_LENGTH
from bot.console.signin_checks import Problem
from bot.console.signin_words import WORDS
from bot.storage import Account, Login


@dataclass(frozen=True, slots=True)
class SignInPages:
    pages: Pages
    access: Access
    forms: Forms
    seed_key: bytes

    def seed(self, login: Login) -> str:
        """What a phone is shown; the same as long as this login lasts."""
        return totp.seed_for(self.seed_key, login.id)

    def name(
        self, request: Req, form: Mapping[str, str] | None = None, problem: Problem | None = None
    ) -> Response[bytes]:
        typed = (form or {}).get("name", "")
        return self._draw(request, "signin.html", None, form, problem, name=typed)

    def step(
        self,
        request: Req,
        step: str,
        login: Login,
        form: Mapping[str, str] | None = None,
        problem: Problem | None = None,
    ) -> Response[bytes]:
        """`step`: "code", "password", "setup" or "recovery"."""
        more: dict[str, Any] = {}
        if step == Step.SETUP:
            seed = self.seed(login)
            picture = Markup(totp.picture(seed, login.account.staff.name))
            more = {"picture": picture, "seed": totp.spaced(seed)}
        return self._draw(request, f"signin_{step}.html", login, form, problem, **more)

    def codes(
        self,
        request: Req,
        login: Login,
        codes: Sequence[str],
        form: Mapping[str, str],
        token: str = "",
    ) -> Response[bytes]:
        """New recovery codes, shown this once. `token`: of the login they came with."""
        to = way_back(form.get("next", "")) or HOME
        answer = self._draw(request, "signin_codes.html", login, codes=codes, to=to)
        if token:
            answer.cookies.append(cookie(token))
        return answer

    async def begin(
        self, form: Mapping[str, str], account: Account, old: Login | None, is_full: bool
    ) -> Response[bytes]:
        """A new token, and on to what comes next."""
        token = await self.access.logins.begin(account, is_full, old)
        login = await self.access.logins.find(token) if token else None
        return redirect(place_of(login, way_back(form.get("next", ""))), token or "")

    def elsewhere(self, request: Req, login: Login | None) -> Response[bytes]:
        """Where this browser belongs, when it is not here."""
        return redirect(place_of(login, way_back(request.query_params.get("next", ""))))

    def _draw(
        self,
        request: Req,
        template: str,
        login: Login | None,
        form: Mapping[str, str] | None = None,
        problem: Problem | None = None,
        **more: Any,
    ) -> Response[bytes]:
        chosen = login.account.staff.locale if login is not None else ""
        locale = self.pages.locale_for(chosen, request.headers.get("accept-language", ""))
        asked: str = (form or {}).get("next", "") or request.query_params.get("next", "")
        body = self.pages.draw(
            template,
            locale,
            t=WORDS,
            csrf=self.forms.token(login.id if login is not None else ""),
            problem=problem.text if problem is not None else None,
            back=way_back(asked),
            account=login.account if login is not None else None,
            is_full=login is not None and next_step(login) is None,
            min_length=MIN_LENGTH,
            **more,
        )
        headers: dict[str, str] = {}
        if problem is not None and problem.retry_after_s:
            headers["retry-after"] = str(problem.retry_after_s)
        status = problem.status if problem is not None else 200
        return Response(body, status_code=status, media_type="text/html", headers=headers)
