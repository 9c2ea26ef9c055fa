"""One content file: front matter and named blocks of English text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.i18n.po import Problem, decode
from bot.knowledge import strict_yaml

MAX_BYTES = 100_000
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADING = re.compile(r"(#{1,2}) (\S.*)")
_BLOCK_NAME = re.compile(r"[a-z][a-z0-9]*(?:: [a-z0-9-]+)?")
MAX_ID = 40  # Telegram's 64 bytes of callback data hold the id and a verb


@dataclass(frozen=True, slots=True)
class Block:
    name: str  # "question", "answer/where"
    text: str
    line: int  # of its first line of text


@dataclass(slots=True)
class Document:
    """A file as it stands. `problems` is empty when it can be believed."""

    path: str
    id: str
    front: dict[str, Any] = field(default_factory=dict)
    front_lines: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    slots: frozenset[str] = frozenset()  # names filled when the text is sent; no facts
    problems: list[Problem] = field(default_factory=list)

    def ctx(self, block: str) -> str:
        """A block's name in the catalogues; a phrase keeps its own in every file."""
        return block if block.startswith("phrase/") else f"{self.id}/{block}"

    def fail(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.path, line, message))

    def line_of(self, key: str) -> int:
        return self.front_lines.get(key, 1)


def read(path: str, data: bytes, *, heading: str) -> Document:
    """Read one file; `heading` names its `# ` block ("question" or "title")."""
    document = Document(path, path.rpartition("/")[2].removesuffix(".md"))
    text = decode(path, data, MAX_BYTES)
    if isinstance(text, Problem):
        document.problems.append(text)
        return document
    lines = text.replace("\r\n", "\n").split("\n")
    if not _ID.fullmatch(document.id) or len(document.id) > MAX_ID:
        document.fail(1, f"the file name must be [a-z0-9-], at most {MAX_ID} characters")
    end = _front(document, lines)
    for name, line, body in _sections(document, lines, end, heading):
        _add(document, name, line, body)
    return document


def _front(document: Document, lines: list[str]) -> int:
    """Read the front matter; returns the index of the first line after it."""
    if lines[0] != "---":
        document.fail(1, "the first line must be ---")
        return 0
    try:
        end = lines.index("---", 1)
    except ValueError:
        document.fail(1, "the front matter needs a closing ---")
        return len(lines)
    try:
        front, key_lines = strict_yaml.load("\n".join(lines[1:end]))
    except strict_yaml.BadYaml as error:
        document.fail(error.line + 1, error.message)
        return end + 1
    if not isinstance(front, dict):
        document.fail(2, "the front matter must be lines of `key: value`")
        return end + 1
    document.front = {str(key): value for key, value in front.items()}
    document.front_lines = {key: line + 1 for key, line in key_lines.items()}
    if document.front.get("id") != document.id:
        document.fail(document.line_of("id"), f"id must be the file's name, {document.id}")
    return end + 1


def _sections(
    document: Document, lines: list[str], start: int, heading: str
) -> Iterator[tuple[str, int, list[str]]]:
    name, line, body = "", start + 1, list[str]()
    for number, text in enumerate(lines[start:], start + 1):
        found = _HEADING.fullmatch(text)
        if not found:
            if text.startswith("#"):
                document.fail(number, "a heading is `# question` or `## name: part`")
            body.append(text)
            continue
        yield name, line, body
        name, line, body = found[2].strip(), number, []
        if found[1] == "#":
            yield heading, number - 1, [name]
            name = ""
            line = number
        elif not _BLOCK_NAME.fullmatch(name):
            document.fail(number, f"{name!r} is no block name; write `## answer: part`")
    yield name, line, body


def _add(document: Document, name: str, line: int, body: list[str]) -> None:
    text = "\n".join(row.rstrip() for row in body).strip()
    if not name:
        if text:
            document.fail(line, "text that stands in no block")
        return
    name = name.replace(": ", "/")
    if name in document.blocks:
        document.fail(line, f"the block {name!r} stands here twice")
    if not text:
        document.fail(line, f"the block {name!r} is empty")
    skipped = next((count for count, row in enumerate(body) if row.strip()), 0)
    document.blocks[name] = Block(name, text, line + 1 + skipped)
