"""Reads `content/` and remembers unchanged files; a fault keeps the last good text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.i18n.lastgood import LastGood, settle
from bot.i18n.po import Problem
from bot.knowledge import blocks, entries, facts, flow_files, flow_spoken, phrases, places
from bot.knowledge.blocks import Block, Document
from bot.knowledge.entries import Card, Entry
from bot.knowledge.facts import Fact, Row, Sheet
from bot.knowledge.flow_files import FlowJudge, no_judge
from bot.knowledge.flow_model import Flow
from bot.knowledge.phrases import Bank, Group, ReplySets
from bot.knowledge.places import City, Places, Serves
from bot.knowledge.values import Values

T = TypeVar("T")
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Content:
    """All of `content/`, in English."""

    values: Values
    entries: Mapping[str, Entry]
    cards: Mapping[str, Card]
    number_labels: Mapping[str, Block]  # row id -> label on a danger card
    bank: Bank
    flows: Mapping[str, Flow]
    flow_words: Mapping[str, Block]  # "yes" -> what people say for it
    places: Places


@dataclass
class Reader:
    root: Path
    last_good: LastGood
    flow_judge: FlowJudge = no_judge
    _cache: dict[str, tuple[Stamp, bytes]] = field(default_factory=dict)
    _parsed: dict[str, tuple[bytes, object]] = field(default_factory=dict)

    def read(self, problems: list[Problem]) -> Content:
        values = Values.of(
            self._sheets("content/facts", "*.yaml", facts.read_facts, Fact, problems),
            self._sheets("content/directory", "*.csv", facts.read_directory, Row, problems),
        )
        found: dict[str, Entry] = {}
        for path in self._files("content/faq/*", "*.md"):
            entry = self._document(path, "question", entries.entry_of, values, problems)
            if entry is not None and entry.id in found:
                problems.append(Problem(path, 1, f"{entry.id} is also in {found[entry.id].path}"))
            elif entry is not None:
                found[entry.id] = entry
        cards: dict[str, Card] = {}
        for path in self._files("content/danger", "*.md"):
            if path.endswith("/lines.md"):
                continue
            card = self._document(path, "title", entries.card_of, values, problems)
            if card is not None:
                cards[card.id] = card
        labels = self._labels(values, problems)
        bank = self._bank(values, problems)
        flows = self._flows(values, problems)
        spoken = self._flow_words(problems)
        where = Places(
            self._sheets(places.FOLDER, places.CITIES, places.read_cities, City, problems),
            self._sheets(places.FOLDER, places.SERVES, places.read_serves, Serves, problems),
        )
        content = Content(values, found, _by_plan(cards), labels, bank, flows, spoken, where)
        problems.extend(_cross_faults(content))
        return content

    def _files(self, folder: str, pattern: str) -> list[str]:
        return [
            file.relative_to(self.root).as_posix()
            for file in sorted(self.root.glob(f"{folder}/{pattern}"))
            if file.is_file()
        ]

    def _bytes(self, path: str) -> bytes:
        """The file's content; the same object as long as the file is unchanged."""
        file = self.root / path
        stat = file.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        cached = self._cache.get(path)
        if cached is None or cached[0] != stamp:
            cached = (stamp, file.read_bytes())
            self._cache[path] = cached
        return cached[1]

    def _sheets(
        self,
        folder: str,
        pattern: str,
        read: Callable[[str, bytes], Sheet[T]],
        kind: type[T],
        problems: list[Problem],
    ) -> dict[str, T]:
        merged: dict[str, T] = {}
        for path in self._files(folder, pattern):
            try:
                data = self._bytes(path)
                known = self._parsed.get(path)
                sheet = known[1] if known and known[0] is data else read(path, data)
            except OSError as error:
                data, sheet = b"", Sheet[T](path).refuse(1, f"cannot be read: {error.strerror}")
            assert isinstance(sheet, Sheet)
            self._parsed[path] = (data, sheet)
            problems += sheet.problems
            for name in merged.keys() & sheet.good.keys():
                line = sheet.lines.get(name, 1)
                problems.append(Problem(path, line, f"{name} is also in another file"))
            merged.update(self._settled(sheet, kind))
        return merged

    def _settled(self, sheet: Sheet[T], kind: type[T]) -> dict[str, T]:
        if sheet.is_refused:
            return self.last_good.get(sheet.path, kind)
        good = sheet.good
        if sheet.broken:
            last = self.last_good.get(sheet.path, kind)
            good = settle(good, sheet.broken, last, keep_absent="" in sheet.broken)
        self.last_good.put(sheet.path, good)
        return good

    def _document(
        self,
        path: str,
        heading: str,
        make: Callable[[Document], T | None],
        values: Values,
        problems: list[Problem],
    ) -> T | None:
        """What a file means; with a fault in it, what its last good text meant."""
        try:
            data = self._bytes(path)
        except OSError as error:
            problems.append(Problem(path, 1, f"the file cannot be read: {error.strerror}"))
            data = b""
        made, faults = _make(path, data, heading, make, values)
        if data:
            problems += faults
        if made is not None and not faults:
            self.last_good.put(path, {"text": data.decode()})
            return made
        last = self.last_good.get(path, str).get("text")
        if last is None:
            return None
        return _make(path, last.encode(), heading, make, values)[0]

    def _flows(self, values: Values, problems: list[Problem]) -> dict[str, Flow]:
        flows: dict[str, Flow] = {}
        facts = hashlib.blake2b(repr(values).encode(), digest_size=16).digest()
        for path in self._files(flow_files.FOLDER, "*.yaml"):
            if path.endswith(f"/{flow_files.WORDS}.yaml"):
                continue
            flow = self._good(path, lambda p, d: self._flow(p, d, values, facts), problems)
            if flow is not None:
                flows[flow.id] = flow
        return flows

    def _flow(
        self, path: str, data: bytes, values: Values, facts: bytes
    ) -> tuple[Flow | None, list[Problem]]:
        """Judged once as long as its file and the facts stay."""
        known = self._parsed.get(path)
        stamp = data + facts
        if known is not None and known[0] == stamp:
            return known[1]  # type: ignore[return-value]
        found = flow_files.judged(path, data, values, self.flow_judge)
        self._parsed[path] = (stamp, found)
        return found

    def _flow_words(self, problems: list[Problem]) -> dict[str, Block]:
        path = f"{flow_files.FOLDER}/{flow_files.WORDS}.yaml"
        if not (self.root / path).is_file():
            return {}
        words = self._good(path, flow_files.read_words, problems) or {}
        for other in flow_spoken.files(self.root):
            spoken = self._good(other, flow_files.read_words, problems) or {}
            words |= {flow_spoken.name_of(other, name): block for name, block in spoken.items()}
        return words

    def _good(
        self,
        path: str,
        make: Callable[[str, bytes], tuple[T | None, list[Problem]]],
        problems: list[Problem],
    ) -> T | None:
        """What a file means; with an error in it, what its last good text meant."""
        try:
            data = self._bytes(path)
        except OSError as error:
            problems.append(Problem(path, 1, f"the file cannot be read: {error.strerror}"))
            data = b""
        made, faults = make(path, data) if data else (None, [])
        problems += faults
        if made is not None and all(fault.severity == "warning" for fault in faults):
            self.last_good.put(path, {"text": data.decode()})
            return made
        last = self.last_good.get(path, str).get("text")
        return make(path, last.encode())[0] if last is not None else None

    def _labels(self, values: Values, problems: list[Problem]) -> dict[str, Block]:
        path = "content/danger/lines.md"
        if not (self.root / path).is_file():
            return {}
        found = self._document(path, "title", lambda document: document, values, problems)
        if found is None:
            return {}
        return {
            name.removeprefix("label/"): block
            for name, block in found.blocks.items()
            if name.startswith("label/")
        }

    def _bank(self, values: Values, problems: list[Problem]) -> Bank:
        sets: ReplySets | None = None
        groups: list[Group] = []
        for path in self._files("content/phrases", "*.md"):
            if path.endswith(f"/{phrases.SETS}.md"):
                make = phrases.reply_sets_of
                sets = self._document(path, "title", make, values, problems)
                continue
            group = self._document(path, "title", phrases.group_of, values, problems)
            if group is not None:
                groups.append(group)
        return phrases.bank_of(groups, sets, problems)


def _make(
    path: str,
    data: bytes,
    heading: str,
    make: Callable[[Document], T | None],
    values: Values,
) -> tuple[T | None, list[Problem]]:
    document = blocks.read(path, data, heading=heading)
    made = make(document)
    numbers = entries.short_numbers(values.rows)
    for line, fault in entries.reference_faults(document, values, numbers):
        document.fail(line, fault)
    if isinstance(made, Entry):
        for fault in entries.link_faults(made, values):
            document.fail(document.line_of("buttons"), fault)
    return made, document.problems


def _by_plan(cards: Mapping[str, Card]) -> dict[str, Card]:
    """Cards from D1 to D9, whatever their files are called."""
    ordered = sorted(cards.values(), key=lambda card: (len(card.front.plan), card.front.plan))
    return {card.id: card for card in ordered}


def _cross_faults(content: Content) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Entry] = {}
    for entry in content.entries.values():
        twin = seen.setdefault((entry.intent, entry.country), entry)
        if twin is not entry:
            message = f"{twin.id} has the same intent, {entry.intent}, in the same country"
            yield Problem(entry.path, entry.lines.get("intent", 1), message)
        line = entry.lines.get("buttons", 1)
        for spec in entry.buttons:
            if spec.kind == "entry" and spec.target not in content.entries:
                yield Problem(entry.path, line, f"button entry:{spec.target}: no such entry")
            if spec.kind == "danger" and spec.target not in content.cards:
                yield Problem(entry.path, line, f"button danger:{spec.target}: no such card")
            if spec.kind == "flow" and spec.target not in content.flows:
                message = f"button flow:{spec.target} is hidden: there is no such flow yet"
                yield Problem(entry.path, line, message, "warning")
    for card in content.cards.values():
        yield from _number_faults(card, content)
    for flow in content.flows.values():
        for fault_line, message in flow_files.link_faults(
            flow, content.entries, content.cards, content.flows
        ):
            yield Problem(flow.path, fault_line, message)


def _number_faults(card: Card, content: Content) -> Iterator[Problem]:
    line = card.lines.get("numbers", 1)
    for row_id in (row for rows in card.front.numbers.values() for row in rows):
        row = content.values.rows.get(row_id)
        column = row.contact if row else "phone"
        fault = content.values.fault(f"{row_id.replace('-', '_')}_{column}")
        if fault is not None:
            yield Problem(card.path, line, f"numbers: {fault}")
        if row_id not in content.number_labels:
            message = f"numbers: {row_id} has no `## label: {row_id}` in lines.md"
            yield Problem(card.path, line, message)
