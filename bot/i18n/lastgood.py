"""The last good material of every file, kept in memory and in `var/last-good/`.

Kept by entry, not by file: an entry with an error does not overwrite its good copy,
and a good entry beside it does. The copies serve after a restart too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

log = logging.getLogger(__name__)
T = TypeVar("T")


class LastGood:
    """One JSON file of good entries for each source file."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder  # None: nothing is kept, as in `check`
        self._kept: dict[str, bytes] = {}

    def get(self, path: str, kind: type[T]) -> dict[str, T]:
        """The good entries of `path`; empty when there are none."""
        data = self._kept.get(path)
        if data is None and self._folder is not None:
            try:
                data = self._file(self._folder, path).read_bytes()
            except OSError:
                return {}
        if not data:
            return {}
        try:
            return msgspec.json.decode(data, type=dict[str, kind])  # type: ignore[valid-type]
        except (msgspec.MsgspecError, ValueError):
            log.warning("last good copy unreadable", extra={"file": path})
            return {}

    def put(self, path: str, entries: Mapping[str, T]) -> None:
        if self._folder is None:
            return
        data = msgspec.json.encode(dict(entries))
        if self._kept.get(path) == data:
            return
        self._kept[path] = data
        try:
            _write(self._file(self._folder, path), data)
        except OSError as error:  # the copy in memory still serves
            log.warning("last good copy not written", extra={"error": type(error).__name__})

    def _file(self, folder: Path, path: str) -> Path:
        return folder / f"{path}.json"


def settle(
    good: Mapping[str, T], broken: set[str], last: Mapping[str, T], *, keep_absent: bool = False
) -> dict[str, T]:
    """What serves: the good entries, and the last good text of the broken ones.

    `keep_absent` also keeps what the file no longer names: when a broken entry's name
    cannot be read, an absent entry may be that one.
    """
    kept = last if keep_absent else {name: last[name] for name in broken if name in last}
    return {**kept, **good}


def _write(file: Path, data: bytes) -> None:
    if file.exists() and file.read_bytes() == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    draft.write_bytes(data)
    draft.replace(file)
