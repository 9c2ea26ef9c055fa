"""Files on the Bot API: what people send and bots fetch, and what bots send.

Source: core.telegram.org/bots/api (getFile, sendDocument, sendPhoto, sendLocation, "Sending
files"); wording of refusals as the open Bot API server sends it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.bot_api_rules import Params, bad

Json = dict[str, Any]
MOST_FETCHED = 20_000_000
MOST_SENT = 50_000_000
MOST_PHOTO = 10_000_000
_NAME = re.compile(rb'name="([^"]+)"(?:; filename="([^"]*)")?')


@dataclass
class Files:
    by_id: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def add(self, folder: str, ending: str, data: bytes) -> Json:
        """What a message says of a file that somebody sent."""
        number = len(self.by_id) + 1
        file_id = f"AgACAgQAAxkBAAI{folder}-{number}"
        self.by_id[file_id] = (f"{folder}/file_{number}.{ending}", data)
        return {
            "file_id": file_id,
            "file_unique_id": f"AQAD{number}",
            "file_size": len(data),
        }

    def forget(self, file_id: str) -> None:
        del self.by_id[file_id]

    def get(self, file_id: str) -> Json:
        if not file_id:
            raise bad("file_id not specified")
        if file_id not in self.by_id:
            raise bad("wrong file_id or the file is temporarily unavailable")
        path, data = self.by_id[file_id]
        if len(data) > MOST_FETCHED:
            raise bad("file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": file_id[-8:],
            "file_size": len(data),
            "file_path": path,
        }

    def read(self, path: str) -> bytes | None:
        found = (data for known, data in self.by_id.values() if known == path)
        return next(found, None)

    def sent(self, kind: str, name: str, data: bytes) -> Any:
        """What the bot's own message says of the file it sent."""
        file = self.add("sent", name.rpartition(".")[2] or "bin", data)
        if kind == "photo":
            return [file | {"width": 900, "height": 600}]
        return file | {"file_name": name, "mime_type": "application/octet-stream"}


def uploaded(params: Params, field_name: str) -> tuple[str, bytes]:
    """Name and bytes of a file in a multipart form."""
    value = params.get(field_name)
    if value is None or isinstance(value, str) and not value:
        raise bad(f"there is no {field_name} in the request")
    if not isinstance(value, tuple):
        raise bad("wrong file identifier/HTTP URL specified")
    name, data = value
    if not data:
        raise bad("file must be non-empty")
    if len(data) > MOST_SENT:
        raise bad("file is too big")
    if field_name == "photo":
        if len(data) > MOST_PHOTO:
            raise bad("PHOTO_TOO_BIG")
        if not data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")):
            raise bad("IMAGE_PROCESS_FAILED")
    return name, data


def checked_place(params: Params) -> Json:
    try:
        place = {name: float(params.text(name)) for name in ("latitude", "longitude")}
    except ValueError:
        raise bad("latitude or longitude is empty") from None
    if abs(place["latitude"]) > 90:
        raise bad("wrong latitude specified")
    return place


def read_multipart(body: bytes, content_type: str) -> Json:
    """Strings, and (name, bytes) for files."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    if not found:
        raise ValueError("no boundary")
    fields: Json = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not name:
            raise ValueError("a part without a name")
        is_file = name[2] is not None
        fields[name[1].decode()] = (name[2].decode(), value) if is_file else value.decode()
    return fields
