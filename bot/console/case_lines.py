"""A transcript as a counsellor reads it: who said what and when, and whether it arrived."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from bot.channels.web_text import Piece, pieces
from bot.console import flow_page
from bot.console.guesses import Guessed, guesses_for
from bot.console.moments import Moment
from bot.console.visit import Visit
from bot.console.withdraw_page import doubt_url
from bot.i18n import direction
from bot.storage import Opened, Shown

_KINDS = ("button", "photo", "voice", "document", "sticker", "location", "contact")
_TYPED = ("text", "edit")
TRANSLATED = 20  # of the newest lines
_FATES = {"pending": "fate_pending", "sending": "fate_pending"}
_DOUBTFUL = ("uncertain", "undeliverable")
_REPLY = re.compile(r"r:([a-z0-9-]{1,50}):([0-9]{1,2})")  # `bot.knowledge.said` packs it


@dataclass(frozen=True, slots=True)
class Line:
    seq: int
    author: str
    pieces: list[Piece]
    kind_word: str  # for what has no text
    is_edit: bool
    meaning: str  # a quick reply in the counsellor's language
    locale: str
    dir: str
    at: Moment
    day: str  # where a new day begins
    choices: tuple[str, ...]
    fate: str  # a word
    held_until: str  # the hour at which it goes out, on the office's clock
    is_doubtful: bool
    is_new: bool
    guesses: Sequence[Guessed]
    waits: bool  # a moment, before anybody gets it
    can_undo: bool
    translated: str  # by a machine, beside the original
    doubt_url: str  # the page on which what it told is withdrawn


class Beside(NamedTuple):
    """What stands with the original, so that a counsellor understands it."""

    guesses: Sequence[Guessed]
    meaning: str
    translated: str


async def lines_of(visit: Visit, opened: Opened, seen: int | None) -> list[Line]:
    """`seen`: what the person wrote after this line is marked as new."""
    lines, day, replies = [], "", Replies(visit)
    translated = await translations(visit, opened)
    for shown in opened.lines:
        date = visit.calendar.date_of(shown.at)
        guesses = await guesses_for(visit, opened.case, shown)
        meaning = replies.meaning_of(shown)
        beside = Beside(guesses, meaning, translated.get(shown.seq, ""))
        lines.append(_line(visit, shown, date if date != day else "", seen, beside))
        day = date
    return lines


async def translations(visit: Visit, opened: Opened) -> dict[int, str]:
    """The last things a person typed, in the counsellor's language, where a server does that."""
    translate = visit.parts.translate
    mine = {visit.staff.locale, *visit.staff.languages}
    if translate is None or opened.case.locale in mine:
        return {}
    typed = [line for line in opened.lines if line.author == "person" and line.kind in _TYPED]
    last = typed[-TRANSLATED:]
    said = await asyncio.gather(*(translate(line.text, visit.staff.locale) for line in last))
    return {line.seq: text for line, text in zip(last, said, strict=True) if text}


def _line(
    visit: Visit,
    shown: Shown,
    day: str,
    seen: int | None,
    beside: Beside,
) -> Line:
    by_person = shown.author == "person"
    # What a counsellor typed is in whatever language they chose to write.
    is_known = bool(shown.locale) and not by_person and bool(shown.entry)
    return Line(
        seq=shown.seq,
        author=shown.author,
        pieces=pieces(shown.text, signs_visible=by_person),
        kind_word=f"kind_{shown.kind}" if shown.kind in _KINDS else "kind_other",
        is_edit=shown.edits > 0,
        meaning=beside.meaning,
        translated=beside.translated,
        locale=shown.locale if is_known else "",
        dir=direction(shown.locale) if is_known else "auto",
        at=visit.calendar.clock(shown.at),
        day=day,
        choices=tuple(choice.label for choice in shown.choices),
        fate=_fate(shown),
        held_until=visit.calendar.moment(shown.held_until).shown if shown.held_until else "",
        is_doubtful=shown.state in _DOUBTFUL,
        is_new=by_person and seen is not None and shown.seq > seen,
        guesses=beside.guesses,
        waits=_waits(shown),
        can_undo=shown.author == "counsellor" and (_waits(shown) or _is_unsent(shown)),
        doubt_url=doubt_url(visit.snapshot, shown.facts),
    )


def _waits(shown: Shown) -> bool:
    return shown.visible_at is not None and shown.visible_at > datetime.now(UTC)


def _is_unsent(shown: Shown) -> bool:
    if shown.held:
        return True
    return shown.state == "pending" if shown.state else not shown.is_fetched


def _fate(shown: Shown) -> str:
    if _waits(shown):
        return "fate_waits"
    if shown.held:
        return f"fate_held_{shown.held}"
    if not shown.state or (shown.author == "bot" and shown.state not in _DOUBTFUL):
        return ""
    return _FATES.get(shown.state, f"fate_{shown.state}")


class Replies:
    """Knows which buttons were offered so far, so that an answer comes back in both languages."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._offered: dict[str, tuple[str, int]] = {}

    def meaning_of(self, shown: Shown) -> str:
        """What the person pressed, in the counsellor's language; empty where they wrote."""
        if shown.author != "person":
            for choice in shown.choices:
                self._remember(choice.action, choice.label, shown.locale)
            return flow_page.handed(self.visit, shown)
        phrase, number = self._offered.get(shown.text.strip(), ("", 0))
        return self._said(phrase, number, self.visit.staff.locale)

    def _remember(self, action: str, label: str, locale: str) -> None:
        if found := _REPLY.fullmatch(action):
            reply = found[1], int(found[2])
            # A language is named in itself on the button, and in the person's words when told.
            for text in (label, self._said(*reply, locale)):
                self._offered[text] = reply

    def _said(self, phrase: str, number: int, locale: str) -> str:
        try:
            return self.visit.snapshot.phrase_reply(phrase, number, locale)
        except KeyError:  # not offered, or no longer in the bank
            return ""
