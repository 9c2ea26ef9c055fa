"""What a guided flow is: `content/flows/<id>.yaml` as data."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import msgspec

from bot.knowledge import flow_conditions
from bot.knowledge.blocks import Block
from bot.knowledge.entries import Risk
from bot.knowledge.flow_conditions import Condition

QuestionKind = Literal["choice", "yes-no", "number", "date", "country", "city", "text"]
Result = Literal["likely", "maybe", "probably-not", "none"]
Case = Literal["offer", "open", "none"]

YES, NO, UNKNOWN, UNSAID = "yes", "no", "unknown", "unsaid"
CHOSEN = ("choice", "yes-no", "country")  # kinds whose every answer is an option
ALL, MARKED, NONE = "all", "marked", "none"  # which reasons an outcome lists


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Option(_Part, frozen=True, kw_only=True):
    id: str
    label: str = ""  # of yes, no, unknown, unsaid and countries the service has its own
    points: int = 0
    marks: tuple[str, ...] = ()
    because: str = ""
    words: str = ""


class Question(_Part, frozen=True, kw_only=True):
    id: str
    kind: QuestionKind
    ask: str
    help: str = ""
    when: Condition | None = None
    min: int | None = None
    max: int | None = None
    unknown: bool | None = None
    skip: bool = False
    options: tuple[Option, ...] = ()

    @property
    def is_chosen(self) -> bool:
        return self.kind in CHOSEN

    def option(self, option_id: str) -> Option | None:
        return next((option for option in self.options if option.id == option_id), None)


class Line(_Part, frozen=True, kw_only=True):
    """A line that is added to an outcome and never changes it."""

    say: str
    when: Condition | None = None


class Outcome(_Part, frozen=True, kw_only=True):
    id: str
    row: int | None = None
    early: bool = False
    when: Condition | None = None
    result: Result = "none"
    say: tuple[str, ...] = ()
    because: str | tuple[str, ...] = ALL
    reason: str = ""
    add: tuple[Line, ...] = ()
    prepare: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    priority: Literal[1, 2, 3] = 3
    case: Case = "offer"
    protection: bool = False

    @property
    def shown_card(self) -> str | None:
        """The danger card that is shown before the outcome's words."""
        kind, _, target = self.next[0].partition(":") if self.next else ("", "", "")
        return target if kind == "card" else None

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Kind and target of what may follow: ("entry", "ro-etc"), ("human", "")."""
        rest = self.next[1:] if self.shown_card else self.next
        return tuple((kind, target) for kind, _, target in (item.partition(":") for item in rest))


class FlowFile(_Part, frozen=True, kw_only=True):
    """A flow's file, field by field."""

    id: str
    plan: str
    risk: Risk
    topic: str
    owner: str
    source: tuple[str, ...]
    review_every: int
    title: str
    label: str
    intro: str
    questions: tuple[Question, ...]
    outcomes: tuple[Outcome, ...]
    reviewed_on: datetime.date | None = None
    private: bool = False
    first: str = ""


@dataclass(frozen=True)
class Flow:
    """A flow ready to run: the first question first, every question with all its options."""

    front: FlowFile
    questions: tuple[Question, ...]
    path: str
    lines: Mapping[str, int]  # "questions/threat/options/yes" -> line of the file

    @property
    def id(self) -> str:
        return self.front.id

    @property
    def topic(self) -> str:
        return self.front.topic

    @property
    def risk(self) -> str:
        return self.front.risk

    @property
    def private(self) -> bool:
        return self.front.private

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return self.front.outcomes

    def question(self, question_id: str) -> Question | None:
        return self._by_id.get(question_id)

    def outcome(self, outcome_id: str) -> Outcome | None:
        return next((each for each in self.outcomes if each.id == outcome_id), None)

    def line(self, *place: str) -> int:
        """The line of a place, or of the nearest thing around it that has one."""
        for end in range(len(place), 0, -1):
            if (found := self.lines.get("/".join(place[:end]))) is not None:
                return found
        return 1

    def ctx(self, block: str) -> str:
        return f"{self.id}/{block}"

    @cached_property
    def blocks(self) -> Mapping[str, Block]:
        """Its texts by name: "ask/threat", "say/danger/1"."""
        return {block.name: block for block in _blocks(self)}

    @cached_property
    def _by_id(self) -> Mapping[str, Question]:
        return {question.id: question for question in self.questions}


def flow_of(front: FlowFile, path: str, lines: Mapping[str, int]) -> Flow:
    ordered = sorted(front.questions, key=lambda question: question.id != front.first)
    return Flow(front, tuple(map(_completed, ordered)), path, lines)


def _completed(question: Question) -> Question:
    """The question with the options its file need not write."""
    wanted: list[str] = []
    if question.kind == "yes-no":
        wanted = [YES, NO]
    elif question.kind == "country":
        wanted = list(flow_conditions.COUNTRIES)
    elif question.kind == "choice":
        own = (option.id for option in question.options)
        wanted = [option for option in own if option not in (UNKNOWN, UNSAID)]
    if question.unknown or (question.unknown is None and question.kind in ("choice", "yes-no")):
        wanted.append(UNKNOWN)
    if question.skip:
        wanted.append(UNSAID)
    return msgspec.structs.replace(
        question, options=tuple(question.option(name) or Option(id=name) for name in wanted)
    )


def _blocks(flow: Flow) -> Iterator[Block]:
    for name in ("title", "label", "intro"):
        yield Block(name, getattr(flow.front, name).strip(), flow.line(name))
    for question in flow.questions:
        yield from _question_blocks(flow, question)
    for outcome in flow.outcomes:
        yield from _outcome_blocks(flow, outcome)


def _question_blocks(flow: Flow, question: Question) -> Iterator[Block]:
    place = ("questions", question.id)
    yield Block(f"ask/{question.id}", question.ask.strip(), flow.line(*place, "ask"))
    if question.help:
        yield Block(f"help/{question.id}", question.help.strip(), flow.line(*place, "help"))
    for option in question.options:
        for field, head in (("label", "option"), ("because", "because"), ("words", "words")):
            text = getattr(option, field).strip()
            if text:
                line = flow.line(*place, "options", option.id, field)
                yield Block(f"{head}/{question.id}/{option.id}", text, line)


def _outcome_blocks(flow: Flow, outcome: Outcome) -> Iterator[Block]:
    place = ("outcomes", outcome.id)
    for n, text in enumerate(outcome.say, 1):
        yield Block(f"say/{outcome.id}/{n}", text.strip(), flow.line(*place, "say", str(n)))
    if outcome.reason:
        yield Block(f"reason/{outcome.id}", outcome.reason.strip(), flow.line(*place, "reason"))
    for n, line in enumerate(outcome.add, 1):
        where = flow.line(*place, "add", str(n), "say")
        yield Block(f"add/{outcome.id}/{n}", line.say.strip(), where)


def schema() -> dict[str, Any]:
    """The JSON schema of a flow's file, for editors' tools."""
    (_, parts) = msgspec.json.schema_components(
        [FlowFile], schema_hook=lambda kind: {"$ref": "#/$defs/Condition"}
    )
    parts["Condition"] = _CONDITION_SCHEMA
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A guided flow"}
    return {**head, "$ref": "#/$defs/FlowFile", "$defs": parts}


_WORDS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_BOUNDS = {"min": {"type": "integer"}, "max": {"type": "integer"}}
_PARTS = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}}
_CONDITION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "description": "All entries must hold; other keys are ids of questions.",
    "properties": {
        "country": _WORDS,
        "points": {"type": "object", "properties": _BOUNDS, "additionalProperties": False},
        "count": {
            "type": "object",
            "properties": {"mark": _WORDS, "option": _WORDS, **_BOUNDS},
            "additionalProperties": False,
        },
        "fact": {"type": "object", "minProperties": 1},
        "any": _PARTS,
        "all": _PARTS,
        "not": {"$ref": "#/$defs/Condition"},
    },
    "additionalProperties": {
        "anyOf": [
            *_WORDS["anyOf"],
            {"type": "object", "properties": _BOUNDS, "additionalProperties": False},
        ]
    },
}
