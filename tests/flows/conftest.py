from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Examples, Understanding
from bot.knowledge import Knowledge
from bot.storage import Store
from tests.knowledge.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="session")
def understanding(knowledge: Knowledge, system: Examples) -> Understanding:
    """Without the NLU server: what is tested here must hold when it is away, too."""
    return Understanding(knowledge, None, system)


@pytest.fixture
def parts(store: Store, knowledge: Knowledge, understanding: Understanding) -> TurnParts:
    return TurnParts(store, knowledge, understanding)
