"""Templates and merging: by msgctxt, losing nothing, the same every time."""

from __future__ import annotations

import polib
import pytest

from bot.knowledge.sync import sync
from tests.knowledge.project import Project

UK_RO = "locales/uk/LC_MESSAGES/faq-ro.po"
WAGE = "content/faq/ro/ro-wage.md"


def po(project: Project, path: str = UK_RO) -> dict[str, polib.POEntry]:
    return {entry.msgctxt: entry for entry in polib.pofile(project.read(path))}


@pytest.fixture
def synced(project: Project) -> Project:
    changed, problems = sync(project.root)
    assert problems == []
    assert "locales/templates/faq-ro.pot" in changed
    return project


def test_a_second_sync_changes_nothing(synced: Project) -> None:
    assert sync(synced.root) == ([], [])


def test_templates_hold_code_and_content(synced: Project) -> None:
    interface = po(synced, "locales/templates/interface.pot")
    assert interface["hello"].msgid == "Hello {name}."
    assert interface["hello"].flags == ["python-brace-format"]
    assert interface["days_left"].msgid_plural == "{n} days left"
    assert interface["hello"].occurrences == [("bot/words.py", "")]
    assert list(po(synced, "locales/templates/faq-common.pot")) == [
        "common-about/question",
        "common-about/label",
        "common-about/examples",
        "common-about/answer/what",
        "common-about/button/site",
    ]
    danger = list(po(synced, "locales/templates/danger.pot"))
    assert danger[0] == "held/title"
    assert danger[-1] == "lines/label/hu-help"


def test_profile_texts_have_their_own_template(project: Project) -> None:
    project.write("bot/channels/telegram_profile.py", 'from x import N_\nA = N_("cmd", "Start")\n')
    sync(project.root)
    assert "cmd" in po(project, "locales/templates/bot-profile.pot")
    assert "cmd" not in po(project, "locales/templates/interface.pot")


def test_the_same_key_with_two_texts_is_a_problem(project: Project) -> None:
    project.write("bot/other.py", 'from x import N_\n\nA = N_("hello", "Hi")\n')
    _, problems = sync(project.root)
    assert [(problem.path, problem.line) for problem in problems] == [("bot/words.py", 3)]


def test_a_changed_text_is_kept_for_review_and_loses_its_sign_off(synced: Project) -> None:
    synced.edit(
        UK_RO, "#: content", "# Oksana: short form\n# reviewed: 2026-11-12 editor\n#: content"
    )
    synced.edit(WAGE, "# What is the minimum wage in Romania?", "# How high is the wage?")

    sync(synced.root)

    entry = po(synced)["ro-wage/question"]
    assert entry.fuzzy
    assert entry.msgstr == "Яка мінімальна зарплата в Румунії?"
    assert entry.msgid == "How high is the wage?"
    assert entry.previous_msgid == "What is the minimum wage in Romania?"
    assert entry.tcomment == "Oksana: short form"
    assert sync(synced.root) == ([], [])
    assert synced.open().snapshot.question("ro-wage", "uk") == "How high is the wage?"


def test_a_text_changed_twice_names_the_text_that_was_translated(synced: Project) -> None:
    synced.edit(WAGE, "# What is the minimum wage in Romania?", "# How high is the wage?")
    sync(synced.root)
    synced.edit(WAGE, "# How high is the wage?", "# How much?")
    sync(synced.root)
    assert po(synced)["ro-wage/question"].previous_msgid == "What is the minimum wage in Romania?"


def test_phrases_are_never_fuzzy(synced: Project) -> None:
    synced.edit(WAGE, "how much pay\n", "how much salary\n")
    sync(synced.root)
    entry = po(synced)["ro-wage/examples"]
    assert not entry.fuzzy
    assert entry.msgstr == "мінімалка\nскільки платять"
    assert "how much salary" in entry.msgid


def test_a_removed_text_is_kept_as_obsolete_and_comes_back(synced: Project) -> None:
    content = synced.read(WAGE)
    (synced.root / WAGE).unlink()
    sync(synced.root)
    assert po(synced)["ro-wage/label"].obsolete
    assert sync(synced.root) == ([], [])

    synced.write(WAGE, content)
    sync(synced.root)

    entry = po(synced)["ro-wage/label"]
    assert not entry.obsolete
    assert entry.msgstr == "Мінімальна зарплата"
    assert not entry.fuzzy


def test_equal_texts_of_two_countries_stay_apart(synced: Project) -> None:
    hungarian = po(synced, "locales/uk/LC_MESSAGES/faq-hu.po")
    assert hungarian["hu-wage/label"].msgid == po(synced)["ro-wage/label"].msgid
    assert hungarian["hu-wage/label"].msgstr == ""


def test_a_new_locale_gets_every_file_with_its_plural_forms(synced: Project) -> None:
    changed, problems = sync(synced.root, add="tr")
    assert problems == []
    assert "locales/tr/LC_MESSAGES/danger.po" in changed
    text = synced.read("locales/tr/LC_MESSAGES/interface.po")
    assert "Plural-Forms: nplurals=2; plural=(n != 1);" in text
    assert 'msgstr[1] ""' in text
    assert "POT-Creation-Date" not in text
    knowledge = synced.open()
    assert [p for p in knowledge.problems if "/tr/" in p.path] == []


@pytest.mark.parametrize("name", ["../x", "xx_xx", "", "en", "uk/../../x", "a" * 1000])
def test_only_a_language_code_becomes_a_folder(project: Project, name: str) -> None:
    changed, problems = sync(project.root, add=name)
    assert changed == []
    assert problems != []


def test_a_file_with_broken_lines_is_left_alone(synced: Project) -> None:
    synced.edit(UK_RO, 'msgstr "Мінімальна зарплата"', 'msgstr "Мінімальна зарплата')
    before = synced.read(UK_RO)
    synced.edit(WAGE, "Minimum wage\n", "Lowest wage\n")
    _, problems = sync(synced.root)
    assert [problem.path for problem in problems] == [UK_RO]
    assert synced.read(UK_RO) == before


def test_headers_of_translators_tools_are_kept(synced: Project) -> None:
    synced.edit(UK_RO, '"Language: uk\\n"\n', '"Language: uk\\n"\n"X-Generator: Poedit 3.4\\n"\n')
    sync(synced.root)
    assert "X-Generator: Poedit 3.4" in synced.read(UK_RO)


def test_wrong_plural_forms_are_put_right_where_nothing_depends_on_them(synced: Project) -> None:
    text = synced.read(UK_RO)
    start = text.index('"Plural-Forms')
    end = text.index("\n", start)
    synced.write(UK_RO, text[:start] + '"Plural-Forms: nplurals=1; plural=0;\\n"' + text[end:])
    sync(synced.root)
    assert synced.read(UK_RO) == text
