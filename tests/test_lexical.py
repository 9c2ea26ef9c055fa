from __future__ import annotations

import time

import pytest

from bot.confidence import Thresholds, Verdict, judge, thresholds
from bot.knowledge import Knowledge
from bot.lexical import Lexical, fold
from bot.nlu_client import Parse

EXAMPLES = {
    "minimum-wage": {
        "en": ("what is the minimum wage", "how much is the lowest salary here"),
        "uk": ("яка мінімальна зарплата", "скільки найменша зарплата"),
        "ar": ("ما هو الحد الأدنى للأجور", "كم أقل راتب"),
    },
    "unpaid-wages": {
        "en": ("my boss does not pay my salary", "they did not pay my wages"),
        "uk": ("мені не платять зарплату",),
    },
    "asylum-where": {"en": ("where do i ask for asylum",), "uk": ("де просити притулок",)},
    "danger-held": {"en": ("they lock us in and took our passports",)},
    "out-of-scope": {"en": ("who won the football match", "tell me a joke")},
    "greeting": {"en": ("hello", "hi"), "uk": ("привіт",)},
}


@pytest.fixture(scope="module")
def lexical() -> Lexical:
    return Lexical(EXAMPLES)


@pytest.fixture(scope="module")
def real(knowledge: Knowledge, system: dict[str, dict[str, tuple[str, ...]]]) -> Lexical:
    return Lexical({**system, **knowledge.snapshot.examples()})


def best(lexical: Lexical, text: str, locale: str) -> str:
    return lexical.parse(text, locale).intents[0][0]


@pytest.mark.parametrize(
    ("text", "locale", "intent"),
    [
        ("What is the MINIMUM wage?!", "en", "minimum-wage"),
        ("minimun wadge", "en", "minimum-wage"),
        ("boss not paying salary", "en", "unpaid-wages"),
        ("мінімальна  зарплата", "uk", "minimum-wage"),
        ("كم اقل راتب؟", "ar", "minimum-wage"),
        ("he\u200bllo", "en", "greeting"),
        ("they locked us in, took passports", "en", "danger-held"),
        ("who won the match", "en", "out-of-scope"),
        ("where ask asylum", "uk", "asylum-where"),
    ],
)
def test_words_close_to_an_example_find_its_intent(
    lexical: Lexical, text: str, locale: str, intent: str
) -> None:
    assert best(lexical, text, locale) == intent


def test_a_parse_has_the_shape_of_the_nlu_servers(lexical: Lexical) -> None:
    parse = lexical.parse("lowest salary", "en")
    confidences = [confidence for _, confidence in parse.intents]
    assert parse.by == "lexical"
    assert confidences == sorted(confidences, reverse=True)
    assert all(0.0 <= confidence <= 1.0 for confidence in confidences)


@pytest.mark.parametrize("text", ["", "  ", "???", "/", "\u200b", "😀😀", "\x00", "\ud800"])
def test_nothing_to_match_is_out_of_scope(lexical: Lexical, text: str) -> None:
    assert lexical.parse(text, "en").intents == (("out-of-scope", 1.0),)


def test_an_example_itself_is_surer_than_a_stranger(lexical: Lexical) -> None:
    own = dict(lexical.parse("where do i ask for asylum", "en").intents)["asylum-where"]
    strange = lexical.parse("my guitar is out of tune", "en").intents[0]
    assert own > 0.9
    assert strange[0] == "out-of-scope"


def test_every_example_written_out_finds_its_own_intent(lexical: Lexical) -> None:
    for intent, by_locale in EXAMPLES.items():
        for locale, phrases in by_locale.items():
            for phrase in phrases:
                assert lexical.parse(phrase, locale).intents[0][0] == intent


def test_without_examples_everything_is_out_of_scope() -> None:
    assert Lexical({}).parse("hello", "en").intents == (("out-of-scope", 1.0),)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ｈｅｌｌｏ", "hello"), ("é", "e"), ("مَرْحَبًا", "مرحبا"), ("ț ș", "t s"), ("co-op", "co op")],
)
def test_folding_makes_ways_of_writing_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.fault("X4")
@pytest.mark.parametrize(
    "text", ["a" * 100_000, "(" * 100_000, "a\u0301" * 50_000, "ab " * 33_000, "😀" * 100_000]
)
def test_a_hostile_text_costs_little(real: Lexical, text: str) -> None:
    began = time.process_time()
    real.parse(text, "en")
    assert time.process_time() - began < 0.05


def test_a_parse_of_the_real_examples_is_quick(real: Lexical, knowledge: Knowledge) -> None:
    questions = [
        phrase
        for by_locale in knowledge.snapshot.examples().values()
        for phrases in by_locale.values()
        for phrase in phrases[:1]
    ]
    began = time.process_time()
    for question in questions:
        real.parse(question, "en")
    assert (time.process_time() - began) / len(questions) < 0.02


# What a confidence allows


def parsed(by: str = "rasa", **confidences: float) -> Parse:
    ranked = sorted(((n.replace("_", "-"), c) for n, c in confidences.items()), key=lambda i: -i[1])
    return Parse(tuple(ranked), (), by)


LIMITS: Thresholds = thresholds("rasa", "en")


@pytest.mark.parametrize(
    ("parse", "verdict", "intents"),
    [
        (parsed(wage=0.9, hours=0.2), Verdict.ANSWER, ("wage",)),
        (parsed(wage=0.9, hours=0.88), Verdict.CHOICES, ("wage", "hours")),
        (parsed(wage=LIMITS.answer - 0.01), Verdict.CHOICES, ("wage",)),
        (parsed(wage=LIMITS.choice - 0.01, out_of_scope=0.8), Verdict.FALLBACK, ()),
        (parsed(out_of_scope=1.0), Verdict.FALLBACK, ()),
        (parsed(wage=0.9, danger_held=LIMITS.danger), Verdict.DANGER, ("danger-held",)),
        (parsed(wage=0.9, danger_held=LIMITS.danger - 0.01), Verdict.ANSWER, ("wage",)),
        (parsed(), Verdict.FALLBACK, ()),
    ],
)
def test_a_parse_allows_to_answer_to_ask_back_or_neither(
    parse: Parse, verdict: Verdict, intents: tuple[str, ...]
) -> None:
    judgement = judge(parse, "en")
    assert (judgement.verdict, judgement.intents) == (verdict, intents)


def test_no_more_than_three_choices_are_offered() -> None:
    parse = parsed(a=0.5, b=0.49, c=0.48, d=0.47)
    assert judge(parse, "en").intents == ("a", "b", "c")
