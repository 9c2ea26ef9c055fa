"""How many wait, for how long, and who comes before whom. Numbers and times, no text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.cases import CASES, IN_ORDER, MOST, found
from bot.storage.desk_models import Handoff
from bot.storage.desk_records import Asked, Case, CaseState, OfficeCounts, Role, Staff, Wait
from bot.storage.models import Feedback


async def asked(db: AsyncConnection, staff: Staff, since: datetime, until: datetime) -> list[Asked]:
    if not staff.has(Role.MANAGER):
        return []
    rows = await db.execute(
        select(
            Handoff.requested_at,
            Handoff.first_answer_at,
            Handoff.closed_at,
            Handoff.state,
            Handoff.priority,
            Handoff.office,
            Handoff.topic,
            Handoff.locale,
            Handoff.outcome,
        ).where(Handoff.requested_at >= since, Handoff.requested_at < until, _offices_of(staff))
    )
    return [
        Asked(
            row.requested_at,
            row.first_answer_at,
            row.closed_at or until,
            CaseState(row.state),
            row.priority,
            row.office,
            row.topic,
            row.locale,
            row.outcome,
        )
        for row in rows
    ]


async def votes(
    db: AsyncConnection, staff: Staff, since: datetime, until: datetime
) -> list[tuple[str, bool, int]]:
    """Language, whether it helped, how many. Votes belong to no office."""
    if not staff.has(Role.MANAGER):
        return []
    count = func.count()
    rows = await db.execute(
        select(Feedback.locale, Feedback.helped, count)
        .where(Feedback.created_at >= since, Feedback.created_at < until)
        .group_by(Feedback.locale, Feedback.helped)
    )
    return [(locale, helped, number) for locale, helped, number in rows]


ENOUGH = 100  # first answers that an expectation is made of


async def overview(db: AsyncConnection, staff: Staff) -> list[OfficeCounts]:
    if not staff.has(Role.MANAGER):
        return []
    rows = await db.execute(
        select(
            Handoff.office,
            Handoff.state,
            Handoff.priority,
            func.count().label("cases"),
            func.min(Handoff.waiting_since).label("since"),
        )
        .where(Handoff.state != CaseState.CLOSED, _offices_of(staff))
        .group_by(Handoff.office, Handoff.state, Handoff.priority)
        .order_by(Handoff.office)
    )
    by_office: dict[str, list[Any]] = {}
    for row in rows:
        by_office.setdefault(row.office, []).append(row)
    return [_counts(office, found) for office, found in by_office.items()]


def _counts(office: str, rows: Sequence[Any]) -> OfficeCounts:
    waiting = [row for row in rows if row.state == CaseState.WAITING]
    return OfficeCounts(
        office=office,
        waiting={row.priority: row.cases for row in waiting},
        claimed=sum(row.cases for row in rows if row.state == CaseState.CLAIMED),
        waiting_since=min((row.since for row in waiting), default=None),
    )


def _offices_of(staff: Staff) -> Any:
    return Handoff.office == staff.office if staff.office else true()


async def waits_for_managers(
    db: AsyncConnection, staff: Staff, since: datetime, until: datetime
) -> list[Wait]:
    if not staff.has(Role.MANAGER):
        return []
    return await waits(db, [staff.office] if staff.office else [], since, until)


async def waits(
    db: AsyncConnection, offices: Sequence[str], since: datetime, until: datetime | None
) -> list[Wait]:
    """First answers between two times, in order. No office named: all of them."""
    rows = await db.execute(
        select(Handoff)
        .where(
            Handoff.first_answer_at >= since,
            Handoff.first_answer_at < (until or datetime.now(UTC)),
            Handoff.office.in_(offices) if offices else Handoff.office.is_not(None),
        )
        .order_by(Handoff.first_answer_at, Handoff.id)
    )
    return [_wait(row) for row in rows]


async def recent_waits(
    db: AsyncConnection, office: str, priority: int, since: datetime
) -> list[Wait]:
    """The newest first answers of an office, newest first: enough for a median, however many."""
    rows = await db.execute(
        select(Handoff)
        .where(
            Handoff.office == office,
            Handoff.first_answer_at >= since,
            Handoff.priority == priority,
        )
        .order_by(Handoff.first_answer_at.desc())
        .limit(ENOUGH)
    )
    return [_wait(row) for row in rows]


def _wait(row: Any) -> Wait:
    return Wait(
        row.requested_at,
        row.first_answer_at,
        row.priority,
        row.topic,
        row.locale,
        row.office,
        row.outcome,
    )


async def waiting(db: AsyncConnection, office: str) -> list[Case]:
    those = CASES.where(Handoff.state == CaseState.WAITING)
    if office:
        those = those.where(Handoff.office == office)
    return await found(db, those.order_by(*IN_ORDER).limit(MOST))


async def ahead(db: AsyncConnection, case: Case) -> int:
    before = or_(
        Handoff.priority < case.priority,
        and_(Handoff.priority == case.priority, Handoff.waiting_since < case.waiting_since),
        and_(
            Handoff.priority == case.priority,
            Handoff.waiting_since == case.waiting_since,
            Handoff.id < case.id,
        ),
    )
    in_line = and_(Handoff.office == case.office, Handoff.state == CaseState.WAITING)
    return await db.scalar(select(func.count()).where(in_line, before)) or 0
