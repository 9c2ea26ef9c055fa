"""`python -m bot office …`: offices, their hours, and the days on which they are closed."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.counsellors import CommandProblem
from bot.handoff.hours import HoursProblem, OfficeHours
from bot.i18n import fill
from bot.storage import NameTaken, NoSuchOffice, Office, StaffStore

_CODE = re.compile(r"[a-z]{2}")


async def run(store: StaffStore, options: argparse.Namespace) -> None:
    """Raises `CommandProblem`."""
    try:
        await _ACTIONS[options.action](store, options)
    except NameTaken:
        raise CommandProblem(f"there is an office {options.code} already") from None
    except NoSuchOffice:
        known = ", ".join(office.code for office in await store.offices())
        raise CommandProblem(f"no office {options.code}; there are: {known}") from None


async def _list(store: StaffStore, _options: argparse.Namespace) -> None:
    for office in await store.offices():
        print(f"{office.code}  {office.name}  {office.time_zone}  {office.hours}")
        today = datetime.now(UTC).astimezone(ZoneInfo(office.time_zone)).date()
        for day in sorted(day for day in office.closed if day >= today):
            print(f"    closed on {day}")


async def _add(store: StaffStore, options: argparse.Namespace) -> None:
    if not _CODE.fullmatch(options.code):
        raise CommandProblem("the code of an office has two small letters, such as ro")
    if not 1 <= len(options.name.strip()) <= 80:
        raise CommandProblem("--name: 1 to 80 characters are needed")
    if not 30 <= options.lost_after <= 86_400:
        raise CommandProblem("--lost-after: 30 to 86400 seconds are needed")
    office = Office(
        code=options.code,
        name=options.name.strip(),
        country=options.country,
        time_zone=options.time_zone,
        hours=options.hours,
        lost_after_s=options.lost_after,
    )
    _check_hours(office)
    await store.add_office(office)
    print(f"office {office.code} is there.")


async def _hours(store: StaffStore, options: argparse.Namespace) -> None:
    office = await store.office(options.code)
    if office is None:
        raise NoSuchOffice
    _check_hours(Office(office.code, "", office.country, office.time_zone, options.hours))
    await store.set_hours(office.code, options.hours)
    print(f"office {office.code} is open {options.hours}")


async def _close_day(store: StaffStore, options: argparse.Namespace) -> None:
    try:
        day = date.fromisoformat(options.day)
    except ValueError:
        raise CommandProblem("a day is needed, such as 2026-12-24") from None
    if options.open:
        await store.open_day(options.code, day)
        print(f"office {options.code} keeps its usual hours on {day}")
    else:
        await store.close_day(options.code, day)
        print(f"office {options.code} is closed on {day}")


_ACTIONS = {"list": _list, "add": _add, "hours": _hours, "close-day": _close_day}


def _check_hours(office: Office) -> None:
    try:
        OfficeHours.parse(office.hours, office.time_zone, office.country)
    except HoursProblem as problem:
        raise CommandProblem(fill(problem.text.english, dict(problem.text.values))) from None
