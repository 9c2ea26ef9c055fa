"""The outbox: what is due, what is on its way, and what became of it.

A row moves pending -> sending -> sent | undeliverable | uncertain, or back to pending.
`sending` is committed before the platform is called, so that a crash in between is
seen as doubt: it is tried again, and in the end the transcript says "may not have arrived".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.messages import Lane, Origin, Reply, SendResult, Sent
from bot.storage.crypto import KeyProblem, KeyRing
from bot.storage.lines import Body, message_row, outbox_row
from bot.storage.models import Contact, Conversation, Message, Outbox, UtcTime
from bot.storage.phone_safety import is_discreet_to, remember_numbers
from bot.storage.records import Due

LEASE = timedelta(seconds=12)  # whoever is still sending renews it, see `doubt`
LONGEST_WAIT = timedelta(hours=24)
TOO_OLD = timedelta(hours=48)
GONE = ("blocked", "chat gone")  # reasons that mean the person, not this one reply
# A platform that does not answer gets one more try; a process that died had often not
# called it yet. The end is for a reply that kills whoever sends it.
INTERRUPTIONS = 5
CLOCKS_DIFFER = timedelta(minutes=1)  # between two machines on one database


def _lease_over(now: datetime) -> Any:
    return or_(Outbox.next_at <= now, Outbox.next_at > now + LEASE + CLOCKS_DIFFER)


_earlier = aliased(Outbox)
_held_back = exists().where(
    _earlier.conversation_id == Outbox.conversation_id,
    _earlier.id < Outbox.id,
    _earlier.state.in_(("pending", "sending")),
    or_(Outbox.lane != int(Lane.SAFETY), _earlier.lane == int(Lane.SAFETY)),
)
_DUE = (
    select(
        Outbox,
        Message.body_sealed,
        Message.entry,
        Message.block,
        Message.locale,
        is_discreet_to(Outbox.conversation_id).label("is_discreet"),
    )
    .join(
        Message,
        and_(
            Message.conversation_id == Outbox.conversation_id,
            Message.seq == Outbox.seq,
        ),
    )
    .where(
        Outbox.state == "pending",
        # A first attempt never waits, and a time further ahead than any wait of ours means
        # that the clock was set back.
        or_(
            Outbox.attempts == 0,
            Outbox.next_at <= bindparam("now", type_=UtcTime),
            Outbox.next_at > bindparam("too_far", type_=UtcTime),
        ),
        # A counsellor may take back what waits a moment; a time too far ahead is no wait of ours.
        or_(
            Message.visible_at.is_(None),
            Message.visible_at <= bindparam("now", type_=UtcTime),
            Message.visible_at > bindparam("soon", type_=UtcTime),
        ),
        ~_held_back,
        Outbox.channel.in_(bindparam("channels", expanding=True)),
        or_(
            Outbox.lane == int(Lane.SAFETY),
            Outbox.conversation_id.not_in(bindparam("busy", expanding=True)),
        ),
    )
    .order_by(Outbox.lane, Outbox.id)
    .limit(bindparam("limit"))
)


async def due(
    db: AsyncConnection,
    keys: KeyRing,
    limit: int,
    channels: Sequence[str],
    busy: Sequence[str],
) -> tuple[list[Due], list[int]]:
    """What may go now: best lane first, in order within a conversation.

    Safety may overtake within a conversation; nothing else may. Conversations in `busy`
    are passed over but for safety, so one blocked chat delays nobody else. The queue of
    a channel that is not configured today stays as it is. Also returns the numbers of rows
    that cannot be read.
    """
    wanted = {
        "now": (now := datetime.now(UTC)),
        "too_far": now + LONGEST_WAIT + CLOCKS_DIFFER,
        "soon": now + CLOCKS_DIFFER,
        "channels": channels,
        "busy": busy,
        "limit": limit,
    }
    rows = await db.execute(_DUE, wanted)
    found, unreadable = [], []
    for row in rows:
        try:
            found.append(_due(keys, row))
        except (KeyProblem, msgspec.MsgspecError):
            unreadable.append(row.id)
    return found, unreadable


async def mark_unreadable(db: AsyncConnection, ids: Sequence[int]) -> None:
    """A row sealed with a lost key must not hold up anybody else."""
    await db.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids))
        .values(state="undeliverable", reason="unreadable", done_at=datetime.now(UTC))
    )


def _due(keys: KeyRing, row: Any) -> Due:
    address = keys.open(row.address_sealed, outbox_row(row.conversation_id, row.seq))
    body = Body("")
    if row.body_sealed is not None:
        opened = keys.open(row.body_sealed, message_row(row.conversation_id, row.seq))
        body = msgspec.json.decode(opened, type=Body)
    origin = Origin(entry=row.entry, block=row.block, locale=row.locale)
    return Due(
        outbox_id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        channel=row.channel,
        bot=row.bot,
        address=address,
        lane=row.lane,
        attempts=row.attempts,
        doubts=row.doubts,
        parts_done=row.parts_done,
        platform_ids=tuple(filter(None, row.platform_ids.split(","))),
        reply=Reply(body.text, body.choices, Lane(row.lane), origin, body.file),
        is_discreet=row.is_discreet,
    )


async def take(db: AsyncConnection, ids: Sequence[int]) -> set[int]:
    """Mark rows as on their way; returns those that nobody else had taken."""
    taken = await db.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids), Outbox.state == "pending")
        .values(
            state="sending",
            attempts=Outbox.attempts + 1,
            next_at=datetime.now(UTC) + LEASE,
        )
        .returning(Outbox.id)
    )
    return set(taken.scalars())


async def settle(
    db: AsyncConnection, keys: KeyRing, row: Due, sent: Sent, wait: timedelta
) -> tuple[str, bool]:
    """Write down what became of one attempt.

    Returns the row's new state, and whether delivered lines were deleted with it.
    """
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "parts_done": sent.parts_done or row.parts_done,
        "platform_ids": ",".join((*row.platform_ids, *sent.platform_ids)),
        "reason": sent.reason[:40],
        "next_at": now + min(wait, LONGEST_WAIT),
    }
    if sent.result is SendResult.UNCERTAIN:
        values["doubts"] = row.doubts + 1
        values["state"] = "uncertain" if row.doubts else "pending"
    elif sent.result is SendResult.RETRY:
        values["state"] = "pending"
    else:
        values["state"] = str(sent.result)
    if values["state"] != "pending":
        values["done_at"] = now
    # Somebody who thought us dead may have put the row back. A definite answer stands.
    ours = and_(Outbox.state == "sending", Outbox.attempts == row.attempts + 1)
    if sent.result in (SendResult.SENT, SendResult.UNDELIVERABLE):
        ours = Outbox.state.in_(("pending", "sending", "uncertain"))
    known = await db.execute(update(Outbox).where(_the(row), ours).values(**values))
    if sent.platform_ids and known.rowcount:
        await remember_numbers(db, keys, row.conversation_id, sent.platform_ids)
    if sent.platform_ids:
        await db.execute(
            update(Message)
            .where(Message.conversation_id == row.conversation_id, Message.seq == row.seq)
            .values(platform_hash=keys.digest("message", sent.platform_ids[-1]))
        )
    if sent.result is SendResult.UNDELIVERABLE and sent.reason in GONE:
        await _give_up(db, row, now)
    purged = values["state"] != "pending" and await _purge(db, row)
    return str(values["state"]), purged


def _the(row: Due) -> Any:
    """By number and conversation: what was erased meanwhile is nobody else's row."""
    return and_(Outbox.id == row.outbox_id, Outbox.conversation_id == row.conversation_id)


async def _give_up(db: AsyncConnection, row: Due, now: datetime) -> None:
    """Someone who blocked the bot cannot be told anything: what waits for them stops too."""
    await db.execute(
        update(Outbox)
        .where(Outbox.conversation_id == row.conversation_id, Outbox.state == "pending")
        .values(state="undeliverable", reason="earlier reply refused", done_at=now)
    )
    contact = select(Conversation.contact_id).where(Conversation.id == row.conversation_id)
    await db.execute(update(Contact).where(Contact.id.in_(contact)).values(blocked_at=now))


async def _purge(db: AsyncConnection, row: Due) -> bool:
    """Where nothing is kept beyond delivery, delivered lines go now."""
    purge = await db.scalar(
        select(Conversation.purge).where(Conversation.id == row.conversation_id)
    )
    if not purge:
        return False
    waiting = select(Outbox.seq).where(
        Outbox.conversation_id == row.conversation_id,
        Outbox.state.in_(("pending", "sending")),
    )
    await db.execute(
        delete(Message).where(
            Message.conversation_id == row.conversation_id,
            Message.seq.not_in(waiting),
            Message.held.is_(None),
        )
    )
    await db.execute(
        delete(Outbox).where(
            Outbox.conversation_id == row.conversation_id,
            Outbox.state.not_in(("pending", "sending")),
        )
    )
    return True


async def doubt(db: AsyncConnection, everything: bool, mine: Collection[int]) -> int:
    """Rows found on their way with nobody sending them: after a crash, or an expired lease.

    `everything`: this is the only process, and it has just started. `mine`: what this
    process is sending now; their leases start again.
    """
    now = datetime.now(UTC)
    stale = Outbox.state == "sending"
    if mine:
        await db.execute(
            update(Outbox).where(stale, Outbox.id.in_(mine)).values(next_at=now + LEASE)
        )
    if not everything:
        stale = and_(stale, _lease_over(now))
    again = await db.execute(
        update(Outbox)
        .where(stale, Outbox.doubts < INTERRUPTIONS)
        .values(state="pending", doubts=Outbox.doubts + 1, reason="interrupted", next_at=now)
    )
    lost = await db.execute(
        update(Outbox)
        .where(stale, Outbox.doubts >= INTERRUPTIONS)
        .values(state="uncertain", reason="interrupted", done_at=now)
    )
    return again.rowcount + lost.rowcount


async def expire(db: AsyncConnection) -> None:
    """A reply nobody could be given for two days helps nobody any more."""
    now = datetime.now(UTC)
    await db.execute(
        update(Outbox)
        .where(Outbox.state == "pending", Outbox.created_at < now - TOO_OLD)
        .values(state="undeliverable", reason="too old", done_at=now)
    )
