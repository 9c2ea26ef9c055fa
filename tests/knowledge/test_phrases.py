"""The counsellors' phrase bank: read strictly, sent in the person's language, told in theirs."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from bot.dialogue import actions
from bot.knowledge import BadSlot, Knowledge, NotShown, Snapshot
from bot.knowledge.said import ACTION
from bot.knowledge.sync import sync
from bot.messages import MAX_ACTION_BYTES, Lane
from tests.knowledge.project import TODAY, Project, errors
from tests.knowledge.project import UK as PROJECT_UK

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = ("ro", "hu", "uk", "ar")
PLAN = {
    "greet": 4,
    "who": 5,
    "cons": 6,
    "safe": 12,
    "ask": 12,
    "wait": 6,
    "ref": 8,
    "end": 5,
    "fb": 2,
}
VALUES = {
    "office": "Cluj-Napoca",
    "partner": "AIDRom",
    "minutes": "20",
    "days": "90",
    "day": "2026-11-25",
    "time": "09:00",
    "topic": "unpaid_wages",
    "card": "ro-cnrr",
    "number": "ro-anitp",
}

SAFE = "content/phrases/safe.md"
SETS = "content/phrases/reply-set.md"
GROUP = """---
id: safe
order: 1
risk: {risk}
owner: protection editor
replies:
  safe-1: yn
  safe-2: ok
  safe-3: language
reviewed_on: null
review_every: 90
---
# Safety

## phrase: safe-1
Are you safe?

## phrase: safe-2
I write again on {{day}}. In danger call {{hu_112_phone}}. Help:
{{card}}

## phrase: safe-3
Which language do you read?
"""
REPLIES = """---
id: reply-set
owner: editor
typed: [language]
languages: [en, uk]
reviewed_on: null
review_every: 90
---
# Quick replies

## yn: yes
Yes

## yn: no
No

## ok: ok
OK
"""
UK = PROJECT_UK | {
    "safe/title": "Безпека",
    "phrase/safe-1": "Ви в безпеці?",
    "phrase/safe-2": "Я напишу: {day}. У небезпеці телефонуйте {hu_112_phone}. Допомога:\n{card}",
    "phrase/safe-3": "Якою мовою ви читаєте?",
    "reply-set/yn/yes": "Так",
    "reply-set/yn/no": "Ні",
    "reply-set/ok/ok": "Добре",
}
UK_PO = "locales/uk/LC_MESSAGES/phrases.po"
WANTED = {"day": "2026-11-25", "card": "hu-help"}
SIGNED = "reviewed: 2026-11-12 protection editor"


@pytest.fixture
def project(project: Project) -> Project:
    project.write(SAFE, GROUP.format(risk="S"))
    project.write(SETS, REPLIES)
    project.locale("uk", UK)
    return project


def sign(project: Project) -> None:
    """English and Ukrainian reviewed, as a live service needs it."""
    for path in (SAFE, SETS):
        project.edit(path, "reviewed_on: null", "reviewed_on: 2026-11-12")
    project.locale("uk", UK, SIGNED)


def messages(project: Project, path: str = SAFE) -> list[str]:
    found = [problem for problem in errors(project.open()) if problem.path == path]
    assert all(problem.line > 0 for problem in found)
    return [problem.message for problem in found]


# The bank of the repository


@pytest.fixture(scope="module")
def bank() -> Knowledge:
    return Knowledge.open(ROOT, None, "demo", lambda: TODAY)


def test_the_bank_has_every_phrase_of_the_plan_in_its_order(bank: Knowledge) -> None:
    wanted = [f"{group}-{n}" for group, count in PLAN.items() for n in range(1, count + 1)]
    assert list(bank.snapshot.phrases) == wanted
    assert list(bank.snapshot.phrase_groups) == list(PLAN)
    assert [problem for problem in bank.problems if "phrases" in problem.path] == []


@pytest.mark.parametrize("locale", ["en", *TRANSLATED])
def test_every_phrase_can_be_sent_in_every_language(bank: Knowledge, locale: str) -> None:
    snapshot = bank.snapshot
    assert [phrase.id for phrase in snapshot.phrases_in(locale)] == list(snapshot.phrases)
    for phrase in snapshot.phrases.values():
        said = snapshot.phrase(phrase.id, locale, {name: VALUES[name] for name in phrase.slots})
        assert said.locale == locale
        assert said.text
        assert "{" not in said.text
        assert len(said.choices) == len(phrase.replies)
        assert len({choice.label for choice in said.choices}) == len(said.choices)
        for choice in said.choices:
            assert 0 < len(choice.label) <= 30
            assert len(choice.action.encode()) <= MAX_ACTION_BYTES


@pytest.mark.parametrize("locale", TRANSLATED)
def test_the_emergency_number_is_in_the_safety_phrase(bank: Knowledge, locale: str) -> None:
    said = bank.snapshot.phrase("who-5", locale)
    assert "112" in said.text
    assert said.notices == ()


@pytest.mark.parametrize(
    ("locale", "minutes", "days"),
    [
        ("en", "1 minute", "90 days"),
        ("ro", "1 minut", "90 de zile"),
        ("hu", "1 perc", "90 nap"),
        ("uk", "1 хвилина", "90 днів"),
        ("ar", "دقيقة", "90 يومًا"),
    ],
)
def test_counted_words_have_the_plural_of_the_language(
    bank: Knowledge, locale: str, minutes: str, days: str
) -> None:
    assert minutes in bank.snapshot.phrase("wait-2", locale, {"minutes": "1"}).text
    assert days in bank.snapshot.phrase("end-4", locale, {"days": 90}).text


def test_topics_are_named_in_the_language_of_the_reader(bank: Knowledge) -> None:
    said = bank.snapshot.phrase("ref-6", "hu", {"topic": "unpaid_wages"})
    assert "„Ki nem fizetett bér”" in said.text
    assert ("unpaid_wages", "Salariu neplătit") in bank.snapshot.slot_options("topic", "ro")


def test_latin_names_keep_their_order_in_arabic(bank: Knowledge) -> None:
    said = bank.snapshot.phrase("who-1", "ar", {"office": "Cluj-Napoca"})
    assert "\u2066Cluj-Napoca\u2069" in said.text
    assert "\u2066" not in bank.snapshot.phrase("who-1", "ar", {"office": "كلوج"}).text


# Sending


def test_a_phrase_is_sent_with_its_replies_and_told_in_the_counsellors_language(
    project: Project,
) -> None:
    snapshot = project.open().snapshot
    said = snapshot.phrase("safe-1", "uk")
    assert said.text == "Ви в безпеці?"
    assert [(choice.label, choice.action) for choice in said.choices] == [
        ("Так", "r:safe-1:0"),
        ("Ні", "r:safe-1:1"),
    ]
    assert snapshot.phrase_reply("safe-1", 1, "en") == "No"
    assert said.reply.lane is Lane.COUNSELLOR
    assert (said.origin.entry, said.origin.block, said.origin.locale) == ("phrase", "safe-1", "uk")
    assert said.origin.snapshot == snapshot.id


def test_the_dialogue_knows_the_letter_of_quick_replies() -> None:
    assert actions.REPLY == ACTION


@pytest.mark.parametrize(("phrase", "n"), [("safe-1", 2), ("safe-1", -1), ("gone-1", 0)])
def test_a_reply_that_is_gone_is_a_key_error(project: Project, phrase: str, n: int) -> None:
    with pytest.raises(KeyError):
        project.open().snapshot.phrase_reply(phrase, n, "uk")


def test_languages_are_named_in_themselves_and_told_in_the_counsellors(project: Project) -> None:
    snapshot = project.open().snapshot
    said = snapshot.phrase("safe-3", "uk")
    assert [choice.label for choice in said.choices] == ["English", "Українська"]
    assert snapshot.phrase_reply("safe-3", 1, "en") == "Ukrainian"
    assert snapshot.phrases["safe-3"].is_typed
    assert not snapshot.phrases["safe-1"].is_typed


def test_a_phrase_missing_in_a_language_is_not_offered_there_and_marked(project: Project) -> None:
    snapshot = project.open().snapshot
    assert snapshot.phrases_in("ar") == ()
    said = snapshot.phrase("safe-1", "ar")
    assert (said.text, said.locale) == ("Are you safe?", "en")
    assert [choice.label for choice in said.choices] == ["Yes", "No"]
    assert [notice.key for notice in said.notices] == ["lang_missing"]


def test_a_phrase_never_mixes_languages_with_its_replies(project: Project) -> None:
    project.locale("uk", {**UK, "reply-set/yn/no": ""})
    said = project.open().snapshot.phrase("safe-1", "uk")
    assert said.locale == "en"
    assert [choice.label for choice in said.choices] == ["Yes", "No"]


# Values


def test_values_are_written_in_the_language_of_the_reader(project: Project) -> None:
    said = project.open().snapshot.phrase("safe-2", "uk", WANTED)
    assert said.text == (
        "Я напишу: середа, 25 листопада 2026\u202fр. У небезпеці телефонуйте 112. Допомога:\n"
        "Help line (Угорщина)\n+36 80 205 520, 116 000\nhttps://help.example.org"
    )
    assert said.due_on == datetime.date(2026, 11, 25)
    assert said.origin.facts == ("hu_112_phone", "hu_help_phone", "hu_help_url")
    assert [notice.key for notice in said.notices] == ["unverified_line"]


@pytest.mark.parametrize(
    ("values", "slot", "fault"),
    [
        ({"card": "hu-help"}, "day", "missing"),
        ({**WANTED, "day": " "}, "day", "missing"),
        ({**WANTED, "day": "tomorrow"}, "day", "wrong"),
        ({**WANTED, "day": "2026-11-21"}, "day", "past"),
        ({**WANTED, "day": "2062-11-25"}, "day", "wrong"),
        ({**WANTED, "card": "hu-nobody"}, "card", "wrong"),
        ({**WANTED, "card": "0800 800 678"}, "card", "wrong"),
        ({**WANTED, "card": "hu-old"}, "card", "withheld"),
        ({**WANTED, "phone": "112"}, "phone", "unknown"),
        ({**WANTED, "hu_112_phone": "113"}, "hu_112_phone", "unknown"),
    ],
)
def test_wrong_values_are_refused(
    project: Project, values: dict[str, str], slot: str, fault: str
) -> None:
    with pytest.raises(BadSlot) as caught:
        project.open().snapshot.phrase("safe-2", "uk", values)
    assert (caught.value.slot, caught.value.fault) == (slot, fault)


@pytest.mark.parametrize(
    "partner",
    [
        "0800 800 679",
        "call 112",
        "www.example.org",
        "a\nb",
        "<b>x</b>",
        "{day}",
        "\u202ex",
        "x" * 61,
    ],
)
def test_free_words_hold_names_only(bank: Knowledge, partner: str) -> None:
    with pytest.raises(BadSlot):
        bank.snapshot.phrase("cons-4", "ro", {"partner": partner})


@pytest.mark.parametrize("minutes", ["0", "-5", "1.5", "241", "٥", "9" * 5000, "ten"])
def test_minutes_are_a_small_whole_number(bank: Knowledge, minutes: str) -> None:
    with pytest.raises(BadSlot):
        bank.snapshot.phrase("wait-2", "ro", {"minutes": minutes})


@pytest.mark.parametrize("time", ["9 o'clock", "25:00", "24:61"])
def test_a_time_is_a_time(bank: Knowledge, time: str) -> None:
    with pytest.raises(BadSlot):
        bank.snapshot.phrase("wait-6", "ro", {"day": "2026-11-25", "time": time})


def test_only_numbers_that_may_be_shown_can_be_chosen(project: Project) -> None:
    snapshot = project.open().snapshot
    assert [row for row, _ in snapshot.slot_options("card", "uk", "hu")] == ["hu-112", "hu-help"]
    assert snapshot.slot_options("number", "uk", "ro") == (
        ("ro-112", "112 – Поліція, швидка, пожежна (Румунія)"),
        ("ro-help", "0800 800 678 – Допомога працівникам (Румунія)"),
    )
    assert snapshot.slot_options("day", "uk") == ()
    assert len(snapshot.slot_options("card", "uk", "xx")) == 4


# Stage


def test_live_sends_only_what_is_signed_off(project: Project) -> None:
    with pytest.raises(NotShown):
        project.open("live").snapshot.phrase("safe-1", "uk")
    sign(project)
    snapshot = project.open("live").snapshot
    assert snapshot.phrase("safe-1", "uk").locale == "uk"
    assert [phrase.id for phrase in snapshot.phrases_in("uk")] == ["safe-1", "safe-2", "safe-3"]
    with pytest.raises(NotShown):  # a safety phrase: English does not take its place
        snapshot.phrase("safe-1", "ar")


def test_a_general_phrase_may_come_in_english(project: Project) -> None:
    project.write(SAFE, GROUP.format(risk="G"))
    sign(project)
    assert project.open("live").snapshot.phrase("safe-1", "ar").locale == "en"


def test_a_review_that_is_overdue_takes_the_phrase_away(project: Project) -> None:
    sign(project)
    later = datetime.date(2027, 2, 11)
    assert project.open("live", later).snapshot.phrases_in("uk") == ()


def test_live_shows_no_unverified_row_and_keeps_the_emergency_number(project: Project) -> None:
    sign(project)
    snapshot = project.open("live").snapshot
    with pytest.raises(BadSlot) as caught:
        snapshot.phrase("safe-2", "uk", WANTED)
    assert caught.value.fault == "withheld"
    said = snapshot.phrase("safe-2", "uk", {**WANTED, "card": "hu-112"})
    assert "телефонуйте 112" in said.text


def test_a_withdrawn_fact_takes_the_phrase_with_it(project: Project) -> None:
    knowledge = project.open()
    project.edit("content/directory/hu.csv", "medium,unverified", "medium,withdrawn")
    knowledge.reload()
    with pytest.raises(NotShown):
        knowledge.snapshot.phrase("safe-2", "uk", WANTED)


# Reading


def test_a_good_bank_has_no_errors(project: Project) -> None:
    sync(project.root)
    assert errors(project.open()) == []


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("{{day}}", "{{dya}}", SAFE, "{dya} is neither a fact nor a cell of the directory"),
        ("{{day}}", "0800 800 678", SAFE, "a number was typed here"),
        ("safe-1: yn", "safe-1: maybe", SAFE, "safe-1: there is no set of replies 'maybe'"),
        ("  safe-1: yn\n", "", SAFE, "safe-1: its set of replies is missing"),
        ("  safe-1: yn", "  safe-1: yn\n  safe-9: yn", SAFE, "`## phrase: safe-9` is missing"),
        ("## phrase: safe-1", "## phrase: other-1", SAFE, "a phrase is called"),
        ("Are you safe?", "Safe? " * 60, SAFE, "too long"),
        ("Are you safe?", "", SAFE, "'phrase/safe-1' is empty"),
        ("# Safety\n", "", SAFE, "the heading with the group's name is missing"),
        ("order: 1\n", "", SAFE, "missing required field `order`"),
        ("risk: S", "risk: S\ncolour: red", SAFE, "colour"),
        ("## yn: no", "## yn", SETS, "a reply is called"),
        ("\nYes\n", "\nYes, I am quite sure that this is so\n", SETS, "too long"),
        ("[en, uk]", "[en, klingon]", SETS, "'klingon' is not the code of a language"),
    ],
)
def test_a_mistake_is_named_and_the_last_good_text_stays(
    project: Project, old: str, new: str, path: str, message: str
) -> None:
    knowledge = project.open()
    old, new = old.replace("{{", "{").replace("}}", "}"), new.replace("{{", "{").replace("}}", "}")
    project.edit(path, old, new)
    assert any(message in text for text in messages(project, path)), messages(project, path)
    knowledge.reload()
    if "no set of replies" not in message:
        assert list(knowledge.snapshot.phrases) == ["safe-1", "safe-2", "safe-3"]
        assert knowledge.snapshot.phrase("safe-1", "uk").text == "Ви в безпеці?"


def test_a_phrase_without_its_replies_is_left_out(project: Project) -> None:
    project.edit(SAFE, "safe-1: yn", "safe-1: maybe")
    assert list(project.open().snapshot.phrases) == ["safe-2", "safe-3"]


def test_a_bank_without_replies_is_no_bank(project: Project) -> None:
    (project.root / SETS).unlink()
    knowledge = Knowledge.open(project.root, None)
    assert knowledge.snapshot.phrases == {}
    assert any(problem.path == SAFE for problem in errors(knowledge))


def test_a_project_without_phrases_is_whole(project: Project) -> None:
    for path in (SAFE, SETS):
        (project.root / path).unlink()
    knowledge = Knowledge.open(project.root, None)
    assert knowledge.snapshot.phrases == {}
    assert not [problem for problem in errors(knowledge) if problem.path.startswith("content/")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Я напишу: {day}", "Я напишу: 25.11.2026", "the placeholder {day} is missing"),
        ("Допомога:", "Допомога {office}:", "the placeholder {office} is not in the English text"),
        ("Так", "Так, я цілком у цьому впевнена людина", "too long"),
    ],
)
def test_a_translation_with_a_mistake_keeps_its_last_good_text(
    project: Project, old: str, new: str, message: str
) -> None:
    before = project.open().snapshot.phrase("safe-2", "uk", WANTED).text
    project.edit(UK_PO, old, new)
    assert any(message in text for text in messages(project, UK_PO))
    assert project.open().snapshot.phrase("safe-2", "uk", WANTED).text == before


def test_a_saved_phrase_goes_live(project: Project) -> None:
    knowledge = project.open()
    old: Snapshot = knowledge.snapshot
    project.edit(SAFE, "Are you safe?", "Are you in a safe place?")
    assert knowledge.reload()
    assert knowledge.snapshot.id != old.id
    said = knowledge.snapshot.phrase("safe-1", "uk")
    assert (said.text, said.locale) == ("Are you in a safe place?", "en")
    assert old.phrase("safe-1", "uk").text == "Ви в безпеці?"


def test_phrases_have_their_own_template(project: Project) -> None:
    sync(project.root)
    text = project.read("locales/templates/phrases.pot")
    contexts = [line[9:-1] for line in text.split("\n") if line.startswith("msgctxt")]
    assert contexts == [
        "safe/title",
        "phrase/safe-1",
        "phrase/safe-2",
        "phrase/safe-3",
        "reply-set/yn/yes",
        "reply-set/yn/no",
        "reply-set/ok/ok",
    ]
    assert "reply-set.md" in text
    assert sync(project.root) == ([], [])


def test_a_group_is_named_in_the_counsellors_language(project: Project) -> None:
    snapshot = project.open().snapshot
    assert snapshot.phrase_group("safe", "uk") == "Безпека"
    assert snapshot.phrase_group("safe", "ar") == "Safety"
    assert snapshot.phrase_text("safe-2", "uk").startswith("Я напишу: {day}")
