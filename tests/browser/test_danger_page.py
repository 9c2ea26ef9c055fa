"""A danger card in a real browser: numbers are called, and the exit stays in sight."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.messages import Choice
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

NUMBERS = "If you are in danger now, call 112 first.\n\n" + "112 – Police (Romania)\n" * 30
CALLS = (
    Choice("112", url="tel:112", copy="112"),
    Choice("+36 80 205 520", url="tel:+3680205520", copy="+3680205520"),
)
WAYS = (Choice("I can write", "w:held"), Choice("This is not about danger", "n"))


def with_card(site: Site) -> Page:
    page = site.open()
    site.say("Where?")
    expect(page.locator(".msg.bot")).to_have_count(1)
    person = site.service.accepted[0].person_id
    site.service.add(person, "bot", NUMBERS, locale="en", choices=CALLS)
    site.service.add(person, "bot", "Are you safe to write here?", locale="en", choices=WAYS)
    expect(page.get_by_role("button", name="I can write")).to_be_visible()
    return page


def test_a_number_is_a_call_and_opens_no_page(site: Site) -> None:
    page = with_card(site)
    for choice in CALLS:
        call = page.locator(f".choices a[href='{choice.url}']")
        expect(call).to_contain_text(choice.label)
        assert call.get_attribute("target") is None


def test_the_exit_stays_in_sight_beside_a_card(site: Site) -> None:
    page = with_card(site)
    page.set_viewport_size({"width": 360, "height": 640})
    for at in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
        page.evaluate(f"scrollTo(0, {at})")
        expect(page.locator(".leave button")).to_be_in_viewport(ratio=1)
