"""What the Bot API remembers for one bot: chats, messages, waiting updates, limits."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.bot_api_files import Files
from tests.fakes.bot_api_rules import Refusal, bad

Json = dict[str, Any]
KEPT_S = 24 * 3600  # an unfetched update is forgotten after a day
NOT_BY_DEFAULT = ("chat_member", "message_reaction", "message_reaction_count")


@dataclass
class Message:
    """One message of a chat, as it stands now."""

    raw: Json
    by_bot: bool
    given: str  # the text before the server cleaned and trimmed it
    at: float
    deleted: bool = False

    @property
    def id(self) -> int:
        return int(self.raw["message_id"])


@dataclass(frozen=True)
class Seen:
    """One line of what a person sees."""

    id: int
    by: Literal["bot", "person"]
    text: str
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def buttons(self) -> tuple[str, ...]:
        return tuple(label for row in self.rows for label in row)


class Signal:
    """Wakes everybody who waits for a change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def fire(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            self._waiting.discard(future)


@dataclass
class Chat:
    raw: Json
    user: Json | None = None
    state: Literal["new", "member", "kicked", "gone"] = "new"
    messages: list[Message] = field(default_factory=list)
    changed: Signal = field(default_factory=Signal)

    @property
    def id(self) -> int:
        return int(self.raw["id"])

    def message(self, number: int) -> Message | None:
        there = (m for m in self.messages if m.id == number and not m.deleted)
        return next(there, None)


@dataclass
class Webhook:
    url: str = ""
    secret: str = ""
    max_connections: int = 40
    last_error_at: int = 0
    last_error: str = ""


@dataclass
class Query:
    """One pressed button, until the bot answers it."""

    chat: int
    at: float
    answer: str | None = None


class Limits:
    """1 message a second to a chat with a small burst, 30 a second in all, 20 a minute a group."""

    def __init__(self, clock: Callable[[], float], burst: int = 3) -> None:
        self.on = False
        self.burst = burst
        self._clock = clock
        self._sent: dict[int, list[float]] = {}
        self._all: list[float] = []
        self.refused = 0

    def check(self, chat: int) -> None:
        now = self._clock()
        mine = [at for at in self._sent.get(chat, []) if at > now - 60]
        self._all = [at for at in self._all if at > now - 1]
        wait_s = self._wait(now, chat, mine)
        if self.on and wait_s > 0:
            self.refused += 1
            seconds = max(1, math.ceil(wait_s))
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", seconds)
        self._sent[chat] = [*mine, now]
        self._all.append(now)

    def _wait(self, now: float, chat: int, mine: list[float]) -> float:
        wait_s = self._all[0] + 1 - now if len(self._all) >= 30 else 0.0
        if chat < 0 and len(mine) >= 20:
            wait_s = max(wait_s, mine[-20] + 60 - now)
        ready_at = 0.0  # when a bucket of `burst` that refills at 1/s has one to give
        for at in mine:
            ready_at = max(ready_at, at) + 1
        return max(wait_s, ready_at - (self.burst - 1) - now) if mine else wait_s


class State:
    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        bot_id = token.partition(":")[0]
        self.token = token
        self.clock = clock
        self.me: Json = {
            "id": int(bot_id) if bot_id.isdecimal() else 1,
            "is_bot": True,
            "first_name": "Punte",
            "username": "punte_test_bot",
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        self.chats: dict[int, Chat] = {}
        self.pending: list[tuple[float, Json]] = []
        self.updates: list[Json] = []  # every update there ever was, in order
        self.next_update_id = 1000
        self.allowed: tuple[str, ...] | None = None
        self.webhook = Webhook()
        self.queries: dict[str, Query] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.menu_button: Json = {"type": "default"}
        self.actions: list[tuple[int, str]] = []
        self.limits = Limits(clock)
        self.changed = Signal()
        self.files = Files()
        self._messages = 0

    @property
    def now(self) -> int:
        return int(self.clock())

    def message_id(self) -> int:
        self._messages += 1
        return self._messages

    def arrive(self, kind: str, content: Any) -> int:
        """Make an update. Types the bot did not ask for are dropped, as the real server does."""
        update = {"update_id": self.next_update_id, kind: content}
        self.next_update_id += 1
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if wanted:
            self.push(update)
        return int(update["update_id"])

    def push(self, update: Any) -> None:
        """Queue an update as it is, however odd."""
        self.updates.append(update)
        self.pending.append((self.clock(), update))
        self.changed.fire()

    def waiting(self) -> list[Json]:
        oldest = self.clock() - KEPT_S
        self.pending = [item for item in self.pending if item[0] > oldest]
        return [update for _, update in self.pending]

    def confirm_below(self, offset: int) -> None:
        self.pending = [item for item in self.pending if _number(item[1]) >= offset]
        self.changed.fire()

    def drop(self, update: Any) -> None:
        self.pending = [item for item in self.pending if item[1] is not update]
        self.changed.fire()

    def chat_to_write_to(self, chat_id: str) -> Chat:
        """The chat, if the bot may send to it."""
        if not chat_id:
            raise bad("chat_id is empty")
        number = int(chat_id) if chat_id.lstrip("-").isdecimal() else 0
        chat = self.chats.get(number)
        if chat is None:
            raise bad("chat not found")
        if chat.state == "kicked":
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat.state == "gone":
            raise Refusal(403, "Forbidden: user is deactivated")
        if chat.state == "new":
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def add_message(self, chat: Chat, by_bot: bool, given: str, **content: Any) -> Message:
        author = self.me if by_bot else chat.user
        raw = {"message_id": self.message_id(), "chat": chat.raw, "date": self.now}
        raw |= {"from": author} if author else {"sender_chat": chat.raw}
        message = Message(raw | content, by_bot, given, self.clock())
        chat.messages.append(message)
        chat.changed.fire()
        self.changed.fire()
        return message

    def transcript(self, chat_id: int) -> list[Seen]:
        """What the chat shows now, top to bottom."""
        return [_seen(m) for m in self.chats[chat_id].messages if not m.deleted]

    def repeated(self, chat_id: int) -> dict[tuple[str, tuple[str, ...]], int]:
        """Bot messages that came more than once with the same text and buttons, and how often."""
        lines = [line for line in self.transcript(chat_id) if line.by == "bot"]
        counts = Counter((line.text, line.buttons) for line in lines)
        return {line: count for line, count in counts.items() if count > 1}


def _number(update: Any) -> float:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else math.inf


def _seen(message: Message) -> Seen:
    raw = message.raw
    kinds = ("voice", "photo", "sticker", "document", "location", "contact")
    other = next((f"[{kind}]" for kind in kinds if kind in raw), "")
    text = raw.get("text") or " ".join(filter(None, (other, raw.get("caption", ""))))
    rows = raw.get("reply_markup", {}).get("inline_keyboard", [])
    labels = tuple(tuple(button["text"] for button in row) for row in rows)
    return Seen(message.id, "bot" if message.by_bot else "person", text, labels)
