"""What a counsellor chose last, so that the page offers it again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.desk_more_models import DeskHabit
from bot.storage.desk_records import Staff
from bot.storage.inbox import upsert


async def waits_to_send(db: AsyncConnection, staff: Staff) -> bool:
    mine = select(DeskHabit.waits_to_send).where(DeskHabit.counsellor_id == staff.id)
    return bool(await db.scalar(mine))


async def set_waits_to_send(db: AsyncConnection, staff: Staff, waits: bool) -> None:
    await db.execute(
        upsert(db, DeskHabit)
        .values(counsellor_id=staff.id, waits_to_send=waits)
        .on_conflict_do_update(index_elements=["counsellor_id"], set_={"waits_to_send": waits})
    )
