"""The other guided flows (tests/tables/*.csv): each row's answers, where they lead, and why.

A row names only the answers that differ from those of the row `base`. Added lines are
their numbers in the outcome. What all these flows must never say or ask is tested below.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from bot.dialogue.danger import CueMatcher
from bot.dialogue.understanding import Understanding
from bot.flows import engine, lint
from bot.flows.model import Flow, Outcome
from bot.knowledge import Knowledge
from bot.lexical import fold
from bot.storage import OpenCase
from tests.dialogue.stage import Stage, without_store
from tests.flows.test_tables import TABLES, flow_of, walk

FLOWS = (
    "temporary-protection",
    "ticket-request",
    "resettlement",
    "unpaid-wages",
    "lost-documents",
    "talk-to-counsellor",
    "phone-safety",
)
LONGEST_SENTENCE = 20  # words
REACHED_EARLY = ("elsewhere", "screen", "threats", "kept", "danger", "watched")


@dataclass(frozen=True)
class Row:
    flow: str
    case: str
    answers: Mapping[str, str]
    outcome: str
    result: str
    reasons: tuple[str, ...]
    has_reason: bool
    added: tuple[int, ...]


@cache
def rows_of(flow_id: str) -> tuple[Row, ...]:
    return tuple(_rows(flow_id))


def _rows(flow_id: str) -> Iterator[Row]:
    with (TABLES / f"{flow_id}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    base = _answers(flow_id, lines[0]["answers"])
    for cells in lines:
        yield Row(
            flow=flow_id,
            case=cells["case"],
            answers={
                **base,
                **_answers(flow_id, cells["answers"]),
                "country": cells["country"],
            },
            outcome=cells["outcome"],
            result=cells["result"],
            reasons=tuple(cells["reasons"].split()),
            has_reason=bool(cells["reason"]),
            added=tuple(map(int, cells["added"].split())),
        )


def _answers(flow_id: str, cell: str) -> dict[str, str]:
    own = dict(pair.split("=") for pair in cell.split())
    unknown = [name for name in own if flow_of(flow_id).question(name) is None]
    assert not unknown, f"{flow_id}: no question {unknown}"
    return own


ROWS = [row for flow_id in FLOWS for row in rows_of(flow_id)]


def run_of(row: Row) -> engine.Run:
    return walk(flow_of(row.flow), row.answers, {})


def outcome_of(run: engine.Run) -> Outcome:
    found = engine.outcome(run)
    assert found is not None
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.flow}: {row.case}")
def test_row(row: Row) -> None:
    run = run_of(row)
    outcome = outcome_of(run)
    assert (outcome.id, outcome.result) == (row.outcome, row.result)
    told = [f"{question.id}:{option.id}" for question, option in engine.reasons(run, outcome)]
    assert tuple(told) == row.reasons
    assert bool(outcome.reason) == row.has_reason
    assert tuple(n for n, _ in engine.added(run, outcome)) == row.added


@pytest.mark.parametrize("flow_id", FLOWS)
def test_every_outcome_and_every_added_line_has_a_case(flow_id: str) -> None:
    rows = rows_of(flow_id)
    assert {row.outcome for row in rows} == {each.id for each in flow_of(flow_id).outcomes}
    told = {(row.outcome, n) for row in rows for n in row.added}
    for outcome in flow_of(flow_id).outcomes:
        if not flow_id.startswith(("ticket", "lost")):  # the same lines in many outcomes
            assert {(outcome.id, n) for n, _ in enumerate(outcome.add, 1)} <= told, outcome.id


@pytest.mark.parametrize("flow_id", FLOWS)
def test_a_country_that_is_known_is_not_asked(flow_id: str) -> None:
    for row in rows_of(flow_id):
        country = row.answers["country"]
        run = engine.begin(flow_of(flow_id), "" if country == "xx" else country)
        while (question := engine.ask(run)) is not None:
            assert question.kind != "country" or country == "xx"
            run = engine.answer(run, question.id, row.answers[question.id])
        assert outcome_of(run).id == row.outcome


def test_what_comes_first_ends_the_questions() -> None:
    for row in ROWS:
        if row.outcome in REACHED_EARLY:
            run = run_of(row)
            assert outcome_of(run).early
            last = run.answers[-1][0]
            wanted = {"elsewhere": "country", "watched": "screen"}.get(row.outcome, row.outcome)
            assert last == ("how" if row.flow == "lost-documents" and last == "how" else wanted)


@pytest.mark.parametrize("flow_id", FLOWS)
def test_the_linter_finds_nothing(flow_id: str, knowledge: Knowledge) -> None:
    assert lint.judge(flow_of(flow_id), knowledge.snapshot.values) == []
    assert flow_id in knowledge.snapshot.flows


# How sure an answer may be


def test_nobody_is_promised_resettlement_or_a_lost_paper() -> None:
    for flow_id in ("resettlement", "lost-documents", "unpaid-wages"):
        results = {outcome.result for outcome in flow_of(flow_id).outcomes}
        assert results <= {"maybe", "none"}, flow_id


def test_only_a_visa_in_hand_makes_a_ticket_likely() -> None:
    for row in rows_of("ticket-request"):
        if row.result == "likely":
            assert row.answers["visa"] == "have"
            assert row.answers["country"] == "ro"


def test_whoever_may_ask_anew_hears_of_the_new_rule() -> None:
    for outcome in flow_of("temporary-protection").outcomes:
        is_told = any("military duties" in text for text in outcome.say)
        new = ("named-ro", "named-hu", "permanent-ro", "unclear")
        assert is_told == (outcome.id in new), outcome.id


# What is never asked or said

_NEVER_ASKED = {
    "temporary-protection": ("old", "age", "man", "woman", "sex", "army", "military"),
    "resettlement": ("flee", "fled", "danger", "happened", "war"),
    "ticket-request": ("name", "number of the passport"),
    "unpaid-wages": ("sum", "how much", "name"),
    "lost-documents": ("number",),
    "talk-to-counsellor": ("name", "country", "language", "happened"),
    "phone-safety": ("who sees", "name", "happened"),
}


@pytest.mark.parametrize("flow_id", FLOWS)
def test_what_is_never_asked(flow_id: str) -> None:
    for question in flow_of(flow_id).questions:
        if question.kind == "country":
            continue
        for word in _NEVER_ASKED[flow_id]:
            if (flow_id, question.id) not in {
                ("temporary-protection", "group"),
                ("lost-documents", "how"),
            }:
                asked = question.ask.lower()
                assert not re.search(rf"\b{word}\b", asked), f"{question.id}: {word}"


@pytest.mark.parametrize("flow_id", FLOWS)
def test_no_price_no_claim_and_no_label_for_people(flow_id: str) -> None:
    said = [b for b in flow_of(flow_id).blocks.values() if not b.name.startswith("words/")]
    for block in said:
        for word in ("victim", "illegal", "eur", "lei", "huf", "you must pay", "by law", "damages"):
            assert not re.search(rf"\b{word}\b", block.text.lower()), f"{block.name}: {word}"


@pytest.mark.parametrize("flow_id", FLOWS)
def test_sentences_are_short(flow_id: str) -> None:
    for block in flow_of(flow_id).blocks.values():
        if block.name.startswith("words/"):
            continue
        for sentence in re.split(r"[.?!:]\s|\n", re.sub(r"\{[^}]*\}", "X", block.text)):
            count = len(sentence.split())
            assert count <= LONGEST_SENTENCE, f"{block.name}: {count} words: {sentence}"


def test_the_letter_to_the_employer_stands_only_where_it_is_safe() -> None:
    flow = flow_of("unpaid-wages")
    with_letter = {o.id for o in flow.outcomes if any("I worked for you" in t for t in o.say)}
    assert with_letter == {"steps-ro", "steps-hu"}
    for row in rows_of("unpaid-wages"):
        run = run_of(row)
        is_told = any(
            "bank lines" in line.say for _, line in engine.added(run, outcome_of(run))
        ) or any("bank lines" in text for text in outcome_of(run).say)
        assert is_told == (dict(run.answers).get("proof") == "yes"), row.case


# Buttons, cases, words


@pytest.mark.parametrize("flow_id", FLOWS)
def test_buttons_lead_to_what_exists(flow_id: str, knowledge: Knowledge) -> None:
    snapshot = knowledge.snapshot
    for outcome in flow_of(flow_id).outcomes:
        assert "human" in outcome.next or outcome.case == "none", outcome.id
        assert len(outcome.next) == len(set(outcome.next)), outcome.id
        for item in outcome.next:
            kind, _, target = item.partition(":")
            known = {"entry": snapshot.entries, "card": snapshot.cards, "flow": snapshot.flows}
            assert kind == "human" or target in known[kind], item


def test_who_is_in_danger_is_shown_a_card_and_somebody_is_told() -> None:
    outcome = flow_of("talk-to-counsellor").outcome("danger")
    assert outcome is not None
    assert outcome.shown_card == "violence"
    assert (outcome.case, outcome.priority, outcome.protection) == ("open", 1, True)


def test_a_date_that_is_near_goes_to_the_top_of_the_queue() -> None:
    flow = flow_of("talk-to-counsellor")
    by_priority = {outcome.id: outcome.priority for outcome in flow.outcomes}
    assert by_priority == {"danger": 1, "letter": 2, "letter-unclear": 2, "ready": 3}


def test_private_flows_need_no_typing() -> None:
    for flow_id in FLOWS:
        flow: Flow = flow_of(flow_id)
        assert flow.private == (flow_id in ("talk-to-counsellor", "phone-safety"))
        if flow.private:
            assert {question.kind for question in flow.questions} <= {"yes-no", "choice", "country"}


@pytest.mark.parametrize("flow_id", FLOWS)
def test_nobody_s_words_mean_two_answers(flow_id: str) -> None:
    for question in flow_of(flow_id).questions:
        seen: dict[str, str] = {}
        for option in question.options:
            for phrase in (option.label, *option.words.splitlines()):
                folded = fold(phrase)
                assert not folded or seen.setdefault(folded, option.id) == option.id, phrase


@pytest.mark.parametrize("flow_id", FLOWS)
def test_no_answer_in_own_words_is_taken_for_danger(flow_id: str, knowledge: Knowledge) -> None:
    """Danger is looked for first, so such words would never be heard as an answer."""
    matcher = CueMatcher(knowledge.snapshot.cues())
    for question in flow_of(flow_id).questions:
        for option in question.options:
            for phrase in option.words.splitlines():
                assert not list(matcher.match(phrase)), f"{question.id}/{option.id}: {phrase}"


@pytest.mark.parametrize("flow_id", FLOWS)
def test_every_choice_is_known_by_own_words(flow_id: str) -> None:
    for question in flow_of(flow_id).questions:
        for option in question.options:
            if question.kind == "choice" and option.id not in ("unknown", "unsaid"):
                assert len(option.words.splitlines()) >= 5, f"{question.id}/{option.id}"


# At the front door


@pytest.mark.parametrize("flow_id", FLOWS)
async def test_own_words_are_heard_as_the_answer_they_stand_for(
    flow_id: str, knowledge: Knowledge, understanding: Understanding
) -> None:
    """In the open flow; danger is looked for before, and must not be found in them."""
    flow, heard, missed = flow_of(flow_id), 0, []
    stage = Stage(without_store(knowledge, understanding), country="", consent="yes")
    here = stage.person
    for question, answers in _ways(flow_id).items():
        stage.person = here
        await stage.presses(f"f:{flow_id}:0")
        for name, value in answers:
            await stage.presses(f"a:{flow_id}:{name}:{value}")
        asked = stage.person
        for option in flow.question(question).options:  # type: ignore[union-attr]
            for phrase in option.words.splitlines():
                stage.person = asked
                said = await stage.says(phrase)
                expected = engine.answer(_run(flow, answers), question, option.id)
                following = engine.ask(expected)
                closing = engine.outcome(expected)
                wanted = f"ask/{following.id}" if following else f"closing/{closing and closing.id}"
                if said[-1] != f"{flow_id}/{wanted}":
                    missed.append(f"{question}/{option.id}: {phrase}: {said}")
                heard += 1
    assert not missed
    assert heard >= 10


def _ways(flow_id: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """How each question is reached: the answers before it, from the rows of the table."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in rows_of(flow_id):
        answers = run_of(row).answers
        for n, (name, _) in enumerate(answers):
            found.setdefault(name, answers[:n])
    return found


def _run(flow: Flow, answers: tuple[tuple[str, str], ...]) -> engine.Run:
    run = engine.begin(flow)
    for name, value in answers:
        run = engine.answer(run, name, value)
    return run


@pytest.mark.parametrize(("letter", "priority"), [("yes", 2), ("unknown", 2), ("no", 3)])
async def test_how_urgent_it_is_goes_along_when_the_case_is_opened(
    letter: str, priority: int, knowledge: Knowledge, understanding: Understanding
) -> None:
    stage = Stage(without_store(knowledge, understanding), consent="yes")
    await stage.presses("f:talk-to-counsellor:0")
    for question, value in (("danger", "no"), ("who", "other"), ("letter", letter)):
        assert stage.change is None
        await stage.presses(f"a:talk-to-counsellor:{question}:{value}")
    button = next(action for action in stage.actions if action.startswith("S:"))
    said = await stage.presses(button)
    assert isinstance(stage.change, OpenCase)
    assert (stage.change.priority, stage.change.protection) == (priority, False)
    assert not any("handed" in key for key in said), "no answer is told to anybody"


async def test_in_danger_a_case_is_open_after_one_answer(
    knowledge: Knowledge, understanding: Understanding
) -> None:
    stage = Stage(without_store(knowledge, understanding), consent="yes")
    await stage.presses("f:talk-to-counsellor:0")
    said = await stage.presses("a:talk-to-counsellor:danger:yes")
    assert said[0] == "violence/numbers"
    assert isinstance(stage.change, OpenCase)
    assert (stage.change.priority, stage.change.protection) == (1, True)
