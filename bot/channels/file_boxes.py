"""The boxes that MP4, M4A and HEIC are made of."""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels.file_types import DAMAGED, Refused


def boxes(data: bytes, at: int, until: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, start, length of the head, end."""
    while at < until:
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = until - at
        if size < head or at + size > until:
            raise Refused(DAMAGED)
        yield data[at + 4 : at + 8], at, head, at + size
        at += size
