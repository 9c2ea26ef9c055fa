from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.console.rows import OUTCOMES
from bot.console.words import WORDS
from bot.knowledge import Knowledge
from bot.storage import CaseState, Role, Store
from tests.console.desk_rig import Browser, Rig


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def held(rig: Rig, **more: str) -> tuple[Browser, str]:
    number = await rig.asks(**more)
    petra = await rig.browser()
    await petra.claims(number)
    return petra, number


async def test_closing_asks_for_an_outcome_and_tells_the_person(rig: Rig) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/close", outcome="nonsense")
    assert answer.status_code == 422
    answer = await petra.post(f"/desk/case/{number}/close", outcome=OUTCOMES[0])
    assert answer.headers["location"] == "/desk/mine"
    page = (await petra.get(f"/desk/case/{number}")).text
    assert WORDS["case_closed"].english in page and "Answered" in page
    assert 'name="text"' not in page
    assert "Will be deleted on" in page
    assert number in (await rig.told())[-1]


async def test_releasing_puts_it_back_for_everybody(rig: Rig) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/release")
    assert answer.headers["location"] == "/desk"
    assert number in (await petra.get("/desk/queue")).text
    assert (await petra.get(f"/desk/case/{number}")).status_code == 404


async def test_a_case_is_given_to_a_colleague_a_topic_or_an_office(rig: Rig) -> None:
    mirel = await rig.browser("mirel")
    assert mirel.staff
    petra, number = await held(rig)
    assert "Mirel" in petra.page
    answer = await petra.post(f"/desk/case/{number}/transfer", to=f"counsellor:{mirel.staff.id}")
    assert answer.headers["location"] == "/desk/mine"
    page = (await mirel.get("/desk/queue")).text
    assert "For you" in page
    await mirel.claims(number)
    assert (await mirel.post(f"/desk/case/{number}/transfer", to="topic:housing")).is_redirect
    await petra.claims(number)
    refused = await petra.post(f"/desk/case/{number}/transfer", to="office:hu")
    assert refused.status_code == 422
    assert WORDS["err_consent"].english in refused.text
    agreed = await petra.post(f"/desk/case/{number}/transfer", to="office:hu", consented="yes")
    assert agreed.is_redirect
    assert (await petra.get(f"/desk/case/{number}")).status_code == 404


@pytest.mark.parametrize("to", ["", "counsellor:", "nobody:x", "counsellor:nobody", "topic:x'--"])
async def test_a_case_goes_to_nobody_who_is_not_there(rig: Rig, to: str) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/transfer", to=to)
    assert answer.status_code == 422
    assert (await petra.get(f"/desk/case/{number}")).status_code == 200


async def test_a_promise_and_a_cover_stand_in_my_day(rig: Rig) -> None:
    mirel = await rig.browser("mirel")
    assert mirel.staff
    petra, number = await held(rig)
    today = datetime.now(ZoneInfo("Europe/Bucharest")).date()  # the office's, not the server's
    answer = await petra.post(
        f"/desk/case/{number}/wait",
        waits_for="date",
        due=(today + timedelta(days=1)).isoformat(),
        cover=mirel.staff.id,
    )
    assert answer.is_redirect
    mine = (await petra.get("/desk/mine")).text
    assert WORDS["mine_rest"].english in mine and "Promised for" in mine
    await petra.get(f"/desk/case/{number}")
    await petra.post(
        f"/desk/case/{number}/wait", waits_for="date", due=today.isoformat(), cover=mirel.staff.id
    )
    assert WORDS["mine_today"].english in (await petra.get("/desk/mine")).text
    covers = (await mirel.get("/desk/mine")).text
    assert WORDS["mine_cover"].english in covers and number in covers


async def test_the_cover_reads_and_may_go_on(rig: Rig) -> None:
    mirel = await rig.browser("mirel")
    assert mirel.staff
    petra, number = await held(rig)
    await petra.post(f"/desk/case/{number}/wait", waits_for="person", cover=mirel.staff.id)
    page = (await mirel.get(f"/desk/case/{number}")).text
    assert "Petra has this case" in page
    assert 'name="text"' not in page
    assert (await mirel.post(f"/desk/case/{number}/reply", text="no")).status_code in (400, 404)
    await mirel.get(f"/desk/case/{number}")
    answer = await mirel.post(f"/desk/case/{number}/take-over")
    assert answer.is_redirect
    assert 'name="text"' in (await mirel.get(f"/desk/case/{number}")).text


@pytest.mark.parametrize("fields", [{"waits_for": "date"}, {"waits_for": "rain"}])
async def test_a_wait_that_says_nothing_is_asked_for_again(
    rig: Rig, fields: dict[str, str]
) -> None:
    petra, number = await held(rig)
    answer = await petra.post(f"/desk/case/{number}/wait", text="a draft", **fields)
    assert answer.status_code == 422
    assert "a draft</textarea>" in answer.text


# Search and history


async def test_search_finds_by_each_field(rig: Rig) -> None:
    first = await rig.asks(person="a", locale="ar", topic="housing")
    second = await rig.asks(person="b", locale="uk", topic="health")
    petra = await rig.browser()

    async def found(query: str) -> set[str]:
        page = (await petra.get(f"/desk/search?{query}")).text
        return set(re.findall(r"RO-\d+", page.split('id="found"')[1]))

    today = datetime.now(UTC).date()
    assert await found("") == {first, second}
    assert await found(f"number={first.lower()}") == {first}
    assert await found("language=uk") == {second}
    assert await found("topic=housing") == {first}
    assert await found("outcome=answered") == set()
    assert await found(f"until={today - timedelta(days=2)}") == set()
    assert await found(f"since={today - timedelta(days=2)}") == {first, second}
    assert await found("before=x&since=yesterday") == {first, second}


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "word", ["%", "_", "RO-000_", "RO-%", "\\", "' OR 1=1 --", '";drop table handoff;', "\x00"]
)
async def test_search_takes_every_sign_literally(rig: Rig, word: str) -> None:
    await rig.asks()
    petra = await rig.browser()
    for name in ("number", "language", "topic", "outcome"):
        answer = await petra.client.get("/desk/search", params={name: word})
        assert answer.status_code == 200
        assert "RO-0001" not in answer.text.split('id="found"')[1]


async def test_earlier_cases_of_the_person_are_listed(rig: Rig) -> None:
    petra, number = await held(rig)
    await petra.post(f"/desk/case/{number}/close", outcome="answered")
    assert petra.staff
    case = await rig.desk.case(petra.staff, number)
    assert case.state is CaseState.CLOSED
    history = await rig.desk.history(petra.staff, number)
    assert history == []


# Data protection


async def test_data_protection_hands_out_a_copy_by_number(rig: Rig) -> None:
    number = await rig.asks("My own words")
    dana = await rig.browser("dana", Role.DATA_PROTECTION)
    await dana.get("/desk/data")
    answer = await dana.post("/desk/data/export", number=number.lower())
    assert answer.headers["content-disposition"] == f'attachment; filename="{number}.txt"'
    assert "My own words" in answer.text
    missing = await dana.post("/desk/data/export", number="HU-0001")
    assert missing.status_code == 422


async def test_data_protection_deletes_only_what_was_named_twice(rig: Rig) -> None:
    number = await rig.asks("My own words")
    dana = await rig.browser("dana", Role.DATA_PROTECTION)
    await dana.get("/desk/data")
    wrong = await dana.post("/desk/data/erase", number=number, again="RO-9999")
    assert wrong.status_code == 422
    assert await rig.told()
    done = await dana.post("/desk/data/erase", number=number, again=number)
    assert done.status_code == 200
    assert WORDS["data_erased"].english in done.text
    assert await rig.told() == []
