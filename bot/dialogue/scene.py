"""One turn in the making: who speaks, what is known, and the replies so far, rendered.

Steps write to a scene; `turn.py` reads it out. Texts are rendered here, once, in the
conversation's locale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.dialogue import actions, handoff_words, words
from bot.dialogue.session import Session
from bot.i18n import country_name, own_name, render
from bot.knowledge import Answer, Snapshot
from bot.messages import Choice, Lane, Origin, Reply, Text
from bot.storage import (
    Alarm,
    Case,
    CaseChange,
    CaseState,
    NewCode,
    OpenCase,
    Person,
    PhoneChange,
    PhoneMove,
    Vote,
)

MENU_PAGE = 8
COUNTRIES = ("ro", "hu")
ELSEWHERE = "xx"
INTERFACE = "interface"
JOB_CHECK = "job-offer-check"  # the flow that every menu offers

NOT_A_TOPIC = ("contact_office", "other")  # says nothing about what a counsellor is asked

ENDED_BEFORE = ("cancelled", "expired")  # how a case ends that no counsellor closed

_ACTIONS = {"entry": actions.ENTRY, "flow": actions.FLOW, "danger": actions.CARD}

# The office of a country, or None.
OfficeFor = Callable[[str], str | None]


class Scene:
    def __init__(
        self,
        snapshot: Snapshot,
        person: Person,
        session: Session,
        office_for: OfficeFor | None = None,
    ) -> None:
        """Without `office_for` no counsellor can be reached from here."""
        self.snapshot, self.person, self.session = snapshot, person, session
        self.office_for = office_for
        self.replies: list[Reply] = []
        self.case_change: CaseChange | None = None
        self.alarm: Alarm | None = None
        self.is_staffed = False  # the office that would answer is open now
        self.said = ""  # what a pressed button means in words, for whoever reads the chat
        self.waits: tuple[int, Case] | None = None  # a reply, and the case whose wait it tells of
        self.code: NewCode | None = None
        self.code_typed = ""  # it leads somewhere, or not: `resume.answer` finds out
        self.move: PhoneMove | None = None
        self.phone: PhoneChange | None = None
        self.hides = False
        self.vote: Vote | None = None
        self.unanswered = False
        self.flow_spoke = False  # the open flow has had its word in this turn
        self.erase = False
        self.named_country = ""  # in this very question
        self.may_ask_consent = False  # an answer was given: now is a good moment

    @property
    def locale(self) -> str:
        return self.person.locale

    @property
    def country(self) -> str | None:
        country = self.named_country or self.person.country
        return country if country in COUNTRIES else None

    # The person's case

    @property
    def case(self) -> Case | None:
        return self.person.case

    @property
    def waiting(self) -> Case | None:
        return self._case_that_is(CaseState.WAITING)

    @property
    def held(self) -> Case | None:
        return self._case_that_is(CaseState.CLAIMED)

    @property
    def closed(self) -> Case | None:
        """A case that a counsellor closed a short time ago, and that can be opened again."""
        case = self._case_that_is(CaseState.CLOSED)
        is_over = case is None or case.outcome in ENDED_BEFORE or self.person.keeps_nothing
        return None if is_over else case

    def _case_that_is(self, state: CaseState) -> Case | None:
        case = self.person.case
        return case if case is not None and case.state is state else None

    def office(self) -> str | None:
        """Who answers for the person's country."""
        return self.office_for(self.country or "") if self.office_for else None

    def any_office(self) -> str | None:
        """Theirs, or the first there is: in danger somebody has to read it."""
        mine = self.office()
        if mine is not None or self.office_for is None:
            return mine
        return next((found for code in COUNTRIES if (found := self.office_for(code))), None)

    # Changing what is remembered

    def remember(self, **changes: Any) -> None:
        self.session = msgspec.structs.replace(self.session, **changes)

    def talk_about(self, topic: str) -> None:
        """What a counsellor would be asked about, from here on."""
        if topic not in NOT_A_TOPIC:
            self.remember(topic=topic)

    def change_case(self, change: CaseChange | None) -> None:
        """One change a turn; the last one counts."""
        self.case_change = change

    def change_phone(self, **changes: Any) -> None:
        self.phone = replace(self.phone or PhoneChange(), **changes)

    def change(self, **changes: Any) -> None:
        self.person = replace(self.person, **changes)

    # Speaking

    def render(self, text: Text) -> str:
        return render(text, self.locale, self.snapshot.catalogues)

    def say(self, text: Text, *choices: Choice, lane: Lane = Lane.BOT) -> None:
        origin = Origin(INTERFACE, text.key, self.locale, (), self.snapshot.id)
        self.replies.append(Reply(self.render(text), choices, lane, origin))

    def say_waiting(self, text: Text, asked: Case | OpenCase, *choices: Choice) -> None:
        """What is known about waiting follows in the same bubble, once it is found out."""
        case = asked if isinstance(asked, Case) else self._case_to_be(asked)
        self.waits = (len(self.replies), case)
        self.say(text, *choices)

    def _case_to_be(self, asked: OpenCase) -> Case:
        """As it will be stored; until then its id is 0."""
        now = datetime.now(UTC)
        return Case(
            id=0,
            number="",
            conversation_id=self.person.conversation_id,
            office=asked.office,
            state=CaseState.WAITING,
            reason=asked.reason,
            priority=asked.priority,
            topic=asked.topic,
            locale=self.locale,
            country=self.country or "",
            requested_at=now,
            waiting_since=now,
            danger=asked.danger,
            protection=asked.protection,
        )

    def add(self, reply: Reply) -> None:
        self.replies.append(reply)

    # Buttons

    def choice(self, label: Text, name: str, value: str = "") -> Choice:
        return Choice(self.render(label), actions.pack(name, value))

    def human_choice(self) -> Choice:
        again = self.closed is not None
        return self.choice(handoff_words.HUMAN_AGAIN if again else words.MENU_HUMAN, actions.HUMAN)

    def entry_choice(self, entry_id: str) -> Choice:
        label = self.snapshot.label(entry_id, self.locale)
        return Choice(label, actions.pack(actions.ENTRY, entry_id))

    def flow_choice(self, flow_id: str) -> Choice:
        label = self.snapshot.flow_label(flow_id, self.locale)
        return Choice(label, actions.pack(actions.FLOW, flow_id))

    def intent_choice(self, intent: str) -> Choice:
        """A button for a question; the country is asked for later, if it matters."""
        entry = self.snapshot.entry_for(intent, self.country)
        if entry is not None:
            return self.entry_choice(entry.id)
        if intent == "human":
            return self.human_choice()
        twin = self.snapshot.entries_of(intent)[0]
        label = self.snapshot.label(twin.id, self.locale)
        return Choice(label, actions.pack(actions.INTENT, intent))

    def country_choices(self) -> list[Choice]:
        return [
            Choice(country_name(code, self.locale), actions.pack(actions.COUNTRY, code))
            for code in COUNTRIES
        ]

    def language_choices(self) -> list[Choice]:
        return [
            Choice(own_name(code), actions.pack(actions.LOCALE, code))
            for code in self.snapshot.catalogues.locales
        ]

    def menu_choices(self, page: int = 0) -> list[Choice]:
        topics = self.snapshot.topics
        first = page * MENU_PAGE if 0 <= page * MENU_PAGE < len(topics) else 0
        shown = topics[first : first + MENU_PAGE]
        choices = [
            self.choice(self.snapshot.topic_label(topic), actions.TOPIC, topic) for topic in shown
        ]
        if len(topics) > MENU_PAGE:
            following = first // MENU_PAGE + 1
            more = following if following * MENU_PAGE < len(topics) else 0
            choices.append(self.choice(words.MENU_MORE, actions.MENU, str(more)))
        if JOB_CHECK in self.snapshot.flows:
            choices.append(self.flow_choice(JOB_CHECK))
        return [
            *choices,
            self.choice(words.MENU_EMERGENCY, actions.EMERGENCY),
            self.human_choice(),
            self.choice(words.MENU_LANGUAGE, actions.LANGUAGES),
        ]

    # Answers

    def answer(self, entry_id: str) -> None:
        """An entry's bubbles, and one closing bubble: what it rests on, and what next."""
        found = self._begin(entry_id)
        self.may_ask_consent = True
        closing = [self.render(notice) for notice in found.notices]
        if not found.bubbles:
            closing.append(self.render(words.ANSWER_WITHHELD))
            self._close(entry_id, closing, [self.human_choice()])
            return
        closing.append(self.render(words.HELPED_ASK))
        self._close(entry_id, closing, self._next_choices(found))

    def tell(self, entry_id: str) -> None:
        """The same beside something else: nothing is asked back."""
        found = self._begin(entry_id)
        if found.bubbles and found.notices:
            lines = [self.render(notice) for notice in found.notices]
            self._close(entry_id, lines, self._buttons(found), "notices")

    def _begin(self, entry_id: str) -> Answer:
        found = self.snapshot.answer(entry_id, self.locale, self.country)
        self.remember(fallbacks=0, waiting_intent="")
        topic = self.snapshot.entries[entry_id].topic
        self.talk_about(topic)
        for bubble in found.bubbles:
            self.add(Reply(bubble.text, origin=bubble.origin))
        return found

    def _close(
        self, entry_id: str, lines: list[str], choices: list[Choice], block: str = "closing"
    ) -> None:
        origin = Origin(entry_id, block, self.locale, (), self.snapshot.id)
        self.add(Reply("\n".join(lines), tuple(choices), origin=origin))

    def _next_choices(self, found: Answer) -> list[Choice]:
        return [
            self.choice(words.HELPED_YES, actions.VOTE, f"y:{found.entry}"),
            self.choice(words.HELPED_NO, actions.VOTE, f"n:{found.entry}"),
            *self._buttons(found),
            self.human_choice(),
            self.choice(words.MENU, actions.MENU, "0"),
        ]

    def _buttons(self, found: Answer) -> list[Choice]:
        choices = []
        for button in found.buttons:
            name = _ACTIONS.get(button.kind)
            if name:
                choices.append(Choice(button.label, actions.pack(name, button.target)))
            else:
                choices.append(Choice(button.label, url=button.url))
        return choices
