"""A form with a file, read in memory: nothing of it may lie about in a temporary file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from bot.channels.file_types import MAX_FILE
from bot.channels.web_input import Req, Trouble
from bot.messages import clean_text

MAX_UPLOAD = MAX_FILE + 64 * 1024  # the file, and the form around it
_MAX_PARTS = 80
_NAME = re.compile(rb'content-disposition:\s*form-data;\s*name="([A-Za-z_]{1,40})"', re.IGNORECASE)
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{1,70}")


@dataclass(frozen=True, slots=True)
class Upload:
    fields: dict[str, str]
    data: bytes = field(repr=False)


async def read_upload(request: Req) -> Upload:
    """The file is the field `file`; its name is not looked at. Raises `Trouble`."""
    kind, options = request.content_type
    boundary = options.get("boundary", "")
    if kind.lower() != "multipart/form-data":
        raise Trouble(403, "err_refused")
    try:
        body = await request.body()
    except RequestEntityTooLarge:
        raise Trouble(413, "media_too_big") from None
    if not _BOUNDARY.fullmatch(boundary):
        raise Trouble(400, "err_unreadable")
    upload = parse(body, boundary.encode())
    if len(upload.data) > MAX_FILE:
        raise Trouble(413, "media_too_big")
    return upload


def parse(body: bytes, boundary: bytes) -> Upload:
    """Source: RFC 7578. Browsers write one header line that matters, always in one order."""
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MAX_PARTS + 2)
    if first or not parts or not parts[-1].startswith(b"--") or len(parts) > _MAX_PARTS:
        raise Trouble(400, "err_unreadable")
    fields, data = {}, b""
    for part in parts[:-1]:
        head, gap, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head[:1000])
        if not gap or not name:
            raise Trouble(400, "err_unreadable")
        if name[1] == b"file":
            data = value
        else:
            fields[name[1].decode()] = _text(value)
    return Upload(fields, data)


def _text(value: bytes) -> str:
    try:
        return clean_text(value.decode())
    except UnicodeDecodeError:
        raise Trouble(400, "err_unreadable") from None
