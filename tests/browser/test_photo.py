"""Sending a photo in a browser: shrunk on the phone, by keyboard, on a bad line, with no script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from bot.channels.file_check import check
from bot.channels.web_service import WebParts
from bot.channels.web_words import WORDS
from bot.messages import Attachment, Inbound
from bot.storage import Content, NewFile, NoRoom
from tests.browser.conftest import Site
from tests.browser.web_fake import FakeService
from tests.pictures import PDF, png

pytestmark = pytest.mark.browser

# Draws a photo as large as a phone's, and says where it was taken.
LARGE = """() => new Promise(async (done) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 4000, height: 3000 });
  const pen = canvas.getContext("2d");
  for (let i = 0; i < 400; i++) {
    pen.fillStyle = `hsl(${i * 37 % 360} 70% 50%)`;
    pen.fillRect(i * 97 % 4000, i * 61 % 3000, 700, 500);
  }
  const blob = await new Promise((ready) => canvas.toBlob(ready, "image/jpeg", 0.95));
  const reader = new FileReader();
  reader.onload = () => done(reader.result.split(",")[1]);
  reader.readAsDataURL(blob);
})"""


@dataclass
class PhotoService(FakeService):
    """Keeps files in memory, from the first message on."""

    files: dict[str, bytes] = field(default_factory=dict)
    closed: bool = False

    def parts(self) -> WebParts:
        return replace(super().parts(), files=Files(self))

    def _take_turn(self, inbound: Inbound) -> None:
        if inbound.file is None:
            super()._take_turn(inbound)
            return
        person = inbound.person_id
        self.add(person, "person", "", event_id=inbound.event_id, file=inbound.file)
        self.add(person, "bot", "The counsellor will get this.", locale="en")

    def counsellor_sends(self, person: str) -> None:
        file = Attachment("pdf", len(PDF), stored_id="f" * 32)
        self.add(person, "counsellor", "", file=file)


@dataclass
class Files:
    service: PhotoService

    async def is_wanted(self, person: str) -> bool:
        return bool(self.service.shown[person]) and not self.service.closed

    async def accept(self, inbound: Inbound, file: NewFile) -> Any:
        self.service._check()
        if self.service.closed:
            raise NoRoom("closed")
        self.service.files.setdefault(inbound.event_id, file.data)
        return await self.service.accept(inbound)

    async def sent(self, person: str, seq: int) -> Content | None:
        shown = self.service.shown[person]
        return Content("pdf", PDF) if 0 < seq <= len(shown) and shown[seq - 1].file else None


@pytest.fixture
def service(exit_url: str) -> PhotoService:
    service = PhotoService()
    service.settings.exit_url = exit_url
    return service


@pytest.fixture
def large(site: Site, tmp_path: Path) -> Path:
    import base64

    path = tmp_path / "IMG_2044 passport.jpg"
    blank = site.context.browser.new_page()  # type: ignore[union-attr]
    photo = base64.b64decode(blank.evaluate(LARGE))
    blank.close()
    note = b"Exif\0\0kanarek at 45.7489 21.2087"
    path.write_bytes(
        photo[:2] + b"\xff\xe1" + (len(note) + 2).to_bytes(2, "big") + note + photo[2:]
    )
    return path


def begun(site: Site, query: str = "") -> Page:
    page = site.open(query)
    site.say("I need a person")
    expect(page.locator(".msg.bot").first).to_be_visible()
    return page


def test_the_button_comes_with_the_case_and_goes_with_it(site: Site, service: PhotoService) -> None:
    page = site.open()
    expect(page.locator("#clip")).to_be_hidden()
    expect(page.locator("#file")).not_to_be_focused()
    page = begun(site)
    expect(page.locator("#clip")).to_be_visible()
    service.closed = True
    site.say("goodbye")
    expect(page.locator("#clip")).to_be_hidden()


def test_a_photo_is_shrunk_on_the_phone(site: Site, service: PhotoService, large: Path) -> None:
    page = begun(site)
    page.set_input_files("#file", large)
    mine = page.locator(".msg.person").last
    expect(mine).to_contain_text("Photo, ")
    expect(page.locator(".msg.bot").last).to_have_text(re.compile("will get this"))
    expect(page.locator("progress")).to_have_count(0)
    [data] = service.files.values()
    assert check(data)[0].name == "jpeg"
    assert b"kanarek" not in data and b"Exif" not in data
    size = data.index(b"\xff\xc0")
    assert data[size + 5 : size + 9] == (1200).to_bytes(2, "big") + (1600).to_bytes(2, "big")
    assert len(data) < large.stat().st_size / 2
    assert "passport" not in page.content()
    assert page.locator(".msg.person").count() == 2


def test_what_is_no_photo_goes_as_it_is(site: Site, service: PhotoService) -> None:
    page = begun(site)
    paper = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.set_input_files("#file", paper)
    expect(page.locator(".msg.person").last).to_contain_text("Document, 1 KB")
    expect(page.locator(".msg.bot").last).to_have_text(re.compile("will get this"))
    assert list(service.files.values()) == [PDF]


def test_a_refusal_is_told_beside_the_file(site: Site) -> None:
    page = begun(site)
    odd = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\0" + bytes(99)}
    page.set_input_files("#file", odd)
    mine = page.locator(".msg.person").last
    expect(mine).to_contain_text(WORDS["media_no_type"].english)
    expect(mine.get_by_role("button")).to_have_count(0)


def test_too_large_a_file_never_leaves_the_phone(site: Site, tmp_path: Path) -> None:
    page = begun(site)
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(5 * 1024 * 1024 + 1))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_input_files("#file", path)
    expect(page.locator(".msg.person").last).to_contain_text(WORDS["media_too_big"].english)
    assert not any(url.endswith("/chat/files") for url in asked)


def test_a_torn_line_is_told_and_tried_again_with_the_same_id(
    site: Site, service: PhotoService
) -> None:
    page = begun(site)

    tried: list[str] = []

    def tear(route: Route) -> None:
        found = re.search(
            rb'name="upload"\r\n\r\n([0-9a-f]+)', route.request.post_data_buffer or b""
        )
        tried.append(found[1].decode() if found else "")
        route.abort() if len(tried) == 1 else route.continue_()

    page.route("**/chat/files", tear)
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": png()}
    page.set_input_files("#file", picture)
    mine = page.locator(".msg.person").last
    again = mine.get_by_role("button", name=WORDS["media_retry"].english)
    expect(again).to_be_visible()
    expect(mine).to_contain_text(WORDS["failed"].english)
    again.click()
    expect(page.locator(".msg.bot").last).to_have_text(re.compile("will get this"))
    expect(page.get_by_text(WORDS["failed"].english, exact=True)).to_have_count(0)
    assert len(service.files) == 1 and len(tried) == 2 and len(set(tried)) == 1


def test_a_lost_answer_is_no_lost_photo(site: Site, service: PhotoService) -> None:
    page = begun(site)

    def swallow(route: Route) -> None:
        route.fetch()  # it arrives, and the answer is lost; the stream tells
        route.abort()

    page.route("**/chat/files", swallow)
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator(".msg.bot").last).to_have_text(re.compile("will get this"))
    expect(page.get_by_text(WORDS["failed"].english, exact=True)).to_have_count(0)
    assert len(service.files) == 1


def test_a_file_is_sent_by_keyboard_alone(site: Site) -> None:
    page = begun(site)
    page.focus("#text")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#file")).to_be_focused()
    assert page.get_by_label(WORDS["media_attach"].english).count() == 1
    outline = page.locator("#clip").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": png()}
    chooser.value.set_files(picture)
    expect(page.locator(".msg.bot").last).to_have_text(re.compile("will get this"))


def test_what_a_counsellor_sends_is_downloaded(site: Site, service: PhotoService) -> None:
    page = begun(site)
    [person] = service.shown
    service.counsellor_sends(person)
    button = page.get_by_role("button", name="Download the document (1 KB)")
    with page.expect_download() as download:
        button.click()
    assert re.fullmatch(r"file-[0-9a-f]{8}\.pdf", download.value.suggested_filename)
    assert Path(download.value.path()).read_bytes() == PDF
    assert page.url == f"{site.url}/"


@pytest.mark.parametrize("query", ["", "?lang=ar"])
@pytest.mark.parametrize("viewport", [(360, 740), (1280, 800)])
def test_the_page_keeps_its_width(site: Site, viewport: tuple[int, int], query: str) -> None:
    page = begun(site, query)
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator(".msg.person").nth(1)).to_be_visible()
    expect(page.locator("#clip")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport[0]
    clip, text = page.locator("#clip").bounding_box(), page.locator("#text").bounding_box()
    assert clip and text and clip["width"] >= 44 and clip["height"] >= 44
    assert (clip["x"] < text["x"]) == (query == "")


@pytest.mark.parametrize("scripts", [False])
@pytest.mark.parametrize("viewport", [(360, 740)])
def test_without_script_a_photo_is_a_form(
    site: Site, service: PhotoService, scripts: bool, viewport: tuple[int, int]
) -> None:
    page = begun(site)
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": png()}
    page.set_input_files("#file", picture)
    page.get_by_role("button", name=WORDS["media_send"].english).click()
    expect(page.locator(".msg.person").last).to_contain_text("Photo, 1 KB")
    expect(page.locator(".msg.person button")).to_have_count(0)
    assert list(service.files.values()) == [png()]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_input_files("#file", {"name": "a", "mimeType": "image/png", "buffer": b"<svg/>"})
    page.get_by_role("button", name=WORDS["media_send"].english).click()
    expect(page.get_by_role("status").first).to_contain_text(WORDS["media_no_type"].english)
    expect(page.locator(".msg.person")).to_have_count(2)
