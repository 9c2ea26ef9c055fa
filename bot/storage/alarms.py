"""Alarms that wait for their minute: set and cleared by turns, made into cases by a timer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Kind, Lane, StorageUnavailable
from bot.storage import case_lines, case_turns, cases
from bot.storage.alarm_models import DangerAlarm, DangerMarker
from bot.storage.case_ends import REOPENED_WITHIN
from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_records import (
    Alarm,
    Case,
    CaseState,
    Notice,
    OpenCase,
    Reason,
    Role,
    Staff,
    TakenBack,
)
from bot.storage.models import Contact, Conversation, Message
from bot.storage.records import Person

if TYPE_CHECKING:
    from bot.storage.database import Database

log = logging.getLogger(__name__)

ALARM_KEPT = timedelta(hours=24)  # after a long failure an older one says nothing of today

_CLEAR = delete(DangerAlarm).where(DangerAlarm.conversation_id == bindparam("this"))


class AlarmStore:
    """Reached as `Store.alarms`."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self._keys = database, keys

    async def ring(self, now: datetime, notice: Notice) -> list[Case]:
        """Make a case of every alarm that is due; `notice` is what the person is told."""
        ids = await self._db.read(lambda db: _due(db, now))
        rung = [await self._ring(conversation_id, now, notice) for conversation_id in ids]
        return [case for case in rung if case is not None]

    async def _ring(self, conversation_id: str, now: datetime, notice: Notice) -> Case | None:
        try:
            return await self._db.write(
                lambda db: _ring(db, self._keys, conversation_id, now, notice)
            )
        except StorageUnavailable:
            raise
        except Exception as error:  # one that cannot be read must not silence the others
            log.error("alarm failed", exc_info=error)
            return None

    async def taken_back(self, staff: Staff, since: datetime) -> list[TakenBack]:
        """For the protection role: how many danger cases were taken back, newest hour first."""
        return await self._db.read(lambda db: _taken_back(db, staff, since))


async def follow(db: AsyncConnection, person: Person, alarm: Alarm | None, kind: Kind) -> None:
    """Any sign of the person clears the alarm that waited; this turn may set a new one."""
    if kind not in (Kind.LEFT, Kind.RETURNED):  # blocking is done by whoever has the phone
        await db.execute(_CLEAR, {"this": person.conversation_id})
    if alarm is None:
        return
    if person.keeps_nothing:
        raise ValueError("an alarm needs kept text")
    await db.execute(
        insert(DangerAlarm).values(
            conversation_id=person.conversation_id,
            card=alarm.card,
            office=alarm.office,
            priority=alarm.priority,
            protection=alarm.protection,
            due_at=alarm.due_at,
            expires_at=alarm.due_at + ALARM_KEPT,
        )
    )


async def _due(db: AsyncConnection, now: datetime) -> Sequence[str]:
    mine = select(DangerAlarm.conversation_id).where(DangerAlarm.due_at <= now)
    return (await db.scalars(mine.order_by(DangerAlarm.due_at).limit(200))).all()


async def _ring(
    db: AsyncConnection, keys: KeyRing, conversation_id: str, now: datetime, notice: Notice
) -> Case | None:
    """None: the person wrote meanwhile, or another process was faster."""
    # A case is locked before its conversation, as everywhere; and nothing else may follow.
    mine = Handoff.conversation_id == conversation_id
    await db.execute(select(Handoff.id).where(mine).with_for_update())
    this = Conversation.id == conversation_id
    await db.execute(select(Conversation.id).where(this).with_for_update())
    alarm = (
        await db.execute(
            delete(DangerAlarm)
            .where(DangerAlarm.conversation_id == conversation_id, DangerAlarm.due_at <= now)
            .returning(*DangerAlarm.__table__.columns)
        )
    ).first()
    if alarm is None:
        return None
    person = await _person(db, conversation_id, now)
    if person is None or person.keeps_nothing:
        return None
    asked = OpenCase(Reason.DANGER, alarm.priority, alarm.office, "", alarm.card, alarm.protection)
    case = await case_turns.open_by_time(db, person, asked, await _last_words(db, conversation_id))
    await case_lines.say(db, keys, case, "bot", notice, Lane.SAFETY)
    return case


async def _person(db: AsyncConnection, conversation_id: str, now: datetime) -> Person | None:
    row = (
        await db.execute(
            select(Contact)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == conversation_id)
        )
    ).first()
    if row is None:
        return None
    case_id = await db.scalar(
        select(func.max(Handoff.id)).where(
            Handoff.conversation_id == conversation_id,
            or_(Handoff.state != CaseState.CLOSED, Handoff.closed_at > now - REOPENED_WITHIN),
        )
    )
    return Person(
        person_hash=row.person_hash,
        channel=row.channel,
        bot=row.bot,
        contact_id=row.id,
        conversation_id=conversation_id,
        locale=row.locale,
        country=row.country,
        consent=row.consent,
        case=await cases.by_id(db, case_id) if case_id else None,
    )


async def _last_words(db: AsyncConnection, conversation_id: str) -> int:
    mine = Message.conversation_id == conversation_id
    last = select(func.max(Message.seq)).where(mine, Message.author == "person")
    return await db.scalar(last) or 0


async def _taken_back(db: AsyncConnection, staff: Staff, since: datetime) -> list[TakenBack]:
    if not (staff.office and staff.has(Role.PROTECTION)):
        return []
    what = (DangerMarker.hour, DangerMarker.card, DangerMarker.country)
    rows = await db.execute(
        select(*what, func.count().label("how_many"))
        .where(DangerMarker.office == staff.office, DangerMarker.hour >= since)
        .where(DangerMarker.expires_at > datetime.now(UTC))
        .group_by(*what)
        .order_by(DangerMarker.hour.desc(), DangerMarker.card, DangerMarker.country)
        .limit(50)
    )
    return [TakenBack(row.card, row.country, row.hour, row.how_many) for row in rows]
