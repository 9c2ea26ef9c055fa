"""What the service may ask about offices, counsellors and logins; `Store.staff` is the door.

Secrets go in hashed and come out as hashes; seeds of phones are sealed here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import StorageUnavailable
from bot.storage import staff_logins as logins
from bot.storage import staff_models as rows
from bot.storage import staff_offices as offices
from bot.storage import staff_people as people
from bot.storage.crypto import KeyRing
from bot.storage.database import Database
from bot.storage.staff_records import Account, Login, NewCounsellor, Office


class StaffStore:
    """Methods raise `StorageUnavailable` when the database is away."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._db, self._keys = database, keys

    # Offices

    async def prepare(self) -> None:
        """Make the first two offices where there are none."""
        if not await self.offices():
            await self._db.write(offices.prepare)

    async def offices(self) -> list[Office]:
        return await self._db.read(offices.read)

    async def office(self, code: str) -> Office | None:
        return next((office for office in await self.offices() if office.code == code), None)

    async def add_office(self, office: Office) -> None:
        """Raises `NameTaken` when there is one with its code."""
        await self._db.write(lambda db: offices.add(db, office))

    async def set_hours(self, code: str, hours: str) -> None:
        """Raises `NoSuchOffice`. The caller has checked that the hours can be read."""
        await self._db.write(lambda db: offices.set_hours(db, code, hours))

    async def close_day(self, code: str, day: date, by: str | None = None) -> None:
        """Raises `NoSuchOffice`. `by`: a counsellor's id."""

        async def work(db: AsyncConnection) -> None:
            await offices.close_day(db, code, day, by)
            await logins.audit(db, by, "office_closed", detail=f"{code} {day}")

        await self._db.write(work)

    async def open_day(self, code: str, day: date, by: str | None = None) -> None:
        async def work(db: AsyncConnection) -> None:
            await offices.open_day(db, code, day)
            await logins.audit(db, by, "office_opened", detail=f"{code} {day}")

        await self._db.write(work)

    # Counsellors

    async def has_admin(self) -> bool:
        return await self._db.read(people.has_admin)

    async def accounts(self) -> list[Account]:
        return await self._db.read(people.read)

    async def account(self, counsellor_id: str) -> Account | None:
        return await self._db.read(lambda db: people.one(db, rows.Counsellor.id == counsellor_id))

    async def account_named(self, name: str) -> Account | None:
        return await self._db.read(lambda db: people.by_name(db, name))

    async def members(self, office: str) -> list[Account]:
        """Everybody of an office who may sign in."""
        return await self._db.read(lambda db: people.read(db, people.is_member(office)))

    async def present(self, office: str, within: timedelta) -> list[Account]:
        """Members with an open console: signed in, and heard of within that time."""
        now = datetime.now(UTC)
        return await self._db.read(
            lambda db: people.read(
                db,
                people.is_member(office),
                people.is_signed_in(now),
                rows.Counsellor.seen_at > now - within,
            )
        )

    async def add(self, new: NewCounsellor) -> str:
        """Returns the id. Raises `NameTaken`, `NoSuchOffice` or `NeedsOffice`."""

        async def work(db: AsyncConnection) -> str:
            counsellor_id = await people.add(db, new)
            await logins.audit(db, counsellor_id, "counsellor_added")
            return counsellor_id

        return await self._db.write(work)

    async def change(self, new: NewCounsellor) -> None:
        """Profile and roles; every login ends. Raises as `add`, and `NoSuchStaff`."""

        async def work(db: AsyncConnection) -> None:
            await logins.audit(db, await people.change(db, new), "counsellor_changed")

        await self._db.write(work)

    async def disable(self, name: str) -> None:
        """Raises `NoSuchStaff`."""

        async def work(db: AsyncConnection) -> None:
            await logins.audit(db, await people.disable(db, name), "counsellor_disabled")

        await self._db.write(work)

    async def reset(self, name: str, password_hash: str) -> None:
        """Raises `NoSuchStaff`."""

        async def work(db: AsyncConnection) -> None:
            counsellor_id = await people.reset(db, name, password_hash)
            await logins.audit(db, counsellor_id, "counsellor_reset")

        await self._db.write(work)

    async def set_password(self, account: Account, password_hash: str) -> bool:
        """A password of their own choice; every login ends. False: it was changed meanwhile."""

        async def work(db: AsyncConnection) -> bool:
            done = await people.set_password(db, account, password_hash)
            if done:
                await logins.audit(db, account.staff.id, "password_changed")
            return done

        return await self._db.write(work)

    # The second factor

    async def totp(self, counsellor_id: str) -> tuple[str, int] | None:
        """Seed and last used step; None before a phone was set up. Raises `KeyProblem`."""
        found = await self._db.read(lambda db: people.totp(db, counsellor_id))
        if found is None:
            return None
        sealed, step = found
        return self._keys.open(sealed, _seed_row(counsellor_id)), step

    async def set_totp(
        self, counsellor_id: str, seed: str, step: int, recovery: Sequence[str]
    ) -> bool:
        """False when there is a phone already."""
        sealed = self._keys.seal(seed, _seed_row(counsellor_id))
        hashes = [self._recovery_hash(counsellor_id, code) for code in recovery]

        async def work(db: AsyncConnection) -> bool:
            done = await people.set_totp(db, counsellor_id, sealed, step, hashes)
            if done:
                await logins.audit(db, counsellor_id, "totp_set")
            return done

        return await self._db.write(work)

    async def take_step(self, counsellor_id: str, step: int) -> bool:
        """Use up a code. False when it, or a later one, was used before."""
        return await self._db.write(lambda db: people.take_step(db, counsellor_id, step))

    async def set_recovery(self, counsellor_id: str, recovery: Sequence[str]) -> None:
        hashes = [self._recovery_hash(counsellor_id, code) for code in recovery]

        async def work(db: AsyncConnection) -> None:
            await people.set_recovery(db, counsellor_id, hashes)
            await logins.audit(db, counsellor_id, "recovery_made")

        await self._db.write(work)

    async def use_recovery(self, counsellor_id: str, code: str) -> bool:
        """Use up a recovery code. False when it is none, or was used."""
        code_hash = self._recovery_hash(counsellor_id, code)

        async def work(db: AsyncConnection) -> bool:
            done = await people.use_recovery(db, counsellor_id, code_hash)
            if done:
                await logins.audit(db, counsellor_id, "recovery_used")
            return done

        return await self._db.write(work)

    def _recovery_hash(self, counsellor_id: str, code: str) -> str:
        return self._keys.digest("recovery code", counsellor_id, code)

    # Logins

    async def begin_login(
        self, token_hash: str, account: Account, is_full: bool, old: Login | None = None
    ) -> bool:
        """False when `account` was changed or disabled since it was read: sign in again."""

        async def work(db: AsyncConnection) -> bool:
            done = await logins.begin(db, token_hash, account, is_full, old)
            if done and is_full:
                await logins.audit(db, account.staff.id, "signed_in")
            return done

        return await self._db.write(work)

    async def login(self, token_hash: str, is_use: bool = True) -> Login | None:
        """A login that still holds. Being asked for counts as use, once a minute."""
        found = await self._db.read(lambda db: logins.find(db, token_hash))
        if is_use and found is not None and logins.wants_touch(found):
            # Reading goes on while nothing can be written.
            with contextlib.suppress(StorageUnavailable):
                await self._db.write(lambda db: logins.touch(db, token_hash))
        return found

    async def login_holds(self, token_hash: str) -> bool:
        """Whether a full login still holds; does not count as use."""
        return await self._db.read(lambda db: logins.holds(db, token_hash))

    async def end_login(self, login: Login) -> None:
        async def work(db: AsyncConnection) -> None:
            await logins.end(db, login.id)
            await logins.audit(db, login.account.staff.id, "signed_out")

        await self._db.write(work)

    # Tries. Keys are keyed hashes: no name and no address is kept.

    def try_key(self, *parts: str) -> str:
        return self._keys.digest("login try", *parts)

    async def take_try(self, limits: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Count a try under each key. Raises `MustWait`, and then nothing is counted."""
        await self._db.write(lambda db: logins.take_try(db, limits))

    async def forgive(self, keys: Sequence[str]) -> None:
        await self._db.write(lambda db: logins.forgive(db, keys))

    async def forget_tries(self, keys: Sequence[str]) -> None:
        await self._db.write(lambda db: logins.forget_tries(db, keys))

    async def remember(self, key: str, kept: timedelta) -> None:
        await self._db.write(lambda db: logins.remember(db, key, kept))

    async def is_remembered(self, key: str) -> bool:
        return await self._db.read(lambda db: logins.is_remembered(db, key))

    async def audit(
        self, counsellor_id: str | None, action: str, case_id: int | None = None, detail: str = ""
    ) -> None:
        """For what has no transaction of its own. `action`, `detail`: constants."""
        await self._db.write(lambda db: logins.audit(db, counsellor_id, action, case_id, detail))


def _seed_row(counsellor_id: str) -> str:
    return f"counsellor/{counsellor_id}/totp"
