"""One edited entry: from the saved file to the swapped model."""

from __future__ import annotations

import asyncio
import time

from tests.bench import edits
from tests.bench.line import Line
from tests.bench.processes import peak_of
from tests.bench.table import at_most, told
from tests.bench.workshop import Service, Workshop

PATIENCE_S = 180.0


async def measure(shop: Workshop) -> None:
    service = await shop.service()
    async with peak_of(lambda: [service.trainer_pid]) as training:
        seconds = await _retrain(shop, service)
    stock = shop.stock_if_started
    peer = f"stock: {stock.trained_s:.0f} s, {stock.epochs} of DIET's 300 epochs" if stock else ""
    what = "retrain after one edited entry, swap included"
    shop.tell(at_most("retrain", what, seconds, 30, "s", peer=peer))
    most = max(training.mb, shop.first_training.mb)
    more = f"this one {training.mb:.0f}, the first {shop.first_training.mb:.0f}"
    peer = f"stock: {stock.training.mb:.0f} MB" if stock else ""
    what = "memory: more while training"
    shop.tell(at_most("retrain", what, most, 600, "MB", more=more, peer=peer))
    shop.tell(told("retrain", "  of which the training process lived", f"{training.seconds:.1f} s"))


async def _retrain(shop: Workshop, service: Service) -> float:
    url, token = service.nlu_address
    line = Line(url)
    entry = sorted(path.stem for path in (shop.project / "content/faq/ro").glob("*.md"))[0]
    try:
        before = await _model(line, token)
        edits.add_example(shop.project, entry, "what does the bench want to know")
        saved_at = time.monotonic()
        while await _model(line, token) == before:
            if time.monotonic() - saved_at > PATIENCE_S:
                raise RuntimeError("no new model came")
            await asyncio.sleep(0.1)
        return time.monotonic() - saved_at
    finally:
        await line.close()


async def _model(line: Line, token: str) -> str:
    return str((await line.ask_json("GET", f"/status?token={token}"))["model_file"])
