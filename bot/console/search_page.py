"""Search in the own office: by number, language, topic, outcome and date, all exact."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from litestar import Response

from bot.console.moments import read_day
from bot.console.rows import OUTCOMES
from bot.console.visit import Visit
from bot.storage import Case

PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    number: str
    language: str
    topic: str
    outcome: str
    since: str
    until: str


async def show(visit: Visit) -> Response[bytes]:
    asked = _asked(visit)
    before = visit.request.query_params.get("before", "")
    found = await _find(visit, asked, _id(before))
    return await visit.page(
        "search.html",
        asked=asked,
        rows=[visit.rows.row(case) for case in found[:PAGE]],
        next=_older(asked, found),
        topics=visit.rows.topics(),
        outcomes=OUTCOMES,
    )


def _asked(visit: Visit) -> Asked:
    query = visit.request.query_params
    names = ("number", "language", "topic", "outcome", "since", "until")
    number, *rest = (query.get(name, "").strip()[:40] for name in names)
    return Asked(number.upper(), *rest)


async def _find(visit: Visit, asked: Asked, before: int) -> list[Case]:
    since, until = read_day(asked.since), read_day(asked.until)
    return await visit.desk.search(
        visit.staff,
        number=asked.number,
        locale=asked.language,
        topic=asked.topic,
        outcome=asked.outcome,
        since=visit.calendar.start_of(since) if since else None,
        until=visit.calendar.end_of(until) if until else None,
        limit=PAGE + 1,
        before=before,
    )


def _older(asked: Asked, found: list[Case]) -> str:
    if len(found) <= PAGE:
        return ""
    fields = {name: value for name, value in asdict(asked).items() if value}
    return "/desk/search?" + urlencode(fields | {"before": found[PAGE - 1].id})


def _id(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_number else 0
