"""What is looked at before somebody gets further: passwords, codes, and how often they tried."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.channels.web_input import Req
from bot.console import totp
from bot.console.guard import address_of
from bot.console.passwords import MIN_LENGTH, Busy, Passwords, is_long_enough, normal
from bot.console.signin_words import WORDS
from bot.console.tries import Tries
from bot.messages import Text
from bot.storage import Account, MustWait, StaffStore
from bot.storage.staff_records import GIVEN_PASSWORD


class Problem(Exception):
    """What to tell somebody whose form was not right; the page is drawn again with it."""

    def __init__(self, text: Text, status: int = 422, retry_after_s: int = 0) -> None:
        super().__init__(text.key)
        self.text, self.status, self.retry_after_s = text, status, retry_after_s


@dataclass(frozen=True, slots=True)
class Checks:
    """Each raises `Problem`. A try counts before it is looked at, and not when it was right."""

    store: StaffStore
    passwords: Passwords
    proxies: Collection[str] = ()

    def tries(self, request: Req, name: str) -> Tries:
        return Tries(self.store, name.strip().casefold(), address_of(request, self.proxies))

    async def account_of(self, request: Req, form: Mapping[str, str]) -> Account:
        """Whose name and password these are. Wrong for any reason: the same, after equal work."""
        name, password = form.get("name", "").strip(), form.get("password", "")
        tries = self.tries(request, name)
        known = await tries.is_known()
        await _take(tries, known)
        account = await self.store.account_named(name)
        usable = account is not None and not account.is_disabled and not account.password_is_stale
        secret = account.password_hash if account is not None and usable else ""
        try:
            right = await self.passwords.is_right(password, secret, known)
        except Busy:
            await tries.was_right(known)  # nobody has looked at it
            raise Problem(WORDS["busy"], 429, 60) from None
        if account is None or not right:
            raise Problem(WORDS["wrong"].having(days=GIVEN_PASSWORD.days), 401)
        await tries.was_right(known)
        return account

    async def code(self, request: Req, account: Account, code: str, paper: bool = False) -> None:
        """Use up a code of the phone or, with `paper`, one of the recovery codes."""
        tries = self.tries(request, account.staff.name)
        known = await tries.is_known()
        await _take(tries, known, code=True)
        right = await self._phone_says(account, code)
        if not right and paper and (spare := totp.as_recovery_code(code)):
            right = await self.store.use_recovery(account.staff.id, spare)
        if not right:
            raise Problem(WORDS["code_wrong"], 401)
        await tries.was_right(known, code=True)
        await tries.signed_in()

    async def _phone_says(self, account: Account, code: str) -> bool:
        kept = await self.store.totp(account.staff.id)
        if kept is None:
            return False
        seed, last = kept
        step = totp.step_of(seed, code, after=last)
        return step is not None and await self.store.take_step(account.staff.id, step)

    async def choice(self, request: Req, account: Account, form: Mapping[str, str]) -> str:
        """The password somebody chose. The present one is asked for unless it was given."""
        new = form.get("new", "")
        if not account.must_change:
            await self._present(request, account, form.get("old", ""))
        if len(normal(new)) < MIN_LENGTH:
            raise Problem(WORDS["short"].having(length=MIN_LENGTH))
        if not is_long_enough(new):
            raise Problem(WORDS["long"])
        if normal(new).casefold() == account.staff.name:
            raise Problem(WORDS["is_name"])
        if normal(new) != normal(form.get("again", "")):
            raise Problem(WORDS["differ"])
        if await self.passwords.is_right(new, account.password_hash, known=True):
            raise Problem(WORDS["same"])
        return new

    async def _present(self, request: Req, account: Account, old: str) -> None:
        tries = self.tries(request, account.staff.name)
        await _take(tries, known=True)
        if not await self.passwords.is_right(old, account.password_hash, known=True):
            raise Problem(WORDS["old_wrong"], 401)
        await tries.was_right(known=True)


async def _take(tries: Tries, known: bool, code: bool = False) -> None:
    try:
        await tries.take(known, code)
    except MustWait as must:
        wait_s = math.ceil(must.wait.total_seconds())
        text = WORDS["wait"].having(n=max(1, math.ceil(wait_s / 60)))
        raise Problem(text, 429, wait_s) from None
