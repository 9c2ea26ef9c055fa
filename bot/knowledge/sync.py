"""Writes `locales/`: templates from code and content, and new texts into every .po.

Merging goes by msgctxt. `msgmerge` and `pybabel update` match by similar msgid and put
one country's translation into the other's entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polib
from babel.messages.extract import extract_from_file

from bot.i18n import plurals, po, wording
from bot.i18n.locales import SOURCE, is_known
from bot.i18n.po import Problem
from bot.knowledge import blocks, flow_files

WIDTH = 78  # what Poedit and Weblate write, so that their diffs stay small
KEYWORDS = {"N_": ((1, "c"), 2), "NP_": ((1, "c"), 2, 3)}
NAMELESS = ("lines", "reply-set")  # files whose heading nobody reads but editors
PROFILE = "bot/channels/telegram_profile.py"
# What every language has: the way in, and help in danger. One without `faq-common.po`
# has these alone; its people read answers in English, and are told so.
ESSENTIAL = ("interface", "danger", "bot-profile")
NEEDED_KEYS = re.compile(
    r"danger_|welcome|demo_notice|lang_|language_|menu|topic_|country_|consent_|fallback|err_"
    r"|intake_(safe|yes|no|unsure|skip)|hide_(line|button)|discreet_new"
)
FOR_STAFF = ("bot/console/", "bot/handoff/notify.py")


@dataclass(frozen=True, slots=True)
class Source:
    """One English text to translate."""

    ctx: str
    text: str
    plural: str
    file: str
    line: int
    note: str = ""  # for translators

    @property
    def is_for_staff(self) -> bool:
        """Read by counsellors only, who have a console in few languages."""
        return self.file.startswith(FOR_STAFF)


Templates = Mapping[str, Mapping[str, Source]]  # "faq-ro" -> msgctxt -> text


def sync(root: Path, add: str | None = None) -> tuple[list[str], list[Problem]]:
    """Write templates and merge them into every locale; `add` begins a new locale.

    Returns the changed files and what could not be done. A .po with broken lines is
    left as it is: rewriting it would lose what the lines meant.
    """
    templates, problems = extract(root)
    if add is not None and (not is_known(add) or add == SOURCE):
        problems.append(Problem("locales", 1, f"{add[:20]!r} is not the code of a language"))
        return [], problems
    changed = [
        path
        for name, sources in templates.items()
        if _save(root, path := f"locales/templates/{name}.pot", template_text(sources))
    ]
    for locale in _locales(root, add):
        for name in names_for(root, locale, templates) if locale != add else templates:
            path, sources = f"locales/{locale}/LC_MESSAGES/{name}.po", templates[name]
            text = _merged(root, path, locale, sources, problems)
            if text is not None and _save(root, path, text):
                changed.append(path)
    return changed, problems


def is_needed(name: str, source: Source, whole: bool) -> bool:
    """Whether a locale must have this text; what else it lacks is read in English."""
    if whole or name != "interface":
        return True
    return not source.is_for_staff and bool(NEEDED_KEYS.match(source.ctx))


def is_whole(root: Path, locale: str) -> bool:
    """Whether a language is meant to have all texts, not the essential ones alone."""
    return (root / f"locales/{locale}/LC_MESSAGES/faq-common.po").is_file()


def names_for(root: Path, locale: str, names: Iterable[str]) -> list[str]:
    """Which of the templates a locale is to have as files."""
    folder = root / f"locales/{locale}/LC_MESSAGES"
    if is_whole(root, locale):
        return list(names)
    return [name for name in names if name in ESSENTIAL or (folder / f"{name}.po").is_file()]


def _locales(root: Path, add: str | None) -> list[str]:
    found = {folder.parent.name for folder in root.glob("locales/*/LC_MESSAGES")}
    return sorted(code for code in found | {add} if code and is_known(code) and code != SOURCE)


def _save(root: Path, path: str, text: str) -> bool:
    file = root / path
    data = text.encode()
    if file.is_file() and file.read_bytes() == data:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.write_bytes(data)
    draft.replace(file)
    return True


# Extracting


def extract(root: Path) -> tuple[dict[str, dict[str, Source]], list[Problem]]:
    """All texts to translate, by template, in the order translators meet them."""
    # A template that has lost its last text still marks translations as obsolete.
    known = sorted(root.glob("locales/templates/*.pot"))
    templates: dict[str, dict[str, Source]] = {file.stem: {} for file in known}
    problems: list[Problem] = []
    for name, source in (*_from_code(root), *_from_content(root)):
        sources = templates.setdefault(name, {})
        other = sources.setdefault(source.ctx, source)
        if (other.text, other.plural) != (source.text, source.plural):
            message = f"{source.ctx}: another text has this key, {other.file}:{other.line}"
            problems.append(Problem(source.file, source.line, message))
    return templates, problems


def _from_code(root: Path) -> Iterator[tuple[str, Source]]:
    for file in sorted((root / "bot").rglob("*.py")):
        path = file.relative_to(root).as_posix()
        name = "bot-profile" if path == PROFILE else "interface"
        found = extract_from_file(
            "python",
            file,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for line, texts, notes, ctx in found:
            if ctx is None:
                continue
            text, plural = (texts, "") if isinstance(texts, str) else texts
            yield name, Source(ctx, text, plural, path, line, "\n".join(notes))


def _from_content(root: Path) -> Iterator[tuple[str, Source]]:
    for folder in ("common", "ro", "hu"):
        for file in sorted((root / "content/faq" / folder).glob("*.md")):
            yield from _from_document(root, file, f"faq-{folder}", "question")
    cards = sorted((root / "content/danger").glob("*.md"))
    for file in sorted(cards, key=lambda card: card.name == "lines.md"):
        yield from _from_document(root, file, "danger", "title")
    bank = sorted((root / "content/phrases").glob("*.md"))
    for file in sorted(bank, key=lambda group: group.name == "reply-set.md"):
        yield from _from_document(root, file, "phrases", "title")
    for path, ctx, block in flow_files.texts(root):
        yield "flows", Source(ctx, block.text, "", path, block.line)


def _from_document(root: Path, file: Path, name: str, heading: str) -> Iterator[tuple[str, Source]]:
    path = file.relative_to(root).as_posix()
    document = blocks.read(path, file.read_bytes(), heading=heading)
    for block in document.blocks.values():
        if block.text and not (document.id in NAMELESS and block.name == "title"):
            yield name, Source(document.ctx(block.name), block.text, "", path, block.line)


# Writing


def template_text(sources: Mapping[str, Source]) -> str:
    """A template: no dates and no line numbers, so it changes only when a text does."""
    pot = polib.POFile(wrapwidth=WIDTH)
    pot.metadata = _header("")
    for source in sources.values():
        pot.append(_new_entry(source, forms=2))
    return f"{pot}"


def _header(locale: str) -> dict[str, str]:
    header = {
        "Project-Id-Version": "Punte",
        "Language": locale,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    if locale:
        header["Plural-Forms"] = plurals.header(locale)
    return header


def _new_entry(source: Source, forms: int) -> polib.POEntry:
    entry = polib.POEntry(msgctxt=source.ctx, msgid=source.text, comment=source.note)
    entry.occurrences = [(source.file, "")]
    if source.plural:
        entry.msgid_plural = source.plural
        entry.msgstr_plural = dict.fromkeys(range(forms), "")
    if "{" in source.text + source.plural:
        entry.flags.append("python-brace-format")
    return entry


# Merging


def _merged(
    root: Path, path: str, locale: str, sources: Mapping[str, Source], problems: list[Problem]
) -> str | None:
    """The merged text of one file, or None when it must not be touched."""
    file = root / path
    merged = polib.POFile(wrapwidth=WIDTH)
    merged.metadata = _header(locale)
    old: polib.POFile | None = None
    if file.is_file():
        parsed = po.read(path, file.read_bytes(), locale)
        if parsed.is_garbled:
            problems += parsed.problems
            return None
        old = polib.pofile(file.read_text("utf-8"), wrapwidth=WIDTH)
        merged.header = old.header
        merged.metadata = {**old.metadata}
        if not _has_plural_texts(old):
            merged.metadata["Plural-Forms"] = plurals.header(locale)
    known = _by_ctx(old)
    forms = len(plurals.categories(locale))
    for source in sources.values():
        merged.append(_merge(source, known.pop(source.ctx, None), forms))
    for entry in known.values():
        if entry.translated() or entry.fuzzy or entry.obsolete:
            entry.obsolete = True
            merged.append(entry)
    return f"{merged}"


def _by_ctx(old: polib.POFile | None) -> dict[str, polib.POEntry]:
    """Entries by identity; one in use wins over an obsolete one of the same name."""
    entries = sorted(old or (), key=lambda entry: not entry.obsolete)
    found = {entry.msgctxt: entry for entry in entries}
    return {entry.msgctxt: found[entry.msgctxt] for entry in old or ()}


def _has_plural_texts(old: polib.POFile) -> bool:
    return any(any(entry.msgstr_plural.values()) for entry in old if entry.msgid_plural)


def _merge(source: Source, old: polib.POEntry | None, forms: int) -> polib.POEntry:
    entry = _new_entry(source, forms)
    if old is None or bool(old.msgid_plural) != bool(source.plural):
        return entry
    entry.msgstr = old.msgstr
    if source.plural and old.msgstr_plural:
        entry.msgstr_plural = dict(old.msgstr_plural)
    entry.tcomment = old.tcomment
    is_same = (old.msgid, old.msgid_plural or "") == (source.text, source.plural)
    if is_same:
        entry.previous_msgid = old.previous_msgid
        entry.previous_msgid_plural = old.previous_msgid_plural
        if old.fuzzy:
            entry.flags.insert(0, "fuzzy")
        return entry
    entry.tcomment = _unsigned(old.tcomment)
    if not wording.is_independent(source.ctx) and (old.msgstr or any(old.msgstr_plural.values())):
        entry.flags.insert(0, "fuzzy")
        # The translation is of the text before the first change that nobody reviewed.
        entry.previous_msgid = old.previous_msgid or old.msgid
        entry.previous_msgid_plural = old.previous_msgid_plural or old.msgid_plural or None
    return entry


def _unsigned(comment: str) -> str:
    """A sign-off holds for the text it was given for."""
    return "\n".join(
        line for line in comment.split("\n") if not line.strip().startswith("reviewed:")
    )
