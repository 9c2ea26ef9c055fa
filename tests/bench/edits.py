"""What an editor does: saves a changed text, adds an example, begins eleven more languages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polib

from bot.i18n.plurals import header

MORE_LOCALES = ("ru", "fa", "tr", "ne", "si", "vi", "zh", "bn", "hi", "ur", "fil")
COPIED = "uk"


def add_locales(project: Path) -> None:
    """Sixteen in all. One language's texts under eleven more names: as much to read."""
    source = project / "locales" / COPIED
    for code in MORE_LOCALES:
        target = project / "locales" / code
        if target.exists():
            continue
        shutil.copytree(source, target)
        for path in target.glob("LC_MESSAGES/*.po"):
            _rename(path, code)


def _rename(path: Path, code: str) -> None:
    text = path.read_text("utf-8")
    text = text.replace(f'"Language: {COPIED}\\n"', f'"Language: {code}\\n"', 1)
    forms = f'"Plural-Forms: {header(code)}\\n"'
    path.write_text(re.sub(r'"Plural-Forms: .*"', lambda _: forms, text, count=1), "utf-8")


def change_answer(project: Path, locale: str, context: str, mark: str) -> None:
    """Save the locale file with a mark at the end of one text, as an editor's tool writes it."""
    path = _file_of(project, locale, context)
    catalogue = polib.pofile(str(path), wrapwidth=78)
    message = next(m for m in catalogue if m.msgctxt == context)
    message.msgstr = re.sub(r" \(bench [A-Z]\)$", "", message.msgstr) + mark
    _save(path, str(catalogue))


def add_example(project: Path, entry: str, phrase: str) -> None:
    """One more phrase in an entry's English examples."""
    path = next(project.glob(f"content/faq/*/{entry}.md"))
    text = path.read_text("utf-8")
    _save(path, text.replace("## examples\n", f"## examples\n{phrase}\n", 1))


def _file_of(project: Path, locale: str, context: str) -> Path:
    entry = context.partition("/")[0]
    folder = next(project.glob(f"content/faq/*/{entry}.md")).parent.name
    return project / "locales" / locale / "LC_MESSAGES" / f"faq-{folder}.po"


def _save(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
