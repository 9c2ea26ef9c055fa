from __future__ import annotations

import time

import pytest

from bot.channels.web_text import PHONE, Piece, first_number, pieces, safe_url
from bot.channels.web_token import issue_token, verify_token


def phones(text: str) -> list[str]:
    return [piece.text for piece in pieces(text) if piece.kind == "phone"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call +40 21 240 84 27 now.", ["+40 21 240 84 27"]),
        ("Call 112, or 0800 800 678", ["112", "0800 800 678"]),
        ("116 111 and 116123", ["116 111", "116123"]),
        ("06 80 20 55 20", ["06 80 20 55 20"]),
        ("104 – Ambulance (Hungary)\n105 – Fire", ["104", "105"]),
        ("\u2066104\u2069 – إسعاف", ["104"]),
        ("اتصل على +36 1 463 9100 الآن", ["+36 1 463 9100"]),
        ("+36 80 205 520 (06 80 20 55 20) – Crisis", ["+36 80 205 520", "06 80 20 55 20"]),
        ("+40 21 312 62 10, +40 31 405 02 75", ["+40 21 312 62 10", "+40 31 405 02 75"]),
        ("+40 21 312 62 10 / +40 31 405 02 75", ["+40 21 312 62 10", "+40 31 405 02 75"]),
        ("(+40 374 914 115)", ["+40 374 914 115"]),
        ("180 days, 4,325 RON, 2026, 10:30, 112.5 km, A112", []),
        ("You have 104 – in words: a hundred and four – days", []),
        ("On 2026-01-05 at 05.01.2026", []),
        ("", []),
    ],
)
def test_numbers_are_links_only_when_written_as_numbers_to_call(
    text: str, found: list[str]
) -> None:
    assert phones(text) == found


def test_pieces_join_to_the_original() -> None:
    text = "Call +40 21 240 84 27 or 112.\n104 – yes"
    assert "".join(piece.text for piece in pieces(text)) == text


def test_call_address_has_digits_only() -> None:
    assert Piece("phone", "+40 (21) 240-84-27", "tel:+40212408427") in pieces("+40 (21) 240-84-27")


def test_a_line_with_several_numbers_calls_the_first() -> None:
    line = "+36 80 205 520 (06 80 20 55 20)"
    assert first_number(line) == Piece("phone", "+36 80 205 520", "tel:+3680205520")
    assert first_number("104") == Piece("phone", "104", "tel:104")


@pytest.mark.fault("X2")
def test_signs_that_turn_the_direction_are_made_visible() -> None:
    assert pieces("a\u202eb", signs_visible=True) == [
        Piece("text", "a"),
        Piece("sign", "U+202E"),
        Piece("text", "b"),
    ]


@pytest.mark.fault("X4")
@pytest.mark.parametrize("unit", ["a", "(", " ", "0", "1 ", "+1 ", "0800 ", "112 "])
def test_splitting_a_long_text_takes_no_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    started = time.process_time()
    pieces(text, signs_visible=True)
    assert time.process_time() - started < 1


def test_pattern_is_one_that_old_browsers_read() -> None:
    assert "(?<" not in PHONE
    assert "(?P" not in PHONE


@pytest.mark.fault("X7")
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "//evil", "http://[", " x"]
)
def test_other_kinds_of_address_are_not_opened(url: str) -> None:
    assert safe_url(url) == ""


def test_token_names_one_person_and_only_ours_is_taken() -> None:
    key, other = b"a" * 32, b"b" * 32
    token = issue_token(key)
    person = verify_token(key, token)
    assert person is not None
    assert len(person) == 43
    assert verify_token(other, token) is None
    assert issue_token(key) != token


@pytest.mark.parametrize("token", ["", "x", "x" * 64, "é" * 64, "=" * 64, "A" * 63 + "\n"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert verify_token(b"a" * 32, token) is None


def test_a_changed_token_is_refused() -> None:
    key = b"a" * 32
    token = issue_token(key)
    for place in (0, 30, 63):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert verify_token(key, changed) is None
