"""The page in a real browser that runs no script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, expect

from bot.channels.web_words import WORDS
from tests.browser.conftest import Site
from tests.browser.web_arabic import ARABIC
from tests.browser.web_fake import ANSWER

pytestmark = pytest.mark.browser


@pytest.fixture
def scripts() -> bool:
    return False


def test_form_carries_a_whole_conversation(site: Site) -> None:
    page = site.open()
    site.say("Where can I ask for asylum?")
    expect(page.locator(".msg.bot p")).to_have_text(ANSWER["en"])
    page.get_by_role("button", name="How long does it take?").click()
    expect(page.locator(".msg.bot")).to_have_count(2)
    expect(page.locator(".msg").last).to_be_in_viewport(ratio=0.2)
    person = site.service.accepted[0].person_id
    site.service.add(person, "counsellor", "Good morning", locale="en")
    page.get_by_role("button", name=WORDS["refresh"].english).click()
    expect(page.locator(".msg.counsellor")).to_contain_text("Good morning")
    assert [inbound.text or inbound.action for inbound in site.service.accepted] == [
        "Where can I ask for asylum?",
        "entry:ro-asylum-time",
    ]


def test_language_is_switched_and_the_draft_stays(site: Site) -> None:
    page = site.open()
    page.fill("#text", "half a question")
    page.locator(".pills [value=ar]").click()
    expect(page.locator(".title")).to_have_text(ARABIC["heading"])
    expect(page.locator("#text")).to_have_value("half a question")
    page.locator(".sos summary").click()
    expect(page.locator("#numbers")).to_be_visible()


@pytest.mark.fault("D3")
def test_unsaved_message_stands_beside_the_numbers(site: Site) -> None:
    page = site.open()
    site.service.away = True
    site.say("they locked us in")
    expect(page.get_by_role("alert")).to_contain_text(WORDS["not_saved"].english)
    expect(page.get_by_role("alert").locator("a[href='tel:112']")).to_have_count(2)
    expect(page.locator("#text")).to_have_value("they locked us in")
    site.service.away = False
    page.click(".send")
    expect(page.locator(".msg.person")).to_have_count(1)
    assert site.service.texts() == ["they locked us in"]


@pytest.mark.fault("W13")
def test_exit_leads_away_and_coming_back_shows_nothing(site: Site) -> None:
    page = site.open()
    site.say("my secret")
    expect(page.locator(".msg.bot")).to_have_count(1)
    page.locator(".leave button").click()
    expect(page).to_have_url(site.exit_url)
    assert len(site.service.left) == 1
    # A page that came from a form and may not be kept: Chromium has nothing to show.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    expect(page.locator("body")).not_to_contain_text("my secret")
    page.goto(site.url)
    expect(page.locator(".msg")).to_have_count(0)
    expect(page.locator("#hello")).to_be_visible()


@pytest.mark.fault("W13")
def test_exit_hides_the_page_while_the_line_is_slow(site: Site) -> None:
    page = site.open()
    box = page.locator(".leave button").bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    cover = "getComputedStyle(document.querySelector('.leave button'), '::after').position"
    assert page.evaluate(cover) == "fixed"
    page.mouse.up()
    expect(page).to_have_url(site.exit_url)


def test_deleting_leaves_an_empty_page(site: Site) -> None:
    page = site.open()
    site.say("my secret")
    page.locator("#about > summary").click()
    page.locator("#delete > summary").click()
    page.locator(".risky").click()
    expect(page.locator(".note")).to_have_text(WORDS["deleted"].english)
    expect(page.locator("body")).not_to_contain_text("my secret")
