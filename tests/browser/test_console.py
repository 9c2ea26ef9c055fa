"""The console in a real browser: live, by keyboard, with no script, and when the line is cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.console.words import WORDS
from bot.knowledge import Knowledge
from bot.storage import DANGER, Account, Reason, WaitsFor
from tests.browser.console_site import DeskSite, desk_site

pytestmark = pytest.mark.browser

SIZES = {"phone": (360, 740), "desktop": (1280, 800)}
SHOTS = Path("var/screenshots")


@pytest.fixture
def site(tmp_path: Path, knowledge: Knowledge) -> Iterator[DeskSite]:
    with desk_site(tmp_path, knowledge) as site:
        yield site


@pytest.fixture
def petra(site: DeskSite) -> Account:
    return site.do(site.rig.account("petra"))


@pytest.fixture
def context(site: DeskSite, browser: Browser, petra: Account) -> Iterator[BrowserContext]:
    context = site.context(browser, petra, viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    yield from watched(context)


def watched(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may go wrong: no script error, nothing the policy refuses."""
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if "Policy" in m.text else None)
    yield page
    assert wrong == []


def opened(site: DeskSite, page: Page, number: str) -> None:
    page.goto(f"{site.url}/desk/queue")
    page.click(f"#q-{number} button")
    page.wait_for_url("**/desk/case/**")
    expect(page.locator("#link")).to_have_text(WORDS["live"].english)


# Live


def test_who_asks_stands_in_the_list_at_once_and_the_title_counts(
    site: DeskSite, page: Page
) -> None:
    page.goto(f"{site.url}/desk/queue")
    expect(page.locator("#link")).to_have_text("Live")
    assert page.title() == "Waiting · Punte"
    number = site.do(site.rig.asks())
    site.rig_news("ro")
    expect(page.locator(f"#q-{number}")).to_be_visible(timeout=1500)
    expect(page).to_have_title("(1) Waiting · Punte")


def test_a_taken_case_leaves_the_lists_of_the_others(
    site: DeskSite, browser: Browser, page: Page
) -> None:
    number = site.do(site.rig.asks())
    mirel = site.context(browser, site.do(site.rig.account("mirel")))
    other = mirel.new_page()
    other.goto(f"{site.url}/desk/queue")
    expect(other.locator(f"#q-{number}")).to_be_visible()
    opened(site, page, number)
    expect(other.locator(f"#q-{number}")).to_have_count(0, timeout=1000)
    expect(other).to_have_title("Waiting · Punte")
    mirel.close()


def test_what_the_person_writes_appears_beside_the_draft(site: DeskSite, page: Page) -> None:
    number = site.do(site.rig.asks())
    opened(site, page, number)
    page.fill("#text", "Half of an answ")
    site.do(site.rig.writes("One more thing"))
    site.rig_news("ro")
    expect(page.get_by_text("One more thing")).to_be_visible(timeout=1500)
    expect(page.locator("#text")).to_have_value("Half of an answ")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("er")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line.counsellor")).to_contain_text("Half of an answer")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#text")).to_be_focused()


def test_a_double_click_is_one_message(site: DeskSite, page: Page) -> None:
    number = site.do(site.rig.asks())
    opened(site, page, number)
    page.fill("#text", "once")
    page.dblclick(".send")
    expect(page.locator("#text")).to_have_value("")
    page.reload()
    expect(page.locator(".line.counsellor")).to_have_count(1)


def test_something_newer_shows_the_difference_and_keeps_the_draft(
    site: DeskSite, page: Page, context: BrowserContext
) -> None:
    number = site.do(site.rig.asks())
    opened(site, page, number)
    page.fill("#text", "Go to Iași")
    # The line appears only now that the page no longer hears of it.
    page.route("**/desk/stream*", lambda route: route.abort())
    context.set_offline(True)
    site.do(site.rig.writes("I am in Cluj"))
    page.evaluate("document.body.dataset.case = ''")
    context.set_offline(False)
    page.click(".send")
    expect(page.get_by_role("alert")).to_have_text(WORDS["err_newer"].english)
    expect(page.locator(".line.new")).to_contain_text("I am in Cluj")
    expect(page.locator("#text")).to_have_value("Go to Iași")


def test_a_cut_line_is_said_and_nothing_is_missed(
    site: DeskSite, page: Page, context: BrowserContext
) -> None:
    number = site.do(site.rig.asks())
    opened(site, page, number)
    context.set_offline(True)
    page.fill("#text", "written without a network")
    page.click(".send")
    expect(page.locator("#link")).to_have_class("link lost")
    expect(page.locator("#text")).to_have_value("written without a network")
    for text in ("first", "second", "third"):
        site.do(site.rig.writes(text))
    context.set_offline(False)
    expect(page.locator("#link")).to_have_text("Live", timeout=15_000)
    expect(page.locator(".line.person")).to_have_count(4)
    expect(page.locator("#text")).to_have_value("written without a network")


def test_a_revoked_login_is_told_and_keeps_what_was_typed(site: DeskSite, page: Page) -> None:
    number = site.do(site.rig.asks())
    opened(site, page, number)
    page.fill("#text", "long and careful")
    site.do(site.rig.store.staff.disable("petra"))
    expect(page.locator("#link")).to_have_text(WORDS["live_out"].english, timeout=6000)
    page.click(".send")
    page.wait_for_timeout(300)
    expect(page.locator("#text")).to_have_value("long and careful")


def test_a_sound_repeats_while_somebody_waits_and_can_be_muted(site: DeskSite, page: Page) -> None:
    page.goto(f"{site.url}/desk/queue")
    expect(page.locator("#link")).to_have_text("Live")
    body = page.locator("body")
    page.evaluate(
        "document.body.addEventListener('beeped',"
        " () => { document.body.dataset.beeps = Number(document.body.dataset.beeps || 0) + 1 })"
    )
    page.click("h1")  # browsers let a page sound only after it was touched
    site.do(site.rig.asks(priority=DANGER, reason=Reason.DANGER))
    site.rig_news("ro")
    expect(body).to_have_attribute("data-beeps", "1")
    expect(body).to_have_attribute("data-beeps", "2", timeout=9000)
    page.click("#sound")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(6000)
    expect(body).to_have_attribute("data-beeps", "2")
    page.click("#sound")
    expect(body).to_have_attribute("data-beeps", "3", timeout=9000)


# By keyboard, and with no script


def press_to(page: Page, selector: str) -> None:
    """Tab until something has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector}")


def test_a_whole_case_by_keyboard(site: DeskSite, page: Page) -> None:
    number = site.do(site.rig.asks())
    page.goto(f"{site.url}/desk/queue")
    press_to(page, f"#q-{number} button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/case/**")
    press_to(page, "#find")
    page.keyboard.type("lawyer")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    assert "lawyer" not in page.locator("#lines").inner_text()
    press_to(page, "[name=send]")
    page.keyboard.press("Enter")
    expect(page.locator(".line.counsellor")).to_have_count(1)
    press_to(page, "#note")
    page.keyboard.type("asked about a lawyer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#noted")).to_contain_text("asked about a lawyer")
    press_to(page, "details:has([name=outcome]) summary")
    page.keyboard.press("Enter")
    press_to(page, "[name=outcome]")
    page.keyboard.press("A")
    press_to(page, ".risky")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/mine")
    expect(page.get_by_text(WORDS["mine_empty"].english)).to_be_visible()


def test_a_whole_case_with_no_script(site: DeskSite, browser: Browser, petra: Account) -> None:
    number = site.do(site.rig.asks())
    context = site.context(browser, petra, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/desk/queue")
    page.click(f"#q-{number} button")
    page.fill("#text", "a draft")
    page.fill("#find", "lawyer")
    page.press("#find", "Enter")
    expect(page.locator(".hit").first).to_be_visible()
    expect(page.locator("#text")).to_have_value("a draft")
    expect(page.locator(".line.counsellor")).to_have_count(0)
    page.click("[name=send] >> nth=0")
    expect(page.locator(".line.counsellor")).to_have_count(1)
    page.click(".send")
    expect(page.locator(".line.counsellor")).to_have_count(2)
    page.fill("#note", "asked about a lawyer")
    page.click(".notes button")
    expect(page.locator("#noted")).to_contain_text("asked about a lawyer")
    expect(page.locator(".line.counsellor")).to_have_count(2)
    page.click("details:has([name=outcome]) summary")
    page.select_option("[name=outcome]", "answered")
    page.click(".risky")
    page.wait_for_url("**/desk/mine")
    context.close()


# How it looks


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_has_no_barrier(
    site: DeskSite, browser: Browser, locale: str, size: str
) -> None:
    account = site.do(site.rig.account("aisha", locale=locale))
    number = site.do(prepared(site, account))
    width, height = SIZES[size]
    context = site.context(browser, account, viewport={"width": width, "height": height})
    for page in watched(context):
        for name in ("queue", "mine", "search", f"case/{number}", "nothing"):
            page.goto(f"{site.url}/desk/{name}")
            if name.startswith("case"):
                page.fill("#find", "name" if locale == "en" else "اسم")
                page.press("#find", "Enter")
                expect(page.locator(".hit").first).to_be_visible()
                for summary in page.locator(".beside > section > details > summary").all():
                    summary.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            found = Axe().run(page).response["violations"]
            assert not found, (name, [(v["id"], [n["html"] for n in v["nodes"]]) for v in found])
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS / f"{name.partition('/')[0]}_{locale}_{size}.png")
    context.close()


async def prepared(site: DeskSite, account: Account) -> str:
    """A case of theirs with everything that can be seen, and others that wait."""
    rig, staff = site.rig, account.staff
    number = await rig.asks("Where can I ask for asylum? رقمي +40 721 000 111", topic="asylum")
    await rig.asks(person="oleh", locale="uk", topic="unpaid_wages", priority=2)
    await rig.asks(person="lan", locale="vi", priority=DANGER, reason=Reason.DANGER)
    case = await rig.desk.claim(staff, number)
    await rig.desk.reply(staff, number, case.fence, "Where are you now?", 9, "k" * 12)
    await rig.desk.note(staff, number, case.fence, "Seems afraid", "n" * 12)
    await rig.desk.set_wait(staff, number, case.fence, WaitsFor.PERSON)
    return number
