"""Logins: a random token in the browser, its hash in the database, and what is still missing."""

from __future__ import annotations

import enum
import hashlib
import re
import secrets

from bot.storage import Account, Login, StaffStore

COOKIE = "__Host-punte"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes


class Step(enum.StrEnum):
    """What comes before anything else for somebody who gave the right password."""

    CODE = "code"
    PASSWORD = "password"  # theirs was given to them
    SETUP = "setup"  # no phone yet


def next_step(login: Login) -> Step | None:
    """None: nothing is missing, this login opens the desk."""
    if not login.is_full and login.account.has_totp:
        return Step.CODE
    if login.account.must_change:
        return Step.PASSWORD
    return None if login.is_full else Step.SETUP


class Logins:
    def __init__(self, store: StaffStore) -> None:
        self.store = store

    async def begin(self, account: Account, is_full: bool, old: Login | None) -> str | None:
        """A new token. None when the account was changed while we looked at it."""
        token = secrets.token_urlsafe(32)
        begun = await self.store.begin_login(_hashed(token), account, is_full, old)
        return token if begun else None

    async def find(self, token: str, is_use: bool = True) -> Login | None:
        """The login behind a token that we gave out ourselves, while it holds."""
        return await self.store.login(_hashed(token), is_use) if _TOKEN.fullmatch(token) else None

    async def holds(self, login_id: str) -> bool:
        """Whether a full login still holds. For open streams: does not count as use."""
        return await self.store.login_holds(login_id)

    async def end(self, login: Login) -> None:
        await self.store.end_login(login)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
