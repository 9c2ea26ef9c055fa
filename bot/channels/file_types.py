"""Which files are taken, and why one is not. What a file is, is read from its bytes alone."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Kind

MAX_FILE = 5 * 1024 * 1024  # bytes that a person or a counsellor may send
MAX_FETCHED = 10 * 1024 * 1024  # bytes that are fetched from a platform
MAX_PIXELS = 40_000_000
SPARE = 64  # bytes behind the end of a file that some programs leave


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file we know. `name` is what is stored."""

    name: str
    content_type: str
    ending: str
    kind: Kind
    is_inline: bool = False  # a page may draw or play it: nothing in it can run


_TYPES = (
    FileType("jpeg", "image/jpeg", "jpg", Kind.PHOTO, True),
    FileType("png", "image/png", "png", Kind.PHOTO, True),
    FileType("webp", "image/webp", "webp", Kind.PHOTO, True),
    FileType("heic", "image/heic", "heic", Kind.PHOTO),
    FileType("mp4", "video/mp4", "mp4", Kind.PHOTO, True),
    FileType("m4a", "audio/mp4", "m4a", Kind.VOICE, True),
    FileType("opus", "audio/ogg", "ogg", Kind.VOICE, True),
    FileType("mp3", "audio/mpeg", "mp3", Kind.VOICE, True),
    FileType("webm", "audio/webm", "webm", Kind.VOICE, True),
    FileType("pdf", "application/pdf", "pdf", Kind.DOCUMENT),
    FileType(
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
        Kind.DOCUMENT,
    ),
    FileType("odt", "application/vnd.oasis.opendocument.text", "odt", Kind.DOCUMENT),
    FileType("text", "text/plain; charset=utf-8", "txt", Kind.DOCUMENT),
)
TYPES = {one.name: one for one in _TYPES}
SENT_BY_COUNSELLORS = frozenset({"pdf", "jpeg", "png"})

# Why a file is not taken. Each has its words, `media_no_<reason>`.
EMPTY, TYPE, TWO_IN_ONE, TOO_LARGE_PICTURE, PACKED, DAMAGED = (
    "empty",
    "type",
    "two_in_one",
    "pixels",
    "packed",
    "damaged",
)


class Refused(Exception):
    """Not a file we take. `reason` is one of the constants above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotFetched(Exception):
    """A platform's file that did not come. `reason`: "gone", "too_big", "away", "unsupported"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_pixels(width: int, height: int) -> None:
    """A picture that is small on the way and fills the memory of whoever looks at it."""
    if width <= 0 or height <= 0:
        raise Refused(DAMAGED)
    if width * height > MAX_PIXELS:
        raise Refused(TOO_LARGE_PICTURE)
