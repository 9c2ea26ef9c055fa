"""What measures danger: its files, its scripts, and that it counts as the service serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import evaluate_danger
from bot.dialogue.danger import CueMatcher, Sure
from bot.evaluate_danger import Row, kept_rows, script_of
from bot.nlu_client import Parse

MATCHER = CueMatcher({"violence": {"en": ["! with a knife", "sticks"]}})


def test_both_kinds_of_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "dialogue" / "danger_kept"
    folder.mkdir(parents=True)
    one = {"locale": "en", "card": "violence", "text": "with a knife"}
    other = {"locale": "fa", "card": None, "text": "سلام"}
    (folder.parent / "danger_kept.jsonl").write_text(json.dumps(one) + "\n", "utf-8")
    (folder / "fa.jsonl").write_text(json.dumps(other) + "\n\n", "utf-8")
    assert kept_rows(tmp_path) == [
        Row("en", "violence", "with a knife", "latin"),
        Row("fa", "", "سلام", "own"),
    ]


@pytest.mark.parametrize(
    ("text", "script"), [("help", "latin"), ("допоможіть", "own"), ("3ayez amoot", "latin")]
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


async def test_a_cue_needs_no_model_and_a_model_only_what_has_no_cue() -> None:
    asked: list[str] = []

    async def parse(text: str, locale: str) -> Parse:
        asked.append(text)
        return Parse((("danger-held", 0.9),), (), "rasa")

    find = evaluate_danger._finder(MATCHER, parse)
    assert await find("he came with a knife", "en") == {"violence": Sure.CERTAIN}
    assert not asked
    assert await find("they took everything", "en") == {"held": Sure.CERTAIN}
    assert await evaluate_danger._finder(MATCHER, None)("they took everything", "en") == {}


async def test_cards_and_alarms_are_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        Row("en", "violence", "with a knife", "latin"),
        Row("en", "violence", "nothing of that", "latin"),
        Row("en", "", "sticks of butter", "latin"),
    ]
    counts = await evaluate_danger._measure(rows, evaluate_danger._finder(MATCHER, None))
    seen = counts[("en", "latin")]
    assert (seen["danger"], seen["right"], seen["sure"]) == (2, 1, 1)
    assert (seen["harmless"], seen["cards"], seen["alarms"]) == (1, 1, 0)
    evaluate_danger._print("cues", counts)
    assert "knife" not in capsys.readouterr().out


@pytest.mark.parametrize(("text", "code"), [("sticks", 0), ("with a knife", 1)])
def test_more_than_two_false_alarms_in_a_thousand_are_too_many(text: str, code: int) -> None:
    messages = {"en": [text] * 3 + ["hello"] * 997}
    assert evaluate_danger._print_ordinary(MATCHER, messages) == code
