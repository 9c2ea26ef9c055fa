"""Draws the pages: the chat with or without a conversation in it, and the error page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.channels.file_types import TYPES
from bot.channels.media_words import sent, size_of, to_get
from bot.channels.web_service import Shown, WebParts
from bot.channels.web_text import PHONE, first_number, pieces, safe_url
from bot.channels.web_words import WORDS
from bot.i18n import country_name, direction, negotiate, own_name, render
from bot.messages import MAX_TEXT, Choice, Text

_HERE = Path(__file__).parent
DEFAULT_LOCALE = "en"
_MAX_HINT = 200  # characters of a language header that are looked at
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, read once."""

    body: bytes
    packed: bytes
    content_type: str
    version: str


def read_assets() -> dict[str, Asset]:
    return {path.name: _asset(path) for path in sorted((_HERE / "static").iterdir())}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(
        body,
        gzip.compress(body, 9, mtime=0),
        _TYPES[path.suffix],
        hashlib.sha256(body).hexdigest()[:12],
    )


@dataclass(frozen=True, slots=True)
class View:
    """What one drawing of the chat page shows."""

    locale: str
    token: str
    message_id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    country: str = ""
    entry: str = ""
    flow: str = ""
    draft: str = ""
    shown: Sequence[Shown] = ()
    notice: Text | None = None
    failed: bool = False  # the draft could not be stored: the numbers stand beside it
    waiting: bool = False  # it is stored, and its answer is not there yet
    live: bool = False  # an empty page whose conversation goes on
    files: bool = False  # a counsellor is there, or asked for: files can be sent


class Words:
    """The interface strings of one locale, for templates: `w("send")`."""

    def __init__(self, locale: str, catalogues: Any) -> None:
        self.locale = locale
        self.catalogues = catalogues

    def __call__(self, key: str, **values: Any) -> str:
        return self.say(WORDS[key].having(**values))

    def say(self, text: Text) -> str:
        return render(text, self.locale, self.catalogues)


class Pages:
    def __init__(self, parts: WebParts, assets: dict[str, Asset]) -> None:
        self.parts = parts
        self.assets = assets
        # In the page rather than beside it: a round trip less before anything is painted.
        style = assets["punte.css"].body
        self.style = Markup(style.decode())
        self.style_hash = f"sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}"
        self.environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def locale_for(self, asked: str, accepted: str = "") -> str:
        """A locale we offer: what the address asks for, else what the browser prefers."""
        offered = self.parts.knowledge.snapshot.catalogues.locales
        if asked in offered:
            return asked
        return negotiate(accepted[:_MAX_HINT], offered) or DEFAULT_LOCALE

    def country_of(self, asked: str) -> str:
        """A country we have numbers for, or nothing."""
        known = {country for country, _, _ in self.parts.emergency(DEFAULT_LOCALE)}
        return asked if asked in known else ""

    def words(self, locale: str) -> Words:
        return Words(locale, self.parts.knowledge.snapshot.catalogues)

    def chat(self, view: View) -> bytes:
        context = self._frame(view.locale) | {
            "view": view,
            "bubbles": [self.bubble(shown, view.locale) for shown in view.shown],
            "last_seq": view.shown[-1].seq if view.shown else 0,
            "came_for": self._came_for(view),
            "start_choices": _usable(self.parts.start_choices(view.locale, view.country)),
            "max_text": MAX_TEXT,
            "phone": PHONE,
        }
        return self._draw("chat.html", context)

    def error(self, locale: str, message: Text, number: str) -> bytes:
        context = self._frame(locale) | {"message": message, "number": number}
        return self._draw("error.html", context)

    def bubble(self, shown: Shown, locale: str) -> dict[str, Any]:
        """One bubble for the template; `as_json` is its twin for the script."""
        by_person = shown.author == "person"
        return {
            "seq": shown.seq,
            "author": shown.author,
            "pieces": pieces(shown.text, signs_visible=by_person),
            "choices": _usable(shown.choices),
            "locale": shown.locale,
            "dir": "auto" if by_person or not shown.locale else direction(shown.locale),
            "id": own_id(shown.event_id),
            "file": self.file_of(shown, locale),
        }

    def file_of(self, shown: Shown, locale: str) -> dict[str, Any] | None:
        """What a bubble says of its file, and whether it can be fetched."""
        file = shown.file
        if file is None or not file.stored_id or file.type not in TYPES:
            return None
        words, kind = self.words(locale), TYPES[file.type].kind
        is_sent = shown.author == "counsellor"
        label = to_get(kind) if is_sent else sent(kind)
        size = words.say(size_of(file))
        return {"label": words.say(label.having(size=size)), "download": is_sent}

    def _came_for(self, view: View) -> Choice | None:
        # What the buttons carry is said in `bot/dialogue/actions.py`.
        snapshot = self.parts.knowledge.snapshot
        if view.flow in snapshot.flows:
            return Choice(snapshot.flow_label(view.flow, view.locale), action=f"f:{view.flow}")
        if view.entry not in snapshot.entries:
            return None
        return Choice(snapshot.question(view.entry, view.locale), action=f"e:{view.entry}")

    def _frame(self, locale: str) -> dict[str, Any]:
        settings = self.parts.settings
        offered = self.parts.knowledge.snapshot.catalogues.locales
        words = self.words(locale)
        return {
            "w": words,
            "locale": locale,
            "dir": direction(locale),
            "own_name": own_name(locale),
            "languages": [(code, own_name(code), direction(code)) for code in offered],
            "emergency": self._emergency(locale),
            "exit_url": settings.exit_url,
            "demo": settings.stage == "demo",
            "keep_days": self.parts.keep_days,
            "keep_case_days": self.parts.keep_case_days,
            "style": self.style,
            "version": {name: asset.version for name, asset in self.assets.items()},
        }

    def _emergency(self, locale: str) -> list[dict[str, Any]]:
        by_country: dict[str, list[dict[str, str]]] = {}
        for country, number, label in self.parts.emergency(locale):
            call = first_number(number)
            line = {"number": call.text, "href": call.href, "label": label}
            by_country.setdefault(country, []).append(line)
        return [
            {"country": country_name(country, locale), "lines": lines}
            for country, lines in by_country.items()
        ]

    def _draw(self, name: str, context: dict[str, Any]) -> bytes:
        return self.environment.get_template(name).render(context).encode()


def _usable(choices: Sequence[Choice]) -> list[Choice]:
    """Without buttons that would do nothing, or open an address of a kind we never open."""
    return [c for c in choices if (safe_url(c.url) if c.url else c.action)]


def own_id(event_id: str) -> str:
    """The browser's own id of a message; `Inbound.event_id` has the person in front."""
    return event_id.rpartition(".")[2]


def as_json(shown: Shown) -> dict[str, Any]:
    """One bubble for the page's script."""
    bot_side = shown.author != "person" and shown.locale
    return {
        "seq": shown.seq,
        "author": shown.author,
        "text": shown.text,
        "choices": [
            {"label": c.label, "action": c.action, "url": c.url} for c in _usable(shown.choices)
        ],
        "locale": shown.locale,
        "dir": direction(shown.locale) if bot_side else "auto",
        "at": shown.at.isoformat() if shown.at else None,
        "id": own_id(shown.event_id),
        "neutral": shown.is_neutral,
    }
