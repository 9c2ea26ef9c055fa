"""Cues, the NLU client and its stand-in, always of the current content snapshot."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.dialogue.danger import CueMatcher, Sure
from bot.knowledge import Knowledge, Snapshot
from bot.lexical import Lexical
from bot.nlu_client import NluClient, NluUnavailable, Parse
from bot.training_data import every_example

log = logging.getLogger(__name__)

Examples = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class _Built:
    snapshot_id: str
    matcher: CueMatcher
    lexical: Lexical
    questions: frozenset[str]


class Understanding:
    """One parse per text: the NLU server when it is well, else `lexical`."""

    def __init__(self, knowledge: Knowledge, client: NluClient | None, system: Examples) -> None:
        """`system`: examples of the intents that are not questions (nlu/data)."""
        self._knowledge, self._client, self._system = knowledge, client, system
        self._built = self._build(knowledge.snapshot)

    def refresh(self) -> None:
        """Read the current snapshot. Heavy: call it in a thread when content changed."""
        if self._knowledge.snapshot.id != self._built.snapshot_id:
            self._built = self._build(self._knowledge.snapshot)

    def _build(self, snapshot: Snapshot) -> _Built:
        examples = snapshot.examples()
        return _Built(
            snapshot.id,
            CueMatcher(snapshot.cues()),
            Lexical(every_example(snapshot, self._system)),
            frozenset(examples) | {"human"},
        )

    @property
    def questions(self) -> frozenset[str]:
        """Intents that lead to an answer or to a person."""
        return self._built.questions

    @property
    def intents(self) -> frozenset[str]:
        """Every intent a parse may name."""
        return self._built.questions | frozenset(self._system)

    @property
    def by(self) -> str:
        return "rasa" if self._client is not None and self._client.available else "lexical"

    def cards(self, text: str) -> tuple[str, ...]:
        """Danger cards whose cues stand in a text."""
        return tuple(self.dangers(text))

    def dangers(self, text: str) -> dict[str, Sure]:
        """The same cards, with how certain each is."""
        return self._built.matcher.find(text) if text else {}

    def is_urgent(self, text: str) -> bool:
        return bool(self.cards(text))

    async def parse(self, text: str, locale: str) -> Parse:
        if self._client is not None:
            try:
                return await self._client.parse(text, locale)
            except NluUnavailable as error:
                log.info("nlu unavailable", extra={"reason": str(error)})
        return self._built.lexical.parse(text, locale)
