"""Taking a reply back, and closing, in a real browser; with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.words import WORDS
from bot.knowledge import Knowledge
from bot.storage import Account
from tests.browser.console_site import DeskSite, desk_site

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path: Path, knowledge: Knowledge) -> Iterator[DeskSite]:
    with desk_site(tmp_path, knowledge) as site:
        yield site


@pytest.fixture
def petra(site: DeskSite) -> Account:
    return site.do(site.rig.account("petra"))


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(
    request: pytest.FixtureRequest, site: DeskSite, browser: Browser, petra: Account
) -> Iterator[Page]:
    size = {"width": 1280, "height": 800}
    context = site.context(browser, petra, viewport=size, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def opened(site: DeskSite, page: Page) -> str:
    number = site.do(site.rig.asks())
    page.goto(f"{site.url}/desk/queue")
    page.click(f"#q-{number} button")
    page.wait_for_url("**/desk/case/**")
    return number


def test_undo_brings_the_words_back_into_the_box(site: DeskSite, page: Page) -> None:
    opened(site, page)
    page.fill("#text", "A slip of the pen")
    page.get_by_label(WORDS["wait_to_send"].english).check()
    page.click(".send")
    waiting = page.locator(".line.counsellor")
    expect(waiting).to_contain_text(WORDS["fate_waits"].english)
    page.get_by_role("button", name=WORDS["undo"].english).click()
    expect(page.locator("#text")).to_have_value("A slip of the pen")
    expect(page.locator(".line.counsellor")).to_have_count(0)
    expect(page.get_by_label(WORDS["wait_to_send"].english)).to_be_checked()
    assert "A slip of the pen" not in site.do(site.rig.told())


def test_a_case_is_closed_from_the_page_that_shows_all_of_it(site: DeskSite, page: Page) -> None:
    opened(site, page)
    site.do(site.rig.writes("One more thing"))
    if page.evaluate("true") and page.locator("#link").is_visible():
        site.rig_news("ro")
        expect(page.get_by_text("One more thing")).to_be_visible(timeout=3000)
    page.get_by_text(WORDS["close"].english, exact=True).click()
    page.locator("#do-close select").select_option("answered")
    page.locator("#do-close button").click()
    if page.url.endswith("/close"):  # nothing had told this page
        expect(page.locator(".line.new")).to_contain_text("One more thing")
        page.get_by_text(WORDS["close"].english, exact=True).click()
        page.locator("#do-close select").select_option("answered")
        page.locator("#do-close button").click()
    expect(page).to_have_url(f"{site.url}/desk/mine")
