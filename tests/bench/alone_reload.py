"""Reads a whole project again after every file was touched; prints JSON.

python -m tests.bench.alone_reload <project>
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import psutil

from bot.dialogue.understanding import Understanding
from bot.knowledge import Knowledge
from bot.nlu_client import system_examples

TIMES = 3


def main() -> None:
    root = Path(sys.argv[1])
    knowledge = Knowledge.open(root, None)
    after_knowledge = _mb()
    built_at = time.perf_counter()
    understanding = Understanding(knowledge, None, system_examples(root / "nlu"))
    built = time.perf_counter() - built_at
    report = {
        "locales": len(knowledge.snapshot.catalogues.locales),
        "entries": len(knowledge.snapshot.entries),
        "errors": sum(p.severity == "error" for p in knowledge.problems),
        "knowledge_mb": after_knowledge,
        "understanding_mb": _mb() - after_knowledge,
        "understanding_s": built,
        "reload_s": [_reload(knowledge, root) for _ in range(TIMES)],
    }
    del understanding
    print(json.dumps(report))


def _reload(knowledge: Knowledge, root: Path) -> float:
    for path in (*root.glob("content/**/*.*"), *root.glob("locales/**/*.po")):
        os.utime(path)
    began = time.perf_counter()
    knowledge.reload()
    return time.perf_counter() - began


def _mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


if __name__ == "__main__":
    main()
