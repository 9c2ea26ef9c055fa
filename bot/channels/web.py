"""The web channel: one page, its form, the routes of its script, and the exit.

`Web(parts).routes()` go into the application together with `exception_handlers()`, and
`guarded(app)` wraps it. Every route but `GET /` and files needs the conversation's token.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.types import ExceptionHandlersMap

from bot.channels.web_answers import Errors, file, packed
from bot.channels.web_files import WebFiles, wants_files
from bot.channels.web_guard import BODY_S, App, Guard
from bot.channels.web_input import (
    MAX_BODY,
    Posted,
    Req,
    Trouble,
    checked,
    read_cursor,
    read_form,
    read_json,
)
from bot.channels.web_page import Pages, View, as_json, read_assets
from bot.channels.web_service import Receipt, Shown, WebParts
from bot.channels.web_stream import Drawn, Streams
from bot.channels.web_token import issue_token, verify_token
from bot.channels.web_words import WORDS
from bot.messages import Inbound, Kind, StorageUnavailable

log = logging.getLogger(__name__)

FORM_WAIT_S = 3.0  # a page without script waits this long for its answer
FORGET_WAIT_S = 5.0
SERVED = ("punte.js", "photo.js", "favicon.svg")  # the style stands in the page
MAX_SHOWN = 200  # bubbles on a page without script
TOKEN_HEADER = "x-punte-token"
_COMMAND = re.compile(r"\s*/([a-z]+)\b")  # our own words tell people to type /forget
_HIDE = "P:h"  # a button of the dialogue; the page empties itself
_LANGUAGE = "language "  # the command that changes a conversation's language


class Web:
    name = "web"

    def __init__(self, parts: WebParts) -> None:
        self.parts = parts
        self.assets = read_assets()
        self.pages = Pages(parts, self.assets)
        self.streams = Streams(parts)
        self.errors = Errors(self.pages)
        self.files = WebFiles(parts, self.pages, self._person, self._inbound, self._drawn)
        self._wants_files = wants_files(parts.files)

    def guarded(self, app: App, body_s: float = BODY_S) -> App:
        return Guard(app, self.parts.settings, self.pages.style_hash, self.errors.explain, body_s)

    def exception_handlers(self) -> ExceptionHandlersMap:
        return {HTTPException: self.errors.answer, Exception: self.errors.answer}

    def routes(self) -> list[HTTPRouteHandler]:
        # The decorators need plain functions, so each is one line around a method.
        @get("/", include_in_schema=False)
        async def first_page(request: Req) -> Response[bytes]:
            return self._first_page(request)

        @post("/chat", status_code=200, include_in_schema=False, request_max_body_size=MAX_BODY)
        async def say_by_form(request: Req) -> Response[bytes]:
            return await self._say_by_form(request)

        @post("/chat/messages", status_code=200, request_max_body_size=MAX_BODY)
        async def say(request: Req) -> Response[dict[str, Any]]:
            return await self._say(request)

        @get("/chat/messages")
        async def messages(request: Req) -> Response[dict[str, Any]]:
            return await self._messages(request)

        @get("/chat/stream")
        async def stream(request: Req) -> Stream:
            return await self._stream(request)

        @post("/chat/forget", status_code=200, request_max_body_size=MAX_BODY)
        async def forget(request: Req) -> Response[Any]:
            return await self._forget(request)

        @post(
            "/chat/hide", status_code=200, include_in_schema=False, request_max_body_size=MAX_BODY
        )
        async def hide(request: Req) -> Response[bytes]:
            return await self._hide(request)

        @post("/leave", include_in_schema=False, request_max_body_size=MAX_BODY)
        async def leave(request: Req) -> Response[bytes]:
            return await self._leave(request)

        @get(self._files(), include_in_schema=False)
        async def files(request: Req) -> Response[bytes]:
            return file(request, self.assets[request.url.path.rpartition("/")[2]])

        found = [first_page, say_by_form, say, messages, stream, forget, hide, leave, files]
        return found + self.files.routes()

    def _files(self) -> list[str]:
        # A route for each name: no path from outside ever meets the file system.
        return ["/launcher.js", *(f"/static/{name}" for name in SERVED)]

    # Pages

    def _first_page(self, request: Req) -> Response[bytes]:
        query = request.query_params
        view = View(
            locale=self._locale(request, query.get("lang", "")),
            token=issue_token(self.parts.token_key),
            country=self.pages.country_of(query.get("country", "")),
            entry=query.get("entry", ""),
            flow=query.get("flow", ""),
        )
        return self._page(request, view)

    async def _say_by_form(self, request: Req) -> Response[bytes]:
        form = await read_form(request)
        person = self._person(form.get("token", ""))
        view = View(
            locale=self._locale(request, form.get("switch") or form.get("lang", "")),
            token=form["token"],
            country=self.pages.country_of(form.get("country", "")),
            draft=form.get("text", ""),
        )
        posted = _posted(form, view)
        if posted.text.strip().lower() == "/hide" or posted.action == _HIDE:
            return await self._emptied(request, person, view)
        if "refresh" in form or not (posted.text.strip() or posted.action or "switch" in form):
            word = None if "refresh" in form else WORDS["err_empty"]
            return await self._drawn(request, person, replace(view, notice=word))
        if "switch" in form and not await self._has_conversation(person):
            return self._page(request, view)
        try:
            answered = await self._accept_and_wait(self._inbound(person, posted), FORM_WAIT_S)
        except StorageUnavailable:
            return self._unsaved(request, view, posted, person)
        draft = view.draft if posted.action else ""
        return await self._drawn(request, person, replace(view, draft=draft, waiting=not answered))

    async def _drawn(
        self, request: Req, person: str, view: View, status: int = 200
    ) -> Response[bytes]:
        """The page with the conversation in it, as far as it can be read now."""
        view = replace(view, files=await self._wants_files(person))
        try:
            shown = await self._read(person, 0)
        except StorageUnavailable:
            view = replace(view, notice=WORDS["err_away"])
            return self._page(request, view, 503)
        return self._page(request, replace(view, shown=shown), status)

    def _unsaved(self, request: Req, view: View, posted: Posted, person: str) -> Response[bytes]:
        """Nothing was stored. The same id stays in the form, so that a second try is no second
        message, and danger is answered from memory."""
        shown = self._safety(self._inbound(person, posted))
        view = replace(view, message_id=posted.id, shown=shown, failed=True)
        return self._page(request, view, 503)

    def _page(self, request: Req, view: View, status: int = 200) -> Response[bytes]:
        return packed(request, self.pages.chat(view), "text/html", status)

    # What the script calls

    async def _say(self, request: Req) -> Response[dict[str, Any]]:
        person = self._person(request.headers.get(TOKEN_HEADER, ""))
        posted = await read_json(request)
        if not (posted.text.strip() or posted.action or posted.place):
            raise Trouble(400, "err_empty")
        inbound = self._inbound(person, posted)
        try:
            await self._accept(inbound)
        except StorageUnavailable:
            words = self.pages.words(self._locale(request, posted.locale))
            safety = [as_json(shown) for shown in self._safety(inbound)]
            unsaved = {"stored": False, "message": words("not_saved"), "safety": safety}
            return Response(unsaved, status_code=503)
        return Response({"stored": True}, status_code=200)

    async def _messages(self, request: Req) -> Response[dict[str, Any]]:
        person = self._person(request.headers.get(TOKEN_HEADER, ""))
        shown = await self._read(person, read_cursor(request))
        return Response({"messages": await self._drawn_by(request)(person, shown)})

    def _drawn_by(self, request: Req) -> Drawn:
        """Bubbles for the page's script, in the page's language."""
        locale = self._locale(request, "")

        async def drawn(person: str, shown: Sequence[Shown]) -> list[dict[str, Any]]:
            if not shown:
                return []
            of = self.pages.file_of
            beside = {
                "files": await self._wants_files(person),
                "quiet": await self.parts.is_discreet(person),
            }
            return [as_json(s) | beside | {"file": of(s, locale)} for s in shown]

        return drawn

    async def _stream(self, request: Req) -> Stream:
        person = self._person(request.headers.get(TOKEN_HEADER, ""))
        after = read_cursor(request)
        if await self.parts.has_left(person):
            raise Trouble(403, "err_closed")
        if self.streams.is_full(person):
            raise Trouble(429, "err_busy")
        return Stream(
            self.streams.events(person, after, self._drawn_by(request)),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    # Forgetting and leaving

    async def _forget(self, request: Req) -> Response[Any]:
        by_script = request.headers.get(TOKEN_HEADER)
        form = {} if by_script else await read_form(request)
        person = self._person(by_script or form.get("token", ""))
        posted = Posted(secrets.token_urlsafe(16), locale=form.get("lang", ""))
        inbound = replace(self._inbound(person, posted), kind=Kind.COMMAND, action="forget")
        done = await self._accept_and_wait(inbound, FORGET_WAIT_S)
        if by_script:
            return Response({"stored": True, "done": done})
        view = View(
            locale=self._locale(request, posted.locale),
            token=issue_token(self.parts.token_key),
            country=self.pages.country_of(form.get("country", "")),
            notice=WORDS["deleted" if done else "deleting"],
        )
        return self._page(request, view)

    async def _hide(self, request: Req) -> Response[bytes]:
        form = await read_form(request)
        person = self._person(form.get("token", ""))
        locale = self._locale(request, form.get("lang", ""))
        country = self.pages.country_of(form.get("country", ""))
        return await self._emptied(request, person, View(locale, form["token"], country=country))

    async def _emptied(self, request: Req, person: str, view: View) -> Response[bytes]:
        """The same conversation on a page that shows nothing of it. With us it stays."""
        posted = Posted(secrets.token_urlsafe(16), locale=view.locale)
        inbound = replace(self._inbound(person, posted), kind=Kind.COMMAND, action="hide")
        done = await self._accept_and_wait(inbound, FORGET_WAIT_S)
        notice = WORDS["hidden" if done else "hiding"]
        return self._page(request, replace(view, draft="", notice=notice, live=True))

    async def _leave(self, request: Req) -> Response[bytes]:
        """Leads away whatever happens; the token dies on the way if it can."""
        try:
            token = request.headers.get(TOKEN_HEADER) or (await read_form(request)).get("token", "")
            person = verify_token(self.parts.token_key, token)
            if person:
                await self.parts.leave(person)
        except Exception:
            # Nothing that fails in here may keep somebody on this page.
            log.warning("leave not recorded", exc_info=True)
        return Response(
            b"",
            status_code=303,
            headers={
                "location": self.parts.settings.exit_url,
                # Chromium would otherwise keep the page, as it was, for its back button.
                "clear-site-data": '"cache", "storage"',
            },
        )

    # The way in and out of the service

    def _person(self, token: str) -> str:
        person = verify_token(self.parts.token_key, token)
        if person is None:
            raise Trouble(403, "err_closed")
        return person

    def _inbound(self, person: str, posted: Posted) -> Inbound:
        kind, action, text = Kind.TEXT, posted.action, "" if posted.action else posted.text
        if action.startswith(_LANGUAGE):
            locale = self.pages.locale_for(action.removeprefix(_LANGUAGE))
            kind, action = Kind.COMMAND, _LANGUAGE + locale
        elif action:
            kind = Kind.BUTTON
        elif posted.place:
            kind, text = Kind.LOCATION, ""
        elif command := _COMMAND.match(posted.text):
            kind, action = Kind.COMMAND, posted.text[command.start(1) :].strip()
            text = posted.text[command.end() :].strip()
        return Inbound(
            channel=self.name,
            # Ids of two people must not meet: a browser chooses them, not we.
            event_id=f"{person}.{posted.id}",
            person_id=person,
            kind=kind,
            text=text,
            action=action,
            address=person,
            language=self.pages.locale_for(posted.locale),
            country=self.pages.country_of(posted.country),
            place=posted.place if kind is Kind.LOCATION else "",
        )

    async def _accept(self, inbound: Inbound) -> Receipt:
        if await self.parts.has_left(inbound.person_id):
            raise Trouble(403, "err_closed")
        return await self.parts.intake.accept(inbound)

    async def _accept_and_wait(self, inbound: Inbound, timeout_s: float) -> bool:
        receipt = await self._accept(inbound)
        return not receipt.new or await self.parts.intake.settled(receipt.inbox_id, timeout_s)

    async def _read(self, person: str, after: int) -> Sequence[Shown]:
        if await self.parts.has_left(person):
            raise Trouble(403, "err_closed")
        return await self.parts.transcript(person, after, MAX_SHOWN)

    async def _has_conversation(self, person: str) -> bool:
        try:
            return bool(await self.parts.transcript(person, 0, 1))
        except StorageUnavailable:
            return False

    def _safety(self, inbound: Inbound) -> list[Shown]:
        return [
            Shown(0, "bot", reply.text, reply.choices, reply.origin.locale or inbound.language)
            for reply in self.parts.safety(inbound)
        ]

    def _locale(self, request: Req, asked: str) -> str:
        return self.pages.locale_for(asked, request.headers.get("accept-language", ""))


def _posted(form: dict[str, str], view: View) -> Posted:
    action = _LANGUAGE + view.locale if "switch" in form else form.get("action", "")
    return checked(
        Posted(form.get("id", ""), form.get("text", ""), action, view.locale, view.country)
    )
