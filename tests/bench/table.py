"""One row for each figure, and how it is judged."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HEADINGS = ("what", "measured", "limit or peer, same run", "ratio", "budget", "ok?")


@dataclass(frozen=True)
class Row:
    part: str
    what: str
    measured: str
    value: float | None = None  # what the budget judges, in the budget's unit
    peer: str = ""
    ratio: float | None = None
    budget: str = ""
    ok: bool | None = None  # None: no budget, or not measured

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = "" if self.ok is None else ("yes" if self.ok else "MISSED")
        return (self.what, self.measured, self.peer, ratio, self.budget, verdict)


def at_most(
    part: str, what: str, value: float, limit: float, unit: str, *, more: str = "", peer: str = ""
) -> Row:
    measured = f"{_number(value)} {unit}" + (f" ({more})" if more else "")
    return Row(part, what, measured, value, peer, None, f"≤ {limit:g} {unit}", value <= limit)


def at_least_share(part: str, what: str, measured: str, ratio: float, share: float) -> Row:
    budget = f"≥ {share:.0%} of the encoder"
    return Row(part, what, measured, ratio, "", ratio, budget, ratio >= share)


def told(part: str, what: str, measured: str, peer: str = "", ratio: float | None = None) -> Row:
    """A figure without a budget."""
    return Row(part, what, measured, peer=peer, ratio=ratio)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def printed(rows: Sequence[Row]) -> str:
    table = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(cells[at]) for cells in table) for at in range(len(HEADINGS))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, "", _verdict(rows)])


def _verdict(rows: Sequence[Row]) -> str:
    judged = [row for row in rows if row.ok is not None]
    missed = [row.what for row in judged if not row.ok]
    if not missed:
        return f"{len(judged)} budgets, all kept"
    return f"{len(judged)} budgets, {len(missed)} MISSED: " + "; ".join(missed)


def write_json(path: Path, rows: Sequence[Row], load_before: float, took_s: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": load_before,
        "seconds": round(took_s),
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
