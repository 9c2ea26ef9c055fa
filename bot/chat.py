"""A conversation in one process: every part of a turn, a database of its own, no web server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bot.dialogue.turn import TurnParts, take_turn
from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from bot.messages import Inbound
from bot.nlu_client import NluClient, address_of, system_examples
from bot.settings import Settings
from bot.storage import Arrival, Shown, Store, migrate, open_store


class Conversation:
    """`say` takes one message through a whole turn."""

    def __init__(self, store: Store, parts: TurnParts) -> None:
        self._store, self._parts = store, parts
        self._seen = 0

    @property
    def locales(self) -> tuple[str, ...]:
        return self._parts.knowledge.snapshot.catalogues.locales

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings, folder: Path) -> AsyncIterator[Conversation]:
        """`folder` holds the database and goes afterwards. Uses the running NLU server, if any."""
        path = folder / "chat.sqlite3"
        migrate("", path)
        store = await open_store("", path, folder / "keys")
        knowledge = Knowledge.open(settings.root, None, settings.stage)  # type: ignore[arg-type]
        system = system_examples(settings.root / "nlu")
        client = await _client(settings, knowledge, frozenset(system))
        parts = TurnParts(store, knowledge, Understanding(knowledge, client, system))
        try:
            yield cls(store, parts)
        finally:
            if client is not None:
                await client.close()
            await store.close()

    async def say(self, inbound: Inbound) -> Sequence[Shown]:
        """One message in, the new bubbles out."""
        receipt = (await self._store.accept([Arrival(inbound)]))[0]
        pending = await self._store.next_pending(receipt.person_hash)
        if pending is None:
            return ()
        await take_turn(pending, self._parts)
        lines = await self._store.transcript(receipt.person_hash, self._seen)
        self._seen = max((line.seq for line in lines), default=0)
        return [line for line in lines if line.author != "person"]


async def _client(
    settings: Settings, knowledge: Knowledge, system: frozenset[str]
) -> NluClient | None:
    intents = frozenset(knowledge.snapshot.examples()) | system | {"human"}
    if settings.nlu == "off":
        return None
    client = NluClient(address_of(settings.nlu, settings.var), lambda: intents)
    if await client.probe():
        return client
    await client.close()
    return None
