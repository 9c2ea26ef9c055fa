"""Answers every address of the table: who is there, may they, was the form ours, then the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from litestar import Response
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from bot.channels.web_input import Req, read_form
from bot.channels.web_multipart import MAX_UPLOAD, Upload, read_upload
from bot.console.access import Access, SignedOut
from bot.console.pages import Pages
from bot.console.routes import ROUTES, Answer, Route
from bot.console.stream import Streams
from bot.console.visit import ConsoleParts, SignedIn, Visit, html, see_other
from bot.messages import StorageUnavailable
from bot.storage import AlreadyTaken, IllegalMove, LostClaim, NoSuchCase, Office, Staff

MAX_BODY = 128 * 1024  # a reply and a note of 4,000 characters each, in any script
MAX_FIELDS = 80
_LOCALE = "punte_desk_locale"


class NavPage(NamedTuple):
    name: str
    href: str
    word: str


class Console:
    def __init__(self, parts: ConsoleParts, access: Access) -> None:
        self.parts = parts
        self.access = access
        self.streams = Streams()
        self._own: dict[tuple[str, str], Answer] = {
            ("GET", "/desk"): self._home,
            ("GET", "/desk/stream"): self.streams.show,
        }

    def routes(self) -> list[HTTPRouteHandler]:
        found = [(route, self._answer_of(route)) for route in ROUTES]
        return [*(self._handler(r, answer) for r, answer in found if answer), self._files()]

    def _answer_of(self, route: Route) -> Answer | None:
        return route.answer or self._own.get((route.method, route.path))

    def _handler(self, route: Route, answer: Answer) -> HTTPRouteHandler:
        async def handle(request: Req) -> Response[Any] | Stream:
            return await self._handle(route, answer, request)

        return HTTPRouteHandler(
            route.path,
            http_method=route.method,
            status_code=200,
            include_in_schema=False,
            request_max_body_size=MAX_UPLOAD if route.takes_file else MAX_BODY,
        )(handle)

    # One request

    async def _handle(self, route: Route, answer: Answer, request: Req) -> Response[Any] | Stream:
        if route.takes_file and await self.parts.gate.who(request) is None:
            return await self._signed_out(request, {})  # nobody's five megabytes are read
        sent = await _sent(route, request)
        form: Mapping[str, str] = sent.fields
        me = await self.parts.gate.who(request)
        if me is None:
            return await self._signed_out(request, form)
        request.scope["state"][_LOCALE] = me.staff.locale
        if route.changes and not self.parts.gate.is_ours(request, me.csrf, form):
            raise PermissionDeniedException
        if not me.staff.has(*route.roles):
            raise NotFoundException
        try:
            return await answer(await self._visit(route, request, me, sent))
        except NoSuchCase as error:
            if not route.changes:
                raise NotFoundException from None
            return _unsent(self.parts.pages, me.staff.locale, error, form)
        except (LostClaim, IllegalMove, AlreadyTaken, StorageUnavailable) as error:
            if not route.changes:
                raise
            return _unsent(self.parts.pages, me.staff.locale, error, form)

    async def _visit(self, route: Route, request: Req, me: SignedIn, sent: Upload) -> Visit:
        office, nav = await self._office(me.staff), _nav(me.staff)
        return Visit(request, self.parts, me, route.page, nav, sent.fields, office, sent.data)

    async def _signed_out(self, request: Req, form: Mapping[str, str]) -> Response[Any]:
        if request.method == "GET" or "hx-request" in request.headers:
            return self.access.send_away(request)
        # With no script, what was written would be gone with the page.
        pages = self.parts.pages
        locale = pages.locale_for("", request.headers.get("accept-language", ""))
        return _unsent(pages, locale, SignedOut(), form)

    async def _office(self, staff: Staff) -> Office | None:
        return await self.parts.store.staff.office(staff.office) if staff.office else None

    async def _home(self, visit: Visit) -> Response[bytes]:
        """Each role's first page."""
        first = next(iter(visit.nav), None)
        return see_other(first.href if first else "/desk/signin/password")

    # What is no page

    def _files(self) -> HTTPRouteHandler:
        pages = self.parts.pages

        async def file(request: Req) -> Response[bytes]:
            # A name is only ever looked up among the files that were read at the start.
            asset = pages.assets.get(str(request.path_params["name"]))
            if asset is None:
                raise NotFoundException
            return Response(asset.body, media_type=asset.content_type)

        return HTTPRouteHandler(
            "/desk/static/{name:str}", http_method="GET", status_code=200, include_in_schema=False
        )(file)

    def explain(self, scope: Mapping[str, Any], status: int, number: str) -> tuple[str, bytes]:
        """An error anywhere under /desk: content type and body."""
        headers = {name.lower(): value for name, value in scope["headers"]}
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        chosen = scope.get("state", {}).get(_LOCALE, "")
        pages = self.parts.pages
        return "text/html", pages.error(pages.locale_for(chosen, accepted), status, number)


async def _sent(route: Route, request: Req) -> Upload:
    """The form of a request, and its file where one may come with it."""
    if not route.changes:
        return Upload({}, b"")
    if route.takes_file and request.content_type[0] == "multipart/form-data":
        return await read_upload(request)
    return Upload(await read_form(request, MAX_FIELDS), b"")


def _nav(staff: Staff) -> list[NavPage]:
    return [
        NavPage(route.page, route.path, route.page)
        for route in ROUTES
        if route.page and staff.office and staff.has(*route.roles)
    ]


_UNSENT: dict[type[Exception], tuple[int, str]] = {
    NoSuchCase: (404, "err_not_found"),
    LostClaim: (409, "err_lost_claim"),
    IllegalMove: (409, "err_move"),
    AlreadyTaken: (409, "err_taken"),
    StorageUnavailable: (503, "err_away"),
    SignedOut: (401, "live_out"),
}


def _unsent(
    pages: Pages, locale: str, error: Exception, form: Mapping[str, str]
) -> Response[bytes]:
    """Nothing was changed; what somebody wrote is handed back to them."""
    status, word = _UNSENT[type(error)]
    draft = form.get("text", "").strip() or form.get("note", "").strip()
    return html(pages.draw("unsent.html", locale, problem=word, draft=draft), status)
