"""HEIC, as phones store photos: what stands beside the picture is overwritten where it stands.

Which side is up is a property of the picture there, not of its notes.
Source: ISO/IEC 14496-12, 8.11 (iinf, iloc) and 23008-12, annex A (Exif, XMP).
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels.file_boxes import boxes
from bot.channels.file_types import DAMAGED, Refused

_NOTES = (b"Exif", b"mime")
_IN_FILE, _IN_META = 0, 1


def blank_notes(data: bytes) -> bytes:
    meta = next((box for box in boxes(data, 0, len(data)) if box[0] == b"meta"), None)
    if meta is None:
        return data
    inner = {kind: (start + head, end) for kind, start, head, end in _inside(data, meta)}
    if b"iinf" not in inner:
        return data
    notes = set(_items(data, *inner[b"iinf"]))
    kept = bytearray(data)
    places = _places(data, *inner[b"iloc"]) if notes and b"iloc" in inner else iter(())
    found = set()
    for item, method, offset, length in places:
        if item not in notes:
            continue
        found.add(item)
        start = offset + (inner.get(b"idat", (0, 0))[0] if method == _IN_META else 0)
        end = start + length if length else len(data)
        if method not in (_IN_FILE, _IN_META) or end > len(data):
            raise Refused(DAMAGED)
        kept[start:end] = bytes(end - start)
    if found != notes:
        raise Refused(DAMAGED)
    return bytes(kept)


def _inside(
    data: bytes, meta: tuple[bytes, int, int, int]
) -> Iterator[tuple[bytes, int, int, int]]:
    _, start, head, end = meta
    return boxes(data, start + head + 4, end)  # behind version and flags


def _items(data: bytes, at: int, end: int) -> Iterator[int]:
    """Numbers of the items that are notes."""
    wide = data[at : at + 1] != b"\0"
    for _, start, head, _ in boxes(data, at + (8 if wide else 6), end):
        body = start + head
        size = {b"\x02": 2, b"\x03": 4}.get(data[body : body + 1])
        if size is None:
            raise Refused(DAMAGED)
        number = body + 4
        kind = data[number + size + 2 : number + size + 6]
        if kind in _NOTES:
            yield int.from_bytes(data[number : number + size], "big")


class _Reader:
    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def number(self, size: int) -> int:
        if self.at + size > self.end:
            raise Refused(DAMAGED)
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def _places(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Item, where its offset counts from, offset, length; 0 is to the end."""
    read = _Reader(data, at, end)
    version = read.number(4) >> 24
    sizes = read.number(2)
    offset_size, length_size, base_size, index_size = (
        sizes >> shift & 15 for shift in (12, 8, 4, 0)
    )
    for _ in range(read.number(4 if version == 2 else 2)):
        item = read.number(4 if version == 2 else 2)
        method = read.number(2) & 15 if version else _IN_FILE
        read.number(2)
        base = read.number(base_size)
        for _ in range(read.number(2)):
            if version:
                read.number(index_size)
            offset = read.number(offset_size)
            yield item, method, base + offset, read.number(length_size)
