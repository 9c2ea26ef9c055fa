"""A page that others may see: emptied on request, and with an agreed word."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bot.channels.web_words import WORDS
from bot.messages import Choice
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
NEUTRAL = "You have a new message."


@pytest.mark.parametrize("way", ["typed", "pressed", "offered"])
def test_an_emptied_page_stays_empty_and_goes_on(site: Site, way: str) -> None:
    page = site.open()
    site.say("my secret")
    expect(page.locator(".msg.bot")).to_have_count(1)
    if way == "typed":
        site.say("/hide")
    elif way == "offered":
        who = site.service.accepted[0].person_id
        hide = Choice("Clear this screen", action="P:h")
        site.service.add(who, "bot", "Not safe?", locale="en", choices=(hide,))
        page.locator("button.choice[value='P:h']").click()
    else:
        page.locator("#hide").evaluate("(button) => button.click()")
    expect(page.locator("[role=status].note")).to_have_text(WORDS["hidden"].english)
    expect(page.locator(".msg")).to_have_count(0)
    expect(page.locator("#hello")).to_be_visible()
    page.go_back()
    expect(page.locator("body")).not_to_contain_text("my secret")
    expect(page.locator("#hello")).to_be_visible()
    person = site.service.accepted[0].person_id
    site.service.add(person, "counsellor", "Are you there?", locale="en")
    expect(page.locator(".msg.counsellor")).to_have_count(1)
    assert {inbound.person_id for inbound in site.service.accepted} == {person}


def test_with_a_word_a_reload_shows_nothing_old(site: Site) -> None:
    site.service.discreet = True
    page = site.open()
    site.say("Weather")
    expect(page.locator(".msg.bot")).to_have_count(1)
    page.reload()
    expect(page.locator("#hello")).to_be_visible()
    expect(page.locator(".msg")).to_have_count(0)
    person = site.service.accepted[0].person_id
    site.service.add(person, "notice", NEUTRAL, locale="en", is_neutral=True)
    expect(page.locator(".msg p")).to_have_text(NEUTRAL)
    page.reload()  # it waits still, and says so again
    expect(page.locator(".msg p")).to_have_text(NEUTRAL)
    expect(page.locator("body")).not_to_contain_text("Weather")
