"""The kept questions, ours and stock beside each other. `make evaluate` says more about ours."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.bench.line import Line
from tests.bench.table import told
from tests.bench.workshop import Question, Workshop

OUT_OF_SCOPE = "out-of-scope"
NO_QUESTION = ("danger-", OUT_OF_SCOPE)  # the best answer is looked for, as `bot evaluate` does
LINES = 4


@dataclass(frozen=True)
class Marks:
    asked: Counter[str]  # by locale
    right: Counter[str]
    foreign: int  # questions that are none of ours
    claimed: int  # of those, taken for one of ours

    def share(self, locale: str = "") -> float:
        if locale:
            return self.right[locale] / max(1, self.asked[locale])
        return self.right.total() / max(1, self.asked.total())


async def measure(shop: Workshop) -> None:
    service, stock = await shop.service(), await shop.stock()
    ours = await _marks(shop.asked, *service.nlu_address)
    theirs = await _marks(shop.asked, stock.url, stock.token)
    peer = f"stock ({stock.epochs} epochs of DIET): "
    for locale in sorted(ours.asked):
        mine, other = ours.share(locale), theirs.share(locale)
        what = f"understood, best answer right: {locale}"
        shop.tell(told("accuracy", what, f"{mine:.1%}", f"{peer}{other:.1%}", _ratio(mine, other)))
    what = f"understood, all {ours.asked.total()} questions"
    mine, other = ours.share(), theirs.share()
    shop.tell(told("accuracy", what, f"{mine:.1%}", f"{peer}{other:.1%}", _ratio(mine, other)))
    shop.tell(
        told(
            "accuracy",
            "foreign questions taken for ours (no threshold)",
            f"{ours.claimed} of {ours.foreign}",
            f"{peer}{theirs.claimed} of {theirs.foreign}",
        )
    )


def _ratio(mine: float, other: float) -> float | None:
    return mine / other if other else None


async def _marks(questions: list[Question], url: str, token: str) -> Marks:
    ranked = await _rankings(questions, url, token)
    pairs = list(zip(questions, ranked, strict=True))
    known = [(q, names) for q, names in pairs if q.intent != OUT_OF_SCOPE]
    foreign = [names for q, names in pairs if q.intent == OUT_OF_SCOPE]
    return Marks(
        Counter(q.locale for q, _ in known),
        Counter(q.locale for q, ranked in known if _best_answer(ranked) == q.intent),
        len(foreign),
        sum(ranked[0] != OUT_OF_SCOPE for ranked in foreign),
    )


def _best_answer(ranked: list[str]) -> str:
    return next((name for name in ranked if not name.startswith(NO_QUESTION)), "")


async def _rankings(questions: list[Question], url: str, token: str) -> list[list[str]]:
    lines = asyncio.Queue[Line]()
    for _ in range(LINES):
        lines.put_nowait(Line(url))

    async def ranked(question: Question) -> list[str]:
        line = await lines.get()
        try:
            path = f"/model/parse?token={token}"
            answer = await line.ask_json("POST", path, {"text": question.text})
            return [str(found["name"]) for found in answer["intent_ranking"]]
        finally:
            lines.put_nowait(line)

    try:
        return await asyncio.gather(*(ranked(question) for question in questions))
    finally:
        while not lines.empty():
            await lines.get_nowait().close()
