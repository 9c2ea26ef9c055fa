"""Files at the desk, in a browser: looked at, kept, sent, without losing a draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.knowledge import Knowledge
from bot.messages import Attachment, Kind
from bot.storage import Account
from tests.browser.console_site import DeskSite, desk_site
from tests.people import says
from tests.pictures import JPEG, PDF, ogg

pytestmark = pytest.mark.browser

SHOTS = Path("var/screenshots")


@pytest.fixture
def site(tmp_path: Path, knowledge: Knowledge) -> Iterator[DeskSite]:
    with desk_site(tmp_path, knowledge) as site:
        yield site


@pytest.fixture
def petra(site: DeskSite) -> Account:
    return site.do(site.rig.account("petra"))


@pytest.fixture
def size() -> tuple[int, int]:
    return 1280, 800


@pytest.fixture
def context(
    site: DeskSite, browser: Browser, petra: Account, size: tuple[int, int]
) -> Iterator[BrowserContext]:
    viewport = {"width": size[0], "height": size[1]}
    context = site.context(browser, petra, viewport=viewport)
    yield context
    context.close()


@pytest.fixture
def page(site: DeskSite, context: BrowserContext) -> Iterator[Page]:
    """Petra has Amina's case open, with a photo and a voice message on Telegram."""
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if "Policy" in m.text else None)
    number = site.do(site.rig.asks())
    for kind, name, data in ((Kind.PHOTO, "jpeg", JPEG), (Kind.VOICE, "opus", ogg())):
        site.rig.on_telegram[f"tg-{name}"] = data
        file = Attachment(name, len(data), platform_id=f"tg-{name}")
        site.do(site.rig._turn(says("", kind=kind, file=file), "", "", None))
    page.goto(f"{site.url}/desk/queue")
    page.click(f"#q-{number} button")
    page.wait_for_url("**/desk/case/**")
    yield page
    assert wrong == []


def fetched(site: DeskSite) -> list[str]:
    return [file_id for _, file_id in site.rig.fetched]


def test_a_picture_is_fetched_when_it_is_shown(site: DeskSite, page: Page) -> None:
    expect(page.locator(".file")).to_have_count(2)
    assert fetched(site) == []
    page.locator(".file summary").first.click()
    picture = page.locator(".file img")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('.file img').naturalWidth === 16")
    assert fetched(site) == ["tg-jpeg"]


def test_a_picture_stays_open_when_somebody_writes(site: DeskSite, page: Page) -> None:
    page.locator(".file summary").first.click()
    expect(page.locator(".file img")).to_be_visible()
    site.do(site.rig.writes("one more thing"))
    site.rig_news("ro")
    expect(page.get_by_text("one more thing")).to_be_visible()
    expect(page.locator(".file img")).to_be_visible()


def test_keeping_and_sending_leave_the_draft_where_it_is(
    site: DeskSite, page: Page, tmp_path: Path
) -> None:
    page.fill("#text", "half a sente")
    page.get_by_role("button", name="Keep in the case").first.click()
    expect(page.get_by_text("Kept in the case")).to_be_visible()
    expect(page.locator("#text")).to_have_value("half a sente")
    page.get_by_text("Send a file or a place").click()
    paper = {"name": "secret name.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.set_input_files("input[name=file]", paper)
    page.get_by_role("button", name="Send the file").click()
    expect(page.locator(".line.counsellor")).to_contain_text("A document")
    expect(page.locator("#text")).to_have_value("half a sente")
    assert "secret name" not in page.content()


def test_what_cannot_be_sent_is_told_beside_the_draft(site: DeskSite, page: Page) -> None:
    page.fill("#text", "half a sente")
    page.get_by_text("Send a file or a place").click()
    odd = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"<svg/>"}
    page.set_input_files("input[name=file]", odd)
    page.get_by_role("button", name="Send the file").click()
    expect(page.locator("#problem")).to_contain_text("cannot take this kind of file")
    expect(page.locator("#text")).to_have_value("half a sente")
    page.get_by_label("Name and address").fill("Str. A 1")
    page.get_by_role("button", name="Send the place").click()
    expect(page.locator(".line.counsellor")).to_contain_text("Str. A 1")


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
def test_files_fit_every_screen_and_reader(page: Page, size: tuple[int, int]) -> None:
    page.locator(".file summary").first.click()
    page.locator(".file summary").last.click()
    page.get_by_text("Send a file or a place").click()
    page.wait_for_function("document.querySelector('.file img').naturalWidth === 16")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"desk-files-{size[0]}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
