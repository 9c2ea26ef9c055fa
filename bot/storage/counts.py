"""What is counted beside a turn: votes on answers, and questions nobody answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import LargeBinary, and_, case, insert, literal
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import inbox
from bot.storage.crypto import KeyRing
from bot.storage.models import Feedback, Unanswered
from bot.storage.records import Outcome

UNANSWERED_KEPT = timedelta(days=90)
ASKED_BY = 5


async def add(db: AsyncConnection, keys: KeyRing, outcome: Outcome) -> None:
    now = datetime.now(UTC)
    if outcome.vote is not None:
        vote = outcome.vote
        await db.execute(
            insert(Feedback).values(
                entry=vote.entry,
                locale=vote.locale,
                snapshot=vote.snapshot,
                helped=vote.helped,
                created_at=now,
            )
        )
    if outcome.unanswered:
        person = outcome.person
        text_hash = keys.digest("unanswered", outcome.unanswered)
        row = f"unanswered/{text_hash}"
        sample = None if person.keeps_nothing else keys.seal(outcome.unanswered[:200], row)
        # What fewer than five people asked stays theirs.
        is_common = and_(Unanswered.asked + 1 >= ASKED_BY, Unanswered.sample_sealed.is_(None))
        sampled = case((is_common, literal(sample, LargeBinary)), else_=Unanswered.sample_sealed)
        await db.execute(
            inbox.upsert(db, Unanswered)
            .values(
                text_hash=text_hash,
                locale=person.locale,
                country=person.country,
                asked=1,
                sample_sealed=None,
                expires_at=now + UNANSWERED_KEPT,
            )
            .on_conflict_do_update(
                index_elements=["text_hash", "locale", "country"],
                set_={"asked": Unanswered.asked + 1, "sample_sealed": sampled},
            )
        )
