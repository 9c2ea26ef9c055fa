"""What content files mean: FAQ entries, danger cards, and the labels of numbers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from bot.i18n import wording
from bot.knowledge.blocks import Block, Document
from bot.knowledge.facts import Row, is_safe_url
from bot.knowledge.topics import TOPICS
from bot.knowledge.values import Values

F = TypeVar("F")

Country = Literal["ro", "hu", "common"]
Risk = Literal["L", "M", "S", "G"]
Status = Literal["ready", "thin", "gap"]

MAX_BUBBLES = 3
MIN_EXAMPLES = 8
MAX_BUBBLE = wording.LIMITS[wording.ANSWER]

FLOWS = frozenset(
    {
        "avrr-eligibility",
        "job-offer-check",
        "am-i-exploited",
        "find-office",
        "temporary-protection",
        "ticket-request",
        "resettlement",
        "unpaid-wages",
        "lost-documents",
        "talk-to-counsellor",
        "phone-safety",
    }
)


class EntryFront(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    topic: str
    country: Country
    audience: tuple[str, ...]
    risk: Risk
    status: Status
    owner: str
    source: tuple[str, ...]
    review_every: int
    intent: str = ""
    reviewed_on: datetime.date | None = None
    expires_on: datetime.date | None = None
    buttons: tuple[str, ...] = ()


class CardFront(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    plan: str
    risk: Risk
    owner: str
    numbers: dict[Literal["ro", "hu"], tuple[str, ...]]
    source: tuple[str, ...]
    review_every: int
    reviewed_on: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class ButtonSpec:
    """A button as content declares it: "entry:ro-hours", "link:site={ro_itm_url}"."""

    kind: str
    target: str  # entry, flow or card id; for a link the name of its label's block
    url: str = ""  # a link's address or placeholder


@dataclass(frozen=True)
class Entry:
    """One question with its answer, in English; translations go by msgctxt."""

    front: EntryFront
    blocks: Mapping[str, Block]
    path: str
    lines: Mapping[str, int]  # of its front matter

    @property
    def id(self) -> str:
        return self.front.id

    @property
    def intent(self) -> str:
        return self.front.intent or default_intent(self.front.id)

    @property
    def topic(self) -> str:
        return self.front.topic

    @property
    def country(self) -> str:
        return self.front.country

    @property
    def answers(self) -> tuple[str, ...]:
        """Names of the bubbles, in order: "answer/where"."""
        return tuple(name for name in self.blocks if name.startswith("answer/"))

    @property
    def buttons(self) -> tuple[ButtonSpec, ...]:
        return tuple(map(button_spec, self.front.buttons))

    def ctx(self, block: str) -> str:
        return f"{self.id}/{block}"


@dataclass(frozen=True)
class Card:
    """Help for one kind of danger."""

    front: CardFront
    blocks: Mapping[str, Block]
    path: str
    lines: Mapping[str, int]  # of its front matter

    @property
    def id(self) -> str:
        return self.front.id

    def ctx(self, block: str) -> str:
        return f"{self.id}/{block}"


def default_intent(entry_id: str) -> str:
    for prefix in ("ro-", "hu-", "common-"):
        if entry_id.startswith(prefix):
            return entry_id.removeprefix(prefix)
    return entry_id


def button_spec(text: str) -> ButtonSpec:
    kind, _, target = text.partition(":")
    if kind == "link":
        name, _, url = target.partition("=")
        return ButtonSpec(kind, name, url)
    return ButtonSpec(kind, target)


def entry_of(document: Document) -> Entry | None:
    """The entry, or None when its front matter is not one; faults go to the document."""
    front = front_of(document, EntryFront)
    if front is None:
        return None
    entry = Entry(front, document.blocks, document.path, document.front_lines)
    for key, fault in _entry_faults(entry):
        document.fail(document.line_of(key), fault)
    return entry


def card_of(document: Document) -> Card | None:
    front = front_of(document, CardFront)
    if front is None:
        return None
    for name in ("title", "cues", "lookalikes", "first"):
        if name not in document.blocks:
            document.fail(1, f"the block {name!r} is missing")
    for country in ("ro", "hu"):
        if not front.numbers.get(country):
            document.fail(document.line_of("numbers"), f"no numbers for {country}")
    return Card(front, document.blocks, document.path, document.front_lines)


def front_of(document: Document, kind: type[F]) -> F | None:
    """The front matter as `kind`, or None; faults go to the document."""
    if document.problems and not document.front:
        return None
    try:
        return msgspec.convert(document.front, kind)
    except msgspec.ValidationError as error:
        key = str(error).partition("`$.")[2].rstrip("`").partition("[")[0]
        document.fail(document.line_of(key), str(error))
        return None


def _entry_faults(entry: Entry) -> Iterator[tuple[str, str]]:
    front = entry.front
    folder = entry.path.split("/")[-2]
    if front.country != folder:
        yield "country", f"country {front.country} stands in the folder {folder}"
    if not front.id.startswith(f"{front.country}-"):
        yield "id", f"the id must begin with {front.country}-"
    if front.topic not in TOPICS:
        yield "topic", f"{front.topic!r} is no topic"
    for name in ("question", "label", "examples"):
        if name not in entry.blocks:
            yield "id", f"the block {name!r} is missing"
    if not 1 <= len(entry.answers) <= MAX_BUBBLES:
        yield "id", f"{len(entry.answers)} answer blocks, from 1 to {MAX_BUBBLES} are needed"
    if front.review_every <= 0:
        yield "review_every", "review_every must be a number of days"
    yield from _block_faults(entry)
    yield from _button_faults(entry)


def _block_faults(entry: Entry) -> Iterator[tuple[str, str]]:
    known = {"question", "label", "examples"}
    links = {spec.target for spec in entry.buttons if spec.kind == "link"}
    for name in entry.blocks:
        head, _, part = name.partition("/")
        if head == "button" and part not in links:
            yield "buttons", f"no link button uses the block {name!r}"
        elif name not in known and head not in ("answer", "button"):
            yield "id", f"{name!r} is no block of an entry"
    examples = wording.phrases_of(
        entry.blocks["examples"].text if "examples" in entry.blocks else ""
    )
    if len(examples) < MIN_EXAMPLES:
        yield "id", f"{len(examples)} example phrases, at least {MIN_EXAMPLES} are needed"


def _button_faults(entry: Entry) -> Iterator[tuple[str, str]]:
    for spec in entry.buttons:
        if spec.kind not in ("entry", "flow", "danger", "link") or not spec.target:
            yield "buttons", f"{spec.kind}:{spec.target} is no button"
        elif spec.kind == "flow" and spec.target not in FLOWS:
            yield "buttons", f"flow:{spec.target} is no flow"
        elif spec.kind == "link":
            if f"button/{spec.target}" not in entry.blocks:
                yield "buttons", f"the block `## button: {spec.target}` is missing"
            if not wording.PLACEHOLDER.fullmatch(spec.url) and not is_safe_url(spec.url):
                yield "buttons", f"link:{spec.target} needs a {{placeholder}} of an address"


def reference_faults(
    document: Document, values: Values, numbers: frozenset[str]
) -> Iterator[tuple[int, str]]:
    """Faults that need the facts: unknown names, and facts typed into English text."""
    for block in document.blocks.values():
        ctx = document.ctx(block.name)
        for offset, fault in wording.english_faults(ctx, block.text, numbers):
            yield block.line + block.text.count("\n", 0, offset), fault
        for name in sorted(wording.names_in(block.text) - document.slots):
            if fault_text := values.fault(name):
                place = block.text.index("{" + name + "}")
                yield block.line + block.text.count("\n", 0, place), fault_text
        if wording.kind_of(ctx) == wording.ANSWER:
            length = values.length(block.text, "en")
            if length > MAX_BUBBLE:
                yield block.line, f"{length} characters with facts filled, at most {MAX_BUBBLE}"


def link_faults(entry: Entry, values: Values) -> Iterator[str]:
    for spec in entry.buttons:
        found = wording.PLACEHOLDER.fullmatch(spec.url)
        if found and values.url(found[1]) is None:
            yield f"link:{spec.target}: {values.fault(found[1]) or 'that is no web address'}"


def short_numbers(rows: Mapping[str, Row]) -> frozenset[str]:
    """Numbers such as 112 that nobody may type into a text."""
    phones = {phone for row in rows.values() for phone in row.phones}
    return frozenset(phone for phone in phones if phone.isdigit() and len(phone) <= 6)
