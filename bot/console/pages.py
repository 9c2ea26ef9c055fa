"""Draws the console's pages. Everything that people wrote is escaped by the templates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.console.words import WORDS
from bot.i18n import Catalogues, direction, negotiate, own_name, render
from bot.messages import Text

_HERE = Path(__file__).parent
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
DEFAULT_LOCALE = "en"
_MAX_HINT = 200  # characters of a language header that are looked at


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, read once."""

    body: bytes
    content_type: str
    version: str


def read_assets() -> dict[str, Asset]:
    return {path.name: _asset(path) for path in sorted((_HERE / "static").iterdir())}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])


class Words:
    """The interface strings of one locale, for templates: `w("queue")`, `w(text)`."""

    def __init__(self, locale: str, catalogues: Catalogues) -> None:
        self.locale = locale
        self.catalogues = catalogues

    def __call__(self, text: str | Text, **values: Any) -> str:
        if isinstance(text, str):
            text = WORDS[text]
        return render(text.having(**values), self.locale, self.catalogues)


class Pages:
    """`draw(template, locale, ...)`; templates extend `console_base.html`."""

    def __init__(self, catalogues: Callable[[], Catalogues]) -> None:
        self.catalogues = catalogues
        self.assets = read_assets()
        self.environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def locale_for(self, asked: str, accepted: str = "") -> str:
        """A locale we offer: what somebody chose, else what the browser prefers."""
        offered = self.catalogues().locales
        if asked in offered:
            return asked
        return negotiate(accepted[:_MAX_HINT], offered) or DEFAULT_LOCALE

    def words(self, locale: str) -> Words:
        return Words(locale, self.catalogues())

    def draw(self, template: str, locale: str, **context: Any) -> bytes:
        """One page. `me`, `csrf` and `counts` are there when somebody is signed in."""
        return (
            self.environment.get_template(template).render(self._frame(locale) | context).encode()
        )

    def error(self, locale: str, status: int, number: str = "") -> bytes:
        return self.draw("console_error.html", locale, message=_meaning(status), number=number)

    def _frame(self, locale: str) -> dict[str, Any]:
        offered = self.catalogues().locales
        return {
            "w": self.words(locale),
            "locale": locale,
            "dir": direction(locale),
            "languages": [(code, own_name(code), direction(code)) for code in offered],
            "asset": self._address,
            "me": None,
            "csrf": "",
            "counts": None,
            "here": "",
            "notice": None,
        }

    def _address(self, name: str) -> str:
        return f"/desk/static/{name}?v={self.assets[name].version}"


_MEANINGS: Mapping[int, str] = {
    400: "err_unreadable",
    401: "err_signed_out",
    403: "err_refused",
    404: "err_not_found",
    405: "err_not_found",
    409: "err_lost_claim",
    413: "err_too_long",
    429: "err_busy",
    503: "err_away",
}


def _meaning(status: int) -> Text:
    return WORDS[_MEANINGS.get(status, "err_broken" if status >= 500 else "err_unreadable")]
