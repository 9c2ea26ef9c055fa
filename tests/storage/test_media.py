"""Files in the store: sealed, once, and gone with their line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from bot.messages import Attachment, Kind, Reply
from bot.storage import (
    NORMAL,
    Arrival,
    NewCounsellor,
    NewFile,
    NoRoom,
    NoSuchCase,
    OpenCase,
    Outcome,
    Reason,
    Role,
    Staff,
    Store,
)
from bot.storage.media import FILES_AN_HOUR
from bot.storage.media_models import MediaFile
from bot.storage.staff_models import Audit
from tests.people import says

CANARY = b"kanarek7391 on a photo " * 200
START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def web(words: str = "", **more: Any) -> Any:
    """Oleh writes on the web page."""
    event = says("", "oleh").event_id
    fields = {"channel": "web", "bot": "", "address": "oleh", "message_id": "", "order": 0}
    return says(words, "oleh", **(fields | {"event_id": f"oleh.browser-{event}"} | more))


async def turn(store: Store, inbound: Any, case: Any = None, consent: str = "yes") -> Any:
    await store.accept([Arrival(inbound)])
    return await take(store, inbound, case, consent)


async def take(store: Store, inbound: Any, case: Any = None, consent: str = "yes") -> Any:
    person = store.person_hash(inbound.channel, inbound.bot, inbound.person_id)
    pending = await store.next_pending(person)
    assert pending is not None
    before = await store.load(pending)
    after = replace(before, consent=consent, locale="uk", country="ro")
    push = inbound.channel != "web"
    return await store.finish(
        pending, before, Outcome(after, (Reply("We have it."),), push=push, case=case)
    )


async def asks(store: Store, inbound: Any | None = None) -> str:
    await store.staff.prepare()
    told = await turn(store, inbound or web("help"), OpenCase(Reason.ASKED, NORMAL, "ro"))
    assert told.case is not None
    return str(told.case.number)


async def petra(store: Store, office: str = "ro", name: str = "petra") -> Staff:
    new = NewCounsellor(name, frozenset({Role.COUNSELLOR}), "", office=office, shown_as=name)
    account = await store.staff.account(await store.staff.add(new))
    assert account is not None
    return account.staff


async def sends(store: Store, file: NewFile, event_id: str = "") -> Any:
    """Oleh's file, stored and its turn taken."""
    more = {"event_id": event_id} if event_id else {}
    inbound = web(kind=Kind.PHOTO, file=file.attachment, **more)
    receipt = await store.media.accept(Arrival(inbound), file)
    if receipt.new:
        await take(store, inbound)
    return receipt


async def count(store: Store, table: Any = MediaFile) -> int:
    found = await store._db.read(lambda db: db.scalar(select(func.count()).select_from(table)))
    return int(found or 0)


def photo(data: bytes = CANARY) -> NewFile:
    return NewFile("jpeg", data)


async def test_a_file_is_stored_sealed_and_opened_by_its_holder_only(store: Store) -> None:
    number, staff = await asks(store), await petra(store)
    await sends(store, photo())
    with pytest.raises(NoSuchCase):  # nobody has claimed it
        await store.media.open(staff, number, 3)
    await store.desk.claim(staff, number)
    found = await store.media.open(staff, number, 3)
    assert found.content is not None
    assert (found.content.type, found.content.data) == ("jpeg", CANARY)
    assert found.said.size == len(CANARY)
    assert await store.media.kept(staff, number) == {3}
    jonas = await petra(store, "hu", "jonas")
    for line, who in ((3, jonas), (1, staff), (99, staff), (2**31 - 1, staff)):
        with pytest.raises(NoSuchCase):
            await store.media.open(who, number, line)
    opened = select(Audit.detail).where(Audit.action == "file_opened")
    rows = await store._db.read(lambda db: db.scalars(opened))
    assert rows.all() == ["line 3"]


async def test_the_row_holds_nothing_in_clear(store: Store) -> None:
    await asks(store)
    await sends(store, photo())
    row = (await store._db.read(lambda db: db.execute(select(MediaFile.__table__)))).one()
    assert b"kanarek" not in bytes(row.body_sealed)
    assert row.body_sealed.startswith(b"k1:")


async def test_the_same_upload_twice_is_one_file(store: Store) -> None:
    await asks(store)
    first = await sends(store, photo(), "oleh.the-same-id")
    again = await sends(store, photo(), "oleh.the-same-id")
    assert (first.new, again.new) == (True, False)
    assert await count(store) == 1


async def test_without_an_open_case_nothing_is_stored(store: Store) -> None:
    await turn(store, web("hello"))
    with pytest.raises(NoRoom, match="closed"):
        await sends(store, photo())
    number, staff = await asks(store), await petra(store)
    case = await store.desk.claim(staff, number)
    await store.desk.close(staff, number, case.fence, "answered", seen_up_to=99)
    with pytest.raises(NoRoom, match="closed"):
        await sends(store, photo())
    assert await count(store) == 0
    person = store.person_hash("web", "", "oleh")
    assert await store.next_pending(person) is None
    assert not await store.media.is_wanted(person)


async def test_twenty_files_an_hour(store: Store) -> None:
    await asks(store)
    with time_machine.travel(START, tick=False) as clock:
        for number in range(FILES_AN_HOUR):
            await sends(store, photo(b"x"), f"oleh.number-{number:04d}")
        with pytest.raises(NoRoom, match="full"):
            await sends(store, photo())
        assert not (await sends(store, photo(b"x"), "oleh.number-0003")).new  # a repeat is fine
        clock.move_to(START + timedelta(minutes=61))
        assert (await sends(store, photo())).new
    assert await count(store) == FILES_AN_HOUR + 1


async def test_a_file_whose_row_went_before_its_turn_leaves_a_line_without_one(
    store: Store,
) -> None:
    await asks(store)
    file = photo()
    inbound = web(kind=Kind.PHOTO, file=file.attachment)
    await store.media.accept(Arrival(inbound), file)
    await store._db.write(lambda db: db.execute(text("DELETE FROM media_file")))
    await take(store, inbound)
    lines = await store.transcript(store.person_hash("web", "", "oleh"))
    assert [line.file for line in lines if line.kind == "photo"] == [None]


async def test_what_a_platform_has_is_known_by_its_number_in_a_case_only(store: Store) -> None:
    there = Attachment("jpeg", 120_000, platform_id="AgAC-1", bot="1")
    person = store.person_hash("telegram", "1", "amina")
    await turn(store, says("", kind=Kind.PHOTO, file=there))
    number = await asks(store, says("help"))
    await turn(store, says("", kind=Kind.PHOTO, file=there))
    lines = [line for line in await store.transcript(person) if line.kind == "photo"]
    assert [line.file for line in lines] == [None, there]
    assert await count(store) == 0
    staff = await petra(store)
    case = await store.desk.claim(staff, number)
    seq = lines[1].seq
    found = await store.media.open(staff, number, seq)
    assert (found.content, found.said) == (None, there)
    for _ in range(2):
        await store.media.keep(staff, number, case.fence, seq, photo())
    assert await count(store) == 1
    kept = (await store.media.open(staff, number, seq)).content
    assert kept is not None and kept.data == CANARY


async def test_a_counsellors_file_goes_the_way_of_a_reply(store: Store) -> None:
    number, staff = await asks(store, says("help")), await petra(store)
    case = await store.desk.claim(staff, number)
    file = NewFile("pdf", CANARY)
    args = (staff, number, case.fence, "", 99, "form-key")
    seq = await store.desk.reply(*args, file=file)
    assert await store.desk.reply(*args, file=NewFile("pdf", CANARY)) == seq
    assert await count(store) == 1
    due = (await store.due(10, ["telegram"]))[-1]
    assert due.reply.file == file.attachment
    content = await store.media.of_line(due.conversation_id, due.seq)
    assert content is not None and content.data == CANARY
    person = store.person_hash("telegram", "1", "amina")
    mine = await store.media.for_person(person, seq)
    assert mine is not None and mine.data == CANARY
    other = store.person_hash("telegram", "1", "lan")
    assert await store.media.for_person(other, seq) is None


async def test_another_phone_gets_no_file_of_before(store: Store) -> None:
    number, staff = await asks(store), await petra(store)
    case = await store.desk.claim(staff, number)
    seq = await store.desk.reply(
        staff, number, case.fence, "", 99, "form-key", file=NewFile("pdf", b"x")
    )
    person = store.person_hash("web", "", "oleh")
    assert await store.media.for_person(person, seq) is not None
    moved = text("UPDATE conversation SET shown_after = last_seq")
    await store._db.write(lambda db: db.execute(moved))
    assert await store.media.for_person(person, seq) is None


async def test_a_person_cannot_fetch_what_they_sent_themselves(store: Store) -> None:
    await asks(store)
    await sends(store, photo())
    assert await store.media.for_person(store.person_hash("web", "", "oleh"), 3) is None


# Keeping and erasing


@pytest.mark.fault("P3")
async def test_erased_leaves_no_byte(store: Store, tmp_path: Path) -> None:
    await asks(store)
    await sends(store, photo())
    file = photo(CANARY + b"2")
    waiting = web(kind=Kind.PHOTO, file=file.attachment)
    await store.media.accept(Arrival(waiting), file)  # its turn was not taken yet
    sealed = await store._db.read(lambda db: db.scalars(select(MediaFile.body_sealed)))
    blobs = [bytes(blob)[20:60] for blob in sealed.all()]
    assert len(blobs) == 2
    assert await store.erase(store.person_hash("web", "", "oleh"))
    assert await count(store) == 0
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        held = path.read_bytes()
        assert CANARY[:20] not in held, path.name
        assert not any(blob in held for blob in blobs), path.name


async def test_a_file_goes_on_the_day_of_its_line(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        number, staff = await asks(store), await petra(store)
        await sends(store, photo())
        case = await store.desk.claim(staff, number)
        clock.move_to(START + timedelta(days=200))
        await store.sweep()
        assert await count(store) == 1  # an open case keeps what was said in it
        await store.desk.close(staff, number, case.fence, "answered", seen_up_to=99)
        clock.move_to(START + timedelta(days=289, hours=23))
        await store.sweep()
        assert await count(store) == 1
        clock.move_to(START + timedelta(days=290, seconds=1))
        await store.sweep()
        assert await count(store) == 0


async def test_whoever_wants_nothing_kept_has_files_gone_after_the_case(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        number, staff = await asks(store), await petra(store)
        await sends(store, photo())
        await turn(store, web("nothing, please"), consent="no")
        assert await count(store) == 1
        case = await store.desk.claim(staff, number)
        await store.desk.close(staff, number, case.fence, "answered", seen_up_to=99)
        clock.move_to(START + timedelta(minutes=16))
        await store.sweep()
        assert await count(store) == 0


async def test_a_file_without_a_line_goes_after_a_week(store: Store) -> None:
    with time_machine.travel(START, tick=False) as clock:
        await asks(store)
        file = photo()
        inbound = web(kind=Kind.PHOTO, file=file.attachment)
        await store.media.accept(Arrival(inbound), file)
        clock.move_to(START + timedelta(days=6, hours=23))
        await store.sweep()
        assert await count(store) == 1
        clock.move_to(START + timedelta(days=7, seconds=1))
        await store.sweep()
        assert await count(store) == 0


async def test_a_failed_file_leaves_no_event_either(store: Store) -> None:
    await asks(store)
    odd = NewFile("jpeg", b"x", id="x" * 32)
    await sends(store, odd)
    with pytest.raises(IntegrityError):
        await sends(store, NewFile("jpeg", b"y", id="x" * 32))
    assert await count(store) == 1
    assert await store.next_pending(store.person_hash("web", "", "oleh")) is None
