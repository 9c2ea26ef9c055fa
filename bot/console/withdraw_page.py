"""A fact that is wrong: two taps and nobody is told it; an editor looks, and restores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from litestar import Response

from bot.console.visit import Visit
from bot.console.words import WORDS
from bot.handoff.withdrawals import REASONS, CannotWithdraw
from bot.knowledge import Snapshot
from bot.messages import Text
from bot.storage import Told

MOST = 40  # facts of one message
_NAME = 80  # characters of a fact's name


def doubt_url(snapshot: Snapshot, facts: Sequence[str]) -> str:
    """The page that asks which of these is wrong; empty when none can be withdrawn."""
    declared = _declared(snapshot, facts)
    return "/desk/wrong?" + urlencode([("f", name) for name in declared]) if declared else ""


def _declared(snapshot: Snapshot, facts: Sequence[str]) -> list[str]:
    found = dict.fromkeys(snapshot.declared_as(name) or name for name in facts[:MOST])
    return [name for name in found if snapshot.is_withdrawable(name)]


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    title: str
    value: str
    source: str


async def ask(visit: Visit) -> Response[bytes]:
    names = visit.request.query_params.getall("f", [])
    return await _draw(visit, _declared(visit.snapshot, names))


async def withdraw(visit: Visit) -> Response[bytes]:
    name = visit.form.get("name", "")[:_NAME]
    try:
        is_new = await visit.desk.withdrawals.withdraw(
            visit.staff, name, visit.form.get("why", REASONS[0])
        )
    except CannotWithdraw:
        word = "withdraw_never" if name in visit.snapshot.directory else "withdraw_nothing"
        return await _draw(visit, (), WORDS[word], status=422)
    told = await visit.desk.withdrawals.told(visit.staff, name)
    done = WORDS["withdraw_done" if is_new else "withdraw_already"]
    return await _draw(visit, (), done, told)


async def _draw(
    visit: Visit,
    names: Sequence[str],
    notice: Text | None = None,
    told: Sequence[Told] = (),
    status: int = 200,
) -> Response[bytes]:
    return await visit.page(
        "withdraw.html",
        status,
        items=[_item(visit, name) for name in names],
        reasons=REASONS,
        notice=notice,
        told=_once(told),
    )


def _item(visit: Visit, name: str) -> Item:
    snapshot, locale = visit.snapshot, visit.staff.locale
    if name in snapshot.facts:
        fact = snapshot.facts[name]
        return Item(name, name, snapshot.values.shown(name, locale), fact.source)
    row = snapshot.directory[name]
    cells = (row.cell(column) for column in ("address", "city", "phone", "email", "url"))
    return Item(name, row.name, " · ".join(filter(None, cells)), row.source)


def _once(told: Sequence[Told]) -> list[Told]:
    return list({one.number: one for one in told}.values())


# For editors


@dataclass(frozen=True, slots=True)
class Gone:
    item: Item
    why: str
    by: str
    at: str


async def show(visit: Visit, notice: Text | None = None) -> Response[bytes]:
    known = visit.snapshot.facts.keys() | visit.snapshot.directory.keys()
    gone = [
        Gone(
            item=_item(visit, one.name) if one.name in known else Item(one.name, one.name, "", ""),
            why=f"withdraw_why_{one.why}",
            by=one.by_shown_as,
            at=visit.calendar.moment(one.at).shown,
        )
        for one in await visit.desk.withdrawals.read()
    ]
    return await visit.page("withdrawn.html", gone=gone, notice=notice)


async def restore(visit: Visit) -> Response[bytes]:
    name = visit.form.get("name", "")[:_NAME]
    if await visit.desk.withdrawals.restore(visit.staff, name):
        return await show(visit, WORDS["withdraw_restored"])
    return await show(visit)
