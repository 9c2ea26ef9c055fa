"""Every text in every language: it is there, it is filled in, and it fits its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.i18n import direction, fill, plurals, wording
from bot.knowledge import Answer, Knowledge, Snapshot
from bot.knowledge.sync import Source, extract, is_needed, is_whole, names_for
from bot.messages import Lane, Reply
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("en", *sorted(p.parent.name for p in ROOT.glob("locales/*/LC_MESSAGES")))
TRANSLATED = LOCALES[1:]
WHOLE = ("en", *(locale for locale in TRANSLATED if is_whole(ROOT, locale)))
COUNTRIES = ("ro", "hu", None)
MAX_LABEL, MAX_QUESTION, MAX_BUBBLE, MAX_BUBBLES = 30, 80, 600, 3
# Labels that code puts on buttons; longer ones are cut off by phones.
BUTTONS = re.compile(
    r"topic_\w+|menu_(?!title)\w+|menu|consent_(yes|no|no_name)|helpful_(yes|no_button)|country_other"
    r"|intake_(yes|no|unsure|skip|morning|afternoon|evening|weekend|woman|man|anybody)"
    r"|handoff_cancel|danger_case_cancel|ask_program"
    r"|none_of_these|danger_not_me|web_(send|leave|delete|refresh|skip|start_again)"
)
MAX_BUTTON = 40
_NAME = re.compile(r"[{}]")


@pytest.fixture(scope="session")
def templates() -> Mapping[str, Mapping[str, Source]]:
    found, problems = extract(ROOT)
    assert not problems, problems
    return found


@pytest.fixture(scope="session")
def snapshot(knowledge: Knowledge) -> Snapshot:
    return knowledge.snapshot


def interface(templates: Mapping[str, Mapping[str, Source]]) -> Iterator[Source]:
    yield from templates["interface"].values()
    yield from templates["bot-profile"].values()


def test_sixteen_languages_are_offered_and_five_are_whole() -> None:
    assert len(LOCALES) == 16
    assert set(WHOLE) >= {"en", "ro", "hu", "uk", "ar"}


def test_every_locale_of_the_repository_is_offered(snapshot: Snapshot) -> None:
    assert set(snapshot.catalogues.locales) == set(LOCALES)


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_text_is_in_every_catalogue(
    templates: Mapping[str, Mapping[str, Source]], snapshot: Snapshot, locale: str
) -> None:
    missing = [
        f'add to locales/{locale}/LC_MESSAGES/{name}.po: msgctxt "{ctx}"'
        f" msgid {source.text[:60]!r} (from {source.file}:{source.line})"
        for name, sources in templates.items()
        if name in names_for(ROOT, locale, templates)
        for ctx, source in sources.items()
        if is_needed(name, source, locale in WHOLE)
        if snapshot.catalogues.text(ctx, locale, source.text) is None
    ]
    assert not missing, f"{len(missing)} texts; `python -m bot sync`, then:\n" + "\n".join(
        missing[:20]
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_interface_text_can_be_filled_in(
    templates: Mapping[str, Mapping[str, Source]], snapshot: Snapshot, locale: str
) -> None:
    for source in interface(templates):
        for text in forms(source, snapshot, locale):
            names = wording.names_in(source.text) | wording.names_in(source.plural)
            filled = fill(text, dict.fromkeys(names, "7"))
            assert not _NAME.search(filled), f"{locale} {source.ctx}: {filled!r}"
            assert filled.strip() == filled and filled, f"{locale} {source.ctx}"


def forms(source: Source, snapshot: Snapshot, locale: str) -> list[str]:
    message = snapshot.catalogues.message(source.ctx, locale)
    if message is None:
        return [text for text in (source.text, source.plural) if text]
    if source.plural:
        assert len(message.strings) == len(plurals.categories(locale)), source.ctx
    return list(message.strings)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_button_of_the_interface_fits(
    templates: Mapping[str, Mapping[str, Source]], snapshot: Snapshot, locale: str
) -> None:
    long = {
        source.ctx: text
        for source in interface(templates)
        if BUTTONS.fullmatch(source.ctx)
        for text in forms(source, snapshot, locale)
        if len(text) > (MAX_LABEL if source.ctx.startswith("topic_") else MAX_BUTTON)
    }
    assert not long, f"shorten in locales/{locale}: {long}"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_interface_text_is_one_bubble(
    templates: Mapping[str, Mapping[str, Source]], snapshot: Snapshot, locale: str
) -> None:
    long = {
        source.ctx: len(text)
        for source in interface(templates)
        for text in forms(source, snapshot, locale)
        if len(text) > MAX_BUBBLE
    }
    assert not long, f"shorten in locales/{locale}: {long}"


# Entries


def answers(snapshot: Snapshot, locale: str) -> Iterator[tuple[str, Answer]]:
    for entry_id in snapshot.entries:
        for country in COUNTRIES:
            yield f"{locale} {entry_id} {country}", snapshot.answer(entry_id, locale, country)


@pytest.mark.parametrize("locale", WHOLE)
def test_every_answer_is_whole_filled_in_and_short(snapshot: Snapshot, locale: str) -> None:
    for where, answer in answers(snapshot, locale):
        blocks = len(snapshot.entries[answer.entry].answers)
        assert 1 <= len(answer.bubbles) == blocks <= MAX_BUBBLES, where
        assert answer.served_locale == locale, f"{where}: served in {answer.served_locale}"
        for bubble in answer.bubbles:
            assert bubble.origin.locale == locale, where
            check_bubble(where, bubble.text)


def check_bubble(where: str, text: str) -> None:
    assert text.strip() == text and text, where
    assert not _NAME.search(text), f"{where}: {text}"
    assert len(without_marks(text)) <= MAX_BUBBLE, f"{where}: {len(text)} characters"


def without_marks(text: str) -> str:
    """Without the signs that keep numbers in order in right-to-left text: nobody sees them."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_question_label_and_button_fits(snapshot: Snapshot, locale: str) -> None:
    for entry_id in snapshot.entries:
        question, label = snapshot.question(entry_id, locale), snapshot.label(entry_id, locale)
        assert 0 < len(question) <= MAX_QUESTION, f"{locale} {entry_id}: {question}"
        assert 0 < len(label) <= MAX_LABEL, f"{locale} {entry_id}: {label}"
        assert not _NAME.search(question + label), f"{locale} {entry_id}"
    for where, answer in answers(snapshot, locale):
        for button in answer.buttons:
            limit = MAX_QUESTION if button.kind == "danger" else MAX_LABEL
            assert 0 < len(button.label) <= limit, f"{where}: {button.label}"
            assert not _NAME.search(button.label + button.url), f"{where}: {button}"
            assert bool(button.url) == (button.kind == "link"), where
            assert not button.url or button.url.startswith(("https://", "http://")), where


@pytest.mark.parametrize("locale", LOCALES)
def test_two_buttons_of_one_answer_are_never_the_same(snapshot: Snapshot, locale: str) -> None:
    for where, answer in answers(snapshot, locale):
        labels = [button.label for button in answer.buttons]
        assert len(set(labels)) == len(labels), f"{where}: {labels}"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_in_use_can_be_chosen(snapshot: Snapshot, locale: str) -> None:
    labels = [
        snapshot.catalogues.text(label.key, locale) or label.english
        for label in map(snapshot.topic_label, snapshot.topics)
    ]
    assert len(set(labels)) == len(labels), labels


# Danger cards


@pytest.mark.parametrize("locale", LOCALES)
def test_every_card_says_whom_to_call_in_every_language(snapshot: Snapshot, locale: str) -> None:
    for card_id in snapshot.cards:
        for country in COUNTRIES:
            card = snapshot.card(card_id, locale, country)
            where = f"{locale} {card_id} {country}"
            assert card.served_locale == locale, where
            assert card.title and len(card.title) <= MAX_QUESTION, where
            for bubble in card.bubbles:
                check_bubble(where, bubble.text)
            named = {line.country for line in card.lines}
            assert named == ({country} if country else {"ro", "hu"}), where
            for line in card.lines:
                assert line.label and not _NAME.search(line.text), f"{where}: {line.text}"
                if locale != "en":
                    english = snapshot.number_labels[line.row]
                    assert line.label != english or english.isupper(), f"{where}: {line.text}"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_card_can_be_sent_as_the_dialogue_sends_it(
    knowledge: Knowledge, snapshot: Snapshot, locale: str
) -> None:
    for card_id in snapshot.cards:
        replies = card_replies(snapshot, card_id, locale)
        assert any("112" in reply.text for reply in replies), f"{locale} {card_id}"
        for reply in replies:
            assert reply.lane == Lane.SAFETY
            assert not _NAME.search(reply.text), f"{locale} {card_id}: {reply.text}"
            assert len(reply.text) <= 4096
            for choice in reply.choices:
                assert len(choice.label) <= MAX_BUTTON, f"{locale}: {choice.label}"
                assert len(choice.action.encode()) <= 64


def card_replies(snapshot: Snapshot, card_id: str, locale: str) -> list[Reply]:
    from bot.dialogue.cards import show_card, show_cards
    from bot.dialogue.scene import Scene
    from bot.dialogue.session import Session
    from bot.storage import Person

    scene = Scene(snapshot, Person("", "", "", "", "", locale=locale), Session())
    show_card(scene, card_id)
    show_cards(scene, [card_id], [])
    return scene.replies


# Right to left, and the page's numbers


@pytest.mark.parametrize("locale", [code for code in LOCALES if direction(code) == "rtl"])
def test_numbers_keep_their_order_in_right_to_left_text(snapshot: Snapshot, locale: str) -> None:
    card = snapshot.card("held", locale, "ro")
    for line in card.lines:
        at = line.text.index(line.phone)
        assert line.text[at - 1] == "\u2066", line.text
        assert line.text[at + len(line.phone)] == "\u2069", line.text


def test_the_stage_of_the_repository_is_a_demo() -> None:
    """Nobody has reviewed these texts yet; whoever runs them live says so in the environment."""
    assert Settings().stage == "demo"
