"""Danger comes first: whatever the language, the kind of message or the state of the NLU."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.confidence import DANGER_PREFIX, Verdict, judge
from bot.dialogue import cards
from bot.dialogue.ask import ask
from bot.dialogue.danger import CueMatcher
from bot.dialogue.scene import Scene
from bot.dialogue.session import Session
from bot.dialogue.turn import TurnParts, apologise
from bot.dialogue.understanding import Examples, Understanding
from bot.evaluate_danger import kept_rows
from bot.intake import Intake
from bot.knowledge import Knowledge, Snapshot
from bot.lexical import Lexical, fold
from bot.messages import Kind, Lane
from bot.nlu_client import NluUnavailable, Parse
from bot.storage import Arrival, Person, Store
from bot.training_data import every_example
from tests.dialogue.talk import Talk, keys, labels
from tests.people import says

HELD = "my boss locked us in and he has our passports"
VIOLENCE = "there is a man with a knife at the door"
CARDS = (
    "violence",
    "held",
    "suicide",
    "medical",
    "child",
    "sexual-violence",
    "domestic-violence",
    "detention",
    "stranded",
)
LOCALES = ("en", "ro", "hu", "uk", "ar")
ROOT = Path(__file__).parents[2]
# Measured on sentences that were written apart from cues and examples, less a few hundredths:
# the right card by cues, any card by cues or the stand-in, and both kinds of false cards.
CARD_SHOWN = {
    "ar": (0.52, 0.67, 0.04, 0.05),
    "bn": (0.28, 0.90, 0.02, 0.16),
    "en": (0.58, 0.83, 0.04, 0.07),
    "fa": (0.36, 0.95, 0.05, 0.21),
    "fil": (0.50, 0.87, 0.07, 0.11),
    "hi": (0.36, 0.90, 0.05, 0.26),
    "hu": (0.64, 0.75, 0.08, 0.09),
    "ne": (0.39, 0.93, 0.05, 0.16),
    "ro": (0.61, 0.71, 0.08, 0.09),
    "ru": (0.57, 0.73, 0.05, 0.06),
    "si": (0.47, 0.87, 0.07, 0.16),
    "tr": (0.54, 0.90, 0.10, 0.16),
    "uk": (0.59, 0.72, 0.06, 0.11),
    "ur": (0.38, 0.92, 0.02, 0.18),
    "vi": (0.54, 0.76, 0.07, 0.11),
    "zh": (0.43, 0.85, 0.07, 0.16),
}


@pytest.fixture(scope="session")
def snapshot(knowledge: Knowledge) -> Snapshot:
    return knowledge.snapshot


@pytest.fixture(scope="session")
def matcher(snapshot: Snapshot) -> CueMatcher:
    return CueMatcher(snapshot.cues())


class FakeNlu:
    """An NLU server that always answers the same, or not at all."""

    available = True

    def __init__(self, *intents: tuple[str, float]) -> None:
        self.intents = intents

    async def parse(self, text: str, locale: str) -> Parse:
        if not self.intents:
            raise NluUnavailable("away")
        return Parse(self.intents, (), "rasa")


def hears(store: Store, knowledge: Knowledge, system: Examples, nlu: FakeNlu) -> Talk:
    understanding = Understanding(knowledge, nlu, system)  # type: ignore[arg-type]
    return Talk(store, TurnParts(store, knowledge, understanding))


def scene_of(
    snapshot: Snapshot, locale: str, country: str = "", session: Session | None = None
) -> Scene:
    person = Person("", "web", "", "", "", locale=locale, country=country)
    return Scene(snapshot, person, session or Session())


def card_text(snapshot: Snapshot, card: str, locale: str, country: str = "") -> str:
    scene = scene_of(snapshot, locale, country)
    cards.show_card(scene, card)
    return "\n".join(reply.text for reply in scene.replies)


# The first thing said


async def test_the_card_is_all_that_is_said_and_overtakes_what_waits(
    amina: Talk, store: Store
) -> None:
    await amina.says("hello", language="en")
    said = await amina.says(HELD)
    assert keys(said) == ["held/numbers", "held/first"]
    assert labels(said)[-1] == "This is not about danger"
    due = await store.due(10, ["telegram"])
    assert (due[0].lane, due[0].reply.origin.entry) == (Lane.SAFETY, "held")


async def test_an_unknown_country_gets_the_numbers_of_both(amina: Talk) -> None:
    said = await amina.says(HELD, language="en")
    assert "(Romania)" in said[0].text and "(Hungary)" in said[0].text
    assert "0800 800 678" in said[0].text and "+36 80 205 520" in said[0].text


@pytest.mark.parametrize(
    ("country", "number", "other"),
    [("ro", "0800 800 678", "(Hungary)"), ("hu", "+36 80 205 520", "(Romania)")],
)
async def test_a_known_country_gets_its_own_numbers(
    amina: Talk, country: str, number: str, other: str
) -> None:
    await amina.commands("start en")
    await amina.presses(f"c:{country}")
    said = await amina.says(HELD)
    assert number in said[0].text and "112" in said[0].text
    assert other not in said[0].text


async def test_a_repeat_is_short_but_still_has_the_numbers(amina: Talk) -> None:
    await amina.says(HELD, language="en")
    said = await amina.says("they locked us in again, please help")
    assert keys(said) == ["held/numbers"]
    assert "112" in said[0].text and "0800 800 678" in said[0].text


@pytest.mark.parametrize(("minutes", "bubbles"), [(9, 1), (11, 2)])
def test_after_ten_minutes_the_whole_card_is_shown_again(
    snapshot: Snapshot, minutes: int, bubbles: int
) -> None:
    shown_at = datetime.now(UTC) - timedelta(minutes=minutes)
    scene = scene_of(snapshot, "en", "ro", Session(cards_at={"held": shown_at}))
    cards.ShowCards(("held",)).take(scene)
    assert len(scene.replies) == bubbles
    assert all(reply.lane is Lane.SAFETY for reply in scene.replies)


async def test_this_is_not_about_danger_answers_the_question(
    store: Store, knowledge: Knowledge, system: Examples
) -> None:
    amina = hears(store, knowledge, system, FakeNlu(("passport-kept", 0.9)))
    await amina.commands("start en")
    await amina.presses("c:ro")
    said = await amina.says("boss keep my passport")
    assert keys(said)[1] == "held/first"
    said = await amina.presses_label("This is not about danger")
    assert keys(said)[0].startswith("common-passport-kept/answer/")


async def test_consent_is_not_asked_beside_a_card(amina: Talk) -> None:
    said = [*await amina.says(HELD, language="en"), *await amina.says(VIOLENCE)]
    assert not [key for key in keys(said) if key.startswith("consent")]


# The NLU


@pytest.mark.fault("N3")
@pytest.mark.parametrize("intents", [(("greeting", 0.99),), ()])
async def test_cues_win_whatever_the_nlu_says(
    store: Store, knowledge: Knowledge, system: Examples, intents: tuple[tuple[str, float], ...]
) -> None:
    amina = hears(store, knowledge, system, FakeNlu(*intents))
    assert keys(await amina.says(VIOLENCE, language="en"))[1] == "violence/first"


@pytest.mark.parametrize(
    "intents",
    [
        ((f"{DANGER_PREFIX}suicide", 0.8), ("greeting", 0.1)),
        (("greeting", 0.6), (f"{DANGER_PREFIX}suicide", 0.35)),
    ],
)
async def test_a_danger_intent_counts_without_a_cue_and_need_not_be_the_best(
    store: Store, knowledge: Knowledge, system: Examples, intents: tuple[tuple[str, float], ...]
) -> None:
    amina = hears(store, knowledge, system, FakeNlu(*intents))
    said = await amina.says("the sea is so quiet today", language="en")
    assert keys(said) == ["suicide/numbers", "suicide/first"]


async def test_one_question_without_a_conversation_gets_the_card_too(
    snapshot: Snapshot, understanding: Understanding
) -> None:
    asked = await ask(VIOLENCE, "en", None, snapshot, understanding)
    assert (asked.kind, asked.danger, asked.confidence) == ("danger", "violence", 1.0)
    assert "112" in " ".join(asked.text) and asked.entry is None


# Every way a message comes in


async def test_danger_in_an_edit_or_beside_a_picture_counts(amina: Talk) -> None:
    await amina.says("hello", language="en", message_id="m-edited")
    said = await amina.says(VIOLENCE, kind=Kind.EDIT, edits="m-edited", message_id="m-edited")
    assert keys(said)[1] == "violence/first"
    assert keys(await amina.says(HELD, kind=Kind.PHOTO))[1] == "held/first"


async def test_urgent_is_known_on_arrival(store: Store, understanding: Understanding) -> None:
    noticed: list[bool] = []
    intake = Intake(store, understanding.is_urgent, lambda _r, _c, urgent: noticed.append(urgent))
    await intake.accept(says("what is the minimum wage", "oleh"))
    await intake.accept(says("mi-au luat pașapoartele și ne încuie", "amina"))
    assert noticed == [False, True]
    waiting = await store.waiting_people()
    assert waiting[0] == (store.person_hash("telegram", "1", "amina"), True)


# The cards


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("card", CARDS)
def test_every_card_in_every_language_has_112_and_no_number_that_is_held(
    snapshot: Snapshot, card: str, locale: str
) -> None:
    for country in ("", "ro", "hu"):
        text = card_text(snapshot, card, locale, country)
        assert "112" in text
        shown = snapshot.card(card, locale, country or None).lines
        assert shown[0].phone == "112"
        allowed = {line.phone for line in shown}
        for row in snapshot.directory.values():
            if row.state == "held" or row.confidence == "low":
                assert row.id not in {line.row for line in shown}
                assert all(phone in " ".join(allowed) or phone not in text for phone in row.phones)


_NEVER_SAID = (
    "calm down",
    "are you sure",
    "why did you",
    "tell us your name",
    "proof",
    "we will help you",
    "we promise",
    "secret",
    "safe with us",
    "deport",
    "your permit",
    "film",
    "confront",
    "run away",
    "quiz",
)
_NEVER_ON: dict[str, tuple[str, ...]] = {
    "violence": ("wait for", "counsellor"),
    "held": ("pay the debt", "police will", "victim"),
    "suicide": ("your family", "it will pass", "how do you", "method"),
    "medical": ("dose", "tablet", "is it serious", "insurance"),
    "child": ("how old", "who brought", "name"),
    "sexual-violence": ("what happened?", "wear", "go to the police", "wash", "evidence"),
    "domestic-violence": ("talk with him", "for the children", "permit"),
    "detention": ("hide", "to get out", "voluntary", "return"),
    "stranded": ("route", "stay where you are", "help is coming", "smuggler"),
}


@pytest.mark.parametrize("card", CARDS)
def test_a_card_never_says_what_the_plan_forbids(snapshot: Snapshot, card: str) -> None:
    text = card_text(snapshot, card, "en").casefold().replace("/hide", "")  # a command's name
    assert [words for words in (*_NEVER_SAID, *_NEVER_ON[card]) if words in text] == []


# The cues


def test_lookalikes_never_match(snapshot: Snapshot, matcher: CueMatcher) -> None:
    alarms = {
        phrase: found
        for by_locale in snapshot.lookalikes().values()
        for phrases in by_locale.values()
        for phrase in phrases
        if (found := matcher.match(phrase))
    }
    assert alarms == {}


def test_every_choice_of_words_in_a_cue_can_be_met(snapshot: Snapshot) -> None:
    """`a|b` takes single words: of more, or of nothing, no message would ever match it."""
    pieces = {
        piece
        for by_locale in snapshot.cues().values()
        for lines in by_locale.values()
        for line in lines
        for piece in line.split()
        if "|" in piece
    }
    lost = {word for piece in pieces for word in piece.split("|") if len(fold(word).split()) != 1}
    assert lost == set()


@pytest.mark.parametrize("text", ["عمري ١٤ سنة وانا لحالي", "وضربني بالسكين"])
def test_arabic_digits_and_a_joined_and_are_understood(matcher: CueMatcher, text: str) -> None:
    assert matcher.match(text)


def test_cards_come_in_the_order_of_the_message(matcher: CueMatcher) -> None:
    assert matcher.match("i want to die, the boss locked us in")[:2] == ("suicide", "held")
    assert matcher.match("the boss locked us in, i want to die")[:2] == ("held", "suicide")


@pytest.fixture(scope="module")
def lexical(snapshot: Snapshot, system: Examples) -> Lexical:
    return Lexical(every_example(snapshot, system))


@pytest.mark.parametrize("locale", CARD_SHOWN)
def test_kept_sentences_are_found_as_often_as_measured(
    matcher: CueMatcher, lexical: Lexical, locale: str
) -> None:
    counts: Counter[str] = Counter()
    for row in kept_rows(ROOT):
        if row.locale != locale:
            continue
        by_cue = matcher.match(row.text)
        found = by_cue or judge(lexical.parse(row.text, locale), locale).verdict is Verdict.DANGER
        if row.card:
            counts.update(danger=1, cue=row.card in by_cue, any=bool(found))
        else:
            counts.update(harmless=1, cards=bool(found), cue_cards=bool(by_cue))
    assert counts["danger"] >= 60 and counts["harmless"] >= 35
    measured = (
        counts["cue"] / counts["danger"],
        counts["any"] / counts["danger"],
        counts["cue_cards"] / counts["harmless"],
        counts["cards"] / counts["harmless"],
    )
    by_cue_floor, any_floor, by_cue_ceiling, any_ceiling = CARD_SHOWN[locale]
    assert measured[0] >= by_cue_floor and measured[1] >= any_floor, measured
    assert measured[2] <= by_cue_ceiling and measured[3] <= any_ceiling, measured


# How long it takes, in processor time: the machine may be busy with something else


def seconds(matcher: CueMatcher, text: str) -> float:
    begun = time.process_time()
    matcher.match(text)
    return time.process_time() - begun


def test_ordinary_messages_take_less_than_five_milliseconds(
    snapshot: Snapshot, matcher: CueMatcher
) -> None:
    texts = ordinary(snapshot)
    taken = sorted(seconds(matcher, text) for text in texts)
    assert len(texts) > 4000
    assert taken[int(len(taken) * 0.99)] <= 0.005


@pytest.mark.parametrize(
    "flood", ["a", "a ", "not ", "he they his my not ", "nobody hits me ", "زوجي ما "]
)
def test_a_hundred_kilobytes_of_one_cry_take_less_than_fifty(
    matcher: CueMatcher, flood: str
) -> None:
    text = (flood * 100_000)[:100_000]
    assert min(seconds(matcher, text) for _ in range(3)) <= 0.05


def test_a_hundred_kilobytes_of_many_words_take_less_than_fifty(
    snapshot: Snapshot, matcher: CueMatcher
) -> None:
    text = " ".join(ordinary(snapshot))[:100_000]
    assert len(text) == 100_000
    assert min(seconds(matcher, text) for _ in range(3)) <= 0.05


def ordinary(snapshot: Snapshot) -> Sequence[str]:
    return [
        phrase
        for by_locale in snapshot.examples().values()
        for phrases in by_locale.values()
        for phrase in phrases
    ]


async def test_after_a_card_nobody_is_told_that_we_did_not_understand(amina: Talk) -> None:
    await amina.commands("start en")
    await amina.says("i want to die")
    said = await amina.says("yes alone qwrt")
    assert keys(said) == ["suicide/numbers"] and "112" in said[0].text
    await amina.presses("n")
    assert keys(await amina.says("xyzzy plugh qwrt"))[0].startswith("fallback")


async def test_when_the_turn_itself_fails_the_numbers_still_come(
    store: Store, parts: TurnParts
) -> None:
    await store.accept([Arrival(says(VIOLENCE, language="en"))])
    person = store.person_hash("telegram", "1", "amina")
    pending = await store.next_pending(person)
    assert pending is not None
    await apologise(pending, parts)
    said = [line for line in await store.transcript(person) if line.author != "person"]
    assert keys(said) == ["violence/numbers", "violence/first"]
