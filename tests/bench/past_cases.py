"""A database with years of work in it: closed cases, their people, lines and events."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Origin
from bot.storage import NewCounsellor, Role, Staff, Store
from bot.storage.desk_models import Handoff, HandoffEvent, HandoffNumber
from bot.storage.lines import Body, message
from bot.storage.models import Contact, Conversation, Message

KEPT = timedelta(days=60)
BATCH = 2000
LOCALES = ("uk", "ar", "ne", "en", "ru")
TOPICS = ("asylum", "unpaid_wages", "residence_permit", "health", "housing")


async def hire(store: Store, count: int, office: str) -> list[Staff]:
    """Counsellors who chose a password; nobody knows it."""
    staff = []
    for number in range(count):
        name = f"counsellor {number}"
        new = NewCounsellor(name, frozenset({Role.COUNSELLOR}), "no hash", office=office)
        await store.staff.add(new)
        account = await store.staff.account_named(name)
        assert account is not None
        await store.staff.set_password(account, "no hash")
        staff.append(account.staff)
    return staff


async def fill(store: Store, cases: int, office: str, staff: list[Staff]) -> None:
    """`cases` closed cases, each with its person, two lines and three events."""
    for first in range(1, cases + 1, BATCH):
        numbers = range(first, min(first + BATCH, cases + 1))
        made = [_one(number, office, staff) for number in numbers]
        lines = [line for case in made for line in _lines(store, case)]
        await store._db.write(partial(_save, made=made, lines=lines))
    last = {"office": office, "last": cases}
    await store._db.write(lambda db: db.execute(insert(HandoffNumber), [last]))


async def _save(
    db: AsyncConnection, made: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> None:
    await db.execute(insert(Contact), [case["contact"] for case in made])
    await db.execute(insert(Conversation), [case["conversation"] for case in made])
    await db.execute(insert(Message), lines)
    await db.execute(insert(Handoff), [case["handoff"] for case in made])
    numbers = [case["handoff"]["number"] for case in made]
    known = select(Handoff.number, Handoff.id).where(Handoff.number.in_(numbers))
    ids = dict((await db.execute(known)).tuples().all())
    events = [event for case in made for event in _events(case, ids)]
    await db.execute(insert(HandoffEvent), events)


def _one(number: int, office: str, staff: list[Staff]) -> dict[str, Any]:
    contact, conversation = uuid.uuid4().hex, uuid.uuid4().hex
    asked = datetime.now(UTC) - timedelta(minutes=10 + number)
    later = {"expires_at": datetime.now(UTC) + KEPT}
    return {
        "contact": {
            "id": contact,
            "channel": "web",
            "bot": "",
            "person_hash": uuid.uuid4().hex,
            "locale": LOCALES[number % len(LOCALES)],
            "locale_chosen": True,
            "country": office,
            "consent": "yes",
            "created_at": asked,
            **later,
        },
        "conversation": {
            "id": conversation,
            "contact_id": contact,
            "last_seq": 2,
            "version": 2,
            "purge": False,
            "created_at": asked,
            "last_at": asked,
            **later,
        },
        "handoff": {
            "number": f"{office.upper()}-{number:04}",
            "conversation_id": conversation,
            "office": office,
            "state": "closed",
            "reason": "asked",
            "priority": 3,
            "topic": TOPICS[number % len(TOPICS)],
            "locale": LOCALES[number % len(LOCALES)],
            "country": office,
            "danger": "",
            "protection": False,
            "fence": 1,
            "holder": staff[number % len(staff)].id,
            "requested_at": asked,
            "waiting_since": asked,
            "queued_at": asked,
            "claimed_at": asked + timedelta(minutes=2),
            "holder_seen_at": asked + timedelta(minutes=8),
            "first_answer_at": asked + timedelta(minutes=3),
            "answered_at": asked + timedelta(minutes=7),
            "closed_at": asked + timedelta(minutes=9),
            "outcome": "answered",
            "waits_for": "",
            "safe": "",
            "best_hours": "",
            "wants": "",
            "last_person_seq": 1,
            **later,
        },
    }


def _lines(store: Store, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    conversation = case["conversation"]["id"]
    for seq, author in ((1, "person"), (2, "counsellor")):
        body = Body("How long is my permit valid?" if seq == 1 else "Until the date on the card.")
        yield message(store.keys, conversation, seq, author, body, Origin(locale="en"), KEPT)


def _events(case: dict[str, Any], ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    handoff = case["handoff"]
    times = (("requested", "requested_at"), ("claimed", "claimed_at"), ("closed", "closed_at"))
    for kind, at in times:
        yield {
            "handoff_id": ids[handoff["number"]],
            "office": handoff["office"],
            "circle": "ordinary",
            "kind": kind,
            "actor": "person" if kind == "requested" else handoff["holder"],
            "detail": "",
            "at": handoff[at],
        }
