"""Offices, accounts and logins as the rest of the service sees them: frozen, times in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.storage.desk_records import Role, Staff

LOGIN_AT_MOST = timedelta(hours=12)
LOGIN_IDLE = timedelta(minutes=30)
HALF_LOGIN = timedelta(minutes=15)  # to type a code, choose a password, set up a phone
GIVEN_PASSWORD = timedelta(days=7)
AUDIT_KEPT = timedelta(days=365)
# Roles that look over all offices; every other one belongs to an office.
REGIONAL_ROLES = frozenset({Role.MANAGER, Role.DATA_PROTECTION, Role.ADMIN})


class NameTaken(Exception):
    """Somebody else signs in with this name, or an office has this code."""


class NoSuchStaff(Exception):
    """No counsellor has this name."""


class NoSuchOffice(Exception):
    """No office has this code."""


class NeedsOffice(Exception):
    """One of the roles works in an office, and none was named."""


@dataclass(frozen=True, slots=True)
class Office:
    code: str
    name: str
    country: str  # whose public holidays it keeps
    time_zone: str
    hours: str  # "mon-thu 09:00-17:00; fri 09:00-15:00"
    lost_after_s: int = 90  # a holder unseen for so long is gone
    closed: frozenset[date] = frozenset()  # days besides weekends and public holidays


@dataclass(frozen=True, slots=True)
class NewCounsellor:
    name: str
    roles: frozenset[Role]
    password_hash: str = field(repr=False)
    office: str = ""
    shown_as: str = ""  # empty: the name
    gender: str = ""
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in, with what a sign-in needs to know."""

    staff: Staff
    password_hash: str = field(repr=False)
    password_at: datetime
    must_change: bool
    has_totp: bool
    recovery_left: int
    is_disabled: bool
    seen_at: datetime | None = None  # the heartbeat of an open console

    @property
    def password_is_stale(self) -> bool:
        """A password that was given, and not used in time."""
        return self.must_change and datetime.now(tz=self.password_at.tzinfo) > (
            self.password_at + GIVEN_PASSWORD
        )


@dataclass(frozen=True, slots=True)
class Login:
    """One browser that gave the right password. Whoever holds its token is that counsellor."""

    id: str = field(repr=False)  # the hash of its token
    account: Account
    is_full: bool  # the code came too
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
