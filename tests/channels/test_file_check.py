"""Which files are taken, and what is left of them."""

from __future__ import annotations

import struct
import time

import pytest

from bot.channels.file_check import check
from bot.channels.file_types import Refused
from tests import pictures
from tests.pictures import (
    JPEG,
    PDF,
    WEBP,
    docx,
    exif,
    jpeg_with,
    mp3,
    mp4,
    odt,
    ogg,
    png,
    webp_with,
)

SECRET = b"kanarek at 45.7489 21.2087"
WEBM = (
    b"\x1a\x45\xdf\xa3\x8b\x42\x82\x84webm\x42\x87\x81\x04"
    + b"\x18\x53\x80\x67\x88"
    + b"\x86\x86A_OPUS"
)


def reason(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        check(data)
    return refused.value.reason


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (JPEG, "jpeg"),
        (png(), "png"),
        (WEBP, "webp"),
        (pictures.box(b"ftyp", b"heic", bytes(4)) + pictures.box(b"mdat", bytes(9)), "heic"),
        (PDF, "pdf"),
        (ogg(), "opus"),
        (mp3(), "mp3"),
        (mp4(), "mp4"),
        (mp4(brand=b"M4A "), "m4a"),
        (WEBM, "webm"),
        (docx(), "docx"),
        (odt(), "odt"),
        ("Zażółć שלום\n".encode(), "text"),
    ],
)
def test_what_a_file_is_stands_in_its_bytes(data: bytes, name: str) -> None:
    assert check(data)[0].name == name


@pytest.mark.parametrize("data", [JPEG, png(), WEBP, PDF, ogg(), docx(), odt()])
def test_a_clean_file_stays_as_it_is(data: bytes) -> None:
    assert check(data)[1] == data


# What cameras add


@pytest.mark.fault("U10")
@pytest.mark.parametrize(
    "data",
    [
        jpeg_with(0xE1, exif(1, SECRET)),
        jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        jpeg_with(0xED, b"Photoshop 3.0\0" + SECRET),
        jpeg_with(0xE2, b"MPF\0" + SECRET),
        jpeg_with(0xE0, b"JFXX\0" + SECRET),
        jpeg_with(0xFE, SECRET),
        png(3, 2, (b"tEXt", b"Comment\0" + SECRET), (b"eXIf", SECRET), (b"tIME", SECRET)),
        png(3, 2, (b"iTXt", SECRET), (b"prVt", SECRET)),
        webp_with(b"EXIF", SECRET),
        webp_with(b"XMP ", SECRET),
        mp3(SECRET),
        pictures.heic(SECRET),
        mp4(pictures.box(b"udta", pictures.box(b"\xa9xyz", SECRET))),
        mp4(pictures.box(b"trak", pictures.box(b"meta", SECRET))),
    ],
)
def test_what_says_where_and_by_whom_is_cut_out(data: bytes) -> None:
    assert SECRET in data
    kind, kept = check(data)
    assert SECRET not in kept
    assert check(kept) == (kind, kept)  # and it is still a whole file


def test_a_picture_stays_upright() -> None:
    _, kept = check(jpeg_with(0xE1, exif(6, SECRET)))
    assert SECRET not in kept
    turned = kept[kept.index(b"Exif\0\0") :]
    assert struct.unpack(">H", turned[6 + 18 : 6 + 20]) == (6,)
    assert check(kept)[1] == kept
    assert check(jpeg_with(0xE1, exif(99)))[1] == JPEG


def test_the_picture_itself_is_not_touched() -> None:
    assert check(jpeg_with(0xE1, exif(1, SECRET)))[1] == JPEG
    assert check(webp_with(b"EXIF", SECRET))[1] == WEBP
    assert check(png(3, 2, (b"tEXt", SECRET)))[1] == png()


def test_a_phones_picture_stays_under_its_notes() -> None:
    data = pictures.heic(SECRET)
    assert check(data)[1] == data.replace(SECRET, bytes(len(SECRET)))
    astray = data.replace(struct.pack(">I", len(SECRET)), struct.pack(">I", 2**31))
    assert reason(astray) == "damaged"


def test_the_extra_picture_of_a_new_phone_is_cut_off() -> None:
    data = jpeg_with(0xE2, b"MPF\0" + bytes(20)) + JPEG + SECRET
    assert check(data)[1] == JPEG


# What is not what it seems


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    "data",
    [
        JPEG + docx(),
        JPEG + b"<html><script>alert(1)</script></html>" * 3,
        jpeg_with(0xFE, b"<script>alert(1)</script>"),
        jpeg_with(0xE1, b"PK\x03\x04"),
        png() + b"<html>" * 20,
        png(3, 2, (b"tEXt", b"<html>")),
        WEBP + bytes(100),
        PDF + docx(),
        PDF[:-6] + docx() + b"%%EOF",
        b"PK\x03\x04" + PDF,
        ogg() + b"<html>" * 20,
        docx() + b"<html>" * 20,
        b"GARBAGE" + docx(),
        mp4() + pictures.box(b"html", bytes(9)),
    ],
)
def test_two_files_in_one_are_refused(data: bytes) -> None:
    assert reason(data) in ("two_in_one", "type", "damaged")


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"\xef\xbb\xbf <html>",
        b"Hello\n<script>alert(1)</script>",
        b"#!/bin/sh\nrm -rf /",
        b"@echo off",
        b"{\\rtf1 }",
        b"MZ\x90\x00\x03" + bytes(60),
        b"\x7fELF" + bytes(60),
        b"GIF89a" + bytes(30),
        b"BM" + bytes(30),
        b"\xff\xfe<\0s\0",
        b"RIFF\x10\0\0\0AVI LIST",
        b"\0",
        b"\xff",
        b"ID3",
    ],
)
def test_what_can_do_harm_or_is_unknown_is_refused(data: bytes) -> None:
    assert reason(data) == "type"


@pytest.mark.fault("W11")
def test_an_empty_file_is_refused() -> None:
    assert reason(b"") == "empty"


@pytest.mark.fault("W11")
def test_a_picture_that_fills_the_memory_is_refused_by_its_header() -> None:
    huge = struct.pack(">BHHB", 8, 10_000, 10_000, 3) + bytes(9)
    vp8x = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (9_999).to_bytes(3, "little") * 2
    webp = b"RIFF" + struct.pack("<I", 4 + len(vp8x)) + b"WEBP" + vp8x
    for data in (png(10_000, 10_000), jpeg_with(0xC0, huge), webp):
        assert reason(data) == "pixels"
    assert check(png(7000, 5000))[0].name == "png"


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    "data",
    [
        docx(**{"word/media/a.bin": bytes(30_000_000)}),
        docx(**{f"word/{number}": b"" for number in range(1100)}),
        docx(**{"word/vbaProject.bin": b"x"}),
        docx(**{"word/embeddings/a.docx": b"x"}),
        docx(**{"a.zip": b"x"}),
    ],
)
def test_a_packed_bomb_is_refused(data: bytes) -> None:
    started = time.perf_counter()
    assert reason(data) == "packed"
    assert time.perf_counter() - started < 2


@pytest.mark.fault("W11")
@pytest.mark.parametrize("name", ["../x", "..\\x", "/etc/passwd", "a/../../b"])
def test_paths_in_a_document_are_refused(name: str) -> None:
    assert reason(docx(**{name: b"x"})) == "type"


@pytest.mark.fault("W11")
def test_a_document_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(docx(**{"word/big": bytes(1_000_000)}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    assert reason(bytes(data)) in ("damaged", "packed")


def test_parts_that_lie_over_each_other_are_refused() -> None:
    data = bytearray(docx(**{"a": b"x" * 100, "b": b"x" * 100}))
    first, last = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    data[last + 42 : last + 46] = data[first + 42 : first + 46]
    assert reason(bytes(data)) in ("packed", "damaged")


@pytest.mark.parametrize(
    "data", [JPEG, png(), WEBP, PDF, ogg(), mp3(), mp4(), docx(), odt(), WEBM, pictures.heic(b"x")]
)
def test_a_torn_file_never_does_more_than_be_refused(data: bytes) -> None:
    for cut in {*range(1, min(len(data), 200)), *range(200, len(data), 37)}:
        try:
            check(data[:cut])
        except Refused as refused:
            assert refused.reason


@pytest.mark.parametrize(
    "data", [JPEG, png(), WEBP, PDF, ogg(), mp3(), mp4(), docx(), odt(), WEBM, pictures.heic(b"x")]
)
def test_a_changed_byte_never_does_more_than_be_refused(data: bytes) -> None:
    for at in range(0, len(data), max(1, len(data) // 150)):
        for value in (0x00, 0xFF, data[at] ^ 0x40):
            try:
                check(data[:at] + bytes([value]) + data[at + 1 :])
            except Refused as refused:
                assert refused.reason


def test_an_encrypted_document_is_refused() -> None:
    data = bytearray(docx())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert reason(bytes(data)) in ("type", "damaged")
