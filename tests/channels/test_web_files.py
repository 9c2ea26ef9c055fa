"""Files on the web page, from the form to the sealed row, with a real store behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, text

from bot.channels.file_types import MAX_FILE
from bot.channels.web import Web
from bot.channels.web_files import StoredFiles
from bot.channels.web_input import Trouble
from bot.channels.web_multipart import parse
from bot.channels.web_service import Shown
from bot.channels.web_token import issue_token, verify_token
from bot.channels.web_words import WORDS
from bot.intake import Intake
from bot.messages import Reply
from bot.storage import (
    NORMAL,
    Arrival,
    NewCounsellor,
    NewFile,
    OpenCase,
    Outcome,
    Reason,
    Role,
    Staff,
    Store,
)
from bot.storage.media import FILES_AN_HOUR
from bot.storage.media_models import MediaFile
from tests.browser.web_fake import KEY, FakeService, Settings
from tests.people import says
from tests.pictures import JPEG, PDF, docx, exif, jpeg_with, png

HOST = "127.0.0.1"
SECRET = b"kanarek at 45.7489 21.2087"
OWN = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}


class Page:
    """The web channel over a real store, and one person's browser, without script."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.intake = Intake(store, lambda text: False, self._stored)
        self.turns: set[asyncio.Task[None]] = set()
        self.token = issue_token(KEY)
        self.person = verify_token(KEY, self.token) or ""
        self.hash = store.person_hash("web", "", self.person)
        fake = FakeService(Settings(allowed_hosts=(HOST,)))
        parts = replace(
            fake.parts(),
            intake=self.intake,
            transcript=self._transcript,
            leave=lambda person: store.leave(self.hash),
            has_left=lambda person: store.has_left(self.hash),
            files=StoredFiles(store, self.intake),
        )
        web = Web(parts)
        inner = Litestar(
            route_handlers=web.routes(),
            exception_handlers=web.exception_handlers(),
            logging_config=None,
            openapi_config=None,
        )
        transport = httpx.ASGITransport(app=web.guarded(inner))
        self.client = httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")

    async def _transcript(self, person: str, after: int, limit: int) -> list[Shown]:
        return [
            Shown(s.seq, s.author, s.text, s.choices, s.locale, s.at, s.event_id, s.file)  # type: ignore[arg-type]
            for s in await self.store.transcript(self.hash, after, limit)
        ]

    def _stored(self, receipt: Any, channel: str, urgent: bool) -> None:
        task = asyncio.create_task(self._turn(receipt.inbox_id))
        self.turns.add(task)
        task.add_done_callback(self.turns.discard)

    async def _turn(self, inbox_id: int) -> None:
        await self.take()
        self.intake.mark_settled(inbox_id)

    async def take(self, case: Any = None) -> Any:
        pending = await self.store.next_pending(self.hash)
        assert pending is not None
        before = await self.store.load(pending)
        person = replace(before, consent="yes", locale="en", country="ro")
        outcome = Outcome(person, (Reply("We have it."),), push=False, case=case)
        return await self.store.finish(pending, before, outcome)

    async def asks(self) -> str:
        """A case is open from here on."""
        await self.store.staff.prepare()
        more = {
            "channel": "web",
            "bot": "",
            "event_id": f"{self.person}.first-one",
            "message_id": "",
        }
        await self.store.accept([Arrival(says("help", self.person, **more))])
        told = await self.take(OpenCase(Reason.ASKED, NORMAL, "ro"))
        assert told.case is not None
        return str(told.case.number)

    async def sends(self, data: bytes, name: str = "a.jpg", **fields: str) -> httpx.Response:
        """By the form, with no script."""
        form = {"token": self.token, "upload": "browser-id-1", "lang": "en"} | fields
        files = {"file": (name, data, "image/jpeg")}
        return await self.client.post("/chat/files", data=form, files=files, headers=OWN)

    async def sends_by_script(self, data: bytes, **fields: str) -> httpx.Response:
        form = {"upload": "browser-id-1", "lang": "en"} | fields
        files = {"file": ("file", data, "image/jpeg")}
        headers = OWN | {"x-punte-token": self.token}
        answer = await self.client.post("/chat/files", data=form, files=files, headers=headers)
        await asyncio.gather(*self.turns)
        return answer

    async def stored(self) -> list[Any]:
        rows = await self.store._db.read(lambda db: db.execute(select(MediaFile.__table__)))
        return [
            (row.type, self.store.keys.open_bytes(row.body_sealed, f"media/{row.id}"))
            for row in rows
        ]

    async def events(self) -> int:
        found = await self.store._db.read(lambda db: db.scalar(text("SELECT count(*) FROM inbox")))
        return int(found or 0)


@pytest.fixture
async def page(store: Store) -> AsyncIterator[Page]:
    page = Page(store)
    yield page
    await asyncio.gather(*page.turns)
    await page.client.aclose()


async def petra(store: Store) -> Staff:
    new = NewCounsellor("petra", frozenset({Role.COUNSELLOR}), "", office="ro", shown_as="Petra")
    account = await store.staff.account(await store.staff.add(new))
    assert account is not None
    return account.staff


def said(answer: httpx.Response, word: str) -> bool:
    return WORDS[word].english in answer.text.replace("&#39;", "'").replace("&#34;", '"')


# A person sends


@pytest.mark.fault("W11")
async def test_a_photo_without_script_is_stored_clean_and_shown(page: Page) -> None:
    await page.asks()
    answer = await page.sends(jpeg_with(0xE1, exif(1, SECRET)), name="..\\..\\passport.jpg")
    assert answer.status_code == 200
    assert await page.stored() == [("jpeg", JPEG)]
    assert "Photo, 1 KB" in answer.text and "We have it." in answer.text
    assert "passport" not in answer.text
    assert 'action="/chat/file"' not in answer.text  # that is for what a counsellor sent
    assert 'id="attach"' in answer.text and 'enctype="multipart/form-data"' in answer.text
    assert not re.search(r'<form id="attach"[^>]*hidden', answer.text)


async def test_the_first_page_offers_no_files(page: Page) -> None:
    html = (await page.client.get("/")).text
    assert re.search(r'<form id="attach"[^>]* hidden', html)


async def test_the_script_hears_that_it_is_stored(page: Page) -> None:
    await page.asks()
    answer = await page.sends_by_script(JPEG)
    assert (answer.status_code, answer.json()) == (200, {"stored": True})
    headers = {"x-punte-token": page.token}
    shown = (await page.client.get("/chat/messages", headers=headers)).json()["messages"]
    mine = next(line for line in shown if line["id"] == "browser-id-1")
    assert mine["file"] == {"label": "Photo, 1 KB", "download": False}
    assert all(line["files"] for line in shown)


async def test_the_same_upload_twice_is_one_file(page: Page) -> None:
    await page.asks()
    for _ in range(2):
        assert (await page.sends_by_script(JPEG)).json() == {"stored": True}
        assert (await page.sends(JPEG)).status_code == 200
    assert len(await page.stored()) == 1


async def test_without_a_case_nothing_is_stored_and_the_way_is_told(page: Page) -> None:
    by_form, by_script = await page.sends(JPEG), await page.sends_by_script(JPEG)
    assert by_form.status_code == by_script.status_code == 409
    assert said(by_form, "media_closed")
    assert by_script.json()["message"] == WORDS["media_closed"].english
    assert (await page.stored(), await page.events()) == ([], 0)


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "media_no_empty"),
        (JPEG + docx(), "media_no_two_in_one"),
        (b'<svg onload="alert(1)"/>', "media_no_type"),
        (b"<html><script>alert(1)</script>", "media_no_type"),
        (b"MZ\x90\x00\x03" + bytes(60), "media_no_type"),
        (png(10_000, 10_000), "media_no_pixels"),
        (docx(**{"word/a.bin": bytes(30_000_000)}), "media_no_packed"),
        (JPEG[:-300], "media_no_damaged"),
    ],
)
async def test_what_is_not_taken_is_told_with_its_reason(
    page: Page, data: bytes, word: str
) -> None:
    await page.asks()
    before = await page.events()
    by_form, by_script = await page.sends(data), await page.sends_by_script(data)
    assert by_form.status_code == by_script.status_code == 415
    assert said(by_form, word) and "help" in by_form.text  # the conversation is still there
    assert by_script.json() == {"stored": False, "error": word, "message": WORDS[word].english}
    assert "alert(1)" not in by_form.text
    assert (await page.stored(), await page.events()) == ([], before)


async def test_five_megabytes_and_no_more(page: Page) -> None:
    await page.asks()
    padded = jpeg_with(0xE1, b"x" * 60_000)
    while len(padded) < MAX_FILE - 70_000:
        padded = padded[:2] + b"\xff\xe1\xea\x62" + b"x" * 60_000 + padded[2:]
    assert (await page.sends_by_script(padded)).status_code == 200
    answer = await page.sends_by_script(bytes(MAX_FILE + 1), upload="browser-id-2")
    assert (answer.status_code, answer.json()["error"]) == (413, "media_too_big")
    headers = OWN | {
        "x-punte-token": page.token,
        "content-type": "multipart/form-data; boundary=x",
        "content-length": "90000000",
    }

    async def nothing() -> AsyncIterator[bytes]:
        pytest.fail("read on")
        yield b""

    answer = await page.client.post("/chat/files", content=nothing(), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "media_too_big")


async def test_too_many_files_are_told_and_do_not_stop_words(page: Page) -> None:
    await page.asks()
    for number in range(FILES_AN_HOUR):
        assert (await page.sends_by_script(JPEG, upload=f"browser-{number:03d}")).status_code == 200
    answer = await page.sends_by_script(JPEG, upload="browser-more")
    assert (answer.status_code, answer.json()["error"]) == (429, "media_full")
    assert len(await page.stored()) == FILES_AN_HOUR


@pytest.mark.fault("W4")
async def test_a_strangers_or_a_dead_token_sends_nothing(page: Page) -> None:
    await page.asks()
    before = await page.events()
    assert (await page.sends(JPEG, token="x")).status_code == 403
    cross = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    form = {"token": page.token, "upload": "browser-id-1"}
    files = {"file": ("a", JPEG, "image/jpeg")}
    answer = await page.client.post("/chat/files", data=form, files=files, headers=cross)
    assert answer.status_code == 403
    plain = await page.client.post("/chat/files", data=form, headers=OWN)
    assert plain.status_code == 403
    await page.store.leave(page.hash)
    assert (await page.sends_by_script(JPEG)).status_code == 403
    assert (await page.stored(), await page.events()) == ([], before)


@pytest.mark.parametrize("field", ["upload", "lang", "country"])
@pytest.mark.parametrize("value", ["../../x", "\x00\x01", "x" * 9000, "<script>"])
async def test_odd_fields_are_no_way_in(page: Page, field: str, value: str) -> None:
    await page.asks()
    answer = await page.sends_by_script(JPEG, **{field: value})
    assert answer.status_code == (400 if field == "upload" else 200)
    assert value not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n\r\n\r\n--x--",
        b"--x\r\nno head--x--",
        b"before\r\n--x--",
        b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nabc',
        b'--x\r\ncontent-disposition: form-data; name="id"\r\n\r\n\xff\xfe\r\n--x--',
        b'--x\r\ncontent-disposition: attachment; name="file"\r\n\r\nabc\r\n--x--',
        b"--x\r\n" * 500 + b"--x--",
    ],
)
def test_a_broken_form_is_refused(body: bytes) -> None:
    with pytest.raises(Trouble):
        parse(body, b"x")


def test_a_form_is_read_as_browsers_write_it() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nabc\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a; name=token.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\r\n--y\r\n\r\n--x--\r\n"
    )
    upload = parse(body, b"x")
    assert upload.fields == {"token": "abc"}
    assert upload.data == b"\xff\xd8\r\n--y\r\n"


@pytest.mark.fault("D3")
async def test_a_database_that_is_away_is_told_and_the_same_id_can_try_again(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.messages import StorageUnavailable

    await page.asks()
    whole = page.intake.accept_file

    async def away(*_: Any) -> Any:
        raise StorageUnavailable

    monkeypatch.setattr(page.intake, "accept_file", away)
    answer = await page.sends_by_script(JPEG)
    assert (answer.status_code, answer.json()["stored"]) == (503, False)
    assert (await page.sends(JPEG)).status_code == 503
    monkeypatch.setattr(page.intake, "accept_file", whole)
    assert (await page.sends_by_script(JPEG)).json() == {"stored": True}
    assert len(await page.stored()) == 1


# A counsellor sends


async def test_what_a_counsellor_sends_is_a_download_without_script(page: Page) -> None:
    number = await page.asks()
    staff = await petra(page.store)
    case = await page.store.desk.claim(staff, number)
    file = NewFile("pdf", PDF)
    seq = await page.store.desk.reply(staff, number, case.fence, "", 99, "key-12345", file=file)
    headers = {"x-punte-token": page.token}
    shown = (await page.client.get("/chat/messages", headers=headers)).json()["messages"]
    assert shown[-1]["file"] == {"label": "Download the document (1 KB)", "download": True}
    form = {"token": page.token, "lang": "en", "id": "browser-id-9", "refresh": "1"}
    drawn = await page.client.post("/chat", data=form, headers=OWN)
    assert f'name="seq" value="{seq}"' in drawn.text and 'action="/chat/file"' in drawn.text
    asked = {"token": page.token, "seq": str(seq)}
    answer = await page.client.post("/chat/file", data=asked, headers=OWN)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert re.fullmatch(
        r'attachment; filename="file-[0-9a-f]{8}\.pdf"', answer.headers["content-disposition"]
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].endswith("sandbox")


async def test_nobody_else_gets_it(page: Page) -> None:
    number = await page.asks()
    await page.sends_by_script(JPEG)
    staff = await petra(page.store)
    case = await page.store.desk.claim(staff, number)
    file = NewFile("pdf", PDF)
    seq = await page.store.desk.reply(staff, number, case.fence, "", 99, "key-12345", file=file)
    lines = await page.store.transcript(page.hash)
    own = next(line.seq for line in lines if line.file)
    other = Page(page.store)
    for token, wanted in (
        (other.token, str(seq)),
        (page.token, str(own)),  # their own photo does not come back to a page somebody took
        (page.token, "999"),
        (page.token, "x"),
        (page.token, ""),
    ):
        asked = {"token": token, "seq": wanted}
        answer = await page.client.post("/chat/file", data=asked, headers=OWN)
        assert answer.status_code == 404
        assert said(answer, "media_gone")
    await other.client.aclose()
    await page.store.leave(page.hash)
    asked = {"token": page.token, "seq": str(seq)}
    assert (await page.client.post("/chat/file", data=asked, headers=OWN)).status_code == 403
