"""Answers in people's own words. `own_words.jsonl` is kept apart from the vocabulary.

`own_words_fresh.jsonl` was written after the vocabulary: it tells how well it carries over.
"""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from bot.flows.hearing import Heard, Vocabulary, hear
from bot.flows.model import Option, Question
from bot.i18n import country_name
from bot.knowledge import Knowledge, Snapshot

HERE = Path(__file__).parent
LABELS = {"yes": "Yes", "no": "No", "unknown": "I do not know", "unsaid": "Rather not say"}
TODAY = datetime.date(2026, 3, 12)


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _heard(snapshot: Snapshot, row: dict[str, Any]) -> Heard | None:
    flow = snapshot.flows[row["question"]["flow"]]
    question = flow.question(row["question"]["question"])
    assert question is not None
    options = {
        o.id: _said_of(snapshot, flow.id, question, o, row["locale"]) for o in question.options
    }
    vocabulary = Vocabulary(options, snapshot.spoken, (question.ask,), TODAY)
    return hear(row["text"], question, vocabulary, row["locale"])


def _said_of(
    snapshot: Snapshot, flow: str, question: Question, option: Option, locale: str
) -> tuple[str, ...]:
    is_country = question.kind == "country" and option.id != "xx"
    own = (
        country_name(option.id, locale) if is_country else LABELS.get(option.id, "Another country")
    )
    words = (snapshot.option_words(flow, question.id, option.id, code) for code in (locale, "en"))
    return (option.label or own, *(phrase for of in words for phrase in of))


def _tally(snapshot: Snapshot, name: str) -> tuple[Counter[str], list[str]]:
    by_locale: dict[str, Counter[str]] = defaultdict(Counter)
    missed = []
    for row in _rows(name):
        heard = _heard(snapshot, row)
        value = heard.value or heard.kind if heard is not None else None
        result = "right" if value == row["option"] else "none" if value is None else "wrong"
        by_locale[row["locale"]][result] += 1
        if result != "right":
            missed.append(f"{row['locale']} {row['question']} {row['text']!r}: {value}")
    print(f"\n{name}")
    for locale, tally in sorted(by_locale.items()):
        print(f"  {locale:4}", *(f"{what} {tally[what]:3}" for what in ("right", "wrong", "none")))
        share = tally["right"] / tally.total()
        assert name.endswith("fresh.jsonl") or share >= 0.8, f"{locale}: {share:.2f}"
    print(*missed, sep="\n")
    return sum(by_locale.values(), Counter()), missed


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("own_words.jsonl", 0.9, 0.03), ("own_words_fresh.jsonl", 0.8, 0.05)],
)
def test_own_words_are_understood(
    knowledge: Knowledge, name: str, right: float, wrong: float
) -> None:
    total, missed = _tally(knowledge.snapshot, name)
    print(dict(total), f"{total['right'] / total.total():.3f}")
    assert total["right"] >= right * total.total(), missed
    assert total["wrong"] <= wrong * total.total(), missed


def test_it_takes_less_than_two_milliseconds(knowledge: Knowledge) -> None:
    rows = _rows("own_words.jsonl")
    for row in rows:
        _heard(knowledge.snapshot, row)
    started = time.process_time()
    for row in rows:
        _heard(knowledge.snapshot, row)
    each_ms = 1000 * (time.process_time() - started) / len(rows)
    print(f"{each_ms:.2f} ms")
    assert each_ms < 2


DATE = Question(id="when", kind="date", ask="When did you arrive?")


@pytest.mark.parametrize(
    ("text", "locale", "value"),
    [
        ("12 march 2026", "en", "2026-03-12"),
        ("12.03.2026", "ro", "2026-03-12"),
        ("tomorrow", "en", "2026-03-13"),
        ("завтра", "ro", "2026-03-13"),
        ("soon", "en", None),
    ],
)
def test_dates(knowledge: Knowledge, text: str, locale: str, value: str | None) -> None:
    heard = hear(text, DATE, Vocabulary({}, knowledge.snapshot.spoken, today=TODAY), locale)
    assert (heard.value if heard else None) == value


@pytest.mark.parametrize(
    ("text", "kind"), [("go back", "back"), ("стоп", "stop"), ("Înapoi", "back"), ("توقف", "stop")]
)
def test_back_and_stop(knowledge: Knowledge, text: str, kind: str) -> None:
    locale = {"стоп": "uk", "Înapoi": "ro", "توقف": "ar"}.get(text, "en")
    heard = hear(text, DATE, Vocabulary({}, knowledge.snapshot.spoken, today=TODAY), locale)
    assert heard == Heard(kind)  # type: ignore[arg-type]
