"""Small real files, and hands to hide things in them."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib

# 16 x 8 pixels, drawn by a browser.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH"
    "4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAAB"
    "FAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAA"
    "AChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJY"
    "WVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVog"
    "AAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAA"
    "AAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDABsSFBcU"
    "ERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/2wBD"
    "ARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
    "pKT/wAARCAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAgEAACAQMEAwAAAAAAAAAA"
    "AAABAgMAETEEEyFBI1Hw/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAH/xAAZEQACAwEAAAAAAAAAAAAAAAAAAQIh"
    "cQP/2gAMAwEAAhEDEQA/AIdF51QyRxytgE2I9njANhVJRJZhvMrMOAjKGI7IPQxn4qUdyeE6JVh//9k="
)
WEBP = base64.b64decode(
    "UklGRo4CAABXRUJQVlA4WAoAAAAwAAAADwAABwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH"
    "4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAAB"
    "FAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAA"
    "AChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJY"
    "WVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVog"
    "AAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAA"
    "AAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZBTFBIMQAAAAEn"
    "oJBtBOj8Vc/g14iIwMUCQdu2zVYagRrCIRTCI/ofXuIlVlbBIVbWBEdZ+XU4KSsAVlA4IGYAAACQAgCdASoQ"
    "AAgABABoJbACdH8EaV9JWCvGQ7irAAD9RiSFcxuV8d4NDnnvjvucT+tBFgNj+h6FiEVn1UegdThvkXe5beFi"
    "H1HCRLvYplKPHuVhsS7XV/TqVoO5JYgXXWa51rsAAAA="
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png(width: int = 3, height: int = 2, *more: tuple[bytes, bytes]) -> bytes:
    """A picture, with chunks of one's own before its end. Large ones hold no pixels."""
    rows = b"".join(b"\0" + bytes(3 * width) for _ in range(height)) if width < 100 else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def jpeg_with(marker: int, body: bytes) -> bytes:
    """The picture with one more segment behind its start."""
    return JPEG[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + JPEG[2:]


def exif(orientation: int = 1, text: bytes = b"") -> bytes:
    """An Exif segment as a phone writes it, little-endian, with a note in it."""
    entries = [
        struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0),
        struct.pack("<HHII", 0x010E, 2, len(text), 38),
    ]
    table = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + table + text


def webp_with(name: bytes, body: bytes) -> bytes:
    inside = WEBP[8:] + name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def box(name: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", len(body) + 8) + name + body


def mp4(*inside: bytes, brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand, bytes(4)) + box(b"moov", *inside) + box(b"mdat", bytes(16))


def heic(text: bytes = b"") -> bytes:
    """A picture item and an Exif item, both in `mdat`."""

    def full(name: bytes, *inside: bytes, version: int = 0) -> bytes:
        return box(name, bytes([version, 0, 0, 0]), *inside)

    def item(number: int, kind: bytes) -> bytes:
        return full(b"infe", struct.pack(">HH", number, 0), kind, b"\0", version=2)

    picture = b"pixels" * 5
    start = box(b"ftyp", b"heic", bytes(4))

    def meta(at: int) -> bytes:
        places = [(1, at, len(picture)), (2, at + len(picture), len(text))]
        rows = b"".join(struct.pack(">HHHII", n, 0, 1, offset, size) for n, offset, size in places)
        infos = full(b"iinf", struct.pack(">H", 2), item(1, b"hvc1"), item(2, b"Exif"))
        return full(b"meta", infos, full(b"iloc", b"\x44\0", struct.pack(">H", 2), rows))

    at = len(start) + len(meta(0)) + 8
    return start + meta(at) + box(b"mdat", picture, text)


def ogg(text: bytes = b"") -> bytes:
    def page(body: bytes) -> bytes:
        return b"OggS" + bytes(22) + bytes([1, len(body)]) + body

    return page(b"OpusHead" + bytes(11)) + page(b"OpusTags" + text)


def mp3(text: bytes = b"") -> bytes:
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s, 44.1 kHz
    tag = b"ID3\x04\0\0" + bytes([0, 0, len(text) >> 7, len(text) & 127]) + text
    return tag + frame * 3


def docx(**more: bytes) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("word/document.xml", "<w:document/>")
        for name, data in more.items():
            packed.writestr(name, data)
    return found.getvalue()


def odt() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        packed.writestr("content.xml", "<office/>")
    return found.getvalue()
