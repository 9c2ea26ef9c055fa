"""From the command to the first page, and to answers by Rasa."""

from __future__ import annotations

from tests.bench.table import at_most, told
from tests.bench.workshop import Workshop


async def measure(shop: Workshop) -> None:
    if shop.is_cold:
        page, rasa = await shop.first_start()
        what = "first start, nothing trained: page / Rasa"
        shop.tell(told("start", what, f"{page:.1f} s / {rasa:.0f} s"))
    page, rasa = await shop.next_start()
    shop.tell(at_most("start", "start to the first page", page, 5, "s"))
    shop.tell(at_most("start", "start to `rasa`", rasa, 45, "s"))
