"""What must not be said to somebody in danger, on the cards and around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.dialogue import cards, danger_words
from bot.dialogue import handoff_words as told
from bot.knowledge import Knowledge, Snapshot
from bot.messages import Text

# No blame, no orders, no promises, no conditions, no questions about the story.
NEVER = {
    "en": (
        "calm down",
        "are you sure",
        "why did you",
        "why didn",
        "victim",
        "promise",
        "guarantee",
        "we will help",
        "will be safe",
        "you are safe",
        "help is coming",
        "stay where you are",
        "secret",
        "confidential",
        "your fault that",
        "you should have",
        "you must",
        "prove",
        "proof",
        "tell us your name",
        "your address",
        "where are you",
        "what happened to you",
        "deport",
        "your permit",
        "confront",
        "run away",
        "think of your family",
        "it will pass",
        "everything will be",
        "don't worry",
        "rate ",
    ),
    "ro": ("calmează", "liniștește-te", "ești sigur", "de ce ai", "de ce nu ai", "victim")
    + ("promite", "garant", "te vom ajuta", "secret", "dovad", "deport", "totul va fi bine"),
    "hu": ("nyugodj", "nyugodjon", "biztos vagy", "biztos benne", "miért tett", "áldozat")
    + ("ígér", "garant", "titok", "bizonyít", "kitoloncol", "minden rendben lesz"),
    "uk": ("заспокой", "ви впевнені", "ти впевнен", "чому ви", "навіщо ви", "жертв")
    + ("обіця", "гарант", "таємниц", "доказ", "депорт", "все буде добре"),
    "ar": ("اهدأ", "هل أنت متأكد", "لماذا لم", "لماذا فعلت", "ضحية", "نعدك", "نضمن")
    + ("دليل على", "ترحيل", "كل شيء سيكون"),
}
# "It is not your fault" and the like are what a card is for.
ALLOWED = {"en": ("where you are and what happened",)}
REMOVAL = ("deport", "kitoloncol", "депорт", "ترحيل")
MAX_SENTENCE = 20  # words


@pytest.fixture(scope="session")
def snapshot(knowledge: Knowledge) -> Snapshot:
    return knowledge.snapshot


def interface() -> Iterator[Text]:
    for words in (danger_words, told):
        for text in vars(words).values():
            if isinstance(text, Text) and text.key.startswith("danger_"):
                yield text


def said(snapshot: Snapshot, locale: str) -> Iterator[tuple[str, str]]:
    """Everything about danger that exists in this language, by the id of its text."""
    catalogues = snapshot.catalogues
    for text in interface():
        shown = text.english if locale == "en" else catalogues.text(text.key, locale, text.english)
        if shown:
            yield text.key, shown
    for card in snapshot.cards.values():
        for block in ("title", "first"):
            english = card.blocks[block].text
            ctx = card.ctx(block)
            shown = english if locale == "en" else catalogues.text(ctx, locale, english)
            if shown:
                yield ctx, shown
    for row, english in snapshot.number_labels.items():
        ctx = f"lines/label/{row}"
        shown = english if locale == "en" else catalogues.text(ctx, locale, english)
        if shown:
            yield ctx, shown


@pytest.mark.parametrize("locale", NEVER)
def test_nothing_that_the_plan_forbids_is_said(snapshot: Snapshot, locale: str) -> None:
    texts = dict(said(snapshot, locale))
    assert len(texts) > 30
    found = {
        ctx: words
        for ctx, text in texts.items()
        for words in NEVER[locale]
        if words in text.casefold()
        and not any(allowed in text.casefold() for allowed in ALLOWED.get(locale, ()))
        # The card about removal has to name it.
        and not (ctx == "detention/title" and words in REMOVAL)
        # What a helpline calls itself.
        and not (ctx.startswith("lines/label/") and words in ("victim", "áldozat", "жертв", "ضحية"))
    }
    assert found == {}


def test_sentences_are_short_and_never_shouted(snapshot: Snapshot) -> None:
    for ctx, text in said(snapshot, "en"):
        assert "!" not in text, ctx
        for sentence in re.split(r"[.?:]\s", text):
            assert len(sentence.split()) <= MAX_SENTENCE, (ctx, sentence)


def test_the_buttons_fit_on_a_phone() -> None:
    for text in (*(text for text, _ in cards.SAFE_BUTTONS), danger_words.NOT_ME):
        assert len(text.english) <= 30
