"""How a danger card names those who help: a phone, or else a web site or an e-mail."""

from __future__ import annotations

import pytest

from bot.knowledge import Knowledge
from tests.knowledge.project import Project, errors

HU = "content/directory/hu.csv"
PHONE = "+36 80 205 520; 116 000,not found,https://help.example.org"


def card_errors(knowledge: Knowledge) -> list[str]:
    return [p.message for p in errors(knowledge) if p.path.startswith("content/danger/")]


def test_who_has_no_phone_is_named_by_the_web_site(project: Project) -> None:
    project.edit(HU, PHONE, "not found,help@example.org,https://help.example.org")
    knowledge = project.open()
    card = knowledge.snapshot.card("held", "en", "hu")
    assert card_errors(knowledge) == []
    assert [line.text for line in card.lines] == [
        "112 – Police, ambulance, fire (Hungary)",
        "https://help.example.org – Help for workers (Hungary)",
    ]
    assert card.lines[1].phone == ""
    assert card.numbers.origin.facts == ("hu_112_phone", "hu_help_url")


def test_who_has_neither_phone_nor_site_is_named_by_the_e_mail(project: Project) -> None:
    project.edit(HU, PHONE, "not found,help@example.org,not found")
    knowledge = project.open()
    lines = knowledge.snapshot.card("held", "ar", "hu").lines
    assert card_errors(knowledge) == []
    assert lines[1].text.startswith("\u2066help@example.org\u2069 – ")


def test_who_cannot_be_reached_at_all_is_an_error(project: Project) -> None:
    project.edit(HU, PHONE, "not found,not found,not found")
    knowledge = project.open()
    assert card_errors(knowledge) == [
        "numbers: {hu_help_phone}: the directory has no phone for hu-help"
    ]
    assert [line.row for line in knowledge.snapshot.card("held", "en", "hu").lines] == ["hu-112"]


@pytest.mark.parametrize("column", ["low,unverified", "high,held"])
def test_a_web_site_that_may_not_be_shown_is_not(project: Project, column: str) -> None:
    project.edit(HU, PHONE, "not found,not found,https://help.example.org")
    project.edit(HU, "2025,high,unverified", f"2025,{column}")
    lines = project.open().snapshot.card("held", "en", "hu").lines
    assert [line.row for line in lines] == ["hu-112"]
