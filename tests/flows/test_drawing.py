"""A flow as a picture: well-formed, readable, nothing left out."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.__main__ import main
from bot.console.flow_page import voice_of
from bot.flows import drawing
from bot.knowledge import Knowledge
from tests.flows.test_lint import FLOWS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
@pytest.mark.parametrize("locale", ["en", "uk", "ar"])
def test_a_picture_of_every_flow(knowledge: Knowledge, path: Path, locale: str) -> None:
    flow = knowledge.snapshot.flows[path.stem]
    root = ElementTree.fromstring(drawing.svg(flow, voice_of(knowledge.snapshot, flow, locale)))
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title") is not None
    width, height = (float(part) for part in (root.get("viewBox") or "").split()[2:])
    assert width <= 1280
    boxes = root.findall(f"{SVG}rect")
    assert len(boxes) == len(flow.questions) + len(flow.outcomes)
    ends = [(float(b.get("y", "0")), float(b.get("height", "0"))) for b in boxes]
    assert all(y + h <= following for (y, h), (following, _) in zip(ends, ends[1:], strict=False))
    assert sum(ends[-1]) <= height
    assert root.get("direction") == ("rtl" if locale == "ar" else "ltr")
    rows = [row.text or "" for row in root.findall(f"{SVG}text")]
    assert max(map(len, rows)) < 110
    said = re.sub(r"\s+", " ", " ".join(rows))
    for question in flow.questions:
        assert f" · {question.id}" in said
    for outcome in flow.outcomes:
        assert f" · {outcome.id}" in said


def test_the_list_says_the_same(knowledge: Knowledge) -> None:
    flow = knowledge.snapshot.flows["job-offer-check"]
    items = drawing.items(flow, voice_of(knowledge.snapshot, flow, "en"))
    assert [item.kind for item in items].count("outcome") == len(flow.outcomes)
    assert items[-1].note == "In every other case"
    assert any("Only if" in item.note for item in items if item.kind == "question")
    assert any("points: 4" in text for item in items for _, text in item.lines)


@pytest.mark.parametrize("text", ["x" * 300, "很" * 90, "one two three " * 30, ""])
def test_long_words_are_cut(text: str) -> None:
    rows = drawing.wrapped(text, 400)
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(len(row) <= 50 for row in rows)


def test_markup_in_a_text_stays_text(knowledge: Knowledge) -> None:
    flow = knowledge.snapshot.flows["job-offer-check"]
    voice = drawing.Voice(lambda block: "<script>&", lambda word, **_: word, {})
    assert "<script>" not in drawing.svg(flow, voice)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow-picture", "job-offer-check"]) == 0
    assert capsys.readouterr().out.startswith("<svg ")
    assert main(["flow-picture", "nothing"]) == 1
    assert "there is no flow" in capsys.readouterr().err
