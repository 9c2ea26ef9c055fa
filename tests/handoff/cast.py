"""The desk's cast: Petra and Jonas counsel in Bucharest, Anna in Budapest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.messages import Reply, SendResult, Sent
from bot.storage import (
    NORMAL,
    Case,
    NewCounsellor,
    OpenCase,
    Outcome,
    Person,
    Reason,
    Role,
    Shown,
    Staff,
    Store,
)
from bot.storage.records import PULL_CHANNELS, Arrival
from tests.people import says


@dataclass(frozen=True)
class Cast:
    petra: Staff  # counsellor
    jonas: Staff  # counsellor
    ioana: Staff  # protection
    mara: Staff  # manager
    dora: Staff  # data protection
    anna: Staff  # counsellor, in Budapest
    rita: Staff  # manager of the regional office

    def __iter__(self) -> Any:
        return iter(vars(self).values())


async def hire(store: Store, name: str, *roles: Role, office: str = "ro") -> Staff:
    """A new account, as a signed-in console has it."""
    shown_as = name.split()[0].capitalize()
    new = NewCounsellor(name, frozenset(roles), "no hash", office=office, shown_as=shown_as)
    await store.staff.add(new)
    account = await store.staff.account_named(name)
    assert account is not None
    return account.staff


async def hire_all(store: Store) -> Cast:
    await store.staff.prepare()
    return Cast(
        petra=await hire(store, "petra", Role.COUNSELLOR),
        jonas=await hire(store, "jonas", Role.COUNSELLOR),
        ioana=await hire(store, "ioana", Role.PROTECTION),
        mara=await hire(store, "mara", Role.MANAGER),
        dora=await hire(store, "dora", Role.DATA_PROTECTION),
        anna=await hire(store, "anna", Role.COUNSELLOR, office="hu"),
        rita=await hire(store, "rita", Role.MANAGER, office=""),
    )


async def turn(
    store: Store,
    words: str = "hello",
    person: str = "amina",
    *replies: str,
    change: Any = None,
    changes: dict[str, Any] | None = None,
    move: Any = None,
    **inbound: Any,
) -> Person:
    """One whole turn of one person: these words come in, these replies go out."""
    arrived = says(words, person, **inbound)
    receipt = (await store.accept([Arrival(arrived)]))[0]
    pending = await store.next_pending(receipt.person_hash)
    assert pending is not None
    before = await store.load(pending)
    after = replace(before, **{"consent": "yes", "locale": "uk", **(changes or {})})
    outcome = Outcome(
        after,
        tuple(Reply(text) for text in replies),
        push=before.channel not in PULL_CHANNELS,
        case=change,
        move=move,
    )
    return await store.finish(pending, before, outcome)


async def ask(
    store: Store, person: str = "amina", words: str = "I need a person", **more: Any
) -> Case:
    """Somebody asks for a counsellor; the case that came of it."""
    inbound = {key: more.pop(key) for key in ("channel", "bot", "event_id") if key in more}
    wish = {"reason": Reason.ASKED, "priority": NORMAL, "office": "ro"} | more
    saved = await turn(store, words, person, change=OpenCase(**wish), **inbound)
    assert saved.case is not None
    return saved.case


async def transcript(store: Store, person: str = "amina", **more: Any) -> list[Shown]:
    channel, bot = more.get("channel", "telegram"), more.get("bot", "1")
    return await store.transcript(store.person_hash(channel, bot, person))


async def deliver_all(store: Store) -> list[str]:
    """Everything due goes out; returns the texts in order."""
    said = []
    while due := await store.due(50, ["telegram"]):
        taken = await store.take([row.outbox_id for row in due])
        for row in due:
            if row.outbox_id in taken:
                said.append(row.reply.text)
                await store.settle(row, Sent(SendResult.SENT, ("1",)), timedelta(0))
    return said


def told(words: str) -> Any:
    """A notice of fixed words."""
    return lambda locale: Reply(f"{words} ({locale})")
