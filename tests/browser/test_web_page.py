"""The page in a real browser, with its script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page, Route, expect

from bot.channels.web_text import pieces
from bot.channels.web_words import WORDS
from tests.browser.conftest import Site
from tests.browser.web_arabic import ARABIC
from tests.browser.web_fake import ANSWER, LOCALES, FakeService, application
from tests.browser.web_server import served

pytestmark = pytest.mark.browser


def word(key: str) -> str:
    return WORDS[key].english


def violations(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(v["id"], [node["html"] for node in v["nodes"]]) for v in found]


def keep_back(context: Any, path: str) -> None:
    context.route(re.compile(path), lambda route: route.abort())


# Reading and writing


def test_question_gets_its_answer(site: Site) -> None:
    page = site.open()
    site.say("Where can I ask for asylum?")
    expect(page.locator(".msg.bot p")).to_have_text(ANSWER["en"])
    expect(page.locator(".msg.person")).to_have_count(1)
    expect(page.locator("#hello")).to_be_hidden()
    expect(page.locator("#text")).to_be_focused()
    assert page.locator(".msg.bot a[href='tel:+40212408427']").count() == 1


def test_choice_is_pressed_and_link_opens_elsewhere(site: Site) -> None:
    page = site.open()
    page.get_by_role("button", name="Asylum").click()
    expect(page.locator(".msg.bot")).to_have_count(1)
    assert site.service.accepted[0].action == "topic:asylum"
    link = page.get_by_role("link", name="Immigration authority")
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_reload_shows_the_conversation_again(site: Site) -> None:
    page = site.open()
    site.say("Where?")
    expect(page.locator(".msg.bot")).to_have_count(1)
    page.reload()
    expect(page.locator(".msg")).to_have_count(2)
    assert site.service.texts() == ["Where?"]


def test_reload_ends_at_the_newest_bubble(site: Site) -> None:
    page = site.open()
    for turn in range(6):
        site.say(f"Question {turn}")
        expect(page.locator(".msg.bot")).to_have_count(turn + 1)
    page.reload()
    expect(page.locator(".msg.bot")).to_have_count(6)
    expect(page.locator(".msg.bot").last).to_be_in_viewport(ratio=0.3)


def test_counsellors_words_arrive_by_themselves(site: Site) -> None:
    page = site.open()
    site.say("Where?")
    expect(page.locator(".msg.bot")).to_have_count(1)
    person = site.service.accepted[0].person_id
    site.service.add(person, "counsellor", "Good morning", locale="en")
    expect(page.locator(".msg.counsellor")).to_contain_text("Good morning")


def test_answers_come_where_streams_do_not_get_through(site: Site) -> None:
    page = site.open()
    keep_back(site.context, "/chat/stream")
    site.say("Where?")
    expect(page.locator(".msg.bot")).to_have_count(1)


def test_language_is_switched_and_the_draft_stays(site: Site) -> None:
    page = site.open()
    page.fill("#text", "half a question")
    page.locator(".pills [value=ar]").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".title")).to_have_text(ARABIC["heading"])
    expect(page.locator("#text")).to_have_value("half a question")
    site.say("أين؟")
    expect(page.locator(".msg.bot p")).to_have_attribute("dir", "rtl")
    page.locator(".menu").first.click()
    page.locator(".panel [value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".msg.bot p")).to_have_attribute("lang", "ar")
    page.wait_for_function("() => JSON.parse(sessionStorage.punte).outbox.length === 0")
    assert site.service.accepted[-1].action == "language en"


def test_deleting_leaves_an_empty_page(site: Site) -> None:
    page = site.open()
    site.say("my secret")
    expect(page.locator(".msg.bot")).to_have_count(1)
    page.locator("#about > summary").click()
    page.locator("#delete > summary").click()
    page.locator(".risky").click()
    expect(page.locator(".note")).to_have_text(word("deleted"))
    expect(page.locator("body")).not_to_contain_text("my secret")
    assert site.service.accepted[-1].action == "forget"
    page.goto(site.url)
    expect(page.locator(".msg")).to_have_count(0)


@pytest.mark.fault("X7")
def test_markup_that_arrives_later_stays_words(site: Site) -> None:
    page = site.open()
    site.say("<img src=x onerror=\"document.title='broken'\"> {{7*7}}")
    expect(page.locator(".msg.bot")).to_have_count(1)
    assert page.locator("#log img").count() == 0
    assert page.title() == "Punte"


def test_script_and_server_split_a_text_alike(site: Site) -> None:
    texts = [
        "Call +40 21 240 84 27, or 0800 800 678.\n104 – Fire\n180 days, 4,325 RON, 06 80 20 55 20",
        "\u2066105\u2069 – إطفاء\n112، 116 111 (+36 1 463 9100)",
        "+36 80 205 520 (06 80 20 55 20) – Crisis, +40 (21) 240-84-27",
        "2026-01-05 10:30 and 112.5 or A112 and 112",
    ]
    page = site.open()
    site.say("start")
    expect(page.locator(".msg.bot")).to_have_count(1)
    person = site.service.accepted[0].person_id
    for text in texts:
        site.service.add(person, "bot", text, locale="en")
    expect(page.locator(".msg.bot")).to_have_count(1 + len(texts))
    for place, text in enumerate(texts, 1):
        shown = page.locator(".msg.bot p").nth(place)
        links = shown.locator("bdi > a")
        wanted = [piece for piece in pieces(text) if piece.kind == "phone"]
        assert links.all_text_contents() == [piece.text for piece in wanted]
        hrefs = [links.nth(i).get_attribute("href") for i in range(links.count())]
        assert hrefs == [piece.href for piece in wanted]
        assert shown.text_content() == text


@pytest.mark.fault("X2")
def test_direction_signs_are_visible_in_the_live_page(site: Site) -> None:
    page = site.open()
    site.say("abc\u202edef")
    expect(page.locator(".msg.person .sign")).to_have_text("U+202E")


# Bad networks


def test_message_written_offline_is_delivered_once(site: Site) -> None:
    page = site.open()
    site.say("first")
    expect(page.locator(".msg.bot")).to_have_count(1)
    site.context.set_offline(True)
    site.say("second")
    held = page.locator(".msg.held")
    expect(held).to_contain_text(word("kept"))
    expect(held.locator("a[href='tel:112']")).to_have_count(2)
    expect(page.locator("#state")).to_have_text(word("offline"))
    assert site.service.texts() == ["first"]
    site.context.set_offline(False)
    expect(page.locator(".msg.bot")).to_have_count(2)
    expect(page.locator(".msg.held")).to_have_count(0)
    expect(page.locator(".msg.person")).to_have_count(2)
    assert site.service.texts() == ["first", "second"]


@pytest.mark.fault("D3")
def test_unsaved_message_survives_a_reload_and_danger_is_answered(site: Site) -> None:
    page = site.open()
    site.service.away = True
    site.say("they locked us in")
    expect(page.locator(".msg.held")).to_contain_text(word("not_saved"))
    expect(page.locator(".msg.held")).to_contain_text("You did nothing wrong")
    page.reload()
    expect(page.locator(".msg.held")).to_contain_text("they locked us in")
    site.service.away = False
    page.wait_for_function("() => JSON.parse(sessionStorage.punte).outbox.length === 0")
    expect(page.locator(".msg.person")).to_have_count(1)
    assert site.service.texts() == ["they locked us in"]


@pytest.mark.fault("K2")
def test_lost_acknowledgement_makes_no_second_message(site: Site) -> None:
    lost = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    site.context.route("**/chat/messages", lose)
    page = site.open()
    site.say("help")
    expect(page.locator(".msg.bot")).to_have_count(1, timeout=15000)
    expect(page.locator(".msg.person")).to_have_count(1)
    expect(page.locator(".msg.held")).to_have_count(0)
    assert site.service.texts() == ["help"]


def test_refused_message_is_given_back(site: Site) -> None:
    page = site.open()
    page.evaluate("document.getElementById('text').removeAttribute('maxlength')")
    site.say("x" * 70_000)
    expect(page.locator(".msg.held")).to_contain_text(word("failed"))
    expect(page.locator(".msg.held")).to_contain_text(word("err_too_long"))
    assert len(page.input_value("#text")) == 70_000


# Leaving


def expect_gone(site: Site) -> None:
    expect(site.page).to_have_url(site.exit_url)


@pytest.mark.fault("W13")
def test_exit_covers_at_once_and_leaves_nothing(site: Site) -> None:
    page = site.open()
    site.say("my secret")
    expect(page.locator(".msg.bot")).to_have_count(1)
    # Looked at before the neutral site can have answered.
    covered_ms, cover, kept, shown = page.evaluate(
        """() => {
          const started = performance.now();
          document.querySelector(".leave button").click();
          const cover = getComputedStyle(document.documentElement, "::after").position;
          return [performance.now() - started, cover, sessionStorage.length + localStorage.length,
            document.querySelectorAll(".msg").length];
        }"""
    )
    assert covered_ms < 100
    assert (cover, kept, shown) == ("fixed", 0, 0)
    expect_gone(site)
    assert len(site.service.left) == 1
    page.go_back()
    expect(page.locator("body")).not_to_contain_text("my secret")


@pytest.mark.fault("W13")
def test_coming_back_shows_an_empty_start(site: Site) -> None:
    site.page.goto("about:blank")
    page = site.open()
    page.locator(".pills [value=ro]").click()
    expect(page.locator("html")).to_have_attribute("lang", "ro")
    site.say("my secret")
    expect(page.locator(".msg.bot")).to_have_count(1)
    page.locator(".leave button").click()
    expect_gone(site)
    page.go_back()
    assert page.url == "about:blank"
    page.goto(f"{site.url}/?lang=ro")
    expect(page.locator("#hello")).to_be_visible()
    expect(page.locator(".msg")).to_have_count(0)
    expect(page.locator("#text")).to_have_value("")


@pytest.mark.fault("W13")
def test_three_shifts_leave_and_capital_letters_do_not(site: Site) -> None:
    page = site.open()
    page.focus("#text")
    for letter in "USA":
        page.keyboard.press(f"Shift+{letter}")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    assert page.url.startswith(site.url)
    page.keyboard.press("Shift")
    expect_gone(site)


@pytest.mark.fault("W13")
def test_exit_empties_the_other_tab_too(site: Site) -> None:
    page = site.open()
    site.say("my secret")
    expect(page.locator(".msg.bot")).to_have_count(1)
    other = site.context.new_page()
    other.goto(site.url)
    other.locator(".leave button").click()
    expect(other).to_have_url(site.exit_url)
    expect_gone(site)


# Everybody


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(site: Site, locale: str, scheme: Any) -> None:
    site.page.emulate_media(color_scheme=scheme)
    page = site.open(f"?lang={locale}&entry=ro-asylum-where")
    assert violations(page) == []
    page.locator(".sos summary").click()
    assert violations(page) == []
    site.say("Where?")
    expect(page.locator(".msg.bot")).to_have_count(1)
    person = site.service.accepted[0].person_id
    site.service.add(person, "counsellor", "Good morning", locale="en")
    site.service.add(person, "notice", "The office opens at nine.", locale="en")
    expect(page.locator(".msg.notice")).to_have_count(1)
    site.context.set_offline(True)
    site.say("second")
    expect(page.locator(".msg.held")).to_have_count(1)
    page.wait_for_timeout(400)
    assert violations(page) == []
    site.context.set_offline(False)
    page.goto(f"{site.url}/nothing?lang={locale}")
    assert violations(page) == []


def test_everything_works_by_keyboard(site: Site) -> None:
    page = site.open()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("Where?")
    page.keyboard.press("Enter")
    expect(page.locator(".msg.bot")).to_have_count(1)
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("link", name="Immigration authority")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".msg.bot")).to_have_count(2)
    summary = page.locator(".sos summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#numbers")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#numbers")).to_be_hidden()
    expect(summary).to_be_focused()


@pytest.mark.parametrize("viewport", [(320, 640), (360, 740), (1280, 800)])
def test_nothing_sticks_out_and_targets_are_large(site: Site) -> None:
    for locale in LOCALES:
        page = site.open(f"?lang={locale}")
        page.locator(".sos summary").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), locale
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, summary, textarea, .numbers a")]
              .map((node) => [node.textContent, node.getBoundingClientRect()])
              .filter(([, box]) => box.width && (box.height < 44 || box.width < 44))
              .map(([text]) => text)"""
        )
        assert small == [], locale
        inside = page.locator("#numbers").bounding_box()
        assert inside
        assert inside["x"] >= 0


def test_new_bubbles_are_announced_and_visible(site: Site) -> None:
    page = site.open()
    expect(page.get_by_role("log")).to_have_count(1)
    site.say("Where?")
    expect(page.locator(".msg.bot")).to_have_count(1)
    site.say("And then?")
    expect(page.locator(".msg.bot")).to_have_count(2)
    expect(page.locator(".msg.bot").last).to_be_in_viewport(ratio=0.3)


# Speed


def first_paint_ms(site: Site) -> float:
    """400 kbit/s, 400 ms round trip, a processor six times slower than this one."""
    browser = site.context.browser
    assert browser
    fresh = browser.new_context(viewport={"width": 360, "height": 740})
    page = fresh.new_page()
    devtools = fresh.new_cdp_session(page)
    devtools.send("Network.enable")
    line = {"latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    devtools.send("Network.emulateNetworkConditions", {"offline": False, **line})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.goto(site.url, wait_until="load")
    page.wait_for_selector("#text", state="visible")
    page.wait_for_timeout(300)
    paints = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint').map((paint) => paint.startTime)"
    )
    fresh.close()
    return float(paints[0])


def test_page_is_painted_and_usable_on_a_bad_line(site: Site) -> None:
    site.open()  # the server is warm
    # The best of a few: what else this machine does is not the page's time.
    painted_ms: list[float] = []
    while len(painted_ms) < 5 and min(painted_ms, default=9999) > 1500:
        painted_ms.append(first_paint_ms(site))
    print("first paint with a usable box, ms:", [round(ms) for ms in painted_ms])
    assert min(painted_ms) <= 1500


def test_only_our_own_host_is_asked(site: Site) -> None:
    asked: list[str] = []
    site.page.on("request", lambda request: asked.append(request.url))
    site.open()
    site.say("Where?")
    expect(site.page.locator(".msg.bot")).to_have_count(1)
    assert {url for url in asked if not url.startswith(site.url)} == set()
    assert not any("token" in url for url in asked)


# On other sites


async def partner(scope: Any, receive: Any, send: Any) -> None:
    """A page of another site; its query names the launcher's address."""
    mode = scope["path"].strip("/")
    source = scope["query_string"].decode()
    page = (
        "<!doctype html><title>Partner</title><body>"
        f'<script src="{source}" data-lang="uk" data-label="Help" data-mode="{mode}" defer>'
        "</script>"
    ).encode()
    headers = [(b"content-type", b"text/html"), (b"content-length", str(len(page)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": page})


def press_launcher(page: Page) -> None:
    box = page.locator("body > div").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_launcher_opens_the_page_in_a_new_tab(site: Site) -> None:
    with served(partner, lifespan="off") as other:
        site.page.goto(f"{other}/tab?{site.url}/launcher.js")
        with site.context.expect_page() as opened:
            press_launcher(site.page)
        expect(opened.value.locator("html")).to_have_attribute("lang", "uk")
        assert opened.value.evaluate("document.referrer + String(window.opener)") == "null"


@pytest.mark.parametrize("is_named", [True, False])
def test_launcher_frames_the_page_on_named_sites_only(
    site: Site, service: FakeService, is_named: bool
) -> None:
    with served(partner, lifespan="off") as other:
        service.settings.widget_origins = (other,) if is_named else ()
        with served(application(service)) as framed:
            site.page.goto(f"{other}/frame?{framed}/launcher.js")
            press_launcher(site.page)
            (frame,) = wait_for_frame(site.page, framed if is_named else "chrome-error:")
            if is_named:
                frame.fill("#text", "Where?")
                frame.click(".send")
                expect(frame.locator(".msg.bot")).to_have_count(1)
                frame.click(".leave button")
                expect(site.page).to_have_url(site.exit_url)
            else:
                site.errors.clear()


def wait_for_frame(page: Page, start: str) -> list[Frame]:
    page.wait_for_event("framenavigated", lambda frame: frame.url.startswith(start))
    return [frame for frame in page.frames if frame.url.startswith(start)]
