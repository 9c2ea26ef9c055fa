"""A case as lists show it: what it is about and how urgent, never what anybody wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from bot.console.moments import Calendar, Moment
from bot.console.words import WORDS
from bot.i18n import Catalogues, language_name, own_name, render
from bot.knowledge import Snapshot
from bot.knowledge.topics import TOPICS
from bot.messages import Text
from bot.storage import Case, CaseState, Reason, Staff, WaitsFor

OUTCOMES = ("answered", "referred", "appointment", "no_reply", "not_ours", "misuse")
_URGENCY = {1: "danger", 2: "urgent"}


class Tag(NamedTuple):
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    number: str
    state: str
    urgency: str
    locale: str
    language: str  # its name in the reader's language
    own_language: str  # and in itself
    topic: str
    tags: tuple[Tag, ...]
    waits: str
    since: Moment
    holder: str
    is_mine: bool
    outcome: str
    outcome_said: str
    due: Moment | None
    waits_for: str
    waits_word: str


class Rows:
    """Makes rows for one reader."""

    def __init__(self, staff: Staff, snapshot: Snapshot, calendar: Calendar) -> None:
        self.staff = staff
        self.snapshot = snapshot
        self.calendar = calendar

    @property
    def catalogues(self) -> Catalogues:
        return self.snapshot.catalogues

    def say(self, text: Text, locale: str = "") -> str:
        return render(text, locale or self.staff.locale, self.catalogues)

    def topic(self, topic: str) -> str:
        return self.say(self.snapshot.topic_label(topic)) if topic in TOPICS else ""

    def topics(self) -> list[tuple[str, str]]:
        return [(code, self.topic(code)) for code in self.snapshot.topics]

    def outcome(self, outcome: str) -> str:
        word = WORDS.get(f"outcome_{outcome}")
        return self.say(word) if word else outcome

    def row(self, case: Case) -> Row:
        is_open = case.state is not CaseState.CLOSED
        due = case.due_at if is_open else None
        return Row(
            number=case.number,
            state=str(case.state),
            urgency=_URGENCY.get(case.priority, "normal"),
            locale=case.locale or "en",
            language=language_name(case.locale or "en", self.staff.locale),
            own_language=own_name(case.locale or "en"),
            topic=self.topic(case.topic),
            tags=tuple(self._tags(case)),
            waits=self.say(self.calendar.waited(case.waiting_since)),
            since=self.calendar.moment(case.requested_at),
            holder=case.holder_shown_as if case.state is CaseState.CLAIMED else "",
            is_mine=self.is_mine(case),
            outcome=case.outcome,
            outcome_said=self.outcome(case.outcome) if case.outcome else "",
            due=self.calendar.due(due) if due else None,
            waits_for=str(case.waits_for),
            waits_word=f"wait_{case.waits_for}" if case.waits_for is not WaitsFor.NOTHING else "",
        )

    def is_mine(self, case: Case) -> bool:
        """Whether its text may be opened by this reader; storage decides in the end."""
        return case.state is not CaseState.WAITING and self.staff.id in (case.holder, case.cover)

    def _tags(self, case: Case) -> list[Tag]:
        tags = []
        if case.protection:
            tags.append(Tag("hot", "tag_protection"))
        if case.reason is Reason.COMPLAINT:
            tags.append(Tag("", "tag_complaint"))
        if case.wants in ("woman", "man"):
            tags.append(Tag("", f"tag_{case.wants}"))
        if case.meant_for == self.staff.id and case.state is CaseState.WAITING:
            tags.append(Tag("hot", "tag_for_you"))
        return tags
