"""A flow as a picture: boxes from top to bottom, and the same as an indented list.

Plain SVG, so that a browser needs nothing else. Questions stand in their order; the side
column says when one is asked and what its answers weigh; outcomes follow, first match first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from bot.flows.model import (
    AllOf,
    AnyOf,
    Bounds,
    Condition,
    Count,
    CountryIs,
    FactIs,
    Flow,
    Given,
    Not,
    NumberIn,
    Option,
    Outcome,
    Points,
    Question,
)

WIDTH = 1240
MARGIN, GAP, PAD, LINE = 20, 34, 12, 21
BOX = 700  # of a question; its notes stand beside it
FONT = 15
_CHAR = 8.2  # px of an average letter
_WIDE = 15.5  # px of a Chinese one


Say = Callable[..., str]  # say("asked_if", condition=...); the words are the console's


@dataclass(frozen=True)
class Voice:
    """How a drawing speaks: texts of the flow, of the service, and labels of options."""

    text: Callable[[str], str]  # block -> words, with its facts filled or named
    say: Say
    labels: Mapping[str, str]  # "yes", "no", "unknown", "unsaid", "ro", "hu", "xx"
    direction: str = "ltr"

    def label(self, flow: Flow, question: Question, option: Option) -> str:
        name = f"option/{question.id}/{option.id}"
        return self.text(name) if name in flow.blocks else self.labels.get(option.id, option.id)


@dataclass(frozen=True, slots=True)
class Item:
    """One box: a question or an outcome. `lines` are level and text."""

    kind: str  # "question" | "outcome"
    head: str
    title: str
    lines: tuple[tuple[int, str], ...]
    note: str = ""  # when it comes


def items(flow: Flow, voice: Voice) -> list[Item]:
    """The flow as an indented list, in the order in which it is read."""
    questions = [_question(flow, voice, n, each) for n, each in enumerate(flow.questions, 1)]
    outcomes = [_outcome(flow, voice, n, each) for n, each in enumerate(flow.outcomes, 1)]
    return questions + outcomes


def _question(flow: Flow, voice: Voice, n: int, question: Question) -> Item:
    lines = []
    for option in question.options:
        lines.append((1, _option(flow, voice, question, option)))
        if option.because:
            lines.append((2, voice.text(f"because/{question.id}/{option.id}")))
    note = ""
    if question.when is not None:
        condition = in_words(flow, voice, question.when)
        note = voice.say("asked_if", condition=condition)
    head = f"{voice.say('question', n=n)} · {question.id}"
    return Item("question", head, voice.text(f"ask/{question.id}"), tuple(lines), note)


def _option(flow: Flow, voice: Voice, question: Question, option: Option) -> str:
    parts = [voice.label(flow, question, option)]
    if option.points:
        parts.append(voice.say("points", n=option.points))
    if option.marks:
        parts.append(voice.say("marks", marks=", ".join(option.marks)))
    return " · ".join(parts)


def _outcome(flow: Flow, voice: Voice, n: int, outcome: Outcome) -> Item:
    lines = [(1, voice.text(f"say/{outcome.id}/{k}")) for k in range(1, len(outcome.say) + 1)]
    for k, added in enumerate(outcome.add, 1):
        condition = in_words(flow, voice, added.when)
        text = voice.text(f"add/{outcome.id}/{k}")
        lines.append((1, voice.say("added", condition=condition, text=text)))
    if outcome.shown_card:
        lines.insert(0, (1, voice.say("card", card=outcome.shown_card)))
    if outcome.buttons:
        targets = ", ".join(target or kind for kind, target in outcome.buttons)
        lines.append((1, voice.say("next", targets=targets)))
    head = f"{voice.say('outcome', n=n)} · {outcome.id}"
    title = voice.labels.get(outcome.result, "")
    return Item("outcome", head, title, tuple(lines), _when(flow, voice, outcome))


def _when(flow: Flow, voice: Voice, outcome: Outcome) -> str:
    if outcome.when is None:
        return voice.say("else")
    word = "ends_early" if outcome.early else "ends_if"
    return voice.say(word, condition=in_words(flow, voice, outcome.when))


# Conditions


def in_words(flow: Flow, voice: Voice, condition: Condition | None) -> str:
    match condition:
        case Given(name, options):
            question = flow.question(name)
            labels = [_label_of(flow, voice, question, option) for option in options]
            return voice.say("is", question=name, options=" / ".join(labels))
        case NumberIn(name, bounds):
            return _bounds(voice, name, bounds)
        case CountryIs(countries):
            names = " / ".join(voice.labels.get(code, code) for code in countries)
            return voice.say("country", countries=names)
        case Points(bounds):
            return _bounds(voice, voice.say("all_points"), bounds)
        case Count(marks, options, bounds):
            counted = [*marks, *(voice.labels.get(option, option) for option in options)]
            names = " / ".join(f"“{name}”" for name in counted)
            return _bounds(voice, voice.say("count", names=names), bounds)
        case FactIs(name, values):
            return voice.say("fact", name=name, values=" / ".join(values))
        case AllOf(parts) | AnyOf(parts):
            return _joined(flow, voice, parts, "and" if isinstance(condition, AllOf) else "or")
        case Not(part):
            return voice.say("not", condition=in_words(flow, voice, part))
    return voice.say("always")


def _label_of(flow: Flow, voice: Voice, question: Question | None, option_id: str) -> str:
    option = question.option(option_id) if question is not None else None
    return voice.label(flow, question, option) if question and option else option_id


def _bounds(voice: Voice, what: str, bounds: Bounds) -> str:
    if bounds.min is not None and bounds.max is not None:
        return voice.say("between", what=what, min=bounds.min, max=bounds.max)
    if bounds.min is not None:
        return voice.say("at_least", what=what, min=bounds.min)
    return voice.say("at_most", what=what, max=bounds.max)


def _joined(flow: Flow, voice: Voice, parts: tuple[Condition, ...], word: str) -> str:
    said = ""
    for part in parts:
        one = in_words(flow, voice, part)
        if isinstance(part, AnyOf | AllOf) and len(part.parts) > 1:
            one = f"({one})"
        said = voice.say(word, one=said, other=one) if said else one
    return said


# The picture


@dataclass(frozen=True, slots=True)
class _Box:
    item: Item
    top: int
    height: int
    rows: tuple[tuple[int, str, str], ...]  # indent, class, text
    notes: tuple[str, ...]


def svg(flow: Flow, voice: Voice) -> str:
    """The whole picture as one `<svg>` element."""
    title = voice.say("title", title=voice.text("title"))
    boxes = list(_boxes(items(flow, voice)))
    height = boxes[-1].top + boxes[-1].height + MARGIN
    body = "".join(
        (*_arrows(boxes, voice.direction), *(_drawn(box, voice.direction) for box in boxes))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="flow-title"'
        f' viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' direction="{voice.direction}" font-family="sans-serif" font-size="{FONT}">'
        f'<title id="flow-title">{escape(title)}</title>{body}</svg>\n'
    )


def _boxes(found: list[Item]) -> Iterator[_Box]:
    top = MARGIN
    for item in found:
        rows = tuple(_rows(item))
        notes = tuple(wrapped(item.note, WIDTH - BOX - 3 * MARGIN - PAD)) if item.note else ()
        height = max(len(rows), len(notes)) * LINE + 2 * PAD
        yield _Box(item, top, height, rows, notes)
        top += height + GAP


def _rows(item: Item) -> Iterator[tuple[int, str, str]]:
    yield 0, "head", item.head
    for text in wrapped(item.title, (BOX - 2 * PAD) * 0.88) if item.title else ():
        yield 0, "title", text
    for level, text in item.lines:
        indent = 18 * level
        sign = "• " if level == 1 else ""
        for n, row in enumerate(wrapped(text, BOX - 2 * PAD - indent - 16)):
            yield indent, "line" if level == 1 else "soft", (sign if n == 0 else "") + row


_FILL = {"question": ("#eef4fb", "#2a5d8f"), "outcome": ("#f1f7ec", "#4b7a2b")}
_STYLE = {
    "head": 'font-size="12" fill="#555"',
    "title": 'font-weight="bold" fill="#111"',
    "line": 'fill="#111"',
    "soft": 'font-style="italic" fill="#444"',
    "note": 'fill="#7a3b00"',
}


def _drawn(box: _Box, direction: str) -> str:
    fill, edge = _FILL[box.item.kind]
    left = _left(direction)
    parts = [
        f'<rect x="{left}" y="{box.top}" width="{BOX}" height="{box.height}" rx="8"'
        f' fill="{fill}" stroke="{edge}"/>'
    ]
    for n, (indent, kind, text) in enumerate(box.rows):
        at = left + PAD + indent if direction == "ltr" else left + BOX - PAD - indent
        parts.append(_text(at, box.top + PAD + (n + 1) * LINE - 6, kind, text))
    beside = MARGIN + BOX + MARGIN if direction == "ltr" else WIDTH - MARGIN - BOX - MARGIN
    for n, text in enumerate(box.notes):
        parts.append(_text(beside, box.top + PAD + (n + 1) * LINE - 6, "note", text))
    return "".join(parts)


def _left(direction: str) -> int:
    return MARGIN if direction == "ltr" else WIDTH - MARGIN - BOX


def _text(x: int, y: int, kind: str, text: str) -> str:
    # In right-to-left text the start of a line is its right end.
    return f'<text x="{x}" y="{y}" text-anchor="start" {_STYLE[kind]}>{escape(text)}</text>'


def _arrows(boxes: list[_Box], direction: str) -> Iterator[str]:
    x = _left(direction) + BOX // 2
    for box, following in zip(boxes, boxes[1:], strict=False):
        y, end = box.top + box.height, following.top
        yield f'<path d="M{x} {y}V{end - 7}" stroke="#888" fill="none"/>'
        yield f'<path d="M{x - 5} {end - 8}h10l-5 8z" fill="#888"/>'


def wrapped(text: str, width: float) -> list[str]:
    """Lines that fit; words longer than a line are cut."""
    rows: list[str] = []
    for paragraph in text.split("\n"):
        row: str = ""
        for word in paragraph.split(" "):
            longer = f"{row} {word}" if row else word
            if _wide(longer) <= width:
                row = longer
                continue
            if row:
                rows.append(row)
            cut = _cut(word, width)
            rows += cut[:-1]
            row = cut[-1]
        rows.append(row)
    return rows


def _cut(word: str, width: float) -> list[str]:
    parts, part = [], ""
    for char in word:
        if part and _wide(part + char) > width:
            parts.append(part)
            part = ""
        part += char
    return [*parts, part]


def _wide(text: str) -> float:
    return sum(_WIDE if unicodedata.east_asian_width(char) in "WF" else _CHAR for char in text)
