"""What Telegram shows of the bot before anybody writes: commands, menu and descriptions.

Everything here is a courtesy: a server that does not know these methods, or is busy, leaves the
bot with what it had.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram_client import Later, TelegramClient
from bot.messages import N_, Text

log = logging.getLogger(__name__)

# Telegram's limits: a command's description 256 characters, the short description 120, the
# description 512. The names of commands are the same in every language.
COMMANDS: tuple[tuple[str, Text], ...] = (
    ("menu", N_("profile_menu", "Choose a topic")),
    ("language", N_("profile_language", "Change the language")),
    ("country", N_("profile_country", "Change the country")),
    ("office", N_("profile_office", "Find an office near you")),
    ("human", N_("profile_human", "Talk to a counsellor")),
    ("help", N_("profile_help", "What this bot can do, and emergency numbers")),
    ("forget", N_("profile_forget", "Delete what I wrote here")),
)
# Translators: shown on the bot's page and when its link is shared; 120 characters at most.
SHORT_DESCRIPTION = N_(
    "profile_short_description",
    "Answers about living, working and getting help in Romania and Hungary, in your language.",
)
# Translators: shown in an empty chat, before the person presses Start; 512 characters at most.
DESCRIPTION = N_(
    "profile_description",
    "Ask a question in your own words, in your language. You get checked answers about work, "
    "housing, health, documents and protection in Romania and Hungary, and you can ask for a "
    "counsellor. It is free. We never ask for money or for photos of your documents.",
)
_LINES = (
    ("MyShortDescription", "short_description", SHORT_DESCRIPTION, 120),
    ("MyDescription", "description", DESCRIPTION, 512),
)
LONGEST_WAIT_S = 120.0

# Telegram takes two-letter codes only.
_TELEGRAM_CODES = {"fil": "tl"}


@dataclass(frozen=True, slots=True)
class _Update:
    """One thing Telegram shows in one language, and how to ask for it and set it."""

    subject: str  # "MyCommands"
    params: dict[str, Any]
    field: str = ""  # of the getter's answer; empty: the whole answer is compared

    @property
    def getter(self) -> str:
        return f"get{self.subject}"

    @property
    def setter(self) -> str:
        return f"set{self.subject}"

    def is_current(self, answer: Any) -> bool:
        if not self.field:
            return bool(answer == self.params["commands"])
        return isinstance(answer, dict) and answer.get(self.field) == self.params[self.field]


async def publish_profile(
    client: TelegramClient,
    render: Callable[[Text, str], str],
    locales: Iterable[str],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Bring Telegram's copy up to date, asking first: the setters are strictly rationed."""
    unknown: set[str] = set()
    for update in _wanted(render, locales):
        if update.getter in unknown or update.setter in unknown:
            continue
        try:
            await _apply(client, update, unknown)
        except Later as later:
            await sleep(min(later.retry_after_s, LONGEST_WAIT_S))
            with contextlib.suppress(Later):
                await _apply(client, update, unknown)


async def _apply(client: TelegramClient, update: _Update, unknown: set[str]) -> None:
    method = update.getter
    try:
        current = await client.call(method, {"language_code": update.params["language_code"]})
        if not update.is_current(current):
            method = update.setter
            await client.call(method, update.params)
    except InvalidToken:
        unknown.add(method)  # a 404 on an optional method: this server does not have it
    except Later:
        raise
    except TelegramError as error:
        log.warning("profile not set", extra={"method": method, "reason": type(error).__name__})


def _wanted(render: Callable[[Text, str], str], locales: Iterable[str]) -> Iterator[_Update]:
    for locale in ("en", *(locale for locale in locales if locale != "en")):
        # English is what Telegram shows to everybody whose language has no text of its own.
        code = "" if locale == "en" else _TELEGRAM_CODES.get(locale, locale.split("_")[0])
        if code and len(code) != 2:
            continue
        commands = [
            {"command": name, "description": render(text, locale)[:256]} for name, text in COMMANDS
        ]
        yield _Update("MyCommands", {"commands": commands, "language_code": code})
        for subject, field, text, limit in _LINES:
            params = {field: render(text, locale)[:limit], "language_code": code}
            yield _Update(subject, params, field)
