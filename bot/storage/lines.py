"""One line of a transcript, and the row that carries it to a platform: how both are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.messages import Attachment, Choice, Origin
from bot.storage.crypto import KeyRing


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a message says, as sealed."""

    text: str
    choices: tuple[Choice, ...] = ()
    file: Attachment | None = None


def message_row(conversation_id: str, seq: int) -> str:
    return f"message/{conversation_id}/{seq}"


def outbox_row(conversation_id: str, seq: int) -> str:
    return f"outbox/{conversation_id}/{seq}"


def contact_row(contact_id: str) -> str:
    return f"contact/{contact_id}"


def message(
    keys: KeyRing,
    conversation_id: str,
    seq: int,
    author: str,
    body: Body,
    origin: Origin,
    kept: timedelta,
    kind: str = "text",
) -> dict[str, Any]:
    """The values of one row of `message`."""
    now = datetime.now(UTC)
    text = msgspec.json.encode(body).decode()
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "author": author,
        "kind": kind,
        "body_sealed": keys.seal(text, message_row(conversation_id, seq)),
        "event_id": "",
        "platform_hash": None,
        "edits_seq": None,
        "entry": origin.entry,
        "block": origin.block,
        "locale": origin.locale,
        "facts": ",".join(origin.facts),
        "snapshot": origin.snapshot,
        "created_at": now,
        "expires_at": now + kept,
    }


def on_its_way(
    keys: KeyRing,
    conversation_id: str,
    seq: int,
    lane: int,
    channel: str,
    bot: str,
    address: str,
) -> dict[str, Any]:
    """The values of one row of `outbox`."""
    now = datetime.now(UTC)
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "channel": channel,
        "bot": bot,
        "address_sealed": keys.seal(address, outbox_row(conversation_id, seq)),
        "lane": lane,
        "state": "pending",
        "attempts": 0,
        "doubts": 0,
        "parts_done": 0,
        "platform_ids": "",
        "reason": "",
        "next_at": now,
        "created_at": now,
    }
