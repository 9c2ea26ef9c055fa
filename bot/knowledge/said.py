"""A phrase as a person reads it: in their language, with its values and its buttons.

A counsellor reads it in their own language, and the reply that is pressed comes back
in theirs. Demo sends what is unreviewed, live only what is signed off.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.i18n import fill, language_name, own_name
from bot.i18n.locales import SOURCE
from bot.knowledge import answers, notices, slots
from bot.knowledge.facts import Row
from bot.knowledge.phrases import Phrase, QuickReply
from bot.messages import Choice, Lane, Origin, Reply, Text

if TYPE_CHECKING:
    from bot.knowledge.snapshot import Snapshot

ACTION = "r"  # the letter of a quick reply's button: r:greet-1:0


class NotShown(Exception):
    """The phrase may not be shown: not signed off, or a fact of it is held back."""


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    choices: tuple[Choice, ...]
    locale: str  # English where theirs may not be shown
    notices: tuple[Text, ...]  # shown after it, as after an answer
    origin: Origin
    due_on: datetime.date | None  # the day that it promises

    @property
    def reply(self) -> Reply:
        return Reply(self.text, self.choices, Lane.COUNSELLOR, self.origin)


def say(snapshot: Snapshot, phrase: Phrase, locale: str, values: Mapping[str, object]) -> Said:
    """Raises `NotShown`, and `BadSlot` for a value that is missing or wrong."""
    served = served_locale(snapshot, phrase, locale)
    if served is None or not all(_may_show(snapshot, name) for name in phrase.facts):
        raise NotShown(phrase.id)
    filled = slots.fill_slots(snapshot, phrase.slots, values, served)
    shown = {name: snapshot.values.shown(name, served) for name in phrase.facts}
    facts = (*phrase.facts, *filled.facts)
    return Said(
        text=fill(text_of(snapshot, phrase, served), {**filled.texts, **shown}),
        choices=tuple(
            Choice(label_of(snapshot, reply, served), f"{ACTION}:{phrase.id}:{number}")
            for number, reply in enumerate(phrase.replies)
        ),
        locale=served,
        notices=_notices(snapshot, locale, served, facts),
        origin=Origin("phrase", phrase.id, served, facts, snapshot.id),
        due_on=filled.due_on,
    )


def _may_show(snapshot: Snapshot, name: str) -> bool:
    if snapshot.values.may_show(name, snapshot.stage, snapshot.today()):
        return True
    row, column = snapshot.values.cells.get(name, (None, ""))
    return row is not None and column == row.contact and answers.may_show(snapshot, row)


def _notices(
    snapshot: Snapshot, locale: str, served: str, facts: tuple[str, ...]
) -> tuple[Text, ...]:
    found = []
    if served != locale:
        found.append(notices.LANG_MISSING.having(language=language_name(served, locale)))
    if not all(_is_confirmed(snapshot, name) for name in facts):
        found.append(notices.UNVERIFIED_LINE)
    return tuple(found)


def _is_confirmed(snapshot: Snapshot, name: str) -> bool:
    """Nobody is told to doubt the emergency number."""
    source = snapshot.values.source(name)
    is_emergency = isinstance(source, Row) and source.kind == "emergency"
    return is_emergency or snapshot.values.is_verified(name, snapshot.today())


# Language


def served_locale(snapshot: Snapshot, phrase: Phrase, locale: str) -> str | None:
    """The locale it is sent in: theirs, else English where that may take its place."""
    if is_offered(snapshot, phrase, locale):
        return locale
    if snapshot.stage == "live" and phrase.fronts[0].risk != "G":
        return None
    return SOURCE if is_offered(snapshot, phrase, SOURCE) else None


def is_offered(snapshot: Snapshot, phrase: Phrase, locale: str) -> bool:
    """Whether the phrase and each of its replies may be shown in this very locale."""
    is_live = snapshot.stage == "live"
    if is_live and not all(front.is_reviewed(snapshot.today()) for front in phrase.fronts):
        return False
    if locale == SOURCE:
        return True
    catalogues = snapshot.catalogues
    return all(
        catalogues.text(ctx, locale, english) is not None
        and (not is_live or catalogues.reviewed(ctx, locale))
        for ctx, english in phrase.parts
    )


def text_of(snapshot: Snapshot, phrase: Phrase, locale: str) -> str:
    return snapshot.catalogues.text(phrase.ctx, locale, phrase.text) or phrase.text


def label_of(snapshot: Snapshot, reply: QuickReply, locale: str) -> str:
    """What stands on a button; a language is named in itself."""
    if not reply.ctx:
        return own_name(reply.name)
    return snapshot.catalogues.text(reply.ctx, locale, reply.text) or reply.text


def told(snapshot: Snapshot, reply: QuickReply, locale: str) -> str:
    """The same for a counsellor, who may not read the script of a language's own name."""
    return label_of(snapshot, reply, locale) if reply.ctx else language_name(reply.name, locale)
