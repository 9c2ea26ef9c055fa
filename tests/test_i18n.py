"""Catalogues, rendering, negotiation, and what a locale is like."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from bot import i18n
from bot.i18n import plurals, po, wording
from bot.messages import N_, NP_, Text

SIXTEEN = tuple("en ro hu uk ru ar fa tr ne si vi zh bn hi ur fil".split())
DAYS = NP_("days", "{n} day left", "{n} days left")


def header(locale: str, forms: str = "") -> str:
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {locale}\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Plural-Forms: {forms or plurals.header(locale)}\\n"\n\n'
    )


def entry(text: str, english: str = "Hello {name}", ctx: str = "hello", above: str = "") -> str:
    return f'{above}msgctxt "{ctx}"\nmsgid "{english}"\nmsgstr "{text}"\n\n'


def plural_entry(*texts: str) -> str:
    rows = "".join(f'msgstr[{number}] "{text}"\n' for number, text in enumerate(texts))
    head = 'msgctxt "days"\nmsgid "{n} day left"\nmsgid_plural "{n} days left"\n'
    return head + rows


def read(text: str | bytes, locale: str = "uk") -> po.PoFile:
    data = text.encode() if isinstance(text, str) else text
    return po.read(f"locales/{locale}/LC_MESSAGES/interface.po", data, locale)


def catalogues(tmp_path: Path, **files: str) -> i18n.Catalogues:
    for locale, text in files.items():
        folder = tmp_path / "locales" / locale / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "interface.po").write_text(header(locale) + text, "utf-8")
    loaded, problems = i18n.load(tmp_path)
    assert problems == []
    return loaded


# Reading


def test_what_editors_write_is_read() -> None:
    text = (
        header("uk")
        + "# Translators: a greeting\n#. note\n#: bot/x.py:3\n#, fuzzy, python-brace-format\n"
        + '#| msgid "Hi"\n'
        + entry("Вітаю {name}")
        + "# reviewed: 2026-11-12 legal editor\n"
        + 'msgctxt "a"\r\nmsgid ""\r\n"one\\n"\r\n"two"\r\nmsgstr ""\r\n'
        + '"раз\\n"\r\n"\\"два\\" \\\\"\r\n'
        + '#~ msgctxt "old"\n#~ msgid "x"\n#~ msgstr "у"\n'
    )
    parsed = read(text)
    assert parsed.problems == []
    assert parsed.messages["hello"].fuzzy
    assert parsed.messages["a"].msgid == "one\ntwo"
    assert parsed.messages["a"].strings == ('раз\n"два" \\',)
    assert parsed.messages["a"].reviewed == "2026-11-12 legal editor"
    assert set(parsed.messages) == {"hello", "a"}


def test_a_fuzzy_mark_holds_across_an_empty_line() -> None:
    assert read(header("uk") + "#, fuzzy\n\n" + entry("Вітаю {name}")).messages["hello"].fuzzy


@pytest.mark.fault("L3")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('msgstr "Вітаю {name}', "closing quote is missing"),
        ('msgstr "Вітаю {name}\\"', "closing quote is missing"),
        ("msgstr Вітаю {name}", "opening quote is missing"),
        ('msgstr "Вітаю "друже" {name}"', "needs a backslash"),
        ('msgstr "Вітаю \\x41 {name}"', "backslash or control character"),
        ('msgstr "Вітаю {name}"\nВітаю"', "is a quote missing"),
        ('msgstr "Вітаю {name}"\nmsgstr "Знову {name}"', "stands here twice"),
        ('msgstr[0] "Вітаю {name}"', "without msgid_plural"),
        ("", "has no msgstr"),
        ('msgstr "' + "а" * 50_000 + '"', "longer than"),
    ],
)
def test_a_broken_entry_names_its_line_and_spoils_no_other(line: str, said: str) -> None:
    broken = f'msgctxt "hello"\nmsgid "Hello {{name}}"\n{line}\n\n'
    parsed = read(header("uk") + broken + entry("Дім", "Home", "home"))
    assert parsed.broken == {"hello"}
    assert list(parsed.messages) == ["home"]
    assert [said in problem.message for problem in parsed.problems] == [True]
    assert 7 <= parsed.problems[0].line <= 10
    assert parsed.problems[0].path in str(parsed.problems[0])


@pytest.mark.fault("L3")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xef\xbb\xbf" + header("uk").encode(),
        header("uk").encode("utf-16"),
        entry("Вітаю {name}").encode(),
        header("ro").encode(),
        header("uk").replace('uk\\n"', "uk\\n", 1).encode(),
        b"#" * 5_000_000,
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(data: bytes) -> None:
    parsed = read(data)
    assert parsed.is_refused
    assert parsed.problems != []


@pytest.mark.fault("L2")
def test_each_language_needs_all_its_plural_forms() -> None:
    three = ("{n} день", "{n} дні", "{n} днів")
    assert read(header("uk") + plural_entry(*three)).problems == []
    for texts in (three[:2], (*three, "x {n}"), ("{n} день", "", "{n} днів")):
        parsed = read(header("uk") + plural_entry(*texts))
        assert parsed.broken == {"days"}
        assert "[2] many" in parsed.problems[0].message


@pytest.mark.fault("L2")
@pytest.mark.parametrize(
    "forms",
    [
        "nplurals=2; plural=(n != 1);",
        "nplurals=3; plural=(n != 1);",
        "nplurals=3; plural=1/0;",
        "x",
    ],
)
def test_wrong_plural_forms_spoil_plural_entries_only(forms: str) -> None:
    three = plural_entry("{n} день", "{n} дні", "{n} днів")
    parsed = read(header("uk", forms) + entry("Вітаю {name}") + three)
    assert [problem.line for problem in parsed.problems] == [2]
    assert parsed.broken == {"days"}
    assert set(parsed.messages) == {"hello"}


def test_a_form_for_one_number_may_leave_the_number_out() -> None:
    forms = ("لا أيام", "يوم واحد", "يومان", "{n} أيام", "{n} يوما", "{n} يوم")
    assert read(header("ar") + plural_entry(*forms), "ar").problems == []
    spoiled = (*forms[:3], "أيام", *forms[4:])
    assert read(header("ar") + plural_entry(*spoiled), "ar").broken == {"days"}


@pytest.mark.parametrize("locale", SIXTEEN)
def test_plural_headers_mean_what_they_index(locale: str) -> None:
    assert plurals.fits(plurals.header(locale), locale)
    forms = {plurals.index_of(locale, n) for n in range(1000)}
    assert forms == set(range(len(plurals.categories(locale))))


@pytest.mark.parametrize(
    ("english", "text", "is_fine"),
    [
        ("Since 2024", "З ٢٠٢٤", True),
        ("Since 2024", "З 2025", False),
        ("One day", "1 день", False),
        ("Call {phone}", "Дзвоніть {phone}", True),
        ("Call {phone}", "Дзвоніть 112", False),
        ("Call {phone}", "Дзвоніть १९११", False),
        ("Open 24/7", "24/7", True),
        ("Site", "Сайт iom.int", False),
        ("Site", "Сайт http://1.1", False),
        ("Site", "xn--80ak6aa92e", False),
        ("Text", "Текст.Далі", True),
        ("Text", "a &lt; b", False),
        ("Text", "a < b", True),
        ("Text", "**Текст**", False),
        ("Text", "Те\u200dкст", True),
        ("Text", "Те\u200bкст", False),
        ("Text", "Текст\u2066", False),
        ("Text", "Текст\u200f", False),
        ("Text", "Те\x07кст", False),
    ],
)
def test_only_what_the_english_holds_may_stand_in_a_translation(
    english: str, text: str, is_fine: bool
) -> None:
    assert (wording.translation_faults("key", english, text) == []) == is_fine


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        ("Texts of 2022 to 2024.", True),
        ("Texts of 2022-2024.", True),
        ("In June 2026 rules changed.", True),
        ("Open 24/7, under 18, 90/180.", True),
        ("Call 112.", False),
        ("Call 0800 800 678.", False),
        ("Call +40 21 312 62 10.", False),
        ("It is 4325 RON.", False),
        ("It is €50.", False),
        ("Since 1 July.", False),
        ("Since July 1, 2026.", False),
        ("Since 2026-07-01.", False),
        ("Room {number} on floor 2.", True),
    ],
)
def test_facts_are_not_typed_into_english(text: str, is_fine: bool) -> None:
    faults = wording.english_faults("x/answer/a", text, frozenset({"112"}))
    assert (faults == []) == is_fine


def test_phrases_may_hold_what_people_type() -> None:
    assert wording.translation_faults("x/examples", "call", "call 112\n1500 lei {") == []
    assert wording.translation_faults("x/examples", "call", "a" * 201) != []


@pytest.mark.parametrize(
    ("ctx", "limit"),
    [("x/label", 30), ("x/question", 80), ("topic_a", 30), ("lines/label/ro-112", 80)],
)
def test_short_texts_stay_short(ctx: str, limit: int) -> None:
    assert wording.translation_faults(ctx, "x", "а" * limit) == []
    assert wording.translation_faults(ctx, "x", "а" * (limit + 1)) != []


# Rendering


def test_texts_come_from_the_locale_or_else_from_english(tmp_path: Path) -> None:
    loaded = catalogues(tmp_path, uk=entry("Вітаю {name}"))
    hello = N_("hello", "Hello {name}").having(name="Oleh")
    assert i18n.render(hello, "uk", loaded) == "Вітаю Oleh"
    assert i18n.render(hello, "en", loaded) == "Hello Oleh"
    assert i18n.render(hello, "hu", loaded) == "Hello Oleh"
    assert i18n.render(N_("hello", "Hello again {name}"), "uk", loaded) == "Hello again {name}"


def test_plurals_follow_the_language(tmp_path: Path) -> None:
    loaded = catalogues(tmp_path, uk=plural_entry("{n} день", "{n} дні", "{n} днів"))
    shown = [i18n.render(DAYS.having(n=n), "uk", loaded) for n in (1, 2, 5, 21, 1000)]
    assert shown == ["1 день", "2 дні", "5 днів", "21 день", "1\u00a0000 днів"]
    assert i18n.render(DAYS.having(n=1), "en", loaded) == "1 day left"
    assert i18n.render(DAYS.having(n=2), "tr", loaded) == "2 days left"


def test_values_are_written_for_the_reader(tmp_path: Path) -> None:
    text = entry("{name} {day}", "{name} on {day}", "visit") + entry("أمينة", "Amina", "who")
    loaded = catalogues(tmp_path, ar=text)
    visit = N_("visit", "{name} on {day}").having(day=datetime.date(2026, 7, 1))
    assert i18n.render(visit.having(name=N_("who", "Amina")), "ar", loaded) == "أمينة 1 يوليو 2026"
    assert i18n.render(visit.having(name="+40 21"), "ar", loaded).startswith("\u2066+40 21\u2069 ")


def test_values_are_never_read_as_templates() -> None:
    text = Text("k", "{a} {b} {a.__class__} {0} {missing}", "", (("a", "{b}"), ("b", "{a}")))
    shown = i18n.render(text, "en", i18n.Catalogues())
    assert shown == "{b} {a} {a.__class__} {0} {missing}"


def test_a_date_that_ends_in_a_full_stop_takes_that_of_its_sentence() -> None:
    assert i18n.fill("Від {d}. Так.", {"d": "1 липня 2026 р."}) == "Від 1 липня 2026 р. Так."


# Locales


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("de, fr;q=0.9, ar-EG;q=0.8", "ar"),
        ("en;q=0.1, uk;q=0.5", "uk"),
        ("uk;q=0, en", "en"),
        ("RU-ru", None),
        ("UK_ua", "uk"),
        ("zh-Hans-CN", "zh"),
        ("tl", "fil"),
        ("../../uk", None),
        ("uk/../..", None),
        ("uk%00", None),
        ("uk\x00", None),
        ("", None),
        ("*", None),
        ("u" * 10_000, None),
        (",".join(["xx"] * 5_000) + ",uk", None),
        (["de", "uk"], "uk"),
        ([], None),
    ],
)
def test_a_wanted_locale_is_only_looked_up(wanted: str | list[str], found: str | None) -> None:
    assert i18n.negotiate(wanted, ("en", "uk", "ar", "zh", "fil")) == found


@pytest.mark.parametrize("name", ["../x", "xx_notalocale", "en", "uk~", "templates2"])
def test_folders_that_are_no_locale_are_left_out(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "locales" / name / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "interface.po").write_text(header("uk") + entry("Вітаю {name}"))
    loaded, _ = i18n.load(tmp_path)
    assert loaded.locales == ("en",)


@pytest.mark.parametrize("locale", SIXTEEN)
def test_every_planned_locale_can_be_formatted(locale: str) -> None:
    assert i18n.direction(locale) == ("rtl" if locale in ("ar", "fa", "ur") else "ltr")
    assert i18n.own_name(locale)
    assert i18n.country_name("ro", locale)
    for shown in (
        i18n.format_number(4325, locale),
        i18n.format_money(4325, "RON", locale),
        i18n.format_percent(75, locale),
        i18n.format_date(datetime.date(2026, 7, 1), locale),
    ):
        assert all(char.isascii() for char in shown if char.isdigit())


def test_names_and_amounts_read_naturally() -> None:
    assert i18n.own_name("uk") == "Українська"
    assert i18n.language_name("ar", "ro") == "arabă"
    assert i18n.country_name("hu", "uk") == "Угорщина"
    assert i18n.format_money(4325, "RON", "ro") == "4.325\u00a0RON"
    assert i18n.format_money(12.5, "EUR", "en") == "€12.50"
    assert i18n.format_percent(75, "en") == "75%"


def test_locales_are_offered_in_a_fixed_order(tmp_path: Path) -> None:
    loaded = catalogues(tmp_path, ar=entry("{name}"), ro=entry("Salut {name}"), de=entry("{name}"))
    assert loaded.locales == ("en", "ro", "ar", "de")
