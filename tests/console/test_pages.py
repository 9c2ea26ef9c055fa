from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.console.words import WORDS
from bot.knowledge import Knowledge
from bot.messages import SendResult, Sent
from bot.storage import DANGER, URGENT, Reason, Role, Store
from tests.console.desk_rig import HOST, Rig
from tests.people import says

TEXT = "My landlord threw me out <script>alert(1)</script>"


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


# The queue


async def test_the_queue_says_what_it_is_about_and_never_what_was_written(rig: Rig) -> None:
    number = await rig.asks(TEXT, topic="housing")
    petra = await rig.browser()
    page = (await petra.get("/desk/queue")).text
    assert number in page
    assert "Arabic" in page and "العربية" in page and "Housing" in page
    assert "landlord" not in page
    assert 'data-count="1"' in page


async def test_danger_stands_first_and_then_who_waits_longest(rig: Rig) -> None:
    first = await rig.asks(person="a")
    second = await rig.asks(person="b")
    danger = await rig.asks(person="c", priority=DANGER, reason=Reason.DANGER)
    urgent = await rig.asks(person="d", priority=URGENT)
    petra = await rig.browser()
    page = (await petra.get("/desk/queue")).text
    assert re.findall(r'id="q-([A-Z]{2}-\d+)"', page) == [danger, urgent, first, second]
    assert 'data-urgent="1"' in page


async def test_each_role_starts_on_a_page_of_its_own(rig: Rig) -> None:
    petra = await rig.browser()
    assert (await petra.get("/desk")).headers["location"] == "/desk/queue"
    data = await rig.browser("dana", Role.DATA_PROTECTION)
    assert (await data.get("/desk")).headers["location"] == "/desk/data"
    assert "/desk/queue" not in (await data.get("/desk/data")).text


async def test_whoever_comes_second_reads_who_was_first(rig: Rig) -> None:
    number = await rig.asks()
    petra, mirel = await rig.browser("petra"), await rig.browser("mirel")
    await mirel.get("/desk/queue")
    await petra.claims(number)
    answer = await mirel.post(f"/desk/case/{number}/claim")
    assert answer.status_code == 409
    assert "Petra has taken this case." in answer.text


# The case


async def test_the_text_opens_with_the_claim_and_is_literal(rig: Rig) -> None:
    number = await rig.asks(TEXT)
    petra = await rig.browser()
    assert (await petra.get(f"/desk/case/{number}")).status_code == 404
    page = (await petra.claims(number)).text
    assert "My landlord threw me out &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "Will be deleted 90 days after it is closed" in page


async def test_peoples_lines_carry_their_own_direction(rig: Rig) -> None:
    number = await rig.asks("رقمي \u202e+40 721 000 111")
    petra = await rig.browser()
    page = (await petra.claims(number)).text
    assert '<p class="said" dir="auto"><bdi>رقمي <bdi class="sign" dir="ltr">U+202E</bdi>' in page
    assert '<bdi dir="ltr"><a href="tel:+40721000111">+40 721 000 111</a></bdi>' in page
    assert '<p class="said" dir="rtl" lang="ar">' in page  # what the program said in Arabic


async def test_a_reply_is_sent_and_the_box_is_empty_again(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    answer = await petra.post(f"/desk/case/{number}/reply", text="  Where are you now? ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/case/{number}#reply")
    assert (await rig.told())[-1] == "Where are you now?"
    page = (await petra.get(f"/desk/case/{number}")).text
    assert "On its way" in page
    assert re.search(r'<textarea id="text"[^>]*>\n</textarea>', page)


@pytest.mark.fault("C4")
async def test_the_same_form_sent_twice_is_one_message(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    for _ in range(3):
        assert (await petra.post(f"/desk/case/{number}/reply", text="once")).status_code == 303
    assert (await rig.told()).count("once") == 1


@pytest.mark.fault("C4")
async def test_an_old_page_with_other_words_is_another_message(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    await petra.post(f"/desk/case/{number}/reply", text="one")
    await petra.post(f"/desk/case/{number}/reply", text="two")
    await petra.post(f"/desk/case/{number}/note", note="one")
    assert (await rig.told())[-2:] == ["one", "two"]
    assert "one" in (await petra.get(f"/desk/case/{number}")).text.split('id="noted"')[1]


async def test_what_is_newer_is_shown_first_and_the_draft_is_kept(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    await rig.writes("No, wait, I am in Cluj now")
    answer = await petra.post(f"/desk/case/{number}/reply", text="Go to the office in Iași")
    assert answer.status_code == 409
    assert WORDS["err_newer"].english in answer.text
    newer = answer.text.split('class="line person new"')[1]
    assert "No, wait, I am in Cluj now" in newer
    assert "Go to the office in Iași</textarea>" in answer.text
    assert "Go to the office in Iași" not in await rig.told()
    # Read now: the page that came back sends.
    answer = await petra.post(f"/desk/case/{number}/reply", text="Then go to Cluj")
    assert answer.status_code == 303


async def test_an_empty_reply_is_asked_for_again(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    before = await rig.told()
    answer = await petra.post(f"/desk/case/{number}/reply", text=" \n ")
    assert answer.status_code == 422
    assert WORDS["err_empty"].english in answer.text
    assert await rig.told() == before


async def test_a_note_stays_between_counsellors(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    before = await rig.told()
    await petra.post(f"/desk/case/{number}/note", note="She seems afraid of him", text="a draft")
    assert await rig.told() == before
    page = (await petra.get(f"/desk/case/{number}")).text
    assert "She seems afraid of him" in page.split('id="noted"')[1]


async def test_the_forms_of_notes_and_replies_share_no_field(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    page = (await petra.claims(number)).text
    forms = {
        action: set(re.findall(r'name="(\w+)"', body))
        for action, body in re.findall(r'<form[^>]*action="[^"]*/(\w+)"(.*?)</form>', page, re.S)
    }
    assert "note" not in forms["reply"]
    assert forms["note"] == {"_csrf_token", "key", "fence", "note"}


@pytest.mark.fault("C3")
async def test_a_lost_claim_sends_nothing_and_hands_the_words_back(rig: Rig) -> None:
    number = await rig.asks()
    petra, mirel = await rig.browser("petra"), await rig.browser("mirel")
    await petra.claims(number)
    assert petra.staff
    case = await rig.desk.case(petra.staff, number)
    await rig.desk.release(petra.staff, number, case.fence)
    await mirel.claims(number)
    answer = await petra.post(f"/desk/case/{number}/reply", text="Too late, and long to type")
    assert answer.status_code in (404, 409)
    assert "Too late, and long to type" in answer.text
    assert "Too late, and long to type" not in await rig.told()


async def test_whoever_is_signed_out_gets_their_words_back(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    petra.client.cookies.clear()
    answer = await petra.post(f"/desk/case/{number}/reply", text="A long and careful answer")
    assert answer.status_code == 401
    assert "A long and careful answer" in answer.text
    by_script = await petra.post(
        f"/desk/case/{number}/reply", {"hx-request": "true"}, text="A long and careful answer"
    )
    assert (by_script.status_code, by_script.text) == (401, "")


async def test_delivery_that_is_in_doubt_can_be_repeated(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    await petra.post(f"/desk/case/{number}/reply", text="Did this arrive?")
    for row in await rig.store.due(10, ["telegram"]):
        await rig.store.take([row.outbox_id])
        await rig.store.settle(row, Sent(SendResult.UNCERTAIN), timedelta(0))
    for row in await rig.store.due(10, ["telegram"]):  # once more, and nobody knows
        await rig.store.take([row.outbox_id])
        await rig.store.settle(row, Sent(SendResult.UNCERTAIN), timedelta(0))
    page = (await petra.get(f"/desk/case/{number}")).text
    assert WORDS["fate_uncertain"].english in page
    seq = re.findall(r'name="seq" value="(\d+)"', page)[-1]
    answer = await petra.post(f"/desk/case/{number}/resend", seq=seq)
    assert answer.status_code == 303


async def test_a_change_of_an_earlier_message_shows_both(rig: Rig) -> None:
    number = await rig.asks("I am in Arad", inbound=says("I am in Arad", message_id="m-1"))
    await rig.writes("I am in Oradea", edits="m-1")
    petra = await rig.browser()
    page = (await petra.claims(number)).text
    assert "I am in Arad" in page and "I am in Oradea" in page


# A guess


async def test_a_guess_is_marked_as_one_and_asked_for_once(rig: Rig) -> None:
    number = await rig.asks("asylum asylum", locale="en")
    petra = await rig.browser()
    page = (await petra.claims(number)).text
    assert WORDS["guess"].english in page
    assert 'name="open" value="e:' in page
    assert "62" in page.split('class="guess"')[1][:400]
    await petra.get(f"/desk/case/{number}")
    assert rig.guessed == [("asylum asylum", "en")]


# Errors


async def test_pages_that_are_not_there_and_errors_speak_the_readers_language(rig: Rig) -> None:
    petra = await rig.browser()
    answer = await petra.get("/desk/nothing")
    assert answer.status_code == 404
    assert WORDS["err_not_found"].english in answer.text
    assert (await rig.stranger().get("/desk/queue")).headers["location"].startswith("/desk/signin")


@pytest.mark.fault("W4")
async def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(rig: Rig) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    path, before = f"/desk/case/{number}/reply", await rig.told()
    token = petra.csrf
    for other in ("", "x" * 64, "ü" * 64, token[:-1] + ("0" if token[-1] != "0" else "1")):
        answer = await petra.client.post(
            path,
            data={"_csrf_token": other, "text": "x", "key": "k" * 10, "fence": "1"},
            headers={"origin": f"https://{HOST}", "sec-fetch-site": "same-origin"},
        )
        assert answer.status_code == 403
    foreign = await petra.post(path, {"sec-fetch-site": "cross-site"}, text="x")
    assert foreign.status_code == 403
    as_json = await petra.client.post(path, json={"text": "x"})
    assert as_json.status_code == 403
    assert await rig.told() == before


@pytest.mark.fault("W9")
async def test_headers_of_pages_files_and_errors(rig: Rig) -> None:
    petra = await rig.browser()
    policy = (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'self';"
        " style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
        " form-action 'self'"
    )
    for path in ("/desk/queue", "/desk/nothing", "/desk/case/RO-9999"):
        headers = (await petra.get(path)).headers
        assert headers["content-security-policy"] == policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    file = await petra.get("/desk/static/htmx.min.js")
    assert file.headers["cache-control"].startswith("public")
    assert file.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await petra.get("/desk/static/..%2fpages.py")).status_code == 404
