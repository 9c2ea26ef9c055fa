"""Who waits: number, language, topic, urgency and time; text only after the claim."""

from __future__ import annotations

from litestar import Response

from bot.console.taken_back import taken_back
from bot.console.visit import Visit, html, see_other
from bot.console.words import WORDS
from bot.messages import Text
from bot.storage import AlreadyTaken


async def show(visit: Visit, notice: Text | None = None, status: int = 200) -> Response[bytes]:
    counts, waiting = await visit.counts()
    return await visit.page(
        "queue.html",
        status,
        counts=counts,
        rows=[visit.rows.row(case) for case in waiting],
        taken_back=await taken_back(visit),
        notice=notice,
    )


async def counts(visit: Visit) -> Response[bytes]:
    """Only the number beside the page's name, for a page that is open."""
    found, _ = await visit.counts()
    pages = visit.parts.pages
    return html(pages.draw("counts.html", visit.staff.locale, counts=found))


async def claim(visit: Visit) -> Response[bytes]:
    try:
        case = await visit.desk.claim(visit.staff, visit.number)
    except AlreadyTaken as taken:
        word = WORDS["taken"].having(name=taken.by) if taken.by else WORDS["err_move"]
        return await show(visit, word, 409)
    return see_other(f"/desk/case/{case.number}#reply")
