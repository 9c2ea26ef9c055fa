"""Going on from another phone by code, a phone that two people use, and complaints."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from bot.dialogue import resume
from bot.dialogue.turn import TurnParts
from bot.knowledge import Knowledge
from bot.messages import Inbound
from bot.storage import Case, CaseState, NoSuchCase, Shown, Store
from tests.dialogue.talk import Talk, actions, keys
from tests.handoff.cast import Cast, deliver_all, hire_all

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
_CODE = re.compile(r"05[0-9]{2} [0-9]{3} [0-9]{3}")


class Page(Talk):
    """The same person on the web page; the page asks for what comes after its last bubble."""

    def __init__(self, store: Store, parts: TurnParts, person: str = "amina") -> None:
        super().__init__(store, parts, person)
        self.person_hash = store.person_hash("web", "", person)
        self.after = 0

    async def sends(self, inbound: Inbound) -> list[Shown]:
        inbound = replace(inbound, channel="web", bot="", address="", event_id=f"p.{inbound.order}")
        return await super().sends(inbound)

    async def fetches(self) -> list[str]:
        lines = await self.store.transcript(self.person_hash, self.after)
        self.after = max((line.seq for line in lines), default=self.after)
        return [line.text for line in lines]


def code_of(lines: list[Shown]) -> str:
    found = _CODE.search("\n".join(line.text for line in lines))
    assert found, keys(lines)
    return found[0]


async def asks(talk: Talk) -> Case:
    await talk.commands("country ro")
    await talk.presses("k:y")
    await talk.commands("human")
    found = await talk.store.desk.waiting()
    return found[-1]


async def said_to_me(talk: Talk) -> list[str]:
    return [line.text for line in await talk.store.transcript(talk.person_hash)]


@pytest.fixture
async def cast(store: Store) -> Cast:
    return await hire_all(store)


@pytest.fixture
def page(store: Store, parts: TurnParts) -> Page:
    return Page(store, parts)


async def test_a_question_goes_on_on_telegram(
    store: Store, page: Page, amina: Talk, cast: Cast
) -> None:
    case = await asks(page)
    await page.says("my boss keeps my passport")
    await page.fetches()
    code = code_of(await page.commands("code"))
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.reply(cast.petra, case.number, claimed.fence, "unread answer", 99, "k1")
    await amina.says("hello")
    said = await amina.says(code)
    assert keys(said)[-1] == "resume_done" and case.number in said[-1].text
    # What nobody had read on the page comes along; nothing else that was said there does.
    mine = await said_to_me(amina)
    assert "my boss keeps my passport" not in mine
    assert "unread answer" in await deliver_all(store)
    # The page holds one neutral line, and no more of it.
    assert await page.fetches() == ["This chat was continued elsewhere."]
    page.after = 0
    assert await page.fetches() == ["This chat was continued elsewhere."]
    # Answers go to the new place, and the counsellor reads one conversation.
    now = await store.desk.case(cast.petra, case.number)
    seq = await store.desk.reply(cast.petra, case.number, now.fence, "to Telegram", 99, "k2")
    assert await deliver_all(store) == ["to Telegram"]
    assert "to Telegram" not in await page.fetches()
    opened = await store.desk.open_case(cast.petra, case.number)
    texts = [line.text for line in opened.lines]
    assert {"my boss keeps my passport", "unread answer", "to Telegram"} <= set(texts)
    assert "resumed" in [event.kind for event in opened.events] and seq == opened.lines[-1].seq
    await amina.says("thank you")
    assert (await store.desk.lines(cast.petra, case.number))[-1].text == "thank you"
    # The old place is nobody's case any more: there the program answers.
    await page.commands("human")
    assert "resume_code_page" in keys(page.last) or page.last


async def test_an_answer_that_a_page_fetched_and_nobody_saw_comes_along(
    store: Store, page: Page, amina: Talk, cast: Cast
) -> None:
    """The page was left; its last request had already got the answer."""
    await page.commands("country ro")
    await page.presses("k:y")
    code = code_of(await page.commands("human"))  # told when the question began to wait
    (case,) = await store.desk.waiting()
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.reply(cast.petra, case.number, claimed.fence, "come at nine", 99, "k1")
    assert "come at nine" in await page.fetches()
    await store.leave(page.person_hash)
    await amina.says(code)
    assert "come at nine" in await deliver_all(store)


async def test_a_question_goes_on_on_the_page(
    store: Store, page: Page, amina: Talk, cast: Cast
) -> None:
    case = await asks(amina)
    claimed = await store.desk.claim(cast.petra, case.number)
    await deliver_all(store)
    await store.desk.reply(cast.petra, case.number, claimed.fence, "not delivered yet", 99, "k1")
    for number in range(9):
        await page.says(f"hello {number}")
    await page.fetches()
    code = code_of(await amina.commands("code"))
    await page.says(code)
    got = await page.fetches()
    assert "not delivered yet" in got and any(case.number in text for text in got)
    assert not [text for text in got if "hello 0" in text]
    await store.desk.reply(cast.petra, case.number, claimed.fence, "to the page", 99, "k2")
    assert await page.fetches() == ["to the page"]
    sent = await deliver_all(store)
    assert sent == ["This chat was continued elsewhere."]
    page.after = 0
    assert "to the page" in await page.fetches()


@pytest.mark.parametrize("form", ["{}", "  {} ", "/{}"])
async def test_a_code_works_once_and_in_any_writing(
    store: Store, page: Page, amina: Talk, form: str
) -> None:
    await asks(page)
    code = code_of(await page.commands("code"))
    if form == "/{}":
        said = await amina.commands(f"back {code}")
    else:
        said = await amina.says(form.format(code.replace(" ", "-")))
    assert keys(said)[-1] == "resume_done"
    lan = Talk(store, amina.parts, "lan")
    assert keys(await lan.says(code)) == ["resume_wrong"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0541 204 878", "0541204878"),
        ("٠٥٤١ ٢٠٤ ٨٧٨", "0541204878"),
        ("0541-204-878", "0541204878"),
        ("my number is 0541 204 878", ""),
        ("0741 204 878", ""),
        ("0541 204 87", ""),
        ("²541 204 878", ""),
        ("0" * 5000, ""),
    ],
)
def test_only_a_whole_message_is_a_code(text: str, code: str) -> None:
    assert resume.code_in(text) == code


def test_no_number_of_the_directory_looks_like_a_code(knowledge: Knowledge) -> None:
    rows = knowledge.snapshot.directory.values()
    facts = [str(fact.value) for fact in knowledge.snapshot.facts.values()]
    numbers = [number for row in rows for number in row.phones] + facts
    for number in numbers:
        bare = re.sub(r"[^0-9]", "", number)
        assert not resume.code_in(number) and not bare.startswith(resume.PREFIX), number


async def test_codes_end_are_replaced_and_cannot_be_guessed(
    store: Store, page: Page, amina: Talk
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        await asks(page)
        old = code_of(await page.commands("code"))
        code = code_of(await page.presses("z"))
        assert keys(await page.says(code)) == ["resume_here"]
        assert keys(await amina.says(old)) == ["resume_wrong"]
        for _ in range(4):
            assert keys(await amina.says("0500 000 000")) == ["resume_wrong"]
        assert keys(await amina.says(code)) == ["resume_too_many"]
        clock.shift(timedelta(minutes=61))
        assert keys(await amina.says(code))[-1] == "resume_done"
        await amina.says("hello")
        last = code_of(await amina.commands("code"))
        clock.shift(timedelta(hours=25))
        assert keys(await page.says(last)) == ["resume_wrong"]


async def test_without_an_open_question_there_is_nothing_to_take_along(amina: Talk) -> None:
    assert keys(await amina.commands("code")) == ["resume_nothing"]


async def test_the_page_is_told_a_code_when_a_question_begins_to_wait(page: Page) -> None:
    await page.commands("country ro")
    await page.presses("k:y")
    said = await page.commands("human")
    assert "resume_code_page" in keys(said) and code_of(said)


async def test_codes_stand_nowhere_in_clear(store: Store, page: Page) -> None:
    from sqlalchemy import text

    await asks(page)
    code = code_of(await page.commands("code")).replace(" ", "")
    rows = await store._db.read(lambda db: db.execute(text("SELECT code_hash FROM resume_code")))
    assert [len(row[0]) for row in rows.fetchall()] == [64] and code


# A phone that two people use


async def test_the_second_person_sees_nothing_and_gets_nothing_of_the_first(
    store: Store, amina: Talk, cast: Cast
) -> None:
    case = await asks(amina)
    await amina.says("he beats me")
    claimed = await store.desk.claim(cast.petra, case.number)
    await deliver_all(store)
    code = code_of(await amina.commands("newperson"))
    await deliver_all(store)
    said = await amina.presses("p:y")
    assert keys(said)[0] == "resume_new_chat"
    assert "he beats me" not in await said_to_me(amina)
    # What the counsellor sends waits, and the page of the case says why.
    await deliver_all(store)
    await store.desk.reply(cast.petra, case.number, claimed.fence, "for Amina only", 99, "k1")
    assert await deliver_all(store) == []
    opened = await store.desk.open_case(cast.petra, case.number)
    assert opened.is_parked and opened.events[-2].kind == "parked"
    # The other one writes, asks, and even deletes: the first chat is not theirs.
    await amina.says("what is the minimum wage")
    assert keys(await amina.commands("code")) == ["resume_nothing"]
    await amina.commands("forget")
    await deliver_all(store)
    said = await amina.commands(f"back {code}")
    assert keys(said)[-1] == "resume_done"
    assert "for Amina only" in await deliver_all(store)
    opened = await store.desk.open_case(cast.petra, case.number)
    assert not opened.is_parked
    assert "what is the minimum wage" not in [line.text for line in opened.lines]
    await amina.says("it is me again")
    assert (await store.desk.lines(cast.petra, case.number))[-1].text == "it is me again"


async def test_two_people_with_a_case_each_change_places_by_code(
    store: Store, amina: Talk, cast: Cast
) -> None:
    first = await asks(amina)
    code = code_of(await amina.commands("newperson"))
    await amina.presses("p:y")
    second = await asks(amina)
    assert first.number != second.number
    said = await amina.says(code)
    assert keys(said)[-2:] == ["resume_done", "resume_aside"] and first.number in said[-2].text
    other = code_of(said[-1:])
    said = await amina.says(other)
    assert second.number in said[-2].text
    open_ones = {case.number for case in await store.desk.waiting()}
    assert open_ones == {first.number, second.number}


async def test_staying_changes_nothing(amina: Talk) -> None:
    await amina.says("hello")
    await amina.commands("newperson")
    assert keys(await amina.presses("p:n")) == ["resume_stayed"]
    assert "hello" in await said_to_me(amina)


async def test_who_went_on_here_deletes_what_they_wrote_here_before(
    store: Store, page: Page, amina: Talk
) -> None:
    from sqlalchemy import text

    await amina.says("hello from before")
    await asks(page)
    await amina.says(code_of(await page.commands("code")))
    await amina.commands("forget")

    async def count(query: str) -> Any:
        return await store._db.read(lambda db: db.scalar(text(query)))

    assert await count("SELECT count(*) FROM contact_aside") == 0
    # The old place with its one neutral line, and the last reply on its way.
    assert await count("SELECT count(*) FROM contact") == 2
    assert await count("SELECT count(*) FROM message WHERE author = 'person'") == 0


# Complaints


async def test_a_complaint_goes_past_the_counsellor_to_the_manager(
    store: Store, amina: Talk, cast: Cast
) -> None:
    case = await asks(amina)
    await store.desk.claim(cast.petra, case.number)
    said = await amina.commands("menu")
    assert keys(said) == ["counsellor_answers"] and "g" in actions(said)
    assert said[0].author == "notice"
    assert keys(await amina.presses("g")) == ["complaint_ask"]
    assert keys(await amina.presses("g:n")) == ["complaint_stopped"]
    assert (await store.desk.case(cast.petra, case.number)).state is CaseState.CLAIMED
    assert keys(await amina.presses("g:y"))[0] == "complaint_sent"
    await amina.says("she shouted at me")
    for staff in (cast.petra, cast.jonas, cast.ioana):
        with pytest.raises(NoSuchCase):
            await store.desk.open_case(staff, case.number)
        assert not await store.desk.queue(staff)
    assert [c.number for c in await store.desk.queue(cast.mara)] == [case.number]
    await store.desk.claim(cast.mara, case.number)
    opened = await store.desk.open_case(cast.mara, case.number)
    assert opened.lines[-2].text == "she shouted at me" or "she shouted at me" in [
        line.text for line in opened.lines
    ]


async def test_in_danger_another_counsellor_goes_on_at_once(
    store: Store, amina: Talk, cast: Cast
) -> None:
    await amina.commands("country ro")
    await amina.presses("k:y")
    await amina.presses("h:violence")
    (case,) = await store.desk.waiting()
    await store.desk.claim(cast.petra, case.number)
    assert keys(await amina.presses("g:y"))[0] == "complaint_other"
    assert not await store.desk.queue(cast.petra)
    assert [c.number for c in await store.desk.queue(cast.jonas)] == [case.number]


async def test_a_complaint_without_a_case_is_one(store: Store, amina: Talk, cast: Cast) -> None:
    await amina.presses("k:y")
    await amina.commands("complaint")
    assert keys(await amina.presses("g:y"))[0] == "complaint_sent"
    assert len(await store.desk.queue(cast.mara)) == 1 and not await store.desk.queue(cast.petra)


# The office follows only with a yes


@pytest.mark.parametrize("is_held", [False, True])
async def test_another_country_asks_before_the_office_changes(
    store: Store, amina: Talk, cast: Cast, is_held: bool
) -> None:
    case = await asks(amina)
    if is_held:
        await store.desk.claim(cast.petra, case.number)
    said = await amina.commands("country hu")
    assert keys(said) == ["country_set", "case_office_ask"]
    assert "Romania" in said[-1].text and "Hungary" in said[-1].text
    assert keys(await amina.presses("o:stay")) == ["case_office_stays"]
    now = await store.desk.case(cast.jonas, case.number)
    assert (now.office, now.country) == ("ro", "hu")
    assert keys(await amina.commands("country hu")) == ["country_set"]
    assert keys(await amina.presses("o:hu")) == ["case_office_moved"]
    assert [c.number for c in await store.desk.queue(cast.anna)] == [case.number]
    assert not await store.desk.queue(cast.petra)


async def test_a_button_for_an_office_that_does_not_exist_is_old(amina: Talk) -> None:
    await asks(amina)
    assert keys(await amina.presses("o:xx")) == ["err_link_old"]
