"""Reads a transcript file, plays it, and writes down what was said in the same form.

    # what happens, and to whom
    locale: en uk              (played once in each; `*` is every language that has all texts,
                                `**` every one: what it needs is there in all of them)
    command: start             (a command: what a slash or a menu entry sends)
    person: any text           (`{ro-hours/question}`: that text, in the conversation's language)
    press: All topics          (a button of the last reply, by its English label; `No #2`: the
                                second of that name)
    bot: English text ...      (`...` at the end: it begins so)
      another line of the same bubble
    bot: English text  [One button] [Another]   (`[...]` last: and others)
    counsellor claims          (or `closes`, `leaves` (back to the queue), `is away`)
    counsellor: any text       (`{ask-11}`: that phrase, with its quick replies)
    counsellor reads: text     (the person's last line, as the counsellor has it)
    person sends: photo        (a kind of `bot.messages.Kind`: photo, voice, document, location ...)
    person sends: location 45.75,21.21
    counsellor sees: photo     (the person's last line is one, and can be fetched)

A counsellor's own words need no line; what the person is told about them is a bot line.
Bot lines are English texts with their {placeholders}, looked up by where the reply came from;
what was really said has to fit the text of that place in the conversation's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text as sql

from bot.dialogue import (
    danger_words,
    discreet,
    handoff_words,
    hide,
    intake,
    office_words,
    resume_words,
    words,
)
from bot.dialogue.fallback import NONE_OF_THESE
from bot.dialogue.scene import INTERFACE
from bot.handoff.desk import Desk
from bot.i18n import country_name, own_name, wording
from bot.knowledge import Snapshot, notices
from bot.knowledge.sync import Source
from bot.messages import Attachment, Choice, Kind, Text
from bot.storage import Case, Shown, Staff
from tests.dialogue import flow_lines
from tests.dialogue.talk import Talk

_LABELS = re.compile(r"\s*((?:\[[^\]]+\]\s*)+)$")
_BY_ACTION = {
    "h": (words.MENU_HUMAN, handoff_words.HUMAN_AGAIN),
    "x": (handoff_words.HANDOFF_CANCEL, handoff_words.DANGER_CASE_CANCEL),
    "b": (handoff_words.ASK_PROGRAM,),
    "E": (words.MENU_EMERGENCY,),
    "L": (words.MENU_LANGUAGE,),
    "n": (danger_words.NOT_ME,),
    "N": (office_words.PLACE,),
    "w": (danger_words.CAN_WRITE,),
    "u": (danger_words.NOT_SAFE,),
    "C": (danger_words.CANNOT_CALL,),
    "m": (words.MENU, words.MENU_MORE, NONE_OF_THESE),
    "v:y": (words.HELPED_YES,),
    "v:n": (words.HELPED_NO,),
    "k:y": (words.CONSENT_YES,),
    "k:n": (words.CONSENT_NO,),
    "k:a": (words.CONSENT_NO_NAME,),
    "c:xx": (words.COUNTRY_OTHER,),
    "z": (resume_words.CODE_BUTTON,),
    "p": (resume_words.NEW_PERSON_BUTTON,),
    "p:y": (resume_words.NEW_PERSON_YES,),
    "p:n": (resume_words.NEW_PERSON_NO,),
    "g": (resume_words.COMPLAINT_BUTTON,),
    "g:y": (resume_words.COMPLAINT_YES,),
    "g:n": (resume_words.COMPLAINT_NO,),
    "o:hu": (resume_words.OFFICE_YES,),
    "o:st": (resume_words.OFFICE_STAY,),
    "e:common-privacy": (words.MENU_PRIVACY,),
    "P:d": (discreet.BUTTON,),
    "P:h": (hide.BUTTON,),
    "P:t": tuple(label for _, label in discreet.HOURS),
}
# Bubbles of several texts: whichever of these stands in it says what it is.
_COMPOSED = {
    "closing": (words.HELPED_ASK, words.ANSWER_WITHHELD),
    "numbers": (danger_words.SHORT, danger_words.HEAD, danger_words.ABROAD),
    "notices": (notices.UNVERIFIED_LINE,),
}
COUNSELLOR = ("counsellor", "counsellor claims", "counsellor closes", "counsellor leaves")
FILES = ("person sends", "counsellor sees")
KINDS = (
    *("person", "press", "command", *COUNSELLOR, "counsellor is away", "counsellor reads"),
    *FILES,
)


@dataclass(frozen=True)
class Bubble:
    text: str
    labels: tuple[str, ...] | None  # None: not looked at


@dataclass(frozen=True)
class Move:
    line: int
    kind: str  # one of KINDS
    text: str
    answer: tuple[Bubble, ...]


@dataclass(frozen=True)
class Script:
    path: Path
    locales: tuple[str, ...]
    moves: tuple[Move, ...]


def read(path: Path, offered: Sequence[str], everywhere: Sequence[str] = ()) -> Script:
    locales: tuple[str, ...] = ()
    moves: list[Move] = []
    for number, kind, text in _lines(path):
        if kind == "locale":
            all_of = {"*": tuple(offered), "**": tuple(everywhere)}
            locales = all_of.get(text) or tuple(text.split())
        elif kind == "bot":
            last = moves[-1]
            moves[-1] = Move(last.line, last.kind, last.text, (*last.answer, _bubble(text)))
        elif kind in KINDS:
            moves.append(Move(number, kind, text, ()))
        else:
            raise AssertionError(f"{path.name}:{number}: {kind}: is no part of a transcript")
    assert locales and moves, f"{path.name}: needs `locale:` and something that is said"
    return Script(path, locales, tuple(moves))


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    for number, row in enumerate(path.read_text("utf-8").splitlines(), 1):
        if row.startswith("  ") and found:
            first, kind, text = found.pop()
            found.append((first, kind, f"{text}\n{row[2:]}"))
        elif row.strip() and not row.startswith("#"):
            kind, _, text = row.partition(":")
            found.append((number, kind.strip(), text.strip()))
    yield from found


def _bubble(text: str) -> Bubble:
    found = _LABELS.search(text)
    if not found:
        return Bubble(text, None)
    labels = tuple(re.findall(r"\[([^\]]+)\]", found[1]))
    return Bubble(text[: found.start()].rstrip(), labels)


class Player:
    def __init__(
        self,
        talk: Talk,
        snapshot: Snapshot,
        texts: Mapping[str, Source],
        locale: str,
        counsellor: Counsellor | None = None,
    ) -> None:
        self.talk, self.snapshot, self.texts, self.locale = talk, snapshot, texts, locale
        self.counsellor = counsellor

    async def play(self, script: Script) -> None:
        await self.talk.commands(f"language {self.locale}")
        for move in script.moves:
            # A counsellor's own words need no line, also those that waited for the person.
            said = [line for line in await self._make(move) if line.author != "counsellor"]
            where = f"{script.path.name}:{move.line} in {self.locale}"
            for line in said:
                self._check_wording(where, line)
            told = [Bubble(self.english(line), self._labels(line)) for line in said]
            matches = len(told) == len(move.answer) and all(
                _is_like(said_one, wanted)
                for said_one, wanted in zip(told, move.answer, strict=True)
            )
            assert matches, f"{where}: after `{move.kind}: {move.text}` the bot says\n" + "\n".join(
                map(written, told)
            )

    async def _make(self, move: Move) -> list[Shown]:
        if move.kind.startswith("counsellor"):
            assert self.counsellor is not None
            return await self.counsellor.does(move.kind, move.text)
        if move.kind == "person sends":
            kind, _, place = move.text.partition(" ")
            file = None if place else Attachment(size=120_000, platform_id="AgAC-1")
            return await self.talk.says("", kind=Kind(kind), file=file, place=place)
        if move.kind == "command":
            return await self.talk.commands(move.text)
        if move.kind == "person":
            return await self.talk.says(self._in_their_language(move.text))
        label, _, nth = move.text.partition(" #")
        found = [
            choice
            for line in self.talk.last
            for choice in line.choices
            if label in self._names(choice, line.locale)
        ]
        if found:
            return await self.talk.presses(found[int(nth or 1) - 1].action)
        offered = [label for line in self.talk.last for label in self._labels(line)]
        raise AssertionError(f"line {move.line}: no button {move.text!r} among {offered}")

    def _in_their_language(self, text: str) -> str:
        found = re.fullmatch(r"\{([a-z0-9-]+)/(question|label)\}", text)
        if not found:
            return text
        return self.snapshot.text(self.snapshot.entries[found[1]], found[2], self.locale)

    # What was said, in English

    def english(self, line: Shown) -> str:
        return self._source(line).english

    def _source(self, line: Shown) -> Text:
        if line.block in _COMPOSED:
            texts = _COMPOSED[line.block]
            return next((t for t in texts if self._translated(t, line) in line.text), Text("", "?"))
        if line.entry in self.snapshot.flows:
            return flow_lines.source(self.snapshot, line)
        if line.entry == INTERFACE:
            return Text(line.block, self.texts[line.block].text)
        of = self.snapshot.entries.get(line.entry) or self.snapshot.cards[line.entry]
        return Text(of.ctx(line.block), of.blocks[line.block].text)

    def _translated(self, text: Text, line: Shown) -> str:
        return self.snapshot.catalogues.text(text.key, line.locale, text.english) or text.english

    def _check_wording(self, where: str, line: Shown) -> None:
        """What was said has to be the text of that place, in that language, filled in."""
        template = self._translated(self._source(line), line)
        pattern = ".+?".join(map(re.escape, re.split(wording.PLACEHOLDER.pattern, template)[::2]))
        said = re.search(pattern, line.text, re.DOTALL)
        assert said, f"{where}: not the text of {line.entry}/{line.block}: {line.text!r}"
        assert not wording.PLACEHOLDER.search(line.text), f"{where}: {line.text!r}"

    def _labels(self, line: Shown) -> tuple[str, ...]:
        return tuple(self._names(choice, line.locale)[0] for choice in line.choices)

    def _names(self, choice: Choice, locale: str) -> list[str]:
        """The English label, by what the button does; what is on it must be its translation."""
        name, _, value = choice.action.partition(":")
        snapshot = self.snapshot
        if of_flow := flow_lines.names(snapshot, choice.action):
            return of_flow
        if choice.url:
            return ["call" if choice.url.startswith("tel:") else "link"]
        if name == "N" and value:
            return [choice.label]  # a city
        if name == "l":
            return [own_name(value)]
        if name == "c" and value != "xx":
            return [country_name(value, "en")]
        if name == "t":
            texts: tuple[Text, ...] = (snapshot.topic_label(value),)
        elif name == "d":
            return [snapshot.card_title(value, "en")]
        elif name == "r":
            phrase, _, number = value.partition(":")
            return [snapshot.phrase_reply(phrase, int(number), "en")]
        elif name == "q":
            texts = self._answers(value)
        else:
            texts = _BY_ACTION.get(choice.action[:3]) or _BY_ACTION.get(choice.action) or ()
            texts = texts or _BY_ACTION.get(name, ())
        for text in texts:
            if (snapshot.catalogues.text(text.key, locale) or text.english) == choice.label:
                return [text.english]
        if name in ("e", "i"):
            entry = snapshot.entries.get(value) or snapshot.entries_of(value)[0]
            return [snapshot.label(entry.id, "en")]
        raise AssertionError(f"{choice} has no known label")

    def _answers(self, value: str) -> tuple[Text, ...]:
        field, _, said = value.partition(":")
        if field == intake.TOPICS:
            return (words.MENU_MORE,)
        if field == intake.TOPIC and said:
            return (self.snapshot.topic_label(said),)
        of_question = dict(intake.QUESTIONS[field].answers)
        return (of_question.get(said, handoff_words.INTAKE_SKIP),)


class Counsellor:
    """Petra, who takes the case of whoever talks."""

    def __init__(self, desk: Desk, staff: Staff, talk: Talk, snapshot: Snapshot) -> None:
        self.desk, self.staff, self.talk, self.snapshot = desk, staff, talk, snapshot
        self.case: Case | None = None
        self.replies = 0

    async def does(self, kind: str, text: str) -> list[Shown]:
        """What the person is told by it, beside the counsellor's own words."""
        before = await self.talk.seq()
        if kind == "counsellor claims":
            waiting = await self.desk.queue(self.staff)
            self.case = await self.desk.claim(self.staff, waiting[0].number)
        elif kind == "counsellor closes":
            await self.desk.close(self.staff, *self._claim(), "answered")
        elif kind == "counsellor leaves":
            await self.desk.release(self.staff, *self._claim())
        elif kind == "counsellor is away":
            long_ago = sql("UPDATE handoff SET holder_seen_at = '2020-01-01 00:00:00'")
            await self.talk.store._db.write(lambda db: db.execute(long_ago))
        elif kind == "counsellor reads":
            assert (await self._read())[-1].text == text
        elif kind == "counsellor sees":
            line = (await self._read())[-1]
            assert (line.kind, bool(line.file)) == (text, True)
        else:
            await self._says(text)
        lines = await self.talk.store.transcript(self.talk.person_hash, before)
        said = [line for line in lines if line.author != "person"]
        self.talk.last = said or self.talk.last
        return [line for line in said if line.author != "counsellor"]

    def _claim(self) -> tuple[str, int]:
        assert self.case is not None, "nobody has claimed"
        return self.case.number, self.case.fence

    async def _says(self, text: str) -> None:
        self.replies += 1
        read = await self._read()
        found = re.fullmatch(r"\{([a-z]+-\d+)\}", text)
        locale = self.case.locale if self.case else ""
        phrase = self.snapshot.phrase(found[1], locale) if found else None
        await self.desk.reply(
            self.staff,
            *self._claim(),
            text=phrase.text if phrase else text,
            seen_up_to=read[-1].seq,
            key=f"reply-{self.replies}",
            choices=phrase.choices if phrase else (),
            origin=phrase.origin if phrase else None,
        )

    async def _read(self) -> list[Shown]:
        """The person's lines."""
        opened = await self.desk.open(self.staff, self._claim()[0])
        return [line for line in opened.lines if line.author == "person"]


def _is_like(told: Bubble, expected: Bubble) -> bool:
    text = expected.text
    begins = text.endswith("...") and told.text.startswith(text[:-3].rstrip())
    if told.text != text and not begins:
        return False
    if expected.labels is None:
        return True
    if expected.labels[-1] == "...":
        return told.labels is not None and _in_order(expected.labels[:-1], told.labels)
    return told.labels == expected.labels


def _in_order(wanted: Sequence[str], all_of: Sequence[str]) -> bool:
    rest = iter(all_of)
    return all(label in rest for label in wanted)


def written(bubble: Bubble) -> str:
    """As it would stand in a file."""
    labels = "".join(f" [{label}]" for label in bubble.labels or ())
    first = bubble.text.replace("\n", "\n  ")
    return f"bot: {first}{'  ' if labels else ''}{labels.strip()}"
