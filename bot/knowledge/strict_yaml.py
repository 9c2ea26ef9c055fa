"""YAML as data only: no anchors, no tags, no key twice, a few plain types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

MAX_CHARS = 300_000
MAX_DEPTH = 6
Path = tuple[str, ...]

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # a build without libyaml reads the same, slower
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


class BadYaml(Exception):
    """`line` counts from 1 inside the text that was read."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class _Loader(_Base):
    """Types: null, true/false, whole and decimal numbers, dates; all else is text.

    Plain YAML reads `no` as false and 12:30:45 as a number.
    """

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # PyYAML's own shape


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?[0-9]+\.[0-9]+", list("-+0123456789")),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first
    )


def load(text: str, max_depth: int = MAX_DEPTH) -> tuple[Any, dict[str, int]]:
    """The value, and the line of each key of its top mapping. Raises `BadYaml`."""
    value, lines = load_with_lines(text, max_depth)
    return value, {path[0]: line for path, line in lines.items() if len(path) == 1}


def load_with_lines(text: str, max_depth: int) -> tuple[Any, dict[Path, int]]:
    """The value, and the line of every key and list item by its path: ("rows", "0", "id")."""
    if len(text) > MAX_CHARS:
        raise BadYaml(1, f"longer than {MAX_CHARS} characters")
    try:
        _refuse_tricks(text, max_depth)
        return _load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadYaml(line, f"not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadYaml(1, "not valid YAML") from error


def _refuse_tricks(text: str, max_depth: int) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadYaml(line, "anchors (& and *) are not used here; write the value, in quotes")
        if getattr(event, "tag", None):
            raise BadYaml(line, "tags (!) are not used here")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > max_depth:
            raise BadYaml(line, "nested too deep")


def _load(text: str) -> tuple[Any, dict[Path, int]]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, {}
        _refuse_doubles(node)
        lines = dict(_lines(node, ()))
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    pairs: Iterable[tuple[str, yaml.Node, yaml.Node]] = ()
    if isinstance(node, yaml.SequenceNode):
        pairs = ((str(n), item, item) for n, item in enumerate(node.value))
    elif isinstance(node, yaml.MappingNode):
        pairs = ((str(key.value), key, value) for key, value in node.value)
    for name, start, value in pairs:
        yield (*path, name), start.start_mark.line + 1
        yield from _lines(value, (*path, name))


def _refuse_doubles(node: yaml.Node) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_doubles(item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise BadYaml(key.start_mark.line + 1, "a key must be a plain word")
            if key.value in seen:
                raise BadYaml(key.start_mark.line + 1, f"{key.value} stands here twice")
            seen.add(key.value)
            _refuse_doubles(value)
