"""How often somebody may try to sign in, and how long they wait after that.

Five tries in five minutes for one account from one address, then longer and longer. One
address also has a limit over all accounts, and one account a limit of codes over all
addresses. These two do not hold where the account has signed in from before: a crowd
that guesses from everywhere keeps nobody out who sits at their own desk.
Names and addresses are kept as keyed hashes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.storage import StaffStore

KNOWN_FOR = timedelta(days=30)
# Seconds to wait after the first, second, … try; the last holds for all that follow.
OF_ACCOUNT_HERE: tuple[int, ...] = (0, 0, 5, 15, 300, 600, 1200, 2400, 3600)
OF_ADDRESS: tuple[int, ...] = (*(0,) * 29, 60, 60, 60, 300)
OF_CODES: tuple[int, ...] = (*(0,) * 19, 60, 300, 900)


@dataclass(frozen=True, slots=True)
class Tries:
    """One account and one address. `name` may be anything that was typed."""

    store: StaffStore
    name: str
    address: str

    async def is_known(self) -> bool:
        """Whether this account has signed in from this address lately."""
        return await self.store.is_remembered(self._known)

    async def take(self, known: bool, code: bool = False) -> None:
        """Count one try, before it is looked at. Raises `MustWait`."""
        limits = [(self._here, OF_ACCOUNT_HERE)]
        if not known:
            limits.append((self._codes, OF_CODES) if code else (self._address, OF_ADDRESS))
        await self.store.take_try(limits)

    async def was_right(self, known: bool, code: bool = False) -> None:
        """The password, or the code, was right: this try does not count."""
        other = [] if known else [self._codes if code else self._address]
        await self.store.forgive([self._here, *other])

    async def signed_in(self) -> None:
        await self.store.forget_tries([self._here])
        await self.store.remember(self._known, KNOWN_FOR)

    @property
    def _here(self) -> str:
        return self.store.try_key("account", self.name, self.address)

    @property
    def _known(self) -> str:
        return self.store.try_key("known", self.name, self.address)

    @property
    def _address(self) -> str:
        return self.store.try_key("address", self.address)

    @property
    def _codes(self) -> str:
        return self.store.try_key("codes", self.name)
