"""Counsellors: who they are, what they may do, and the secrets they sign in with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import staff_models as rows
from bot.storage.desk_records import Role, Staff
from bot.storage.staff_records import (
    REGIONAL_ROLES,
    Account,
    NameTaken,
    NeedsOffice,
    NewCounsellor,
    NoSuchOffice,
    NoSuchStaff,
)

_PEOPLE = rows.Counsellor


async def has_admin(db: AsyncConnection) -> bool:
    held = rows.CounsellorRole
    query = select(held.counsellor_id).where(held.role == Role.ADMIN.value).limit(1)
    return await db.scalar(query) is not None


def folded(name: str) -> str:
    return name.strip().casefold()


# Reading


async def read(db: AsyncConnection, *matches: Any) -> list[Account]:
    found = (
        await db.execute(select(_PEOPLE.__table__).where(*matches).order_by(_PEOPLE.name))
    ).all()
    roles = await _roles(db, [row.id for row in found])
    return [account(row, roles.get(row.id, frozenset())) for row in found]


async def one(db: AsyncConnection, *matches: Any) -> Account | None:
    found = await read(db, *matches)
    return found[0] if found else None


async def by_name(db: AsyncConnection, name: str) -> Account | None:
    return await one(db, _PEOPLE.name == folded(name))


async def roles_of(db: AsyncConnection, counsellor_id: str) -> frozenset[Role]:
    return (await _roles(db, [counsellor_id])).get(counsellor_id, frozenset())


async def _roles(db: AsyncConnection, ids: Sequence[str]) -> dict[str, frozenset[Role]]:
    held = rows.CounsellorRole
    found: dict[str, set[Role]] = {}
    query = select(held.counsellor_id, held.role).where(held.counsellor_id.in_(ids))
    for counsellor_id, role in await db.execute(query):
        found.setdefault(counsellor_id, set()).add(Role(role))
    return {counsellor_id: frozenset(roles) for counsellor_id, roles in found.items()}


def account(row: Any, roles: frozenset[Role]) -> Account:
    """`row` has the columns of `counsellor`."""
    staff = Staff(
        id=row.id,
        name=row.name,
        shown_as=row.shown_as,
        office=row.office or "",
        roles=roles,
        languages=_split(row.languages),
        topics=_split(row.topics),
        locale=row.locale,
        gender=row.gender,
    )
    return Account(
        staff=staff,
        password_hash=row.password_hash,
        password_at=row.password_at,
        must_change=row.must_change,
        has_totp=row.totp_since is not None,
        recovery_left=len(_split(row.recovery)),
        is_disabled=row.disabled_at is not None,
        seen_at=row.seen_at,
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


# Changing


async def add(db: AsyncConnection, new: NewCounsellor) -> str:
    """Returns the id. Raises `NameTaken`, `NoSuchOffice` or `NeedsOffice`."""
    if await by_name(db, new.name) is not None:
        raise NameTaken
    await _check_office(db, new.office, new.roles)
    counsellor_id, now = secrets.token_hex(16), datetime.now(UTC)
    await db.execute(
        insert(_PEOPLE).values(
            id=counsellor_id,
            name=folded(new.name),
            password_hash=new.password_hash,
            password_at=now,
            must_change=True,
            totp_step=0,
            recovery="",
            created_at=now,
            **_profile(new),
        )
    )
    await _set_roles(db, counsellor_id, new.roles)
    return counsellor_id


async def change(db: AsyncConnection, new: NewCounsellor) -> str:
    """Everything but the secrets. Whoever is signed in has to sign in again."""
    counsellor_id = await named(db, new.name)
    await _check_office(db, new.office, new.roles)
    await db.execute(update(_PEOPLE).where(_PEOPLE.id == counsellor_id).values(_profile(new)))
    await _set_roles(db, counsellor_id, new.roles)
    await end_logins(db, counsellor_id)
    return counsellor_id


def _profile(new: NewCounsellor) -> dict[str, Any]:
    return {
        "shown_as": new.shown_as or new.name.strip(),
        "office": new.office or None,
        "gender": new.gender,
        "languages": ",".join(new.languages),
        "topics": ",".join(new.topics),
        "locale": new.locale,
    }


async def _check_office(db: AsyncConnection, office: str, roles: frozenset[Role]) -> None:
    if not office:
        if not roles <= REGIONAL_ROLES:
            raise NeedsOffice
        return
    if await db.scalar(select(rows.Office.code).where(rows.Office.code == office)) is None:
        raise NoSuchOffice


async def _set_roles(db: AsyncConnection, counsellor_id: str, roles: frozenset[Role]) -> None:
    held = rows.CounsellorRole
    await db.execute(delete(held).where(held.counsellor_id == counsellor_id))
    values = [{"counsellor_id": counsellor_id, "role": role.value} for role in sorted(roles)]
    if values:
        await db.execute(insert(held), values)


async def named(db: AsyncConnection, name: str) -> str:
    """The id of whoever signs in with this name. Raises `NoSuchStaff`."""
    found: str | None = await db.scalar(select(_PEOPLE.id).where(_PEOPLE.name == folded(name)))
    if found is None:
        raise NoSuchStaff
    return found


async def disable(db: AsyncConnection, name: str) -> str:
    counsellor_id = await named(db, name)
    await _set(db, counsellor_id, disabled_at=datetime.now(UTC))
    await end_logins(db, counsellor_id)
    return counsellor_id


async def reset(db: AsyncConnection, name: str, password_hash: str) -> str:
    """A given password again, no phone, no recovery codes; also for somebody disabled."""
    counsellor_id = await named(db, name)
    await _set(
        db,
        counsellor_id,
        password_hash=password_hash,
        password_at=datetime.now(UTC),
        must_change=True,
        totp_sealed=None,
        totp_since=None,
        recovery="",
        disabled_at=None,
    )
    await end_logins(db, counsellor_id)
    return counsellor_id


async def set_password(db: AsyncConnection, account: Account, password_hash: str) -> bool:
    """False when the password is no longer the one that `account` was read with."""
    statement = (
        update(_PEOPLE)
        .where(
            _PEOPLE.id == account.staff.id,
            _PEOPLE.password_hash == account.password_hash,
        )
        .values(
            password_hash=password_hash,
            password_at=datetime.now(UTC),
            must_change=False,
        )
    )
    if not (await db.execute(statement)).rowcount:
        return False
    await end_logins(db, account.staff.id)
    return True


async def end_logins(db: AsyncConnection, counsellor_id: str) -> None:
    await db.execute(delete(rows.Login).where(rows.Login.counsellor_id == counsellor_id))


async def _set(db: AsyncConnection, counsellor_id: str, **values: Any) -> None:
    await db.execute(update(_PEOPLE).where(_PEOPLE.id == counsellor_id).values(**values))


# The second factor


async def totp(db: AsyncConnection, counsellor_id: str) -> tuple[bytes, int] | None:
    """The sealed seed and the step of the last code that was used."""
    query = select(_PEOPLE.totp_sealed, _PEOPLE.totp_step).where(
        _PEOPLE.id == counsellor_id, _PEOPLE.totp_since.is_not(None)
    )
    row = (await db.execute(query)).one_or_none()
    return (row.totp_sealed, row.totp_step) if row else None


async def set_totp(
    db: AsyncConnection, counsellor_id: str, sealed: bytes, step: int, recovery: Sequence[str]
) -> bool:
    """The first phone. False when there is one already: only `reset` takes that away."""
    statement = (
        update(_PEOPLE)
        .where(_PEOPLE.id == counsellor_id, _PEOPLE.totp_since.is_(None))
        .values(
            totp_sealed=sealed,
            totp_step=step,
            totp_since=datetime.now(UTC),
            recovery=",".join(recovery),
        )
    )
    return bool((await db.execute(statement)).rowcount)


async def take_step(db: AsyncConnection, counsellor_id: str, step: int) -> bool:
    """Use up this code and every earlier one. False when that has happened before."""
    statement = (
        update(_PEOPLE)
        .where(_PEOPLE.id == counsellor_id, _PEOPLE.totp_step < step)
        .values(totp_step=step)
    )
    return bool((await db.execute(statement)).rowcount)


async def set_recovery(db: AsyncConnection, counsellor_id: str, recovery: Sequence[str]) -> None:
    await _set(db, counsellor_id, recovery=",".join(recovery))


async def use_recovery(db: AsyncConnection, counsellor_id: str, code_hash: str) -> bool:
    """Use up one recovery code. False when it is not one, or was used."""
    kept: str | None = await db.scalar(select(_PEOPLE.recovery).where(_PEOPLE.id == counsellor_id))
    codes = _split(kept or "")
    if code_hash not in codes:
        return False
    left = ",".join(code for code in codes if code != code_hash)
    statement = (
        update(_PEOPLE)
        .where(_PEOPLE.id == counsellor_id, _PEOPLE.recovery == kept)  # nobody was faster
        .values(recovery=left)
    )
    return bool((await db.execute(statement)).rowcount)


# Conditions


def is_member(office: str) -> Any:
    """The condition "works in this office and may sign in"."""
    return (_PEOPLE.office == office) & _PEOPLE.disabled_at.is_(None)


def is_signed_in(now: datetime) -> Any:
    """The condition "has a full login that has not ended"."""
    return exists().where(
        rows.Login.counsellor_id == _PEOPLE.id,
        rows.Login.is_full,
        rows.Login.expires_at > now,
    )
