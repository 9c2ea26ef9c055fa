"""The engine alone: questions, answers, the way back, outcomes and their reasons."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.flows import conditions, engine
from bot.flows.engine import Run
from bot.flows.model import Condition
from bot.knowledge import flow_conditions
from tests.flows import good

RUNNING = {"common_switch": "running"}


def begin(country: str = "", facts: Mapping[str, str] = RUNNING) -> Run:
    return engine.begin(good.flow(), country, facts)


def answered(known: str = "", /, **answers: str) -> Run:
    """Answers in the flow's own order, whatever the order here."""
    run = begin(known)
    while (question := engine.ask(run)) is not None and question.id in answers:
        run = engine.answer(run, question.id, answers[question.id])
    return run


def asked_now(run: Run) -> str | None:
    question = engine.ask(run)
    return question.id if question else None


def outcome(run: Run) -> str | None:
    found = engine.outcome(run)
    return found.id if found else None


def test_the_first_question_is_the_one_that_the_file_names() -> None:
    assert asked_now(begin()) == "threat"


def test_a_known_country_is_not_asked() -> None:
    assert asked_now(answered(threat="no")) == "country"
    assert asked_now(answered("ro", threat="no")) == "paid"


def test_a_question_is_left_out_when_its_condition_does_not_hold() -> None:
    hu = answered("hu", threat="no", paid="no", people="2")
    assert (asked_now(hu), outcome(hu)) == (None, "fine")
    ro = answered("ro", threat="no", paid="no", people="2")
    assert (asked_now(ro), outcome(ro)) == ("contract", None)


def test_an_early_outcome_ends_at_once() -> None:
    run = answered("ro", threat="yes")
    assert (asked_now(run), outcome(run)) == (None, "danger")


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"paid": "no", "people": "9", "contract": "paper"}, "crowded"),
        ({"paid": "yes", "people": "8", "contract": "spoken"}, "unsafe"),
        ({"paid": "yes", "people": "8", "contract": "paper"}, "doubtful"),
        ({"paid": "unknown", "people": "1", "contract": "unknown"}, "doubtful"),
        ({"paid": "unknown", "people": "1", "contract": "unsaid"}, "fine"),
    ],
)
def test_the_first_outcome_that_holds_is_the_one(answers: dict[str, str], wanted: str) -> None:
    assert outcome(answered("ro", threat="no", **answers)) == wanted


def test_the_offices_switch_counts() -> None:
    run = begin("ro", {"common_switch": "none"})
    for name, value in (("threat", "no"), ("paid", "yes"), ("people", "1"), ("contract", "spoken")):
        run = engine.answer(run, name, value)
    assert outcome(run) == "doubtful"


def test_reasons_are_the_answers_that_speak_for_it() -> None:
    run = answered("ro", threat="no", paid="yes", people="2", contract="spoken")
    unsafe = engine.outcome(run)
    assert unsafe is not None
    told = [(question.id, option.id) for question, option in engine.reasons(run, unsafe)]
    assert told == [("paid", "yes"), ("contract", "spoken")]
    fine = run.flow.outcome("fine")
    crowded = run.flow.outcome("crowded")
    assert fine and crowded
    assert [question.id for question, _ in engine.reasons(run, fine)] == ["paid"]
    assert engine.reasons(run, crowded) == ()


def test_added_lines_come_with_their_condition() -> None:
    unsafe = good.flow().outcome("unsafe")
    assert unsafe
    assert [n for n, _ in engine.added(begin("ro"), unsafe)] == [1]
    assert engine.added(begin("hu"), unsafe) == ()


def test_back_takes_the_last_answer_and_ends_at_the_first() -> None:
    run = answered("ro", threat="no", paid="yes")
    run = engine.back(run)
    assert (asked_now(run), dict(run.answers)) == ("paid", {"threat": "no"})
    run = engine.back(engine.back(run))
    assert (asked_now(run), run.answers) == ("threat", ())


def test_a_changed_answer_takes_away_what_hung_on_it() -> None:
    run = answered(threat="no", country="ro", paid="no", people="2", contract="spoken")
    changed = engine.answer(run, "country", "hu")
    assert "contract" not in changed.given
    assert outcome(changed) == "fine"
    again = engine.answer(changed, "country", "ro")
    assert asked_now(again) == "contract"


def test_a_changed_answer_may_end_it() -> None:
    run = engine.answer(answered("ro", threat="no", paid="no"), "threat", "yes")
    assert outcome(run) == "danger"


def test_steps_count_up_and_the_whole_never_grows() -> None:
    run, steps = begin(), []
    for name, value in (("threat", "no"), ("country", "hu"), ("paid", "no"), ("people", "2")):
        steps.append(engine.step_of(run))
        run = engine.answer(run, name, value)
    assert steps == [(1, 5), (2, 5), (3, 4), (4, 4)]
    assert engine.step_of(run) == (4, 4)


@pytest.mark.parametrize(
    ("value", "is_answer"), [("1", True), ("12", True), ("0", False), ("13", False), ("x", False)]
)
def test_a_number_has_bounds(value: str, is_answer: bool) -> None:
    question = good.flow().question("people")
    assert question and engine.accepts(question, value) is is_answer


# Conditions


def condition(data: object) -> Condition:
    return flow_conditions.parse(data)


@pytest.mark.parametrize(
    ("when", "answers", "wanted"),
    [
        ({"threat": "yes"}, {"threat": "yes"}, True),
        ({"threat": ["yes", "unknown"]}, {"threat": "unknown"}, True),
        ({"threat": "yes"}, {}, False),
        ({"not": {"threat": "yes"}}, {}, True),
        ({"people": {"min": 3}}, {"people": "3"}, True),
        ({"people": {"min": 3, "max": 4}}, {"people": "5"}, False),
        ({"people": {"max": 4}}, {}, False),
        ({"country": ["ro", "xx"]}, {"country": "xx"}, True),
        ({"points": {"min": 3, "max": 3}}, {"paid": "yes"}, True),
        ({"points": {"min": 4}}, {"paid": "yes"}, False),
        ({"count": {"mark": ["critical", "weak"], "min": 2}}, {"threat": "yes"}, False),
        ({"count": {"option": "unknown", "max": 0}}, {"paid": "unknown"}, False),
        ({"fact": {"common_switch": ["running", "x"]}}, {}, True),
        ({"fact": {"common_switch": "none"}}, {}, False),
        ({"any": [{"threat": "yes"}, {"paid": "yes"}]}, {"paid": "yes"}, True),
        ({"all": [{"threat": "yes"}, {"paid": "yes"}]}, {"paid": "yes"}, False),
        ({"threat": "yes", "paid": "no"}, {"threat": "yes", "paid": "no"}, True),
    ],
)
def test_conditions(when: object, answers: dict[str, str], wanted: bool) -> None:
    assert conditions.holds(condition(when), answers, good.flow(), RUNNING) is wanted


@pytest.mark.parametrize(
    ("when", "answers", "wanted"),
    [
        ({"threat": "yes"}, {}, None),
        ({"not": {"threat": "yes"}}, {}, None),
        ({"points": {"min": 3}}, {"paid": "yes"}, True),
        ({"points": {"min": 4}}, {"paid": "yes"}, None),
        ({"points": {"min": 2, "max": 9}}, {"paid": "yes"}, None),
        ({"points": {"max": 2}}, {"paid": "yes"}, False),
        ({"any": [{"threat": "yes"}, {"paid": "yes"}]}, {"paid": "yes"}, True),
        ({"all": [{"threat": "yes"}, {"paid": "no"}]}, {"paid": "yes"}, False),
    ],
)
def test_what_is_open_is_neither_true_nor_false(
    when: object, answers: dict[str, str], wanted: bool | None
) -> None:
    pending = frozenset({"threat", "people"})
    said = conditions.judge(condition(when), answers, good.flow(), RUNNING, pending)
    assert said is wanted


def test_mentions_names_the_questions() -> None:
    when = condition(
        {"any": [{"threat": "yes"}, {"country": "ro"}, {"not": {"people": {"min": 1}}}]}
    )
    assert conditions.mentions(when) == {"threat", "country", "people"}
    assert conditions.mentions(None) == frozenset()
