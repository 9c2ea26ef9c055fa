"""Files on the desk: whoever holds the case looks, keeps and sends; nobody else learns of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.console.files import map_of, read_point
from bot.knowledge import Knowledge
from bot.messages import Attachment, Kind, SendResult, Sent
from bot.storage import Arrival, NewFile, Outcome, Role, Store
from bot.storage.media_models import MediaFile
from bot.storage.staff_models import Audit
from tests.console.desk_rig import FORM, Browser, Rig
from tests.people import says
from tests.pictures import JPEG, PDF, docx, exif, jpeg_with, ogg, png

SECRET = b"kanarek at 45.7489 21.2087"
NUMBER = "AgACAgQAAx-1"


@pytest.fixture
async def rig(store: Store, knowledge: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, knowledge)
    yield rig
    rig.close()


async def shows(rig: Rig, data: bytes | None = JPEG, kind: Kind = Kind.PHOTO, **said: Any) -> None:
    """Amina sends something on Telegram, which the desk knows by its number."""
    if data is not None:
        rig.on_telegram[NUMBER] = data
    file = Attachment(
        **({"type": "jpeg", "size": 120_000, "platform_id": NUMBER, "bot": "1"} | said)
    )
    await rig._turn(says("", kind=kind, file=file), "", "", None)


async def uploads(rig: Rig, file: NewFile, person: str = "oleh") -> None:
    """The same on the web page, where we store it."""
    event = f"{person}.{says('').event_id}-browser"
    more = {"channel": "web", "bot": "", "event_id": event, "message_id": "", "order": 0}
    inbound = says("", person, kind=Kind.PHOTO, file=file.attachment, **more)
    await rig.store.media.accept(Arrival(inbound), file)
    person_hash = rig.store.person_hash("web", "", person)
    pending = await rig.store.next_pending(person_hash)
    assert pending is not None
    before = await rig.store.load(pending)
    await rig.store.finish(pending, before, Outcome(before, (), push=False))


async def on_the_web(rig: Rig, **case: Any) -> str:
    more = {"channel": "web", "bot": "", "event_id": "oleh.first-one", "message_id": ""}
    return await rig.asks(person="oleh", inbound=says("help", "oleh", **more), **case)


async def with_file(rig: Rig, **said: Any) -> tuple[Browser, str, int]:
    """Petra holds Amina's case; returns the line of her photo."""
    number = await rig.asks()
    await shows(rig, **said)
    petra = await rig.browser()
    await petra.claims(number)
    lines = await rig.store.transcript(rig.store.person_hash("telegram", "1", "amina"))
    return petra, number, next(line.seq for line in lines if line.file)


async def count(rig: Rig, table: Any = MediaFile, *where: Any) -> int:
    found = select(func.count()).select_from(table).where(*where)
    return int(await rig.store._db.read(lambda db: db.scalar(found)) or 0)


async def sends(browser: Browser, number: str, data: bytes, **fields: str) -> Any:
    hidden = {name: browser.field(name) for name in ("key", "fence", "seen_up_to")}
    hidden["_csrf_token"] = browser.csrf
    files = {"file": ("..\\..\\evil.html", data, "text/html")}
    return await browser.client.post(
        f"/desk/case/{number}/attach", data=hidden | fields, files=files, headers=FORM
    )


async def delivered(rig: Rig) -> list[Any]:
    """What has gone out, in order; each with the bytes that went with it."""
    found: list[Any] = []
    while due := await rig.store.due(10, ["telegram"]):
        await rig.store.take([row.outbox_id for row in due])
        for row in due:
            content = await rig.store.media.of_line(row.conversation_id, row.seq)
            found.append((row.reply, content.data if content else b""))
            await rig.store.settle(row, Sent(SendResult.SENT, ("1",)), timedelta(0))
    return found


# Looking


async def test_a_line_says_what_there_is_and_fetches_nothing(rig: Rig) -> None:
    petra, number, seq = await with_file(rig)
    page = (await petra.get(f"/desk/case/{number}")).text
    line = page[page.index(f'id="line-{seq}"') :]
    assert re.search(r"A photo</?[^>]*> · <bdi>118 KB|A photo · <bdi>118 KB", line)
    assert f'<img src="/desk/case/{number}/file/{seq}"' in line and 'loading="lazy"' in line
    assert NUMBER not in page
    assert rig.fetched == []


@pytest.mark.fault("W11")
async def test_a_file_is_served_as_an_attachment_that_cannot_run(rig: Rig) -> None:
    petra, number, seq = await with_file(rig, data=jpeg_with(0xE1, exif(1, SECRET)))
    answer = await petra.get(f"/desk/case/{number}/file/{seq}")
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert rig.fetched == [("1", NUMBER)]
    headers = answer.headers
    name = re.fullmatch(
        r'attachment; filename="file-[0-9a-f]{8}\.jpg"', headers["content-disposition"]
    )
    assert name
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].endswith("sandbox")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert await count(rig) == 0  # and nothing of it is kept


async def test_each_opening_leaves_a_row(rig: Rig) -> None:
    petra, number, seq = await with_file(rig)
    for _ in range(2):
        await petra.get(f"/desk/case/{number}/file/{seq}")
    assert await count(rig, Audit, Audit.action == "file_opened") == 2


async def test_a_voice_note_can_be_heard_in_parts(rig: Rig) -> None:
    petra, number, seq = await with_file(rig, data=ogg(), kind=Kind.VOICE, type="opus")
    page = (await petra.get(f"/desk/case/{number}")).text
    assert f'<audio controls preload="none" src="/desk/case/{number}/file/{seq}"' in page
    path = f"/desk/case/{number}/file/{seq}"
    part = await petra.get(path, range="bytes=2-5")
    assert (part.status_code, part.content) == (206, ogg()[2:6])
    assert part.headers["content-range"] == f"bytes 2-5/{len(ogg())}"
    assert (await petra.get(path, range="bytes=0-")).content == ogg()
    for odd in ("bytes=99999-", "bytes=-5", "lines=1-2"):
        whole = await petra.get(path, range=odd)
        assert (whole.status_code, whole.content) == (200, ogg())


@pytest.mark.fault("U10")
@pytest.mark.parametrize(
    ("data", "size", "status", "words"),
    [
        (None, 100, 410, "Telegram does not have this file any more."),
        (JPEG, 20_000_000, 413, "too big to be opened here"),
        (b"", 0, 415, "We do not open this kind of file"),
        (b"<html><script>alert(1)</script>", 100, 415, "We do not open this kind of file"),
    ],
)
async def test_what_cannot_be_shown_is_said(
    rig: Rig, data: bytes | None, size: int, status: int, words: str
) -> None:
    petra, number, seq = await with_file(rig, data=data, size=size)
    answer = await petra.get(f"/desk/case/{number}/file/{seq}")
    assert answer.status_code == status
    assert words in answer.text
    assert b"alert" not in answer.content
    if status == 413:
        assert rig.fetched == []


async def test_a_stored_file_opens_without_telegram(rig: Rig) -> None:
    number = await on_the_web(rig)
    await uploads(rig, NewFile("png", png()))
    petra = await rig.browser()
    await petra.claims(number)
    assert "Keep in the case" not in petra.page
    answer = await petra.get(f"/desk/case/{number}/file/3")
    assert (answer.content, answer.headers["content-type"]) == (png(), "image/png")
    assert rig.fetched == []


# Whose


@pytest.mark.fault("W8")
async def test_a_file_is_there_for_its_holder_only(rig: Rig) -> None:
    petra, number, seq = await with_file(rig)
    others = [
        await rig.browser("ana"),
        await rig.browser("prot", Role.PROTECTION),
        await rig.browser("boss", Role.MANAGER),
        await rig.browser("data", Role.DATA_PROTECTION),
        await rig.browser("jonas", office="hu"),
    ]
    path = f"/desk/case/{number}/file/{seq}"
    answers = [await other.get(path) for other in others]
    answers += [await petra.get(f"/desk/case/{number}/file/{odd}") for odd in (1, 99, "x", "-1")]
    answers.append(await petra.get(f"/desk/case/RO-9999/file/{seq}"))
    assert {answer.status_code for answer in answers} == {404}
    for other in others:
        kept = await other.post(f"/desk/case/{number}/keep", seq=str(seq), fence="1")
        assert kept.status_code in (404, 409)
    assert rig.fetched == [] or {answer.status_code for answer in answers} == {404}
    assert await count(rig) == 0
    assert await count(rig, Audit, Audit.action == "file_opened") == 0


async def test_a_waiting_case_shows_no_file(rig: Rig) -> None:
    number = await rig.asks()
    await shows(rig)
    petra = await rig.browser()
    assert (await petra.get(f"/desk/case/{number}/file/3")).status_code == 404


# Keeping


async def test_what_is_kept_stays_when_telegram_forgets_it(rig: Rig) -> None:
    petra, number, seq = await with_file(rig, data=jpeg_with(0xE1, exif(1, SECRET)))
    await petra.get(f"/desk/case/{number}")
    answer = await petra.post(f"/desk/case/{number}/keep", seq=str(seq))
    assert answer.status_code == 303
    rig.on_telegram.clear()
    found = await petra.get(f"/desk/case/{number}/file/{seq}")
    assert (found.status_code, found.content) == (200, JPEG)
    page = (await petra.get(f"/desk/case/{number}")).text
    assert "Kept in the case" in page and ">Keep in the case<" not in page
    again = await petra.post(f"/desk/case/{number}/keep", seq=str(seq))
    assert (again.status_code, await count(rig)) == (303, 1)


async def test_keeping_does_not_lose_a_draft(rig: Rig) -> None:
    petra, number, seq = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    answer = await petra.post(f"/desk/case/{number}/keep", seq=str(seq), text="half a sente")
    assert answer.status_code == 200 and "half a sente" in answer.text
    rig.on_telegram.clear()
    await rig.store._db.write(lambda db: db.execute(MediaFile.__table__.delete()))
    gone = await petra.post(f"/desk/case/{number}/keep", seq=str(seq), text="half a sente")
    assert gone.status_code == 422 and "half a sente" in gone.text
    assert "does not have this file any more" in gone.text


# Sending


async def test_a_document_reaches_the_person(rig: Rig) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    answer = await sends(petra, number, PDF)
    assert answer.status_code == 303
    reply, content = (await delivered(rig))[-1]
    assert (reply.file.type, reply.file.size, content) == ("pdf", len(PDF), PDF)
    page = (await petra.get(f"/desk/case/{number}")).text
    assert "A document" in page and "evil" not in page


async def test_the_same_form_twice_is_one_file(rig: Rig) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    for _ in range(2):
        assert (await sends(petra, number, PDF)).status_code == 303
    assert await count(rig) == 1


@pytest.mark.parametrize("data", [jpeg_with(0xE1, exif(1, SECRET)), png(3, 2, (b"tEXt", SECRET))])
async def test_a_picture_goes_out_without_what_the_camera_added(rig: Rig, data: bytes) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    assert (await sends(petra, number, data)).status_code == 303
    _, content = (await delivered(rig))[-1]
    assert content and SECRET not in content


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Please choose a file first."),
        (docx(), "Only JPEG, PNG and PDF can be sent."),
        (ogg(), "Only JPEG, PNG and PDF can be sent."),
        (JPEG + docx(), "second file hidden"),
        (b"<svg/>", "cannot take this kind of file"),
        (png(10_000, 10_000), "This picture is too large."),
    ],
)
async def test_what_must_not_go_out_is_refused_and_the_draft_stays(
    rig: Rig, data: bytes, words: str
) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    answer = await sends(petra, number, data, text="half a sente")
    assert answer.status_code == 422
    assert words in answer.text and "half a sente" in answer.text
    assert await count(rig) == 0


async def test_more_than_five_megabytes_is_too_much(rig: Rig) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    assert (await sends(petra, number, bytes(6_000_000))).status_code == 413
    assert await count(rig) == 0


async def test_a_file_waits_for_what_was_not_read(rig: Rig) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    await rig.writes("One more thing")
    answer = await sends(petra, number, PDF)
    assert answer.status_code == 409 and "One more thing" in answer.text
    assert await count(rig) == 0


@pytest.mark.fault("W4")
async def test_a_file_without_our_forms_token_changes_nothing(rig: Rig) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    assert (await sends(petra, number, PDF, _csrf_token="")).status_code == 403
    ana = await rig.browser("ana")
    ana.page = petra.page
    assert (await sends(ana, number, PDF)).status_code in (404, 409)
    assert await count(rig) == 0


# A place


async def test_a_place_is_words_with_a_link(rig: Rig) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    answer = await petra.post(
        f"/desk/case/{number}/place",
        place_address="Office\nStr. A & B 1",
        place_point="45.7489, 21.2087",
    )
    assert answer.status_code == 303
    due, _ = (await delivered(rig))[-1]
    assert due.text == "Office\nStr. A & B 1\n45.7489, 21.2087"
    assert due.file == Attachment(place="45.7489,21.2087")
    assert due.choices[0].url.startswith("https://www.openstreetmap.org/?mlat=45.7489&mlon=21.2087")


@pytest.mark.parametrize(
    "fields", [{}, {"place_point": "here"}, {"place_point": "99, 200", "place_address": "x"}]
)
async def test_no_place_is_told_and_keeps_what_was_typed(rig: Rig, fields: dict[str, str]) -> None:
    petra, number, _ = await with_file(rig)
    await petra.get(f"/desk/case/{number}")
    answer = await petra.post(f"/desk/case/{number}/place", **fields)
    assert answer.status_code == 422 and "such as 45.7489, 21.2087" in answer.text
    for typed in fields.values():
        assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize(
    ("typed", "point"),
    [
        ("45.7489, 21.2087", "45.7489,21.2087"),
        (" -33.9 18.4 ", "-33.9,18.4"),
        ("90;180", "90,180"),
        ("91, 0", ""),
        ("0, 181", ""),
        ("1e3, 2", ""),
        ("nan, nan", ""),
        ("", ""),
    ],
)
def test_a_point_is_on_earth(typed: str, point: str) -> None:
    assert read_point(typed) == point


def test_an_address_stays_inside_its_link() -> None:
    link = map_of('Str. A&b=c#d "e"\n<f>', "")
    assert link == (
        "https://www.openstreetmap.org/search?query=Str.%20A%26b%3Dc%23d%20%22e%22%20%3Cf%3E"
    )
