"""Many people at once, and the books that are balanced at the end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from bot.channels.telegram_format import layout
from bot.messages import Reply
from bot.storage import Shown
from tests.fakes.bot_api import BotApi, Person
from tests.faults.service import Disk

QUESTIONS = ("/help {mark}", "/help {mark}", "/menu {mark}", "{mark} minimum wage in romania")


@dataclass
class Crowd:
    """Sends numbered messages, each with a mark of its own, and remembers their updates."""

    api: BotApi
    size: int
    seed: int
    people: list[Person] = field(default_factory=list)
    said: dict[int, list[str]] = field(default_factory=dict)
    updates: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.people = [
            self.api.person(f"Person {n}", number=800_000_000 + n) for n in range(self.size)
        ]
        self.said = {person.id: [] for person in self.people}

    def say_one(self) -> None:
        mark = f"q{len(self.updates):05d}"
        person = self.chance.choice(self.people)
        sent = self.chance.choice(QUESTIONS).format(mark=mark)
        self.said[person.id].append(sent.removeprefix("/help ").removeprefix("/menu "))
        self.updates.append(self.api.state.next_update_id)
        person.sends(sent)

    async def talk(self, messages: int, per_second: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(messages):
            await asyncio.sleep(max(0.0, began + number / per_second - loop.time()))
            self.say_one()

    def acknowledged(self) -> list[int]:
        waiting = {update["update_id"] for update in self.api.state.waiting()}
        return [number for number in self.updates if number not in waiting]


@dataclass
class Books:
    """What the balance shows."""

    messages: int = 0
    replies: int = 0
    duplicates: int = 0
    uncertain: int = 0  # "may not have arrived": both of its answers were lost
    missing: int = 0  # of the uncertain, those that did not arrive

    def __str__(self) -> str:
        return (
            f"{self.messages} messages stored once each, {self.replies} replies;"
            f" {self.duplicates} sent twice because a kill took the answer,"
            f" {self.uncertain} uncertain, {self.missing} of these not arrived"
        )


async def check_acknowledged(crowd: Crowd, acknowledged: list[int], disk: Disk) -> None:
    stored = await disk.stored_events()
    lost = [number for number in acknowledged if disk.event_hash(number) not in stored]
    assert not lost, f"acknowledged and not stored: {lost}"


async def balance(crowd: Crowd, disk: Disk, interrupted: set[int]) -> Books:
    """Every message once, in order and answered; every reply arrived; every repeat excused.

    `interrupted`: the outbox rows that were on their way when a process died. Only these may
    arrive twice: their answers were lost, on the line or with the process that read them.
    """
    books = Books(messages=len(crowd.updates))
    await check_acknowledged(crowd, crowd.updates, disk)
    assert await disk.count("SELECT count(*) FROM inbox") == len(crowd.updates)
    doubts = await _doubts(disk)
    doubted = {d.row for of_one in doubts.values() for d in of_one.values() if d.doubts}
    assert doubted <= interrupted, "in doubt although nothing had died"
    for person in crowd.people:
        lines = await disk.lines(person)
        _check_said(crowd.said[person.id], lines)
        mine = doubts.get(disk.person_hash(person), {})
        _check_arrived(person, lines, mine, books)
    return books


def _check_said(said: list[str], lines: list[Shown]) -> None:
    assert [line.text for line in lines if line.author == "person"] == said
    for line, following in zip(lines, [*lines[1:], None], strict=False):
        is_answered = following is not None and following.author == "bot"
        assert line.author == "bot" or is_answered, f"{line.text} has no reply"


@dataclass(frozen=True)
class _Doubt:
    row: int
    doubts: int
    ids: tuple[int, ...]


async def _doubts(disk: Disk) -> dict[str, dict[int, _Doubt]]:
    rows = await disk.rows(
        "SELECT c.person_hash, o.id, o.seq, o.doubts, o.platform_ids FROM outbox o"
        " JOIN conversation v ON v.id = o.conversation_id JOIN contact c ON c.id = v.contact_id"
    )
    found: dict[str, dict[int, _Doubt]] = {}
    for row in rows:
        ids = tuple(int(number) for number in row["platform_ids"].split(",") if number)
        found.setdefault(row["person_hash"], {})[row["seq"]] = _Doubt(row["id"], row["doubts"], ids)
    return found


def _check_arrived(
    person: Person,
    lines: list[Shown],
    mine: dict[int, _Doubt],
    books: Books,
) -> None:
    shown = {line.id: line.text for line in person.bot_lines}
    known: list[int] = []
    in_doubt: Counter[str] = Counter()
    lost: list[str] = []
    for line in (line for line in lines if line.author == "bot"):
        books.replies += 1
        doubt, text = mine[line.seq], _as_shown(line)
        in_doubt[text] += doubt.doubts + (line.state == "uncertain")
        if line.state == "sent":
            assert doubt.ids and [shown[n] for n in doubt.ids] == [text]
            known += doubt.ids
            continue
        assert line.state == "uncertain" and doubt.doubts, (line.state, doubt)
        books.uncertain += 1
        lost.append(text)
    assert known == sorted(known), "out of order"
    extra = [number for number in shown if number not in set(known)]
    copies = Counter(shown[number] for number in extra)
    for text in lost:
        books.missing += not copies[text]
        copies[text] -= copies[text] > 0
    assert all(count <= in_doubt[text] for text, count in copies.items())
    books.duplicates += copies.total()


def _as_shown(line: Shown) -> str:
    [part] = layout(Reply(line.text, line.choices), "ltr")
    return part.text.strip()
