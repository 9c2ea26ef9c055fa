"""Reading a flow's file: each fault by its line, all of them at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.flows import model
from bot.flows.model import Flow
from bot.i18n import wording
from bot.knowledge.flow_files import Refused, judged, no_judge
from bot.knowledge.sync import extract
from tests.flows import good
from tests.knowledge.project import Project

ROOT = Path(__file__).resolve().parent.parent.parent
FLOWS = sorted(p for p in (ROOT / "content/flows").glob("*.yaml") if p.stem != "words")


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_every_flow_can_be_read(path: Path) -> None:
    found = model.load(path.relative_to(ROOT).as_posix(), path.read_bytes())
    assert isinstance(found, Flow), [str(problem) for problem in found.problems]


def test_the_good_flow_has_all_its_options() -> None:
    flow = good.flow()
    assert [question.id for question in flow.questions][:2] == ["threat", "country"]
    names = {q.id: [option.id for option in q.options] for q in flow.questions}
    assert names["threat"] == ["yes", "no", "unknown"]
    assert names["contract"] == ["paper", "spoken", "unknown", "unsaid"]
    assert names["country"] == ["ro", "hu", "xx"]
    assert names["people"] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("risk: L", "risk: X", "risk"),
        ("label: Check a room", "labels: Check a room", "labels is no field here"),
        ("    kind: number", "    kind: numbers", "kind"),
        ("    ask: How many people live there?", "    aks: How many?", "aks is no field"),
        ("        points: 3", "        points: three", "points"),
        ("        points: 3", "        points: -3", "cannot be less than 0"),
        ('    when: {threat: "yes"}', "    when: [threat]", "a condition is a mapping"),
        ("    when: {people: {min: 9}}", "    when: {people: {least: 9}}", "min: number"),
        ("{mark: [weak, critical], min: 1}", "{mark: [weak, critical], min: few}", "whole numbers"),
        ("{mark: [weak, critical], min: 1}", "{min: 1}", "either a mark or an option"),
        ("{country: ro}\n    options", "{country: fr}\n    options", "none of ro, hu, xx"),
        ("id: room-check", "id: room-chek", "the file's name"),
        ("topic: housing", "topic: hosing", "no topic"),
        ("  - id: people", "  - id: paid", "stands here twice"),
        ("  - id: people", "  - id: points", "means something else"),
        ("      - id: spoken", "      - id: paper", "stands here twice"),
        ("        label: On paper\n", "", "needs a label"),
        (
            "      - id: unknown\n        points: 1",
            "      - id: maybe\n        points: 1",
            "none of",
        ),
        ("first: threat", "first: thread", "no question 'thread'"),
        ("    because: none", "    because: some", "because is all"),
        ("card:violence, human", "violence", "is no button"),
        ("    max: 12", "    max: 0", "min is more than max"),
        ("  - id: country", "  - id: land", "has the id country"),
        ("plan: FX", "plan: &a FX", "anchors"),
        ("plan: FX", "plan: FX\nplan: FY", "stands here twice"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, says: str) -> None:
    assert old in good.GOOD
    found = good.read(good.GOOD.replace(old, new, 1))
    assert isinstance(found, Refused)
    told = [problem for problem in found.problems if says in problem.message]
    assert told, [str(problem) for problem in found.problems]
    near = good.GOOD[: good.GOOD.index(old)].count("\n") + 1
    assert any(abs(problem.line - near) <= 4 for problem in told), (near, told)


_SPOILT = ("kind: numbers", "points: two", "early: yes", "row: two")


def test_several_faults_are_told_at_once() -> None:
    text = good.GOOD.replace("kind: number", "kind: numbers").replace("early: true", "early: yes")
    text = text.replace("row: 2", "row: two").replace("points: 2", "points: two")
    found = good.read(text)
    assert isinstance(found, Refused)
    assert len(found.problems) == 4, [str(problem) for problem in found.problems]
    wanted = [text[: text.index(part)].count("\n") + 1 for part in _SPOILT]
    assert sorted(problem.line for problem in found.problems) == wanted


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Does the owner threaten you?", "x" * 301, "ask/threat: too long"),
        ("label: On paper", f"label: {'x' * 31}", "option/contract/paper: too long"),
        ("[You do not have to stay there.]", f"[{'x' * 601}]", "say/danger/1: too long"),
        ("title: Is this room safe to rent?", f"title: {'x' * 81}", "title: too long"),
        ("[Please do not pay more.]", '["Call 0800 123 456."]', "say/unsafe/1: a number was"),
        ("[Please do not pay more.]", '["Pay {no_such_fact}."]', "neither a fact"),
    ],
)
def test_texts_are_judged(old: str, new: str, says: str) -> None:
    _, problems = judged(good.PATH, good.GOOD.replace(old, new).encode(), good.VALUES, no_judge)
    assert any(says in problem.message for problem in problems), problems


def test_the_published_schema_is_the_models() -> None:
    published = json.loads((ROOT / "content/flows/schema.json").read_text("utf-8"))
    wanted = json.loads(json.dumps(model.schema()))
    assert published == wanted, "run `python -m bot flow-schema > content/flows/schema.json`"


def test_texts_are_extracted_by_their_place(project: Project) -> None:
    project.write(good.PATH, good.GOOD)
    project.write("content/flows/words.yaml", '"yes": |\n  yes\n  sure\n')
    sources = extract(project.root)[0]["flows"]
    assert sources["room-check/ask/threat"].text == "Does the owner threaten you?"
    assert sources["room-check/words/contract/paper"].text == "written\nsigned"
    assert (
        sources["room-check/add/unsafe/1"].line == good.GOOD.split("In Romania")[0].count("\n") + 1
    )
    assert sources["words/yes"].text == "yes\nsure"
    assert wording.is_independent("words/yes")
    assert wording.is_independent("room-check/words/contract/paper")
    assert not wording.is_independent("room-check/ask/threat")


def test_a_saved_flow_is_live_and_a_broken_one_changes_nothing(project: Project) -> None:
    project.write("content/facts/common.yaml", _SWITCH)
    project.write(good.PATH, good.GOOD.replace("card:violence", "card:held"))
    knowledge = project.open()
    first = knowledge.snapshot
    assert list(first.flows) == ["room-check"]
    project.edit(good.PATH, "Does the owner threaten you?", "Does anybody threaten you?")
    assert knowledge.reload()
    assert knowledge.snapshot.id != first.id
    asked = knowledge.snapshot.flow_text("room-check", "ask/threat", "en")
    assert asked == "Does anybody threaten you?"
    project.edit(good.PATH, "kind: number", "kind: numbers")
    knowledge.reload()
    assert any(problem.path == good.PATH for problem in knowledge.problems)
    served = knowledge.snapshot.flows["room-check"].question("people")
    assert served is not None and served.kind == "number"


def test_a_translation_serves_and_its_words_are_its_own(project: Project) -> None:
    project.write(good.PATH, good.GOOD)
    texts = {
        "room-check/ask/threat": "Чи погрожує вам власник?",
        "room-check/words/contract/paper": "письмовий",
    }
    project.locale("uk", texts)
    snapshot = project.open().snapshot
    assert snapshot.flow_text("room-check", "ask/threat", "uk") == "Чи погрожує вам власник?"
    assert snapshot.flow_text("room-check", "ask/paid", "uk").startswith("Did you pay")
    assert snapshot.option_words("room-check", "contract", "paper", "uk") == ("письмовий",)
    assert snapshot.option_words("room-check", "contract", "spoken", "uk") == ()


@pytest.mark.parametrize(
    ("block", "limit"), [("ask/threat", 300), ("option/contract/paper", 30), ("title", 80)]
)
def test_limits_hold_in_every_language(project: Project, block: str, limit: int) -> None:
    project.write(good.PATH, good.GOOD)
    project.locale("uk", {f"room-check/{block}": "я" * (limit + 1)})
    problems = project.open().problems
    assert any(
        problem.path == "locales/uk/LC_MESSAGES/flows.po"
        and f"too long: {limit + 1} characters, at most {limit}" in problem.message
        for problem in problems
    )


_SWITCH = """common_switch:
  id: X-1
  kind: text
  value: running
  source: seed
  source_year: "2026"
  confidence: high
  state: unverified
  verified_on: null
  review_every: 30
"""
