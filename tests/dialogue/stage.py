"""One person's turns without a database: what was said, and what becomes of the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot.dialogue.turn import TurnParts, outcome_of, play
from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from bot.messages import Inbound, Reply, Text
from bot.storage import (
    Case,
    CaseChange,
    CaseState,
    Outcome,
    Person,
    Reason,
    Store,
)
from tests.people import commands, presses, says

AMINA = Person("hash", "telegram", "1", "contact", "talk", "chat", locale="en", locale_chosen=True)


def a_case(state: CaseState = CaseState.WAITING, **more: Any) -> Case:
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "id": 7,
        "number": "RO-0007",
        "conversation_id": "talk",
        "office": "ro",
        "state": state,
        "reason": Reason.ASKED,
        "priority": 3,
        "topic": "",
        "locale": "en",
        "country": "ro",
        "requested_at": now,
        "waiting_since": now,
        "fence": int(state is not CaseState.WAITING),
    }
    if state is CaseState.CLAIMED:
        fields |= {"holder": "petra", "holder_shown_as": "Petra", "holder_seen_at": now}
    return Case(**(fields | more))


def away(**more: Any) -> Case:
    seen_at = datetime.now(UTC) - timedelta(minutes=3)
    return a_case(CaseState.CLAIMED, holder_seen_at=seen_at, **more)


def without_store(knowledge: Knowledge, understanding: Understanding) -> TurnParts:
    return TurnParts(cast(Store, None), knowledge, understanding)


class Stage:
    """Plays turns one after another. The case stays what the test makes of it."""

    def __init__(self, parts: TurnParts, country: str = "ro", **person: Any) -> None:
        self.parts = parts
        self.person = replace(AMINA, country=country, **person)
        self.last: Outcome | None = None
        self.heard = ""  # what the transcript holds of the last message

    async def says(self, text: str, **more: Any) -> list[str]:
        return await self.sends(says(text, **more))

    async def presses(self, action: str) -> list[str]:
        return await self.sends(presses(action))

    async def commands(self, line: str, **more: Any) -> list[str]:
        return await self.sends(commands(line, **more))

    async def sends(self, inbound: Inbound) -> list[str]:
        """Keys of what was said."""
        scene = await play(self.person, inbound, self.parts)
        self.heard = scene.said or inbound.text
        self.last = outcome_of(scene, inbound)
        self.person = self.last.person
        return [_key(reply) for reply in self.last.replies]

    @property
    def change(self) -> CaseChange | None:
        return self.last.case if self.last else None

    @property
    def replies(self) -> Sequence[Reply]:
        return self.last.replies if self.last else ()

    @property
    def actions(self) -> list[str]:
        return [choice.action for reply in self.replies for choice in reply.choices]

    def has(self, case: Case | None) -> Stage:
        self.person = replace(self.person, case=case)
        return self


def _key(reply: Reply) -> str:
    origin = reply.origin
    return origin.block if origin.entry == "interface" else f"{origin.entry}/{origin.block}"


async def in_an_hour(_: Case) -> Sequence[Text]:
    return (Text("queue_place", "Your place in the queue: {place}.").having(place=4),)
