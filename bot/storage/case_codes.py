"""Codes that bring a conversation to whoever types them: kept as keyed hashes, used once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.crypto import KeyRing
from bot.storage.desk_models import Handoff
from bot.storage.desk_more_models import ResumeCode, ResumeTry
from bot.storage.desk_records import CaseState, CodeTrouble, FoundCode, NewCode
from bot.storage.inbox import upsert
from bot.storage.models import Contact, Conversation
from bot.storage.records import Person, TurnConflict

MOST_WRONG = 5  # codes, within an hour
TRY_AGAIN_AFTER = timedelta(hours=1)


def _hash(keys: KeyRing, code: str) -> str:
    return keys.digest("resume code", code)


async def make_code(db: AsyncConnection, keys: KeyRing, conversation_id: str, new: NewCode) -> None:
    await db.execute(delete(ResumeCode).where(ResumeCode.conversation_id == conversation_id))
    expires_at = datetime.now(UTC) + new.valid
    await db.execute(
        insert(ResumeCode).values(
            code_hash=_hash(keys, new.code), conversation_id=conversation_id, expires_at=expires_at
        )
    )


async def find_code(
    db: AsyncConnection, keys: KeyRing, person: Person, code: str
) -> FoundCode | CodeTrouble:
    """What a code would lead this person to. Whoever guessed too often is not told."""
    now = datetime.now(UTC)
    tried = ResumeTry.conversation_id == person.conversation_id
    failures = await db.scalar(select(ResumeTry.failures).where(tried, ResumeTry.expires_at > now))
    if failures is not None and failures >= MOST_WRONG:
        return CodeTrouble.TOO_MANY
    row = (
        await db.execute(
            select(ResumeCode.conversation_id, Contact.locale)
            .join(Conversation, Conversation.id == ResumeCode.conversation_id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(ResumeCode.code_hash == _hash(keys, code), ResumeCode.expires_at > now)
        )
    ).first()
    if row is None:
        return CodeTrouble.WRONG
    number = await db.scalar(
        select(Handoff.number)
        .where(Handoff.conversation_id == row.conversation_id, Handoff.state != CaseState.CLOSED)
        .limit(1)
    )
    is_here = row.conversation_id == person.conversation_id
    return FoundCode(number or "", row.locale, is_here)


async def count_wrong(db: AsyncConnection, conversation_id: str) -> None:
    now = datetime.now(UTC)
    await db.execute(delete(ResumeTry).where(ResumeTry.expires_at <= now))
    again = upsert(db, ResumeTry).values(
        conversation_id=conversation_id, failures=1, expires_at=now + TRY_AGAIN_AFTER
    )
    await db.execute(
        again.on_conflict_do_update(
            index_elements=["conversation_id"], set_={"failures": ResumeTry.failures + 1}
        )
    )


async def spend(db: AsyncConnection, keys: KeyRing, code: str) -> str:
    now = datetime.now(UTC)
    used = await db.execute(
        delete(ResumeCode)
        .where(ResumeCode.code_hash == _hash(keys, code), ResumeCode.expires_at > now)
        .returning(ResumeCode.conversation_id)
    )
    conversation_id = used.scalar()
    if conversation_id is None:
        raise TurnConflict  # somebody was faster: the turn is taken again, and says so
    return conversation_id
