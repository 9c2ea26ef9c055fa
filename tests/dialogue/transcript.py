"""Reads a transcript file, plays it, and writes down what was said in the same form.

    # what happens, and to whom
    locale: en uk              (played once in each; `*` is every language we offer)
    command: start             (a command: what a slash or a menu entry sends)
    person: any text           (`{ro-hours/question}`: that text, in the conversation's language)
    press: All topics          (a button of the last reply, by its English label; `No #2`: the
                                second of that name)
    bot: English text ...      (`...` at the end: it begins so)
      another line of the same bubble
    bot: English text  [One button] [Another]   (`[...]` last: and others)

Bot lines are English texts with their {placeholders}, looked up by where the reply came from;
what was really said has to fit the text of that place in the conversation's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.dialogue import words
from bot.dialogue.fallback import NONE_OF_THESE
from bot.dialogue.scene import INTERFACE
from bot.i18n import country_name, own_name, wording
from bot.knowledge import Snapshot
from bot.knowledge.sync import Source
from bot.messages import Choice, Text
from bot.storage import Shown
from tests.dialogue.talk import Talk

_LABELS = re.compile(r"\s*((?:\[[^\]]+\]\s*)+)$")
_BY_ACTION = {
    "h": (words.MENU_HUMAN,),
    "E": (words.MENU_EMERGENCY,),
    "L": (words.MENU_LANGUAGE,),
    "n": (words.DANGER_NOT_ME,),
    "m": (words.MENU, words.MENU_MORE, NONE_OF_THESE),
    "v:y": (words.HELPED_YES,),
    "v:n": (words.HELPED_NO,),
    "k:y": (words.CONSENT_YES,),
    "k:n": (words.CONSENT_NO,),
    "k:a": (words.CONSENT_NO_NAME,),
    "c:xx": (words.COUNTRY_OTHER,),
    "e:common-privacy": (words.MENU_PRIVACY,),
}
# Bubbles of several texts: whichever of these stands in it says what it is.
_COMPOSED = {
    "closing": (words.HELPED_ASK, words.ANSWER_WITHHELD),
    "numbers": (words.DANGER_SHORT, words.DANGER_HEAD),
}


@dataclass(frozen=True)
class Bubble:
    text: str
    labels: tuple[str, ...] | None  # None: not looked at


@dataclass(frozen=True)
class Move:
    line: int
    kind: str  # person | press | command
    text: str
    answer: tuple[Bubble, ...]


@dataclass(frozen=True)
class Script:
    path: Path
    locales: tuple[str, ...]
    moves: tuple[Move, ...]


def read(path: Path, offered: Sequence[str]) -> Script:
    locales: tuple[str, ...] = ()
    moves: list[Move] = []
    for number, kind, text in _lines(path):
        if kind == "locale":
            locales = tuple(offered) if text == "*" else tuple(text.split())
        elif kind == "bot":
            last = moves[-1]
            moves[-1] = Move(last.line, last.kind, last.text, (*last.answer, _bubble(text)))
        elif kind in ("person", "press", "command"):
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
        self, talk: Talk, snapshot: Snapshot, texts: Mapping[str, Source], locale: str
    ) -> None:
        self.talk, self.snapshot, self.texts, self.locale = talk, snapshot, texts, locale

    async def play(self, script: Script) -> None:
        await self.talk.commands(f"language {self.locale}")
        for move in script.moves:
            said = await self._make(move)
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
        if choice.url:
            return ["link"]
        if name == "l":
            return [own_name(value)]
        if name == "c" and value != "xx":
            return [country_name(value, "en")]
        if name == "t":
            texts: tuple[Text, ...] = (snapshot.topic_label(value),)
        elif name == "d":
            return [snapshot.card_title(value, "en")]
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
