"""Strict reading of one .po file.

Babel and polib both swallow a missing quote, so we read the lines ourselves. A fault
spoils the entry it stands in; the rest of the file still counts. Only a file whose
bytes or header cannot be trusted is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.i18n import plurals, wording

MAX_BYTES = 4_000_000
MAX_ENTRY = 40_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an editor or operator should put right."""

    path: str  # below the project root
    line: int
    message: str
    severity: str = "error"  # "error": the last good text serves instead; or "warning"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a catalogue."""

    msgid: str
    strings: tuple[str, ...]
    plural: str = ""
    fuzzy: bool = False
    reviewed: str = ""  # "2026-11-12 <role>", from the translator's comment
    line: int = 0

    @property
    def is_served(self) -> bool:
        return not self.fuzzy and self.strings[0] != ""


@dataclass(slots=True)
class PoFile:
    """What one file says, and what is wrong with it."""

    path: str
    messages: dict[str, Message] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # msgctxt of entries with an error
    has_lost_entry: bool = False  # an entry is broken and its msgctxt cannot be read
    is_refused: bool = False
    is_garbled: bool = False  # its lines cannot be rewritten without losing something
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, message: str) -> PoFile:
        self.is_refused = self.is_garbled = True
        self.problems.append(Problem(self.path, line, message))
        return self


def decode(path: str, data: bytes, max_bytes: int = MAX_BYTES) -> str | Problem:
    """The text of a file that must be UTF-8 without a byte-order mark."""
    if len(data) > max_bytes:
        return Problem(path, 1, f"the file has {len(data)} bytes, at most {max_bytes}")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return Problem(path, 1, "byte-order mark; save the file as UTF-8 without BOM")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(path, line, "this line is not UTF-8; save the file as UTF-8")


def read(path: str, data: bytes, locale: str) -> PoFile:
    """Read and judge one file of a locale."""
    po = PoFile(path)
    text = decode(path, data)
    if isinstance(text, Problem):
        return po.refuse(text.line, text.message)
    lines = text.split("\n")
    for draft in _drafts(lines):
        _take(po, draft, locale)
    if not lines or not po.is_refused and "" not in po.messages:
        po.refuse(1, 'the header is missing (msgid "" with Language and Content-Type)')
    po.messages.pop("", None)
    return po


# Drafts: entries as they stand, before anything is believed.

_QUOTED = re.compile(r'"((?:[^"\\\x00-\x08\x0b-\x1f]++|\\[nt"\\])*+)"[ \t]*')
_KEYWORD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])?(?:[ \t]+(.*)|$)")
_ESCAPE = re.compile(r"\\(.)")
_UNESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_REVIEWED = re.compile(r"#\s+reviewed:\s*(\d{4}-\d\d-\d\d.*)")


@dataclass(slots=True)
class _Draft:
    line: int = 0
    fuzzy: bool = False
    reviewed: str = ""
    parts: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    current: str = ""
    fault: tuple[int, str] | None = None
    name: str | None = None  # a msgctxt that could be guessed from a broken line

    def fail(self, line: int, message: str) -> None:
        if self.fault is None:
            self.fault = (line, message)

    def text(self, key: str) -> str:
        joined = "".join(self.parts[key])
        return _ESCAPE.sub(lambda m: _UNESCAPED[m[1]], joined) if "\\" in joined else joined


def _drafts(lines: list[str]) -> Iterator[_Draft]:
    draft = _Draft()
    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix("\r")
        first = line[:1]
        if first == '"':
            _continue(draft, number, line)
            continue
        is_blank = not line or line.isspace()
        if draft.line and (is_blank or first == "#" or _restarts(draft, line)):
            yield draft
            draft = _Draft()
        if first == "#":
            draft = _comment(draft, line)
        elif not is_blank:
            _keyword(draft, number, line)
    if draft.line:
        yield draft


def _restarts(draft: _Draft, line: str) -> bool:
    """Entries need no empty line between them."""
    if line.startswith("msgctxt"):
        return True
    return line.startswith("msgid ") and ("msgid" in draft.parts or "msgstr[0]" in draft.parts)


def _comment(draft: _Draft, line: str) -> _Draft:
    if line.startswith("#~"):  # obsolete; what stood above belongs to it
        return _Draft()
    if line.startswith("#,"):
        draft.fuzzy = draft.fuzzy or "fuzzy" in line[2:].replace(",", " ").split()
    elif found := _REVIEWED.match(line):
        draft.reviewed = found[1].strip()
    return draft


def _keyword(draft: _Draft, number: int, line: str) -> None:
    draft.line = draft.line or number
    found = _KEYWORD.match(line)
    if not found:
        draft.fail(number, f"not a line of a .po file: {line[:40]!r}; is a quote missing?")
        return
    word, index, rest = found.groups()
    key = f"msgstr[{index or 0}]" if word == "msgstr" else word
    if key in draft.parts or (word != "msgstr" and index):
        draft.fail(number, f"{word} stands here twice")
        return
    if word == "msgctxt" and (guess := re.match(r'"?([^"]*)', rest or "")):
        draft.name = guess[1].strip() or None
    draft.parts[key] = []
    draft.lines[key] = number
    draft.current = key
    if word == "msgstr" and index:
        draft.lines["indexed"] = number
    _continue(draft, number, rest or "")


def _continue(draft: _Draft, number: int, line: str) -> None:
    draft.line = draft.line or number
    found = _QUOTED.fullmatch(line)
    if not found:
        draft.fail(number, _quote_fault(line))
    elif not draft.current:
        draft.fail(number, "text that belongs to no entry")
    else:
        draft.parts[draft.current].append(found[1])


def _quote_fault(line: str) -> str:
    text = line.rstrip()
    if not text.startswith('"'):
        return "the opening quote is missing"
    if len(text) == 1 or not text.endswith('"') or text.endswith('\\"'):
        return "the closing quote is missing"
    if re.search(r'(?<!\\)"', text[1:-1]):
        return 'a quote inside the text needs a backslash: \\"'
    return "a backslash or control character that is not allowed here"


# From draft to message.


def _take(po: PoFile, draft: _Draft, locale: str) -> None:
    is_header = "msgctxt" not in draft.parts and draft.parts.get("msgid") == [""]
    if draft.fault is not None:
        po.is_garbled = True
    else:
        draft.fault = _shape_fault(draft, locale) if not is_header else None
    if is_header:
        _take_header(po, draft, locale)
    elif draft.fault is not None:
        _spoil(po, draft.name, *draft.fault)
    else:
        _take_message(po, draft, locale)


def _spoil(po: PoFile, ctx: str | None, line: int, message: str) -> None:
    po.problems.append(Problem(po.path, line, f"{ctx}: {message}" if ctx else message))
    if ctx is None:
        po.has_lost_entry = True
    else:
        po.broken.add(ctx)
        po.messages.pop(ctx, None)


def _shape_fault(draft: _Draft, locale: str) -> tuple[int, str] | None:
    parts = draft.parts
    for key in ("msgctxt", "msgid", "msgstr[0]"):
        if key not in parts:
            return draft.line, f"the entry has no {key.removesuffix('[0]')}"
    if sum(map(len, (piece for part in parts.values() for piece in part))) > MAX_ENTRY:
        return draft.line, f"the entry is longer than {MAX_ENTRY} characters"
    if "msgid_plural" not in parts:
        return (
            (draft.lines["indexed"], "msgstr[n] without msgid_plural")
            if ("indexed" in draft.lines)
            else None
        )
    forms = plurals.categories(locale)
    filled = [f"msgstr[{n}]" in parts and any(parts[f"msgstr[{n}]"]) for n in range(len(forms))]
    count = sum(key.startswith("msgstr") for key in parts)
    if count != len(forms) or any(filled) != all(filled):
        wanted = ", ".join(f"[{n}] {tag}" for n, tag in enumerate(forms))
        return draft.lines["msgstr[0]"], f"plural forms needed here: {wanted}"
    return None


def _take_header(po: PoFile, draft: _Draft, locale: str) -> None:
    if draft.fault is not None or "msgstr[0]" not in draft.parts:
        line, message = draft.fault or (draft.line, "the header has no msgstr")
        po.refuse(line, f"header: {message}")
        return
    line = draft.lines["msgstr[0]"]
    header = {}
    for row in draft.text("msgstr[0]").split("\n"):
        name, _, value = row.partition(":")
        header[name.strip().lower()] = value.strip()
    po.messages[""] = Message("", (header.get("plural-forms", ""),), line=line)
    if "charset=utf-8" not in header.get("content-type", "").lower():
        po.refuse(line, "header: Content-Type must say charset=UTF-8")
    language = header.get("language", "").replace("-", "_")
    if language.lower() != locale.lower():
        po.refuse(line, f"header: Language is {language!r}, the folder is {locale!r}")
    if not plurals.fits(header.get("plural-forms", ""), locale):
        wanted = plurals.header(locale)
        po.problems.append(Problem(po.path, line, f"header: Plural-Forms must mean {wanted}"))
        po.messages[""] = Message("", ("",), line=line)


def _take_message(po: PoFile, draft: _Draft, locale: str) -> None:
    ctx = draft.text("msgctxt")
    if ctx in po.messages or ctx in po.broken:
        first = po.messages[ctx].line if ctx in po.messages else 0
        po.is_garbled = True
        where = f" (first on line {first})" if first else ""
        _spoil(po, ctx, draft.line, f"this entry stands here twice{where}; keep one")
        return
    message = _message(draft)
    header = po.messages.get("")
    if message.plural and header is not None and not header.strings[0]:
        po.broken.add(ctx)  # the header's Plural-Forms is wrong and already reported
        return
    faults = list(_wording_faults(ctx, message, draft, locale)) if message.is_served else []
    for line, text in faults:
        _spoil(po, ctx, line, text)
    if not faults:
        po.messages[ctx] = message


def _message(draft: _Draft) -> Message:
    keys = ["msgstr[0]"]
    if "msgid_plural" in draft.parts:
        keys = sorted(key for key in draft.parts if key.startswith("msgstr"))
    strings = [draft.text(key) for key in keys]
    return Message(
        msgid=draft.text("msgid"),
        strings=tuple(string.strip() for string in strings),
        plural=draft.text("msgid_plural") if "msgid_plural" in draft.parts else "",
        fuzzy=draft.fuzzy,
        reviewed=draft.reviewed,
        line=draft.line,
    )


def _wording_faults(
    ctx: str, message: Message, draft: _Draft, locale: str
) -> Iterator[tuple[int, str]]:
    for index in range(len(message.strings)):
        key = f"msgstr[{index}]"
        english, optional = message.msgid, frozenset[str]()
        if message.plural:
            english = message.plural
            optional = frozenset("n") if index in plurals.single_forms(locale) else optional
        for offset, fault in wording.translation_faults(ctx, english, draft.text(key), optional):
            yield _line_of(draft, key, offset), fault


def _line_of(draft: _Draft, key: str, offset: int) -> int:
    """The line of the file on which the character at `offset` of a text stands."""
    line = draft.lines[key]
    passed = 0
    for piece in draft.parts[key]:
        passed += len(_ESCAPE.sub("-", piece))
        if offset < passed:
            return line
        line += 1
    return draft.lines[key]
