"""A whole case between a counsellor who reads Romanian and a person who reads Arabic.

Petra writes no word of her own: phrases and answers only. Amina presses buttons and types
Arabic. Each reads everything in their own language.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Examples, Understanding
from bot.i18n import render
from bot.knowledge import Knowledge
from bot.storage import Shown, Store
from tests.console.desk_rig import Browser, Rig
from tests.dialogue.talk import Talk, labels

_ARABIC = re.compile("[\u0600-\u06ff]")


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


@pytest.fixture
def amina(store: Store, knowledge: Knowledge, system: Examples, rig: Rig) -> Talk:
    understanding = Understanding(knowledge, None, system)

    async def guess(text: str, locale: str) -> list[tuple[str, float]]:
        return list((await understanding.parse(text, locale)).intents)

    rig.parts = replace(rig.parts, guess=guess)
    rig.console.parts = rig.parts
    return Talk(store, TurnParts(store, knowledge, understanding))


async def sends(petra: Browser, number: str, ref: str, **fields: str) -> None:
    """Looks at what there is, then sends it, as a counsellor does."""
    await petra.get(f"/desk/case/{number}")
    answer = await petra.post(f"/desk/case/{number}/send", send=ref, **fields)
    assert answer.status_code == 303, answer.text


async def last_lines(amina: Talk, count: int) -> list[Shown]:
    lines = await amina.store.transcript(amina.person_hash)
    return [line for line in lines if line.author == "counsellor"][-count:]


async def test_a_whole_case_without_a_common_language(
    rig: Rig, amina: Talk, knowledge: Knowledge
) -> None:
    snapshot = knowledge.snapshot
    await amina.commands("language ar")
    await amina.commands("country ro")
    await amina.says("صاحب العمل لا يدفع لي راتبي")
    asked = await amina.commands("human")
    assert all(_ARABIC.search(line.text) for line in asked), "everything she reads is Arabic"

    petra = await rig.browser("petra", locale="ro", languages=("ro",))
    (case,) = await rig.desk.queue(petra.staff)  # type: ignore[arg-type]
    number = case.number
    page = (await petra.claims(number)).text
    # What she typed stands there as it is, with the closest known question in Romanian.
    assert "صاحب العمل لا يدفع لي راتبي" in page
    assert snapshot.question("ro-unpaid-wages", "ro") in page
    assert '<div class="guess">' in page

    # Greeting, found and read in Romanian, told in Arabic with its button.
    found = await petra.post(f"/desk/case/{number}/find", find="consilier")
    assert snapshot.phrase_text("greet-1", "ro") in found.text
    assert snapshot.phrase_text("greet-1", "ar") in found.text
    await sends(petra, number, "p:greet-1")
    await sends(petra, number, "p:greet-2")
    await sends(petra, number, "p:safe-1")
    hello, prepared, safe = await last_lines(amina, 3)
    assert hello.text == snapshot.phrase_text("greet-1", "ar")
    assert prepared.text == snapshot.phrase_text("greet-2", "ar")
    yes = snapshot.phrase_reply("safe-1", 0, "ar")
    assert yes in labels([safe])

    # Her answer is a button in Arabic; Petra reads it in Romanian.
    await amina.presses("r:safe-1:0")
    page = (await petra.get(f"/desk/case/{number}")).text
    assert f'<p class="meaning"><bdi>{snapshot.phrase_reply("safe-1", 0, "ro")}</bdi></p>' in page
    await sends(petra, number, "p:ask-11")
    await amina.presses("r:ask-11:1")
    page = (await petra.get(f"/desk/case/{number}")).text
    assert snapshot.phrase_reply("ask-11", 1, "ro") in page

    # The reviewed answer, whole, in her language; facts and all.
    await sends(petra, number, "e:ro-unpaid-wages")
    answer = snapshot.answer("ro-unpaid-wages", "ar", "ro")
    told = [line.text for line in await last_lines(amina, len(answer.bubbles))]
    assert [text[:60] for text in told] == [bubble.text[:60] for bubble in answer.bubbles]
    await sends(petra, number, "p:end-1")
    await amina.presses("r:end-1:0")

    # Closed, and told so in Arabic; nothing of it was ever typed by Petra.
    await petra.get(f"/desk/case/{number}")
    assert (await petra.post(f"/desk/case/{number}/close", outcome="answered")).status_code == 303
    lines = await amina.store.transcript(amina.person_hash)
    from_petra = [line for line in lines if line.author == "counsellor"]
    assert from_petra and all(line.entry for line in from_petra)
    assert all(line.locale == "ar" and _ARABIC.search(line.text) for line in from_petra)
    assert _ARABIC.search(lines[-1].text)
    from bot.console.words import WORDS

    mine = render(WORDS["case_closed"], "ro", snapshot.catalogues)
    assert mine in (await petra.get(f"/desk/case/{number}")).text
