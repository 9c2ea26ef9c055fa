"""A fault keeps the last good text of its entry, live and after a restart."""

from __future__ import annotations

import pytest

from bot.knowledge import Knowledge
from tests.knowledge.project import Project, errors

UK = "locales/uk/LC_MESSAGES/faq-ro.po"
AMOUNT = "Мінімальна зарплата {ro_wage} з {ro_wage_since}. Текст 2024 року."


def spoken(knowledge: Knowledge, entry: str = "ro-wage", locale: str = "uk") -> str:
    return "\n".join(bubble.text for bubble in knowledge.snapshot.answer(entry, locale).bubbles)


def test_the_small_project_has_no_errors(project: Project) -> None:
    # hu-wage has no translation: that is no error for a loader.
    assert errors(project.open()) == []


@pytest.mark.fault("L1")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("Зарплата {ro_wage}. Текст 2024 року.", "{ro_wage_since} is missing"),
        (AMOUNT + " {ro_help_phone}", "{ro_help_phone} is not in the English"),
        (AMOUNT.replace("{ro_wage}", "{ro_wages}"), "{ro_wage} is missing"),
        (AMOUNT.replace("{ro_wage}", "{ro_wage[0]}"), "'{ro_wage[0]}'"),
        (AMOUNT.replace("{ro_wage}", "{ro_wage.__class__}"), "'{ro_wage.__class__}'"),
        (AMOUNT.replace("{ro_wage}", "{ro_wage:>200}"), "'{ro_wage:>200}'"),
        (AMOUNT.replace("{ro_wage}", "{ro_wage!r}"), "'{ro_wage!r}'"),
        (AMOUNT + " {x.__class__}", "'{x.__class__}'"),
        (AMOUNT + " {", "'{'"),
        (AMOUNT + " }", "'}'"),
        (AMOUNT + " {}", "'{}'"),
        (AMOUNT.replace("{ro_wage}", "%(ro_wage)s"), "{ro_wage} is missing"),
    ],
)
def test_a_wrong_placeholder_keeps_the_last_good_text(
    project: Project, wrong: str, said: str
) -> None:
    knowledge = project.open()
    good = spoken(knowledge)
    line = project.read(UK)[: project.read(UK).index(AMOUNT)].count("\n") + 1
    project.edit(UK, AMOUNT, wrong)

    knowledge.reload()

    assert spoken(knowledge) == good
    found = [problem for problem in errors(knowledge) if said in problem.message]
    assert [(problem.path, problem.line) for problem in found] == [(UK, line)]
    assert spoken(project.open()) == good  # a restart


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{ro_wage_since}. Текст 2024 року."', "{ro_wage_since}. Текст.", "closing quote"),
        ("Текст 2024 року", "Телефон 0800 800 679", "a number was typed here (0800 800 679)"),
        ("Текст 2024 року", "Текст 2025 року", "a number was typed here (2025)"),
        ("Текст 2024 року", "Див. https://evil.example.org", "an address was typed here"),
        ("Текст 2024 року", "Пишіть a.b@mail.ro", "an address was typed here"),
        ("Текст 2024 року", "Див. mail.ro", "an address was typed here"),
        ("Текст 2024 року", "<b>Текст</b>", "no HTML"),
        ("Текст 2024 року", "[Текст](x)", "no Markdown"),
        ("Текст 2024 року", "Текст \u202e року", "hidden character U+202E"),
        ("Текст 2024 року", "Текст " + "довгий " * 90, "at most 600"),
    ],
)
def test_wrong_wording_keeps_the_last_good_text(
    project: Project, old: str, new: str, said: str
) -> None:
    knowledge = project.open()
    good = spoken(knowledge)
    project.edit(UK, old, new)

    assert knowledge.reload()

    assert spoken(knowledge) == good
    assert any(said in problem.message and problem.path == UK for problem in errors(knowledge))


def test_years_of_the_english_text_may_stand_in_other_digits(project: Project) -> None:
    assert "٢٠٢٤" in spoken(project.open(), locale="ar")


def test_the_line_of_a_long_text_is_named(project: Project) -> None:
    knowledge = project.open()
    project.edit(UK, "Телефон: {ro_help_phone}.", "Телефон: {ro_help_phone}, 0800 1.")
    line = project.read(UK)[: project.read(UK).index("0800 1")].count("\n") + 1

    knowledge.reload()

    assert line in [problem.line for problem in errors(knowledge)]


@pytest.mark.fault("L3")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace("Мінімальна".encode(), b"\xff\xfe", 1),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"",
        lambda data: data.replace(b"charset=UTF-8", b"charset=KOI8-R", 1),
        lambda data: data.replace(b"Language: uk", b"Language: ro", 1),
        lambda data: data + b"#" * 5_000_000,
    ],
)
def test_a_file_that_cannot_be_trusted_keeps_the_whole_last_good_file(
    project: Project, damage: object
) -> None:
    assert callable(damage)
    knowledge = project.open()
    good = spoken(knowledge)
    data = (project.root / UK).read_bytes()
    project.write(UK, damage(data))

    knowledge.reload()

    assert spoken(knowledge) == good
    assert [problem.path for problem in errors(knowledge)] == [UK]
    assert spoken(project.open()) == good


@pytest.mark.fault("L3")
def test_invalid_utf8_names_its_line(project: Project) -> None:
    data = (project.root / UK).read_bytes().split(b"\n")
    data[7] += b"\xff"
    project.write(UK, b"\n".join(data))
    assert [(p.line, "UTF-8" in p.message) for p in errors(project.open())] == [(8, True)]


@pytest.mark.fault("L3")
def test_of_two_equal_entries_neither_is_believed(project: Project) -> None:
    knowledge = project.open()
    good = spoken(knowledge)
    text = project.read(UK)
    entry = text[text.index('msgctxt "ro-wage/answer/next"') :]
    project.write(UK, text + "\n" + entry.replace("безкоштовна", "платна"))

    knowledge.reload()

    assert spoken(knowledge) == good
    problem = errors(knowledge)[0]
    assert "twice" in problem.message
    assert problem.line > text.count("\n")


@pytest.mark.fault("L3")
def test_an_entry_without_a_readable_name_keeps_what_is_absent(project: Project) -> None:
    knowledge = project.open()
    good = spoken(knowledge)
    project.edit(UK, 'msgctxt "ro-wage/answer/amount"', 'msgctxt ro-wage/answer/amount""')
    knowledge.reload()
    assert spoken(knowledge) == good
    assert errors(knowledge) != []


def test_a_good_entry_beside_a_broken_one_goes_live_and_is_kept(project: Project) -> None:
    knowledge = project.open()
    project.edit(UK, "Текст 2024 року", "Текст 2025 року")
    project.edit(UK, "Допомога безкоштовна", "Допомога без грошей")
    knowledge.reload()
    assert "Допомога без грошей" in spoken(knowledge)
    assert "Текст 2024 року" in spoken(knowledge)

    project.edit(UK, "Допомога без грошей", "Допомога {")
    again = project.open()

    assert "Допомога без грошей" in spoken(again)
    assert "Текст 2024 року" in spoken(again)


def test_a_repaired_entry_goes_live(project: Project) -> None:
    knowledge = project.open()
    project.edit(UK, "Текст 2024 року", "Текст 2025 року")
    knowledge.reload()
    project.edit(UK, "Текст 2025 року", "Слова 2024 року")
    knowledge.reload()
    assert "Слова 2024 року" in spoken(knowledge)
    assert errors(knowledge) == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("content/faq/ro/ro-wage.md", "{ro_wage}", "{ro_wages}"),
        ("content/faq/ro/ro-wage.md", "Help is free.", "Help is free: 0800 800 679."),
        ("content/faq/ro/ro-wage.md", "Help is free.", "Call 112."),
        ("content/faq/ro/ro-wage.md", "Help is free.", "See https://www.example.org."),
        ("content/faq/ro/ro-wage.md", "Help is free.", "It is 4325 RON."),
        ("content/faq/ro/ro-wage.md", "Help is free.", "Since 1 July."),
        ("content/faq/ro/ro-wage.md", "risk: L", "risk: X"),
        ("content/faq/ro/ro-wage.md", "id: ro-wage", "id: ro-other"),
        ("content/faq/ro/ro-wage.md", "topic: labour_rights", "topic: &a labour_rights"),
        ("content/faq/ro/ro-wage.md", "## answer: next", "## answer: amount"),
        ("content/facts/ro.yaml", "value: 4325", 'value: "4326"'),
        ("content/facts/ro.yaml", "value: 4325", "value: !!int 4326"),
        ("content/facts/ro.yaml", "currency: RON", "currency: RON\n  currency: EUR"),
        ("content/directory/ro.csv", "0800 800 678", "0800 800 six"),
        ("content/directory/ro.csv", "0800 800 678", "0800,800 678"),
        ("content/directory/ro.csv", "0800 800 678", '"0800 800 679'),
    ],
)
def test_content_facts_and_directory_keep_their_last_good_text(
    project: Project, path: str, old: str, new: str
) -> None:
    knowledge = project.open()
    good = spoken(knowledge, locale="en")
    project.edit(path, old, new)

    knowledge.reload()

    assert spoken(knowledge, locale="en") == good
    assert path in [problem.path for problem in errors(knowledge)]
    assert spoken(project.open(), locale="en") == good


def test_nothing_bad_is_served_when_there_is_no_last_good_text(project: Project) -> None:
    project.edit(UK, "Текст 2024 року", "Телефон 0800 800 679")
    project.edit("content/faq/hu/hu-wage.md", "Help is free.", "Call 112.")

    snapshot = project.open().snapshot

    assert snapshot.answer("ro-wage", "uk").served_locale == "en"
    assert "hu-wage" not in snapshot.entries


@pytest.mark.fault("L2")
def test_a_locale_without_a_complete_card_shows_english_and_the_numbers(project: Project) -> None:
    project.edit(
        "locales/uk/LC_MESSAGES/danger.po",
        'msgctxt "held/first"',
        '#, fuzzy\nmsgctxt "held/first"',
    )
    knowledge = project.open()

    card = knowledge.snapshot.card("held", "uk", "ro")

    assert card.bubbles[0].text.startswith("You did nothing wrong")
    assert "0800 800 678 – Допомога працівникам (Румунія)" in card.numbers.text
    assert ["held/first" in problem.message for problem in errors(knowledge)] == [True]


def test_an_unwritable_var_is_no_reason_to_stop(project: Project) -> None:
    project.var.write_text("a file where the folder should be")
    knowledge = project.open()
    good = spoken(knowledge)
    project.edit(UK, "Текст 2024 року", "Текст 2025 року")
    knowledge.reload()
    assert spoken(knowledge) == good
