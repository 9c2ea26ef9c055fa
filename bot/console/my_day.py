"""My cases, in the order in which they need me; and what I look after for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from litestar import Response

from bot.console.rows import Row
from bot.console.visit import Visit
from bot.storage import Case, WaitsFor


class Group(NamedTuple):
    name: str
    rows: list[Row]


async def show(visit: Visit) -> Response[bytes]:
    held = await visit.desk.held(visit.staff)
    covered = await visit.desk.covered(visit.staff)
    groups = [
        Group(name, [visit.rows.row(case) for case in cases])
        for name, cases in (*_sorted_out(visit, held), ("cover", covered))
    ]
    told = sorted({one.number for one in await visit.desk.withdrawals.told(visit.staff)})
    return await visit.page("mine.html", groups=groups, told=told, mine=_numbers(held))


def _numbers(cases: Sequence[Case]) -> frozenset[str]:
    return frozenset(case.number for case in cases)


def _sorted_out(visit: Visit, held: Sequence[Case]) -> list[tuple[str, list[Case]]]:
    tonight = visit.calendar.end_of(visit.calendar.today)
    today, answer, rest = [], [], []
    for case in held:
        if case.due_at is not None and case.due_at < tonight:
            today.append(case)
        elif case.waits_for is WaitsFor.NOTHING and case.due_at is None:
            answer.append(case)
        else:
            rest.append(case)
    return [("today", today), ("answer", answer), ("rest", rest)]
