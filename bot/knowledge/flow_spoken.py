"""What people say for yes, no and the rest: `content/flows/words/<locale>.yaml`.

The same form as `words.yaml`. All languages are known at once: somebody may answer in
another language than the chat's, and need not wait for a catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.i18n import wording
from bot.i18n.locales import SOURCE

FOLDER = "content/flows/words"

Phrases = Mapping[str, tuple[str, ...]]  # "yes" -> phrases


@dataclass(frozen=True, eq=False)
class Spoken:
    """Compared by identity, so what is made of it can be kept as long as it is."""

    by_locale: Mapping[str, Phrases]


def files(root: Path) -> list[str]:
    return [f"{FOLDER}/{file.name}" for file in sorted((root / FOLDER).glob("*.yaml"))]


def name_of(path: str, name: str) -> str:
    """How a snapshot calls a block of one of these files: "ro/yes"."""
    return f"{Path(path).stem}/{name}"


def spoken(texts: Mapping[str, str]) -> Spoken:
    """`texts`: "yes" (English, `words.yaml`) or "ro/yes" -> one phrase a line."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, text in texts.items():
        locale, _, name = key.rpartition("/")
        table = found.setdefault(locale or SOURCE, {})
        table[name] = table.get(name, ()) + wording.phrases_of(text)
    return Spoken(found)
