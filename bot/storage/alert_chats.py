"""Linking a counsellor's chat, or a group, by a code that works once and for a short time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.alert_models import DeskChat, DeskLink
from bot.storage.alert_records import Chat, ChatKind, Linked
from bot.storage.crypto import KeyRing
from bot.storage.inbox import upsert
from bot.storage.staff_models import Counsellor

_GROUPS = [ChatKind.GROUP.value, ChatKind.PROTECTION.value]


def code_hash(keys: KeyRing, code: str) -> str:
    return keys.digest("desk link", code.upper())


def chat_hash(keys: KeyRing, carrier: str, address: str) -> str:
    return keys.digest("desk chat", carrier, address)


def address_row(hashed: str) -> str:
    """What a sealed address is bound to."""
    return f"desk_chat/{hashed}"


async def add_code(
    db: AsyncConnection, hashed: str, counsellor_id: str, kind: ChatKind, ends_at: datetime
) -> None:
    """One code at a time for each counsellor and kind; what has run out is cleared away."""
    old = DeskLink.counsellor_id == counsellor_id, DeskLink.kind == kind.value
    await db.execute(delete(DeskLink).where(*old))
    await db.execute(
        upsert(db, DeskLink).values(
            code_hash=hashed, counsellor_id=counsellor_id, kind=kind.value, ends_at=ends_at
        )
    )


async def clear_codes(db: AsyncConnection, now: datetime) -> None:
    await db.execute(delete(DeskLink).where(DeskLink.ends_at <= now))


async def link(
    db: AsyncConnection,
    keys: KeyRing,
    code: str,
    chat: tuple[str, str],
    is_group: bool,
    now: datetime,
) -> Linked | None:
    """Use a code for a chat (carrier, address). None when it is none that works here.

    The same chat may come with the same code again: a platform repeats what it was not
    told has arrived.
    """
    carrier, address = chat
    mine = chat_hash(keys, carrier, address)
    used = (
        update(DeskLink)
        .where(
            DeskLink.code_hash == code_hash(keys, code),
            DeskLink.kind.in_(_GROUPS if is_group else [ChatKind.OWN.value]),
            DeskLink.ends_at > now,
            or_(DeskLink.used_by.is_(None), DeskLink.used_by == mine),
            DeskLink.counsellor_id.in_(_able()),
        )
        .values(used_by=mine)
        .returning(DeskLink.counsellor_id, DeskLink.kind)
    )
    found = (await db.execute(used)).one_or_none()
    if found is None:
        return None
    who = Counsellor.id == found.counsellor_id
    row = (await db.execute(select(Counsellor.office, Counsellor.locale).where(who))).one()
    linked = Linked(row.office, row.locale, ChatKind(found.kind))
    await _put(db, keys, chat, linked, found.counsellor_id, now)
    return linked


def _able() -> Select[str]:
    return select(Counsellor.id).where(
        Counsellor.office.is_not(None), Counsellor.disabled_at.is_(None)
    )


async def _put(
    db: AsyncConnection,
    keys: KeyRing,
    chat: tuple[str, str],
    linked: Linked,
    counsellor_id: str,
    now: datetime,
) -> None:
    """A chat belongs to whoever linked it last; a counsellor has one private chat a carrier."""
    carrier, address = chat
    mine = chat_hash(keys, carrier, address)
    if linked.kind is ChatKind.OWN:
        await db.execute(
            delete(DeskChat).where(
                DeskChat.counsellor_id == counsellor_id,
                DeskChat.carrier == carrier,
                DeskChat.kind == ChatKind.OWN.value,
                DeskChat.chat_hash != mine,
            )
        )
    values = {
        "carrier": carrier,
        "address_sealed": keys.seal(address, address_row(mine)),
        "office": linked.office,
        "counsellor_id": counsellor_id,
        "kind": linked.kind.value,
        "linked_at": now,
        "lost_at": None,
    }
    await db.execute(
        upsert(db, DeskChat)
        .values(chat_hash=mine, **values)
        .on_conflict_do_update(index_elements=["chat_hash"], set_=values)
    )


async def chats_of(db: AsyncConnection, office: str) -> list[Chat]:
    """Where alerts of an office can go: its groups, and the chats of those who may sign in."""
    is_own = DeskChat.kind == ChatKind.OWN.value
    of_people = and_(is_own, Counsellor.office == office, Counsellor.disabled_at.is_(None))
    of_groups = and_(~is_own, DeskChat.office == office)
    return await _chats(db, or_(of_people, of_groups), DeskChat.lost_at.is_(None))


async def linked_by(db: AsyncConnection, counsellor_id: str) -> list[Chat]:
    return await _chats(db, DeskChat.counsellor_id == counsellor_id)


async def unlink(db: AsyncConnection, counsellor_id: str, chat_id: int) -> bool:
    gone = delete(DeskChat).where(DeskChat.id == chat_id, DeskChat.counsellor_id == counsellor_id)
    return bool((await db.execute(gone)).rowcount)


async def _chats(db: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Chat]:
    query = (
        select(DeskChat.__table__)
        .join(Counsellor, Counsellor.id == DeskChat.counsellor_id)
        .where(*conditions)
        .order_by(DeskChat.id)
    )
    return [
        Chat(
            row.id,
            row.office,
            row.counsellor_id,
            ChatKind(row.kind),
            row.linked_at,
            row.lost_at is not None,
        )
        for row in await db.execute(query)
    ]
