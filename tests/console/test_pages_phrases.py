from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.console.words import WORDS
from bot.i18n import render
from bot.knowledge import Knowledge
from bot.storage import Store
from tests.console.desk_rig import Browser, Rig


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def held(rig: Rig, reads: str = "ro", **more: str) -> tuple[Browser, str]:
    """A counsellor who reads `reads`, with Amina's case, who reads Arabic."""
    number = await rig.asks(**more)
    petra = await rig.browser(locale=reads)
    await petra.claims(number)
    return petra, number


def say(knowledge: Knowledge, word: str, locale: str = "ro") -> str:
    return render(WORDS[word], locale, knowledge.snapshot.catalogues)


def hits(page: str) -> list[str]:
    return (
        page.split('id="found"')[1].split('class="compose"')[0].split('<article class="hit">')[1:]
    )


async def test_a_phrase_is_found_in_the_counsellors_language_and_read_in_both(
    rig: Rig, knowledge: Knowledge
) -> None:
    petra, number = await held(rig)
    mine = knowledge.snapshot.phrase_text("ask-12", "ro")
    theirs = knowledge.snapshot.phrase_text("ask-12", "ar")
    answer = await petra.post(f"/desk/case/{number}/find", find="AVOCAT", text="a draft")
    assert answer.status_code == 200
    (hit,) = [hit for hit in hits(answer.text) if 'value="p:ask-12"' in hit]
    assert mine in hit and theirs in hit
    assert '<div dir="rtl" lang="ar">' in hit
    assert "a draft</textarea>" in answer.text


async def test_a_phrase_is_sent_in_the_persons_language_with_its_replies(
    rig: Rig, knowledge: Knowledge
) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/send", send="p:ask-12")
    assert answer.status_code == 303
    assert (await rig.told())[-1] == knowledge.snapshot.phrase_text("ask-12", "ar")
    person = rig.store.person_hash("telegram", "1", "amina")
    line = (await rig.store.transcript(person))[-1]
    assert (line.author, line.entry, line.block) == ("counsellor", "phrase", "ask-12")
    assert [choice.action for choice in line.choices][:2] == ["r:ask-12:0", "r:ask-12:1"]
    page = (await petra.get(f"/desk/case/{number}")).text
    assert '<p class="said" dir="rtl" lang="ar">' in page


@pytest.mark.fault("C4")
async def test_a_phrase_sent_twice_by_one_form_is_one_message(rig: Rig) -> None:
    petra, number = await held(rig)
    before = len(await rig.told())
    for _ in range(2):
        await petra.post(f"/desk/case/{number}/send", send="p:ask-12")
    assert len(await rig.told()) == before + 1


async def test_a_draft_outlives_a_phrase_that_is_sent_beside_it(rig: Rig) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/send", send="p:ask-12", text="a draft")
    assert answer.status_code == 200
    assert "a draft</textarea>" in answer.text
    assert "a draft" not in await rig.told()


async def test_all_phrases_of_a_group_can_be_looked_through(rig: Rig, knowledge: Knowledge) -> None:
    petra, number = await held(rig)
    for group in knowledge.snapshot.phrase_groups:
        answer = await petra.post(f"/desk/case/{number}/find", group=group)
        wanted = [p.id for p in knowledge.snapshot.phrases.values() if p.group == group]
        assert len(hits(answer.text)) == len(wanted)


async def test_values_are_filled_in_and_a_day_becomes_a_promise(
    rig: Rig, knowledge: Knowledge
) -> None:
    petra, number = await held(rig)
    phrase = next(p for p in knowledge.snapshot.phrases.values() if p.slots == ("day",))
    ref, day = f"p:{phrase.id}", datetime.now(UTC).date() + timedelta(days=3)
    missing = await petra.post(f"/desk/case/{number}/send", send=ref)
    assert missing.status_code == 422
    assert say(knowledge, "slot_missing") in missing.text
    past = {f"{ref}.day": "2020-01-01"}
    answer = await petra.post(f"/desk/case/{number}/send", send=ref, **past)
    assert (answer.status_code, say(knowledge, "slot_past") in answer.text) == (422, True)
    fields = {f"{ref}.day": day.isoformat()}
    shown = await petra.post(f"/desk/case/{number}/find", open=ref, **fields)
    assert "{day}" not in hits(shown.text)[0]
    assert f'value="{day}"' in shown.text
    answer = await petra.post(f"/desk/case/{number}/send", send=ref, **fields)
    assert answer.status_code == 303
    assert "{day}" not in (await rig.told())[-1]
    assert petra.staff
    case = await rig.desk.case(petra.staff, number)
    assert case.due_at is not None
    assert case.due_at.astimezone().date() in (day, day + timedelta(days=1))


async def test_an_entry_is_sent_whole_in_the_persons_language(
    rig: Rig, knowledge: Knowledge
) -> None:
    petra, number = await held(rig)
    entry = "ro-asylum-where"
    answer = knowledge.snapshot.answer(entry, "ar", "ro")
    before = len(await rig.told())
    sent = await petra.post(f"/desk/case/{number}/send", send=f"e:{entry}")
    assert sent.status_code == 303
    told = (await rig.told())[before:]
    assert len(told) == len(answer.bubbles)
    assert told[0].startswith(answer.bubbles[0].text[:40])
    person = rig.store.person_hash("telegram", "1", "amina")
    line = (await rig.store.transcript(person))[-1]
    assert (line.author, line.entry, line.locale) == ("counsellor", entry, "ar")


async def test_an_answer_is_not_sent_past_something_newer(rig: Rig) -> None:
    petra, number = await held(rig)
    await rig.writes("I found it myself")
    before = await rig.told()
    answer = await petra.post(f"/desk/case/{number}/send", send="e:ro-asylum-where", text="draft")
    assert answer.status_code == 409
    assert "I found it myself" in answer.text and "draft</textarea>" in answer.text
    assert await rig.told() == before


async def test_a_guess_opens_the_answer_beside_the_draft(rig: Rig) -> None:
    petra, number = await held(rig, text="asylum")
    ref = re.findall(r'name="open" value="(e:[^"]+)"', petra.page)[0]
    answer = await petra.post(f"/desk/case/{number}/find", open=ref, text="a draft")
    assert len(hits(answer.text)) == 1
    assert "<details open>" in answer.text
    assert "a draft</textarea>" in answer.text


async def test_finding_nothing_says_so(rig: Rig, knowledge: Knowledge) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/find", find="<b>%zzz</b>")
    assert say(knowledge, "find_empty") in answer.text
    assert "<b>%zzz" not in answer.text


async def test_a_pressed_reply_comes_back_in_the_counsellors_language(
    rig: Rig, knowledge: Knowledge
) -> None:
    petra, number = await held(rig)
    await petra.post(f"/desk/case/{number}/send", send="p:ask-12")
    await rig.writes(knowledge.snapshot.phrase_reply("ask-12", 1, "ar"))
    page = (await petra.get(f"/desk/case/{number}")).text
    meaning = knowledge.snapshot.phrase_reply("ask-12", 1, "ro")
    assert f'<p class="meaning"><bdi>{meaning}</bdi></p>' in page
