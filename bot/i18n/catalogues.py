"""All .po files together, and the texts made from them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.i18n import locales as locale_info
from bot.i18n import plurals, po, wording
from bot.i18n.lastgood import LastGood, settle
from bot.i18n.po import Message, PoFile, Problem
from bot.messages import Text

# Says what is wrong with a message beyond the rules of one file, or None.
Judge = Callable[[str, str, Message], str | None]  # msgctxt, locale, message


@dataclass(frozen=True)
class Catalogues:
    """Every translated text; a new one is built at each reload."""

    locales: tuple[str, ...] = (locale_info.SOURCE,)
    tables: Mapping[str, Mapping[str, Message]] = field(default_factory=dict, repr=False)

    def message(self, ctx: str, locale: str) -> Message | None:
        """The entry as it may be served: translated, and not waiting for review."""
        message = self.tables.get(locale, {}).get(ctx)
        return message if message is not None and message.is_served else None

    def text(self, ctx: str, locale: str, english: str | None = None) -> str | None:
        """The translation, or None. With `english`: None too when it translates another."""
        message = self.message(ctx, locale)
        if message is None or (english is not None and message.msgid != english):
            return None
        return message.strings[0]

    def plural(self, key: str, locale: str, n: int) -> str | None:
        message = self.message(key, locale)
        if message is None or not message.plural:
            return None
        return message.strings[plurals.index_of(locale, n)]

    def reviewed(self, ctx: str, locale: str) -> bool:
        message = self.message(ctx, locale)
        return message is not None and message.reviewed != ""


def load(root: Path, last_good: Path | None = None) -> tuple[Catalogues, list[Problem]]:
    """Read every locale once. `Loader` does the same and remembers unchanged files."""
    return Loader(root, LastGood(last_good)).load()


class Loader:
    """Reads `locales/`, parsing again only what changed."""

    def __init__(self, root: Path, last_good: LastGood) -> None:
        self._root = root
        self._last_good = last_good
        self._cache: dict[str, tuple[tuple[int, ...], PoFile]] = {}

    def load(self, judge: Judge | None = None) -> tuple[Catalogues, list[Problem]]:
        problems: list[Problem] = []
        tables: dict[str, dict[str, Message]] = {}
        for folder in _folders(self._root / "locales", problems):
            tables[folder.name] = self._table(folder, judge, problems)
        offered = [
            code
            for code, table in tables.items()
            if any(message.is_served for message in table.values())
        ]
        codes = locale_info.in_order({locale_info.SOURCE, *offered})
        return Catalogues(codes, tables), problems

    def _table(
        self, folder: Path, judge: Judge | None, problems: list[Problem]
    ) -> dict[str, Message]:
        table: dict[str, Message] = {}
        for file in sorted((folder / "LC_MESSAGES").glob("*.po")):
            messages = self._messages(file, folder.name, judge, problems)
            for ctx in messages.keys() & table.keys():
                line = messages[ctx].line
                path = file.relative_to(self._root).as_posix()
                problems.append(Problem(path, line, f"{ctx}: another file has this entry too"))
            table = {**messages, **table}
        return table

    def _messages(
        self, file: Path, locale: str, judge: Judge | None, problems: list[Problem]
    ) -> dict[str, Message]:
        path = file.relative_to(self._root).as_posix()
        parsed = self._parsed(file, path, locale)
        problems += parsed.problems
        if parsed.is_refused:
            return self._last_good.get(path, Message)
        good, broken = dict(parsed.messages), set(parsed.broken)
        for problem, ctx in _judged(parsed, locale, judge):
            problems.append(problem)
            del good[ctx]
            broken.add(ctx)
        if broken or parsed.has_lost_entry:
            last = self._last_good.get(path, Message)
            good = settle(good, broken, last, keep_absent=parsed.has_lost_entry)
        self._last_good.put(path, good)
        return good

    def _parsed(self, file: Path, path: str, locale: str) -> PoFile:
        try:
            stat = file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            cached = self._cache.get(path)
            if cached is not None and cached[0] == stamp:
                return cached[1]
            parsed = po.read(path, file.read_bytes(), locale)
        except OSError as error:
            return PoFile(path).refuse(1, f"the file cannot be read: {error.strerror}")
        self._cache[path] = (stamp, parsed)
        return parsed


def _folders(root: Path, problems: list[Problem]) -> Iterable[Path]:
    for folder in sorted(root.glob("*")):
        if folder.name == "templates" or not (folder / "LC_MESSAGES").is_dir():
            continue
        if locale_info.is_known(folder.name) and folder.name != locale_info.SOURCE:
            yield folder
        else:
            path = f"locales/{folder.name}"
            problems.append(Problem(path, 1, "the folder's name is not the code of a language"))


def _judged(parsed: PoFile, locale: str, judge: Judge | None) -> Iterable[tuple[Problem, str]]:
    if judge is None:
        return
    for ctx, message in parsed.messages.items():
        if message.is_served and (fault := judge(ctx, locale, message)) is not None:
            yield Problem(parsed.path, message.line, f"{ctx}: {fault}"), ctx


_NAME = re.compile(wording.PLACEHOLDER.pattern + r"(\.?)")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in place of their `{names}`; a name without a value stays as it is.

    Never `str.format`: a template is somebody else's input. A date that ends in a full
    stop (2026 р.) takes that of its sentence.
    """
    if "{" not in template:
        return template
    return _NAME.sub(lambda found: _filled(found, values), template)


def _filled(found: re.Match[str], values: Mapping[str, str]) -> str:
    value = values.get(found[1])
    if value is None:
        return found[0]
    return value if value.endswith(".") else value + found[2]


def render(text: Text, locale: str, catalogues: Catalogues) -> str:
    """An interface string in a locale, or in English while it has no translation."""
    values = dict(text.values)
    n = values.get("n")
    template = catalogues.text(text.key, locale, text.english)
    if text.plural and template is not None:
        template = catalogues.plural(text.key, locale, _count(n))
    if template is None:
        locale = locale_info.SOURCE
        template = text.plural if text.plural and _count(n) != 1 else text.english
    return fill(
        template, {name: _shown(value, locale, catalogues) for name, value in values.items()}
    )


def _count(n: Any) -> int:
    return n if isinstance(n, int) else 0


def _shown(value: Any, locale: str, catalogues: Catalogues) -> str:
    if isinstance(value, Text):
        return render(value, locale, catalogues)
    if isinstance(value, locale_info.Moment):
        return locale_info.format_moment(value.at, locale)
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return locale_info.format_date(value, locale)
    if isinstance(value, int | float | Decimal):
        return locale_info.format_number(value, locale)
    return locale_info.isolate(str(value), locale)
