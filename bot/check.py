"""`python -m bot check`: everything that is wrong in content and locales.

The service itself reads strictly and keeps the last good text; here an editor or a
build sees all of it at once, and gettext's `msgfmt` judges a second time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.dialogue.danger import CueMatcher
from bot.flows import lint
from bot.i18n import po, wording
from bot.i18n.locales import SOURCE
from bot.i18n.po import PoFile, Problem
from bot.knowledge import Knowledge, Snapshot
from bot.knowledge.sync import Source, extract, is_needed, names_for, template_text

RUN_SYNC = "run `python -m bot sync`"
MSGFMT_TIMEOUT_S = 30


def run(root: Path) -> list[Problem]:
    """Print every problem as `file:line: message`, and return them all.

    The caller exits with 1 when one of them has the severity "error".
    """
    problems = sorted(set(find(root)), key=lambda problem: (problem.path, problem.line))
    for problem in problems:
        mark = "warning: " if problem.severity == "warning" else ""
        print(f"{problem.path}:{problem.line}: {mark}{problem.message}")
    return problems


def find(root: Path) -> Iterator[Problem]:
    knowledge = Knowledge.open(root, None, flow_judge=lint.judge)
    yield from knowledge.problems
    templates, problems = extract(root)
    yield from problems
    yield from _stale_templates(root, templates)
    for folder in sorted(root.glob("locales/*/LC_MESSAGES")):
        for name in names_for(root, folder.parent.name, templates):
            yield from _against_template(root, folder / f"{name}.po", templates[name])
    yield from _false_alarms(knowledge.snapshot)
    yield from lint.missing_texts(knowledge.snapshot)
    yield from _second_judge(root)


def _false_alarms(snapshot: Snapshot) -> Iterator[Problem]:
    """Harmless sentences that a danger cue, of whatever card or language, takes for danger."""
    matcher = CueMatcher(snapshot.cues())
    for card_id, by_locale in snapshot.lookalikes().items():
        card = snapshot.cards[card_id]
        for locale, phrases in by_locale.items():
            path, line = card.path, card.blocks["lookalikes"].line
            if locale != SOURCE:
                path = f"locales/{locale}/LC_MESSAGES/danger.po"
                message = snapshot.catalogues.message(card.ctx("lookalikes"), locale)
                line = message.line if message else 1
            for phrase in phrases:
                for found in matcher.match(phrase):
                    text = f"{phrase!r} is harmless, and a cue of {found!r} matches it"
                    yield Problem(path, line, text)


def _stale_templates(
    root: Path, templates: Mapping[str, Mapping[str, Source]]
) -> Iterator[Problem]:
    for name, sources in templates.items():
        path = f"locales/templates/{name}.pot"
        file = root / path
        if not file.is_file() or file.read_text("utf-8") != template_text(sources):
            yield Problem(path, 1, f"the template is not up to date; {RUN_SYNC}")


def _against_template(root: Path, file: Path, sources: Mapping[str, Source]) -> Iterator[Problem]:
    path, locale = file.relative_to(root).as_posix(), file.parent.parent.name
    if locale == SOURCE:
        return
    if not file.is_file():
        yield Problem(path, 1, f"the file is missing; {RUN_SYNC}")
        return
    parsed = po.read(path, file.read_bytes(), locale)
    if not parsed.is_refused:
        yield from _stale_messages(parsed, sources)
        yield from _missing_texts(file.stem, parsed, sources)


def _stale_messages(parsed: PoFile, sources: Mapping[str, Source]) -> Iterator[Problem]:
    for ctx, message in parsed.messages.items():
        source = sources.get(ctx)
        if source is None:
            yield Problem(parsed.path, message.line, f"{ctx}: no such text any more; {RUN_SYNC}")
        elif (source.text, source.plural) != (message.msgid, message.plural):
            yield Problem(parsed.path, message.line, f"{ctx}: the English has changed; {RUN_SYNC}")


def _missing_texts(name: str, parsed: PoFile, sources: Mapping[str, Source]) -> Iterator[Problem]:
    """What a language cannot do without; of the others one line a file says how many lack."""
    missing = []
    for ctx, source in sources.items():
        message = parsed.messages.get(ctx)
        if ctx in parsed.broken or (message is not None and message.is_served):
            continue
        missing.append(ctx)
        line = message.line if message else 1
        if ctx.startswith("danger_"):
            yield Problem(parsed.path, line, f"{ctx}: a danger text needs its translation")
        elif name == "interface" and is_needed(name, source, whole=False):
            yield Problem(parsed.path, line, f"{ctx}: every language needs this text")
    if missing:
        first = parsed.messages.get(missing[0])
        text = f"{len(missing)} of {len(sources)} texts have no translation, first {missing[0]}"
        yield Problem(parsed.path, first.line if first else 1, text, "warning")


# The second judge

_FINDING = re.compile(r"<stdin>:(\d+):(?:\d+:)? ?(.*)")


def _second_judge(root: Path) -> Iterator[Problem]:
    program = shutil.which("msgfmt")
    files = sorted(root.glob("locales/*/LC_MESSAGES/*.po"))
    if program is None:
        if files:
            message = "gettext's msgfmt is not installed; only our own reader judged the files"
            yield Problem("locales", 1, message, "warning")
        return
    for file in files:
        yield from _msgfmt(program, file, file.relative_to(root).as_posix())


def _msgfmt(program: str, file: Path, path: str) -> Iterator[Problem]:
    text, lines = _with_forced_flags(file.read_bytes().decode("utf-8", "replace"))
    try:
        result = subprocess.run(
            [program, "--check-format", "--check-header", "--check-domain", "-o", os.devnull, "-"],
            input=text.encode(),
            capture_output=True,
            timeout=MSGFMT_TIMEOUT_S,
            env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        yield Problem(path, 1, "msgfmt did not finish", "warning")
        return
    for row in result.stderr.decode("utf-8", "replace").splitlines():
        found = _FINDING.match(row)
        if found and "warning: header field" not in row:
            line = lines[min(int(found[1]), len(lines)) - 1]
            yield Problem(path, line, f"msgfmt: {found[2].strip()}")


def _with_forced_flags(text: str) -> tuple[str, list[int]]:
    """The file with `python-brace-format` on every translated text, as msgfmt skips others.

    Phrases that people type are left alone. The list gives each line its old number.
    """
    rows: list[str] = []
    numbers: list[int] = []
    for number, row in enumerate(text.split("\n"), 1):
        if row.startswith('msgctxt "') and not wording.is_independent(row[9:].rstrip('" \r')):
            at = len(rows)
            while at and rows[at - 1].startswith("#"):  # flags stand above `#| msgid`
                at -= 1
            rows.insert(at, "#, python-brace-format")
            numbers.insert(at, number)
        rows.append(row)
        numbers.append(number)
    return "\n".join(rows), numbers
