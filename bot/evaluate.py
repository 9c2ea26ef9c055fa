"""How well questions are understood that nobody wrote as examples: nlu/heldout/<locale>.jsonl.

Counts what people would meet, by the same `judge` that serves: the right answer, a
question back that offers it, a danger card, silence; and for strangers' questions, how
many in a hundred are answered all the same. Texts are never printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.confidence import OUT_OF_SCOPE, Verdict, is_danger, judge
from bot.knowledge import Knowledge
from bot.lexical import Lexical
from bot.nlu_client import NluClient, NluUnavailable, Parse, address_of, system_examples
from bot.nlu_server import NluServer
from bot.training_data import every_example, training_data

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from pathlib import Path

    from bot.settings import Settings

TOP_1_FLOOR = 0.90
STRANGERS_CEILING = 5.0  # answered in a hundred
BINS = 5
START_S = 900.0  # a first training included
PATIENCE_S = 20.0  # a parse; this measures understanding, not speed


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    intent: str
    locale: str


@dataclass(slots=True)
class Tally:
    """What became of one language's questions."""

    seen: Counter[str] = field(default_factory=Counter)
    bins: dict[int, Counter[bool]] = field(default_factory=dict)  # confidence -> right or not
    seconds: list[float] = field(default_factory=list)

    def add(self, question: Question, parse: Parse) -> None:
        judgement = judge(parse, question.locale)
        verdict = judgement.verdict
        if question.intent == OUT_OF_SCOPE:
            self.seen.update(["strangers", f"strangers {verdict}"])
            return
        # A danger card does not hide the answer: what is the best answer counts.
        answers = [(n, c) for n, c in parse.intents if n != OUT_OF_SCOPE and not is_danger(n)]
        best, confidence = answers[0] if answers else ("", 0.0)
        is_right = best == question.intent
        self.seen.update(["questions", f"questions {verdict}"])
        self.seen["top-1"] += is_right
        self.seen["answered right"] += verdict is Verdict.ANSWER and is_right
        self.seen["offered right"] += (
            verdict is Verdict.CHOICES and question.intent in judgement.intents
        )
        at = min(BINS - 1, int(confidence * BINS))
        self.bins.setdefault(at, Counter())[is_right] += 1

    @property
    def top_1(self) -> float:
        return self.seen["top-1"] / max(1, self.seen["questions"])

    @property
    def strangers_answered(self) -> float:
        return 100 * self.seen[f"strangers {Verdict.ANSWER}"] / max(1, self.seen["strangers"])


def run(settings: Settings, locale: str = "") -> int:
    """Print both matchers' results; 1 when Rasa is below a floor in some language, or away."""
    return asyncio.run(_run(settings, locale))


async def _run(settings: Settings, locale: str) -> int:
    nlu_root = settings.root / "nlu"
    questions = [q for q in kept_questions(nlu_root) if not locale or q.locale == locale]
    if not questions:
        print(f"no kept questions in {nlu_root / 'heldout'}")
        return 1
    knowledge = Knowledge.open(settings.root, None)
    system = system_examples(nlu_root)
    examples = every_example(knowledge.snapshot, system)
    lexical = Lexical(examples)

    async def by_words(text: str, of: str) -> Parse:
        return lexical.parse(text, of)

    _print("lexical", await _measure(questions, by_words))
    client = NluClient(
        address_of(settings.nlu, settings.var), lambda: examples, timeout_s=PATIENCE_S
    )
    try:
        async with serving(settings, client, lambda: training_data(knowledge.snapshot, system)):
            tallies = await _measure(questions, client.parse)
    except (TimeoutError, NluUnavailable):
        print("rasa: no server answers, and none could be started")
        return 1
    finally:
        await client.close()
    _print("rasa", tallies)
    return int(any(_below(tally) for tally in tallies.values()))


def kept_questions(nlu_root: Path) -> list[Question]:
    return [
        Question(row["text"], row["intent"], path.stem)
        for path in sorted((nlu_root / "heldout").glob("*.jsonl"))
        for row in map(json.loads, path.read_text("utf-8").splitlines())
    ]


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, client: NluClient, data: Callable[[], str]
) -> AsyncIterator[None]:
    """The server that runs already, or one of our own for as long as this takes."""
    if await client.probe():
        yield
        return
    if settings.nlu != "auto":
        raise NluUnavailable("no server")
    ready = asyncio.Event()
    server = NluServer(
        var=settings.var, nlu_root=settings.root / "nlu", data=data, on_ready=ready.set
    )
    task = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(START_S):
            await ready.wait()
            while not await client.probe():
                await asyncio.sleep(0.2)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _measure(
    questions: Iterable[Question], parse: Callable[[str, str], Awaitable[Parse]]
) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for question in questions:
        tally = tallies.setdefault(question.locale, Tally())
        began = time.perf_counter()
        found = await parse(question.text, question.locale)
        tally.seconds.append(time.perf_counter() - began)
        tally.add(question, found)
    return tallies


def _below(tally: Tally) -> bool:
    return tally.top_1 < TOP_1_FLOOR or tally.strangers_answered > STRANGERS_CEILING


_COLUMNS = (
    ("questions", "questions"),
    ("top-1", "best answer is the right one"),
    ("answered right", "answered, rightly"),
    (f"questions {Verdict.ANSWER}", "answered"),
    ("offered right", "asked back, the right one offered"),
    (f"questions {Verdict.CHOICES}", "asked back"),
    (f"questions {Verdict.DANGER}", "danger card"),
    (f"questions {Verdict.FALLBACK}", "not understood"),
)


def _print(by: str, tallies: dict[str, Tally]) -> None:
    locales = sorted(tallies)
    print(f"\n{by}: percent of questions{''.join(f'{locale:>8}' for locale in locales)}")
    for key, label in _COLUMNS[1:]:
        print(f"{label:>36}", *(_share(tallies[loc], key, "questions") for loc in locales))
    print(f"{'strangers (out of scope)':>36}")
    for verdict in (Verdict.ANSWER, Verdict.CHOICES, Verdict.DANGER):
        key = f"strangers {verdict}"
        print(f"{verdict:>36}", *(_share(tallies[loc], key, "strangers") for loc in locales))
    for label, key in (("questions", "questions"), ("strangers", "strangers")):
        print(f"{label:>36}", *(f"{tallies[loc].seen[key]:7d}" for loc in locales))
    _print_calibration(tallies)
    every = sorted(second for tally in tallies.values() for second in tally.seconds)
    print(f"{'milliseconds a parse, median, p95':>36} {_ms(every, 0.5)} {_ms(every, 0.95)}")


def _print_calibration(tallies: dict[str, Tally]) -> None:
    print(f"{'calibration: confidence, right of':>36}")
    for at in range(BINS):
        both: Counter[bool] = sum((t.bins.get(at, Counter()) for t in tallies.values()), Counter())
        total = both[True] + both[False]
        right = f"{100 * both[True] / total:6.1f} % of {total}" if total else "     -"
        print(f"{at / BINS:>31.1f}-{(at + 1) / BINS:.1f} {right}")


def _share(tally: Tally, key: str, of: str) -> str:
    return f"{100 * tally.seen[key] / max(1, tally.seen[of]):7.1f}"


def _ms(ordered: list[float], share: float) -> str:
    return f"{1000 * ordered[int(share * (len(ordered) - 1))]:.1f}"
