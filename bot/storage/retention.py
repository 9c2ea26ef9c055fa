"""Deleting what has reached its date. Every table with personal data is listed here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.alarm_models import DangerAlarm, DangerMarker
from bot.storage.desk_models import Handoff
from bot.storage.desk_more_models import ResumeCode, ResumeTry
from bot.storage.desk_records import CaseState
from bot.storage.media_models import MediaFile
from bot.storage.models import (
    Base,
    Contact,
    Conversation,
    Inbox,
    Left,
    Message,
    Outbox,
    Session,
    Unanswered,
)
from bot.storage.safety_models import HideRequest, PlatformMessage
from bot.storage.staff_models import Audit, Login, LoginTry

# A conversation goes with its contact, and takes the rest with it: never one without the other.
PERSONAL: tuple[type[Base], ...] = (
    Message,
    Session,
    Contact,
    Handoff,
    Inbox,
    Left,
    Unanswered,
    Login,
    LoginTry,
    Audit,
    DangerAlarm,
    DangerMarker,
    ResumeCode,
    ResumeTry,
    MediaFile,
    PlatformMessage,
    HideRequest,
)
BATCH = 500  # short transactions: nobody waits for the broom


async def sweep(db: AsyncConnection, table: Any) -> int:
    """Delete up to `BATCH` expired rows of one table; returns how many went.

    What a reply on its way still needs stays until the reply has an end (`outbox.expire`),
    and what was said in a case stays until some time after the case was closed.
    """
    keys = list(table.__table__.primary_key.columns)
    expired = select(*keys).where(table.expires_at <= datetime.now(UTC), _not_needed(table))
    rows = (await db.execute(expired.limit(BATCH))).all()
    for row in rows:
        matches = [column == value for column, value in zip(keys, row, strict=True)]
        await db.execute(delete(table).where(*matches))
    return len(rows)


def _not_needed(table: Any) -> Any:
    waiting = Outbox.state.in_(("pending", "sending"))
    is_open = Handoff.state != CaseState.CLOSED
    if table is Message:
        mine = Outbox.conversation_id == Message.conversation_id
        on_its_way = exists().where(mine, Outbox.seq == Message.seq, waiting)
        in_a_case = exists().where(Handoff.conversation_id == Message.conversation_id, is_open)
        return and_(~on_its_way, ~in_a_case)
    if table is Inbox:
        return Inbox.state != "pending"
    if table is MediaFile:
        return MediaFile.seq.is_(None)  # the others go with their lines
    if table is Contact:
        kept = and_(Handoff.expires_at > datetime.now(UTC), Contact.consent != "no")
        mine = Conversation.contact_id == Contact.id
        on_its_way = exists().where(mine, Outbox.conversation_id == Conversation.id, waiting)
        in_a_case = exists().where(
            mine, Handoff.conversation_id == Conversation.id, or_(is_open, kept)
        )
        return and_(~on_its_way, ~in_a_case)
    return true()
