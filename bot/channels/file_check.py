"""The one door for files: what a file is, and a copy of it that says nothing else.

Names and declared types are never looked at.
"""

from __future__ import annotations

import asyncio
import struct

from bot.channels import file_documents as documents
from bot.channels import file_pictures as pictures
from bot.channels import file_sounds as sounds
from bot.channels.file_types import DAMAGED, EMPTY, TWO_IN_ONE, TYPES, FileType, Refused


async def inspect(data: bytes) -> tuple[FileType, bytes]:
    """`check`, where nobody waits for it."""
    return await asyncio.to_thread(check, data)


def check(data: bytes) -> tuple[FileType, bytes]:
    """The type, and the bytes to keep. Raises `Refused` for everything we do not take."""
    if not data:
        raise Refused(EMPTY)
    try:
        name, kept = _read(data)
    except (IndexError, ValueError, struct.error) as error:
        raise Refused(DAMAGED) from error  # it ends where something should stand
    if name not in ("docx", "odt") and documents.holds_zip(kept):
        raise Refused(TWO_IN_ONE)
    return TYPES[name], kept


def _read(data: bytes) -> tuple[str, bytes]:
    if data.startswith(pictures.JPEG):
        return "jpeg", pictures.clean_jpeg(data)
    if data.startswith(pictures.PNG):
        return "png", pictures.clean_png(data)
    if pictures.is_webp(data):
        return "webp", pictures.clean_webp(data)
    if sounds.is_boxes(data):
        return sounds.clean_boxes(data)
    if data.startswith(documents.PDF):
        documents.check_pdf(data)
        return "pdf", data
    if data.startswith(documents.ZIP):
        return documents.read_office(data), data
    return _read_sound_or_text(data)


def _read_sound_or_text(data: bytes) -> tuple[str, bytes]:
    if data.startswith(b"OggS"):
        sounds.check_opus(data)
        return "opus", data
    if data.startswith(sounds.EBML):
        sounds.check_webm(data)
        return "webm", data
    if data.startswith(b"ID3") or data[0] == 0xFF:
        return "mp3", sounds.clean_mp3(data)
    return "text", documents.clean_plain(data)
