"""Offices: where counsellors work, their hours, and the days on which they are closed."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import staff_models as rows
from bot.storage.inbox import upsert
from bot.storage.staff_records import NameTaken, NoSuchOffice, Office

# Nobody has confirmed these hours yet; docs/operators.md says so, `bot office hours` sets them.
_HOURS = "mon-fri 09:00-17:00"
FIRST_OFFICES = (
    Office("ro", "Romania", "ro", "Europe/Bucharest", _HOURS),
    Office("hu", "Hungary", "hu", "Europe/Budapest", _HOURS),
)


async def prepare(db: AsyncConnection) -> None:
    """The first two offices, on a database that has none."""
    if await db.scalar(select(func.count()).select_from(rows.Office)):
        return
    for office in FIRST_OFFICES:
        # Another process may start at the same moment.
        statement = upsert(db, rows.Office).values(_columns(office))
        await db.execute(statement.on_conflict_do_nothing(index_elements=["code"]))


async def read(db: AsyncConnection) -> list[Office]:
    closed: dict[str, set[date]] = {}
    for code, day in await db.execute(select(rows.OfficeClosed.office, rows.OfficeClosed.day)):
        closed.setdefault(code, set()).add(day)
    found = await db.execute(select(rows.Office.__table__).order_by(rows.Office.code))
    return [
        Office(
            code=row.code,
            name=row.name,
            country=row.country,
            time_zone=row.time_zone,
            hours=row.hours,
            lost_after_s=row.lost_after_s,
            closed=frozenset(closed.get(row.code, ())),
        )
        for row in found
    ]


async def add(db: AsyncConnection, office: Office) -> None:
    known = await db.scalar(select(rows.Office.code).where(rows.Office.code == office.code))
    if known is not None:
        raise NameTaken
    await db.execute(insert(rows.Office).values(_columns(office)))


def _columns(office: Office) -> dict[str, object]:
    return {
        "code": office.code,
        "name": office.name,
        "country": office.country,
        "time_zone": office.time_zone,
        "hours": office.hours,
        "lost_after_s": office.lost_after_s,
        "created_at": datetime.now(UTC),
    }


async def set_hours(db: AsyncConnection, code: str, hours: str) -> None:
    changed = update(rows.Office).where(rows.Office.code == code).values(hours=hours)
    if not (await db.execute(changed)).rowcount:
        raise NoSuchOffice


async def close_day(db: AsyncConnection, code: str, day: date, by: str | None) -> None:
    if await db.scalar(select(rows.Office.code).where(rows.Office.code == code)) is None:
        raise NoSuchOffice
    statement = upsert(db, rows.OfficeClosed).values(
        office=code, day=day, by=by, created_at=datetime.now(UTC)
    )
    await db.execute(statement.on_conflict_do_nothing(index_elements=["office", "day"]))


async def open_day(db: AsyncConnection, code: str, day: date) -> None:
    closed = rows.OfficeClosed
    await db.execute(delete(closed).where(closed.office == code, closed.day == day))
