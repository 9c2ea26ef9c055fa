"""Files of a case: looked at by whoever holds it, kept when they say so, and sent to people."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from litestar import Response

from bot.channels.file_answers import served
from bot.channels.file_check import inspect
from bot.channels.file_types import (
    MAX_FETCHED,
    SENT_BY_COUNSELLORS,
    TYPES,
    FileType,
    NotFetched,
    Refused,
)
from bot.console.case_acts import _again, _count, _key, _page
from bot.console.file_words import MAP
from bot.console.visit import Visit, html, see_other
from bot.console.words import WORDS
from bot.i18n import render
from bot.messages import MAX_TEXT, Choice
from bot.storage import CaseFile, NewFile, NoSuchCase, SomethingNewer

_SEQ = re.compile(r"[0-9]{1,9}")
_DEGREES = r"(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)"
_POINT = re.compile(rf"\s*{_DEGREES}\s*[,; ]\s*{_DEGREES}\s*")
_MAP = "https://www.openstreetmap.org"
_STATUS = {"gone": 410, "too_big": 413, "away": 503, "unsupported": 501, "refused": 415}


# Looking, and keeping


async def show(visit: Visit) -> Response[bytes]:
    found = await visit.parts.store.media.open(visit.staff, visit.number, _seq(visit))
    try:
        kind, data = await _content(visit, found)
    except NotFetched as error:
        return _said(visit, error.reason)
    return served(data, kind, visit.request.headers.get("range", ""))


async def keep(visit: Visit) -> Response[bytes]:
    seq, media = _count(visit, "seq"), visit.parts.store.media
    found = await media.open(visit.staff, visit.number, seq)
    try:
        kind, data = await _content(visit, found)
    except NotFetched as error:
        return await _again(visit, 422, f"media_fetch_{error.reason}")
    if found.content is None:
        file = NewFile(kind.name, data)
        await media.keep(visit.staff, visit.number, _count(visit, "fence"), seq, file)
    return await _done(visit, f"line-{seq}")


def _seq(visit: Visit) -> int:
    text = str(visit.request.path_params["seq"])
    if not _SEQ.fullmatch(text):
        raise NoSuchCase
    return int(text)


async def _content(visit: Visit, found: CaseFile) -> tuple[FileType, bytes]:
    """Raises `NotFetched`."""
    if found.content is not None and found.content.type in TYPES:
        return TYPES[found.content.type], found.content.data
    if found.said.stored_id or visit.parts.fetch is None:
        raise NotFetched("gone" if found.said.stored_id else "unsupported")
    if found.said.size > MAX_FETCHED:
        raise NotFetched("too_big")
    try:
        return await inspect(await visit.parts.fetch(found.said.bot, found.said.platform_id))
    except Refused:
        raise NotFetched("refused") from None


def _said(visit: Visit, reason: str) -> Response[bytes]:
    pages, word = visit.parts.pages, WORDS[f"media_fetch_{reason}"]
    body = pages.draw("console_error.html", visit.staff.locale, message=word, number="")
    return html(body, _STATUS[reason])


# Sending


async def attach(visit: Visit) -> Response[bytes]:
    if not visit.upload:
        return await _again(visit, 422, "media_file_none")
    try:
        kind, data = await inspect(visit.upload)
    except Refused as error:
        return await _again(visit, 422, f"media_no_{error.reason}")
    if kind.name not in SENT_BY_COUNSELLORS:
        return await _again(visit, 422, "media_file_types")
    key = _key(visit, "file", hashlib.sha256(data).hexdigest())
    try:
        await visit.desk.reply(
            visit.staff,
            visit.number,
            _count(visit, "fence"),
            "",
            _count(visit, "seen_up_to"),
            key,
            file=NewFile(kind.name, data),
        )
    except SomethingNewer:
        return await _again(visit, 409, "err_newer", seen=_count(visit, "seen_up_to"))
    return await _done(visit)


async def place(visit: Visit) -> Response[bytes]:
    address = visit.form.get("place_address", "").strip()
    typed = visit.form.get("place_point", "").strip()
    point = read_point(typed)
    if (typed and not point) or not (point or address) or len(address) > MAX_TEXT // 4:
        return await _again(visit, 422, "media_err_place")
    case = await visit.desk.case(visit.staff, visit.number)
    label = render(MAP, case.locale, visit.snapshot.catalogues)
    text = "\n".join(filter(None, (address, point.replace(",", ", "))))
    try:
        await visit.desk.reply(
            visit.staff,
            visit.number,
            _count(visit, "fence"),
            text,
            _count(visit, "seen_up_to"),
            _key(visit, "place", text),
            choices=(Choice(label, url=map_of(address, point)),),
            place=point,
        )
    except SomethingNewer:
        return await _again(visit, 409, "err_newer", seen=_count(visit, "seen_up_to"))
    return await _done(visit)


async def _done(visit: Visit, where: str = "reply") -> Response[bytes]:
    if visit.form.get("text", "").strip():
        return await _again(visit, 200)  # a draft stays where it is
    return see_other(_page(visit, where))


def read_point(typed: str) -> str:
    """ "45.7489,21.2087", or empty for what is no place on earth."""
    found = _POINT.fullmatch(typed)
    if not found or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return ""
    return f"{found[1]},{found[2]}"


def map_of(address: str, point: str) -> str:
    if not point:
        return f"{_MAP}/search?query={quote(' '.join(address.split()), safe='')}"
    latitude, _, longitude = point.partition(",")
    return f"{_MAP}/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
