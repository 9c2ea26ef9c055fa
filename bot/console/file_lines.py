"""What a line of a transcript shows of its file."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.file_types import TYPES
from bot.channels.media_words import size_of
from bot.console.visit import Visit
from bot.console.words import WORDS
from bot.messages import Kind
from bot.storage import Opened, Shown


@dataclass(frozen=True, slots=True)
class FileLine:
    word: str
    size: str  # "120 KB", or empty
    shown_as: str  # "picture", "sound" or ""
    is_kept: bool
    can_keep: bool


async def files_of(visit: Visit, opened: Opened) -> dict[int, FileLine]:
    """By the number of the line."""
    if not any(line.file for line in opened.lines):
        return {}
    kept = await visit.parts.store.media.kept(visit.staff, opened.case.number)
    found = {line.seq: _file_line(visit, line, kept) for line in opened.lines}
    return {seq: line for seq, line in found.items() if line is not None}


def _file_line(visit: Visit, shown: Shown, kept: frozenset[int]) -> FileLine | None:
    file = shown.file
    if file is None or not (file.stored_id or file.platform_id):
        return None
    is_kept = shown.seq in kept
    if file.stored_id and not is_kept:
        return None  # it went with something that was erased
    kind = TYPES[file.type].kind if file.stored_id and file.type in TYPES else shown.kind
    return FileLine(
        word=f"kind_{kind}" if f"kind_{kind}" in WORDS else "kind_other",
        size=visit.rows.say(size_of(file)) if file.size else "",
        shown_as=_shown_as(file.type),
        is_kept=is_kept,
        can_keep=not is_kept,
    )


def _shown_as(name: str) -> str:
    kind = TYPES.get(name)
    if kind is None or not kind.is_inline or name == "mp4":
        return ""
    return "sound" if kind.kind is Kind.VOICE else "picture"
