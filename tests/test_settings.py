"""Settings: read once, checked whole; a bad one stops the start and names its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ROOT, Settings, SettingsError, read_settings

TOKEN = "123456:a-token-that-opens-nothing-anywhere-0000"


def read(**env: str) -> Settings:
    return read_settings(dict(env))


def test_nothing_has_to_be_set() -> None:
    found = read()
    assert found == Settings()
    assert (found.host, found.port) == ("127.0.0.1", 8080)
    assert (found.stage, found.nlu, found.ask_rate) == ("demo", "auto", 60)
    assert found.allowed_hosts == ("127.0.0.1", "localhost")
    assert found.var == ROOT / "var"
    assert found.sqlite_path == ROOT / "var" / "punte.sqlite3"


@pytest.mark.parametrize(
    "name",
    [
        "PUNTE_HOST",  # an empty one would mean every address of the machine
        "PUNTE_PORT",
        "PUNTE_STAGE",
        "PUNTE_PUBLIC_URL",
        "PUNTE_ALLOWED_HOSTS",
        "PUNTE_WIDGET_ORIGINS",
        "PUNTE_EXIT_URL",
        "PUNTE_PROXIES",
        "PUNTE_VAR",
        "PUNTE_NLU",
        "PUNTE_ASK_RATE",
        "DATABASE_URL",
        "TELEGRAM_TOKEN",
        "TELEGRAM_API_URL",
        "TELEGRAM_WEBHOOK_URL",
        "TELEGRAM_WEBHOOK_SECRET",
    ],
)
def test_an_empty_setting_is_one_that_is_not_set(name: str) -> None:
    assert read_settings({name: ""}) == Settings()


def test_every_setting_is_taken() -> None:
    found = read(
        PUNTE_HOST="0.0.0.0",
        PUNTE_PORT="0",
        PUNTE_STAGE="live",
        PUNTE_PUBLIC_URL="https://punte.example/",
        PUNTE_ALLOWED_HOSTS="punte.example, 127.0.0.1",
        PUNTE_WIDGET_ORIGINS="https://a.example,https://b.example:8443/",
        PUNTE_EXIT_URL="https://weather.example/",
        PUNTE_PROXIES="127.0.0.1, ::1",
        PUNTE_VAR="somewhere",
        PUNTE_NLU="http://127.0.0.1:5005/?token=x",
        PUNTE_ASK_RATE="0",
        DATABASE_URL="postgresql://punte@db/punte",
        TELEGRAM_TOKEN=TOKEN,
        TELEGRAM_API_URL="http://127.0.0.1:8081/",
        TELEGRAM_WEBHOOK_URL="https://punte.example/telegram/webhook",
        TELEGRAM_WEBHOOK_SECRET="new_one, old-one",
    )
    assert found == Settings(
        host="0.0.0.0",
        port=0,
        stage="live",
        public_url="https://punte.example",
        allowed_hosts=("punte.example", "127.0.0.1"),
        widget_origins=("https://a.example", "https://b.example:8443"),
        exit_url="https://weather.example/",
        proxies=("127.0.0.1", "::1"),
        var=Path("somewhere").absolute(),
        nlu="http://127.0.0.1:5005/?token=x",
        ask_rate=0,
        database_url="postgresql+psycopg://punte@db/punte",
        telegram_token=TOKEN,
        telegram_api_url="http://127.0.0.1:8081",
        telegram_webhook_url="https://punte.example/telegram/webhook",
        telegram_webhook_secrets=("new_one", "old-one"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUNTE_PORT", "http"),
        ("PUNTE_PORT", "-1"),
        ("PUNTE_PORT", "65536"),
        ("PUNTE_PORT", "8080.0"),
        ("PUNTE_PORT", "٨٠٨٠"),
        ("PUNTE_PORT", "9" * 5_000),
        ("PUNTE_ASK_RATE", "many"),
        ("PUNTE_ASK_RATE", "-60"),
        ("PUNTE_STAGE", "production"),
        ("PUNTE_PUBLIC_URL", "punte.example"),
        ("PUNTE_PUBLIC_URL", "http://[::1"),
        ("PUNTE_PUBLIC_URL", "https://punte.example:99999"),
        ("PUNTE_EXIT_URL", "javascript:alert(1)"),
        ("PUNTE_EXIT_URL", "//weather.example"),
        ("PUNTE_WIDGET_ORIGINS", "*"),
        ("PUNTE_WIDGET_ORIGINS", "https://a.example/page"),
        ("PUNTE_WIDGET_ORIGINS", "https://a.example,https://[b"),
        ("PUNTE_NLU", "rasa"),
        ("PUNTE_NLU", "http://[nlu"),
        ("DATABASE_URL", "mysql://db/punte"),
        ("DATABASE_URL", "punte.sqlite3"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_WEBHOOK_URL", "/telegram/webhook"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({name: value})
    message = str(raised.value)
    assert message.startswith(f"{name}: ")
    assert len(value) < 8 or value not in message


@pytest.mark.parametrize("secret", ["", "with space", "ключ", "a" * 257, "good,bad!"])
def test_a_webhook_needs_a_secret_that_telegram_takes(secret: str) -> None:
    with pytest.raises(SettingsError, match=r"^TELEGRAM_WEBHOOK_SECRET: "):
        read(
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_WEBHOOK_URL="https://punte.example/telegram/webhook",
            TELEGRAM_WEBHOOK_SECRET=secret,
        )


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", ""),
        ("postgresql://u:p@h:5/d?x=1", "postgresql+psycopg://u:p@h:5/d?x=1"),
        ("postgres://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////tmp/x", "sqlite+aiosqlite:////tmp/x"),
        ("sqlite+aiosqlite:///x", "sqlite+aiosqlite:///x"),
    ],
)
def test_a_plain_database_address_gets_our_driver(given: str, used: str) -> None:
    assert read(DATABASE_URL=given).database_url == used


def test_no_child_process_inherits_the_token() -> None:
    env = {"TELEGRAM_TOKEN": f" {TOKEN}\n", "PATH": "/bin"}
    assert read_settings(env).telegram_token == TOKEN
    assert env == {"PATH": "/bin"}


@pytest.mark.fault("P1")
def test_no_secret_shows_when_settings_are_printed() -> None:
    found = read(
        DATABASE_URL="postgresql://punte:canary-1@db/punte",
        PUNTE_NLU="http://127.0.0.1:5005?token=canary-2",
        TELEGRAM_TOKEN="123456:canary-3",
        TELEGRAM_WEBHOOK_SECRET="canary-4",
    )
    assert "canary" not in repr(found)
