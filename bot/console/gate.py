"""Who is there, as the pages of the desk ask it (`visit.Gate`)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.channels.web_input import Req
from bot.console.access import Access
from bot.console.guard import Forms, is_ours, is_same, sent_token
from bot.console.logins import next_step
from bot.console.visit import SignedIn


class StaffGate:
    def __init__(self, access: Access, forms: Forms) -> None:
        self.access = access
        self.forms = forms

    async def who(self, request: Req) -> SignedIn | None:
        login = await self.access.login(request)
        if login is None or next_step(login) is not None:
            return None
        return SignedIn(login.account.staff, login.id, self.forms.token(login.id))

    async def holds(self, login_id: str) -> bool:
        return await self.access.logins.holds(login_id)

    def is_ours(self, request: Req, csrf: str, form: Mapping[str, str]) -> bool:
        return is_ours(request.headers) and is_same(sent_token(request, form), csrf)
