"""What somebody who waits is told about how long it takes. Only what is known to be true."""

from __future__ import annotations

import math
import statistics
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.handoff.hours import HoursProblem, OfficeHours
from bot.handoff.routing import can_take
from bot.i18n import Moment
from bot.messages import N_, NP_, Text
from bot.storage import Store
from bot.storage.desk_records import DANGER, NORMAL, Case, Wait, WaitsFor
from bot.storage.staff_records import Office

RECENT = timedelta(days=14)
ENOUGH = 5  # fewer first answers than this say nothing about the next one
PRESENT = timedelta(seconds=90)  # a console heard of within this time has somebody before it

QUEUE_PLACE = N_("queue_place", "Your place in the queue: {place}. Urgent questions go first.")
QUEUE_USUAL = NP_(
    "queue_usual",
    "In the last two weeks, the first answer usually came after about {n} minute.",
    "In the last two weeks, the first answer usually came after about {n} minutes.",
)
QUEUE_USUAL_HOURS = NP_(
    "queue_usual_hours",
    "In the last two weeks, the first answer usually came after about {n} hour.",
    "In the last two weeks, the first answer usually came after about {n} hours.",
)
QUEUE_SLOW = N_("queue_slow", "This takes longer than usual.")
QUEUE_NOBODY = N_(
    "queue_nobody", "The office is open, but no counsellor is signed in at this moment."
)
QUEUE_BUSY = NP_(
    "queue_busy",
    "{n} counsellor is here and is helping somebody else now.",
    "{n} counsellors are here, and all of them are helping somebody else now.",
)
QUEUE_STAYS = N_(
    "queue_stays",
    "Your question stays in the queue. You do not have to wait here: when a counsellor"
    " answers, you find it in this chat.",
)
# {opens} and {closes} are a weekday, a date and a time.
HOURS_CLOSED = N_(
    "hours_closed", "The office is closed now. It opens: {opens} (the time at the office)."
)
HOURS_DAY_OFF = N_("hours_day_off", "Today is a public day off in the country of the office.")
HOURS_CLOSING = N_(
    "hours_closing",
    "The office closes: {closes}. If no answer comes before that, it opens again: {opens}.",
)
HOURS_UNKNOWN = N_("hours_unknown", "I cannot say when a counsellor will be here.")
HOURS_EMERGENCY = N_("hours_emergency", "In danger, do not wait for us. Call 112.")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known about one wait at one moment."""

    hours: OfficeHours | None  # None: nobody told us, or it cannot be read
    ahead: int = 0  # waiting cases that come before this one
    signed_in: int = 0  # counsellors at the desk who may take it
    free: int = 0  # those of them who are not helping somebody
    recent: tuple[timedelta, ...] = ()  # opening time until first answers, of `RECENT`
    priority: int = NORMAL
    waiting_since: datetime | None = None  # None: only now asking


def expectation(outlook: Outlook, now: datetime) -> tuple[Text, ...]:
    """Whole sentences, in the order in which to say them."""
    hours = outlook.hours
    if hours is not None and hours.is_open(now):
        found = [*_open(outlook, hours, now)]
    else:
        found = [*_closed(hours, now)]
    if outlook.priority == DANGER:
        found = [HOURS_EMERGENCY, *(text for text in found if text is not HOURS_EMERGENCY)]
    return tuple(found)


def _closed(hours: OfficeHours | None, now: datetime) -> Iterator[Text]:
    opens = hours.opens_next(now) if hours is not None else None
    if hours is not None and hours.is_day_off(now):
        yield HOURS_DAY_OFF
    yield HOURS_CLOSED.having(opens=Moment(opens)) if opens else HOURS_UNKNOWN
    yield HOURS_EMERGENCY
    yield QUEUE_STAYS


def _open(outlook: Outlook, hours: OfficeHours, now: datetime) -> Iterator[Text]:
    usual = usual_wait(outlook.recent)
    waited = hours.open_time(outlook.waiting_since or now, now)
    is_slow = usual is not None and waited > usual
    closing = _closing(hours, now, usual if outlook.signed_in else None)
    if not outlook.signed_in:
        yield QUEUE_NOBODY
    elif not outlook.free:
        yield QUEUE_BUSY.having(n=outlook.signed_in)
    yield QUEUE_PLACE.having(place=outlook.ahead + 1)
    if is_slow:
        yield QUEUE_SLOW
    elif usual is not None and outlook.signed_in:
        yield _usual(usual)
    if closing is not None:
        yield closing
    if not outlook.signed_in:
        yield HOURS_EMERGENCY
    if is_slow or closing is not None or not outlook.free:
        yield QUEUE_STAYS


def usual_wait(recent: Sequence[timedelta]) -> timedelta | None:
    """The middle of what was measured, rounded up; None when too little was measured."""
    if len(recent) < ENOUGH:
        return None
    middle = statistics.median(wait / timedelta(minutes=1) for wait in recent)
    minutes = max(1, math.ceil(middle))
    step = 1 if minutes <= 10 else 5 if minutes <= 90 else 60
    return timedelta(minutes=math.ceil(minutes / step) * step)


def _usual(usual: timedelta) -> Text:
    minutes = usual // timedelta(minutes=1)
    if minutes > 90:
        return QUEUE_USUAL_HOURS.having(n=minutes // 60)
    return QUEUE_USUAL.having(n=minutes)


def _closing(hours: OfficeHours, now: datetime, usual: timedelta | None) -> Text | None:
    """Said when the usual wait, or half an hour while none is known, reaches past closing."""
    closes = hours.closes_next(now)
    if closes is None or now + (usual or timedelta(minutes=30)) < closes:
        return None
    opens = hours.opens_next(closes)
    if opens is None:
        return None
    return HOURS_CLOSING.having(closes=Moment(closes), opens=Moment(opens))


# Looking at the desk


def hours_of(office: Office | None) -> OfficeHours | None:
    """None when there is no such office, or its hours cannot be read."""
    if office is None:
        return None
    try:
        return OfficeHours.parse(office.hours, office.time_zone, office.country, office.closed)
    except HoursProblem:
        return None


async def is_open(store: Store, office: str, now: datetime) -> bool:
    """Whether an office is open now; one whose hours are not known is not."""
    hours = hours_of(await store.staff.office(office))
    return hours is not None and hours.is_open(now)


def open_now(store: Store) -> Callable[[str], Awaitable[bool]]:
    """Whether an office is open at the moment of asking."""

    async def ask(office: str) -> bool:
        return await is_open(store, office, datetime.now(UTC))

    return ask


async def tell(store: Store, case: Case, now: datetime) -> tuple[Text, ...]:
    """What is true about the wait of a case, stored or about to be."""
    return expectation(await look(store, case, now), now)


async def look(store: Store, case: Case, now: datetime) -> Outlook:
    """What is true for a case now. One that is not stored yet has the id 0."""
    hours = hours_of(await store.staff.office(case.office))
    waits = await store.desk.recent_waits(case.office, case.priority, now - RECENT)
    there = await store.staff.present(case.office, PRESENT)
    able = [one.staff for one in there if can_take(one.staff, case)]
    busy = [any(map(_keeps_busy, await store.desk.held(staff))) for staff in able]
    return Outlook(
        hours=hours,
        ahead=await store.desk.ahead(case),
        signed_in=len(able),
        free=busy.count(False),
        recent=_measured(hours, waits),
        priority=case.priority,
        waiting_since=case.waiting_since if case.id else None,
    )


def _keeps_busy(case: Case) -> bool:
    return case.waits_for in (WaitsFor.NOTHING, WaitsFor.OFFICE)


def _measured(hours: OfficeHours | None, waits: Iterable[Wait]) -> tuple[timedelta, ...]:
    """Nights do not count."""
    if hours is None:
        return ()
    return tuple(hours.open_time(wait.requested_at, wait.first_answer_at) for wait in waits)
