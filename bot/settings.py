"""Settings, read once from the environment. A bad one stops the start and names its variable."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("demo", "live")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # what Telegram takes


class SettingsError(Exception):
    """A setting that cannot be used. The message starts with the variable's name."""


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8080
    root: Path = ROOT  # holds content/, locales/ and nlu/
    var: Path = ROOT / "var"
    database_url: str = field(default="", repr=False)  # empty: SQLite in `var`
    stage: str = "demo"
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    widget_origins: tuple[str, ...] = ()
    exit_url: str = "https://www.wikipedia.org/"
    proxies: tuple[str, ...] = ()  # addresses whose `X-Forwarded-For` is believed
    nlu: str = field(default="auto", repr=False)  # "auto", "off", or a server's address
    ask_rate: int = 60  # requests a minute and address; 0 = no limit
    translate_url: str = ""  # a LibreTranslate-compatible server; empty: none
    translate_key: str = field(default="", repr=False)
    telegram_token: str = field(default="", repr=False)
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str = ""
    telegram_webhook_secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def sqlite_path(self) -> Path:
        return self.var / "punte.sqlite3"


def read_settings(env: MutableMapping[str, str] | None = None) -> Settings:
    """Read and check every setting. Raises `SettingsError`.

    `TELEGRAM_TOKEN` is taken out of the environment, so that no child process inherits it.
    """
    env = os.environ if env is None else env
    settings = Settings(
        host=env.get("PUNTE_HOST") or "127.0.0.1",  # "" would mean every address
        port=_number(env, "PUNTE_PORT", 8080, 0, 65535),
        var=Path(env.get("PUNTE_VAR") or ROOT / "var").absolute(),
        database_url=_database_url(env.get("DATABASE_URL", "")),
        stage=_one_of(env, "PUNTE_STAGE", "demo", STAGES),
        public_url=_url(env, "PUNTE_PUBLIC_URL", "").rstrip("/"),
        allowed_hosts=_list(env, "PUNTE_ALLOWED_HOSTS") or ("127.0.0.1", "localhost"),
        widget_origins=tuple(_origin(o) for o in _list(env, "PUNTE_WIDGET_ORIGINS")),
        exit_url=_url(env, "PUNTE_EXIT_URL", "https://www.wikipedia.org/"),
        proxies=_list(env, "PUNTE_PROXIES"),
        nlu=_nlu(env),
        ask_rate=_number(env, "PUNTE_ASK_RATE", 60, 0, 1_000_000),
        translate_url=_url(env, "TRANSLATE_URL", "").rstrip("/"),
        translate_key=env.pop("TRANSLATE_KEY", "").strip(),
        telegram_token=env.pop("TELEGRAM_TOKEN", "").strip(),
        telegram_api_url=_url(env, "TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/"),
        telegram_webhook_url=_url(env, "TELEGRAM_WEBHOOK_URL", ""),
        telegram_webhook_secrets=_list(env, "TELEGRAM_WEBHOOK_SECRET"),
    )
    if settings.telegram_webhook_url and not settings.telegram_webhook_secrets:
        raise SettingsError("TELEGRAM_WEBHOOK_SECRET: a webhook needs a secret")
    if not all(_SECRET.fullmatch(secret) for secret in settings.telegram_webhook_secrets):
        raise SettingsError("TELEGRAM_WEBHOOK_SECRET: only A-Z, a-z, 0-9, _ and -, at most 256")
    return settings


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    if not is_number or not low <= int(text) <= high:
        raise SettingsError(f"{name}: a whole number from {low} to {high} is needed")
    return int(text)


def _one_of(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise SettingsError(f"{name}: one of {', '.join(allowed)} is needed")
    return value


def _list(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name) or default
    if value and not _parts(name, value).netloc:
        raise SettingsError(f"{name}: a full http or https address is needed")
    return value


def _parts(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  reading it checks it
    except ValueError:
        raise SettingsError(f"{name}: this is not an address") from None
    if parts.scheme not in ("http", "https"):
        raise SettingsError(f"{name}: an address that begins with http or https is needed")
    return parts


def _origin(value: str) -> str:
    parts = _parts("PUNTE_WIDGET_ORIGINS", value)
    if not parts.netloc or parts.path.strip("/"):
        raise SettingsError("PUNTE_WIDGET_ORIGINS: origins such as https://example.org are needed")
    return f"{parts.scheme}://{parts.netloc}"


def _nlu(env: Mapping[str, str]) -> str:
    value = env.get("PUNTE_NLU") or "auto"
    return value if value in ("auto", "off") else _url(env, "PUNTE_NLU", "").rstrip("/")


def _database_url(url: str) -> str:
    """Our two drivers by name: plain `postgresql://` means psycopg 3, `sqlite://` aiosqlite."""
    scheme, found, rest = url.partition("://")
    if not url:
        return ""
    drivers = {
        "postgresql": "postgresql+psycopg",
        "postgres": "postgresql+psycopg",
        "postgresql+psycopg": "postgresql+psycopg",
        "sqlite": "sqlite+aiosqlite",
        "sqlite+aiosqlite": "sqlite+aiosqlite",
    }
    if not found or scheme not in drivers:
        raise SettingsError("DATABASE_URL: postgresql://… or sqlite:///… is needed")
    return f"{drivers[scheme]}://{rest}"
