"""What stands in front of every request: hosts, origins, deadlines, and the headers of answers.

Wraps the whole application rather than its routes: Litestar runs no middleware for a 404.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from litestar.exceptions import HTTPException

from bot.channels.web_service import Settings

log = logging.getLogger(__name__)

BODY_S = 10.0
FILE_S = 60.0  # 5 MB from a phone in a field
_FILES = ("/chat/files", "/attach")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(self), microphone=()",
}
_NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_NOT_KEPT = "no-store"
_DESK_PAGE = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'self';"
    " style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'"
)
DESK = "/desk"  # where counsellors work
# The address of a static file carries its hash, so that a new release is a new address.
_KEPT = "public, max-age=604800"

# ASGI's own shapes: this stands outside Litestar.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

Headers = dict[str, str]
# Scope, status and number of an error -> content type and body.
Explain = Callable[[Mapping[str, Any], int, str], tuple[str, bytes]]


class TooSlow(HTTPException):
    """The body did not arrive in time."""

    status_code = 408


def header_classes(settings: Settings, style: str) -> dict[str, Headers]:
    """The headers of each class of answer, complete. `style`: the hash of the page's style."""
    other = {"content-security-policy": _NO_PAGE, "cache-control": _NOT_KEPT}
    own, anyone = "same-origin", "cross-origin"
    corp = "cross-origin-resource-policy"
    page = {
        "content-security-policy": _page_policy(settings, style),
        "cache-control": _NOT_KEPT,
        corp: anyone if settings.widget_origins else own,
    }
    kept = {"content-security-policy": _NO_PAGE, "cache-control": _KEPT}
    return {
        "page": _ALWAYS | page,
        "desk": _ALWAYS | other | {"content-security-policy": _DESK_PAGE, corp: own},
        "static": _ALWAYS | kept | {corp: own},
        "launcher": _ALWAYS | kept | {corp: anyone},
        "other": _ALWAYS | other | {corp: own},
    }


def _page_policy(settings: Settings, style: str) -> str:
    frames = " ".join(settings.widget_origins) or "'none'"
    # Chromium checks the redirect of a posted form too, so the exit's site has to be named.
    leave = urlsplit(settings.exit_url)
    return (
        "default-src 'none'; base-uri 'none'; script-src 'self';"
        f" style-src '{style}'; img-src 'self'; connect-src 'self'; form-action 'self' {leave.scheme}://{leave.netloc};"
        f" frame-ancestors {frames};"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )


def class_of(path: str, status: int, content_type: str) -> str:
    at_desk = path == DESK or path.startswith(f"{DESK}/")
    if content_type.startswith("text/html"):
        return "desk" if at_desk else "page"
    if status == 200 and path == "/launcher.js":
        return "launcher"
    if status == 200 and path.startswith(("/static/", f"{DESK}/static/")):
        return "static"
    return "other"


class Guard:
    """The outermost application. A header that a route has set itself is left as it is."""

    def __init__(
        self, app: App, settings: Settings, style: str, explain: Explain, body_s: float = BODY_S
    ) -> None:
        self.app = app
        self.explain = explain
        self.body_s = body_s
        self.classes = header_classes(settings, style)
        public = urlsplit(settings.public_url)
        self.hosts = {host.lower() for host in settings.allowed_hosts}
        self.hosts |= {public.hostname} if public.hostname else set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # There is no such route: refuse before anything looks at it.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope, send, self.classes)
        refused = self._refusal(scope)
        if refused:
            await answer.whole(refused, *self.explain(scope, refused, ""))
            return
        try:
            await self.app(scope, self._hurried(receive, scope["path"]), answer.send)
        except Exception:
            if answer.started:
                raise
            number = secrets.token_hex(4)
            log.exception("request failed", extra={"request": number})
            await answer.whole(500, "text/plain", f"Something went wrong. {number}".encode())

    def _refusal(self, scope: Scope) -> int:
        headers = _headers(scope)
        host = headers.get("host", "").lower()
        if _hostname(host) not in self.hosts:
            return 400
        if "websocket" in headers.get("upgrade", "").lower():
            return 400
        if scope["method"] not in _SAFE_METHODS and is_cross_site(headers, host):
            return 403
        return 0

    def _hurried(self, receive: Receive, path: str) -> Receive:
        """`receive` that gives the body `body_s` in all, and then waits as long as it takes."""
        body_s = max(FILE_S, self.body_s) if path.endswith(_FILES) else self.body_s
        deadline = asyncio.get_running_loop().time() + body_s
        whole = False

        async def hurried() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            whole = not message.get("more_body", False)
            return message

        return hurried


class _Answer:
    """One response on its way out."""

    def __init__(self, scope: Scope, send: Send, classes: dict[str, Headers]) -> None:
        self.path = scope["path"]
        self.classes = classes
        self.started = False
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            have = {name.lower(): value for name, value in message["headers"]}
            kind = have.get(b"content-type", b"").decode("latin-1")
            wanted = self.classes[class_of(self.path, message["status"], kind)]
            message["headers"] = [
                *message["headers"],
                *((n.encode(), v.encode()) for n, v in wanted.items() if n.encode() not in have),
            ]
        await self._send(message)

    async def whole(self, status: int, content_type: str, body: bytes) -> None:
        headers = [
            (b"content-type", f"{content_type}; charset=utf-8".encode()),
            (b"content-length", str(len(body)).encode()),
            # What is left of the request's body is not read.
            (b"connection", b"close"),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})


def is_cross_site(headers: Headers, host: str) -> bool:
    """Does a browser say that another site's page sent this?

    `Sec-Fetch-Site` is believed first: with `no-referrer` a form of our own page is sent
    with `Origin: null`. Without both it is no browser, and the token decides.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin", "null").lower()
    return origin not in ("null", f"http://{host}", f"https://{host}")


def _headers(scope: Scope) -> Headers:
    return {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in scope["headers"]}


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[")
    return host.partition(":")[0]
