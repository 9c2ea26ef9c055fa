"""The manager's page: how many ask, how long they wait, how it ends. Numbers only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from litestar import Response

from bot.console.figures_words import FIGURES_WORDS as WORDS
from bot.console.visit import Visit
from bot.console.words import WORDS as DESK_WORDS
from bot.handoff import figures
from bot.handoff.figures import Group, Hours, Share
from bot.handoff.waiting import hours_of
from bot.i18n import language_name
from bot.messages import Text
from bot.storage import Asked

PERIODS = (7, 30, 90)  # days; longer than cases are kept would be no figure
USUAL = 30


class Line(NamedTuple):
    """One row of a table, and its bar."""

    name: str
    asked: int
    answered: int
    median: str
    p90: str
    missed: int
    bar: int  # percent of the longest


class Part(NamedTuple):
    name: str
    said: str
    bar: int


class Now(NamedTuple):
    office: str
    waiting: int
    danger: int
    claimed: int
    longest: str


async def show(visit: Visit) -> Response[bytes]:
    days = _days(visit)
    until = visit.calendar.now
    since = until - timedelta(days=days)
    cases = await visit.desk.asked(visit.staff, since, until)
    offices = await visit.parts.store.staff.offices()
    names = {office.code: office.name for office in offices}
    hours = {office.code: hours_of(office) for office in offices}
    everything = figures.total(cases, hours)
    return await visit.page(
        "figures.html",
        days=days,
        periods=PERIODS,
        now=await _now(visit, names),
        total=_line(visit, everything, everything.asked, "") if everything else None,
        tables=_tables(visit, cases, hours, names),
        outcomes=[
            Part(visit.rows.outcome(share.name), _said(visit, share), share.percent)
            for share in figures.outcomes(cases)
        ],
        votes=[
            Part(_language(visit, share.name), _said(visit, share), share.percent)
            for share in await _votes(visit, days)
        ],
    )


def _days(visit: Visit) -> int:
    wanted = visit.request.query_params.get("days", "")
    return next((days for days in PERIODS if str(days) == wanted), USUAL)


async def _now(visit: Visit, names: dict[str, str]) -> list[Now]:
    return [
        Now(
            names.get(counts.office, counts.office),
            sum(counts.waiting.values()),
            counts.waiting.get(1, 0),
            counts.claimed,
            visit.rows.say(visit.calendar.waited(counts.waiting_since))
            if counts.waiting_since
            else "",
        )
        for counts in await visit.desk.office_overview(visit.staff)
    ]


def _tables(
    visit: Visit, cases: Sequence[Asked], hours: Hours, names: dict[str, str]
) -> list[tuple[Text, list[Line]]]:
    def topic(code: str) -> str:
        return visit.rows.topic(code) or visit.rows.say(WORDS["figures_no_topic"])

    def table(of: Callable[[Asked], str], name: Callable[[str], str]) -> list[Line]:
        found = figures.groups(cases, hours, of)
        most = max((group.asked for group in found), default=1)
        return [_line(visit, group, most, name(group.name)) for group in found]

    return [
        (WORDS["figures_by_office"], table(lambda case: case.office, lambda c: names.get(c, c))),
        (WORDS["figures_by_language"], table(lambda c: c.locale, lambda c: _language(visit, c))),
        (WORDS["figures_by_topic"], table(lambda case: case.topic, topic)),
    ]


def _line(visit: Visit, group: Group, most: int, name: str) -> Line:
    return Line(
        name,
        group.asked,
        group.answered,
        _time(visit, group.median),
        _time(visit, group.p90),
        group.missed,
        round(100 * group.asked / most),
    )


def _time(visit: Visit, length: timedelta | None) -> str:
    if length is None:
        return "–"
    minutes = max(1, round(length / timedelta(minutes=1)))
    if minutes < 120:
        return visit.rows.say(DESK_WORDS["minutes"].having(n=minutes))
    return visit.rows.say(DESK_WORDS["hours"].having(n=round(minutes / 60)))


def _language(visit: Visit, locale: str) -> str:
    return language_name(locale or "en", visit.staff.locale)


def _said(visit: Visit, share: Share) -> str:
    text = WORDS["figures_share"].having(count=share.count, of=share.of, percent=share.percent)
    return visit.rows.say(text)


async def _votes(visit: Visit, days: int) -> list[Share]:
    until = visit.calendar.now
    rows = await visit.desk.votes(visit.staff, until - timedelta(days=days), until)
    given: dict[str, int] = {}
    helped: dict[str, int] = {}
    for locale, has_helped, count in rows:
        given[locale] = given.get(locale, 0) + count
        helped[locale] = helped.get(locale, 0) + (count if has_helped else 0)
    shown = [share.name for share in figures.shares(given)]
    return [Share(locale, helped[locale], given[locale]) for locale in shown]
