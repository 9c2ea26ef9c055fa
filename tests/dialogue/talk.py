"""Talks to the bot through its front door: inbox, turn, stored replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.dialogue.turn import TurnParts, take_turn
from bot.messages import Inbound
from bot.storage import Arrival, Shown, Store
from tests.people import commands, presses, says


class Talk:
    """One person's conversation. Every method returns what the bot said to it."""

    def __init__(self, store: Store, parts: TurnParts, person: str = "amina") -> None:
        self.store, self.parts, self.person = store, parts, person
        self.person_hash = store.person_hash("telegram", "1", person)
        self.last: list[Shown] = []

    async def says(self, text: str, **more: Any) -> list[Shown]:
        return await self.sends(says(text, self.person, **more))

    async def presses(self, action: str) -> list[Shown]:
        return await self.sends(presses(action, self.person))

    async def commands(self, line: str, **more: Any) -> list[Shown]:
        return await self.sends(commands(line, self.person, **more))

    async def sends(self, inbound: Inbound) -> list[Shown]:
        before = await self.seq()
        await self.store.accept([Arrival(inbound)])
        while (pending := await self.store.next_pending(self.person_hash)) is not None:
            await take_turn(pending, self.parts)
        after = await self.seq()
        lines = await self.store.transcript(self.person_hash, before if after > before else 0)
        self.last = [line for line in lines if line.author != "person"]
        return self.last

    async def presses_label(self, label: str) -> list[Shown]:
        """Press the button with this label among those last shown."""
        for line in self.last:
            for choice in line.choices:
                if choice.label == label:
                    return await self.presses(choice.action)
        raise AssertionError(f"no button {label!r} in {labels(self.last)}")

    async def seq(self) -> int:
        lines = await self.store.transcript(self.person_hash)
        return max((line.seq for line in lines), default=0)


def keys(lines: Sequence[Shown]) -> list[str]:
    """What was said, as `entry/block`, or the key of an interface string."""
    return [
        line.block if line.entry == "interface" else f"{line.entry}/{line.block}" for line in lines
    ]


def labels(lines: Sequence[Shown]) -> list[str]:
    return [choice.label for line in lines for choice in line.choices]


def actions(lines: Sequence[Shown]) -> list[str]:
    return [choice.action for line in lines for choice in line.choices]
