"""The office says whether a return programme runs: what people read then, through the dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from bot.dialogue.understanding import Examples, Understanding
from bot.knowledge import Knowledge
from bot.knowledge.values import Values
from tests.dialogue.stage import Stage, without_store

FLOW = "avrr-eligibility"


@pytest.fixture(scope="session")
def understanding(knowledge: Knowledge, system: Examples) -> Understanding:
    return Understanding(knowledge, None, system)


@pytest.fixture
def stage(
    knowledge: Knowledge,
    understanding: Understanding,
    monkeypatch: pytest.MonkeyPatch,
    country: str,
    programme: str,
) -> Stage:
    before = knowledge.snapshot
    name = f"{country}_return_programme"
    fact = msgspec.structs.replace(before.values.facts[name], value=programme)
    values = Values.of({**before.values.facts, name: fact}, before.values.rows)
    monkeypatch.setattr(knowledge, "snapshot", replace(before, values=values))
    return Stage(without_store(knowledge, understanding), country)


async def answered(stage: Stage, status: str) -> tuple[Sequence[str], str]:
    """Keys and text of what is said to the last answer."""
    await stage.presses(f"f:{FLOW}")
    country = stage.person.country
    court = "expelled" if country == "ro" else "crime"
    answers = {"idea": "mine", "minor": "no", "status": status, "target": "home", court: "no"}
    answers["used"] = "no"
    if country == "hu":
        answers["pay"] = "no"
    said: list[str] = []
    for question, option in (answers | {"needs": "none"}).items():
        said = await stage.presses(f"a:{FLOW}:{question}:{option}")
        if not any(key.startswith(f"{FLOW}/ask/") for key in said):
            break
    return said, "\n".join(reply.text for reply in stage.replies)


@pytest.mark.parametrize(
    ("country", "programme", "status", "outcome", "result"),
    [
        ("ro", "unknown", "refused", "must-leave-ask", "Maybe"),
        ("ro", "running", "refused", "must-leave", "Likely"),
        ("ro", "none", "refused", "no-programme", "Probably not"),
        ("hu", "unknown", "no-paper", "must-leave-ask", "Maybe"),
        ("hu", "running", "no-paper", "must-leave", "Likely"),
        ("hu", "none", "no-paper", "no-programme", "Probably not"),
        ("ro", "running", "claim", "protected", "Likely"),
        ("hu", "running", "protection", "protected", "Likely"),
        ("ro", "running", "temporary", "temporary-ro", "Maybe"),
        ("ro", "none", "temporary", "no-programme", "Probably not"),
        ("hu", "running", "temporary", "temporary-hu", "Likely"),
        ("hu", "running", "permit", "permit-hu", "Likely"),
        ("ro", "none", "eu", "eu-ro-none", "Probably not"),
    ],
)
async def test_what_is_said(stage: Stage, status: str, outcome: str, result: str) -> None:
    said, text = await answered(stage, status)
    assert said[0] == f"{FLOW}/because/{outcome}"  # the result, and reasons if there are any
    assert text.startswith(f"{result}\n")


@pytest.mark.parametrize(("country", "programme"), [("ro", "unknown"), ("hu", "unknown")])
async def test_while_nobody_knows_the_rules_read_are_named(stage: Stage) -> None:
    said, text = await answered(stage, "refused")
    assert f"{FLOW}/add/must-leave-ask" in said
    assert "You fit the rules of the last programme we read." in text
    assert "The office must say if one runs today." in text
    assert "2023" in text


@pytest.mark.parametrize(("country", "programme"), [("ro", "none"), ("hu", "none")])
async def test_without_a_programme_other_help_comes_first(stage: Stage) -> None:
    _, text = await answered(stage, "permit")
    assert "Probably not now, because no return programme runs." in text
    assert "e:common-lawyer" in stage.actions
