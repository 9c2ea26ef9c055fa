"""A saved locale file until its text is live, and reading everything again, with 16 locales."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bot.knowledge import Knowledge
from tests.bench import edits
from tests.bench.processes import plain_environment, rss_mb
from tests.bench.table import at_most, told
from tests.bench.workshop import ROOT, Service, Workshop, copy_of_project

LOCALE = "ro"
MARKS = "ABC"  # letters: a number that is not in the English text is refused
PATIENCE_S = 20.0


async def measure(shop: Workshop) -> None:
    service = await shop.service()
    live = await _saved_to_live(service, shop.project)
    shop.tell(at_most("reload", "saved .po to live text, 5 locales, Rasa up", live, 3, "s"))
    sixteen = copy_of_project(shop.folder / "sixteen")
    edits.add_locales(sixteen)
    await _full_reload(shop, sixteen)
    await _live_with(shop, sixteen)


async def _full_reload(shop: Workshop, project: Path) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.bench.alone_reload", str(project)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=plain_environment(),
        timeout=120,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    size = f"{found['locales']} locales, {found['entries']} entries"
    worst = max(found["reload_s"])
    shop.tell(
        at_most(
            "reload",
            f"full reload, {size}",
            worst,
            1,
            "s",
            more=f"worst of {len(found['reload_s'])}",
        )
    )
    figures = f"{found['understanding_s']:.2f} s, {found['understanding_mb']:.0f} MB"
    what = "  cues and lexical index of these, built behind it"
    shop.tell(told("reload", what, figures, f"knowledge: {found['knowledge_mb']:.0f} MB"))


async def _live_with(shop: Workshop, project: Path) -> None:
    service = Service(project, shop.folder / "var-sixteen", PUNTE_NLU="off")
    try:
        await service.until_page()
        live = await _saved_to_live(service, project)
        shop.tell(at_most("reload", "saved .po to live text, 16 locales", live, 3, "s"))
        memory = rss_mb(service.pid)
        what = "memory: service with 16 locales, after reloads"
        shop.tell(at_most("reload", what, memory, 200, "MB"))
    finally:
        await service.stop()


async def _saved_to_live(service: Service, project: Path) -> float:
    """The slowest of a few edits."""
    entry, block, question = await _an_answer(service, project)
    worst = 0.0
    for letter in MARKS:
        mark = f" (bench {letter})"
        await asyncio.sleep(1)  # the last one's echoes
        edits.change_answer(project, LOCALE, f"{entry}/{block}", mark)
        saved_at = time.monotonic()
        while mark not in await _texts(service, question):
            if time.monotonic() - saved_at > PATIENCE_S:
                raise RuntimeError("the saved text did not go live")
            await asyncio.sleep(0.02)
        worst = max(worst, time.monotonic() - saved_at)
    return worst


async def _an_answer(service: Service, project: Path) -> tuple[str, str, str]:
    """An entry, a short block of it, and a question that gets it."""
    snapshot = Knowledge.open(project, None).snapshot
    for entry in snapshot.entries.values():
        phrases = snapshot.examples()[entry.intent].get(LOCALE, ())
        short = [b for b in snapshot.answer(entry.id, LOCALE).bubbles if len(b.text) < 400]
        if entry.country != "ro" or not phrases or not short:
            continue
        asked = {"text": phrases[0], "locale": LOCALE, "country": "ro"}
        answer = await service.line.ask_json("POST", "/api/v1/ask", asked)
        if answer["entry"] == entry.id:
            return entry.id, short[0].origin.block, phrases[0]
    raise RuntimeError("no entry is answered by its own example")


async def _texts(service: Service, question: str) -> str:
    asked = {"text": question, "locale": LOCALE, "country": "ro"}
    answer = await service.line.ask_json("POST", "/api/v1/ask", asked)
    return "\n".join(answer["text"])
