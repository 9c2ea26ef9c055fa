from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from bot.console import passwords
from bot.console.passwords import (
    HASHER,
    Busy,
    Passwords,
    hash_password,
    is_long_enough,
    one_time_password,
)

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def test_a_hash_costs_what_was_promised() -> None:
    cost = extract_parameters(hash_password("a password of ours"))
    assert (cost.type, cost.memory_cost, cost.time_cost) == (Type.ID, 64 * 1024, 3)


@pytest.mark.parametrize(
    ("password", "enough"),
    [
        ("a" * 11, False),
        ("a" * 12, True),
        ("ș" * 12, True),
        ("s\u0326" * 11, False),  # eleven letters, however they are written
        ("a" * 256, True),
        ("a" * 257, False),
    ],
)
def test_twelve_characters_are_needed_and_nothing_else(password: str, enough: bool) -> None:
    assert is_long_enough(password) is enough


def test_one_time_passwords_are_long_and_never_the_same() -> None:
    found = {one_time_password() for _ in range(50)}
    assert len(found) == 50
    assert all(is_long_enough(password) and len(password) == 23 for password in found)


async def test_the_same_password_is_right_on_every_keyboard() -> None:
    checks = Passwords(QUICK)
    secret = await checks.hash("pâine și brânză")
    assert await checks.is_right("pa\u0302ine s\u0326i bra\u0302nza\u0306", secret)
    assert not await checks.is_right("paine si branza", secret)


@pytest.mark.parametrize("secret", ["", "not a hash", "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$"])
async def test_no_hash_is_opened_by_any_password(secret: str) -> None:
    assert not await Passwords(QUICK).is_right("", secret)


async def test_a_password_longer_than_any_is_wrong_at_once() -> None:
    checks = Passwords(QUICK)
    assert not await checks.is_right("a" * 1_000_000, QUICK.hash("a" * 256))


class Counting(PasswordHasher):
    """Knows how many checks run at once, and how many there were."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.now = self.most = self.checks = 0
        self.order: list[str] = []
        self.go = threading.Event()

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        self.now += 1
        self.most = max(self.most, self.now)
        self.checks += 1
        self.order.append(str(password))
        self.go.wait(5)
        self.now -= 1
        return super().verify(hash, password)


async def test_an_unknown_name_is_checked_like_a_known_one() -> None:
    counting = Counting()
    counting.go.set()
    assert not await Passwords(counting).is_right("a password of ours", "")
    assert counting.checks == 1


@pytest.mark.fault("W6")
async def test_checks_run_one_at_a_time_and_those_we_know_pass_the_crowd() -> None:
    counting = Counting()
    checks = Passwords(counting)
    secret = QUICK.hash("right password")
    crowd = [asyncio.create_task(checks.is_right(f"guess {n}", secret)) for n in range(10)]
    await asyncio.sleep(0)
    known = asyncio.create_task(checks.is_right("right password", secret, known=True))
    await asyncio.sleep(0)
    counting.go.set()
    assert await known
    assert await asyncio.gather(*crowd) == [False] * 10
    assert counting.most == 1
    assert counting.order.index("right password") <= 2


@pytest.mark.fault("W6")
async def test_a_crowd_is_sent_away_and_somebody_we_know_is_not() -> None:
    counting = Counting()
    checks = Passwords(counting)
    secret = QUICK.hash("right password")
    guesses = [checks.is_right("guess", secret) for _ in range(passwords.MAX_WAITING)]
    crowd = [asyncio.create_task(guess) for guess in guesses]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await checks.is_right("guess", secret)
    known = asyncio.create_task(checks.is_right("right password", secret, known=True))
    await asyncio.sleep(0)
    counting.go.set()
    assert await known
    await asyncio.gather(*crowd)


async def test_the_loop_goes_on_while_a_password_is_checked() -> None:
    checks = Passwords(HASHER)
    check = asyncio.create_task(checks.hash("a password of ours"))
    longest = last = 0.0
    last = time.monotonic()
    while not check.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.2
