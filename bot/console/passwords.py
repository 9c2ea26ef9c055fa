"""Passwords: Argon2id, one at a time, in a thread of their own.

One takes 64 MiB and a good part of a second, on purpose. A crowd that guesses would
otherwise take all memory, and stand before the counsellor who knows the password.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

MIN_LENGTH = 12
MAX_LENGTH = 256
MAX_WAITING = 30
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_GROUPS, _GROUP = 4, 5  # about 99 bits

HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


class Busy(Exception):
    """Too many people wait for the same check."""


def normal(password: str) -> str:
    """One spelling for what keyboards write in several ways, such as letters with accents."""
    return unicodedata.normalize("NFKC", password)


def is_long_enough(password: str) -> bool:
    return MIN_LENGTH <= len(normal(password)) <= MAX_LENGTH


def one_time_password() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hash_password(password: str, hasher: PasswordHasher = HASHER) -> str:
    """For the command line; the service asks `Passwords`, which never stops the loop."""
    return hasher.hash(normal(password))


class Passwords:
    """Checks and makes hashes. Raises `Busy` when too many wait."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        # Strangers stand in this line, and only its first in the thread's. Whoever has
        # signed in from there before passes the line, and waits for two checks at most.
        self._line = asyncio.Lock()
        self._waiting = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        return await self._run(lambda: hash_password(password, self._hasher), known=True)

    async def is_right(self, password: str, password_hash: str, known: bool = False) -> bool:
        """An empty hash (no such account) takes the same time, and is never right."""
        return await self._run(lambda: self._verify(password_hash, password), known)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        if len(password) > MAX_LENGTH:
            password = ""
        if not self._nobodys:
            self._nobodys = self._hasher.hash(secrets.token_hex())
        try:
            right = self._hasher.verify(password_hash or self._nobodys, normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and password_hash != ""

    async def _run(self, work: Callable[[], T], known: bool) -> T:
        if not known and self._waiting >= MAX_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with contextlib.nullcontext() if known else self._line:
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1
