"""A poster of one question: its title, a code to scan, the link, and what everybody should know.

SVG in millimetres of an A4 sheet. It names no font: the machine that prints has to have one for
the script. PDF is made by a program that is installed anyway, or not at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import segno

from bot.i18n import direction, isolate, render
from bot.knowledge import Snapshot
from bot.knowledge.snapshot import EMERGENCY
from bot.messages import N_, Text

if TYPE_CHECKING:
    import argparse

    from bot.settings import Settings

ASK = N_("poster_ask", "Ask in your language. A program answers; you can also talk to a person.")
FREE = N_("poster_free", "It is free. We never ask for money.")
SCAN = N_("poster_scan", "Scan this with the camera of a phone, or type the address:")
# {number} is the emergency number.
DANGER = N_("poster_danger", "In danger, call {number}.")
DEMO = N_("poster_demo", "This is a demonstration. The facts are not checked yet.")

WIDTH, HEIGHT, MARGIN = 210, 297, 18
TITLE_MM, LINE_MM, LINK_MM = 15.0, 6.5, 5.0  # sizes of type
MOST_TITLE_LINES = 4
CODE_MM = 92.0
QUIET = 4  # modules of white around the code, as its standard wants
PAYLOAD_BYTES = 64  # Telegram's limit behind ?start=
PDF_S = 90


class NoPoster(Exception):
    """It cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Poster:
    locale: str
    title: str
    lines: tuple[str, ...]
    scan: str
    link: str
    danger: str
    demo: str = ""


def telegram_link(bot: str, locale: str, target: str) -> str:
    payload = f"{locale}_{target}"
    if len(payload) > PAYLOAD_BYTES:
        raise NoPoster(f"{payload} is longer than the {PAYLOAD_BYTES} characters Telegram takes")
    return f"https://t.me/{bot}?start={payload}"


def web_link(public_url: str, locale: str, kind: str, target: str) -> str:
    """`kind` is entry or flow."""
    return f"{public_url}/?lang={locale}&{kind}={target}"


def poster_of(snapshot: Snapshot, locale: str, kind: str, target: str, link: str) -> Poster:
    def say(text: Text) -> str:
        return render(text, locale, snapshot.catalogues)

    return Poster(
        locale,
        _title(snapshot, locale, kind, target),
        (say(ASK), say(FREE)),
        say(SCAN),
        link,
        say(DANGER.having(number=isolate(_emergency(snapshot), locale))),
        say(DEMO) if snapshot.stage == "demo" else "",
    )


def _title(snapshot: Snapshot, locale: str, kind: str, target: str) -> str:
    of = (snapshot.entries if kind == "entry" else snapshot.flows).get(target)
    if of is None:
        raise NoPoster(f"there is no {kind} {target!r}")
    name = "question" if kind == "entry" else "title"
    english = of.blocks[name].text
    text = snapshot.catalogues.text(of.ctx(name), locale, english)
    if not text and locale != "en":
        raise NoPoster(f"{target} has no title in {locale} yet: translate it first")
    return text or english


def _emergency(snapshot: Snapshot) -> str:
    """The number as the directory has it."""
    rows = (row for row in snapshot.directory.values() if row.kind == "emergency")
    return next(phone for row in rows for phone in row.phones if phone == EMERGENCY)


# Drawing


def svg(poster: Poster) -> str:
    way = direction(poster.locale)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" xml:lang="{poster.locale}" direction="{way}"'
        ' font-family="sans-serif" fill="#111">'
    )
    sheet = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, sheet, *_parts(poster), "</svg>", ""])


def _parts(poster: Poster) -> Iterator[str]:
    size, lines = _title_lines(poster.title)
    y = MARGIN + size
    for line in lines:
        yield _text(poster, line, y, size, ' font-weight="700"')
        y += size * 1.3
    for line in _wrapped(poster.lines, LINE_MM):
        yield _text(poster, line, y, LINE_MM)
        y += LINE_MM * 1.5
    top = max(y, 118.0)
    yield from _code(poster.link, top)
    y = top + CODE_MM + LINE_MM
    for line in _wrapped([poster.scan], LINE_MM):
        yield _text(poster, line, y, LINE_MM)
        y += LINE_MM * 1.4
    yield _address(poster.link, y)
    yield from _foot(poster)


def _foot(poster: Poster) -> Iterator[str]:
    y = HEIGHT - MARGIN - 4.0
    if poster.demo:
        for line in reversed(list(_wrapped([poster.demo], LINE_MM * 0.8))):
            yield _text(poster, line, y, LINE_MM * 0.8, ' fill="#555"')
            y -= LINE_MM * 1.3
    for line in reversed(list(_wrapped([poster.danger], LINE_MM * 1.3))):
        yield _text(poster, line, y, LINE_MM * 1.3, ' font-weight="700" fill="#a00"')
        y -= LINE_MM * 1.9


def _text(poster: Poster, text: str, y: float, size: float, more: str = "") -> str:
    """A line that begins where the page begins: `start` is on the right in Arabic."""
    of_page, own = direction(poster.locale), _reads(text)
    x = WIDTH - MARGIN if of_page == "rtl" else MARGIN
    anchor = "start" if own == of_page else "end"  # English stands in for what is not translated
    return (
        f'<text x="{x}" y="{y:.1f}" font-size="{size:.1f}" direction="{own}"'
        f' unicode-bidi="embed" text-anchor="{anchor}"{more}>{escape(text)}</text>'
    )


def _reads(text: str) -> str:
    strong = (unicodedata.bidirectional(char) for char in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def _address(link: str, y: float) -> str:
    """From left to right in every language, and as large as it fits."""
    size = min(LINK_MM, (WIDTH - 2 * MARGIN) / (len(link) * 0.62))
    return (
        f'<text x="{WIDTH / 2}" y="{y:.1f}" font-size="{size:.2f}" direction="ltr"'
        ' unicode-bidi="bidi-override" text-anchor="middle" font-family="monospace">'
        f"{escape(link)}</text>"
    )


def _code(link: str, top: float) -> Iterator[str]:
    rows = matrix(link)
    module = CODE_MM / (len(rows) + 2 * QUIET)
    left = (WIDTH - CODE_MM) / 2
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    start = f"translate({left + QUIET * module:.3f} {top + QUIET * module:.3f})"
    yield (
        f'<path id="code" transform="{start} scale({module:.4f})" fill="#000"'
        f' shape-rendering="crispEdges" d="{path}"/>'
    )


def matrix(link: str) -> tuple[tuple[bool, ...], ...]:
    code = segno.make(link, error="m", micro=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def _title_lines(title: str) -> tuple[float, list[str]]:
    """The largest type in which the title takes few lines."""
    size = TITLE_MM
    while len(lines := list(_wrapped([title], size))) > MOST_TITLE_LINES and size > LINE_MM:
        size -= 1
    return size, lines


def _wrapped(texts: Iterable[str], size: float) -> Iterator[str]:
    most = (WIDTH - 2 * MARGIN) / size
    for text in texts:
        line = ""
        for word in _pieces(text):
            if line and _width(line + word.rstrip()) > most:
                yield line.strip()
                line = ""
            line += word
        yield line.strip()


def _pieces(text: str) -> Iterator[str]:
    """Where a line may end: after a space, and after a Chinese character."""
    piece = ""
    for char in text:
        piece += char
        if char.isspace() or unicodedata.east_asian_width(char) in "WF":
            yield piece
            piece = ""
    if piece:
        yield piece


def _width(text: str) -> float:
    """In ems, rather too wide than too narrow: the font is not known."""
    return sum(_em(char) for char in text)


def _em(char: str) -> float:
    if unicodedata.category(char) in ("Mn", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    return 0.3 if char.isspace() else 0.75 if char.isupper() or char > "\u0900" else 0.58


# Files


def write(sheets: Sequence[tuple[str, str]], out: str) -> list[Path]:
    """Sheets as (locale, SVG) into one PDF, or one SVG each. Raises `NoPoster`."""
    target = Path(out)
    if target.suffix == ".pdf":
        _write_pdf([sheet for _, sheet in sheets], target)
        return [target]
    if target.suffix != ".svg":
        raise NoPoster("--out must end in .svg or .pdf")
    written = []
    for locale, sheet in sheets:
        name = target if len(sheets) == 1 else target.with_stem(f"{target.stem}-{locale}")
        name.write_text(sheet, "utf-8")
        written.append(name)
    return written


def _write_pdf(sheets: Sequence[str], target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = _pdf_command(sheets, Path(folder), target.resolve())
        done = subprocess.run(command, capture_output=True, timeout=PDF_S, check=False)
        if done.returncode or not target.is_file():
            raise NoPoster(f"{command[0]} made no PDF: write an .svg, and print that to PDF")


def _pdf_command(sheets: Sequence[str], folder: Path, target: Path) -> list[str]:
    if browser := next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None):
        page = folder / "posters.html"
        style = "@page{size:A4;margin:0}body{margin:0}svg{display:block;break-after:page}"
        page.write_text(
            f'<!doctype html><meta charset="utf-8"><style>{style}</style>' + "".join(sheets),
            "utf-8",
        )
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to start for root
        profile = f"--user-data-dir={folder / 'profile'}"
        options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", profile, *sandbox]
        return [browser, *options, f"--print-to-pdf={target}", page.as_uri()]
    if converter := shutil.which("rsvg-convert"):
        files = []
        for number, sheet in enumerate(sheets):
            files.append(folder / f"{number}.svg")
            files[-1].write_text(sheet, "utf-8")
        return [converter, "-f", "pdf", "-o", str(target), *map(str, files)]
    raise NoPoster(
        "no program that makes a PDF was found (chromium or rsvg-convert): write an .svg, open it"
        " in a browser, and print it to PDF"
    )


# The command


def run(settings: Settings, options: argparse.Namespace) -> int:
    from bot.knowledge import Knowledge

    snapshot = Knowledge.open(settings.root, None, settings.stage).snapshot  # type: ignore[arg-type]
    try:
        sheets = [
            (locale, svg(_asked(snapshot, settings, options, locale)))
            for locale in options.locale or ["en"]
        ]
        if options.out:
            for path in write(sheets, options.out):
                print(path)
        elif len(sheets) == 1:
            print(sheets[0][1], end="")
        else:
            raise NoPoster("several languages need --out")
    except (NoPoster, OSError, subprocess.TimeoutExpired) as error:
        print(f"punte: {error}", file=sys.stderr)
        return 1
    return 0


def _asked(
    snapshot: Snapshot, settings: Settings, options: argparse.Namespace, locale: str
) -> Poster:
    if locale not in snapshot.catalogues.locales:
        raise NoPoster(f"{locale!r} is not offered")
    kind, target = ("entry", options.entry) if options.entry else ("flow", options.flow)
    if options.telegram:
        link = telegram_link(options.telegram.removeprefix("@"), locale, target)
    elif settings.public_url:
        link = web_link(settings.public_url, locale, kind, target)
    else:
        raise NoPoster("set PUNTE_PUBLIC_URL to the page's address, or give --telegram NAME")
    return poster_of(snapshot, locale, kind, target, link)
