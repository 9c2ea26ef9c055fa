"""Whether a colleague or an office may get a case."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.case_access import MANAGERS, PROTECTION, circle_of
from bot.storage.desk_models import Handoff
from bot.storage.desk_records import Case, NoSuchColleague, Role
from bot.storage.staff_models import Counsellor, CounsellorRole, Office


async def check_colleague(db: AsyncConnection, case: Case, counsellor: str) -> None:
    """Raises `NoSuchColleague` for whoever could not claim this case, and for its holder."""
    roles = {PROTECTION: [Role.PROTECTION], MANAGERS: [Role.MANAGER]}.get(
        circle_of(case), [Role.COUNSELLOR, Role.PROTECTION]
    )
    about = select(Handoff.complained_about).where(Handoff.id == case.id)
    found = await db.scalar(
        select(Counsellor.id)
        .join(CounsellorRole, CounsellorRole.counsellor_id == Counsellor.id)
        .where(
            Counsellor.id == counsellor,
            Counsellor.office == case.office,
            Counsellor.disabled_at.is_(None),
            CounsellorRole.role.in_([str(role) for role in roles]),
        )
        .limit(1)
    )
    if found is None or found == case.holder or found == await db.scalar(about):
        raise NoSuchColleague


async def check_office(db: AsyncConnection, case: Case, office: str) -> None:
    """Raises `NoSuchColleague` for an office that is not there, or has the case already."""
    found = await db.scalar(select(Office.code).where(Office.code == office))
    if found is None or found == case.office:
        raise NoSuchColleague
