"""Reads `content/flows/*.yaml`: every fault by its line, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bot.i18n import wording
from bot.i18n.po import Problem, decode
from bot.knowledge import flow_conditions, strict_yaml
from bot.knowledge.blocks import MAX_ID, Block
from bot.knowledge.entries import short_numbers
from bot.knowledge.flow_conditions import Condition
from bot.knowledge.flow_model import ALL as ALL_REASONS
from bot.knowledge.flow_model import (
    MARKED,
    NONE,
    UNKNOWN,
    UNSAID,
    Flow,
    FlowFile,
    Option,
    Outcome,
    Question,
    flow_of,
)
from bot.knowledge.topics import TOPICS
from bot.knowledge.values import Values

FOLDER = "content/flows"
WORDS = "words"  # the file of what people say for yes, no, back; no flow
MAX_BYTES = 200_000
MAX_DEPTH = 16
MAX_FAULTS = 40
MAX_PART = 16  # of question and option ids: a button carries both in 64 bytes
MAX_OUTCOME = 24
MAX_SAYS = 3
SLOTS = frozenset({"n"})  # filled when the text is sent; no facts

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PLACE = re.compile(r"([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_WHERE = re.compile(r" - at `(?:key in )?\$(.*)`$", re.DOTALL)
_QUOTED = re.compile(r"field `([^`]+)`")


# Faults that only show when a flow is run: `bot.flows.lint.judge`.
FlowJudge = Callable[[Flow, Values], list[Problem]]


def no_judge(flow: Flow, values: Values) -> list[Problem]:
    return []


@dataclass(frozen=True, slots=True)
class Refused:
    """A flow's file that cannot be run, and why."""

    problems: tuple[Problem, ...]


def read(path: str, data: bytes) -> Flow | Refused:
    """The flow a file means, or its faults."""
    text = decode(path, data, MAX_BYTES)
    if isinstance(text, Problem):
        return Refused((text,))
    try:
        raw, lines = strict_yaml.load_with_lines(text, MAX_DEPTH)
    except strict_yaml.BadYaml as error:
        return Refused((Problem(path, error.line, error.message),))
    front = _converted(path, raw, lines)
    if isinstance(front, Refused):
        return front
    flow = flow_of(front, path, _named_lines(raw, lines))
    problems = tuple(Problem(path, line, message) for line, message in _faults(flow))
    return Refused(problems) if problems else flow


# Shape


def _converted(path: str, raw: Any, lines: Mapping[strict_yaml.Path, int]) -> FlowFile | Refused:
    """Convert; a part with a fault is taken out and the rest is tried again, to name them all."""
    problems: list[Problem] = []
    gone: dict[strict_yaml.Path, list[int]] = {}
    while True:
        try:
            front = msgspec.convert(raw, FlowFile, dec_hook=_condition)
            return front if not problems else Refused(tuple(problems))
        except msgspec.ValidationError as error:
            message, place = _told(str(error))
            problems.append(Problem(path, _line(_original(place, gone), lines), message))
            if len(problems) >= MAX_FAULTS or not _take_out(raw, place, gone):
                return Refused(tuple(problems))


def _condition(kind: type, value: object) -> Condition:
    if kind is not Condition:
        raise NotImplementedError(kind)
    return flow_conditions.parse(value)


def _told(message: str) -> tuple[str, strict_yaml.Path]:
    where = _WHERE.search(message)
    place = _PLACE.findall(where[1]) if where else []
    path = tuple(name or n for name, n in place)
    text = message[: where.start()] if where else message
    field = _QUOTED.search(text)
    if text.startswith("Object contains unknown field") and field:
        return f"{field[1]} is no field here; take it out or correct its name", (*path, field[1])
    if text.startswith("Object missing required field") and field:
        return f"{field[1]} is missing; add it", path
    return f"{'.'.join(path)}: {text}", path


def _original(place: strict_yaml.Path, gone: Mapping[strict_yaml.Path, list[int]]) -> Any:
    """The path before list items were taken out in front of it."""
    found: list[str] = []
    for part in place:
        if part.isdecimal():
            index = int(part)
            for removed in gone.get(tuple(found), ()):
                index += removed <= index
            part = str(index)
        found.append(part)
    return tuple(found)


def _line(place: strict_yaml.Path, lines: Mapping[strict_yaml.Path, int]) -> int:
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return 1


def _take_out(raw: Any, place: strict_yaml.Path, gone: dict[strict_yaml.Path, list[int]]) -> bool:
    """Remove the innermost list item or field that holds the fault; False when none can be."""
    indexes = [n for n, part in enumerate(place) if part.isdecimal()]
    end = indexes[-1] if indexes else 0
    if not place or (not indexes and place[0] in FlowFile.__struct_fields__):
        return False
    parent = raw
    for part in place[:end]:
        parent = parent[int(part)] if isinstance(parent, list) else parent[part]
    if isinstance(parent, list):
        at = _original(place[: end + 1], gone)
        gone.setdefault(at[:-1], []).append(int(at[-1]))
        gone[at[:-1]].sort()
        del parent[int(place[end])]
    else:
        parent.pop(place[end], None)
    return True


def _named_lines(raw: Any, lines: Mapping[strict_yaml.Path, int]) -> dict[str, int]:
    """Lines by ids instead of places: "questions/threat/options/yes"; texts count from 1."""
    named: dict[str, int] = {}
    for path, line in lines.items():
        value: Any = raw
        names: list[str] = []
        for part in path:
            value = value[int(part)] if isinstance(value, list) else value[part]
            if part.isdecimal():
                has_id = isinstance(value, dict) and "id" in value
                names.append(str(value["id"]) if has_id else str(int(part) + 1))
            else:
                names.append(part)
        named["/".join(names)] = line  # of a name that stands there twice, the second
    return named


# Meaning


def _faults(flow: Flow) -> Iterator[tuple[int, str]]:
    front = flow.front
    name = flow.path.rpartition("/")[2].removesuffix(".yaml")
    if front.id != name:
        yield flow.line("id"), f"id must be the file's name, {name}"
    if not _ID.fullmatch(front.id) or len(front.id) > MAX_ID:
        yield flow.line("id"), f"the id must be [a-z0-9-], at most {MAX_ID} characters"
    if front.topic not in TOPICS:
        yield flow.line("topic"), f"{front.topic!r} is no topic; take one of {', '.join(TOPICS)}"
    if front.review_every <= 0:
        yield flow.line("review_every"), "review_every must be a number of days"
    if not front.questions:
        yield flow.line("questions"), "a flow needs a question"
    if not front.outcomes:
        yield flow.line("outcomes"), "a flow needs an outcome"
    if front.first and flow.question(front.first) is None:
        yield flow.line("first"), f"first: there is no question {front.first!r}"
    yield from _id_faults(flow)
    for question in front.questions:
        yield from _question_faults(flow, question)
    for outcome in front.outcomes:
        yield from _outcome_faults(flow, outcome)


def _id_faults(flow: Flow) -> Iterator[tuple[int, str]]:
    parts: tuple[tuple[str, int, tuple[Question | Outcome, ...]], ...] = (
        ("questions", MAX_PART, flow.front.questions),
        ("outcomes", MAX_OUTCOME, flow.outcomes),
    )
    for kind, limit, items in parts:
        seen = set()
        for item in items:
            line = flow.line(kind, item.id)
            if item.id in seen:
                yield line, f"{kind}: the id {item.id!r} stands here twice; give each its own"
            seen.add(item.id)
            if not _ID.fullmatch(item.id) or len(item.id) > limit:
                yield line, f"the id {item.id!r} must be [a-z0-9-], at most {limit} characters"


def _question_faults(flow: Flow, question: Question) -> Iterator[tuple[int, str]]:
    line = flow.line("questions", question.id)
    is_country = question.kind == "country"
    if is_country != (question.id == flow_conditions.COUNTRY):
        yield line, "the question of the kind country has the id country, and no other has"
    elif not is_country and question.id in flow_conditions.RESERVED:
        yield line, f"{question.id!r} means something else in conditions; choose another id"
    if question.kind == "choice" and not _own(question):
        yield line, f"{question.id}: a choice needs options"
    if question.kind != "number" and (question.min, question.max) != (None, None):
        yield line, f"{question.id}: min and max belong to questions of the kind number"
    if question.min is not None and question.max is not None and question.min > question.max:
        yield line, f"{question.id}: min is more than max"
    yield from _option_faults(flow, question)


def _own(question: Question) -> tuple[Option, ...]:
    return tuple(each for each in question.options if each.id not in (UNKNOWN, UNSAID))


def _option_faults(flow: Flow, question: Question) -> Iterator[tuple[int, str]]:
    completed = flow.question(question.id)
    allowed = {option.id for option in completed.options} if completed else set()
    seen = set()
    for option in question.options:
        line = flow.line("questions", question.id, "options", option.id)
        what = f"{question.id}: the option {option.id!r}"
        if option.id in seen:
            yield line, f"{what} stands here twice; give each its own id"
        seen.add(option.id)
        if option.id not in allowed:
            yield line, f"{what} is none of {', '.join(sorted(allowed)) or 'its kind'}"
        if not _ID.fullmatch(option.id) or len(option.id) > MAX_PART:
            yield line, f"{what} must be [a-z0-9-], at most {MAX_PART} characters"
        is_own = question.kind == "choice" and option.id not in (UNKNOWN, UNSAID)
        if is_own and not option.label.strip():
            yield line, f"{what} needs a label"
        if option.label and not is_own:
            yield line, f"{what} has its label from the service; take the label out"
        if option.points < 0:
            yield line, f"{what}: points cannot be less than 0"
    if len(question.options) > 12:
        yield flow.line("questions", question.id), f"{question.id}: more than 12 options"


def _outcome_faults(flow: Flow, outcome: Outcome) -> Iterator[tuple[int, str]]:
    line = flow.line("outcomes", outcome.id)
    if len(outcome.say) > MAX_SAYS:
        yield line, f"{outcome.id}: {len(outcome.say)} bubbles in say, at most {MAX_SAYS}"
    if any(not text.strip() for text in (*outcome.say, *(each.say for each in outcome.add))):
        yield line, f"{outcome.id}: an empty text; write it or take it out"
    if isinstance(outcome.because, str) and outcome.because not in (ALL_REASONS, MARKED, NONE):
        where = flow.line("outcomes", outcome.id, "because")
        yield where, f"{outcome.id}: because is all, none, marked or a list of questions"
    for item in outcome.next:
        kind, _, target = item.partition(":")
        if (kind, bool(target)) not in _NEXT:
            where = flow.line("outcomes", outcome.id, "next")
            yield where, f"{outcome.id}: {item!r} is no button; write entry:, flow:, card: or human"


_NEXT = {("entry", True), ("flow", True), ("card", True), ("human", False), ("menu", False)}


def text_faults(flow: Flow, values: Values, numbers: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Faults of its English texts, which need the facts: limits, typed numbers, names."""
    for block in flow.blocks.values():
        yield from _block_faults(flow, block, values, numbers)


def _block_faults(
    flow: Flow, block: Block, values: Values, numbers: frozenset[str]
) -> Iterator[tuple[int, str]]:
    ctx = flow.ctx(block.name)
    for _, fault in wording.english_faults(ctx, block.text, numbers):
        yield block.line, f"{block.name}: {fault}"
    slots = SLOTS if block.name == "intro" else frozenset[str]()
    for name in sorted(wording.names_in(block.text) - slots):
        if fault_text := values.fault(name):
            yield block.line, f"{block.name}: {fault_text}"
    if (kind := wording.kind_of(ctx)) != wording.PHRASES:
        length, limit = values.length(block.text, "en"), wording.LIMITS[kind]
        if length > limit >= len(block.text):
            yield block.line, f"{block.name}: {length} characters with facts, at most {limit}"


def judged(
    path: str, data: bytes, values: Values, judge: FlowJudge
) -> tuple[Flow | None, list[Problem]]:
    """A flow with all that is wrong in it alone; what it points to is judged elsewhere."""
    flow = read(path, data)
    if isinstance(flow, Refused):
        return None, list(flow.problems)
    found = text_faults(flow, values, short_numbers(values.rows))
    problems = [Problem(path, line, message) for line, message in found]
    return flow, [*problems, *judge(flow, values)]


def link_faults(
    flow: Flow, entries: Collection[str], cards: Collection[str], flows: Collection[str]
) -> Iterator[tuple[int, str]]:
    """Buttons that lead nowhere. The flow serves on: they are left out."""
    known = {"entry": entries, "card": cards, "flow": flows}
    for outcome in flow.outcomes:
        line = flow.line("outcomes", outcome.id, "next")
        for kind, _, target in (item.partition(":") for item in outcome.next):
            if kind in known and target not in known[kind]:
                yield line, f"{outcome.id}: {kind}:{target}: there is no such {kind}"
        for target in outcome.prepare:
            if target not in entries:
                where = flow.line("outcomes", outcome.id, "prepare")
                yield where, f"{outcome.id}: prepare: there is no entry {target}"


def read_words(path: str, data: bytes) -> tuple[dict[str, Block] | None, list[Problem]]:
    """`words.yaml`: name -> one phrase a line."""
    text = decode(path, data, MAX_BYTES)
    if isinstance(text, Problem):
        return None, [text]
    try:
        raw, lines = strict_yaml.load(text)
    except strict_yaml.BadYaml as error:
        return None, [Problem(path, error.line, error.message)]
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        return None, [Problem(path, 1, "the file must be `name: |` with one phrase a line")]
    found = {name: Block(name, value.strip(), lines[name]) for name, value in raw.items()}
    problems = [
        Problem(path, block.line, f"{block.name}: {fault}")
        for block in found.values()
        for _, fault in wording.english_faults(f"{WORDS}/{block.name}", block.text)
    ]
    return found, problems


def texts(root: Path) -> Iterator[tuple[str, str, Block]]:
    """File, msgctxt and English text of everything to translate. Broken files have nothing."""
    for file in sorted((root / FOLDER).glob("*.yaml")):
        path = file.relative_to(root).as_posix()
        if file.stem == WORDS:
            words, _ = read_words(path, file.read_bytes())
            yield from ((path, f"{WORDS}/{name}", block) for name, block in (words or {}).items())
            continue
        flow = read(path, file.read_bytes())
        if isinstance(flow, Flow):
            yield from ((path, flow.ctx(name), block) for name, block in flow.blocks.items())
