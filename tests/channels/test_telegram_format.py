from __future__ import annotations

import logging

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram_format import (
    LRI,
    MAX_UNITS,
    PDI,
    RLM,
    bidi_safe,
    keyboard,
    layout,
    split,
    utf16_units,
    with_call_numbers,
    without_copies,
)
from bot.messages import Choice, Reply

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.fault("O7")
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 4096, 1),
        ("x" * 4097, 2),
        ("x" * 12_000, 3),
        (FAMILY * 1500, 5),
        ("a" + "\u0301" * 10_000, 3),
        ("😀" * 2049, 2),
        ("", 1),
    ],
)
def test_parts_fit_and_join_to_the_original(text: str, parts: int) -> None:
    pieces = split(text)
    assert "".join(pieces) == text
    assert len(pieces) == parts
    assert all(utf16_units(piece) <= MAX_UNITS for piece in pieces)


@pytest.mark.fault("O7")
def test_a_family_emoji_is_never_cut() -> None:
    assert all(set(regex.findall(r"\X", piece)) == {FAMILY} for piece in split(FAMILY * 1500))


@pytest.mark.fault("O7")
@pytest.mark.parametrize("at", [4080, 4090, 4095])
def test_a_link_on_the_cut_moves_to_the_next_part(at: int) -> None:
    link = "https://example.org/where/to/go?office=timisoara"
    for before in ("x" * at, "word " * (at // 5)):
        pieces = split(before + " " + link + " end")
        assert link in pieces[1]
        pieces = split(before + "、" + link + " end")
        assert link in pieces[1]


@pytest.mark.parametrize("border", ["\n\n", "\n", ". ", " "])
def test_a_cut_prefers_the_greater_border(border: str) -> None:
    lesser = {"\n\n": "a\na. a ", "\n": "a. a ", ". ": "a a ", " ": "aa"}[border]
    text = lesser * (3000 // len(lesser)) + "!" + border + lesser * 10 + "z" * 4000
    first = split(text)[0]
    assert first.endswith("!" + border)


@given(st.text(max_size=300), st.integers(12, 60))
@settings(max_examples=200, deadline=None)
def test_any_text_splits_between_graphemes(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert "".join(pieces) == text
    assert all(utf16_units(piece) <= limit for piece in pieces)
    small = all(utf16_units(grapheme) <= limit for grapheme in regex.findall(r"\X", text))
    whole = [piece for part in pieces for piece in regex.findall(r"\X", part)]
    assert not small or whole == regex.findall(r"\X", text)


@pytest.mark.fault("X2")
@pytest.mark.parametrize(
    "number", ["+40 21 313 3100", "021-313-3100", "(021) 313 3100", "+40213133100", "2024-2026"]
)
def test_numbers_in_arabic_text_keep_their_order(number: str) -> None:
    assert bidi_safe(f"اتصل بالرقم {number}.", "rtl") == f"اتصل بالرقم {LRI}{number}{PDI}."
    assert bidi_safe(f"Call {number}.", "ltr") == f"Call {number}."


@pytest.mark.fault("X2")
@pytest.mark.parametrize("text", ["اتصل 112", "112", "12.11.2026 تاريخ", "رقم 3. ثم 4", "09:30"])
def test_single_numbers_need_no_help(text: str) -> None:
    assert bidi_safe(text, "rtl") == text


@pytest.mark.fault("X2")
def test_lines_stay_on_the_readers_side() -> None:
    text = "ANITP – مكتب\n+40 21 313\nمكتب ANITP"
    lines = bidi_safe(text, "rtl").split("\n")
    assert lines == [f"{RLM}ANITP – مكتب", f"{LRI}+40 21 313{PDI}", "مكتب ANITP"]


@pytest.mark.fault("X2")
def test_overrides_become_visible() -> None:
    assert bidi_safe("abc\u202egpj.exe", "ltr") == "abc\ufffdgpj.exe"


def test_isolated_numbers_are_not_isolated_twice() -> None:
    once = bidi_safe("اتصل +40 21 313 3100", "rtl")
    assert bidi_safe(once, "rtl") == once


def test_short_labels_share_a_row_and_long_ones_stand_alone() -> None:
    labels = ["Housing", "Work", "What is the minimum wage?", "Health", "Languages and courses!"]
    board = keyboard([Choice(label, action=f"a{n}") for n, label in enumerate(labels)])
    assert board
    assert [[button.text for button in row] for row in board.inline_keyboard] == [
        ["Housing", "Work"],
        ["What is the minimum wage?"],
        ["Health"],
        ["Languages and courses!"],
    ]


@pytest.mark.fault("X7")
def test_only_links_telegram_can_open_become_buttons(caplog: pytest.LogCaptureFixture) -> None:
    choices = [
        Choice("Site", url="https://example.org/x"),
        Choice("Script", url="javascript:alert(1)"),
        Choice("Here", url="http://localhost/x"),
        Choice("Broken", url="https://[x"),
        Choice("Long", action="й" * 33),
        Choice(" ", action="blank"),
        Choice("Nothing"),
    ]
    with caplog.at_level(logging.WARNING):
        board = keyboard(choices)
    assert board and [[button.url for button in row] for row in board.inline_keyboard] == [
        ["https://example.org/x"]
    ]
    assert {record.msg for record in caplog.records} == {"button left out"}
    assert keyboard([]) is None


def test_a_call_button_leaves_its_number_in_the_text() -> None:
    calls = [Choice("Police", url="tel:112"), Choice("Office", url="tel:+40213133100")]
    text = with_call_numbers("Call +40 21 313 3100, or 11 2.", calls)
    assert text == "Call +40 21 313 3100, or 11 2."
    assert with_call_numbers("Call us.", calls) == "Call us.\nPolice: 112\nOffice: +40213133100"
    assert layout(Reply("Call 112", calls[:1]), "ltr")[0].keyboard is None  # type: ignore[arg-type]


def test_a_number_to_copy_is_a_button_of_its_own() -> None:
    call = Choice("112", url="tel:112", copy="112")
    board = keyboard([call, Choice("This is not about danger", "n")])
    assert board is not None
    [[copies], [other]] = board.inline_keyboard
    assert copies.to_dict() == {"text": "112", "copy_text": {"text": "112"}}
    assert other.callback_data == "n"
    fewer = without_copies(board)
    assert fewer is not None and fewer.inline_keyboard == ((other,),)
    assert without_copies(keyboard([call]) or board) is None


def test_buttons_stand_under_the_last_part_that_shows() -> None:
    parts = layout(Reply("x" * 5000 + "\n" * 5000, (Choice("Menu", "menu"),)), "ltr")
    assert [part.keyboard is not None for part in parts] == [False, True]
    assert all(part.text.strip() for part in parts)
    assert layout(Reply(" \n"), "ltr") == []
