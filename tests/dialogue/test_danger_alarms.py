"""Card and alarm apart: doubt sends the card, and for an alarm there has to be a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.dialogue import cards
from bot.dialogue.danger import CueMatcher, Sure
from bot.dialogue.danger_words import NOT_READ, READ_SLOWLY
from bot.dialogue.scene import Scene
from bot.dialogue.session import Session
from bot.dialogue.turn import TurnParts, play
from bot.dialogue.understanding import Examples, Understanding
from bot.knowledge import Knowledge, NumberLine, Snapshot
from bot.messages import Choice, Kind, Lane
from bot.nlu_client import Parse
from bot.storage import (
    DANGER,
    NORMAL,
    URGENT,
    CaseState,
    IntakeAnswer,
    OpenCase,
    Person,
    Reason,
)
from bot.storage.lines import Body
from tests.dialogue.stage import Stage, a_case, without_store
from tests.people import says

CERTAIN = {
    "violence": "there is a man with a knife at the door",
    "held": "they lock us in the house",
    "suicide": "i want to die",
    "child": "i am 15 and alone at the station",
    "stranded": "we are lost in the forest at the border",
    "detention": "they will deport me soon",
}
NOW = {
    "detention": "they will deport me tomorrow",
    "sexual-violence": "he is raping me now",
    "domestic-violence": "my husband wants to kill me",
}
DOUBT = {
    "violence": "he came with sticks",
    "held": "my boss took my passport",
    "suicide": "nobody would miss me",
    "child": "where is my daughter",
    "stranded": "between two borders",
    "detention": "police came to our door",
}
UNASKED = {
    "medical": "my friend cannot breathe",
    "sexual-violence": "i was raped",
    "domestic-violence": "my husband hits me",
}
PROTECTED = ("held", "child", "sexual-violence", "domestic-violence")

# Who asks about these may well be in danger: there an alarm is no false one.
NOT_ORDINARY = (
    "trafficking_help",
    "domestic_violence",
    "children_alone",
    "emergency",
    "detention",
    "psychosocial",
)


@pytest.fixture
def parts(knowledge: Knowledge, understanding: Understanding) -> TurnParts:
    return without_store(knowledge, understanding)


@pytest.fixture
def stage(parts: TurnParts) -> Stage:
    return Stage(parts)


def case_of(card: str, priority: int, **more: str) -> OpenCase:
    return OpenCase(Reason.DANGER, priority, "ro", "", card, card in PROTECTED, **more)


def alarm_of(stage: Stage) -> tuple[str, int, bool] | None:
    alarm = stage.last.alarm if stage.last else None
    return (alarm.card, alarm.priority, alarm.protection) if alarm else None


# When a case is opened, and when it waits


@pytest.mark.parametrize(("card", "text"), CERTAIN.items())
async def test_what_is_certain_opens_a_case_at_once(stage: Stage, card: str, text: str) -> None:
    assert await stage.says(text) == [f"{card}/numbers", f"{card}/first"]
    assert stage.change == case_of(card, URGENT if card == "detention" else DANGER)
    assert alarm_of(stage) is None
    assert "x:d" in stage.actions and "A counsellor is told." in stage.replies[1].text


@pytest.mark.parametrize(("card", "text"), NOW.items())
async def test_danger_now_is_an_alarm_whatever_the_card(stage: Stage, card: str, text: str) -> None:
    await stage.says(text)
    assert isinstance(stage.change, OpenCase) and stage.change.priority == DANGER
    assert stage.change.danger in (card, "violence")


@pytest.mark.parametrize(("card", "text"), DOUBT.items())
async def test_doubt_waits_three_minutes(stage: Stage, card: str, text: str) -> None:
    said = await stage.says(text)
    assert said == [f"{card}/numbers", f"{card}/first"]
    assert stage.change is None and "x:d" not in stage.actions
    priority = URGENT if card == "detention" else DANGER
    assert alarm_of(stage) == (card, priority, card in PROTECTED)
    assert stage.last is not None and stage.last.alarm is not None
    wait = stage.last.alarm.due_at - datetime.now(UTC)
    assert timedelta(minutes=2, seconds=50) < wait <= timedelta(minutes=3)


@pytest.mark.parametrize(("card", "text"), UNASKED.items())
async def test_of_some_dangers_nobody_is_told_unasked(stage: Stage, card: str, text: str) -> None:
    assert (await stage.says(text))[0] == f"{card}/numbers"
    assert stage.change is None and alarm_of(stage) is None
    await stage.presses(f"w:{card}")
    assert stage.change == case_of(card, URGENT if card == "medical" else DANGER)


async def test_the_surest_of_two_dangers_counts(stage: Stage) -> None:
    await stage.says("my friend cannot breathe, there is a man with a knife at the door")
    assert stage.change == case_of("violence", DANGER)
    assert [r.origin.block for r in stage.replies] == ["numbers", "first"]


@pytest.mark.parametrize(("confidence", "is_alarm"), [(0.5, False), (0.84, False), (0.86, True)])
async def test_what_the_model_thinks_is_doubt_unless_it_is_very_sure(
    knowledge: Knowledge, system: Examples, confidence: float, is_alarm: bool
) -> None:
    class Nlu:
        available = True

        async def parse(self, text: str, locale: str) -> Parse:
            return Parse((("danger-suicide", confidence),), (), "rasa")

    understanding = Understanding(knowledge, Nlu(), system)  # type: ignore[arg-type]
    stage = Stage(without_store(knowledge, understanding))
    await stage.says("the sea is so quiet today")
    assert (stage.change is not None) == is_alarm
    assert (alarm_of(stage) is None) == is_alarm


async def test_nothing_waits_for_whoever_wants_nothing_kept(parts: TurnParts) -> None:
    stage = Stage(parts, consent="no")
    await stage.says(DOUBT["violence"])
    assert alarm_of(stage) is None and stage.change is None
    assert "Nobody was told about this" in stage.replies[1].text
    assert "h:violence" in stage.actions and "w:violence" not in stage.actions
    assert await stage.presses("u:violence") == ["consent_handoff", "discreet_hints"]


async def test_nothing_waits_in_the_terminal(parts: TurnParts) -> None:
    person = Person("", "terminal", "", "", "talk", locale="en", country="ro")
    inbound = replace(says(DOUBT["violence"]), channel="terminal")
    scene = await play(person, inbound, parts)
    assert scene.alarm is None and scene.case_change is None


async def test_a_case_that_waits_is_not_alarmed_twice(stage: Stage) -> None:
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="violence"))
    await stage.says(DOUBT["violence"])
    assert alarm_of(stage) is None and stage.change is None
    stage.has(a_case(priority=NORMAL))
    await stage.says(DOUBT["stranded"])
    assert alarm_of(stage) == ("stranded", DANGER, False)


async def test_a_reminder_goes_on_waiting(stage: Stage) -> None:
    await stage.says(DOUBT["suicide"])
    assert await stage.says("yes alone qwrt") == ["suicide/numbers"]
    assert alarm_of(stage) == ("suicide", DANGER, False)


# What is pressed


@pytest.mark.parametrize(
    ("action", "reply", "safe"),
    [("w", "danger_can_write_reply", ""), ("u", "danger_not_safe_reply", "no")],
)
async def test_a_press_opens_a_case_hours_later_too(
    stage: Stage, action: str, reply: str, safe: str
) -> None:
    stage.person = replace(stage.person, session="")  # long forgotten
    said = await stage.presses(f"{action}:stranded")
    assert said == ([reply, "discreet_hints"] if safe else [reply])
    assert stage.change == case_of("stranded", DANGER, safe=safe)
    assert stage.replies[0].lane is Lane.SAFETY and stage.actions[:1] == ["x:d"]


@pytest.mark.parametrize(
    ("country", "locales"), [("ro", ["ro"]), ("hu", ["hu"]), ("", ["ro", "hu"])]
)
async def test_whoever_cannot_call_gets_words_for_a_stranger(
    parts: TurnParts, country: str, locales: list[str]
) -> None:
    stage = Stage(parts, country=country, locale="uk")
    said = await stage.presses("C:violence")
    shown = ["danger_show_card"] * len(locales)
    assert said == ["danger_show_intro", *shown, "danger_can_write_reply"]
    assert [reply.origin.locale for reply in stage.replies[1:-1]] == locales
    language = {"ro": "ucraineană", "hu": "ukrán"}
    assert all(language[r.origin.locale] in r.text for r in stage.replies[1:-1])
    assert isinstance(stage.change, OpenCase) and stage.change.danger == "violence"


async def test_elsewhere_a_stranger_may_read_english(stage: Stage) -> None:
    stage.person = replace(stage.person, country="")
    await stage.presses("c:xx")
    await stage.presses("C:violence")
    assert [reply.origin.locale for reply in stage.replies][1:-1] == ["en"]


async def test_a_case_that_waits_hears_that_it_is_not_safe(stage: Stage) -> None:
    stage.has(a_case(reason=Reason.DANGER, priority=DANGER, danger="violence"))
    assert await stage.presses("u:violence") == ["danger_not_safe_reply", "discreet_hints"]
    assert stage.change == IntakeAnswer("safe", "no")
    assert stage.heard == "It is not safe now"


async def test_the_holder_reads_what_is_pressed(stage: Stage) -> None:
    stage.has(a_case(CaseState.CLAIMED))
    assert await stage.presses("w:violence") == [] and stage.heard == "I can write"
    assert await stage.presses("u:violence") == [] and stage.heard == "It is not safe now"
    assert stage.change == IntakeAnswer("safe", "no")
    said = await stage.presses("C:violence")
    assert said == ["danger_show_intro", "danger_show_card"]


async def test_a_button_of_a_card_that_is_gone_still_tells_somebody(stage: Stage) -> None:
    await stage.presses("w:no-such-card")
    assert isinstance(stage.change, OpenCase)


# The first message


@pytest.mark.parametrize("is_open", [True, False])
async def test_whether_somebody_may_read_it_is_said(parts: TurnParts, is_open: bool) -> None:
    async def there(office: str) -> bool:
        assert office == "ro"
        return is_open

    stage = Stage(replace(parts, is_open=there))
    said, other = (READ_SLOWLY, NOT_READ) if is_open else (NOT_READ, READ_SLOWLY)
    for sent in (CERTAIN["violence"], "d:held", "E"):
        await (stage.presses(sent) if ":" in sent or sent == "E" else stage.says(sent))
        assert said.english in stage.replies[0].text
        assert other.english not in stage.replies[0].text


async def test_it_ends_with_the_question_and_the_ways_on(stage: Stage) -> None:
    await stage.says(DOUBT["violence"])
    numbers, first = stage.replies
    assert first.text.endswith("Are you safe to write here?")
    assert stage.actions[-4:] == ["w:violence", "u:violence", "C:violence", "n"]
    assert numbers.choices == (Choice("112", url="tel:112", copy="112"),)


async def test_each_number_can_be_called_or_copied_once(stage: Stage) -> None:
    stage.person = replace(stage.person, country="")
    await stage.says(CERTAIN["held"])
    calls = {c.label: (c.url, c.copy) for c in stage.replies[0].choices}
    assert calls["112"] == ("tel:112", "112") and len(calls) == 4
    assert calls["+36 80 205 520"] == ("tel:+3680205520", "+3680205520")


def test_a_stored_button_of_before_can_still_be_read() -> None:
    import msgspec

    old = json.dumps({"text": "x", "choices": [{"label": "a", "action": "n", "url": ""}]})
    assert msgspec.json.decode(old, type=Body).choices == (Choice("a", "n"),)


@pytest.mark.parametrize(
    ("reach", "said"),
    [((), ""), (("voice",), ""), (("voice", "sms"), " – by phone call, by text message (SMS)")],
)
def test_how_a_number_is_reached_is_said_where_it_is_not_a_plain_call(
    snapshot: Snapshot, reach: tuple[str, ...], said: str
) -> None:
    scene = Scene(snapshot, Person("", "web", "", "", "", locale="en"), Session())
    line = NumberLine("ro-112", "112", "Police", "ro", "112 – Police (Romania)", reach)
    assert cards._line(scene, line) == f"112 – Police (Romania){said}"


@pytest.fixture(scope="session")
def snapshot(knowledge: Knowledge) -> Snapshot:
    return knowledge.snapshot


# The cues


@pytest.fixture(scope="session")
def matcher(snapshot: Snapshot) -> CueMatcher:
    return CueMatcher(snapshot.cues())


@pytest.mark.parametrize(
    "text",
    [
        "i am not in danger",
        "nobody hits me",
        "he does not beat me",
        "my husband does not hit me",
        "he never hurts me",
        "nu sunt în pericol",
        "nimeni nu mă bate",
        "soțul nu mă lovește",
        "nem vagyok veszélyben",
        "senki nem bánt engem",
        "a férjem nem ver",
        "я не в небезпеці",
        "мене ніхто не б'є",
        "чоловік мене не бʼє",
        "أنا لست في خطر",
        "زوجي لا يضربني",
        "محدش بيضربني",
    ],
)
def test_what_does_not_happen_is_no_danger(matcher: CueMatcher, text: str) -> None:
    assert matcher.match(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "nobody hits me but he will kill me",
        "he does not beat me, he locked us in the house",
        "nobody helps me, he beats me every day",
        "he never stops hitting me",
        "كل ما بيضربني بخاف",
    ],
)
def test_a_no_takes_nothing_else_back(matcher: CueMatcher, text: str) -> None:
    assert matcher.match(text)


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("my hsuband hits me", "domestic-violence"),
        ("my hussband hits me", "domestic-violence"),
        ("they took our pasport", "held"),
        ("they took our passsport", "held"),
        ("he bro\u200bke my do\u00ador", "violence"),
        ("MĂ OMOARĂ DACĂ PLEC", "violence"),
    ],
)
def test_words_are_found_as_frightened_people_type_them(
    matcher: CueMatcher, text: str, card: str
) -> None:
    assert card in matcher.match(text)


def test_marks_say_how_certain_a_cue_is() -> None:
    lines = ["! with a knife", "!! now with a knife", "knife", "- butter knife"]
    matcher = CueMatcher({"violence": {"en": lines}})
    assert matcher.find("a knife") == {"violence": Sure.DOUBT}
    assert matcher.find("he is here with a knife") == {"violence": Sure.CERTAIN}
    assert matcher.find("he is here now with a knife") == {"violence": Sure.NOW}
    assert matcher.find("a butter knife") == {}
    assert matcher.find("a butter knife, then with a knife") == {"violence": Sure.CERTAIN}


def test_ordinary_questions_raise_no_alarm(snapshot: Snapshot, matcher: CueMatcher) -> None:
    """At most two in a thousand, in each language: what people ask as our entries have it."""
    about_danger = {e.intent for e in snapshot.entries.values() if e.topic in NOT_ORDINARY}
    asked = {i: by for i, by in snapshot.examples().items() if i not in about_danger}
    for locale in ("en", "ro", "hu", "uk", "ar"):
        texts = [phrase for by in asked.values() for phrase in by.get(locale, ())]
        false = [t for t in texts if any(matcher.find(t).values())]
        assert len(false) <= len(texts) * 2 / 1000, false


async def test_an_edit_and_a_picture_are_alarms_too(stage: Stage) -> None:
    await stage.says(CERTAIN["violence"], kind=Kind.PHOTO)
    assert stage.change == case_of("violence", DANGER)
