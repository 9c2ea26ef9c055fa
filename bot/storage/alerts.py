"""Staff alerts, stored before they are sent: who was told of which case, and what to take back.

A step of telling is stored once, with one row for each chat. A row is `sending` on disk
before the platform is called; one found so after a crash is sent once more, never oftener.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import alert_chats, case_events
from bot.storage.alert_models import DeskAlert, DeskChat, DeskStep
from bot.storage.alert_records import Chat, ChatKind, Linked, StepDone, Told
from bot.storage.case_events import Happened
from bot.storage.crypto import KeyRing
from bot.storage.database import Database
from bot.storage.desk_models import Handoff
from bot.storage.desk_records import Case
from bot.storage.inbox import upsert
from bot.storage.staff_models import Counsellor

LEASE = timedelta(seconds=60)  # an alert that is `sending` for longer has lost its sender
TRIES = 2  # of what may have arrived
WITHDRAW_TRIES = 5
AT_ONCE = 200


class AlertStore:
    """Reached as `Store.alerts`. Methods raise `StorageUnavailable` when the database is away."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self._keys = database, keys

    # Chats

    async def add_code(
        self, code: str, counsellor_id: str, kind: ChatKind, now: datetime, good_for: timedelta
    ) -> None:
        """Let a code link a chat once. An earlier one of the same counsellor and kind ends."""
        hashed = alert_chats.code_hash(self._keys, code)

        async def work(db: AsyncConnection) -> None:
            await alert_chats.clear_codes(db, now)
            await alert_chats.add_code(db, hashed, counsellor_id, kind, now + good_for)

        await self._db.write(work)

    async def link(
        self, code: str, carrier: str, address: str, is_group: bool, now: datetime
    ) -> Linked | None:
        """None: this code links nothing here. The same chat may bring its code twice."""
        chat = (carrier, address)
        return await self._db.write(
            lambda db: alert_chats.link(db, self._keys, code, chat, is_group, now)
        )

    async def chats(self, office: str) -> list[Chat]:
        """Where alerts of an office can go now."""
        return await self._db.read(lambda db: alert_chats.chats_of(db, office))

    async def linked_by(self, counsellor_id: str) -> list[Chat]:
        """What a counsellor linked, with those that the platform refuses."""
        return await self._db.read(lambda db: alert_chats.linked_by(db, counsellor_id))

    async def unlink(self, counsellor_id: str, chat_id: int) -> bool:
        """False: not there, or somebody else's."""
        return await self._db.write(lambda db: alert_chats.unlink(db, counsellor_id, chat_id))

    # Steps

    async def steps(self, cases: Sequence[Case]) -> dict[int, list[StepDone]]:
        """What was done about each case since its last claim, in order, by the case's id."""
        return await self._db.read(lambda db: steps(db, [case.id for case in cases]))

    async def plan(
        self, case: Case, number: int, circle: int, chats: Collection[int], now: datetime
    ) -> bool:
        """Store a step and its alerts. False: it was stored before, or nobody waits any more."""
        return await self._db.write(lambda db: plan(db, case, number, circle, chats, now))

    # Alerts

    async def due(self, now: datetime, carriers: Collection[str]) -> list[Told]:
        """What to send now, most urgent first."""
        return await self._db.read(lambda db: due(db, self._keys, now, carriers))

    async def take(self, alert: Told, now: datetime) -> bool:
        """Write down that it goes out now. False: somebody else has it, or nobody waits."""
        return await self._db.write(lambda db: take(db, alert.id, now))

    async def sent(self, alert: Told, message_id: str, now: datetime) -> None:
        """From here on `attempts` and `next_at` are about withdrawing it."""
        values = {"state": "sent", "message_id": message_id, "attempts": 0, "next_at": now}
        await self._db.write(lambda db: _set(db, alert.id, **values))

    async def not_sent(self, alert: Told, next_at: datetime) -> None:
        """It certainly did not arrive: again at `next_at`."""
        values = {"state": "pending", "next_at": next_at, "attempts": alert.attempts}
        await self._db.write(lambda db: _set(db, alert.id, **values))

    async def unclear(self, alert: Told, next_at: datetime) -> None:
        """Nobody knows whether it arrived: once more, then never again."""
        state = "pending" if alert.attempts + 1 < TRIES else "doubtful"
        await self._db.write(lambda db: _set(db, alert.id, state=state, next_at=next_at))

    async def failed(self, alert: Told) -> None:
        await self._db.write(lambda db: _set(db, alert.id, state="failed"))

    async def lose(self, alert: Told, now: datetime) -> None:
        """The platform refuses this chat: no more alerts until it is linked anew."""
        await self._db.write(lambda db: lose(db, alert, now))

    async def doubt(self, now: datetime, everything: bool) -> int:
        """Settle alerts whose sender is gone: once more, or doubtful. Returns how many."""
        return await self._db.write(lambda db: doubt(db, now, everything))

    async def stale(self, now: datetime, carriers: Collection[str]) -> list[Told]:
        """Sent alerts to take back: the case was claimed or closed, or a newer one was sent."""
        return await self._db.read(lambda db: stale(db, self._keys, now, carriers))

    async def withdrawn(self, alert: Told) -> None:
        await self._db.write(lambda db: _set(db, alert.id, state="withdrawn"))

    async def not_withdrawn(self, alert: Told, next_at: datetime) -> None:
        """It did not work: again at `next_at`, a few times."""
        state = "failed" if alert.attempts + 1 >= WITHDRAW_TRIES else "sent"
        await self._db.write(
            lambda db: _set(
                db, alert.id, state=state, attempts=DeskAlert.attempts + 1, next_at=next_at
            )
        )


async def steps(db: AsyncConnection, ids: Sequence[int]) -> dict[int, list[StepDone]]:
    query = (
        select(DeskStep.__table__)
        .join(Handoff, and_(Handoff.id == DeskStep.handoff_id, Handoff.fence == DeskStep.fence))
        .where(Handoff.id.in_(ids))
        .order_by(DeskStep.id)
    )
    found: dict[int, list[StepDone]] = {}
    for row in await db.execute(query):
        done = StepDone(row.fence, row.priority, row.number, row.circle, row.at)
        found.setdefault(row.handoff_id, []).append(done)
    return found


async def plan(
    db: AsyncConnection, case: Case, number: int, circle: int, chats: Collection[int], now: datetime
) -> bool:
    if await db.scalar(_still_waits(case)) is None:
        return False
    which = {"handoff_id": case.id, "fence": case.fence, "priority": case.priority}
    stored = (
        upsert(db, DeskStep)
        .values(**which, number=number, circle=circle, at=now)
        .on_conflict_do_nothing(index_elements=[*which, "number"])
        .returning(DeskStep.id)
    )
    step_id = (await db.execute(stored)).scalar_one_or_none()
    if step_id is None:
        return False
    await _replace(db, case.id, chats)
    rows = [
        {
            "step_id": step_id,
            "chat_id": chat_id,
            "state": "pending",
            "attempts": 0,
            "message_id": "",
            "next_at": now,
            "created_at": now,
        }
        for chat_id in sorted(chats)
    ]
    if rows:
        await db.execute(insert(DeskAlert), rows)
    # The console rings by it, and the case's history shows who was told.
    await case_events.add(db, Happened(case, "alerted", case_events.SYSTEM, f"step {number}"))
    return True


def _still_waits(case: Case) -> Select[int]:
    """Locked, so that a claim at the same moment comes before or after, never between."""
    return (
        select(Handoff.id)
        .where(
            Handoff.id == case.id,
            Handoff.state == "waiting",
            Handoff.fence == case.fence,
            Handoff.priority == case.priority,
        )
        .with_for_update()
    )


async def _replace(db: AsyncConnection, case_id: int, chats: Collection[int]) -> None:
    """An alert that never left is not sent after a newer one about the same case."""
    mine = select(DeskStep.id).where(DeskStep.handoff_id == case_id)
    await db.execute(
        update(DeskAlert)
        .where(
            DeskAlert.state == "pending",
            DeskAlert.chat_id.in_(chats),
            DeskAlert.step_id.in_(mine),
        )
        .values(state="cancelled")
    )


_WAITS = and_(Handoff.state == "waiting", Handoff.fence == DeskStep.fence)


def _told(*conditions: Any) -> Any:
    return (
        select(
            DeskAlert.id,
            DeskAlert.chat_id,
            DeskAlert.attempts,
            DeskAlert.message_id,
            DeskChat.carrier,
            DeskChat.chat_hash,
            DeskChat.address_sealed,
            Counsellor.locale.label("staff_locale"),
            Handoff.number,
            Handoff.priority,
            Handoff.protection,
            Handoff.locale,
            Handoff.topic,
            Handoff.waiting_since,
        )
        .join(DeskStep, DeskStep.id == DeskAlert.step_id)
        .join(Handoff, Handoff.id == DeskStep.handoff_id)
        .join(DeskChat, DeskChat.id == DeskAlert.chat_id)
        .join(Counsellor, Counsellor.id == DeskChat.counsellor_id)
        .where(*conditions)
    )


def _opened(keys: KeyRing, row: Any) -> Told:
    values = dict(row._mapping)
    hashed, sealed = values.pop("chat_hash"), values.pop("address_sealed")
    return Told(**values, address=keys.open(sealed, alert_chats.address_row(hashed)))


async def due(
    db: AsyncConnection, keys: KeyRing, now: datetime, carriers: Collection[str]
) -> list[Told]:
    query = _told(
        DeskAlert.state == "pending",
        DeskAlert.next_at <= now,
        DeskChat.carrier.in_(carriers),
        DeskChat.lost_at.is_(None),
        _WAITS,
    )
    rows = await db.execute(query.order_by(Handoff.priority, DeskAlert.id).limit(AT_ONCE))
    return [_opened(keys, row) for row in rows]


async def take(db: AsyncConnection, alert_id: int, now: datetime) -> bool:
    waits = exists().where(
        DeskStep.id == DeskAlert.step_id, Handoff.id == DeskStep.handoff_id, _WAITS
    )
    taken = (
        update(DeskAlert)
        .where(DeskAlert.id == alert_id, DeskAlert.state == "pending", waits)
        .values(state="sending", attempts=DeskAlert.attempts + 1, next_at=now + LEASE)
    )
    return bool((await db.execute(taken)).rowcount)


async def lose(db: AsyncConnection, alert: Told, now: datetime) -> None:
    await db.execute(update(DeskChat).where(DeskChat.id == alert.chat_id).values(lost_at=now))
    await db.execute(
        update(DeskAlert)
        .where(DeskAlert.chat_id == alert.chat_id, DeskAlert.state.in_(("pending", "sending")))
        .values(state="failed")
    )


async def doubt(db: AsyncConnection, now: datetime, everything: bool) -> int:
    lost = DeskAlert.state == "sending"
    if not everything:
        lost = and_(lost, DeskAlert.next_at <= now)
    again = update(DeskAlert).where(lost, DeskAlert.attempts < TRIES)
    count = (await db.execute(again.values(state="pending", next_at=now))).rowcount
    rest = update(DeskAlert).where(lost).values(state="doubtful")
    return count + (await db.execute(rest)).rowcount


async def stale(
    db: AsyncConnection, keys: KeyRing, now: datetime, carriers: Collection[str]
) -> list[Told]:
    newer, its_step = DeskAlert.__table__.alias("newer"), DeskStep.__table__.alias("its_step")
    replaced = exists().where(
        newer.c.chat_id == DeskAlert.chat_id,
        newer.c.id > DeskAlert.id,
        newer.c.state == "sent",
        its_step.c.id == newer.c.step_id,
        its_step.c.handoff_id == DeskStep.handoff_id,
    )
    query = _told(
        DeskAlert.state == "sent",
        DeskAlert.message_id != "",
        DeskAlert.next_at <= now,
        DeskChat.carrier.in_(carriers),
        or_(not_(_WAITS), replaced),
    )
    rows = await db.execute(query.order_by(DeskAlert.id).limit(AT_ONCE))
    return [_opened(keys, row) for row in rows]


async def _set(db: AsyncConnection, alert_id: int, **values: Any) -> None:
    await db.execute(update(DeskAlert).where(DeskAlert.id == alert_id).values(**values))
