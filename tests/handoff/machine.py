"""Anything may happen at the desk in any order, and two people go on writing meanwhile.

A step that succeeds has exactly its effect; a step that is refused has none. After each one
the books are compared: what each person can read, in which state each case is, and that
every change of a case left an event.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import text

from bot.messages import Reply
from bot.storage import (
    DANGER,
    NORMAL,
    URGENT,
    AlreadyTaken,
    Arrival,
    CancelCase,
    CaseState,
    CodeTrouble,
    IntakeAnswer,
    LostClaim,
    NewCode,
    NoSuchCase,
    NoSuchColleague,
    OpenCase,
    Outcome,
    PutAside,
    Reason,
    Shown,
    SomethingNewer,
    Staff,
    Store,
    TooLate,
    TurnConflict,
    UseCode,
    WaitsFor,
)
from tests import invariants
from tests.handoff.cast import Cast, deliver_all, told
from tests.people import says

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
REFUSED = (NoSuchCase, LostClaim, AlreadyTaken, SomethingNewer, NoSuchColleague, TooLate)
PEOPLE = {"amina": ("telegram", "1"), "oleh": ("web", "")}
EVERYBODY = ("petra", "jonas", "ioana", "mara", "anna")
HOLDER = "the holder"  # whoever has the case, or had it last; so that much of it works
WHO = st.sampled_from([HOLDER] * 5 + list(EVERYBODY))
PERSON = st.sampled_from(sorted(PEOPLE))

# Written by hand, and not read from the table that the code uses.
LEGAL = {
    "turn": {("", "waiting"), ("closed", "waiting"), ("claimed", "waiting"), ("waiting", "closed")},
    "claim": {("waiting", "claimed")},
    "take_over": set(),
    "reply": set(),
    "note": set(),
    "set_wait": set(),
    "undo": set(),
    "phone": set(),
    "heartbeat": set(),
    "release": {("claimed", "waiting")},
    "transfer": {("claimed", "waiting")},
    "close": {("claimed", "closed")},
    "erase": {("waiting", "closed"), ("claimed", "closed")},
    "time": {("claimed", "waiting"), ("waiting", "closed")},
}


@dataclass(frozen=True)
class Row:
    """One case as the database has it."""

    id: int
    number: str
    state: str
    holder: str
    fence: int
    outcome: str
    conversation_id: str
    priority: int
    events: int


@dataclass
class Lent:
    """A chat that waits for its code, while somebody else uses the phone."""

    code: str
    conversation_id: str
    unread: list[str]  # what goes out when its person is back


_ROWS = text(
    "SELECT h.id, h.number, h.state, coalesce(h.holder, ''), h.fence, h.outcome,"
    " coalesce(h.conversation_id, ''), h.priority,"
    " (SELECT count(*) FROM handoff_event e WHERE e.handoff_id = h.id)"
    " FROM handoff h ORDER BY h.id"
)
_CASE_OF = text(
    "SELECT h.number FROM handoff h JOIN conversation c ON c.id = h.conversation_id"
    " JOIN contact p ON p.id = c.contact_id WHERE p.person_hash = :person"
    " ORDER BY h.id DESC LIMIT 1"
)


_CONVERSATION = text(
    "SELECT c.id FROM conversation c JOIN contact p ON p.id = c.contact_id"
    " WHERE p.person_hash = :person"
)


class DeskMachine(RuleBasedStateMachine):
    """`open_fresh` gives an empty store with the staff in it; set by `machine_on`."""

    open_fresh: Callable[[], Awaitable[tuple[Store, Cast]]]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = time_machine.travel(START, tick=False)
        self.now = self.clock.start()
        self.words = (f"words {number}" for number in itertools.count(1))
        self.books: dict[str, list[tuple[str, str]]] = {person: [] for person in PEOPLE}
        self.to_deliver: dict[str, list[str]] = {person: [] for person in PEOPLE}
        self.delivered: list[str] = []
        self.hushed: set[str] = set()  # what the bot had not sent when a person took over
        self.forgotten: set[str] = set()  # who has not written since: delivered means gone
        self.posts: list[tuple[str, tuple[Any, ...], int]] = []
        self.codes = (f"05{number:08d}" for number in itertools.count(1))
        self.lent: dict[str, Lent] = {}  # who lent their phone to somebody else

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        self.store, self.cast = self.run(type(self).open_fresh())
        self.rows: dict[int, Row] = {}

    def teardown(self) -> None:
        try:
            if hasattr(self, "store"):
                self.run(self._settle_accounts())
        finally:
            self.clock.stop()
            self.loop.close()

    async def _settle_accounts(self) -> None:
        """In the end everything that was said to Amina has arrived, once."""
        try:
            self.delivered += await deliver_all(self.store)
            counted = [words for words in self.delivered if words in self.to_deliver["amina"]]
            assert counted == self.to_deliver["amina"]
            assert len(set(self.delivered)) == len(self.delivered)
            assert self.hushed.isdisjoint(self.delivered)
            await invariants.check(self.store)
        finally:
            await self.store.close()

    # Steps

    @rule(person=PERSON)
    def writes(self, person: str) -> None:
        self._turn(person)

    @rule(
        person=PERSON,
        reason=st.sampled_from(list(Reason)),
        priority=st.sampled_from([DANGER, URGENT, NORMAL]),
        office=st.sampled_from(["ro", "hu"]),
        protection=st.booleans(),
    )
    def asks(
        self, person: str, reason: Reason, priority: int, office: str, protection: bool
    ) -> None:
        self._turn(person, OpenCase(reason, priority, office, protection=protection))

    @rule(person=PERSON)
    def asks_plainly(self, person: str) -> None:
        self._turn(person, OpenCase(Reason.ASKED, NORMAL, "ro"))

    @rule(person=PERSON, change=st.sampled_from([CancelCase(), IntakeAnswer("safe", "no")]))
    def changes_the_request(self, person: str, change: Any) -> None:
        self._turn(person, change)

    @rule(person=PERSON)
    def forgets(self, person: str) -> None:
        self._turn(person, erase=True)

    @rule(person=PERSON, who=WHO)
    def writes_while_somebody_claims(self, person: str, who: str) -> None:
        self._turn(person, meanwhile=lambda: self._claim(who, person))

    @rule(person=PERSON, who=WHO)
    def claims(self, person: str, who: str) -> None:
        self.run(self._claim(who, person))

    @rule(person=PERSON)
    def all_claim_at_once(self, person: str) -> None:
        self.run(self._race(person))

    @rule(person=PERSON, who=WHO, seen=st.sampled_from(["all", "none"]), stale=st.booleans())
    def replies(self, person: str, who: str, seen: str, stale: bool) -> None:
        self.run(self._reply(who, person, seen == "all", stale))

    @rule(
        person=PERSON,
        who=WHO,
        meanwhile=st.sampled_from(["nothing", "writes", "close", "release"]),
        then=st.sampled_from(["undo", "undo", "send_now", "wait"]),
    )
    def has_second_thoughts(self, person: str, who: str, meanwhile: str, then: str) -> None:
        self.run(self._second_thoughts(person, who, meanwhile, then))

    @rule(person=PERSON)
    def goes_on_elsewhere(self, person: str) -> None:
        self.run(self._go_on_elsewhere(person))

    @rule(person=PERSON)
    def lends_the_phone(self, person: str) -> None:
        self.run(self._lend(person))

    @rule(person=PERSON)
    def has_the_phone_back(self, person: str) -> None:
        self.run(self._come_back(person))

    @rule(pick=st.integers(0, 3))
    def sends_a_form_again(self, pick: int) -> None:
        self.run(self._again(pick))

    @rule(
        person=PERSON,
        who=WHO,
        deed=st.sampled_from(["release", "close", "note", "set_wait", "take_over"]),
    )
    def does(self, person: str, who: str, deed: str) -> None:
        self.run(self._deed(who, person, deed))

    @rule(
        person=PERSON,
        who=WHO,
        to=st.sampled_from(["topic", "hu", "ro", "petra", "jonas", "ioana", "mara"]),
    )
    def passes_on(self, person: str, who: str, to: str) -> None:
        self.run(self._transfer(who, person, to))

    @rule(
        seconds=st.sampled_from([20, 91, 3600, 4 * 86400]),
        beats=st.sets(st.sampled_from(EVERYBODY)),
    )
    def time_passes(self, seconds: int, beats: set[str]) -> None:
        self.now.shift(timedelta(seconds=seconds))
        self.run(self._tend(beats))

    @rule()
    def is_delivered(self) -> None:
        self.delivered += self.run(deliver_all(self.store))
        if "amina" in self.forgotten:
            self.books["amina"] = []

    @invariant()
    def books_agree(self) -> None:
        if hasattr(self, "store"):
            self.run(self._compare_books())

    # How each is done, and what it must have changed

    def _turn(
        self,
        person: str,
        change: Any = None,
        erase: bool = False,
        meanwhile: Callable[[], Coroutine[Any, Any, bool]] | None = None,
    ) -> None:
        self.run(self._take_turn(person, change, erase, meanwhile))

    async def _take_turn(
        self,
        person: str,
        change: Any,
        erase: bool,
        meanwhile: Any,
        code: Any = None,
        move: Any = None,
    ) -> None:
        channel, bot = PEOPLE[person]
        said = next(self.words)
        arrived = says(said, person, channel=channel, bot=bot)
        receipt = (await self.store.accept([Arrival(arrived)]))[0]
        pending = await self.store.next_pending(receipt.person_hash)
        assert pending is not None
        before = await self.store.load(pending)
        claimed_now = await meanwhile() if meanwhile else False
        answer = f"answer to {said}"
        for _ in range(2):
            is_held = before.case is not None and before.case.state is CaseState.CLAIMED
            replies = () if is_held and not erase else (Reply(answer),)
            after = replace(before, consent="yes", locale="uk")
            push = channel == "telegram"
            outcome = Outcome(
                after, replies, push=push, erase=erase, case=change, code=code, move=move
            )
            try:
                await self.store.finish(pending, before, outcome)
                break
            except TurnConflict:
                assert claimed_now
                before = await self.store.load(pending)
                assert before.case is not None and before.case.state is CaseState.CLAIMED
        lines = [("bot", reply.text) for reply in replies]
        if erase:
            self.books[person], self.to_deliver[person] = lines, []
            self.forgotten.add(person)
        else:
            self.forgotten.discard(person)
            self.books[person] += [("person", said), *lines]
        await self._moved("erase" if erase else "turn")

    async def _claim(self, who: str, person: str) -> bool:
        """True when somebody new has the case."""
        number, row = await self._case_of(person)
        staff = self._staff(who, row)
        notice = f"{who} joined {next(self.words)}"
        try:
            await self.store.desk.claim(staff, number, told(notice))
        except REFUSED:
            await self._moved("nothing")
            return False
        assert row is not None
        if row.state == "claimed":
            assert row.holder == staff.id
            await self._moved("nothing")
            return False
        self._joined(person, f"{notice} (uk)")
        await self._moved("claim")
        return True

    async def _race(self, person: str) -> None:
        number, row = await self._case_of(person)
        staff = [self._staff(who) for who in EVERYBODY]
        words = [f"{each.name} joined {next(self.words)}" for each in staff]
        results = await asyncio.gather(
            *(
                self.store.desk.claim(each, number, told(notice))
                for each, notice in zip(staff, words, strict=True)
            ),
            return_exceptions=True,
        )
        assert all(not isinstance(r, Exception) or isinstance(r, REFUSED) for r in results)
        winners = [n for n, result in enumerate(results) if not isinstance(result, BaseException)]
        assert len(winners) <= 1
        if winners and row is not None and row.state == "waiting":
            self._joined(person, f"{words[winners[0]]} (uk)")
        await self._moved("claim")

    async def _reply(self, who: str, person: str, seen_all: bool, stale: bool) -> None:
        number, row = await self._case_of(person)
        said = f"{who}: {next(self.words)}"
        fence = (row.fence if row else 0) - stale
        seen = 10_000 if seen_all else 0
        form = (self._staff(who, row), number, fence, said, seen, f"key {said}")
        try:
            seq = await self.store.desk.reply(*form)
        except REFUSED:
            await self._moved("nothing")
            return
        assert row is not None and not stale and row.holder == form[0].id
        self.posts.append((person, form, seq))
        self._note_down(person, "counsellor", said)
        await self._moved("reply")

    async def _second_thoughts(self, person: str, who: str, meanwhile: str, then: str) -> None:
        """A reply that waits, something that happens, and then it is taken back or not."""
        number, row = await self._case_of(person)
        staff, fence, said = self._staff(who, row), row.fence if row else 0, next(self.words)
        desk, wait = self.store.desk, timedelta(seconds=5)
        try:
            seq = await desk.reply(staff, number, fence, said, 10_000, f"key {said}", wait=wait)
        except REFUSED:
            await self._moved("nothing")
            return
        self._note_down(person, "counsellor", said)
        await self._moved("reply")
        assert said not in [line.text for line in await self._lines(person)]
        if meanwhile == "writes":
            await self._take_turn(person, None, False, None)
        elif meanwhile != "nothing":
            await self._deed(who, person, meanwhile)
        if then == "undo":
            await self._undo(person, staff, (number, fence, seq), said, meanwhile)
        elif then == "send_now":
            with suppress(*REFUSED):
                assert await desk.send_now(staff, number, fence, seq)
            await self._moved("undo")
        self.now.shift(timedelta(seconds=6))

    async def _undo(
        self, person: str, staff: Staff, form: tuple[str, int, int], said: str, meanwhile: str
    ) -> None:
        try:
            assert await self.store.desk.take_back(staff, *form) == said
        except REFUSED:
            assert meanwhile in ("close", "release")
            await self._moved("nothing")
            return
        self.books[person].remove(("counsellor", said))
        self.to_deliver[person].remove(said)
        await self._moved("undo")

    # Phones

    async def _go_on_elsewhere(self, source: str) -> None:
        """With a code, at the other one's place; what is open there would have to wait, so not."""
        target = "oleh" if source == "amina" else "amina"
        _, row = await self._case_of(source)
        _, other = await self._case_of(target)
        if row is None or row.state == "closed" or (other is not None and other.state != "closed"):
            return
        await self._deliver()
        code = next(self.codes)
        await self._take_turn(source, None, False, None, code=NewCode(code, timedelta(hours=1)))
        unread = self._undelivered() if source == "amina" else []
        gone = f"went on {code}"
        self.books[target] = [("bot", words) for words in unread]
        self.to_deliver["amina"] = [w for w in self.to_deliver["amina"] if w not in unread]
        await self._take_turn(target, None, False, None, move=UseCode(code, told(gone)))
        self.books[source] = [("notice", f"{gone} (uk)")]
        if source == "amina":
            self.to_deliver[source].append(f"{gone} (uk)")
        self.forgotten.discard(source)
        await self._moved("phone")
        assert await self._tries(source, code) is CodeTrouble.WRONG

    async def _lend(self, person: str) -> None:
        hashed = self.store.person_hash(*PEOPLE[person], person)
        if person in self.lent or not await self.store.transcript(hashed):
            return
        await self._deliver()
        code = next(self.codes)
        await self._take_turn(person, None, False, None, code=NewCode(code, timedelta(days=30)))
        conversation = await self._conversation_of(person)
        unread = self._undelivered() if person == "amina" else []
        self.lent[person] = Lent(code, conversation, unread)
        self.to_deliver[person] = [w for w in self.to_deliver[person] if w not in unread]
        self.books[person] = []
        await self._take_turn(person, None, False, None, move=PutAside())
        self.forgotten.discard(person)

    async def _come_back(self, person: str) -> None:
        _, row = await self._case_of(person)
        if person not in self.lent or (row is not None and row.state != "closed"):
            return
        lent = self.lent.pop(person)
        if await self._tries(person, lent.code) is CodeTrouble.WRONG:
            return  # too long ago
        await self._deliver()
        self.books[person] = []
        self.to_deliver[person] += lent.unread
        use = UseCode(lent.code, told("nobody hears this"))
        await self._take_turn(person, None, False, None, move=use)
        self.forgotten.discard(person)

    async def _tries(self, person: str, code: str) -> Any:
        await self.store.accept([Arrival(says("a look", person, channel="terminal", bot=""))])
        pending = await self.store.next_pending(self.store.person_hash("terminal", "", person))
        assert pending is not None
        looking = await self.store.load(pending)
        await self.store.set_aside(pending.inbox_id)
        return await self.store.desk.find_code(looking, code)

    async def _conversation_of(self, person: str) -> str:
        wanted = {"person": self.store.person_hash(*PEOPLE[person], person)}
        found = await self.store._db.read(lambda db: db.scalar(_CONVERSATION, wanted))
        return str(found)

    async def _deliver(self) -> None:
        self.delivered += await deliver_all(self.store)
        if "amina" in self.forgotten:
            self.books["amina"] = []

    def _undelivered(self) -> list[str]:
        known = {*self.delivered, *self.hushed}
        return [w for author, w in self.books["amina"] if author != "person" and w not in known]

    async def _lines(self, person: str) -> list[Shown]:
        hashed = self.store.person_hash(*PEOPLE[person], person)
        return await self.store.transcript(hashed, limit=10_000)

    async def _again(self, pick: int) -> None:
        """Double click, two tabs, the back button: whatever happened since."""
        if not self.posts:
            return
        _, form, seq = self.posts[-1 - pick % len(self.posts)]
        with suppress(*REFUSED):
            assert await self.store.desk.reply(*form) == seq
        await self._moved("nothing")

    async def _deed(self, who: str, person: str, deed: str) -> None:
        number, row = await self._case_of(person)
        staff, fence = self._staff(who, row), row.fence if row else 0
        notice = f"{deed} {next(self.words)}"
        desk = self.store.desk
        deeds: dict[str, Callable[[], Awaitable[Any]]] = {
            "release": lambda: desk.release(staff, number, fence, told(notice)),
            "close": lambda: desk.close(staff, number, fence, "done", told(notice)),
            "note": lambda: desk.note(staff, number, fence, notice, notice),
            "set_wait": lambda: desk.set_wait(
                staff, number, fence, WaitsFor.OFFICE, cover=self.cast.jonas.id
            ),
            "take_over": lambda: desk.take_over(staff, number, fence, told(notice)),
        }
        try:
            await deeds[deed]()
        except REFUSED:
            await self._moved("nothing")
            return
        assert row is not None
        repeats = {"close": "closed", "take_over": "claimed"}
        changes_nothing = row.state == repeats.get(deed) and row.holder == staff.id
        if deed in ("release", "close", "take_over") and not changes_nothing:
            self._note_down(person, "notice", f"{notice} (uk)")
        await self._moved(deed)

    async def _transfer(self, who: str, person: str, to: str) -> None:
        number, row = await self._case_of(person)
        notice = f"passed on {next(self.words)}"
        target: dict[str, Any] = {"to_topic": "work"}
        if to in ("hu", "ro"):
            target = {"to_office": to, "consented": True}
        elif to != "topic":
            target = {"to_counsellor": self._staff(to).id}
        fence = row.fence if row else 0
        try:
            await self.store.desk.transfer(
                self._staff(who, row), number, fence, notice=told(notice), **target
            )
        except REFUSED:
            await self._moved("nothing")
            return
        self._note_down(person, "notice", f"{notice} (uk)")
        await self._moved("transfer")

    async def _tend(self, beats: set[str]) -> None:
        for who in beats:
            await self.store.desk.heartbeat(self._staff(who))
        await self._moved("heartbeat")
        notice = f"time {next(self.words)}"
        now = datetime.now(UTC)
        for case in await self.store.desk.return_lost(now, told(f"lost {notice}")):
            await self._hear_of(case.conversation_id, f"lost {notice} (uk)")
        for case in await self.store.desk.expire(now, told(f"late {notice}")):
            assert case.priority == NORMAL
            await self._hear_of(case.conversation_id, f"late {notice} (uk)")
        await self._moved("time")

    async def _hear_of(self, conversation_id: str, words: str) -> None:
        for person, lent in self.lent.items():
            if lent.conversation_id == conversation_id and person == "amina":
                lent.unread.append(words)  # until the phone is back
        for person in PEOPLE:
            number, row = await self._case_of(person)
            if row is not None and row.conversation_id == conversation_id:
                # Two people may lose their holder at once: each hears it once.
                self.books[person].append(("notice", words))
                if person == "amina":
                    self.to_deliver[person].append(words)

    # Books

    def _staff(self, who: str, row: Row | None = None) -> Staff:
        if who != HOLDER:
            found: Staff = getattr(self.cast, who)
            return found
        held_by = row.holder if row else ""
        return next((staff for staff in self.cast if staff.id == held_by), self.cast.petra)

    def _note_down(self, person: str, author: str, words: str) -> None:
        self.books[person].append((author, words))
        self.to_deliver[person].append(words)

    def _joined(self, person: str, notice: str) -> None:
        said = {words for author, words in self.books[person] if author == "bot"}
        if person == "amina":
            self.hushed |= said - set(self.delivered)
        self._note_down(person, "notice", notice)

    async def _case_of(self, person: str) -> tuple[str, Row | None]:
        wanted = {"person": self.store.person_hash(*PEOPLE[person], person)}
        number = await self.store._db.read(lambda db: db.scalar(_CASE_OF, wanted))
        row = next((row for row in self.rows.values() if row.number == number), None)
        return number or "RO-9999", row

    async def _moved(self, step: str) -> None:
        """What changed since the last step is what this step may change."""
        found = await self.store._db.read(lambda db: db.execute(_ROWS))
        rows = {row[0]: Row(*row) for row in found}
        for id_, row in rows.items():
            old = self.rows.get(id_)
            before = old.state if old else ""
            if before != row.state:
                assert (before, row.state) in LEGAL.get(step, set()), (step, before, row)
            events = old.events if old else 0
            if old is None or replace(old, events=row.events) != row:
                assert row.events > events, f"{step} left no event: {old} -> {row}"
            if step == "nothing":
                assert old == row, (old, row)
        self.rows = rows

    async def _compare_books(self) -> None:
        for person in PEOPLE:
            hashed = self.store.person_hash(*PEOPLE[person], person)
            lines = await self.store.transcript(hashed, limit=10_000)
            assert [(line.author, line.text) for line in lines] == self.books[person]
            assert [line.seq for line in lines] == sorted({line.seq for line in lines})
        open_ones = [row for row in self.rows.values() if row.state != "closed"]
        assert len({row.conversation_id for row in open_ones}) == len(open_ones)
        for row in self.rows.values():
            assert row.state != "claimed" or row.holder
            assert (row.state == "closed") == bool(row.outcome)
            assert row.state == "closed" or row.conversation_id


def machine_on(open_fresh: Callable[[], Awaitable[tuple[Store, Cast]]]) -> type[DeskMachine]:
    return type("Desk", (DeskMachine,), {"open_fresh": staticmethod(open_fresh)})
