from __future__ import annotations

import time

import pytest

from bot.dialogue.danger import CueMatcher
from bot.messages import clean_text
from tests.dialogue.talk import Talk, keys


@pytest.mark.fault("X4")
@pytest.mark.parametrize(
    "text",
    ["", "   ", "👨‍👩‍👧‍👦", "a" * 100_000, "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "\u200b\u200b"],
)
async def test_odd_text_gets_a_clear_reply(amina: Talk, text: str) -> None:
    await amina.commands("start en")
    said = await amina.says(text)
    assert said and said[0].choices


@pytest.mark.fault("X1")
async def test_characters_no_database_takes_are_replaced_and_delivered(amina: Talk) -> None:
    await amina.commands("start en")
    said = await amina.says(clean_text("minimum\x00 wage\ud83d in \ufffe romania\x07"))
    assert said
    lines = await amina.store.transcript(amina.person_hash)
    assert "minimum\ufffd wage\ufffd in \ufffd romania\ufffd" in [line.text for line in lines]


def test_cleaning_leaves_everything_else_as_it_was_written() -> None:
    text = "\u202eabc\u200c ZWNJ \u200d tab\t line\n e\u0301 😀"
    assert clean_text(text) == text
    assert clean_text("a\r\nb\rc") == "a\nb\nc"


@pytest.mark.fault("X7")
async def test_markup_stays_what_it_is(amina: Talk) -> None:
    text = "<script>alert(1)</script> {{7*7}} [x](javascript:1) *bold*"
    await amina.commands("start en")
    await amina.says(text)
    lines = await amina.store.transcript(amina.person_hash)
    assert text in [line.text for line in lines]


@pytest.mark.fault("X4")
@pytest.mark.parametrize("letter", ["a", "(", " ", "no ", "ש", "\u0301", "help me "])
def test_a_hundred_kilobytes_cost_no_time(understanding, letter: str) -> None:  # type: ignore[no-untyped-def]
    text = letter * (100_000 // len(letter))
    started = time.process_time()
    understanding.cards(text)
    assert time.process_time() - started < 0.05


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    "text",
    [
        "they lock us in the house",
        "THEY LOCK US IN",
        "they l\u200bock us in",
        "they lo\u00adck us in",
        "they lосk us in",  # Cyrillic о and с
        "they, lock... us in!!",
        "thеy lock us in",  # Cyrillic е
    ],
)
def test_a_cue_is_found_in_disguise(text: str) -> None:
    matcher = CueMatcher({"held": {"en": ["they lock* us in"]}})
    assert matcher.match(text) == ("held",)


@pytest.mark.parametrize("text", ["they like us in town", "lock us", "in us lock they"])
def test_a_cue_is_not_found_where_it_is_not(text: str) -> None:
    matcher = CueMatcher({"held": {"en": ["they lock* us in"]}})
    assert matcher.match(text) == ()


def test_gaps_and_endings_reach_as_far_as_they_say() -> None:
    matcher = CueMatcher({"held": {"en": ["took ... my passport*"]}})
    assert matcher.match("he took away all of my passports")
    assert not matcher.match("he took one two three four five my passport")


def test_chinese_needs_no_spaces() -> None:
    matcher = CueMatcher({"suicide": {"zh": ["想死"]}})
    assert matcher.match("我真的想死了") == ("suicide",)


async def test_a_long_story_is_asked_for_short_words(amina: Talk) -> None:
    await amina.commands("start en")
    said = await amina.says("I came here in spring and " * 300)
    assert keys(said) == ["err_too_long"]
