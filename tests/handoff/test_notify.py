"""Staff hear that somebody waits: once each step, without content, and not after a claim."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.handoff.notify import CHAT_PAUSE, RETRY, Notifier
from bot.handoff.waiting import QUEUE_PLACE, look, tell
from bot.i18n import Catalogues, render
from bot.messages import SendResult, Sent
from bot.storage import (
    Case,
    NewCounsellor,
    Office,
    Reason,
    Role,
    Staff,
    Store,
)
from bot.storage.alert_records import ChatKind
from bot.storage.alerts import LEASE, WITHDRAW_TRIES
from tests.handoff.cast import ask

LINK = "https://punte.example/desk"
OPEN, SHUT = "TT", "SS"  # offices without holidays: always open, never open
MINUTE = timedelta(minutes=1)
_codes = (f"CODE{number:06}" for number in itertools.count())


@dataclass
class Pager:
    """A carrier that keeps what it was given, and answers as told."""

    name: str = "pager"
    answers: list[Sent] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)  # address, text
    shown: dict[str, str] = field(default_factory=dict)  # message id -> address
    deletes: bool = True
    hangs: asyncio.Event | None = None

    async def send(self, address: str, text: str) -> Sent:
        self.sent.append((address, text))
        if self.hangs is not None:
            self.hangs.set()
            await asyncio.Event().wait()
        if self.answers:
            return self.answers.pop(0)
        number = f"m{len(self.sent)}"
        self.shown[number] = address
        return Sent(SendResult.SENT, (number,))

    async def withdraw(self, address: str, message_id: str, instead: str) -> bool:
        assert self.shown[message_id] == address
        if self.deletes:
            del self.shown[message_id]
        return self.deletes

    def addresses(self) -> list[str]:
        return sorted(address for address, _ in self.sent)


@dataclass
class Desk:
    """A desk with a clock that only tests move."""

    store: Store
    pager: Pager
    now: datetime

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.notifier = Notifier(
            self.store,
            [self.pager],
            lambda text, locale: render(text, locale, Catalogues()),
            LINK,
            lambda: self.now,
        )

    async def tick(self, passed: timedelta = timedelta(0)) -> None:
        """Everything the timers do."""
        self.now += passed
        await self.notifier.plan()
        await self.notifier.send()
        await self.notifier.withdraw()

    async def hire(self, name: str, *roles: Role, office: str = OPEN, **more: Any) -> Staff:
        """A new account whose chat has the same name."""
        fields = {"office": office, "languages": ("uk",)} | more
        await self.store.staff.add(
            NewCounsellor(name, frozenset(roles or [Role.COUNSELLOR]), "no hash", **fields)
        )
        account = await self.store.staff.account_named(name)
        assert account is not None
        await self.link(account.staff, name)
        return account.staff

    async def link(self, staff: Staff, chat: str, kind: ChatKind = ChatKind.OWN) -> bool:
        code, is_group = next(_codes), kind is not ChatKind.OWN
        await self.store.alerts.add_code(code, staff.id, kind, self.now, MINUTE)
        linked = await self.store.alerts.link(code, self.pager.name, chat, is_group, self.now)
        return linked is not None

    async def ask(self, person: str = "amina", **more: Any) -> Case:
        case = await ask(self.store, person, **({"office": OPEN, "topic": "work_permit"} | more))
        self.now = max(self.now, case.waiting_since)
        return case


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    for code, hours in ((OPEN, "mon-sun 00:00-24:00"), (SHUT, "closed")):
        await store.staff.add_office(Office(code, code, "", "UTC", hours))
    yield Desk(store, Pager(), datetime.now(UTC))


# What it says


async def test_an_alert_names_language_topic_minutes_and_case_and_nothing_else(desk: Desk) -> None:
    await desk.hire("petra")
    case = await desk.ask("amina", words="my passport is gone")
    await desk.tick(3 * MINUTE)
    expected = f"Someone waits: Ukrainian, Permission to work, 3 min. Case {case.number}.\n{LINK}"
    assert desk.pager.sent == [("petra", expected)]


@pytest.mark.parametrize("wish", [{"priority": 1, "reason": Reason.DANGER}, {"protection": True}])
async def test_danger_and_protection_name_no_topic(desk: Desk, wish: dict[str, Any]) -> None:
    await desk.hire("pia", Role.PROTECTION)
    await desk.hire("petra")
    case = await desk.ask(**({"topic": "domestic_violence"} | wish))
    await desk.tick()
    text = f"Someone waits and goes first: Ukrainian, 0 min. Case {case.number}.\n{LINK}"
    assert {said for _, said in desk.pager.sent} == {text}


async def test_a_step_is_an_event_that_consoles_hear(desk: Desk) -> None:
    petra = await desk.hire("petra")
    await desk.ask()
    await desk.tick()
    events = await desk.store.desk.changes(petra, 0)
    assert [event.kind for event in events] == ["requested", "alerted"]


async def test_without_any_chat_the_console_still_hears_each_step_once(desk: Desk) -> None:
    petra = await desk.hire("petra")
    [chat] = await desk.store.alerts.linked_by(petra.id)
    assert await desk.store.alerts.unlink(petra.id, chat.id)
    await desk.ask()
    for _ in range(3):
        await desk.tick()
    events = await desk.store.desk.changes(petra, 0)
    assert [event.kind for event in events] == ["requested", "alerted"]
    assert desk.pager.sent == []


# Who hears of it


async def test_those_whom_a_case_fits_hear_first_and_everybody_later(desk: Desk) -> None:
    await desk.hire("oksana")
    await desk.hire("petra", languages=("ro",))
    await desk.hire("ildi", topics=("housing",))
    await desk.hire("mira", Role.MANAGER)
    await desk.hire("jonas", office=SHUT)
    await desk.ask()
    await desk.tick()
    assert desk.pager.addresses() == ["oksana"]
    await desk.tick(15 * MINUTE)
    assert desk.pager.addresses() == ["oksana", "oksana"]
    await desk.tick(15 * MINUTE)
    assert desk.pager.addresses() == ["ildi", "oksana", "oksana", "oksana", "petra"]


async def test_where_nobody_fits_all_hear_at_once(desk: Desk) -> None:
    await desk.hire("petra", languages=("ro",))
    await desk.ask()
    await desk.tick()
    assert desk.pager.addresses() == ["petra"]


async def test_a_group_hears_of_ordinary_cases_only(desk: Desk) -> None:
    mira = await desk.hire("mira", Role.MANAGER)
    pia = await desk.hire("pia", Role.PROTECTION)
    assert await desk.link(mira, "office group", ChatKind.GROUP)
    assert await desk.link(pia, "protection group", ChatKind.PROTECTION)
    await desk.ask("amina")
    await desk.tick()
    assert "office group" in desk.pager.addresses()
    assert "protection group" not in desk.pager.addresses()
    desk.pager.sent.clear()
    await desk.ask("oleh", protection=True, priority=1)
    await desk.tick(CHAT_PAUSE)
    assert desk.pager.addresses() == ["mira", "pia", "protection group"]  # nobody is on duty


async def test_with_protection_on_duty_the_manager_is_left_alone(desk: Desk) -> None:
    pia = await desk.hire("pia", Role.PROTECTION)
    await desk.hire("mira", Role.MANAGER)
    await sign_in(desk.store, pia)
    await desk.ask(protection=True, priority=1)
    await desk.tick()
    assert desk.pager.addresses() == ["pia"]


async def test_a_complaint_goes_to_managers(desk: Desk) -> None:
    petra = await desk.hire("petra")
    await desk.hire("mira", Role.MANAGER)
    await desk.link(petra, "office group", ChatKind.GROUP)
    await desk.ask(reason=Reason.COMPLAINT)
    await desk.tick()
    assert desk.pager.addresses() == ["mira"]


async def test_who_was_disabled_hears_nothing(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.hire("oksana")
    await desk.store.staff.disable("petra")
    await desk.ask()
    await desk.tick()
    assert desk.pager.addresses() == ["oksana"]


# When


async def test_outside_hours_only_danger_is_told(desk: Desk) -> None:
    await desk.hire("jonas", office=SHUT)
    await desk.ask("amina", office=SHUT)
    await desk.ask("oleh", office=SHUT, priority=2)
    await desk.tick(60 * MINUTE)
    assert desk.pager.sent == []
    await desk.ask("danylo", office=SHUT, priority=1)
    await desk.tick()
    await desk.tick(MINUTE)
    assert desk.pager.addresses() == ["jonas", "jonas"]


async def test_danger_repeats_every_minute_and_the_last_alert_replaces_the_others(
    desk: Desk,
) -> None:
    await desk.hire("petra")
    case = await desk.ask(priority=1)
    for _ in range(30):
        await desk.tick(timedelta(seconds=10))
    assert len(desk.pager.sent) == 5
    assert len(desk.pager.shown) == 1
    petra = await staff_named(desk.store, "petra")
    await desk.store.desk.claim(petra, case.number)
    await desk.tick(10 * MINUTE)
    assert len(desk.pager.sent) == 5 and desk.pager.shown == {}


async def test_a_case_that_becomes_danger_is_told_again_at_once(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.ask()
    await desk.tick()
    await desk.ask(priority=1, reason=Reason.DANGER)
    await desk.tick(CHAT_PAUSE)
    assert ["goes first" in text for _, text in desk.pager.sent] == [False, True]


async def test_a_case_that_comes_back_is_told_again(desk: Desk) -> None:
    petra = await desk.hire("petra")
    case = await desk.ask()
    await desk.tick()
    claimed = await desk.store.desk.claim(petra, case.number)
    await desk.tick(CHAT_PAUSE)
    await desk.store.desk.release(petra, case.number, claimed.fence)
    await desk.tick(CHAT_PAUSE)
    assert len(desk.pager.sent) == 2 and len(desk.pager.shown) == 1


async def test_one_chat_gets_one_alert_at_a_time_most_urgent_first(desk: Desk) -> None:
    await desk.hire("petra")
    for person in ("amina", "oleh"):
        await desk.ask(person)
    urgent = await desk.ask("danylo", priority=2)
    await desk.tick()
    assert len(desk.pager.sent) == 1 and urgent.number in desk.pager.sent[0][1]
    await desk.tick(CHAT_PAUSE)
    await desk.tick(CHAT_PAUSE)
    assert len(desk.pager.sent) == 3


# Taking back


async def test_alerts_are_taken_back_once_somebody_claimed(desk: Desk) -> None:
    await desk.hire("oksana")
    petra = await desk.hire("petra")
    case = await desk.ask()
    await desk.tick()
    assert len(desk.pager.shown) == 2
    await desk.store.desk.claim(petra, case.number)
    await desk.tick()
    assert desk.pager.shown == {}


async def test_an_alert_that_waits_is_not_sent_after_a_claim(desk: Desk) -> None:
    petra = await desk.hire("petra")
    case = await desk.ask()
    await desk.notifier.plan()
    await desk.store.desk.claim(petra, case.number)
    await desk.tick()
    assert desk.pager.sent == []


async def test_a_case_whose_person_erased_everything_is_taken_back(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.ask("amina")
    await desk.tick()
    assert await desk.store.erase(desk.store.person_hash("telegram", "1", "amina"))
    await desk.tick()
    assert desk.pager.shown == {}


async def test_withdrawing_is_tried_a_few_times_and_then_left(desk: Desk) -> None:
    petra = await desk.hire("petra")
    case = await desk.ask()
    await desk.tick()
    await desk.store.desk.claim(petra, case.number)
    desk.pager.deletes = False
    tries = 0
    for _ in range(WITHDRAW_TRIES + 5):
        desk.now += MINUTE
        tries += await desk.notifier.withdraw()
    assert tries == WITHDRAW_TRIES


# What goes wrong


@pytest.mark.fault("K5")
async def test_after_a_crash_before_the_alert_it_is_sent_once(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.ask()
    desk.restart()
    await desk.tick()
    desk.restart()
    await desk.tick(CHAT_PAUSE)
    assert len(desk.pager.sent) == 1


@pytest.mark.fault("K5")
async def test_after_a_crash_between_deciding_and_sending_it_is_sent_once(desk: Desk) -> None:
    petra = await desk.hire("petra")
    await desk.ask()
    await desk.notifier.plan()
    desk.restart()
    await desk.tick()
    await desk.tick(CHAT_PAUSE)
    assert len(desk.pager.sent) == 1
    events = await desk.store.desk.changes(petra, 0)
    assert [event.kind for event in events].count("alerted") == 1


async def crash_while_sending(desk: Desk) -> None:
    """The platform took the alert, and we never wrote that down."""
    desk.pager.hangs = asyncio.Event()
    sending = asyncio.create_task(desk.notifier.send())
    await desk.pager.hangs.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    desk.pager.hangs = None
    desk.restart()


@pytest.mark.fault("K6")
async def test_after_a_crash_before_marking_there_is_one_extra_alert_at_most(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.ask()
    await desk.notifier.plan()
    await crash_while_sending(desk)
    desk.now += LEASE
    await desk.notifier.send()
    assert len(desk.pager.sent) == 2
    for _ in range(3):
        desk.now += LEASE
        await desk.notifier.send()
    assert len(desk.pager.sent) == 2


@pytest.mark.fault("K6")
async def test_after_two_crashes_before_marking_it_stops(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.ask()
    await desk.notifier.plan()
    for _ in range(2):
        await crash_while_sending(desk)
        desk.now += LEASE
    for _ in range(3):
        await desk.notifier.send()
        desk.now += LEASE
    assert len(desk.pager.sent) == 2


async def test_two_processes_alert_once(desk: Desk) -> None:
    await desk.hire("petra")
    await desk.ask()
    first, second = desk.notifier, Desk(desk.store, desk.pager, desk.now).notifier
    assert sum(await asyncio.gather(first.plan(), second.plan())) == 1
    await asyncio.gather(first.send(), second.send())
    assert len(desk.pager.sent) == 1


async def test_what_never_left_goes_out_later(desk: Desk) -> None:
    await desk.hire("petra")
    desk.pager.answers = [Sent(SendResult.RETRY)] * 3
    await desk.ask()
    for _ in range(6):
        await desk.tick(RETRY)
    assert len(desk.pager.sent) == 4 and len(desk.pager.shown) == 1


async def test_the_platform_says_when_to_come_back(desk: Desk) -> None:
    await desk.hire("petra")
    desk.pager.answers = [Sent(SendResult.RETRY, retry_after_s=40)]
    await desk.ask()
    await desk.tick()
    await desk.tick(timedelta(seconds=39))
    assert len(desk.pager.sent) == 1
    await desk.tick(timedelta(seconds=1))
    assert len(desk.pager.sent) == 2


async def test_what_may_have_arrived_is_sent_once_more(desk: Desk) -> None:
    await desk.hire("petra")
    desk.pager.answers = [Sent(SendResult.UNCERTAIN)] * 5
    await desk.ask()
    for _ in range(5):
        await desk.tick(RETRY)
    assert len(desk.pager.sent) == 2


async def test_a_chat_that_refuses_us_gets_nothing_until_it_is_linked_anew(desk: Desk) -> None:
    petra = await desk.hire("petra")
    desk.pager.answers = [Sent(SendResult.UNDELIVERABLE, reason="blocked")]
    await desk.ask(priority=1)
    await desk.tick()
    await desk.tick(MINUTE)
    assert len(desk.pager.sent) == 1
    assert [chat.is_lost for chat in await desk.store.alerts.linked_by(petra.id)] == [True]
    await desk.link(petra, "petra")
    await desk.tick(MINUTE)
    assert len(desk.pager.sent) == 2


async def test_an_alert_the_platform_cannot_show_is_not_repeated(desk: Desk) -> None:
    await desk.hire("petra")
    desk.pager.answers = [Sent(SendResult.UNDELIVERABLE, reason="refused")]
    await desk.ask()
    await desk.tick()
    await desk.tick(RETRY)
    assert len(desk.pager.sent) == 1


# Linking


async def test_a_code_links_one_chat_and_the_same_chat_may_repeat_it(desk: Desk) -> None:
    petra = await desk.hire("petra")
    alerts = desk.store.alerts
    await alerts.add_code("ABC", petra.id, ChatKind.OWN, desk.now, MINUTE)
    assert await alerts.link("nope", "pager", "phone", False, desk.now) is None
    assert await alerts.link("abc", "pager", "phone", True, desk.now) is None  # not for a group
    assert await alerts.link("abc", "pager", "phone", False, desk.now) is not None
    assert await alerts.link("abc", "pager", "phone", False, desk.now) is not None
    assert await alerts.link("abc", "pager", "other phone", False, desk.now) is None
    assert len(await alerts.linked_by(petra.id)) == 1  # the phone replaced the first chat


async def test_a_code_runs_out_and_a_new_one_ends_the_old(desk: Desk) -> None:
    petra = await desk.hire("petra")
    alerts = desk.store.alerts
    await alerts.add_code("OLD", petra.id, ChatKind.OWN, desk.now, MINUTE)
    await alerts.add_code("NEW", petra.id, ChatKind.OWN, desk.now, MINUTE)
    assert await alerts.link("OLD", "pager", "phone", False, desk.now) is None
    assert await alerts.link("NEW", "pager", "phone", False, desk.now + MINUTE) is None
    await desk.store.staff.disable("petra")
    assert await alerts.link("NEW", "pager", "phone", False, desk.now) is None


async def test_a_chat_belongs_to_whoever_linked_it_last(desk: Desk) -> None:
    petra, oksana = await desk.hire("petra"), await desk.hire("oksana")
    await desk.link(oksana, "petra")
    assert await desk.store.alerts.linked_by(petra.id) == []
    await desk.ask()
    await desk.tick()
    assert desk.pager.addresses() == ["petra"]


async def test_nobody_unlinks_what_is_somebody_elses(desk: Desk) -> None:
    petra, oksana = await desk.hire("petra"), await desk.hire("oksana")
    [chat] = await desk.store.alerts.linked_by(petra.id)
    assert not await desk.store.alerts.unlink(oksana.id, chat.id)
    assert await desk.store.alerts.unlink(petra.id, chat.id)


# What a waiting person is told, from the same desk


async def sign_in(store: Store, staff: Staff) -> None:
    account = await store.staff.account(staff.id)
    assert account is not None
    assert await store.staff.begin_login(f"token of {staff.id}", account, True)
    await store.desk.heartbeat(staff)


async def staff_named(store: Store, name: str) -> Staff:
    account = await store.staff.account_named(name)
    assert account is not None
    return account.staff


async def test_the_outlook_counts_who_is_there_free_and_ahead(desk: Desk) -> None:
    petra, oksana = await desk.hire("petra"), await desk.hire("oksana")
    await desk.hire("pia", Role.PROTECTION)
    first, mine = await desk.ask("amina"), await desk.ask("oleh")
    assert (await look(desk.store, mine, desk.now)).signed_in == 0
    await sign_in(desk.store, petra)
    await sign_in(desk.store, oksana)
    seen = await look(desk.store, mine, desk.now)
    assert (seen.ahead, seen.signed_in, seen.free) == (1, 2, 2)
    await desk.store.desk.claim(petra, first.number)
    seen = await look(desk.store, mine, desk.now)
    assert (seen.ahead, seen.signed_in, seen.free) == (0, 2, 1)
    [place] = await tell(desk.store, mine, desk.now)
    assert place == QUEUE_PLACE.having(place=1)
    asking = replace(mine, id=0, waiting_since=datetime.now(UTC))
    assert (await look(desk.store, asking, desk.now)).ahead == 1


async def test_the_outlook_measures_first_answers_of_the_same_priority(desk: Desk) -> None:
    petra = await desk.hire("petra")
    for person, priority in (("amina", 3), ("oleh", 2)):
        case = await desk.ask(person, priority=priority)
        claimed = await desk.store.desk.claim(petra, case.number)
        await desk.store.desk.reply(
            petra, case.number, claimed.fence, "Hello", claimed.last_person_seq, person
        )
    seen = await look(desk.store, await desk.ask("danylo"), desk.now)
    assert len(seen.recent) == 1 and seen.recent[0] < MINUTE
