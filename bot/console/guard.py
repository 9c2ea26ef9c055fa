"""What stands in front of every request that changes something.

A form counts only when our own page sent it: the browser says so, and a token that is
tied to the login comes with it. No GET changes anything.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping

from litestar.exceptions import PermissionDeniedException

from bot.channels.web_input import Req, read_form

FIELD = "_csrf_token"
HEADER = "x-csrftoken"
_NOBODY = "nobody"  # the page to sign in has no login yet


def is_ours(headers: Mapping[str, str]) -> bool:
    """Does a browser say that our own page sent this? Saying nothing is not enough here."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")  # none: typed, or sent again by hand
    host = headers.get("host", "").lower()
    return headers.get("origin", "").lower() in (f"http://{host}", f"https://{host}")


class Forms:
    """Tokens tied to a login: a keyed hash of it. Ends when the login does."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, login_id: str = "") -> str:
        message = b"form\0" + (login_id or _NOBODY).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    def is_right(self, token: str, login_id: str = "") -> bool:
        return is_same(token, self.token(login_id))

    def check(self, request: Req, token: str, login_id: str = "") -> None:
        """Raises `PermissionDeniedException` (403) for what our page did not send."""
        if not (is_ours(request.headers) and self.is_right(token, login_id)):
            raise PermissionDeniedException

    async def read(self, request: Req, login_id: str = "") -> dict[str, str]:
        """The fields of a form that our own page sent. The token may come as a header."""
        if not is_ours(request.headers):
            raise PermissionDeniedException
        form = await read_form(request)
        self.check(request, sent_token(request, form), login_id)
        return form


def sent_token(request: Req, form: Mapping[str, str]) -> str:
    return request.headers.get(HEADER) or form.get(FIELD, "")


def is_same(token: str, expected: str) -> bool:
    # As bytes: a str that is not ASCII would raise instead of being wrong.
    return hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode())


def address_of(request: Req, proxies: Collection[str]) -> str:
    """Where a request came from. `proxies`: whose word about that is taken."""
    address = request.client.host if request.client else ""
    if address not in proxies:
        return address
    # Each proxy adds at the end; what stands before our own ones is the browser's word.
    said = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")]
    return next((part for part in reversed(said) if part and part not in proxies), address)
