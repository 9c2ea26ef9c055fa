"""Walks a real flow on a stage: presses answers one after another until there is an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from bot.dialogue import session
from bot.dialogue.session import FlowState
from bot.flows import engine
from bot.flows.engine import Run
from bot.flows.model import Flow, Question
from bot.knowledge import Knowledge
from bot.messages import Reply
from tests.dialogue.stage import Stage

Choose = Callable[[Run, Question], str]


def values(question: Question) -> list[str]:
    if question.options:
        return [option.id for option in question.options]
    return {"number": [str(question.min or 0)], "date": ["2026-03-12"]}.get(question.kind, ["Cluj"])


def first(run: Run, question: Question) -> str:
    return values(question)[0]


def longest(run: Run, question: Question) -> str:
    """An answer after which there is another question, if there is one."""
    going_on = (v for v in values(question) if engine.ask(engine.answer(run, question.id, v)))
    return next(going_on, values(question)[-1])


class Walk:
    def __init__(self, stage: Stage, flow: Flow, choose: Choose) -> None:
        self.stage, self.flow, self.choose = stage, flow, choose

    @property
    def knowledge(self) -> Knowledge:
        return self.stage.parts.knowledge

    @property
    def state(self) -> FlowState | None:
        return session.decode(self.stage.person.session).flow

    @property
    def run(self) -> Run:
        assert self.state is not None
        facts = {name: str(f.value) for name, f in self.knowledge.snapshot.facts.items()}
        return Run(self.flow, self.state.answers, self.state.country, facts)

    @property
    def last(self) -> Reply:
        return self.stage.replies[-1]

    async def begins(self) -> None:
        await self.stage.presses(f"f:{self.flow.id}:0")

    async def goes_on(self) -> None:
        """Give one answer."""
        question = engine.ask(self.run)
        assert question is not None
        value = self.choose(self.run, question)
        if question.is_chosen or question.option(value) or question.kind == "number":
            await self.stage.presses(f"a:{self.flow.id}:{question.id}:{value}")
        else:
            await self.stage.says(value)

    async def ends(self) -> int:
        """Answer until the outcome is told; how many answers it took."""
        count = 0
        while self.state is not None:
            await self.goes_on()
            count += 1
            assert count < 40, "it never ends"
        assert any(r.origin.block.startswith("closing/") for r in self.stage.replies)
        return count

    def asks(self) -> str:
        """The question at the end of what was just said."""
        head, _, question = self.last.origin.block.partition("/")
        assert (self.last.origin.entry, head) == (self.flow.id, "ask"), self.last
        return question

    def sleeps(self, time: timedelta) -> None:
        """As if the last word were so long ago."""
        state = session.decode(self.stage.person.session)
        assert state.flow is not None
        at: datetime = state.flow.at - time
        old = msgspec.structs.replace(state, flow=msgspec.structs.replace(state.flow, at=at))
        self.stage.person = replace(self.stage.person, session=session.encode(old))
