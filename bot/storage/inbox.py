"""The inbox: acknowledged means stored here, and a repeat has no second effect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Integer, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Inbound
from bot.storage.crypto import KeyProblem, KeyRing
from bot.storage.models import Inbox
from bot.storage.records import Arrival, Pending, Quarantined, Receipt, UnreadableRow

# Telegram offers an update again for 24 hours; ids outlive erasure by 7 days.
IDS_KEPT = timedelta(days=7)


def person_hash(keys: KeyRing, channel: str, bot: str, person_id: str) -> str:
    return keys.digest("person", channel, bot, person_id)


INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": pg_insert}


def upsert(db: AsyncConnection, table: Any) -> Any:
    """`INSERT` that knows `ON CONFLICT`, on either database."""
    return INSERTS[db.dialect.name](table)


# Built once, like others below: putting a statement together takes longer than running it.
_PUT = {
    name: insert(Inbox)
    .on_conflict_do_nothing(index_elements=["event_hash"])
    .returning(Inbox.id, Inbox.event_hash)
    for name, insert in INSERTS.items()
}


async def put(
    db: AsyncConnection, keys: KeyRing, arrivals: Sequence[Arrival | Quarantined]
) -> list[Receipt]:
    """Store what came in, all or nothing. One receipt for each, in order."""
    rows = [_row(keys, arrival) for arrival in arrivals]
    first_of: dict[str, dict[str, Any]] = {}
    for row in rows:
        first_of.setdefault(row["event_hash"], row)
    found = await db.execute(_PUT[db.dialect.name], list(first_of.values()))
    stored = {event_hash: id_ for id_, event_hash in found}
    return [
        Receipt(id_ := stored.pop(row["event_hash"], 0), id_ != 0, row["person_hash"] or "")
        for row in rows
    ]


def _row(keys: KeyRing, arrival: Arrival | Quarantined) -> dict[str, Any]:
    now = datetime.now(UTC)
    if isinstance(arrival, Quarantined):
        event_hash = keys.digest("event", arrival.channel, arrival.bot, arrival.event_id)
        channel, person, order, urgent = arrival.channel, None, 0, False
        if arrival.person_id:
            person = person_hash(keys, channel, arrival.bot, arrival.person_id)
        state, payload = "quarantined", arrival.payload
    else:
        inbound = arrival.inbound
        event_hash = keys.digest("event", inbound.channel, inbound.bot, inbound.event_id)
        channel, order, urgent = inbound.channel, inbound.order, arrival.urgent
        person = person_hash(keys, inbound.channel, inbound.bot, inbound.person_id)
        state, payload = "pending", msgspec.json.encode(inbound).decode()
    return {
        "event_hash": event_hash,
        "channel": channel,
        "person_hash": person,
        "order_key": max(-(2**63), min(order, 2**63 - 1)),
        "state": state,
        "urgent": urgent,
        "payload_sealed": keys.seal(payload, f"inbox/{event_hash}"),
        "received_at": now,
        "expires_at": now + IDS_KEPT,
    }


_NEXT = (
    select(Inbox)
    .where(Inbox.state == "pending", Inbox.person_hash == bindparam("person"))
    .order_by(Inbox.urgent.desc(), Inbox.order_key, Inbox.id)
    .limit(2)
)


async def next_of(db: AsyncConnection, keys: KeyRing, person: str) -> Pending | None:
    """The next waiting event of one person: danger first, then in the platform's order.

    Raises `UnreadableRow` for one that cannot be opened any more.
    """
    rows = (await db.execute(_NEXT, {"person": person})).all()
    if not rows:
        return None
    found = rows[0]
    try:
        payload = keys.open(found.payload_sealed, f"inbox/{found.event_hash}")
        inbound = msgspec.json.decode(payload, type=Inbound)
    except (KeyProblem, msgspec.MsgspecError) as error:
        raise UnreadableRow(found.id) from error
    has_more = len(rows) > 1
    return Pending(found.id, person, found.urgent, inbound, found.received_at, has_more)


async def waiting_people(db: AsyncConnection, limit: int) -> list[tuple[str, bool]]:
    """Who has something waiting, urgent people first."""
    rows = await db.execute(
        select(Inbox.person_hash, func.max(Inbox.urgent.cast(Integer)))
        .where(Inbox.state == "pending", Inbox.person_hash.is_not(None))
        .group_by(Inbox.person_hash)
        .order_by(func.max(Inbox.urgent.cast(Integer)).desc(), func.min(Inbox.id))
        .limit(limit)
    )
    return [(person, bool(urgent)) for person, urgent in rows]


async def is_done(db: AsyncConnection, inbox_id: int) -> bool:
    state = await db.scalar(select(Inbox.state).where(Inbox.id == inbox_id))
    return state != "pending"


async def consume(db: AsyncConnection, inbox_id: int) -> bool:
    """Take the row out of the queue and drop what was written. False: it was taken before."""
    done = await db.execute(_CONSUME, {"this": inbox_id, "now": datetime.now(UTC)})
    return done.rowcount == 1


_CONSUME = (
    update(Inbox)
    .where(Inbox.id == bindparam("this"), Inbox.state == "pending")
    .values(state="done", payload_sealed=None, done_at=bindparam("now"))
)


async def set_aside(db: AsyncConnection, inbox_id: int) -> None:
    """Quarantine a row whose turn keeps failing, so that it blocks nobody."""
    await db.execute(
        update(Inbox)
        .where(Inbox.id == inbox_id, Inbox.state == "pending")
        .values(state="quarantined")
    )
