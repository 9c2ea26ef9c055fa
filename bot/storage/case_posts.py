"""What a holder sends: replies to the person, and notes that never get there.

A form of the console carries a key of its own. The same key twice is one message, also
when the claim is gone by the second time.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reply, clean_text
from bot.storage import case_lines, cases, media
from bot.storage.case_events import Happened, add
from bot.storage.case_moves import AS_IT_IS, write
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import DeskPost, Handoff, HandoffNote
from bot.storage.desk_moves import Action
from bot.storage.desk_records import Case, LostClaim, Staff
from bot.storage.media_records import NewFile
from bot.storage.models import UtcTime

MAX_KEY = 64


@dataclass(frozen=True, slots=True)
class Post:
    """A form of the console: which case, under which claim, and the form's own key."""

    number: str
    fence: int
    key: str


async def reply(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    post: Post,
    said: Reply,
    seen_up_to: int,
    wait: timedelta = case_lines.NO_WAIT,
    file: NewFile | None = None,
) -> int:
    _check_key(post)
    if not said.text.strip() and file is None:
        raise ValueError("a reply says something")
    now = literal(datetime.now(UTC), UtcTime())
    answered = {
        "answered_at": now,
        "holder_seen_at": now,
        "first_answer_at": func.coalesce(Handoff.first_answer_at, now),
    }
    try:
        case = await write(db, staff, Action.REPLY, post.number, post.fence, answered)
    except LostClaim:
        return await _posted_before(db, staff, post)
    if (before := await _result_of(db, case, post)) is not None:
        return before
    await case_lines.check_read(db, keys, case, seen_up_to)
    words = case_lines.plain(said)
    seq = await case_lines.say(db, keys, case, "counsellor", words, wait=wait)
    if file is not None:
        await media.add(db, keys, case.conversation_id, seq, "counsellor", file)
    await _remember(db, staff, case, post, seq)
    await add(db, Happened(case, "replied", staff.id))
    return seq


async def note(db: AsyncConnection, keys: KeyRing, staff: Staff, post: Post, text: str) -> int:
    _check_key(post)
    try:
        case = await write(db, staff, Action.NOTE, post.number, post.fence, AS_IT_IS)
    except LostClaim:
        return await _posted_before(db, staff, post)
    if (before := await _result_of(db, case, post)) is not None:
        return before
    row_key = uuid.uuid4().hex
    note_id: int | None = await db.scalar(
        insert(HandoffNote)
        .values(
            handoff_id=case.id,
            author=staff.id,
            row_key=row_key,
            text_sealed=keys.seal(clean_text(text), cases.note_row(row_key)),
            at=datetime.now(UTC),
        )
        .returning(HandoffNote.id)
    )
    assert note_id is not None
    await _remember(db, staff, case, post, note_id)
    await add(db, Happened(case, "noted", staff.id))
    return note_id


async def resend(
    db: AsyncConnection, keys: KeyRing, staff: Staff, number: str, fence: int, seq: int
) -> bool:
    case = await write(db, staff, Action.REPLY, number, fence, AS_IT_IS)
    if not 0 < seq < 2**31 or not await case_lines.resend(db, keys, case, seq):
        return False
    await add(db, Happened(case, "resent", staff.id))
    return True


def _check_key(post: Post) -> None:
    if not 0 < len(post.key) <= MAX_KEY or clean_text(post.key) != post.key:
        raise ValueError("a form needs a key")


async def _posted_before(db: AsyncConnection, staff: Staff, post: Post) -> int:
    """The claim is gone; a repeat of what was sent under it is still the same message."""
    case = await cases.seen(db, staff, post.number)
    before = await _result_of(db, case, post, staff.id)
    if before is None:
        raise LostClaim
    return before


async def _result_of(
    db: AsyncConnection, case: Case, post: Post, by: str | None = None
) -> int | None:
    found = select(DeskPost.result).where(DeskPost.handoff_id == case.id, DeskPost.key == post.key)
    return await db.scalar(found.where(DeskPost.by == by) if by else found)


async def _remember(db: AsyncConnection, staff: Staff, case: Case, post: Post, result: int) -> None:
    await db.execute(
        insert(DeskPost).values(
            handoff_id=case.id, key=post.key, by=staff.id, result=result, at=datetime.now(UTC)
        )
    )
