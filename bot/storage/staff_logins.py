"""Logins, failed tries, and the audit: the rows that change while people sign in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import staff_models as rows
from bot.storage import staff_people as people
from bot.storage.inbox import upsert
from bot.storage.staff_records import (
    AUDIT_KEPT,
    HALF_LOGIN,
    LOGIN_AT_MOST,
    LOGIN_IDLE,
    Account,
    Login,
)

_LOGIN = rows.Login
_TRY = rows.LoginTry
SEEN_EVERY = timedelta(seconds=60)  # a page drawn twice in a minute is one write
TRIES_KEPT = timedelta(hours=1)

# Logins


async def begin(
    db: AsyncConnection, token_hash: str, account: Account, is_full: bool, old: Login | None
) -> bool:
    """A login under a new id; `old` ends, and its twelve hours go on where both are full.

    False when the password was changed, or the account disabled, since `account` was read.
    """
    mine = rows.Counsellor
    still = select(mine.id).where(
        mine.id == account.staff.id,
        mine.password_hash == account.password_hash,
        mine.disabled_at.is_(None),
    )
    if await db.scalar(still) is None:
        return False
    if old is not None:
        await end(db, old.id)
    now = datetime.now(UTC)
    began = old.created_at if old and old.is_full and is_full else now
    await db.execute(
        insert(_LOGIN).values(
            token_hash=token_hash,
            counsellor_id=account.staff.id,
            is_full=is_full,
            created_at=began,
            seen_at=now,
            expires_at=began + (LOGIN_AT_MOST if is_full else HALF_LOGIN),
        )
    )
    return True


async def find(db: AsyncConnection, token_hash: str) -> Login | None:
    """A login that still holds: not ended, idle or too old, and nobody disabled."""
    now = datetime.now(UTC)
    query = (
        select(
            _LOGIN.is_full,
            _LOGIN.created_at.label("began_at"),
            _LOGIN.seen_at.label("used_at"),
            _LOGIN.expires_at,
            *rows.Counsellor.__table__.columns,
        )
        .join(rows.Counsellor, rows.Counsellor.id == _LOGIN.counsellor_id)
        .where(_LOGIN.token_hash == token_hash, *_holds(now))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    return Login(
        id=token_hash,
        account=people.account(row, await people.roles_of(db, row.id)),
        is_full=row.is_full,
        created_at=row.began_at,
        seen_at=row.used_at,
        expires_at=row.expires_at,
    )


async def holds(db: AsyncConnection, token_hash: str) -> bool:
    query = (
        select(_LOGIN.token_hash)
        .join(rows.Counsellor, rows.Counsellor.id == _LOGIN.counsellor_id)
        .where(_LOGIN.token_hash == token_hash, _LOGIN.is_full, *_holds(datetime.now(UTC)))
    )
    return await db.scalar(query) is not None


def _holds(now: datetime) -> tuple[Any, ...]:
    return (
        _LOGIN.expires_at > now,
        _LOGIN.seen_at > now - LOGIN_IDLE,
        rows.Counsellor.disabled_at.is_(None),
    )


def wants_touch(login: Login) -> bool:
    return datetime.now(UTC) - login.seen_at > SEEN_EVERY


async def touch(db: AsyncConnection, token_hash: str) -> None:
    statement = update(_LOGIN).where(_LOGIN.token_hash == token_hash)
    await db.execute(statement.values(seen_at=datetime.now(UTC)))


async def end(db: AsyncConnection, token_hash: str) -> None:
    await db.execute(delete(_LOGIN).where(_LOGIN.token_hash == token_hash))


# Tries


class MustWait(Exception):
    """Too many tries; the next one may come after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many tries")
        self.wait = wait


async def take_try(db: AsyncConnection, limits: Sequence[tuple[str, Sequence[int]]]) -> None:
    """Count one try under each key. Raises `MustWait`, and then nothing is counted.

    `limits`: keys, each with the seconds to wait after the first, second, … try; the last
    holds for all that follow. A try counts before it is looked at, so that many at once
    are no way around it; `forgive` takes it back when it was right.
    """
    now = datetime.now(UTC)
    keys = [key for key, _ in limits]
    await db.execute(delete(_TRY).where(_TRY.key.in_(keys), _TRY.expires_at <= now))
    for key, delays in limits:
        await _count(db, key, delays, now)


async def _count(db: AsyncConnection, key: str, delays: Sequence[int], now: datetime) -> None:
    statement = upsert(db, _TRY).values(
        key=key, failures=1, until=None, expires_at=now + TRIES_KEPT
    )
    # In one statement: of two at the same moment, the second meets what the first has set.
    counted = await db.scalar(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": _TRY.failures + 1},
            where=or_(_TRY.until.is_(None), _TRY.until <= now),
        ).returning(_TRY.failures)
    )
    if counted is None:
        until = await db.scalar(select(_TRY.until).where(_TRY.key == key))
        raise MustWait(until - now if until else timedelta(0))
    delay = timedelta(seconds=delays[min(counted, len(delays)) - 1])
    until = now + delay if delay else None
    values = {"until": until, "expires_at": now + delay + TRIES_KEPT}
    await db.execute(update(_TRY).where(_TRY.key == key).values(values))


async def forgive(db: AsyncConnection, keys: Sequence[str]) -> None:
    """The try was right: it does not count."""
    await db.execute(
        update(_TRY)
        .where(_TRY.key.in_(keys), _TRY.failures > 0)
        .values(failures=_TRY.failures - 1, until=None)
    )


async def forget_tries(db: AsyncConnection, keys: Sequence[str]) -> None:
    await db.execute(delete(_TRY).where(_TRY.key.in_(keys)))


async def remember(db: AsyncConnection, key: str, kept: timedelta) -> None:
    """A mark without failures, such as "this account signed in from here"."""
    statement = upsert(db, _TRY).values(
        key=key, failures=0, until=None, expires_at=datetime.now(UTC) + kept
    )
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["key"], set_={"expires_at": statement.excluded.expires_at}
        )
    )


async def is_remembered(db: AsyncConnection, key: str) -> bool:
    query = select(_TRY.key).where(_TRY.key == key, _TRY.expires_at > datetime.now(UTC))
    return await db.scalar(query) is not None


# Audit


async def audit(
    db: AsyncConnection,
    counsellor_id: str | None,
    action: str,
    case_id: int | None = None,
    detail: str = "",
) -> None:
    """One row in the transaction of what it tells about. `action`, `detail`: constants."""
    now = datetime.now(UTC)
    await db.execute(
        insert(rows.Audit).values(
            at=now,
            counsellor_id=counsellor_id,
            action=action,
            case_id=case_id,
            detail=detail,
            expires_at=now + AUDIT_KEPT,
        )
    )
