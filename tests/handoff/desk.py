"""Cases and staff as tests of the desk's rules need them: plain records, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.storage import Case, CaseState, Reason, Role, Staff

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday, noon in Bucharest


def staff(name: str, *roles: Role, **more: Any) -> Staff:
    fields: dict[str, Any] = {
        "id": name,
        "name": name,
        "shown_as": name.title(),
        "office": "ro",
        "roles": frozenset(roles or [Role.COUNSELLOR]),
    }
    return Staff(**(fields | more))


def case(**more: Any) -> Case:
    fields: dict[str, Any] = {
        "id": 42,
        "number": "RO-0042",
        "conversation_id": "c1",
        "office": "ro",
        "state": CaseState.WAITING,
        "reason": Reason.ASKED,
        "priority": 3,
        "topic": "housing",
        "locale": "uk",
        "country": "ro",
        "requested_at": NOW,
        "waiting_since": NOW,
    }
    return Case(**(fields | more))
