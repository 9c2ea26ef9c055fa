"""`python -m bot counsellor …`: who may sign in to the console. And the first admin."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.console.passwords import hash_password, one_time_password
from bot.i18n.locales import is_known
from bot.knowledge.topics import TOPICS
from bot.settings import Settings
from bot.storage import (
    Account,
    NameTaken,
    NeedsOffice,
    NewCounsellor,
    NoSuchOffice,
    NoSuchStaff,
    Role,
    StaffStore,
    Store,
)
from bot.storage.alert_records import ChatKind
from bot.storage.staff_records import GIVEN_PASSWORD

FIRST_ADMIN = "admin"
_NAME = re.compile(r"\w[\w .@-]{0,58}\w")
_SHOWN_AS = re.compile(r"[^\x00-\x1f\x7f]{1,60}")


class CommandProblem(Exception):
    """What the operator asked for cannot be done. The message says why."""


async def run(settings: Settings, store: StaffStore, options: argparse.Namespace) -> None:
    """Raises `CommandProblem`."""
    try:
        await _ACTIONS[options.action](settings, store, options)
    except NameTaken:
        raise CommandProblem(f"somebody signs in as {options.name} already") from None
    except NoSuchStaff:
        raise CommandProblem(f"nobody signs in as {options.name}") from None
    except NoSuchOffice:
        known = ", ".join(office.code for office in await store.offices())
        raise CommandProblem(f"no such office; there are: {known}") from None
    except NeedsOffice:
        raise CommandProblem("--office is needed for these roles") from None


async def _add(settings: Settings, store: StaffStore, options: argparse.Namespace) -> None:
    password = one_time_password()
    new = NewCounsellor(
        name=_name(options.name),
        roles=frozenset(Role(role) for role in options.role or [Role.COUNSELLOR]),
        password_hash=await asyncio.to_thread(hash_password, password),
        office=options.office or "",
        shown_as=_shown_as(options.shown_as) if options.shown_as else "",
        gender=options.gender or "",
        languages=_languages(options.languages),
        topics=_topics(options.topics),
        locale=_locale(options.locale or "en"),
    )
    await store.add(new)
    _tell(settings, options.name, password)


async def _change(_settings: Settings, store: StaffStore, options: argparse.Namespace) -> None:
    """What is not named stays as it is."""
    account = await store.account_named(options.name)
    if account is None:
        raise NoSuchStaff
    new = _as_it_is(account)
    if options.role:
        new = replace(new, roles=frozenset(Role(role) for role in options.role))
    if options.office is not None:
        new = replace(new, office=options.office)
    if options.shown_as:
        new = replace(new, shown_as=_shown_as(options.shown_as))
    if options.gender is not None:
        new = replace(new, gender=options.gender)
    if options.languages is not None:
        new = replace(new, languages=_languages(options.languages))
    if options.topics is not None:
        new = replace(new, topics=_topics(options.topics))
    if options.locale:
        new = replace(new, locale=_locale(options.locale))
    await store.change(new)
    print(f"{options.name} is changed, and has to sign in again.")


def _as_it_is(account: Account) -> NewCounsellor:
    staff = account.staff
    return NewCounsellor(
        name=staff.name,
        roles=staff.roles,
        password_hash=account.password_hash,
        office=staff.office,
        shown_as=staff.shown_as,
        gender=staff.gender,
        languages=staff.languages,
        topics=staff.topics,
        locale=staff.locale,
    )


async def _disable(_settings: Settings, store: StaffStore, options: argparse.Namespace) -> None:
    await store.disable(options.name)
    print(f"{options.name} cannot sign in any more, and is signed out everywhere.")
    print(f"`counsellor reset {options.name}` opens the account again.")


async def _reset(settings: Settings, store: StaffStore, options: argparse.Namespace) -> None:
    password = one_time_password()
    await store.reset(options.name, await asyncio.to_thread(hash_password, password))
    _tell(settings, options.name, password)


async def _list(_settings: Settings, store: StaffStore, _options: argparse.Namespace) -> None:
    for account in await store.accounts():
        staff = account.staff
        roles = ", ".join(sorted(role.value for role in staff.roles))
        state = "disabled" if account.is_disabled else ""
        state = state or ("" if account.has_totp else "has not signed in yet")
        parts = (staff.name, staff.office or "all offices", roles, ",".join(staff.languages), state)
        print("  ".join(part for part in parts if part))


async def alert_code(store: Store, options: argparse.Namespace) -> None:
    """Print a code that links a chat once. Raises `CommandProblem`."""
    # Imports Telegram's library, which a start without Telegram does without.
    from bot.channels.telegram_staff import CODE_GOOD_FOR, new_code

    account = await store.staff.account_named(options.name)
    if account is None or account.is_disabled:
        raise CommandProblem(f"nobody signs in as {options.name}")
    kind, staff = ChatKind(options.chat), account.staff
    if not staff.office:
        raise CommandProblem("notes are sent for one office; this account stands above them")
    if kind is ChatKind.PROTECTION and not staff.has(Role.PROTECTION):
        raise CommandProblem("only somebody with the protection role links that group")
    code = new_code()
    await store.alerts.add_code(code, staff.id, kind, datetime.now(UTC), CODE_GOOD_FOR)
    minutes = CODE_GOOD_FOR // timedelta(minutes=1)
    print(f"In that chat, within {minutes} minutes, send the service's bot: /link {code}")


_ACTIONS = {
    "add": _add,
    "change": _change,
    "disable": _disable,
    "reset": _reset,
    "list": _list,
}


def _tell(settings: Settings, name: str, password: str) -> None:
    """The only place where this password is ever written down: not in a log, not in a file."""
    print(f"{name} signs in at {_address(settings)}")
    print(f"one-time password: {password}")
    print(f"It has to be replaced within {GIVEN_PASSWORD.days} days, and is not shown again.")
    sys.stdout.flush()


def _address(settings: Settings) -> str:
    # Under this name browsers keep a secure cookie without https too.
    base = settings.public_url or f"http://localhost:{settings.port}"
    return f"{base}/desk/signin"


async def make_first_admin(settings: Settings, store: StaffStore) -> None:
    """Somebody has to be able to sign in: on the first start there is an admin."""
    if await store.has_admin():
        return
    password = one_time_password()
    new = NewCounsellor(
        name=FIRST_ADMIN,
        roles=frozenset({Role.ADMIN}),
        password_hash=await asyncio.to_thread(hash_password, password),
    )
    try:
        await store.add(new)
    except NameTaken:  # by another process that starts, or by somebody who is no admin
        return
    _tell(settings, FIRST_ADMIN, password)


# What the operator typed


def _name(typed: str) -> str:
    if not _NAME.fullmatch(typed):
        raise CommandProblem("a name has 2 to 60 letters, digits, spaces or . - @")
    return typed


def _shown_as(typed: str) -> str:
    if not _SHOWN_AS.fullmatch(typed.strip()):
        raise CommandProblem("--shown-as: 1 to 60 characters are needed")
    return typed.strip()


def _locale(code: str) -> str:
    if not is_known(code):
        raise CommandProblem(f"{code[:20]!r} is not the code of a language")
    return code


def _languages(typed: str | None) -> tuple[str, ...]:
    return tuple(_locale(code) for code in _parts(typed))


def _topics(typed: str | None) -> tuple[str, ...]:
    topics = tuple(_parts(typed))
    for topic in topics:
        if topic not in TOPICS:
            raise CommandProblem(f"{topic[:40]!r} is no topic; there are: {', '.join(TOPICS)}")
    return topics


def _parts(typed: str | None) -> Iterable[str]:
    return dict.fromkeys(part.strip() for part in (typed or "").split(",") if part.strip())
