"""The desk's half of the store: every question the console may ask, and every answer it gives.

Who may do what is decided in one place, `case_access.access`. What is not yours raises
`NoSuchCase` like what is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.messages import Attachment, Choice, Origin, Reply, clean_text
from bot.storage import (
    case_codes,
    case_figures,
    case_moves,
    case_posts,
    case_times,
    case_undo,
    cases,
    desk_habits,
    withdrawals,
)
from bot.storage.case_lines import NO_WAIT
from bot.storage.crypto import KeyRing
from bot.storage.database import Database, Work
from bot.storage.desk_records import (
    Asked,
    Case,
    CaseEvent,
    CodeTrouble,
    FoundCode,
    Notice,
    OfficeCounts,
    Opened,
    Place,
    Staff,
    Told,
    Wait,
    WaitsFor,
    Withdrawn,
)
from bot.storage.media_records import NewFile
from bot.storage.records import Person, Shown

EXPIRE_AFTER = timedelta(days=7)


class DeskStore:
    """Reached as `Store.desk`. Methods raise `StorageUnavailable` when the database is away.

    `notice` renders what the person is told, in their locale; it is stored, and queued for
    delivery, in the same transaction as the change. `fence` is the one of `Case` that the
    page was made from: a write with an older one raises `LostClaim`.
    """

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self._keys = database, keys

    # Reading without text

    async def queue(self, staff: Staff) -> list[Case]:
        """What `staff` may claim now: most urgent first, then who waits longest."""
        return await self._db.read(lambda db: cases.queue(db, staff))

    async def held(self, staff: Staff) -> list[Case]:
        """What `staff` holds, the next promise first."""
        return await self._db.read(lambda db: cases.held(db, staff))

    async def covered(self, staff: Staff) -> list[Case]:
        """What `staff` looks after for absent colleagues."""
        return await self._db.read(lambda db: cases.covered(db, staff))

    async def case(self, staff: Staff, number: str) -> Case:
        return await self._db.read(lambda db: cases.seen(db, staff, number))

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
        """Cases of the own office, newest first. Empty fields match all, others exactly.

        `since` and `until` bound when the person asked. `before`: the last `Case.id` shown.
        """
        wanted = cases.Wanted(number, locale, topic, outcome, since, until, before)
        return await self._db.read(lambda db: cases.search(db, staff, wanted, limit))

    async def history(self, staff: Staff, number: str) -> list[Case]:
        """Earlier cases of the same person, newest first, for who may open this one."""
        return await self._db.read(lambda db: cases.history(db, staff, number))

    async def changes(self, staff: Staff, cursor: int, limit: int = 200) -> list[CaseEvent]:
        """What happened in the own office after the event `cursor`, in order."""
        return await self._db.read(lambda db: cases.changes(db, staff, cursor, limit))

    async def last_change(self, staff: Staff) -> int:
        """The cursor to start from. Take it before reading a list."""
        return await self._db.read(lambda db: cases.last_change(db, staff))

    async def office_overview(self, staff: Staff) -> list[OfficeCounts]:
        """For managers: counts of the own office; the regional office gets all of them."""
        return await self._db.read(lambda db: case_figures.overview(db, staff))

    async def waits(self, staff: Staff, since: datetime, until: datetime) -> list[Wait]:
        """For managers: the cases whose first answer fell between these times."""
        return await self._db.read(
            lambda db: case_figures.waits_for_managers(db, staff, since, until)
        )

    async def asked(self, staff: Staff, since: datetime, until: datetime) -> list[Asked]:
        """For managers: the cases that began between these times, as figures count them."""
        return await self._db.read(lambda db: case_figures.asked(db, staff, since, until))

    async def votes(
        self, staff: Staff, since: datetime, until: datetime
    ) -> list[tuple[str, bool, int]]:
        """For managers: language, whether the answer helped, how many votes."""
        return await self._db.read(lambda db: case_figures.votes(db, staff, since, until))

    # Reading with text

    async def open_case(self, staff: Staff, number: str, login: str = "") -> Opened:
        """The whole case. Leaves an audit row: for one `login` one in ten minutes."""
        return await self._db.write(
            lambda db: cases.open_case(db, self._keys, staff, number, login)
        )

    async def lines(
        self, staff: Staff, number: str, after: int = 0, limit: int = 500
    ) -> list[Shown]:
        """Lines with a number above `after`, for a page that is already open."""
        return await self._db.read(
            lambda db: cases.lines(db, self._keys, staff, number, after, limit)
        )

    async def export(self, staff: Staff, number: str) -> list[Shown]:
        """Everything in the person's conversation, for the data protection role."""
        return await self._db.write(lambda db: cases.export(db, self._keys, staff, number))

    # What counsellors do

    async def claim(self, staff: Staff, number: str, notice: Notice | None = None) -> Case:
        """Raises `AlreadyTaken`. Claiming what one holds already changes nothing."""
        return await self._db.write(
            lambda db: case_moves.claim(db, self._keys, staff, number, notice)
        )

    async def take_over(
        self, staff: Staff, number: str, fence: int, notice: Notice | None = None
    ) -> Case:
        """The cover goes on instead of the holder. Raises `AlreadyTaken`."""
        return await self._db.write(
            lambda db: case_moves.take_over(db, self._keys, staff, number, fence, notice)
        )

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
        wait: timedelta = NO_WAIT,
    ) -> int:
        """The number of the new line; the same `key` twice is one line.

        For `wait` nobody gets it, and `take_back` can undo it.
        `choices` are rendered in the person's locale. Raises `SomethingNewer` when the
        person wrote after line `seen_up_to`, `LostClaim` for an old fence, `ValueError` without
        text or key. A `file` is a line of its own; `place` is a pin beside the text.
        """
        beside = file.attachment if file else Attachment(place=place) if place else None
        said = Reply(clean_text(text), tuple(choices), origin=origin or Origin(), file=beside)
        post = case_posts.Post(number, fence, key)
        return await self._db.write(
            lambda db: case_posts.reply(db, self._keys, staff, post, said, seen_up_to, wait, file)
        )

    async def take_back(self, staff: Staff, number: str, fence: int, seq: int) -> str:
        """What the line said. Raises `TooLate` when the person has it, or may."""
        return await self._db.write(
            lambda db: case_undo.take_back(db, self._keys, staff, number, fence, seq)
        )

    async def send_now(self, staff: Staff, number: str, fence: int, seq: int) -> bool:
        """End the wait of a line. False when there is none."""
        return await self._db.write(lambda db: case_undo.send_now(db, staff, number, fence, seq))

    async def resend(self, staff: Staff, number: str, fence: int, seq: int) -> bool:
        """Send a line again that may not have arrived. False: there is nothing to send again."""
        return await self._db.write(
            lambda db: case_posts.resend(db, self._keys, staff, number, fence, seq)
        )

    async def note(self, staff: Staff, number: str, fence: int, text: str, key: str) -> int:
        """The note's id; the same `key` twice is one note. People never get it."""
        post = case_posts.Post(number, fence, key)
        return await self._db.write(lambda db: case_posts.note(db, self._keys, staff, post, text))

    async def set_wait(
        self,
        staff: Staff,
        number: str,
        fence: int,
        waits_for: WaitsFor,
        due_at: datetime | None = None,
        cover: str = "",
    ) -> Case:
        """What an answered case waits for, until when, and who looks after it meanwhile."""
        wait = case_moves.WaitSet(waits_for, due_at, cover)
        return await self._db.write(lambda db: case_moves.set_wait(db, staff, number, fence, wait))

    async def release(
        self,
        staff: Staff,
        number: str,
        fence: int,
        notice: Notice | None = None,
        seen_up_to: int | None = None,
    ) -> Case:
        """Back to its old place in the queue. Managers may do it for an absent holder."""
        return await self._db.write(
            lambda db: case_moves.release(db, self._keys, staff, number, fence, notice, seen_up_to)
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
        notice: Notice | None = None,
        with_notes: bool = False,
    ) -> Case:
        """Back to the queue for somebody, for a topic, or for another office: exactly one.

        Raises `ConsentNeeded` for another office without the person's yes, and
        `NoSuchColleague`. Another office reads the notes only `with_notes`. Nobody hangs: what
        is meant for one colleague others may claim too.
        """
        target = case_moves.Target(to_counsellor, to_topic, to_office, consented, with_notes)
        return await self._db.write(
            lambda db: case_moves.transfer(db, self._keys, staff, number, fence, target, notice)
        )

    async def close(
        self,
        staff: Staff,
        number: str,
        fence: int,
        outcome: str,
        notice: Notice | None = None,
        seen_up_to: int | None = None,
    ) -> Case:
        """Closing twice changes nothing. Raises `ValueError` without an outcome, and

        `SomethingNewer` when the person wrote after line `seen_up_to`.
        """
        return await self._db.write(
            lambda db: case_moves.close(
                db, self._keys, staff, number, fence, outcome, notice, seen_up_to
            )
        )

    async def heartbeat(self, staff: Staff) -> int:
        """The console of `staff` is open. Returns how many cases that keeps."""
        return await self._db.write(lambda db: case_moves.heartbeat(db, staff))

    async def erase(self, staff: Staff, number: str) -> str:
        """Data protection: everything about this case's person goes.

        Returns their keyed hash. `Store.wipe` empties the write-ahead log afterwards.
        """
        return await self._db.write(lambda db: case_moves.erase(db, staff, number))

    # What time does

    async def return_lost(self, now: datetime, notice: Notice | None = None) -> list[Case]:
        """Claims that were never answered and whose holder is gone: back to their places."""
        await self._db.write(lambda db: case_times.mend_clock(db, now))
        return await self._give_back(lambda db: case_times.lost(db, now), notice)

    async def let_go(self, counsellor: str, notice: Notice | None = None) -> list[Case]:
        """Somebody was disabled: what they hold goes back, answered or not."""
        return await self._give_back(lambda db: case_times.held_by(db, counsellor), notice)

    async def _give_back(
        self, find: Work[tuple[Sequence[int], Any]], notice: Notice | None
    ) -> list[Case]:
        # Each in its own transaction: a claim holds its row before it waits for anything else.
        ids, still = await self._db.read(find)
        given = [
            await self._db.write(
                lambda db, i=case_id: case_times.give_back(db, self._keys, i, still, notice)  # type: ignore[misc]
            )
            for case_id in ids
        ]
        return [case for case in given if case is not None]

    async def expire(
        self, now: datetime, notice: Notice | None = None, age: timedelta = EXPIRE_AFTER
    ) -> list[Case]:
        """Normal cases that lay in the queue for `age` are closed, and the person is told."""
        ids = await self._db.read(lambda db: case_times.stale(db, now, age))
        ended = [
            await self._db.write(
                lambda db, i=case_id: case_times.expire(db, self._keys, i, now, age, notice)  # type: ignore[misc]
            )
            for case_id in ids
        ]
        return [case for case in ended if case is not None]

    # What each counsellor chose last

    async def waits_to_send(self, staff: Staff) -> bool:
        return await self._db.read(lambda db: desk_habits.waits_to_send(db, staff))

    async def set_waits_to_send(self, staff: Staff, waits: bool) -> None:
        await self._db.write(lambda db: desk_habits.set_waits_to_send(db, staff, waits))

    # Facts that are wrong

    async def withdraw(self, staff: Staff, name: str, why: str) -> bool:
        """Nobody is told this fact or row any more. False: it is withdrawn already."""
        return await self._db.write(lambda db: withdrawals.withdraw(db, staff, name, why))

    async def restore(self, staff: Staff, name: str) -> bool:
        return await self._db.write(lambda db: withdrawals.restore(db, staff, name))

    async def withdrawn(self) -> list[Withdrawn]:
        return await self._db.read(withdrawals.read)

    async def told(self, staff: Staff, names: Collection[str]) -> list[Told]:
        """Open cases in which one of these names was told lately: what `staff` holds, and for a
        manager those of the office."""
        return await self._db.read(lambda db: withdrawals.told(db, staff, names))

    # For the service itself: no `staff`, so never for a page

    async def person_of(self, case: Case) -> str:
        """The keyed hash of whose case it is, to wake who waits for news; may be empty."""
        return await self._db.read(lambda db: cases.person_of(db, case))

    async def waiting(self, office: str = "") -> list[Case]:
        """Every waiting case, of one office or of all, in the order of the queue."""
        return await self._db.read(lambda db: case_figures.waiting(db, office))

    async def ahead(self, case: Case) -> int:
        """How many cases come before this one in its office's queue."""
        return await self._db.read(lambda db: case_figures.ahead(db, case))

    async def recent_waits(self, office: str, priority: int, since: datetime) -> list[Wait]:
        """First answers an office gave since then: what an honest expectation is made of."""
        return await self._db.read(
            lambda db: case_figures.recent_waits(db, office, priority, since)
        )

    async def find_code(self, person: Person, code: str) -> FoundCode | CodeTrouble:
        return await self._db.read(lambda db: case_codes.find_code(db, self._keys, person, code))

    async def place_of(self, case: Case) -> Place | None:
        """Where the case's person is reached now; None when nowhere."""
        return await self._db.read(lambda db: cases.place_of(db, self._keys, case))
