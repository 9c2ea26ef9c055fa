"""One row for each change of a case: its history, and what lists and streams go on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.case_access import circle_of
from bot.storage.desk_models import HandoffEvent
from bot.storage.desk_records import Case

PERSON, SYSTEM = "person", "system"
_LOCK = 0x50554E54  # names this kind of lock among others on the same server


@dataclass(frozen=True, slots=True)
class Happened:
    case: Case  # as it could be seen: before the change for those who lose sight of it
    kind: str
    actor: str
    detail: str = ""


async def add(db: AsyncConnection, *events: Happened) -> None:
    """Write down what happened. Comes last in a transaction.

    A reader goes on from the highest id it saw. PostgreSQL gives out ids before it commits,
    so a lower one could appear later and be missed: within an office the writers queue here.
    """
    await _queue_up(db, sorted({event.case.office for event in events}))
    now = datetime.now(UTC)
    rows = [
        {
            "handoff_id": event.case.id,
            "office": event.case.office,
            "circle": circle_of(event.case),
            "kind": event.kind,
            "actor": event.actor,
            "detail": event.detail[:40],
            "at": now,
        }
        for event in events
    ]
    for row in rows:
        await db.execute(insert(HandoffEvent), row)


async def _queue_up(db: AsyncConnection, offices: Sequence[str]) -> None:
    if db.dialect.name != "postgresql":
        return
    for office in offices:
        number = int.from_bytes(office.encode())
        await db.execute(select(func.pg_advisory_xact_lock(_LOCK, number)))


def changed(before: Case, after: Case, kind: str, actor: str, detail: str = "") -> list[Happened]:
    """The events of one change; whoever could see the case and cannot any more hears that."""
    events = [Happened(after, kind, actor, detail)]
    lost_sight = circle_of(before) != circle_of(after) or before.office != after.office
    return [Happened(before, "left", actor), *events] if lost_sight else events
