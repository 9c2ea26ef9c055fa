"""What a person asked for because others may see the phone, and which lines wait for it.

A held line is stored as any other. Its row of the outbox is `cancelled` until `held_lines`
makes a new one; a page does not get it before that.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Inbound, Kind
from bot.storage.crypto import KeyRing
from bot.storage.inbox import upsert
from bot.storage.models import Contact, Conversation, Outbox
from bot.storage.records import PULL_CHANNELS, Outcome, Person, PhoneChange
from bot.storage.safe_hours import opens_at
from bot.storage.safety_models import HideRequest, PhoneSafety, PlatformMessage
from bot.storage.staff_models import Office

WORD, HOURS = "word", "hours"  # what a held line waits for
REASONS = {WORD: "waits for the word", HOURS: "outside hours"}  # of its row in the outbox
DELETABLE = timedelta(hours=48)  # Telegram: a bot deletes nothing older
NEUTRAL = "discreet_new"  # the text that stands for everything that waits


@dataclass(frozen=True, slots=True)
class Hold:
    why: str
    until: datetime | None = None


def fold_word(text: str) -> str:
    """What counts when a word is compared: neither case nor spaces nor invisible characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return " ".join(seen.split())


def word_hash(keys: KeyRing, contact_id: str, word: str) -> str:
    return keys.digest("agreed word", contact_id, fold_word(word))


def is_said(keys: KeyRing, contact_id: str, known: str | None, inbound: Inbound) -> bool:
    if not known or inbound.kind is not Kind.TEXT or len(inbound.text) > 200:
        return False
    return word_hash(keys, contact_id, inbound.text) == known


# What is started by us


async def hold(db: AsyncConnection, contact_id: str, office: str, now: datetime) -> Hold | None:
    """Why a line that nobody asked for just now has to wait, if it has to."""
    row = await _of(db, contact_id)
    if row is None:
        return None
    if row.word_hash:
        return Hold(WORD)
    return await _until_open(db, row.hours, office, now)


async def neutral_text(db: AsyncConnection, contact_id: str, now: datetime) -> str:
    """What is said instead, and empty when it was said since the last opening."""
    told = await db.execute(
        update(PhoneSafety)
        .where(PhoneSafety.contact_id == contact_id, PhoneSafety.told_at.is_(None))
        .values(told_at=now)
        .returning(PhoneSafety.neutral)
    )
    return told.scalar() or ""


async def hold_by_hours(
    db: AsyncConnection, contact_id: str, office: str, now: datetime
) -> Hold | None:
    row = await _of(db, contact_id)
    return await _until_open(db, row.hours, office, now) if row is not None else None


async def _of(db: AsyncConnection, contact_id: str) -> Any:
    found = await db.execute(select(PhoneSafety).where(PhoneSafety.contact_id == contact_id))
    return found.first()


async def _until_open(db: AsyncConnection, hours: str, office: str, now: datetime) -> Hold | None:
    if not hours:
        return None
    zone = await db.scalar(select(Office.time_zone).where(Office.code == office))
    opens = opens_at(hours, zone or "UTC", now)
    return Hold(HOURS, opens) if opens > now else None


def is_discreet_to(conversation_id: Any) -> Any:
    """Whether the person of that conversation agreed on a word: a part of a query."""
    return exists().where(
        Conversation.id == conversation_id,
        PhoneSafety.contact_id == Conversation.contact_id,
        PhoneSafety.word_hash.is_not(None),
    )


async def is_discreet(db: AsyncConnection, person_hash: str) -> bool:
    found = await db.scalar(
        select(PhoneSafety.contact_id)
        .join(Contact, Contact.id == PhoneSafety.contact_id)
        .where(Contact.person_hash == person_hash, PhoneSafety.word_hash.is_not(None))
    )
    return found is not None


# What a turn changes


async def follow(
    db: AsyncConnection, keys: KeyRing, person: Person, outcome: Outcome, inbound: Inbound, seq: int
) -> None:
    """Save what a turn's message, line `seq`, means for the phone it was written on."""
    if outcome.phone is not None:
        await _change(db, keys, person, outcome.phone)
    if person.channel in PULL_CHANNELS:
        await _unshow(db, person, outcome, seq)
        return
    if inbound.message_id and inbound.kind is not Kind.BUTTON:
        await remember_numbers(db, keys, person.conversation_id, (inbound.message_id,))
    if outcome.hides and person.address:
        await _ask_to_hide(db, keys, person)


async def _change(db: AsyncConnection, keys: KeyRing, person: Person, change: PhoneChange) -> None:
    values: dict[str, Any] = {}
    if change.word is not None:
        known = word_hash(keys, person.contact_id, change.word) if change.word else None
        values |= {"word_hash": known, "told_at": None}
    if change.opens:
        values["told_at"] = None
    if change.neutral:
        values["neutral"] = change.neutral
    if change.hours is not None:
        values["hours"] = change.hours
    if not values:
        return
    fresh = {"word_hash": None, "neutral": "", "told_at": None, "hours": ""}
    await db.execute(
        upsert(db, PhoneSafety)
        .values(contact_id=person.contact_id, **(fresh | values))
        .on_conflict_do_update(index_elements=["contact_id"], set_=values)
    )


async def _unshow(db: AsyncConnection, person: Person, outcome: Outcome, seq: int) -> None:
    """A page shows nothing again that it has shown: at most the last exchange."""
    sets_word = outcome.phone is not None and bool(outcome.phone.word)
    if not (outcome.hides or sets_word or person.is_discreet):
        return
    # The page itself says what became of `/hide`.
    shown = person.last_seq if outcome.hides else seq - 1
    await db.execute(
        update(Conversation)
        .where(Conversation.id == person.conversation_id)
        .values(shown_after=shown)
    )


# `/hide`


def number_row(conversation_id: str) -> str:
    return f"platform/{conversation_id}"


async def remember_numbers(
    db: AsyncConnection, keys: KeyRing, conversation_id: str, numbers: tuple[str, ...]
) -> None:
    """Messages that stand in the chat from now on."""
    until = datetime.now(UTC) + DELETABLE
    rows = [
        {
            "conversation_id": conversation_id,
            "number_sealed": keys.seal(number, number_row(conversation_id)),
            "expires_at": until,
        }
        for number in numbers
    ]
    await db.execute(insert(PlatformMessage), rows)


async def _ask_to_hide(db: AsyncConnection, keys: KeyRing, person: Person) -> None:
    now = datetime.now(UTC)
    values = {
        "address_sealed": keys.seal(person.address, number_row(person.conversation_id)),
        "left": 0,
        "next_at": now,
        "expires_at": now + DELETABLE,
    }
    await db.execute(
        upsert(db, HideRequest)
        .values(conversation_id=person.conversation_id, **values)
        .on_conflict_do_update(index_elements=["conversation_id"], set_=values)
    )


def is_held_row() -> Any:
    """Rows of the outbox that wait for a word or an hour: a part of a query."""
    return (Outbox.state == "cancelled") & Outbox.reason.in_(REASONS.values())
