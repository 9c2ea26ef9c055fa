"""One turn in the making: who speaks, what is known, and the replies so far, rendered.

Steps write to a scene; `turn.py` reads it out. Texts are rendered here, once, in the
conversation's locale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from bot.dialogue import actions, words
from bot.dialogue.session import Session
from bot.i18n import country_name, own_name, render
from bot.knowledge import Answer, Snapshot
from bot.messages import Choice, Lane, Origin, Reply, Text
from bot.storage import Person, Vote

MENU_PAGE = 8
COUNTRIES = ("ro", "hu")
ELSEWHERE = "xx"
INTERFACE = "interface"


class Scene:
    def __init__(self, snapshot: Snapshot, person: Person, session: Session) -> None:
        self.snapshot, self.person, self.session = snapshot, person, session
        self.replies: list[Reply] = []
        self.vote: Vote | None = None
        self.unanswered = False
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

    # Changing what is remembered

    def remember(self, **changes: Any) -> None:
        self.session = msgspec.structs.replace(self.session, **changes)

    def change(self, **changes: Any) -> None:
        self.person = replace(self.person, **changes)

    # Speaking

    def render(self, text: Text) -> str:
        return render(text, self.locale, self.snapshot.catalogues)

    def say(self, text: Text, *choices: Choice, lane: Lane = Lane.BOT) -> None:
        origin = Origin(INTERFACE, text.key, self.locale, (), self.snapshot.id)
        self.replies.append(Reply(self.render(text), choices, lane, origin))

    def add(self, reply: Reply) -> None:
        self.replies.append(reply)

    # Buttons

    def choice(self, label: Text, name: str, value: str = "") -> Choice:
        return Choice(self.render(label), actions.pack(name, value))

    def entry_choice(self, entry_id: str) -> Choice:
        label = self.snapshot.label(entry_id, self.locale)
        return Choice(label, actions.pack(actions.ENTRY, entry_id))

    def intent_choice(self, intent: str) -> Choice:
        """A button for a question; the country is asked for later, if it matters."""
        entry = self.snapshot.entry_for(intent, self.country)
        if entry is not None:
            return self.entry_choice(entry.id)
        if intent == "human":
            return self.choice(words.MENU_HUMAN, actions.HUMAN)
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
        return [
            *choices,
            self.choice(words.MENU_EMERGENCY, actions.EMERGENCY),
            self.choice(words.MENU_HUMAN, actions.HUMAN),
            self.choice(words.MENU_LANGUAGE, actions.LANGUAGES),
        ]

    # Answers

    def answer(self, entry_id: str) -> None:
        """An entry's bubbles, and one closing bubble: what it rests on, and what next."""
        found = self.snapshot.answer(entry_id, self.locale, self.country)
        self.remember(fallbacks=0, waiting_intent="")
        self.may_ask_consent = True
        for bubble in found.bubbles:
            self.add(Reply(bubble.text, origin=bubble.origin))
        closing = [self.render(notice) for notice in found.notices]
        if not found.bubbles:
            closing.append(self.render(words.ANSWER_WITHHELD))
            self._close(entry_id, closing, [self.choice(words.MENU_HUMAN, actions.HUMAN)])
            return
        closing.append(self.render(words.HELPED_ASK))
        self._close(entry_id, closing, self._next_choices(found))

    def _close(self, entry_id: str, lines: list[str], choices: list[Choice]) -> None:
        origin = Origin(entry_id, "closing", self.locale, (), self.snapshot.id)
        self.add(Reply("\n".join(lines), tuple(choices), origin=origin))

    def _next_choices(self, found: Answer) -> list[Choice]:
        choices = [
            self.choice(words.HELPED_YES, actions.VOTE, f"y:{found.entry}"),
            self.choice(words.HELPED_NO, actions.VOTE, f"n:{found.entry}"),
        ]
        for button in found.buttons:
            name = {"entry": actions.ENTRY, "danger": actions.CARD}.get(button.kind)
            if name:
                choices.append(Choice(button.label, actions.pack(name, button.target)))
            else:
                choices.append(Choice(button.label, url=button.url))
        return [
            *choices,
            self.choice(words.MENU_HUMAN, actions.HUMAN),
            self.choice(words.MENU, actions.MENU, "0"),
        ]
