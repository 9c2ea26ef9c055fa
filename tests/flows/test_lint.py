"""The linter: a good flow with one fault planted at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import check
from bot.flows import lint, model, search
from bot.flows.model import Flow
from bot.i18n import Problem
from bot.knowledge import Knowledge
from bot.knowledge.flow_files import link_faults
from tests.flows import good
from tests.knowledge.project import Project

ROOT = Path(__file__).resolve().parent.parent.parent
FLOWS = sorted(p for p in (ROOT / "content/flows").glob("*.yaml") if p.stem != "words")


def found_in(text: str) -> list[Problem]:
    return lint.judge(good.flow(text), good.VALUES)


def test_the_good_flow_is_good() -> None:
    assert found_in(good.GOOD) == []


LAST = "  - id: fine\n    row: 5\n"
# name -> what is replaced, by what, what the linter says, on which line (where that begins)
PLANTS = {
    "unknown question": (
        '{threat: "yes"}',
        '{thread: "yes"}',
        "there is no question 'thread'; correct the name",
    ),
    "unknown question in a sum of conditions": (
        '{paid: "yes"}\n    result',
        '{payed: "yes"}\n    result',
        "there is no question 'payed'",
    ),
    "unknown option": (
        '{threat: "yes"}',
        '{threat: "maybe"}',
        "threat has no option 'maybe'; it has yes, no, unknown",
    ),
    "option of a number": ("{people: {min: 9}}", "{people: many}", "use {min: 1}"),
    "range of a choice": (
        "{people: {min: 9}}",
        "{contract: {min: 9}}",
        "contract is no number; write contract: option",
    ),
    "unknown mark": ("{mark: [weak", "{mark: [week", "no option has the mark 'week'"),
    "unknown counted option": ("{option: unknown", "{option: unsure", "no question has an option"),
    "unknown fact": ("common_switch: running", "common_swich: running", "there is no fact"),
    "unknown question in because": ("because: [paid]", "because: [pay]", "because: there is no"),
    "a mark that nobody counts": (
        "marks: [critical]",
        "marks: [critcal]",
        "nobody counts the mark",
    ),
    "points that nobody adds up": (
        "{points: {min: 5}, fact: {common_switch: running}}",
        '{paid: "yes", fact: {common_switch: running}}',
        "nobody adds up points",
    ),
    "a question that looks ahead": (
        "    ask: Did you pay before you saw the room?",
        "    ask: Did you pay before you saw the room?\n    when: {contract: paper}",
        "contract is asked later; move it before",
    ),
    "a question that looks at itself": (
        "    when: {country: ro}\n    options",
        "    when: {contract: paper}\n    options",
        "contract is asked later",
    ),
    "a country nobody asks for": (
        "  - id: country\n    kind: country\n    ask: Which country are you in?\n",
        "",
        "add a question of the kind country",
    ),
    "the last outcome has a condition": (
        LAST,
        LAST + "    when: {paid: unknown}\n",
        "take out its `when`, so that every way ends",
    ),
    "the last outcome is early": (LAST, LAST + "    early: true\n", "early and always holds"),
    "a question that is never asked": (
        "    when: {country: ro}\n    options",
        '    when: {threat: "yes"}\n    options',
        "contract is never asked; correct its `when`",
    ),
    "an outcome that is hidden": (
        "    when: {points: {min: 5}, fact: {common_switch: running}}",
        "    when: {people: {min: 10}, points: {min: 1}}",
        "unsafe is hidden by the outcomes before it",
    ),
    "an outcome hidden by an early one": (
        "    when: {people: {min: 9}}\n",
        '    when: {threat: "yes", paid: "yes"}\n',
        "crowded is hidden by the outcomes before it",
    ),
    "points that nobody can have": (
        "{points: {min: 5},",
        "{points: {min: 10},",
        "unsafe can never hold",
    ),
    "a count that nobody can have": (
        "{points: {min: 5}, fact: {common_switch: running}}",
        "{count: {mark: weak, min: 2}, points: {min: 1}}",
        "unsafe can never hold",
    ),
    "a contradiction": (
        "{points: {min: 5}, fact: {common_switch: running}}",
        '{points: {min: 5}, all: [{paid: "yes"}, {paid: "no"}]}',
        "unsafe can never hold",
    ),
    "a contradiction with a question that is not asked": (
        "{points: {min: 5}, fact: {common_switch: running}}",
        "{points: {min: 2}, country: hu, contract: spoken}",
        "unsafe can never hold",
    ),
    "a number out of its bounds": ("{people: {min: 9}}", "{people: {min: 13}}", "can never hold"),
    "a line that is never added": (
        "      - when: {country: ro}\n",
        "      - when: {country: hu, contract: paper}\n",
        "line 1 of add can never be shown",
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found(name: str) -> None:
    old, new, says = PLANTS[name]
    assert good.GOOD.count(old) == 1
    found = found_in(good.GOOD.replace(old, new))
    told = [p for p in found if says in p.message and p.severity == "error"]
    assert told, [str(problem) for problem in found]
    assert all(problem.line > 1 for problem in told)


@pytest.mark.parametrize("of", ["outcome", "option"])
def test_a_button_has_to_carry_the_ids(of: str) -> None:
    name = f"room-check-{'x' * 29}"
    text = good.GOOD.replace("id: room-check", f"id: {name}")
    old, new = ("  - id: fine", "  - id: fine-and-without-any-sign")
    if of == "option":
        old, new = ("      - id: spoken", "      - id: spoken-not-paper")
    flow = model.load(f"content/flows/{name}.yaml", text.replace(old, new[:30]).encode())
    assert isinstance(flow, Flow), [str(problem) for problem in flow.problems]
    assert any("shorten" in problem.message for problem in lint.judge(flow, good.VALUES))


def test_there_are_enough_plants() -> None:
    assert len(PLANTS) >= 20


def test_a_reason_that_is_never_shown_is_a_warning() -> None:
    text = good.GOOD.replace(
        "    say: [You do not have", "    because: none\n    say: [You do not have"
    )
    [problem] = found_in(text)
    assert problem.severity == "warning"
    assert "threat/yes: no outcome lists this reason" in problem.message
    assert good.GOOD.splitlines()[problem.line - 1].strip().startswith("because: The owner")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("card:violence", "card:violins", "danger: card:violins: there is no such card"),
        ("entry:common-about", "entry:common-abuot", "there is no such entry"),
        ("flow:room-check", "flow:room-chek", "there is no such flow"),
    ],
)
def test_what_it_leads_to_has_to_be_there(old: str, new: str, says: str) -> None:
    flow = good.flow(good.GOOD.replace(old, new))
    faults = list(link_faults(flow, {"common-about"}, {"violence"}, {"room-check"}))
    assert [message for _, message in faults if says in message]
    assert all(good.GOOD.splitlines()[line - 1].strip().startswith("next") for line, _ in faults)


def test_a_way_without_an_end_is_shown() -> None:
    """The last outcome always holds, so only the search itself can show this."""
    flow = good.flow()
    ends = [end for end in search.outcomes_of(flow) if flow.outcomes[end[0]].id != "fine"]
    lost = search.explore(flow, ends).lost
    assert lost is not None
    assert dict(lost)["threat"] != "yes"


def test_the_search_is_exact() -> None:
    """The same as trying every way with the engine itself."""
    from bot.flows import engine

    flow = good.flow()
    reached, ways = set(), 0

    def walk(run: engine.Run) -> Iterator[str]:
        question = engine.ask(run)
        if question is None:
            outcome = engine.outcome(run)
            assert outcome is not None
            yield outcome.id
            return
        values = [option.id for option in question.options] or ["1", "9"]
        for value in values:
            yield from walk(engine.answer(run, question.id, value))

    for country in ("", "ro", "hu"):
        for switch in ("running", "none"):
            for outcome in walk(engine.begin(flow, country, {"common_switch": switch})):
                reached.add(outcome)
                ways += 1
    assert ways > 200
    assert {flow.outcomes[n].id for n in search.explore(flow).outcomes} == reached


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_every_flow_is_without_fault_and_checked_in_a_second(
    path: Path, knowledge: Knowledge
) -> None:
    flow = model.load(path.relative_to(ROOT).as_posix(), path.read_bytes())
    assert isinstance(flow, Flow)
    began = time.process_time()
    found = lint.judge(flow, knowledge.snapshot.values)
    assert time.process_time() - began < 1
    assert [str(problem) for problem in found] == []


def test_check_names_file_and_line(project: Project) -> None:
    project.write(good.PATH, good.GOOD.replace('{threat: "yes"}', '{thread: "yes"}'))
    line = good.GOOD[: good.GOOD.index('{threat: "yes"}')].count("\n") + 1
    told = [str(problem) for problem in check.find(project.root)]
    assert any(
        text.startswith(f"{good.PATH}:{line}: the outcome danger: there is no") for text in told
    )


def test_a_flow_with_a_fault_is_not_served_and_the_last_good_one_is(project: Project) -> None:
    project.write(
        good.PATH,
        good.GOOD.replace(
            "    when: {points: {min: 5}, fact: {common_switch: running}}",
            "    when: {points: {min: 5}}",
        ),
    )
    knowledge = Knowledge.open(project.root, project.var, flow_judge=lint.judge)
    assert list(knowledge.snapshot.flows) == ["room-check"]
    project.edit(good.PATH, "    row: 5\n", '    row: 5\n    when: {paid: "no"}\n')
    assert knowledge.reload()
    last = knowledge.snapshot.flows["room-check"].outcomes[-1]
    assert last.when is None
    fresh = Knowledge.open(project.root, None, flow_judge=lint.judge)
    assert any("last outcome" in problem.message for problem in fresh.problems)


def test_a_language_without_the_flow_is_a_warning(project: Project) -> None:
    project.write(good.PATH, good.GOOD)
    found = list(lint.missing_texts(project.open().snapshot))
    assert {problem.severity for problem in found} == {"warning"}
    assert any("room-check has no text in ar" in problem.message for problem in found)
