"""Everything a counsellor does: the same verbs as `DeskStore`, with words and wake-ups.

Each change is one transaction of the store's. Afterwards the person's page, delivery and
the consoles of the office are woken; all of them would find out by themselves a moment later.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.handoff import words
from bot.handoff.presence import Presence
from bot.handoff.withdrawals import Withdrawals
from bot.i18n import render
from bot.knowledge import Knowledge
from bot.messages import Choice, Lane, Origin, Reply, Text
from bot.news import News
from bot.storage import (
    EXPIRE_AFTER,
    Asked,
    Case,
    CaseEvent,
    NewFile,
    NoSuchCase,
    Notice,
    OfficeCounts,
    Opened,
    Shown,
    Staff,
    Store,
    Wait,
    WaitsFor,
)

UNDO_WITHIN = timedelta(seconds=5)
NO_WAIT = timedelta(0)
NO_CHANNELS: Mapping[str, object] = {}
LOOK_AGAIN_S = 1.0  # for what another process changed, or nobody told of
KEEP_ALIVE_S = 15.0


def news_key(office: str) -> str:
    """Under which `News` wakes the consoles of one office."""
    return f"desk:{office}"


class Desk:
    """What the console calls. Raises what `DeskStore` raises."""

    def __init__(
        self,
        store: Store,
        knowledge: Knowledge,
        news: News,
        wake_delivery: Callable[[], None] = lambda: None,
        channels: Mapping[str, object] = NO_CHANNELS,
    ) -> None:
        self._store, self._knowledge = store, knowledge
        self._news, self._wake_delivery = news, wake_delivery
        self.withdrawals = Withdrawals(store, knowledge)
        self.presence = Presence(store, news, channels)

    # Looking

    async def queue(self, staff: Staff) -> list[Case]:
        return await self._store.desk.queue(staff)

    async def held(self, staff: Staff) -> list[Case]:
        return await self._store.desk.held(staff)

    async def covered(self, staff: Staff) -> list[Case]:
        return await self._store.desk.covered(staff)

    async def case(self, staff: Staff, number: str) -> Case:
        return await self._store.desk.case(staff, number)

    async def search(
        self,
        staff: Staff,
        number: str = "",
        locale: str = "",
        topic: str = "",
        outcome: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        before: int = 0,
    ) -> list[Case]:
        return await self._store.desk.search(
            staff, number, locale, topic, outcome, since, until, limit, before
        )

    async def history(self, staff: Staff, number: str) -> list[Case]:
        return await self._store.desk.history(staff, number)

    async def office_overview(self, staff: Staff) -> list[OfficeCounts]:
        return await self._store.desk.office_overview(staff)

    async def asked(self, staff: Staff, since: datetime, until: datetime) -> list[Asked]:
        return await self._store.desk.asked(staff, since, until)

    async def votes(
        self, staff: Staff, since: datetime, until: datetime
    ) -> list[tuple[str, bool, int]]:
        return await self._store.desk.votes(staff, since, until)

    async def waits(self, staff: Staff, since: datetime, until: datetime) -> list[Wait]:
        return await self._store.desk.waits(staff, since, until)

    async def open(self, staff: Staff, number: str, login: str = "") -> Opened:
        return await self._store.desk.open_case(staff, number, login)

    async def lines(self, staff: Staff, number: str, after: int = 0) -> list[Shown]:
        return await self._store.desk.lines(staff, number, after)

    async def export(self, staff: Staff, number: str) -> list[Shown]:
        return await self._store.desk.export(staff, number)

    # Doing

    async def claim(self, staff: Staff, number: str) -> Case:
        joined = self._notice(words.JOINED.having(name=staff.shown_as))
        return await self._changed(await self._store.desk.claim(staff, number, joined))

    async def take_over(self, staff: Staff, number: str, fence: int) -> Case:
        joined = self._notice(words.JOINED.having(name=staff.shown_as))
        return await self._changed(await self._store.desk.take_over(staff, number, fence, joined))

    async def reply(
        self,
        staff: Staff,
        number: str,
        fence: int,
        text: str,
        seen_up_to: int,
        key: str,
        choices: Sequence[Choice] = (),
        origin: Origin | None = None,
        file: NewFile | None = None,
        place: str = "",
        wait: bool = False,
    ) -> int:
        """`wait`: nobody gets it for `UNDO_WITHIN`, and `take_back` can undo it."""
        time = UNDO_WITHIN if wait else NO_WAIT
        seq = await self._store.desk.reply(
            staff, number, fence, text, seen_up_to, key, choices, origin, file, place, time
        )
        await self._touched(staff, number)
        if wait:
            await self._tell_later(UNDO_WITHIN, staff, number)
        return seq

    async def take_back(self, staff: Staff, number: str, fence: int, seq: int) -> str:
        """What the line said. Raises `TooLate`."""
        said = await self._store.desk.take_back(staff, number, fence, seq)
        await self._touched(staff, number)
        return said

    async def send_now(self, staff: Staff, number: str, fence: int, seq: int) -> bool:
        sent = await self._store.desk.send_now(staff, number, fence, seq)
        await self._touched(staff, number)
        return sent

    async def resend(self, staff: Staff, number: str, fence: int, seq: int) -> bool:
        again = await self._store.desk.resend(staff, number, fence, seq)
        await self._touched(staff, number)
        return again

    async def note(self, staff: Staff, number: str, fence: int, text: str, key: str) -> int:
        note = await self._store.desk.note(staff, number, fence, text, key)
        self._news.tell(news_key(staff.office))
        return note

    async def set_wait(
        self,
        staff: Staff,
        number: str,
        fence: int,
        waits_for: WaitsFor,
        due_at: datetime | None = None,
        cover: str = "",
    ) -> Case:
        case = await self._store.desk.set_wait(staff, number, fence, waits_for, due_at, cover)
        self._news.tell(news_key(case.office))
        return case

    async def release(
        self, staff: Staff, number: str, fence: int, seen_up_to: int | None = None
    ) -> Case:
        left = self._notice(words.LEFT)
        return await self._changed(
            await self._store.desk.release(staff, number, fence, left, seen_up_to)
        )

    async def transfer(
        self,
        staff: Staff,
        number: str,
        fence: int,
        to_counsellor: str = "",
        to_topic: str = "",
        to_office: str = "",
        consented: bool = False,
        office_name: str = "",
        with_notes: bool = False,
    ) -> Case:
        """`office_name`: what the person reads when another office gets the case."""
        told = words.PASSED_ON
        if to_office:
            told = words.PASSED_TO_OFFICE.having(office=office_name or to_office, number=number)
        case = await self._store.desk.transfer(
            staff,
            number,
            fence,
            to_counsellor,
            to_topic,
            to_office,
            consented,
            self._notice(told),
            with_notes,
        )
        self._news.tell(news_key(staff.office))
        return await self._changed(case)

    async def close(
        self, staff: Staff, number: str, fence: int, outcome: str, seen_up_to: int | None = None
    ) -> Case:
        closed = self._notice(words.CLOSED.having(number=number), words.BOT_BACK)
        return await self._changed(
            await self._store.desk.close(staff, number, fence, outcome, closed, seen_up_to)
        )

    async def heartbeat(self, staff: Staff) -> None:
        await self._store.desk.heartbeat(staff)

    async def erase(self, staff: Staff, number: str) -> None:
        """Data protection: everything about this case's person goes, also from the log."""
        person = await self._store.desk.erase(staff, number)
        await self._store.wipe()
        self._news.tell(person)
        self._news.tell(news_key(staff.office))

    # Time

    async def tend(self, now: datetime) -> None:
        """Give back what lost its holder, and end what nobody takes. A timer calls this."""
        lost = await self._store.desk.return_lost(now, self._notice(words.LOST))
        told = self._notice(words.EXPIRED.having(n=EXPIRE_AFTER.days))
        for case in lost + await self._store.desk.expire(now, told):
            await self._changed(case)

    async def let_go(self, counsellor: str) -> None:
        """Somebody was disabled: what they hold goes back to the queue."""
        for case in await self._store.desk.let_go(counsellor, self._notice(words.LEFT)):
            await self._changed(case)

    # Waking and waiting

    def heard_from(self, case: Case | None) -> None:
        """A turn was taken by somebody who has this case: their line is for a screen."""
        if case is not None:
            self._news.tell(news_key(case.office))

    @contextlib.contextmanager
    def listening(self, staff: Staff) -> Iterator[asyncio.Event]:
        """An event that is set at the next change in the office; read after entering."""
        with self._news.listening(news_key(staff.office)) as event:
            yield event

    async def listen(self, staff: Staff, cursor: int) -> AsyncIterator[list[CaseEvent]]:
        """What happens in the office after `cursor`, as it happens.

        Gives an empty list every `KEEP_ALIVE_S`, so that a stream can say it is alive and
        check the login again. Take `cursor` from `Store.desk.last_change` before reading
        what is shown; it then misses nothing.
        """
        loop = asyncio.get_running_loop()
        with self.listening(staff) as event:
            alive_at = loop.time() + KEEP_ALIVE_S
            while True:
                event.clear()
                found = await self._store.desk.changes(staff, cursor)
                if found:
                    cursor = found[-1].id
                if found or loop.time() >= alive_at:
                    alive_at = loop.time() + KEEP_ALIVE_S
                    yield found
                    continue
                pause_s = min(LOOK_AGAIN_S, max(0.0, alive_at - loop.time()))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await event.wait()

    async def _tell_later(self, wait: timedelta, staff: Staff, number: str) -> None:
        """Who waits hears when the line becomes theirs; after a restart they look by themselves."""
        with contextlib.suppress(NoSuchCase):
            case = await self._store.desk.case(staff, number)
            person = await self._store.desk.person_of(case)
            loop, soon = asyncio.get_running_loop(), wait.total_seconds() + 0.05
            loop.call_later(soon, self._wake, person, case.office)

    def _wake(self, person: str, office: str) -> None:
        self._news.tell(person)
        self._news.tell(news_key(office))
        self._wake_delivery()

    def _notice(self, *texts: Text) -> Notice:
        """Rendered when the person's locale is known: inside the transaction."""
        snapshot = self._knowledge.snapshot

        def render_it(locale: str) -> Reply:
            said = [render(text, locale, snapshot.catalogues) for text in texts]
            origin = Origin("interface", texts[0].key, locale, (), snapshot.id)
            return Reply("\n\n".join(said), lane=Lane.COUNSELLOR, origin=origin)

        return render_it

    async def _touched(self, staff: Staff, number: str) -> None:
        # It is stored by now, whatever became of the case in between.
        with contextlib.suppress(NoSuchCase):
            await self._changed(await self._store.desk.case(staff, number))

    async def _changed(self, case: Case) -> Case:
        self._wake(await self._store.desk.person_of(case), case.office)
        return case
