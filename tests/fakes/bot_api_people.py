"""The other side of the chat: people who write, press and block, and see what the bot shows."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fakes.bot_api_rules import found_entities
from tests.fakes.bot_api_state import Chat, Json, Query, Seen, State


class Person:
    """One Telegram user in a private chat with the bot."""

    def __init__(self, state: State, number: int, name: str, language: str) -> None:
        self._state = state
        self.id = number
        self.user: Json = {"id": number, "is_bot": False, "first_name": name}
        self.user |= {"language_code": language} if language else {}
        self.chat = state.chats.setdefault(
            number, Chat({"id": number, "type": "private", "first_name": name}, self.user)
        )
        self._heard = 0

    def sends(self, text: str) -> int:
        """Write a message; "/start payload" too. Returns its message id."""
        entities = found_entities(text)
        return self._writes(text, text=text, **({"entities": entities} if entities else {}))

    def photo(self, caption: str = "", data: bytes = b"") -> int:
        """With `data` the file can be fetched; Telegram offers a small copy beside it."""
        size = {"file_id": "ph-1", "file_unique_id": "ph1", "width": 90, "height": 60}
        sizes = [size | {"file_size": 1253}]
        if data:
            sizes.append(
                self._state.files.add("photos", "jpg", data) | {"width": 900, "height": 600}
            )
        return self._writes(caption, photo=sizes, **_caption(caption))

    def voice(self, data: bytes = b"") -> int:
        file = self._state.files.add("voice", "oga", data) if data else _file("vo-1")
        return self._writes("", voice=file | {"duration": 4, "mime_type": "audio/ogg"})

    def sticker(self) -> int:
        flags = {"is_animated": False, "is_video": False, "emoji": "👋", "set_name": "Greetings"}
        size = {"width": 512, "height": 512, "type": "regular"}
        return self._writes("", sticker=_file("st-1") | size | flags)

    def document(
        self,
        name: str = "contract.pdf",
        caption: str = "",
        size: int = 2048,
        data: bytes | None = None,
    ) -> int:
        file = _file("do-1") | {"file_size": size}
        if data is not None:
            file = self._state.files.add("documents", "pdf", data)
        file |= {"file_name": name, "mime_type": "application/pdf"}
        return self._writes(caption, document=file, **_caption(caption))

    def location(self, latitude: float = 45.75, longitude: float = 21.23) -> int:
        return self._writes("", location={"latitude": latitude, "longitude": longitude})

    def contact(self, phone: str = "+40700000000") -> int:
        return self._writes(
            "", contact={"phone_number": phone, "first_name": "Amina", "user_id": self.id}
        )

    def edits(self, message_id: int, text: str) -> int:
        """Change an earlier message. Returns the update's id."""
        message = self.chat.message(message_id)
        assert message is not None and not message.by_bot, "people edit their own messages"
        message.raw = message.raw | {"text": text, "edit_date": self._state.now}
        message.given = text
        return self._state.arrive("edited_message", message.raw)

    def presses(self, button: str) -> str:
        """Press the newest visible button with this label or data. Returns the query id."""
        message, pressed = self._find(button)
        if "url" in pressed:
            return ""
        number = str(4_000_000_000 + len(self._state.queries))
        self._state.queries[number] = Query(self.id, self._state.clock())
        content = {
            "id": number,
            "from": self.user,
            "message": message,
            "chat_instance": "-77",
            "data": pressed["callback_data"],
        }
        self._state.arrive("callback_query", content)
        return number

    def _find(self, button: str) -> tuple[Json, Json]:
        for message in reversed([m for m in self.chat.messages if not m.deleted]):
            for row in message.raw.get("reply_markup", {}).get("inline_keyboard", []):
                for shown in row:
                    if button in (shown["text"], shown.get("callback_data")):
                        return message.raw, shown
        raise LookupError(f"no button {button!r} is on the screen")

    def blocks(self) -> None:
        self._moves("member", "kicked")

    def unblocks(self) -> None:
        self._moves("kicked", "member")

    def _moves(self, old: str, new: str) -> None:
        self.chat.state = "kicked" if new == "kicked" else "member"
        self._state.arrive(
            "my_chat_member",
            {
                "chat": self.chat.raw,
                "from": self.user,
                "date": self._state.now,
                "old_chat_member": self._membership(old),
                "new_chat_member": self._membership(new),
            },
        )

    def _membership(self, status: str) -> Json:
        member: Json = {"user": self._state.me, "status": status}
        return member | ({"until_date": 0} if status == "kicked" else {})

    def _writes(self, given: str, **content: Any) -> int:
        if self.chat.state == "kicked":
            self.unblocks()
        self.chat.state = "member"
        message = self._state.add_message(self.chat, False, given, **content)
        self._state.arrive("message", message.raw)
        return message.id

    @property
    def transcript(self) -> list[Seen]:
        return self._state.transcript(self.id)

    @property
    def bot_lines(self) -> list[Seen]:
        return [line for line in self.transcript if line.by == "bot"]

    async def hears(self, count: int = 1, timeout_s: float = 5) -> list[Seen]:
        """The next `count` messages of the bot. Raises AssertionError when they do not come."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while len(self.bot_lines) < self._heard + count:
            assert loop.time() < until, f"heard {self.bot_lines[self._heard :]}, wanted {count}"
            await self.chat.changed.wait(until - loop.time())
        lines = self.bot_lines[self._heard : self._heard + count]
        self._heard += count
        return lines


class Places:
    """Chats that are not private: the bot must keep out of them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def group_message(self, person: Person, text: str) -> int:
        chat = self._chat(-1001, "supergroup", "A group")
        raw = self._state.add_message(chat, False, text, text=text).raw
        raw.pop("sender_chat")
        return self._state.arrive("message", raw | {"from": person.user})

    def channel_post(self, text: str) -> int:
        chat = self._chat(-1002, "channel", "A channel")
        raw = self._state.add_message(chat, False, text, text=text).raw
        return self._state.arrive("channel_post", raw)

    def bot_message(self, person: Person, text: str) -> int:
        """Another bot's message in a person's chat."""
        author = person.user | {"is_bot": True}
        raw = self._state.add_message(person.chat, False, text, text=text).raw
        return self._state.arrive("message", raw | {"from": author})

    def _chat(self, number: int, kind: str, title: str) -> Chat:
        chat = Chat({"id": number, "type": kind, "title": title}, None, "member")
        return self._state.chats.setdefault(number, chat)


def _file(number: str) -> Json:
    return {"file_id": number, "file_unique_id": number.replace("-", ""), "file_size": 4096}


def _caption(text: str) -> Json:
    return {"caption": text} if text else {}
