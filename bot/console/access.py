"""Who sent a request. Nobody is signed in until password, code and whatever is missing are through.

The cookie is `__Host-`, Secure, HttpOnly and Strict. Browsers take a Secure cookie over
plain http from `localhost` only: whoever tries the console on their own machine opens it
under that name, everybody else through https.
"""

from __future__ import annotations

import re

from litestar import Response
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException

from bot.channels.web_input import Req
from bot.console.logins import COOKIE, Logins, Step, next_step
from bot.console.pages import Pages
from bot.console.signin_words import WORDS
from bot.storage import Login

HOME = "/desk"
SIGN_IN = "/desk/signin"
_WAY_BACK = re.compile(r"/desk(/[A-Za-z0-9_-]{1,40}){0,4}")
_SEEN = "punte_login"
QUIET = "x-punte-quiet"  # the header of such a request


class SignedOut(NotAuthorizedException):
    """Nobody is signed in, or something is still missing."""


class Access:
    """Knows half a sign-in too. Pages of the desk ask `gate.StaffGate`, which does not."""

    def __init__(self, logins: Logins, pages: Pages) -> None:
        self.logins = logins
        self.pages = pages

    async def login(self, request: Req) -> Login | None:
        """The login of this browser, asked for once in a request."""
        if _SEEN not in request.state:
            token = request.cookies.get(COOKIE, "")
            # What an open page asks by itself is no sign that somebody sits before it.
            is_use = QUIET not in request.headers
            request.state[_SEEN] = await self.logins.find(token, is_use) if token else None
        found: Login | None = request.state[_SEEN]
        return found

    def send_away(self, request: Req) -> Response[bytes]:
        """For whoever is not signed in, wholly: the page to sign in, or the missing step.

        `login` was asked before, and found nobody or somebody who lacks something.
        """
        login: Login | None = request.state.get(_SEEN)
        path = request.url.path
        if request.method != "GET" or "hx-request" in request.headers:
            # What was written stays on the screen; the page says what to do.
            return Response(b"", status_code=401, media_type="text/plain")
        if login is None and came_from_elsewhere(request):
            return self._once_more(request, path)
        return redirect(place_of(login, way_back(path)))

    def _once_more(self, request: Req, path: str) -> Response[bytes]:
        """A Strict cookie does not come along with a link on another site, such as in an alert.

        The same page asked for by a page of ours brings it.
        """
        locale = self.pages.locale_for("", request.headers.get("accept-language", ""))
        body = self.pages.draw("signin_arrive.html", locale, t=WORDS, to=way_back(path) or HOME)
        return Response(body, media_type="text/html")


def came_from_elsewhere(request: Req) -> bool:
    return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


def way_back(path: str) -> str:
    """A page of the desk to go on with after signing in; empty for anything else."""
    if not _WAY_BACK.fullmatch(path) or path.startswith((SIGN_IN, "/desk/signout")):
        return ""
    return path


def place_of(login: Login | None, back: str = "") -> str:
    """Where somebody belongs now: to sign in, at the missing step, or at the desk."""
    step: Step | None = next_step(login) if login is not None else None
    if login is not None and step is None:
        return back or HOME
    place = f"{SIGN_IN}/{step}" if step else SIGN_IN
    return f"{place}?next={back}" if back else place


def redirect(place: str, token: str | None = None) -> Response[bytes]:
    cookies = [cookie(token)] if token is not None else []
    headers = {"location": place}
    return Response(b"", status_code=303, media_type="text/plain", headers=headers, cookies=cookies)


def cookie(token: str) -> Cookie:
    """Ends with the browser's session; the server ends it sooner. Empty: take it away."""
    return Cookie(
        key=COOKIE,
        value=token,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
        max_age=None if token else 0,
    )
