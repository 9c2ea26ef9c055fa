"""`check` names file, line and what to do, and judges a second time with msgfmt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot import check
from bot.i18n import Problem
from bot.knowledge import Knowledge
from bot.knowledge.sync import sync
from tests.knowledge.project import UK, Project

ROOT = Path(__file__).parent.parent
UK_RO = "locales/uk/LC_MESSAGES/faq-ro.po"
needs_msgfmt = pytest.mark.skipif(shutil.which("msgfmt") is None, reason="msgfmt is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    sync(project.root)
    return project


def found(project: Project, severity: str = "error") -> list[Problem]:
    return [problem for problem in check.run(project.root) if problem.severity == severity]


def test_a_good_project_has_warnings_only(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(project) == []
    printed = capsys.readouterr().out.splitlines()
    assert "locales/uk/LC_MESSAGES/faq-hu.po" in printed[-2]
    assert ": warning: 5 of 5 texts have no translation, first hu-wage/question" in printed[-2]


def test_problems_are_printed_with_file_and_line(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.edit(UK_RO, "Текст 2024 року", "0800 800 679")
    problems = found(project)
    line = project.read(UK_RO)[: project.read(UK_RO).index("0800 800 679")].count("\n") + 1
    assert {(problem.path, problem.line) for problem in problems} == {(UK_RO, line)}
    assert f"{UK_RO}:{line}: ro-wage/answer/amount: a number was typed" in capsys.readouterr().out


def test_the_check_keeps_and_uses_no_last_good_copies(project: Project) -> None:
    project.open()
    project.edit(UK_RO, 'msgctxt "ro-wage/label"', 'msgctxt "ro-wage/answer/amount"')
    assert found(project) != []
    assert found(project) != []


def test_a_changed_english_text_asks_for_sync(project: Project) -> None:
    project.edit("content/faq/ro/ro-wage.md", "Help is free.", "Help costs nothing.")
    messages = [problem.message for problem in found(project)]
    assert len(messages) == 3  # the template, and both translations
    assert all("python -m bot sync" in message for message in messages)
    sync(project.root)
    assert found(project) == []


def test_a_text_that_is_gone_asks_for_sync(project: Project) -> None:
    (project.root / "content/faq/hu/hu-wage.md").unlink()
    project.edit("content/faq/common/common-about.md", '"entry:hu-wage", ', "")
    project.locale("uk", UK)
    sync(project.root)
    project.edit("bot/words.py", 'HELLO = N_("hello", "Hello {name}.")\n', "")
    assert ["hello: no such text any more" in p.message for p in found(project)].count(True) == 2


@pytest.mark.fault("L2")
def test_danger_texts_must_be_complete(project: Project) -> None:
    code = project.read("bot/words.py")
    project.write("bot/words.py", code + 'HEAD = N_("danger_head", "Help is near.")\n')
    project.edit("locales/uk/LC_MESSAGES/danger.po", "нас замкнули\\n", "")
    project.edit("locales/uk/LC_MESSAGES/danger.po", "забрав паспорт", "")
    sync(project.root)
    messages = [problem.message for problem in found(project)]
    assert sum("danger_head: a danger text needs its translation" in text for text in messages) == 2
    assert sum("held/cues: no translation" in text for text in messages) == 1


def test_a_cue_that_matches_a_harmless_sentence_is_named(project: Project) -> None:
    project.edit("content/danger/held.md", "my boss has my passport", "has my passport")
    sync(project.root)
    problems = found(project)
    assert [(problem.path, problem.line) for problem in problems] == [
        ("content/danger/held.md", 20)
    ]
    assert "'the embassy has my passport' is harmless" in problems[0].message


def test_a_flow_that_does_not_exist_yet_is_a_warning(project: Project) -> None:
    project.edit("content/faq/ro/ro-wage.md", "buttons: []", 'buttons: ["flow:unpaid-wages"]')
    assert found(project) == []
    assert any("flow:unpaid-wages is hidden" in p.message for p in found(project, "warning"))
    project.edit("content/faq/ro/ro-wage.md", "flow:unpaid-wages", "flow:no-such")
    assert any("no flow" in problem.message for problem in found(project))


def test_a_held_number_on_a_card_and_a_missing_label_are_named(project: Project) -> None:
    project.edit("content/danger/held.md", "[ro-112, ro-help]", "[ro-112, ro-old, ro-none]")
    messages = [problem.message for problem in found(project)]
    assert any("ro_old_phone} has low confidence" in message for message in messages)
    assert any("ro_none_phone} is neither" in message for message in messages)
    assert any("no `## label: ro-old`" in message for message in messages)


@needs_msgfmt
def test_msgfmt_judges_every_entry_as_a_brace_format(project: Project) -> None:
    project.edit(UK_RO, "#, python-brace-format\n", "")
    project.edit(UK_RO, "{ro_wage} з", "з")
    judged = [problem for problem in found(project) if problem.message.startswith("msgfmt:")]
    assert any("ro_wage" in problem.message for problem in judged)
    line = project.read(UK_RO)[: project.read(UK_RO).index("Мінімальна зарплата з")].count("\n")
    assert any(abs(problem.line - line) <= 2 for problem in judged)


@needs_msgfmt
def test_msgfmt_leaves_phrases_alone(project: Project) -> None:
    project.edit(UK_RO, "мінімалка", "мінімалка {")
    assert found(project) == []


def test_without_msgfmt_a_warning_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert found(project) == []
    assert any("msgfmt is not installed" in p.message for p in found(project, "warning"))


def test_the_content_of_this_repository_serves() -> None:
    """Errors in it are `check`'s to name; here every entry answers in every locale."""
    knowledge = Knowledge.open(ROOT, None)
    snapshot = knowledge.snapshot
    assert [str(p) for p in knowledge.problems if p.severity == "error"] == []
    for entry_id in snapshot.entries:
        for locale in snapshot.catalogues.locales:
            answer = snapshot.answer(entry_id, locale)
            assert 1 <= len(answer.bubbles) <= 3
            assert all(len(bubble.text) <= 600 for bubble in answer.bubbles)
