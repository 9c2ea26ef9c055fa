"""PDF, DOCX, ODT and plain text: recognised, and counted before somebody unpacks them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from bot.channels.file_types import DAMAGED, PACKED, SPARE, TWO_IN_ONE, TYPE, Refused

PDF, ZIP = b"%PDF-", b"PK\x03\x04"

MAX_ENTRIES = 1000
MAX_UNPACKED = 40 * 1024 * 1024
MAX_RATIO = 100  # of the whole; single parts of an honest document are packed tighter
_ODT = b"application/vnd.oasis.opendocument.text"
_WORD = {"[Content_Types].xml", "word/document.xml"}
_MACROS = re.compile(r"(^|/)(vbaProject\.bin|Basic/|Scripts/|activeX/|embeddings/)", re.IGNORECASE)
_PACKED_AGAIN = re.compile(r"\.(zip|docx?|xlsx?|odt|ods|gz|7z|rar|jar|exe|dll|js|html?)$", re.I)


def check_pdf(data: bytes) -> None:
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise Refused(DAMAGED)
    if len(data) - end - 5 > SPARE or holds_zip(data):
        raise Refused(TWO_IN_ONE)


# Zip

_END = struct.Struct("<4s4H2IH")


def holds_zip(data: bytes) -> bool:
    """Unpackers read a zip from its end, whatever stands before it, and forgive what is behind."""
    at = data.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(data):
        return False
    size = int(_END.unpack_from(data, at)[5])
    return size <= at and data[at - size : at - size + 4] in (b"PK\x01\x02", b"PK\x05\x06")


def read_office(data: bytes) -> str:
    """`docx` or `odt`. Everything is unpacked once, counted, and thrown away."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
            _check_entries(entries, len(data))
            name = _which(packed, {entry.filename for entry in entries})
            for entry in entries:
                _unpack(packed, entry)
    except _BROKEN as error:
        raise Refused(DAMAGED) from error
    return name


# What the library raises on odd files; `RuntimeError` is a password.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, KeyError),
)


def _check_directory(data: bytes) -> None:
    """Counted by hand: the library reads as many entries as a file claims to have."""
    if not holds_zip(data):
        raise Refused(DAMAGED)
    at = data.rfind(b"PK\x05\x06")
    _, disk, first_disk, here, entries, size, start, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != len(data):
        raise Refused(TWO_IN_ONE)
    if disk or first_disk or here != entries or entries > MAX_ENTRIES:
        raise Refused(PACKED)
    if start + size != at:
        raise Refused(TWO_IN_ONE)


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if sum(entry.file_size for entry in entries) > min(MAX_UNPACKED, MAX_RATIO * size):
        raise Refused(PACKED)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:  # one part that counts many times
            raise Refused(PACKED)
        end = entry.header_offset + 30 + entry.compress_size
        _check_name(entry)


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(PACKED)
    parts = re.split(r"[/\\]", name)
    if entry.flag_bits & 1 or "\\" in name or "\0" in name or ".." in parts or not parts[0]:
        raise Refused(TYPE)
    if _MACROS.search(name) or _PACKED_AGAIN.search(name):
        raise Refused(PACKED)


def _which(packed: zipfile.ZipFile, names: set[str]) -> str:
    if names >= _WORD:
        return "docx"
    is_short = "mimetype" in names and packed.getinfo("mimetype").file_size == len(_ODT)
    if is_short and packed.read("mimetype") == _ODT:
        return "odt"
    raise Refused(TYPE)


def _unpack(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Reads no more than the part said it holds, and fails where that was not true."""
    with packed.open(entry) as part:
        while part.read(65536):
            pass


# Plain text

_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_PROGRAM = re.compile(r"\s*(<|#!|@echo|%!|\{\\rtf)", re.IGNORECASE)
_MARKUP = re.compile(r"<\s*(script|html|svg|iframe|object|!doctype|\?xml|\?php)", re.IGNORECASE)


def clean_plain(data: bytes) -> bytes:
    """UTF-8 that is nothing but words."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(TYPE) from None
    if _CONTROLS.search(text) or _PROGRAM.match(text) or _MARKUP.search(text):
        raise Refused(TYPE)
    return text.encode()
