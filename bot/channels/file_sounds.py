"""Sound and video: recognised by how they are built, freed of what says where and by whom.

Sources: ISO/IEC 14496-12 (boxes), RFC 3533 and 7845 (Ogg, Opus), ID3v2.4, RFC 8794 (EBML).
"""

from __future__ import annotations

import struct

from bot.channels.file_boxes import boxes
from bot.channels.file_heic import blank_notes
from bot.channels.file_types import DAMAGED, TWO_IN_ONE, TYPE, Refused

# MP4, M4A, HEIC: a tree of boxes

_ON_TOP = frozenset(
    [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"styp"]
    + [b"meta", b"uuid", b"udta", b"pdin", b"prft", b"emsg"]
)
_HEIC = frozenset([b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"])
_AUDIO = frozenset([b"M4A ", b"M4B "])
_VIDEO = frozenset([b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"])
_VIDEO |= {b"M4V ", b"qt  ", b"3gp4", b"3gp5", b"MSNV", b"dash"}
_INSIDE = frozenset([b"moov", b"trak"])  # where a camera's notes can stand
_NOTES = frozenset([b"udta", b"meta", b"uuid"])


def is_boxes(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


def clean_boxes(data: bytes) -> tuple[str, bytes]:
    """Which of the three it is, and a copy. Notes are overwritten where they stand, because
    other boxes count bytes from the start of the file."""
    brand = data[8:12]
    name = "heic" if brand in _HEIC else "m4a" if brand in _AUDIO else "mp4"
    if name == "mp4" and brand not in _VIDEO:
        raise Refused(TYPE)
    kept = bytearray(data)
    for kind, start, head, end in boxes(data, 0, len(data)):
        if kind not in _ON_TOP:
            raise Refused(TWO_IN_ONE)
        if name != "heic":  # there `meta` is the picture itself
            _blank_notes(kept, kind, start, head, end)
    return name, blank_notes(data) if name == "heic" else bytes(kept)


def _blank_notes(kept: bytearray, kind: bytes, start: int, head: int, end: int) -> None:
    if kind in _NOTES:
        kept[start + 4 : start + 8] = b"free"
        kept[start + head : end] = bytes(end - start - head)
    elif kind in _INSIDE:
        for inner in list(boxes(bytes(kept), start + head, end)):
            _blank_notes(kept, *inner)


# Ogg with Opus


def check_opus(data: bytes) -> None:
    """One page behind the other, from the first byte to the last."""
    if data[28:36] != b"OpusHead":
        raise Refused(TYPE)
    at = 0
    while at < len(data):
        if data[at : at + 4] != b"OggS" or at + 27 > len(data):
            raise Refused(TWO_IN_ONE)
        sizes = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(sizes) + sum(sizes)
    if at != len(data):
        raise Refused(DAMAGED)


# MP3

_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ENOUGH = 2  # frames in a row; two bytes alone are a matter of chance


def clean_mp3(data: bytes) -> bytes:
    """The sound without its tags, which can hold names, pictures and anything else."""
    start = 0
    if data[:3] == b"ID3" and len(data) > 10:
        a, b, c, d = data[6:10]
        start = 10 + (a << 21 | b << 14 | c << 7 | d)
    sound = data[start:]
    if sound[-128:-125] == b"TAG":
        sound = sound[:-128]
    at = 0
    for _ in range(_ENOUGH):
        length = _frame(sound[at : at + 4])
        if not length or at + length > len(sound):
            raise Refused(TYPE)
        at += length
    return sound


def _frame(head: bytes) -> int:
    """Bytes of an MPEG layer III frame; 0 for anything else."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, hertz = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or hertz == 3:
        return 0
    is_first = version == 3
    kbits = _KBITS[3 if is_first else 2][rate]
    return (144 if is_first else 72) * kbits * 1000 // _HERTZ[version][hertz] + (head[2] >> 1 & 1)


# WebM

EBML = b"\x1a\x45\xdf\xa3"
_LOOKED_AT = 4096  # the codecs stand before the sound


def check_webm(data: bytes) -> None:
    head = data[:_LOOKED_AT]
    if b"webm" not in head[:64] or b"A_OPUS" not in head and b"A_VORBIS" not in head:
        raise Refused(TYPE)
    if b"V_" in head:
        raise Refused(TYPE)
    at = 0
    for wanted in (EBML, b"\x18\x53\x80\x67"):
        if data[at : at + 4] != wanted:
            raise Refused(TWO_IN_ONE)
        size, length = _ebml_size(data, at + 4)
        if size < 0:  # a recording that was stopped: to the end
            return
        at += 4 + length + size
    if at != len(data):
        raise Refused(TWO_IN_ONE)


def _ebml_size(data: bytes, at: int) -> tuple[int, int]:
    """A size, -1 for an unknown one, and how many bytes it took."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8:
        raise Refused(DAMAGED)
    (size,) = struct.unpack(">Q", data[at : at + length].rjust(8, b"\0"))
    mask = (1 << 7 * length) - 1
    size &= mask
    return (-1 if size == mask else size), length
