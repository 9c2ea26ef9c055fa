"""Data protection: a copy of somebody's data, or the end of it, by case number.

For people who lost the phone they wrote with. The copy is handed over by the office; it
never goes into the chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from litestar import Response

from bot.console.visit import Visit
from bot.console.words import WORDS
from bot.messages import Text
from bot.storage import NoSuchCase, Shown

_NUMBER = re.compile(r"[A-Z]{2}-[0-9]{1,9}")


async def show(visit: Visit) -> Response[bytes]:
    return await _draw(visit)


async def export(visit: Visit) -> Response[bytes]:
    number = _typed(visit, "number")
    try:
        lines = await visit.desk.export(visit.staff, _known(number))
    except NoSuchCase:
        return await _draw(visit, 422, WORDS["data_none"], number)
    body = "\n".join(_written(visit, lines)).encode()
    headers = {"content-disposition": f'attachment; filename="{number}.txt"'}
    return Response(body, media_type="text/plain", headers=headers)


async def erase(visit: Visit) -> Response[bytes]:
    number = _typed(visit, "number")
    if number != _typed(visit, "again"):
        return await _draw(visit, 422, WORDS["data_differ"], number)
    try:
        await visit.desk.erase(visit.staff, _known(number))
    except NoSuchCase:
        return await _draw(visit, 422, WORDS["data_none"], number)
    return await _draw(visit, 200, WORDS["data_erased"])


async def _draw(
    visit: Visit, status: int = 200, notice: Text | None = None, number: str = ""
) -> Response[bytes]:
    return await visit.page("data.html", status, notice=notice, number=number)


def _typed(visit: Visit, field: str) -> str:
    return visit.form.get(field, "").strip().upper()


def _known(number: str) -> str:
    if not _NUMBER.fullmatch(number):
        raise NoSuchCase
    return number


def _written(visit: Visit, lines: Sequence[Shown]) -> Iterator[str]:
    for line in lines:
        at = line.at.astimezone(visit.calendar.zone).strftime("%Y-%m-%d %H:%M")
        yield f"{at} {visit.rows.say(WORDS[f'who_{line.author}'])}\n{line.text}\n"
