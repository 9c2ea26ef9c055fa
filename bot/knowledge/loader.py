"""`Knowledge` holds the current snapshot and makes a new one when files change."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import awatch

from bot.i18n import Loader, Problem, wording
from bot.i18n.lastgood import LastGood
from bot.i18n.locales import SOURCE
from bot.i18n.po import Message
from bot.knowledge.entries import MAX_BUBBLE
from bot.knowledge.flow_files import FlowJudge, no_judge
from bot.knowledge.reader import Content, Reader
from bot.knowledge.snapshot import Snapshot, utc_today
from bot.knowledge.values import Stage, Values

log = logging.getLogger(__name__)

DEBOUNCE_MS = 300


class Knowledge:
    """The one reader of `content/`; `snapshot` is replaced as a whole."""

    snapshot: Snapshot
    _whole: Snapshot  # as the files have it
    problems: tuple[Problem, ...]

    def __init__(
        self,
        root: Path,
        last_good: LastGood,
        stage: Stage,
        today: Callable[[], datetime.date] = utc_today,
        flow_judge: FlowJudge = no_judge,
    ) -> None:
        self._root = root
        self._stage: Stage = stage
        self._today = today
        self._reader = Reader(root, last_good, flow_judge)
        self._locales = Loader(root, last_good)
        self._stamp = ""
        self._withdrawn: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._read()

    @classmethod
    def open(
        cls,
        root: Path,
        var: Path | None,
        stage: Stage = "demo",
        today: Callable[[], datetime.date] = utc_today,
        flow_judge: FlowJudge = no_judge,
    ) -> Knowledge:
        """Read everything. Without `var` nothing is kept and faults have no fallback.

        `flow_judge` is `bot.flows.lint.judge`: with it, a flow with a dead end is not served.
        """
        folder = var / "last-good" if var is not None else None
        return cls(root, LastGood(folder), stage, today, flow_judge)

    def reload(self) -> bool:
        """Read what changed; True when readers see a new snapshot or new problems."""
        with self._lock:
            if stamp_of(self._root) == self._stamp:
                return False
            before = (self.snapshot.id, self.problems)
            self._read()
            return (self.snapshot.id, self.problems) != before

    def withdraw(self, names: frozenset[str]) -> bool:
        """Facts and rows that nobody is told, whatever the files say. False: it is so already."""
        with self._lock:
            if names == self._withdrawn:
                return False
            self._withdrawn = names
            self.snapshot = self._whole.without(names)
            return True

    async def watch(self, on_change: Callable[[], None] | None = None) -> None:
        """Reload when a file is saved, until cancelled."""
        folders = [self._root / name for name in ("content", "locales")]
        present = [folder for folder in folders if folder.is_dir()]
        async for _ in awatch(*present, debounce=DEBOUNCE_MS, step=50, watch_filter=_is_ours):
            try:
                changed = await asyncio.to_thread(self.reload)
            except Exception as error:  # the old snapshot serves on
                log.error("reload failed", extra={"error": type(error).__name__})
                continue
            if changed:
                log.info("content reloaded", extra={"snapshot": self.snapshot.id})
                if on_change is not None:
                    on_change()

    def _read(self) -> None:
        stamp = stamp_of(self._root)
        problems: list[Problem] = []
        content = self._reader.read(problems)
        catalogues, faults = self._locales.load(_judge(content.values))
        problems += faults
        snapshot = Snapshot(
            id="",
            stage=self._stage,
            catalogues=catalogues,
            entries=content.entries,
            cards=content.cards,
            number_labels={name: block.text for name, block in content.number_labels.items()},
            phrases=content.bank.phrases,
            phrase_groups=content.bank.groups,
            values=content.values,
            flows=content.flows,
            flow_words_english={name: block.text for name, block in content.flow_words.items()},
            places=content.places,
            today=self._today,
        )
        problems += _danger_faults(snapshot, content)
        self._whole = snapshot.named()
        self.snapshot = self._whole.without(self._withdrawn)
        self.problems = tuple(problems)
        self._stamp = stamp


def _is_ours(_change: object, path: str) -> bool:
    return path.endswith((".md", ".po", ".yaml", ".csv"))


def stamp_of(root: Path) -> str:
    """Changes whenever a file of `content/` or `locales/` does."""
    digest = hashlib.blake2b(digest_size=16)
    for folder in ("content", "locales"):
        for file in sorted((root / folder).rglob("*.*")):
            try:
                stat = file.stat()
            except OSError:
                continue
            digest.update(f"{file}|{stat.st_mtime_ns}|{stat.st_size}|{stat.st_ino}\n".encode())
    return digest.hexdigest()


def _judge(values: Values) -> Callable[[str, str, Message], str | None]:
    def judge(ctx: str, locale: str, message: Message) -> str | None:
        if wording.kind_of(ctx) != wording.ANSWER:
            return None
        length = values.length(message.strings[0], locale)
        if length <= MAX_BUBBLE:
            return None
        return f"too long: {length} characters with its facts, at most {MAX_BUBBLE}"

    return judge


def _danger_faults(snapshot: Snapshot, content: Content) -> Iterator[Problem]:
    """Every offered locale needs every card: words, cues, and what each number is."""
    wanted = [
        (card.ctx(block), card.blocks[block].text)
        for card in content.cards.values()
        for block in ("title", "cues", "first")
    ]
    wanted += [(f"lines/label/{name}", block.text) for name, block in content.number_labels.items()]
    for locale in snapshot.catalogues.locales:
        if locale == SOURCE:
            continue
        for ctx, english in wanted:
            source = None if wording.is_independent(ctx) else english
            if snapshot.catalogues.text(ctx, locale, source) is None:
                path = f"locales/{locale}/LC_MESSAGES/danger.po"
                message = f"{ctx}: no translation; the danger card falls back to English"
                yield Problem(path, 1, message)
