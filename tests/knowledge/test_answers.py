"""What is served, by stage, language and the state of facts."""

from __future__ import annotations

import datetime

import pytest

from bot.knowledge.values import is_verified
from tests.knowledge.project import TODAY, UK, Project

UK_RO = "locales/uk/LC_MESSAGES/faq-ro.po"
FACTS = "content/facts/ro.yaml"


def keys(project: Project, entry: str, locale: str, stage: str = "demo") -> list[str]:
    answer = project.open(stage).snapshot.answer(entry, locale)
    return [notice.key for notice in answer.notices]


def test_facts_are_filled_in_the_language_of_the_reader(project: Project) -> None:
    snapshot = project.open().snapshot
    english = snapshot.answer("ro-wage", "en").bubbles
    assert english[0].text == (
        "The minimum wage is RON\u00a04,325 since 1 July 2026. Text of 2024."
    )
    assert english[1].text.endswith("Call 0800 800 678.")
    ukrainian = snapshot.answer("ro-wage", "uk").bubbles[0].text
    assert "4\u00a0325\u00a0RON з 1 липня 2026\u202fр. Текст" in ukrainian


def test_several_phones_of_a_row_are_listed(project: Project) -> None:
    bubbles = project.open().snapshot.answer("hu-wage", "en").bubbles
    assert bubbles[1].text.endswith("Call +36 80 205 520, 116 000.")


@pytest.mark.fault("X2")
def test_phones_and_amounts_are_isolated_in_right_to_left_text(project: Project) -> None:
    snapshot = project.open().snapshot
    amount, following = (bubble.text for bubble in snapshot.answer("ro-wage", "ar").bubbles)
    assert "\u20660800 800 678\u2069" in following
    assert "\u2066" in amount
    assert "\u2066" not in snapshot.answer("ro-wage", "uk").bubbles[1].text
    card = snapshot.card("held", "ar", "hu").numbers.text
    assert "\u2066+36 80 205 520\u2069, \u2066116 000\u2069 – مساعدة العمال (هنغاريا)" in card


def test_each_bubble_names_where_its_words_came_from(project: Project) -> None:
    snapshot = project.open().snapshot
    origin = snapshot.answer("ro-wage", "uk").bubbles[0].origin
    assert (origin.entry, origin.block, origin.locale) == ("ro-wage", "answer/amount", "uk")
    assert origin.facts == ("ro_wage", "ro_wage_since")
    assert origin.snapshot == snapshot.id != ""


def test_demo_says_that_nothing_is_confirmed(project: Project) -> None:
    assert keys(project, "ro-wage", "uk") == [
        "unverified_line",
        "source_year_line",
        "not_legal_advice",
    ]


def test_a_missing_translation_is_served_in_english_with_a_notice(project: Project) -> None:
    answer = project.open().snapshot.answer("hu-wage", "uk")
    assert answer.served_locale == "en"
    assert answer.notices[0].key == "lang_missing"
    assert dict(answer.notices[0].values)["language"] == "англійська"


def test_a_half_translated_answer_does_not_mix_languages(project: Project) -> None:
    project.edit(UK_RO, "Допомога безкоштовна.\\n", "")
    project.edit(UK_RO, "Телефон: {ro_help_phone}.", "")
    answer = project.open().snapshot.answer("ro-wage", "uk")
    assert {bubble.origin.locale for bubble in answer.bubbles} == {"en"}


def test_a_translation_of_an_older_english_text_is_not_served(project: Project) -> None:
    project.edit("content/faq/ro/ro-wage.md", "Help is free.", "Help costs nothing.")
    assert project.open().snapshot.answer("ro-wage", "uk").served_locale == "en"


@pytest.mark.parametrize("state", ["overdue", "withdrawn", "held"])
def test_a_fact_that_may_not_be_shown_takes_its_bubble_with_it(
    project: Project, state: str
) -> None:
    knowledge = project.open()
    project.edit(FACTS, "state: unverified", f"state: {state}")
    knowledge.reload()
    answer = knowledge.snapshot.answer("ro-wage", "uk")
    assert [bubble.origin.block for bubble in answer.bubbles] == ["answer/next"]
    assert "fact_expired" in [notice.key for notice in answer.notices]


def verify_all(project: Project) -> None:
    """Everything of ro-wage signed off, in English and Ukrainian."""
    for _ in range(2):
        project.edit(FACTS, "state: unverified\n  verified_on: null", "@")
        project.edit(FACTS, "@", "state: verified\n  verified_on: 2026-11-10")
    rows = project.read("content/directory/ro.csv").replace(
        "review_every\n", "review_every,verified_on\n"
    )
    rows = rows.replace("unverified,30", "verified,30,2026-11-11").replace("held,30", "held,30,")
    project.write("content/directory/ro.csv", rows)
    project.edit("content/faq/ro/ro-wage.md", "reviewed_on: null", "reviewed_on: 2026-11-01")
    project.locale("uk", UK, comment="reviewed: 2026-11-12 labour lawyer Romania")


def test_live_serves_reviewed_text_and_verified_facts(project: Project) -> None:
    verify_all(project)
    answer = project.open("live").snapshot.answer("ro-wage", "uk")
    assert len(answer.bubbles) == 2
    assert answer.served_locale == "uk"
    assert [notice.key for notice in answer.notices] == ["source_line", "not_legal_advice"]
    assert answer.checked_on == datetime.date(2026, 11, 10)
    assert answer.sources == ("example.org", "help.example.org")


def test_live_offers_a_counsellor_instead_of_unreviewed_legal_text(project: Project) -> None:
    verify_all(project)
    snapshot = project.open("live").snapshot
    assert snapshot.answer("ro-wage", "ar").bubbles == ()
    assert snapshot.answer("hu-wage", "uk").bubbles == ()


def test_live_serves_general_text_in_another_reviewed_language(project: Project) -> None:
    about = "content/faq/common/common-about.md"
    assert project.open("live").snapshot.answer("common-about", "ar").bubbles == ()
    project.edit(about, "reviewed_on: null", "reviewed_on: 2026-11-01")
    answer = project.open("live").snapshot.answer("common-about", "ar")
    assert answer.served_locale == "en"
    assert answer.notices[0].key == "lang_missing"


def test_live_never_shows_an_unverified_fact(project: Project) -> None:
    verify_all(project)
    project.edit(FACTS, "state: verified", "state: checked")
    answer = project.open("live").snapshot.answer("ro-wage", "uk")
    assert [bubble.origin.block for bubble in answer.bubbles] == ["answer/next"]


def test_a_fact_whose_review_is_late_is_no_longer_verified(project: Project) -> None:
    verify_all(project)
    knowledge = project.open("live")
    fact = knowledge.snapshot.facts["ro_wage"]
    assert is_verified(fact, datetime.date(2026, 12, 10))
    assert not is_verified(fact, datetime.date(2026, 12, 11))


def test_live_hides_unverified_lines_of_a_card_but_never_112(project: Project) -> None:
    card = project.open("live").snapshot.card("held", "uk", "ro")
    assert [line.phone for line in card.lines] == ["112"]


def test_a_card_shows_both_countries_while_the_country_is_unknown(project: Project) -> None:
    card = project.open().snapshot.card("held", "uk", None)
    assert [line.country for line in card.lines] == ["ro", "ro", "hu", "hu"]
    assert card.numbers.text.splitlines()[0] == "112 – Поліція, швидка, пожежна (Румунія)"
    assert card.numbers.origin.facts[1] == "ro_help_phone"


def test_buttons_lead_somewhere_in_the_persons_country(project: Project) -> None:
    snapshot = project.open().snapshot
    buttons = snapshot.answer("common-about", "uk", "ro").buttons
    assert [(button.kind, button.target) for button in buttons] == [
        ("entry", "ro-wage"),
        ("danger", "held"),
        ("link", "site"),
    ]
    assert buttons[0].label == "Мінімальна зарплата"
    assert buttons[2].label == "Наш сайт"
    assert buttons[2].url == "https://help.example.org"
    assert len(snapshot.answer("common-about", "uk").buttons) == 4


def test_the_country_chooses_between_twins(project: Project) -> None:
    snapshot = project.open().snapshot
    assert snapshot.entry_for("wage", None) is None
    twin = snapshot.entry_for("wage", "hu")
    assert twin is not None
    assert twin.id == "hu-wage"
    common = snapshot.entry_for("about", None)
    assert common is not None
    assert common.id == "common-about"
    assert [entry.id for entry in snapshot.entries_in("labour_rights", "hu")] == ["hu-wage"]
    assert snapshot.topics == ("labour_rights", "other")


def test_phrases_are_pooled_by_intent_and_language(project: Project) -> None:
    snapshot = project.open().snapshot
    examples = snapshot.examples()
    assert set(examples) == {"wage", "about"}
    assert examples["wage"]["uk"] == (
        "Яка мінімальна зарплата в Румунії?",
        "мінімалка",
        "скільки платять",
    )
    assert "What is the minimum wage in Hungary?" in examples["wage"]["en"]
    assert snapshot.cues()["held"]["uk"] == ("нас замкнули", "забрав паспорт")
    assert snapshot.lookalikes()["held"]["en"] == ("the embassy has my passport",)


def test_today_is_a_date_of_the_clock(project: Project) -> None:
    assert project.open().snapshot.today() == TODAY
