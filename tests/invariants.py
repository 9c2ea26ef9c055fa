"""TRUST.md's invariants that can be read from the database, checked after every test."""

from __future__ import annotations

from sqlalchemy import text

from bot.storage import Store

_MUST_BE_EMPTY = {
    "I1 an event is stored once": (
        "SELECT event_hash FROM inbox GROUP BY event_hash HAVING count(*) > 1"
    ),
    "I2 a consumed event keeps nothing of what was written": (
        "SELECT id FROM inbox WHERE state = 'done' AND payload_sealed IS NOT NULL"
    ),
    "I3 numbers in a conversation have no gap and no repeat beyond its last": (
        "SELECT m.conversation_id FROM message m JOIN conversation c ON c.id = m.conversation_id"
        " WHERE m.seq > c.last_seq OR m.seq < 1"
    ),
    "I4 every case has a history": (
        "SELECT id FROM handoff h WHERE NOT EXISTS"
        " (SELECT 1 FROM handoff_event e WHERE e.handoff_id = h.id)"
    ),
    "I5 sent is never said unless it was attempted": (
        "SELECT id FROM outbox WHERE state = 'sent' AND attempts = 0"
    ),
    "I9 what the bot had queued before a claim does not go out": (
        "SELECT o.id FROM outbox o JOIN handoff h ON h.conversation_id = o.conversation_id"
        " WHERE h.state = 'claimed' AND o.lane = 2 AND o.state = 'pending'"
        " AND o.created_at < h.claimed_at"
    ),
    "I6 what people write is sealed with a named key": (
        "SELECT conversation_id FROM message WHERE body_sealed IS NOT NULL"
        " AND length(body_sealed) < 20"
    ),
}


async def check(store: Store) -> None:
    for name, query in _MUST_BE_EMPTY.items():
        rows = await store._db.read(lambda db, q=query: db.execute(text(q)))  # type: ignore[misc]
        found = rows.fetchall()
        assert not found, f"{name}: {found[:5]}"
