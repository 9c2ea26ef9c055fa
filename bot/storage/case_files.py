"""Files as the desk sees them: for who may open the case, and never without an audit row."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Attachment
from bot.storage import cases, media, staff_logins
from bot.storage.case_moves import AS_IT_IS, write
from bot.storage.crypto import KeyRing
from bot.storage.desk_moves import Action
from bot.storage.desk_records import Case, NoSuchCase, Staff
from bot.storage.lines import Body, message_row
from bot.storage.media_models import MediaFile
from bot.storage.media_records import CaseFile, NewFile
from bot.storage.models import Message


async def kept(db: AsyncConnection, staff: Staff, number: str) -> frozenset[int]:
    case = await cases.seen(db, staff, number, Action.OPEN)
    mine = MediaFile.conversation_id == case.conversation_id
    found = await db.scalars(select(MediaFile.seq).where(mine, MediaFile.seq.is_not(None)))
    return frozenset(seq for seq in found if seq is not None)


async def open_file(
    db: AsyncConnection, keys: KeyRing, staff: Staff, number: str, seq: int
) -> CaseFile:
    case = await cases.seen(db, staff, number, Action.OPEN)
    said = await _said(db, keys, case, seq)
    await staff_logins.audit(db, staff.id, "file_opened", case.id, f"line {seq}")
    return CaseFile(said, await media.of_line(db, keys, case.conversation_id, seq))


async def _said(db: AsyncConnection, keys: KeyRing, case: Case, seq: int) -> Attachment:
    """What line `seq` says of its file."""
    line = select(Message.body_sealed).where(
        Message.conversation_id == case.conversation_id, Message.seq == min(seq, 2**31 - 1)
    )
    sealed = await db.scalar(line)
    if sealed is None:
        raise NoSuchCase
    opened = keys.open(sealed, message_row(case.conversation_id, seq))
    said = msgspec.json.decode(opened, type=Body).file
    if said is None or not (said.stored_id or said.platform_id):
        raise NoSuchCase
    return said


async def keep(
    db: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    number: str,
    fence: int,
    seq: int,
    file: NewFile,
) -> None:
    case = await write(db, staff, Action.REPLY, number, fence, AS_IT_IS)
    await _said(db, keys, case, seq)
    if await media.of_line(db, keys, case.conversation_id, seq) is None:
        await media.add(db, keys, case.conversation_id, seq, "person", file)
        await staff_logins.audit(db, staff.id, "file_kept", case.id, f"line {seq}")
