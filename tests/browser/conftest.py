"""A real Chromium, the web channel on a free port, and a neutral site for the exit.

Without a Chromium on PATH these tests are left out, and say so; in CI that is an error.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.web_fake import FakeService, application
from tests.browser.web_server import neutral_site, served

ARGUMENTS = [
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Site:
    """One open page, and the service behind it."""

    url: str
    exit_url: str
    service: FakeService
    context: BrowserContext
    page: Page
    errors: list[str]

    def open(self, query: str = "") -> Page:
        self.page.goto(f"{self.url}/{query}")
        return self.page

    def say(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.click(".send")


# Playwright's loop runs while the browser is open; asyncio tests of other files need theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a Chromium on PATH")
        pytest.skip("no Chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def exit_url() -> Iterator[str]:
    with served(neutral_site, lifespan="off") as url:
        yield f"{url}/"


@pytest.fixture
def service(exit_url: str) -> FakeService:
    service = FakeService()
    service.settings.exit_url = exit_url
    return service


@pytest.fixture
def url(service: FakeService) -> Iterator[str]:
    with served(application(service)) as url:
        yield url


@pytest.fixture
def viewport() -> tuple[int, int]:
    return 360, 740


@pytest.fixture
def scripts() -> bool:
    return True


@pytest.fixture
def site(
    browser: Browser,
    url: str,
    exit_url: str,
    service: FakeService,
    viewport: tuple[int, int],
    scripts: bool,
) -> Iterator[Site]:
    width, height = viewport
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=scripts
    )
    context.set_default_timeout(8000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: errors.append(message.text) if "Security" in message.text else None,
    )
    yield Site(url, exit_url, service, context, page, errors)
    context.close()
    assert errors == []
