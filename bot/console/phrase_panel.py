"""Phrases and answers, side by side in the counsellor's language and in the person's.

A counsellor finds one in the language they speak; it is sent as somebody has translated
it, and the message remembers which phrase or answer it was.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.console.rows import Rows
from bot.console.withdraw_page import doubt_url
from bot.console.words import WORDS
from bot.i18n import direction, fill, language_name
from bot.knowledge import Answer, BadSlot, Entry, NotShown, Said, Snapshot
from bot.messages import MAX_TEXT, Choice, Origin, Text
from bot.storage import Case

PHRASE, ENTRY = "p", "e"  # p:greet-1, e:ro-asylum-where
MOST = 8
_INPUTS = {"day": "date", "time": "time", "minutes": "number", "days": "number"}


@dataclass(frozen=True, slots=True)
class Side:
    locale: str
    dir: str
    language: str  # in the counsellor's language
    bubbles: tuple[str, ...]
    choices: tuple[str, ...] = ()


class Slot(NamedTuple):
    name: str
    field: str
    type: str
    value: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    ref: str
    kind: str  # "phrase" | "entry"
    title: str
    mine: Side
    theirs: Side
    slots: tuple[Slot, ...] = ()
    warning: str = ""
    can_send: bool = True
    doubt_url: str = ""  # the page on which a fact of it is withdrawn


class Message(NamedTuple):
    """One bubble on its way to the person."""

    text: str
    choices: tuple[Choice, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Sendable:
    messages: tuple[Message, ...]
    due_on: datetime.date | None = None  # the day that it promises


class NotSendable(Exception):
    """Holds the word that says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Panel:
    """The phrases and answers for one case and one reader."""

    def __init__(self, rows: Rows, case: Case, form: Mapping[str, str]) -> None:
        self.snapshot, self.rows, self.form = rows.snapshot, rows, form
        self.mine = rows.staff.locale
        self.theirs = case.locale or "en"
        self.country = case.country or None

    # Finding

    def groups(self) -> list[tuple[str, str]]:
        return [
            (group, self.snapshot.phrase_group(group, self.mine))
            for group in self.snapshot.phrase_groups
        ]

    def find(self, query: str, group: str = "") -> list[Hit]:
        """The best hits; without a word all phrases of a group."""
        words = fold(query).split()
        if not words:
            wanted = [p.id for p in self.snapshot.phrases.values() if p.group == group]
            return [self.phrase(name) for name in wanted]
        scored = [(_score(words, text), ref) for ref, text in self._all(group)]
        best = sorted((s for s in scored if s[0]), key=lambda s: -s[0])
        return [hit for _, ref in best[:MOST] if (hit := self.hit(ref))]

    def hit(self, ref: str) -> Hit | None:
        kind, _, name = ref.partition(":")
        if kind == PHRASE and name in self.snapshot.phrases:
            return self.phrase(name)
        if kind == ENTRY and name in self.snapshot.entries:
            return self.entry(name)
        return None

    def _all(self, group: str) -> Iterator[tuple[str, tuple[str, str]]]:
        for phrase in self.snapshot.phrases.values():
            if group in ("", phrase.group):
                title = self.snapshot.phrase_group(phrase.group, self.mine)
                said = self.snapshot.phrase_text(phrase.id, self.mine)
                yield f"{PHRASE}:{phrase.id}", (said, f"{title} {phrase.id} {phrase.text}")
        for entry in () if group else _entries(self.snapshot, self.country):
            question = self.snapshot.question(entry.id, self.mine)
            topic = self.rows.topic(entry.topic)
            more = f"{topic} {self.snapshot.label(entry.id, self.mine)} {entry.id}"
            yield f"{ENTRY}:{entry.id}", (question, more)

    # Showing

    def phrase(self, name: str) -> Hit:
        phrase = self.snapshot.phrases[name]
        ref = f"{PHRASE}:{name}"
        slots = tuple(self._slot(ref, slot) for slot in phrase.slots)
        mine, _ = self._read(name, self.mine)
        theirs, warning = self._read(name, self.theirs)
        if not warning and theirs.locale != self.theirs:
            warning = "not_translated"
        return Hit(
            ref=ref,
            kind="phrase",
            title=self._as_it_stands(name, self.mine),
            mine=mine,
            theirs=theirs,
            slots=slots,
            warning=warning,
            can_send=warning != "cannot_send",
            doubt_url=doubt_url(self.snapshot, self.snapshot.phrases[name].facts),
        )

    def _read(self, name: str, locale: str) -> tuple[Side, str]:
        """The phrase as it would be sent, or as it stands while it cannot be, and why."""
        try:
            said = self.snapshot.phrase(name, locale, self._values(name))
        except (NotShown, BadSlot) as error:
            count = range(len(self.snapshot.phrases[name].replies))
            replies = tuple(self.snapshot.phrase_reply(name, n, locale) for n in count)
            text = self._as_it_stands(name, locale)
            return self._side(locale, (text,), replies), _why(error)
        if locale == self.mine:
            count = range(len(said.choices))
            labels = tuple(self.snapshot.phrase_reply(name, n, locale) for n in count)
        else:
            labels = tuple(choice.label for choice in said.choices)
        return self._side(said.locale, (self._with_notices(said, locale),), labels), ""

    def _as_it_stands(self, name: str, locale: str) -> str:
        """With the names of its empty fields in the counsellor's words."""
        phrase = self.snapshot.phrases[name]
        fields = {slot: f"[{self.rows.say(WORDS[f'field_{slot}'])}]" for slot in phrase.slots}
        facts = {fact: self.snapshot.values.shown(fact, locale) for fact in phrase.facts}
        return fill(self.snapshot.phrase_text(name, locale), fields | facts)

    def entry(self, name: str) -> Hit:
        mine = self.snapshot.answer(name, self.mine, self.country)
        theirs = self.snapshot.answer(name, self.theirs, self.country)
        warning = "" if theirs.served_locale == self.theirs else "not_translated"
        return Hit(
            ref=f"{ENTRY}:{name}",
            kind="entry",
            title=self.snapshot.question(name, self.mine),
            mine=self._answer_side(mine, self.mine),
            theirs=self._answer_side(theirs, self.theirs),
            warning=warning if theirs.bubbles else "cannot_send",
            can_send=bool(theirs.bubbles),
            doubt_url=doubt_url(self.snapshot, _facts(mine)),
        )

    def _answer_side(self, answer: Answer, locale: str) -> Side:
        texts = [message.text for message in self._answer(answer, locale)]
        labels = tuple(choice.label for choice in _links(answer))
        return self._side(answer.served_locale, tuple(texts), labels)

    def _side(self, locale: str, texts: tuple[str, ...], choices: tuple[str, ...]) -> Side:
        return Side(locale, direction(locale), language_name(locale, self.mine), texts, choices)

    def _slot(self, ref: str, name: str) -> Slot:
        field = f"{ref}.{name}"
        options = self.snapshot.slot_options(name, self.mine, self.country)
        kind = "select" if options else _INPUTS.get(name, "text")
        return Slot(name, field, kind, self.form.get(field, ""), options)

    # Sending

    def sendable(self, ref: str) -> Sendable:
        """Raises `NotSendable`."""
        kind, _, name = ref.partition(":")
        if kind == PHRASE and name in self.snapshot.phrases:
            return self._phrase_to_send(name)
        if kind == ENTRY and name in self.snapshot.entries:
            answer = self.snapshot.answer(name, self.theirs, self.country)
            if answer.bubbles:
                return Sendable(tuple(self._answer(answer, self.theirs)))
        raise NotSendable("cannot_send")

    def _phrase_to_send(self, name: str) -> Sendable:
        try:
            said = self.snapshot.phrase(name, self.theirs, self._values(name))
        except (NotShown, BadSlot) as error:
            raise NotSendable(_why(error)) from error
        text = self._with_notices(said, self.theirs)
        return Sendable((Message(text, said.choices, said.origin),), said.due_on)

    def _answer(self, answer: Answer, locale: str) -> list[Message]:
        messages = [Message(bubble.text, (), bubble.origin) for bubble in answer.bubbles]
        if messages:
            last = messages[-1]
            text = self._and(last.text, answer.notices, locale)
            messages[-1] = Message(text, tuple(_links(answer)), last.origin)
        return messages

    def _with_notices(self, said: Said, locale: str) -> str:
        return self._and(said.text, said.notices, locale)

    def _and(self, text: str, notices: tuple[Text, ...], locale: str) -> str:
        closing = [self.rows.say(notice, locale) for notice in notices]
        return "\n\n".join((text, *closing))[:MAX_TEXT]

    def _values(self, name: str) -> dict[str, str]:
        slots = self.snapshot.phrases[name].slots
        return {slot: self.form.get(f"{PHRASE}:{name}.{slot}", "") for slot in slots}


def _facts(answer: Answer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for b in answer.bubbles for name in b.origin.facts))


def _entries(snapshot: Snapshot, country: str | None) -> Iterator[Entry]:
    """Those of the person's country first; of the other one only while none is known."""
    for topic in snapshot.topics:
        yield from snapshot.entries_in(topic, country)


def _links(answer: Answer) -> Iterator[Choice]:
    """Buttons that open a page. The program's own would do nothing while it is silent."""
    for button in answer.buttons:
        if button.kind == "link":
            yield Choice(button.label, url=button.url)


def _why(error: NotShown | BadSlot) -> str:
    if isinstance(error, NotShown) or error.fault == "unknown":
        return "cannot_send"
    return f"slot_{error.fault}"


def fold(text: str) -> str:
    """For finding: without case and accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in spread if not unicodedata.combining(char))


def _score(words: list[str], texts: tuple[str, str]) -> int:
    """Words that a title holds count three times; all words must be somewhere."""
    title, more = map(fold, texts)
    if not all(word in title or word in more for word in words):
        return 0
    return sum(3 if word in title else 1 for word in words)
