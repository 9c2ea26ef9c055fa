"""Imports go one way. The table is the order of DESIGN: each part imports only what is above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Parts of one line may import each other's line and those above.
LAYERS = (
    {"messages", "settings", "logs", "metrics", "news", "http_protocol"},
    {"i18n", "knowledge", "nlu_client", "lexical", "translator", "confidence", "storage"},
    {"training", "training_data", "nlu_server", "handoff", "delivery", "intake"},
    {"flows"},
    {"dialogue", "channels", "console"},
    {"timers", "check", "chat", "evaluate", "evaluate_danger", "counsellors", "offices", "posters"},
    {"app"},
    {"__main__"},
)
# Libraries that only some parts may know.
ONLY_IN = {
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "aiosqlite": {"storage"},
    "psycopg": {"storage"},
    "telegram": {"channels"},
    "babel": {"i18n", "knowledge"},
    "polib": {"i18n", "knowledge"},
    "litestar": {"channels", "console", "app"},
    "rapidfuzz": {"lexical"},
    "rasa": set(),
    "nlu": set(),
}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "bot":
                yield from ((node.lineno, f"bot.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def part_of(path: Path, root: Path) -> str:
    first = path.relative_to(root / "bot").parts[0]
    return first.removesuffix(".py")


def rank(part: str) -> int:
    for number, layer in enumerate(LAYERS):
        if part in layer:
            return number
    raise AssertionError(f"bot/{part} has no place in the order: add it to LAYERS")


def wrong_imports(root: Path) -> list[str]:
    wrong = []
    for path in sorted((root / "bot").rglob("*.py")):
        part = part_of(path, root)
        if part == "__init__":
            continue
        for line, name in imports(path):
            head, _, rest = name.partition(".")
            where = f"{path.relative_to(root)}:{line}"
            if head == "bot" and rest and rank(rest.partition(".")[0]) > rank(part):
                wrong.append(f"{where}: bot/{part} may not import {name}")
            elif head in ONLY_IN and part not in ONLY_IN[head]:
                wrong.append(f"{where}: {head} is not for bot/{part}")
    return wrong


def test_imports_go_one_way() -> None:
    assert wrong_imports(ROOT) == []


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("storage/planted.py", "from bot.dialogue.turn import take_turn"),
        ("storage/planted.py", "import bot.app"),
        ("dialogue/planted.py", "from sqlalchemy import select"),
        ("dialogue/planted.py", "from bot import app"),
        ("delivery.py", "import telegram"),
        ("i18n/planted.py", "import rasa.shared"),
        ("channels/planted.py", "import polib"),
    ],
)
def test_a_planted_wrong_import_is_found(tmp_path: Path, part: str, line: str) -> None:
    planted = tmp_path / "bot" / part
    planted.parent.mkdir(parents=True)
    planted.write_text(f"{line}\n")
    assert len(wrong_imports(tmp_path)) == 1
