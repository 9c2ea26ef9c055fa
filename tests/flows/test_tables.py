"""The plan's decision tables (tests/tables/*.csv), row by row through the engine.

A row names only the answers that differ from those of the row `base`. Reasons are
`question:option`, as the person is told them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from bot.flows import engine
from bot.flows.model import Flow, load
from bot.knowledge import Knowledge
from bot.lexical import fold

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = ROOT / "tests" / "tables"
FLOWS = ("avrr-eligibility", "job-offer-check", "am-i-exploited")
ROWS_OF_PLAN = {"avrr-eligibility": 17, "job-offer-check": 7, "am-i-exploited": 8}
WALKS = 400  # random ways through each flow, against the table written as code
NEEDS = ("no-passport", "ill", "children", "detained", "date")
# Lines that are added, by how the tables name them; the same in every outcome.
ADDED = {
    "You are not sure yet.": "time",
    "You have no passport.": "no-passport",
    "You are ill.": "ill",
    "Children are with you.": "children",
    "You are in a closed place.": "detained",
    "You have a letter with a date soon.": "date",
    "In Romania we read the rules": "read-ro",
    "In Hungary we read the rules": "read-hu",
    "In Romania a visitor cannot change": "visit",
    "In Romania there is a rule on time": "time-ro",
    "We do not know today's rule in Hungary": "time-hu",
}


@dataclass(frozen=True)
class Row:
    flow: str
    case: str
    row: int | None
    country: str
    programme: str  # the office's switch, for avrr-eligibility
    answers: Mapping[str, str]
    outcome: str
    result: str
    reasons: tuple[str, ...]
    has_reason: bool
    added: tuple[str, ...]

    @property
    def facts(self) -> Mapping[str, str]:
        return switches(self.country, self.programme)


def switches(country: str, programme: str) -> dict[str, str]:
    facts = {"ro_return_programme": "unknown", "hu_return_programme": "unknown"}
    name = f"{country}_return_programme"
    return {**facts, name: programme} if name in facts and programme else facts


@cache
def flow_of(flow_id: str) -> Flow:
    path = f"content/flows/{flow_id}.yaml"
    flow = load(path, (ROOT / path).read_bytes())
    assert isinstance(flow, Flow), flow.problems
    return flow


def _lines(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(flow_id: str) -> Iterator[Row]:
    base = _harmless(flow_id)
    for cells in _lines(flow_id):
        own = dict(pair.split("=") for pair in cells["answers"].split())
        unknown = [name for name in own if flow_of(flow_id).question(name) is None]
        assert not unknown, f"{cells['case']}: no question {unknown}"
        yield Row(
            flow=flow_id,
            case=cells["case"],
            row=int(cells["row"]) if cells["row"] else None,
            country=cells["country"],
            programme=cells["programme"],
            answers={**base, **own, "country": cells["country"], "where": cells["country"]},
            outcome=cells["outcome"],
            result=cells["result"],
            reasons=tuple(cells["reasons"].split()),
            has_reason=bool(cells["reason"]),
            added=tuple(cells["added"].split()),
        )


def _harmless(flow_id: str) -> dict[str, str]:
    """What the row `base` answers."""
    answers = {question.id: "no" for question in flow_of(flow_id).questions}
    if flow_id == "avrr-eligibility":
        own = {"idea": "mine", "status": "no-paper", "target": "home"}
        return {**answers, **own, "needs": "none", "more": "none", "third": "none"}
    good = {"job-offer-check": ("contract", "register"), "am-i-exploited": ("leave",)}
    return {**answers, **dict.fromkeys(good[flow_id], "yes")}


ROWS = [row for flow_id in FLOWS for row in rows_of(flow_id)]


def run_of(row: Row) -> engine.Run:
    return walk(flow_of(row.flow), row.answers, row.facts)


def walk(flow: Flow, answers: Mapping[str, str], facts: Mapping[str, str]) -> engine.Run:
    """Answers each question as it is asked."""
    run = engine.begin(flow, "", facts)
    while (question := engine.ask(run)) is not None:
        answer = answers[question.id]
        assert engine.accepts(question, answer), f"{question.id} has no option {answer}"
        run = engine.answer(run, question.id, answer)
    return run


def added_to(run: engine.Run) -> tuple[str, ...]:
    found = engine.outcome(run)
    assert found is not None
    texts = [line.say for _, line in engine.added(run, found)]
    return tuple(
        next(name for start, name in ADDED.items() if text.startswith(start)) for text in texts
    )


def outcome_id(run: engine.Run) -> str:
    found = engine.outcome(run)
    assert found is not None
    return found.id


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.flow}: {row.case}")
def test_row(row: Row) -> None:
    run = run_of(row)
    outcome = engine.outcome(run)
    assert outcome is not None
    assert (outcome.id, outcome.row, outcome.result) == (row.outcome, row.row, row.result)
    told = [f"{question.id}:{option.id}" for question, option in engine.reasons(run, outcome)]
    assert tuple(told) == row.reasons
    assert bool(outcome.reason) == row.has_reason
    assert added_to(run) == row.added


@pytest.mark.parametrize("flow_id", FLOWS)
def test_every_row_and_outcome_has_a_case(flow_id: str) -> None:
    mine = [row for row in ROWS if row.flow == flow_id]
    assert {row.outcome for row in mine} == {each.id for each in flow_of(flow_id).outcomes}
    numbers = {row.row for row in mine if row.row}
    assert numbers == set(range(1, ROWS_OF_PLAN[flow_id] + 1))


@pytest.mark.parametrize("country", ["ro", "hu"])
def test_every_row_on_return_has_a_case_for_the_country(country: str) -> None:
    rows = {row.row for row in ROWS if row.flow == "avrr-eligibility" and row.country == country}
    only_in_hungary = {12}
    wanted = set(range(2, 18)) - (only_in_hungary if country == "ro" else set())
    assert wanted <= rows


@pytest.mark.parametrize("flow_id", FLOWS)
def test_a_country_that_is_known_is_not_asked(flow_id: str) -> None:
    flow = flow_of(flow_id)
    for row in rows_of(flow_id):
        if row.country == "xx":
            continue
        run = engine.begin(flow, row.country, row.facts)
        while (question := engine.ask(run)) is not None:
            assert question.kind != "country"
            run = engine.answer(run, question.id, row.answers[question.id])
        assert outcome_id(run) == row.outcome


def test_danger_and_children_are_asked_nothing_more() -> None:
    for row in ROWS:
        if row.outcome in ("threat", "danger", "minor", "hurt", "locked", "screen"):
            run = run_of(row)
            last = run.answers[-1][0]
            assert last in (row.outcome, "threat"), f"{row.case}: {last} was asked"


# What lies beside the decision


@pytest.mark.parametrize("need", NEEDS)
def test_a_need_never_makes_it_worse_and_is_told(need: str) -> None:
    flow = flow_of("avrr-eligibility")
    for row in rows_of("avrr-eligibility"):
        run = walk(flow, {**row.answers, "needs": need, "more": "none"}, row.facts)
        found = engine.outcome(run)
        assert found is not None
        assert found.id == row.outcome
        # What the old programmes did is told where one may fit.
        is_told = not found.early and (
            found.result != "probably-not" or need not in ("no-passport", "ill")
        )
        assert (need in added_to(run)) == is_told, row.case


def test_who_is_not_sure_may_take_time_and_gets_the_same_outcome() -> None:
    flow = flow_of("avrr-eligibility")
    for row in rows_of("avrr-eligibility"):
        if row.answers["idea"] != "mine":
            continue
        run = walk(flow, {**row.answers, "idea": "unknown"}, row.facts)
        found = engine.outcome(run)
        assert found is not None
        assert found.id == row.outcome
        assert ("time" in added_to(run)) == (not found.early)


def test_a_line_that_is_added_is_the_same_everywhere() -> None:
    said: dict[str, set[str]] = {}
    for flow_id in FLOWS:
        for outcome in flow_of(flow_id).outcomes:
            for line in outcome.add:
                name = next(name for start, name in ADDED.items() if line.say.startswith(start))
                said.setdefault(name, set()).add(line.say)
    assert set(said) == set(ADDED.values())
    assert all(len(texts) == 1 for texts in said.values())


def test_the_other_country_s_switch_changes_nothing() -> None:
    for row in rows_of("avrr-eligibility"):
        other = "hu" if row.country == "ro" else "ro"
        for programme in ("running", "none"):
            facts = {**row.facts, f"{other}_return_programme": programme}
            assert outcome_id(walk(flow_of(row.flow), row.answers, facts)) == row.outcome


def test_weights_of_the_plan() -> None:
    flow = flow_of("job-offer-check")
    planned = {line["question"]: line for line in _lines("job-offer-weights")}
    for question in flow.questions:
        line = planned.get(question.id)
        for option in question.options:
            points = 0
            if line and option.id == line["bad"]:
                points = int(line["points"])
            elif line and option.id == "unknown":
                points = int(line["unknown"])
            assert option.points == points, f"{question.id}:{option.id}"
            is_critical = bool(line and line["critical"] and option.id == line["bad"])
            assert ("critical" in option.marks) == is_critical


def test_a_new_permit_is_asked_about_for_hungary_only() -> None:
    for row in rows_of("job-offer-check"):
        asked = {question for question, _ in run_of(row).answers}
        is_long = "iom-name" in asked and row.outcome != "at-work"
        assert ("guest-permit" in asked) <= (row.country == "hu")
        assert ("guest-permit" in asked) or not is_long or row.country != "hu"


# The tables once more, written as code: random ways have to end in the same row


def return_row(a: Mapping[str, str]) -> int:
    country, status = a["country"], a["status"]
    court = a["expelled"] if country == "ro" else a["crime"]
    table = (
        (1, country == "xx"),
        (2, a["idea"] == "pushed"),
        (3, a["idea"] == "no-wish"),
        (4, a["minor"] == "yes"),
        (5, status == "citizen"),
        (6, status == "eu"),
        (7, a["target"] == "other"),
        (8, court == "yes"),
        (9, a["used"] == "yes"),
        (10, court in ("unknown", "unsaid") or a["used"] == "unknown"),
        (11, status == "unknown"),
        (12, country == "hu" and a["pay"] in ("yes", "partly")),
        (13, status == "ukraine-other"),
        (14, status in ("refused", "no-paper")),
        (15, status in ("claim", "protection")),
        (16, status == "temporary"),
        (17, status == "permit"),
    )
    return next(row for row, holds in table if holds)


def offer_row(a: Mapping[str, str]) -> int:
    planned = [line for line in _lines("job-offer-weights") if line["plan"] != "J15"]
    if a["where"] == "hu":
        planned = _lines("job-offer-weights")
    bad = [line for line in planned if a[line["question"]] == line["bad"]]
    doubts = [line for line in planned if a[line["question"]] == "unknown"]
    points = sum(int(line["points"]) for line in bad)
    points += sum(int(line["unknown"]) for line in doubts)
    not_known = len(doubts) + sum(a[name] == "unknown" for name in ("threat", "minor"))
    is_critical = any(line["critical"] for line in bad)
    table = (
        (1, a["threat"] == "yes"),
        (2, a["minor"] == "yes"),
        (3, a["at-work"] == "yes" and is_critical),
        (4, is_critical or points >= 7),
        (5, 3 <= points <= 6),
        (6, not_known >= 5),
        (7, True),
    )
    return next(row for row, holds in table if holds)


def work_row(a: Mapping[str, str]) -> int | None:
    strong = (a["leave"] == "no") + sum(a[name] == "yes" for name in ("papers", "threats", "debt"))
    medium = ("pay", "other-job", "rest", "place", "pressure")
    signs = sum(a[name] == "yes" for name in medium)
    table = (
        (None, a["screen"] == "yes" or a["danger"] == "yes"),
        (1, a["minor"] == "yes"),
        (2, a["hurt"] == "yes" or a["locked"] == "yes"),
        (3, a["leave"] == "no" and strong >= 2),
        (4, strong >= 1),
        (5, signs >= 2),
        (6, signs == 1),
        (7, sum(value == "unsaid" for value in a.values()) >= 4),
        (8, True),
    )
    return next(row for row, holds in table if holds)


@pytest.mark.parametrize(
    ("flow_id", "table"),
    list(zip(FLOWS, (return_row, offer_row, work_row), strict=True)),
    ids=FLOWS,
)
def test_random_ways_end_in_the_row_of_the_plan(flow_id: str, table: object) -> None:
    flow, random, rows = flow_of(flow_id), Random(5), set()
    assert callable(table)
    for _ in range(WALKS):
        answers = {
            # Harmless answers often enough, or hardly a way would reach the last rows.
            question.id: random.choice([option.id for option in question.options])
            if random.random() < random.choice((0.1, 0.4, 1))
            else _harmless(flow_id)[question.id]
            for question in flow.questions
        }
        if "country" in answers:
            answers["country"] = random.choice(("ro", "ro", "hu", "hu", "hu", "xx"))
        if "where" in answers:
            answers["where"] = random.choice(("ro", "hu", "xx"))
        found = engine.outcome(walk(flow, answers, switches("ro", "running")))
        assert found is not None
        assert found.row == table(answers), answers
        rows.add(found.row)
    assert len(rows) >= ROWS_OF_PLAN[flow_id] - 1, "too few rows were reached"


# What people read, and where its buttons lead


@pytest.mark.parametrize("flow_id", FLOWS)
def test_no_scores_and_no_labels_for_people(flow_id: str) -> None:
    said = [b for b in flow_of(flow_id).blocks.values() if not b.name.startswith("words/")]
    for block in said:
        for word in ("victim", "points", "score", "illegal", "traffick"):
            text = block.text.lower().replace("anti-trafficking line", "")
            assert word not in text, f"{block.name}: {word}"


@pytest.mark.parametrize("flow_id", FLOWS)
def test_buttons_lead_to_what_exists(flow_id: str, knowledge: Knowledge) -> None:
    snapshot = knowledge.snapshot
    for outcome in flow_of(flow_id).outcomes:
        assert "human" in outcome.next or outcome.case == "none", outcome.id
        for item in outcome.next:
            kind, _, target = item.partition(":")
            assert kind != "entry" or target in snapshot.entries, item
            assert kind != "card" or target in snapshot.cards, item


@pytest.mark.parametrize("flow_id", FLOWS)
def test_nobody_s_words_mean_two_answers(flow_id: str) -> None:
    for question in flow_of(flow_id).questions:
        seen: dict[str, str] = {}
        for option in question.options:
            for phrase in (option.label, *option.words.splitlines()):
                folded = fold(phrase)
                assert not folded or seen.setdefault(folded, option.id) == option.id, phrase


def test_answers_about_work_need_no_typing() -> None:
    flow = flow_of("am-i-exploited")
    assert flow.private
    assert {question.kind for question in flow.questions} <= {"yes-no", "country"}


def test_cases_that_open_are_for_the_protection_role() -> None:
    for flow_id in FLOWS:
        for outcome in flow_of(flow_id).outcomes:
            if outcome.case == "open":
                assert outcome.protection, outcome.id
                assert outcome.priority == 1, outcome.id
                assert outcome.shown_card, outcome.id
