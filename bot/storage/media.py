"""Files: stored with their event, sealed, and gone with their line.

What a platform still has is not kept here, only its number, sealed in the line, until a
counsellor wants to keep it. The desk's half is `case_files`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Attachment
from bot.storage import inbox
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_records import CaseState
from bot.storage.media_models import MediaFile
from bot.storage.media_records import Content, NewFile, NoRoom
from bot.storage.models import Contact, Conversation
from bot.storage.records import Arrival, Receipt

FILES_AN_HOUR = 20
UNREAD_KEPT = timedelta(days=7)  # as long as the id of the event


def file_row(file_id: str) -> str:
    return f"media/{file_id}"


async def accept(db: AsyncConnection, keys: KeyRing, arrival: Arrival, file: NewFile) -> Receipt:
    """Store a message and its file, or neither. Raises `NoRoom`."""
    (receipt,) = await inbox.put(db, keys, [arrival])
    if not receipt.new:
        return receipt
    conversation_id = await home(db, receipt.person_hash)
    if conversation_id is None:
        raise NoRoom("closed")
    since = datetime.now(UTC) - timedelta(hours=1)
    recent = select(func.count()).where(
        MediaFile.conversation_id == conversation_id,
        MediaFile.author == "person",
        MediaFile.created_at > since,
    )
    if (await db.scalar(recent) or 0) >= FILES_AN_HOUR:
        raise NoRoom("full")
    await add(db, keys, conversation_id, None, "person", file)
    return receipt


async def home(db: AsyncConnection, person_hash: str) -> str | None:
    """The conversation in which a counsellor answers this person, or is to."""
    found: str | None = await db.scalar(
        select(Conversation.id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Handoff, Handoff.conversation_id == Conversation.id)
        .where(Contact.person_hash == person_hash, Handoff.state != CaseState.CLOSED)
    )
    return found


async def add(
    db: AsyncConnection,
    keys: KeyRing,
    conversation_id: str,
    seq: int | None,
    author: str,
    file: NewFile,
) -> None:
    now = datetime.now(UTC)
    await db.execute(
        insert(MediaFile).values(
            id=file.id,
            conversation_id=conversation_id,
            seq=seq,
            author=author,
            type=file.type,
            size=len(file.data),
            body_sealed=keys.seal_bytes(file.data, file_row(file.id)),
            created_at=now,
            expires_at=now + UNREAD_KEPT,
        )
    )


# In the turn of its message


async def beside(
    db: AsyncConnection, conversation_id: str, said: Attachment | None, in_a_case: bool
) -> Attachment | None:
    """What a line keeps of its file: nothing without a case, nor of one that is gone."""
    if said is None or not said.stored_id:
        return said if in_a_case else None
    mine = select(MediaFile.id).where(
        MediaFile.id == said.stored_id, MediaFile.conversation_id == conversation_id
    )
    return said if await db.scalar(mine) else None


async def link(
    db: AsyncConnection, conversation_id: str, seq: int, said: Attachment | None
) -> None:
    """The line is there now: from here on the file goes when the line goes."""
    if said is None or not said.stored_id:
        return
    mine = and_(MediaFile.id == said.stored_id, MediaFile.conversation_id == conversation_id)
    await db.execute(update(MediaFile).where(mine, MediaFile.seq.is_(None)).values(seq=seq))


# Reading


def _content(keys: KeyRing, row: Any) -> Content:
    return Content(row.type, keys.open_bytes(row.body_sealed, file_row(row.id)))


async def of_line(
    db: AsyncConnection, keys: KeyRing, conversation_id: str, seq: int
) -> Content | None:
    mine = and_(MediaFile.conversation_id == conversation_id, MediaFile.seq == seq)
    row = (await db.execute(select(MediaFile.__table__).where(mine))).first()
    return _content(keys, row) if row else None


async def for_person(
    db: AsyncConnection, keys: KeyRing, person_hash: str, seq: int
) -> Content | None:
    """What a counsellor sent this person in line `seq`."""
    theirs = (
        select(MediaFile.__table__)
        .join(Conversation, Conversation.id == MediaFile.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(
            Contact.person_hash == person_hash,
            MediaFile.seq == seq,
            MediaFile.seq > func.coalesce(Conversation.shown_after, 0),  # as the transcript
            MediaFile.author == "counsellor",
        )
    )
    row = (await db.execute(theirs)).first()
    return _content(keys, row) if row else None
