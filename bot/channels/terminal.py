"""The terminal: each line of input is a message, each bubble a line of output.

Works from a pipe. Nothing is kept: `__main__` gives it a database that goes with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence

from bot.messages import Choice, Inbound, Kind, clean_text
from bot.storage import Shown

Say = Callable[[Inbound], Awaitable[Sequence[Shown]]]


class Terminal:
    """`say` takes one message through a whole turn and returns what is new."""

    def __init__(self, say: Say, write: Callable[[str], object]) -> None:
        self._say, self._write = say, write
        self._count = itertools.count(1)
        self._choices: list[Choice] = []

    async def run(self, lines: Iterable[str], locale: str = "", country: str = "") -> None:
        """Flags stand for the questions they answer; without any the bot says hello."""
        if locale:
            await self._turn(Kind.COMMAND, action=f"language {locale}")
        if country:
            await self._turn(Kind.COMMAND, action=f"country {country}")
        if not locale:
            self._show(await self._turn(Kind.COMMAND, action="start"))
        for line in lines:
            self._show(await self._line(line.rstrip("\n")))

    async def _line(self, line: str) -> Sequence[Shown]:
        text = clean_text(line)
        choice = self._chosen(text.strip())
        if choice is not None:
            if choice.url:
                self._write(f"bot: {choice.url}")
                return ()
            return await self._turn(Kind.BUTTON, action=choice.action)
        if text.startswith("/") and text[1:2].isalpha():
            return await self._turn(Kind.COMMAND, action=text[1:])
        return await self._turn(Kind.TEXT, text=text)

    def _chosen(self, number: str) -> Choice | None:
        """The choice a line names; people type digits of their own script, too."""
        if not number.isdecimal() or len(number) > 3:
            return None
        place = int(number) - 1
        return self._choices[place] if 0 <= place < len(self._choices) else None

    async def _turn(self, kind: Kind, text: str = "", action: str = "") -> Sequence[Shown]:
        number = next(self._count)
        return await self._say(
            Inbound("terminal", str(number), "me", kind, text, action, order=number)
        )

    def _show(self, bubbles: Sequence[Shown]) -> None:
        if bubbles:
            self._choices = []
        for bubble in bubbles:
            first, *rest = bubble.text.split("\n")
            self._write(f"bot: {first}")
            for line in rest:
                self._write(f"  {line}")
            for choice in bubble.choices:
                self._choices.append(choice)
                self._write(f"[{len(self._choices)}] {choice.label}")
