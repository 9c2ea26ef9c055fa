"""JPEG, PNG and WebP: their size read from the header, and a copy without what cameras add.

No pixel is decoded. What goes: place, time, camera, names, comments, previews. What stays:
the picture, its colours, and which side is up.

Sources: ITU T.81 annex B, the PNG specification (third edition), the WebP container
specification, Exif 2.32 (orientation).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from bot.channels.file_types import DAMAGED, SPARE, TWO_IN_ONE, TYPE, Refused, check_pixels

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NOTES = frozenset([*range(0xE0, 0xF0), 0xFE])  # APP0 … APP15 and comments
_MARKUP = (b"<script", b"<html", b"<!doctype", b"<svg", b"<?php", b"PK\x03\x04")


# JPEG


def clean_jpeg(data: bytes) -> bytes:
    kept, turned, has_frame, has_more = [data[:2]], 1, False, False
    at = 2
    while True:
        marker, end = _segment(data, at)
        if marker == _EOI:
            break
        body = data[at + 4 : end]
        if marker in _FRAMES:
            has_frame = True
            check_pixels(*_size_in_frame(body))
        if marker in _NOTES:
            _refuse_markup(body)
            turned = _orientation(body) or turned
            has_more |= body.startswith(b"MPF\0")
        if marker not in _NOTES or _is_needed(marker, body):
            kept.append(data[at:end])
        at = end
    _check_rest(data[end:], has_more)
    if not has_frame:
        raise Refused(DAMAGED)
    if turned != 1:
        kept.insert(1, _turned(turned))
    return b"".join([*kept, b"\xff\xd9"])


def _segment(data: bytes, at: int) -> tuple[int, int]:
    """The marker at `at`, and where the next one begins. A scan takes its pixels with it."""
    start = at
    while data[at : at + 2] == b"\xff\xff":  # fill bytes
        at += 1
    if at + 2 > len(data) or data[at] != 0xFF:
        raise Refused(DAMAGED)
    marker = data[at + 1]
    if marker == _EOI:
        return marker, at + 2
    if start != at or marker in (0, _SOI, _TEM) or marker in _RESTARTS:
        raise Refused(DAMAGED)
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    end = at + 2 + length
    if length < 2 or end > len(data):
        raise Refused(DAMAGED)
    return marker, _end_of_scan(data, end) if marker == _SOS else end


def _end_of_scan(data: bytes, at: int) -> int:
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise Refused(DAMAGED)
        following = data[at + 1]
        if following and following != 0xFF and following not in _RESTARTS:
            return at
        at += 1 if following == 0xFF else 2


def _size_in_frame(body: bytes) -> tuple[int, int]:
    if len(body) < 6:
        raise Refused(DAMAGED)
    height, width = struct.unpack(">HH", body[1:5])
    return width, height


def _is_needed(marker: int, body: bytes) -> bool:
    """Without Adobe's mark colours turn; with a preview in it even JFIF's says too much."""
    if marker == 0xE0:
        return body.startswith(b"JFIF\0") and len(body) == 14
    if marker == 0xEE:
        return body.startswith(b"Adobe") and len(body) == 12
    return marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")


def _orientation(body: bytes) -> int:
    """Which side is up, 1 to 8; 0 where it does not say."""
    if not body.startswith(b"Exif\0\0"):
        return 0
    exif = body[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 0
    (at,) = struct.unpack(f"{order}I", exif[4:8])
    (count,) = struct.unpack(f"{order}H", exif[at : at + 2].ljust(2, b"\0"))
    for entry in range(at + 2, min(at + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind = struct.unpack(f"{order}HH", exif[entry : entry + 4])
        if (tag, kind) == (0x0112, 3):
            (turned,) = struct.unpack(f"{order}H", exif[entry + 8 : entry + 10])
            return turned if 1 <= turned <= 8 else 0
    return 0


def _turned(orientation: int) -> bytes:
    """The smallest note that keeps a picture upright."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif


def _check_rest(rest: bytes, has_more: bool) -> None:
    """What stands behind a picture is cut off. Much of it is a second file in disguise,
    but for the extra pictures that new phones announce."""
    if len(rest) > SPARE and not (has_more and rest.startswith(JPEG)):
        raise Refused(TWO_IN_ONE)


def _refuse_markup(note: bytes) -> None:
    lowered = note.lower()
    if any(sign.lower() in lowered for sign in _MARKUP):
        raise Refused(TWO_IN_ONE)


# PNG

# What draws the picture. Text, time, Exif, animation and unknown chunks go.
_CHUNKS = frozenset(
    [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"]
    + [b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"bKGD", b"pHYs"]
)


def clean_png(data: bytes) -> bytes:
    kept: list[bytes] = [PNG]
    names: list[bytes] = []
    for name, body, whole in _chunks(data):
        if not names:
            if name != b"IHDR" or len(body) != 13:
                raise Refused(DAMAGED)
            check_pixels(*struct.unpack(">II", body[:8]))
        names.append(name)
        if name in _CHUNKS:
            kept.append(whole)
        else:
            _refuse_markup(body)
    if b"IDAT" not in names:
        raise Refused(DAMAGED)
    return b"".join(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, body, and the chunk as it stands; up to the end of the picture."""
    at = len(PNG)
    while True:
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or not name.isalpha():
            raise Refused(DAMAGED)
        body = data[at + 8 : end - 4]
        if zlib.crc32(name + body) != int.from_bytes(data[end - 4 : end], "big"):
            raise Refused(DAMAGED)
        yield name, body, data[at:end]
        if name == b"IEND":
            _check_rest(data[end:], False)
            return
        at = end


# WebP

_PARTS = frozenset([b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"])
_HAS_EXIF, _HAS_XMP = 0x08, 0x04


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def clean_webp(data: bytes) -> bytes:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Refused(DAMAGED)
    _check_rest(data[end:], False)
    kept, first = [], True
    for name, body in _webp_parts(data, end):
        if first:
            check_pixels(*_webp_size(name, body))
            first = False
        if name == b"VP8X":
            body = bytes([body[0] & ~(_HAS_EXIF | _HAS_XMP)]) + body[1:]
        if name in _PARTS:
            kept.append(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
        else:
            _refuse_markup(body)
    if first:
        raise Refused(DAMAGED)
    inside = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def _webp_parts(data: bytes, end: int) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at < end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise Refused(DAMAGED)
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if name == b"VP8L" and len(body) > 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and len(body) > 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise Refused(TYPE)
