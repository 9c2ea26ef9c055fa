"""Files on the web page: a person's way to a counsellor, and back.

Taken only while a case is open. What was acknowledged is stored, sealed, once.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from bot.channels.file_answers import served
from bot.channels.file_check import inspect
from bot.channels.file_types import TYPES, Refused
from bot.channels.web_input import MAX_BODY, Posted, Req, Trouble, checked, read_form
from bot.channels.web_multipart import MAX_UPLOAD, Upload, read_upload
from bot.channels.web_page import Pages, View
from bot.channels.web_service import Files, Receipt, WebParts
from bot.channels.web_words import WORDS
from bot.intake import Intake
from bot.messages import Inbound, StorageUnavailable
from bot.storage import Content, NewFile, NoRoom, Store

TOKEN_HEADER = "x-punte-token"
AT_ONCE = 16  # bodies of 5 MB that are read at the same time
WAIT_S = 3.0  # a page without script waits this long for its answer
_SEQ = re.compile(r"[0-9]{1,9}")


class StoredFiles:
    """`WebParts.files`, over the store."""

    def __init__(self, store: Store, intake: Intake) -> None:
        self._store, self._intake = store, intake

    def _hash(self, person: str) -> str:
        return self._store.person_hash("web", "", person)

    async def is_wanted(self, person: str) -> bool:
        return await self._store.media.is_wanted(self._hash(person))

    async def accept(self, inbound: Inbound, file: NewFile) -> Receipt:
        return await self._intake.accept_file(inbound, file)

    async def sent(self, person: str, seq: int) -> Content | None:
        return await self._store.media.for_person(self._hash(person), seq)


class WebFiles:
    """The two routes. `drawn` draws the page with the conversation in it."""

    def __init__(
        self,
        parts: WebParts,
        pages: Pages,
        person_of: Callable[[str], str],
        inbound_of: Callable[[str, Posted], Inbound],
        drawn: Callable[[Req, str, View, int], Awaitable[Response[bytes]]],
    ) -> None:
        self.parts, self.pages = parts, pages
        self._person_of, self._inbound_of, self._drawn = person_of, inbound_of, drawn
        self._at_once = 0

    def routes(self) -> list[HTTPRouteHandler]:
        @post(
            "/chat/files",
            status_code=200,
            include_in_schema=False,
            request_max_body_size=MAX_UPLOAD,
        )
        async def take_file(request: Req) -> Response[Any]:
            return await self._take(request)

        @post(
            "/chat/file", status_code=200, include_in_schema=False, request_max_body_size=MAX_BODY
        )
        async def give_file(request: Req) -> Response[bytes]:
            return await self._give(request)

        return [take_file, give_file]

    # In

    async def _take(self, request: Req) -> Response[Any]:
        token = request.headers.get(TOKEN_HEADER, "")
        if token:
            return await self._take_from_script(request, token)
        upload = await self._read(request)
        person = self._person_of(upload.fields.get("token", ""))
        view = self._view(request, upload)
        try:
            receipt = await self._store(person, upload, view)
        except Trouble as trouble:
            view = replace(view, notice=trouble.text)
            return await self._drawn(request, person, view, trouble.status_code)
        except StorageUnavailable:
            return await self._drawn(request, person, replace(view, notice=WORDS["err_away"]), 503)
        answered = await self.parts.intake.settled(receipt.inbox_id, WAIT_S)
        return await self._drawn(request, person, replace(view, waiting=not answered), 200)

    async def _take_from_script(self, request: Req, token: str) -> Response[Any]:
        view = View(locale=self._locale(request, ""), token=token)
        try:
            person = self._person_of(token)  # before anything of the file is read
            upload = await self._read(request)
            view = self._view(request, upload)
            await self._store(person, upload, view)
        except Trouble as trouble:
            said = self.pages.words(view.locale).say(trouble.text)
            body: dict[str, Any] = {"stored": False, "error": trouble.text.key, "message": said}
            return Response(body, status_code=trouble.status_code)
        except StorageUnavailable:
            said = self.pages.words(view.locale)("err_away")
            return Response({"stored": False, "message": said}, status_code=503)
        return Response({"stored": True}, status_code=200)

    async def _read(self, request: Req) -> Upload:
        if self._at_once >= AT_ONCE:
            raise Trouble(429, "media_busy")
        self._at_once += 1
        try:
            return await read_upload(request)
        finally:
            self._at_once -= 1

    async def _store(self, person: str, upload: Upload, view: View) -> Receipt:
        posted = checked(
            Posted(upload.fields.get("upload", ""), locale=view.locale, country=view.country)
        )
        files = self.parts.files
        if files is None or await self.parts.has_left(person):
            raise Trouble(403, "err_closed")
        try:
            kind, data = await inspect(upload.data)
        except Refused as refused:
            raise Trouble(415, f"media_no_{refused.reason}") from None
        file = NewFile(kind.name, data)
        inbound = replace(self._inbound_of(person, posted), kind=kind.kind, file=file.attachment)
        try:
            return await files.accept(inbound, file)
        except NoRoom as no:
            status = 429 if no.reason == "full" else 409
            raise Trouble(status, f"media_{no.reason}") from None

    def _view(self, request: Req, upload: Upload) -> View:
        fields = upload.fields
        return View(
            locale=self._locale(request, fields.get("lang", "")),
            token=fields.get("token", ""),
            country=self.pages.country_of(fields.get("country", "")),
        )

    def _locale(self, request: Req, asked: str) -> str:
        return self.pages.locale_for(asked, request.headers.get("accept-language", ""))

    # Out

    async def _give(self, request: Req) -> Response[bytes]:
        form = await read_form(request)
        person = self._person_of(form.get("token", ""))
        if await self.parts.has_left(person):
            raise Trouble(403, "err_closed")
        seq, files = form.get("seq", ""), self.parts.files
        if files is None or not _SEQ.fullmatch(seq):
            raise Trouble(404, "media_gone")
        found = await files.sent(person, int(seq))
        if found is None or found.type not in TYPES:
            raise Trouble(404, "media_gone")
        return served(found.data, TYPES[found.type])


def wants_files(files: Files | None) -> Callable[[str], Awaitable[bool]]:
    """Whether the page offers to send files. Never the reason that a page is not shown."""

    async def ask(person: str) -> bool:
        try:
            return files is not None and await files.is_wanted(person)
        except StorageUnavailable:
            return False

    return ask
