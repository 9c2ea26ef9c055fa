"""The command line: `python -m tests.bench [--only NAME]... [--small]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench import (
    part_accuracy,
    part_ack,
    part_desk,
    part_memory,
    part_reload,
    part_retrain,
    part_start,
    part_throughput,
    part_turns,
)
from tests.bench.table import Row, printed, write_json
from tests.bench.workshop import ROOT, SMALL, Sizes, Workshop

LIMIT_S = 15 * 60
QUIET_LOAD = 1.0

# In this order: the service's memory is read after it was used, and training last.
PARTS: dict[str, Callable[[Workshop], Awaitable[None]]] = {
    "start": part_start.measure,
    "turns": part_turns.measure,
    "ack": part_ack.measure,
    "throughput": part_throughput.measure,
    "accuracy": part_accuracy.measure,
    "memory": part_memory.measure,
    "reload": part_reload.measure,
    "desk": part_desk.measure,
    "retrain": part_retrain.measure,
}


def main() -> int:
    options = _options()
    sizes = SMALL if options.small else Sizes()
    if options.epochs:
        sizes = replace(sizes, epochs=options.epochs)
    load_before, began = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="punte-bench-") as folder:
        rows, failed = asyncio.run(
            _run(Workshop(Path(folder), sizes, options.cold), options.only or list(PARTS))
        )
    took_s = time.monotonic() - began
    print(printed(rows))
    print(f"took {took_s:.0f} s; load before: {load_before:.1f} on {os.cpu_count()} cores")
    if load_before > QUIET_LOAD:
        print("the machine was busy: times are too long and rates too low, ratios less so")
    out = ROOT / "var" / "bench.json"
    write_json(out, rows, load_before, took_s)
    print(f"the same as JSON: {out.relative_to(ROOT)}")
    for name in failed:
        print(f"could not be measured: {name}", file=sys.stderr)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; repeatable")
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--cold", action="store_true", help="train from nothing first (minutes)")
    parser.add_argument("--epochs", type=int, default=0, help="of the stock pipeline's training")
    return parser.parse_args()


async def _run(workshop: Workshop, names: Sequence[str]) -> tuple[list[Row], list[str]]:
    failed: list[str] = []
    task = asyncio.current_task()
    assert task is not None
    # Ended from outside, it still ends what it started.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with workshop as shop:
        try:
            async with asyncio.timeout(LIMIT_S):
                for name in [name for name in PARTS if name in names]:
                    print(f"{name}:", file=sys.stderr, flush=True)
                    if not await _measured(PARTS[name], shop):
                        failed.append(name)
        except TimeoutError:
            failed.append(f"what was left after {LIMIT_S // 60} minutes")
        except asyncio.CancelledError:
            task.uncancel()
            failed.append("what was left when it was told to end")
        return list(shop.rows), failed


async def _measured(part: Callable[[Workshop], Awaitable[None]], shop: Workshop) -> bool:
    """One part that cannot be measured leaves the others."""
    try:
        await part(shop)
    except Exception:
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
