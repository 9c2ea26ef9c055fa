"""Two people and two counsellors at once: the whole service, the stand-in for Telegram, browsers.

Every figure is what a person would see: from the press of a button to the words on the other
screen.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.console.logins import COOKIE, Logins
from bot.storage import Role, migrate, open_store
from tests.fakes.bot_api import BotApi, Person
from tests.faults.proxy import Line
from tests.handoff.cast import hire
from tests.running import running, settings_for

pytestmark = pytest.mark.browser

T = TypeVar("T")
AT_ONCE_MS = 1000
CUT_S = float(os.environ.get("PUNTE_CUT_S", "60"))
OUR_CLOCK_S = 0.02


class Telegram:
    """The stand-in, in a thread of its own."""

    def __init__(self) -> None:
        self.api = BotApi()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.api.start(), self._loop).result(10)

    def do(self, act: Callable[[], T]) -> T:
        async def call() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.api.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Amina:
    """On Telegram."""

    telegram: Telegram
    person: Person

    def sends(self, text: str) -> None:
        self.telegram.do(lambda: self.person.sends(text))

    def presses(self, label: str) -> None:
        self.telegram.do(lambda: self.person.presses(label))

    def lines(self) -> list[tuple[str, str]]:
        seen = self.telegram.do(lambda: list(self.person.transcript))
        return [(line.by, line.text) for line in seen]

    def hears(self, text: str, timeout_ms: int = 8000) -> float:
        """Seconds until a message that holds this text is on the screen."""
        began = time.monotonic()
        while not any(by == "bot" and text in said for by, said in self.lines()):
            waited = time.monotonic() - began
            assert waited < timeout_ms / 1000, f"{text!r} not within {timeout_ms} ms"
            time.sleep(OUR_CLOCK_S)
        return time.monotonic() - began


class Cable:
    """What one browser reaches the service through; it can be pulled out."""

    def __init__(self, telegram: Telegram, url: str) -> None:
        self._line, self._run = Line(url), telegram.wait_for
        self._run(self._line.open())

    @property
    def url(self) -> str:
        return self._line.url.replace("127.0.0.1", "localhost")  # where the login's cookie holds

    def pull(self) -> None:
        self._run(self._line.cut())

    def plug_in(self) -> None:
        self._run(self._line.open())


@dataclass
class Scene:
    url: str
    cables: dict[str, Cable]
    amina: Amina
    oleh: Page
    petra: Page
    jonas: Page
    contexts: dict[str, BrowserContext]


async def _staff(folder: Path) -> dict[str, str]:
    """Petra and Jonas, signed in."""
    migrate("", folder / "punte.sqlite3")
    store = await open_store("", folder / "punte.sqlite3", folder / "keys")
    tokens = {}
    for name in ("petra", "jonas"):
        await hire(store, name, Role.COUNSELLOR)
        account = await store.staff.account_named(name)
        assert account is not None
        await store.staff.set_password(account, "no hash")
        account = await store.staff.account_named(name)
        assert account is not None
        token = await Logins(store.staff).begin(account, True, None)
        assert token is not None
        tokens[name] = token
    await store.close()
    return tokens


@pytest.fixture
def scene(tmp_path: Path, browser: Browser) -> Iterator[Scene]:
    # Playwright's own loop runs in this thread.
    tokens: dict[str, str] = {}
    worker = threading.Thread(target=lambda: tokens.update(asyncio.run(_staff(tmp_path))))
    worker.start()
    worker.join(30)
    telegram = Telegram()
    settings = settings_for(
        tmp_path, telegram_token=telegram.api.token, telegram_api_url=telegram.api.url
    )
    with running(settings) as found:
        url = f"http://localhost:{found.port}"
        contexts = {name: _signed_in(browser, token) for name, token in tokens.items()}
        contexts["oleh"] = browser.new_context(viewport={"width": 360, "height": 740})
        contexts["oleh"].set_default_timeout(8000)
        amina = Amina(telegram, telegram.do(lambda: telegram.api.person("Amina", language="en")))
        pages = {name: context.new_page() for name, context in contexts.items()}
        cables = {name: Cable(telegram, found.url) for name in ("oleh", "petra")}
        yield Scene(url, cables, amina, pages["oleh"], pages["petra"], pages["jonas"], contexts)
        for context in contexts.values():
            context.close()
        for cable in cables.values():
            cable.pull()
    telegram.stop()


def _signed_in(browser: Browser, token: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(8000)
    cookie: Any = {"name": COOKIE, "value": token, "domain": "localhost", "path": "/"}
    context.add_cookies([cookie | {"secure": True, "httpOnly": True, "sameSite": "Strict"}])
    return context


# What the two sides do


def both_ask(scene: Scene) -> tuple[str, str]:
    """Both ask for a human; the numbers of their cases, as both counsellors see them."""
    for page, url in ((scene.petra, scene.cables["petra"].url), (scene.jonas, scene.url)):
        page.goto(f"{url}/desk/queue")
        expect(page.locator("#link")).to_have_text("Live")
    scene.amina.sends("/country ro")
    scene.amina.sends("/human")
    scene.amina.hears("I handed your question over")
    expect(scene.jonas.locator("[id^=q-]")).to_have_count(1, timeout=AT_ONCE_MS)
    expect(scene.petra.locator("[id^=q-]")).to_have_count(1, timeout=AT_ONCE_MS)
    first = scene.petra.locator("[id^=q-]").first.get_attribute("id")
    scene.oleh.goto(f"{scene.cables['oleh'].url}/?lang=en&country=ro")
    scene.oleh.get_by_role("button", name="Talk to a counsellor").first.click()
    expect(scene.oleh.get_by_text("I handed your question over")).to_be_visible()
    expect(scene.petra.locator("[id^=q-]")).to_have_count(2, timeout=AT_ONCE_MS)
    expect(scene.jonas.locator("[id^=q-]")).to_have_count(2, timeout=AT_ONCE_MS)
    ids = [node.get_attribute("id") for node in scene.petra.locator("[id^=q-]").all()]
    (second,) = [one for one in ids if one != first]
    return str(first).removeprefix("q-"), str(second).removeprefix("q-")


def claims(scene: Scene, number: str) -> None:
    """Petra takes a case; it leaves Jonas's list at once."""
    scene.petra.goto(f"{scene.cables['petra'].url}/desk/queue")
    expect(scene.petra.locator("#link")).to_have_text("Live")
    scene.petra.locator(f"#q-{number} button").click()
    expect(scene.jonas.locator(f"#q-{number}")).to_have_count(0, timeout=AT_ONCE_MS)
    scene.petra.wait_for_url("**/desk/case/**")
    expect(scene.petra.locator("#link")).to_have_text("Live")


def replies(scene: Scene, number: str, text: str) -> None:
    if not scene.petra.url.endswith(number):
        scene.petra.goto(f"{scene.cables['petra'].url}/desk/case/{number}")
        expect(scene.petra.locator("#link")).to_have_text("Live")
    scene.petra.fill("#text", text)
    scene.petra.click(".send")


def closes(scene: Scene, number: str) -> None:
    scene.petra.goto(f"{scene.cables['petra'].url}/desk/case/{number}")
    scene.petra.locator("summary", has_text=re.compile("^Close")).click()
    scene.petra.select_option("#do-close select[name=outcome]", "answered")
    scene.petra.locator("#do-close button").click()


def test_two_people_two_counsellors(scene: Scene) -> None:
    amina, oleh, petra = scene.amina, scene.oleh, scene.petra
    amina_case, oleh_case = both_ask(scene)

    claims(scene, amina_case)
    amina.hears("You now write with")
    replies(scene, amina_case, "Good morning Amina")
    assert amina.hears("Good morning Amina", AT_ONCE_MS) < 1
    amina.sends("I need help with my papers")
    expect(petra.get_by_text("I need help with my papers")).to_be_visible(timeout=AT_ONCE_MS)

    claims(scene, oleh_case)
    expect(oleh.get_by_text("You now write with")).to_be_visible()
    replies(scene, oleh_case, "Good morning Oleh")
    expect(oleh.get_by_text("Good morning Oleh")).to_be_visible(timeout=AT_ONCE_MS)
    oleh.fill("#text", "My employer does not pay")
    oleh.click(".send")
    expect(petra.get_by_text("My employer does not pay")).to_be_visible(timeout=AT_ONCE_MS)

    # Feedback with a phrase's buttons, then the end.
    petra.fill("#find", "How was this help")
    petra.keyboard.press("Enter")
    petra.locator("#found button[name=send]").first.click()
    expect(oleh.get_by_text("How was this help?")).to_be_visible(timeout=AT_ONCE_MS)
    oleh.get_by_role("button", name="Good", exact=True).click()
    expect(petra.locator(".line.person").last).to_contain_text("Good", timeout=AT_ONCE_MS)
    closes(scene, oleh_case)
    expect(oleh.get_by_text("The counsellor has closed this conversation")).to_be_visible()
    closes(scene, amina_case)
    amina.hears("The counsellor has closed this conversation")


def seen_by_oleh(page: Page) -> list[str]:
    return said(page, ".msg.person p[dir], .msg.counsellor p[dir]")


def seen_by_petra(page: Page) -> list[str]:
    return said(page, ".line.person p.said, .line.counsellor p.said")


def said(page: Page, what: str) -> list[str]:
    texts = [" ".join(text.split()) for text in page.locator(what).all_inner_texts()]
    return [text for text in texts if text.startswith("line ")]


@pytest.mark.parametrize("cut", ["oleh", "petra"])
def test_a_side_that_was_cut_off_misses_nothing(scene: Scene, cut: str) -> None:
    """One line dead for a minute while both go on writing: then both screens hold the same."""
    oleh, petra = scene.oleh, scene.petra
    _, number = both_ask(scene)
    claims(scene, number)
    replies(scene, number, "line 1 of Petra")
    expect(oleh.get_by_text("line 1 of Petra")).to_be_visible()
    scene.cables[cut].pull()
    until = time.monotonic() + CUT_S
    oleh.fill("#text", "line 2 of Oleh")
    oleh.click(".send")
    if cut == "oleh":
        expect(oleh.locator(".msg.held")).to_have_count(1)
        replies(scene, number, "line 3 of Petra")
        expect(petra.locator(".line.counsellor")).to_have_count(2)
        replies(scene, number, "line 4 of Petra")
    else:
        expect(oleh.locator(".msg.held")).to_have_count(0)
        petra.fill("#text", "line 3 of Petra")
        expect(petra.locator("#link")).not_to_have_text("Live", timeout=30_000)
    while time.monotonic() < until:
        oleh.wait_for_timeout(500)
    scene.cables[cut].plug_in()
    expect(petra.get_by_text("line 2 of Oleh")).to_be_visible(timeout=30_000)
    expect(petra.locator("#link")).to_have_text("Live", timeout=30_000)
    if cut == "petra":
        expect(petra.locator("#text")).to_have_value("line 3 of Petra")
        petra.click(".send")
    last = "line 4 of Petra" if cut == "oleh" else "line 3 of Petra"
    expect(oleh.get_by_text(last)).to_be_visible(timeout=30_000)
    expect(petra.locator(".line.counsellor").last).to_contain_text(last)
    expect(oleh.locator(".msg.held")).to_have_count(0)
    theirs, ours = seen_by_oleh(oleh), seen_by_petra(petra)
    assert sorted(theirs) == sorted(ours) and len(set(theirs)) == len(theirs), (theirs, ours)
    oleh.reload()
    petra.reload()
    assert seen_by_oleh(oleh) == seen_by_petra(petra)
