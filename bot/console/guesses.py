"""The closest known questions to what a person wrote: a guess, and shown as one."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from bot.console.visit import Guess, Visit
from bot.i18n import format_percent
from bot.storage import Case, Shown

MOST = 2
LEAST = 0.3  # less is noise
KEPT = 2000  # answers that are remembered, by a hash of the text


class Guessed(NamedTuple):
    question: str
    percent: str
    ref: str


class Remembered:
    """Asks once for each text: a page is drawn again with every new line."""

    def __init__(self, guess: Guess) -> None:
        self._guess = guess
        self._known: OrderedDict[bytes, tuple[tuple[str, float], ...]] = OrderedDict()

    async def __call__(self, text: str, locale: str) -> Sequence[tuple[str, float]]:
        key = hashlib.sha256(f"{locale}\0{text}".encode("utf-8", "replace")).digest()
        if key not in self._known:
            self._known[key] = tuple(await self._guess(text, locale))
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


async def guesses_for(visit: Visit, case: Case, shown: Shown) -> list[Guessed]:
    if shown.author != "person" or shown.kind not in ("text", "edit") or not shown.text.strip():
        return []
    intents = await visit.parts.guess(shown.text, shown.locale or case.locale)
    found: list[Guessed] = []
    for intent, confidence in intents:
        entry = visit.snapshot.entry_for(intent, case.country or None)
        if entry is None or confidence < LEAST:
            continue
        question = visit.snapshot.question(entry.id, visit.staff.locale)
        percent = format_percent(round(100 * confidence), visit.staff.locale)
        found.append(Guessed(question, percent, f"e:{entry.id}"))
    return found[:MOST]
