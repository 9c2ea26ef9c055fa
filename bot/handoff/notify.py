"""Telling the staff that somebody waits: number, language, topic and minutes, nothing else.

An alert is stored before it is sent, once for each step and chat, and taken back when the
case was claimed. What is stored also rings in open consoles: each step is an event of its case.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.handoff.hours import OfficeHours
from bot.handoff.routing import first_reached, protection_on_duty
from bot.handoff.sla import next_step
from bot.handoff.waiting import PRESENT, hours_of
from bot.i18n import language_name
from bot.knowledge.topics import TOPICS
from bot.messages import N_, SendResult, Sent, Text
from bot.storage import Case, Reason, Staff, Store
from bot.storage.alert_records import Chat, ChatKind, StepDone, Told
from bot.storage.desk_records import DANGER

log = logging.getLogger(__name__)

CHAT_PAUSE = timedelta(seconds=3)  # Telegram: 20 messages a minute in one group
RETRY = timedelta(seconds=5)
WITHDRAW_RETRY = timedelta(seconds=30)
GONE = frozenset({"blocked", "chat gone"})  # reasons to stop writing to a chat

ALERT_WAITS = N_("alert_waits", "Someone waits: {language}, {topic}, {minutes} min. Case {number}.")
# Says no topic: of these cases it can already be too much.
ALERT_FIRST = N_(
    "alert_first", "Someone waits and goes first: {language}, {minutes} min. Case {number}."
)
ALERT_OVER = N_("alert_over", "Case {number}: this note is out of date.")


class Carrier(Protocol):
    """A way to reach a counsellor who does not look at the console."""

    name: str

    async def send(self, address: str, text: str) -> Sent:
        """Send one alert. Returns what is known; raises nothing for a platform's refusal."""
        ...

    async def withdraw(self, address: str, message_id: str, instead: str) -> bool:
        """Delete a sent alert, or let it say `instead`. False: worth trying again."""
        ...


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who and what an office has at this moment."""

    hours: OfficeHours | None
    members: Sequence[Staff]
    present: Sequence[Staff]
    chats: Sequence[Chat]


class Notifier:
    """Three jobs for timers. Each may run at any time, in several processes, and again."""

    def __init__(
        self,
        store: Store,
        carriers: Sequence[Carrier],
        render: Callable[[Text, str], str],
        link: str,
        clock: Callable[[], datetime],
    ) -> None:
        """`link`: the address of the console's queue, or empty; `clock` gives aware times."""
        self._store, self._render, self._link, self._clock = store, render, link, clock
        self._carriers: Mapping[str, Carrier] = {carrier.name: carrier for carrier in carriers}
        self._quiet_until: dict[int, datetime] = {}  # by chat
        self._is_first = True

    # Deciding

    async def plan(self) -> int:
        """Store the steps that are due; returns how many."""
        now = self._clock()
        cases = await self._store.desk.waiting()
        if not cases:
            return 0
        done = await self._store.alerts.steps(cases)
        desks = {office: await self._desk(office) for office in {case.office for case in cases}}
        planned = [
            await self._plan_one(case, done.get(case.id, ()), desks[case.office], now)
            for case in cases
        ]
        return sum(planned)

    async def _desk(self, office: str) -> _Desk:
        staff = self._store.staff
        return _Desk(
            hours=hours_of(await staff.office(office)),
            members=[one.staff for one in await staff.members(office)],
            present=[one.staff for one in await staff.present(office, PRESENT)],
            chats=await self._store.alerts.chats(office),
        )

    async def _plan_one(
        self, case: Case, done: Sequence[StepDone], desk: _Desk, now: datetime
    ) -> bool:
        step = next_step(
            case,
            done,
            now,
            is_open=desk.hours is None or desk.hours.is_open(now),
            protection_there=protection_on_duty(case, desk.present),
        )
        if step is None or not step.is_due(now):
            return False
        circle, staff = first_reached(step.circle, case, desk.members)
        chats = [chat.id for chat in desk.chats if _hears(chat, case, staff)]
        stored = await self._store.alerts.plan(case, step.number, circle, chats, now)
        if stored:
            log.info("staff alerted", extra={"step": step.number, "count": len(chats)})
        return stored

    # Sending

    async def send(self) -> int:
        """Send what is due, to each chat one at a time; returns how many were tried."""
        now = self._clock()
        await self._store.alerts.doubt(now, self._is_first and not self._store.is_shared)
        self._is_first = False
        ready: dict[int, Told] = {}
        for alert in await self._store.alerts.due(now, list(self._carriers)):
            if self._quiet_until.get(alert.chat_id, now) <= now:
                ready.setdefault(alert.chat_id, alert)
        async with asyncio.TaskGroup() as group:
            for alert in ready.values():
                group.create_task(self._send_one(alert, now))
        return len(ready)

    async def _send_one(self, alert: Told, now: datetime) -> None:
        if not await self._store.alerts.take(alert, now):
            return
        self._quiet_until[alert.chat_id] = now + CHAT_PAUSE
        try:
            sent = await self._carriers[alert.carrier].send(alert.address, self._text(alert, now))
        except Exception:
            log.exception("alert failed", extra={"row": alert.id})
            sent = Sent(SendResult.UNCERTAIN, reason="failed here")
        if sent.result is not SendResult.SENT:
            log.warning("alert not delivered", extra={"row": alert.id, "reason": sent.reason})
        await self._settle(alert, sent, now)

    async def _settle(self, alert: Told, sent: Sent, now: datetime) -> None:
        alerts = self._store.alerts
        if sent.result is SendResult.SENT:
            await alerts.sent(alert, sent.platform_ids[0] if sent.platform_ids else "", now)
        elif sent.result is SendResult.RETRY:
            next_at = now + (timedelta(seconds=sent.retry_after_s) if sent.retry_after_s else RETRY)
            self._quiet_until[alert.chat_id] = next_at
            await alerts.not_sent(alert, next_at)
        elif sent.result is SendResult.UNCERTAIN:
            await alerts.unclear(alert, now + RETRY)
        elif sent.reason in GONE:
            await alerts.lose(alert, now)
        else:
            await alerts.failed(alert)

    def _text(self, alert: Told, now: datetime) -> str:
        topic = TOPICS.get(alert.topic, TOPICS["other"])
        goes_first = alert.priority == DANGER or alert.protection
        told = ALERT_FIRST if goes_first else ALERT_WAITS.having(topic=topic)
        text = told.having(
            language=language_name(alert.locale, alert.staff_locale),
            minutes=max(0, (now - alert.waiting_since) // timedelta(minutes=1)),
            number=alert.number,
        )
        return f"{self._render(text, alert.staff_locale)}\n{self._link}".strip()

    # Taking back

    async def withdraw(self) -> int:
        """Take back what is out of date; returns how many were tried."""
        now = self._clock()
        found = await self._store.alerts.stale(now, list(self._carriers))
        for alert in found:
            instead = self._render(ALERT_OVER.having(number=alert.number), alert.staff_locale)
            carrier = self._carriers[alert.carrier]
            if await carrier.withdraw(alert.address, alert.message_id, instead):
                await self._store.alerts.withdrawn(alert)
            else:
                await self._store.alerts.not_withdrawn(alert, now + WITHDRAW_RETRY)
        return len(found)


def _hears(chat: Chat, case: Case, staff: Sequence[Staff]) -> bool:
    """Private chats by whose they are; a group by what may be known in it."""
    if chat.kind is ChatKind.OWN:
        return any(one.id == chat.counsellor for one in staff)
    if case.protection:
        return chat.kind is ChatKind.PROTECTION
    return chat.kind is ChatKind.GROUP and case.reason is not Reason.COMPLAINT
