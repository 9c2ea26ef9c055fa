"""The cast: Amina writes Arabic on Telegram, Oleh writes Ukrainian on the web page."""

from __future__ import annotations

import itertools
from typing import Any

from bot.messages import Inbound, Kind

_ids = itertools.count(1)


def says(text: str, person: str = "amina", **more: Any) -> Inbound:
    """One message on Telegram; each call is a new platform event."""
    number = next(_ids)
    fields: dict[str, Any] = {
        "channel": "telegram",
        "bot": "1",
        "event_id": str(number),
        "person_id": person,
        "address": f"chat-{person}",
        "kind": Kind.TEXT,
        "text": text,
        "order": number,
        "message_id": f"m{number}",
    }
    return Inbound(**(fields | more))


def presses(action: str, person: str = "amina", **more: Any) -> Inbound:
    return says("", person, kind=Kind.BUTTON, action=action, **more)


def commands(line: str, person: str = "amina", **more: Any) -> Inbound:
    return says("", person, kind=Kind.COMMAND, action=line, **more)
