"""How often danger is found, and how often it is seen where there is none.

Reads sentences that nobody used to write a cue (tests/dialogue/danger_kept*), or those that
were read while tuning (danger_dev), and counts by the same rules that serve: cues alone, cues
and the stand-in, cues and Rasa. A false card costs one message, a false alarm a counsellor's
night. Texts are never printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import unicodedata
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.confidence import DANGER_PREFIX, Verdict, judge
from bot.dialogue.danger import CueMatcher, Sure
from bot.evaluate import PATIENCE_S, serving
from bot.knowledge import Knowledge
from bot.lexical import Lexical
from bot.nlu_client import NluClient, NluUnavailable, Parse, address_of, system_examples
from bot.settings import Settings
from bot.training_data import every_example, training_data

FOLDER = "tests/dialogue"
SAMPLE = 100  # ordinary messages of a kind that the models are asked about
RECALL_FLOOR, FALSE_CARDS_CEILING = 0.98, 0.03  # what we promise; printed beside what is
ALARMS_CEILING = 2.0  # false ones of a thousand ordinary messages

Found = Mapping[str, Sure]  # card -> how certain
Find = Callable[[str, str], Awaitable[Found]]  # text, locale


@dataclass(frozen=True, slots=True)
class Row:
    locale: str
    card: str  # empty: only looks like danger
    text: str
    script: str  # "own" | "latin", of a language that has a script of its own


def run(
    settings: Settings, locale: str = "", ordinary: Sequence[str] = (), of: str = "kept"
) -> int:
    """Print everything; 1 when there are too many false alarms, or nothing to measure.

    `ordinary`: files of harmless messages, one `{"text": …, "lang": …}` a line.
    `of`: the kept sentences, or those of "dev".
    """
    return asyncio.run(_run(settings, locale, [Path(name) for name in ordinary], of))


async def _run(settings: Settings, locale: str, ordinary: Sequence[Path], of: str) -> int:
    rows = [row for row in kept_rows(settings.root, of) if not locale or row.locale == locale]
    if not rows:
        print(f"no sentences in {settings.root / FOLDER}")
        return 1
    knowledge = Knowledge.open(settings.root, None)
    matcher = CueMatcher(knowledge.snapshot.cues())
    system = system_examples(settings.root / "nlu")
    examples = every_example(knowledge.snapshot, system)
    lexical = Lexical(examples)

    async def by_words(text: str, of: str) -> Parse:
        return lexical.parse(text, of)

    phrases = {
        of: [
            phrase
            for intent, by in knowledge.snapshot.examples().items()
            if intent not in _ABOUT_DANGER
            for phrase in by.get(of, ())
        ]
        for of in knowledge.snapshot.catalogues.locales
    }
    messages = phrases | _read_ordinary(ordinary)
    _print("cues alone", await _measure(rows, _finder(matcher, None)))
    find = _finder(matcher, by_words)
    _print("cues and lexical", await _measure(rows, find))
    await _print_sampled("lexical", find, messages)
    client = NluClient(
        address_of(settings.nlu, settings.var), lambda: examples, timeout_s=PATIENCE_S
    )
    with contextlib.suppress(TimeoutError, NluUnavailable):
        async with serving(settings, client, lambda: training_data(knowledge.snapshot, system)):
            _print("cues and rasa", await _measure(rows, _finder(matcher, client.parse)))
            await _print_sampled("rasa", _finder(matcher, client.parse), messages)
    await client.close()
    return _print_ordinary(matcher, messages)


async def _print_sampled(by: str, find: Find, messages: Mapping[str, Sequence[str]]) -> None:
    """What the models make of ordinary messages, evenly chosen ones of each kind."""
    cards = alarms = count = 0
    for name, texts in messages.items():
        locale = name.partition("/")[2] or name
        for text in texts[:: max(1, len(texts) // SAMPLE)]:
            found = await find(text, locale)
            count, cards = count + 1, cards + bool(found)
            alarms += any(level > Sure.DOUBT for level in found.values())
    print(f"   {count} ordinary messages, cues and {by}, per thousand: cards", end="")
    print(f" {1000 * cards / max(1, count):.1f}, alarms {1000 * alarms / max(1, count):.1f}")


def kept_rows(root: Path, of: str = "kept") -> list[Row]:
    """Every sentence in the files of a set. Raises `ValueError` for a line that is not one."""
    folder = root / FOLDER / f"danger_{of}"
    single = folder.with_suffix(".jsonl")
    files = [*([single] if single.is_file() else []), *sorted(folder.glob("*.jsonl"))]
    return [_row(json.loads(line)) for file in files for line in _lines(file)]


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").splitlines() if line.strip()]


def _row(raw: dict[str, str | None]) -> Row:
    text, locale = str(raw["text"]), str(raw["locale"])
    return Row(locale, raw["card"] or "", text, script_of(text))


def script_of(text: str) -> str:
    """Whether most letters are Latin ones."""
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    return "latin" if latin * 2 >= len(letters) else "own"


def _finder(matcher: CueMatcher, parse: Callable[[str, str], Awaitable[Parse]] | None) -> Find:
    async def find(text: str, locale: str) -> Found:
        found = matcher.find(text)
        if found or parse is None:  # as when serving: a cue needs no model
            return found
        judgement = judge(await parse(text, locale), locale)
        if judgement.verdict is not Verdict.DANGER:
            return {}
        sure = dict.fromkeys(judgement.intents, Sure.DOUBT)
        sure |= dict.fromkeys(judgement.alarms, Sure.CERTAIN)
        return {name.removeprefix(DANGER_PREFIX): level for name, level in sure.items()}

    return find


async def _measure(rows: Iterable[Row], find: Find) -> dict[tuple[str, str], Counter[str]]:
    """(locale, script or card) -> counts."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        found = await find(row.text, row.locale)
        is_sure = any(level > Sure.DOUBT for level in found.values())
        for part in (row.script, row.card):
            seen = counts.setdefault((row.locale, part), Counter()) if part else Counter()
            if row.card:
                seen.update(danger=1, right=row.card in found, any=bool(found), sure=is_sure)
            else:
                seen.update(harmless=1, cards=bool(found), alarms=is_sure)
    return counts


def _print(by: str, counts: Mapping[tuple[str, str], Counter[str]]) -> None:
    print(f"\n{by:<34}{'danger':>7}{'right':>7}{'any':>7}{'certain':>8}", end="")
    print(f"{'harmless':>10}{'cards':>7}{'alarms':>7}")
    every: dict[tuple[str, str], Counter[str]] = {}
    for (locale, part), seen in counts.items():
        key = (locale, part) if part in _SCRIPTS else ("", part)
        every[key] = every.get(key, Counter()) + seen
    for (locale, part), seen in sorted(every.items()):
        danger, harmless = seen["danger"], seen["harmless"]
        print(f"{locale:>6} {part:<27}{danger:7d}", end="")
        print(*(f"{_share(seen[key], danger):>6}" for key in ("right", "any", "sure")), end="")
        print(f"{harmless:10d}{seen['cards']:7d}{seen['alarms']:7d}")
    total = sum((seen for (_, part), seen in counts.items() if part in _SCRIPTS), Counter[str]())
    print(f"   all: right card {_share(total['right'], total['danger'])}", end="")
    print(f" (promised {RECALL_FLOOR:.2f}), any card", end="")
    print(f" {_share(total['any'], total['danger'])}, false cards", end="")
    print(f" {_share(total['cards'], total['harmless'])} ({FALSE_CARDS_CEILING:.2f} at most)")


_SCRIPTS = ("own", "latin")
# Questions about danger itself: a card beside their answer is no mistake.
_ABOUT_DANGER = frozenset(
    {"dv", "emergency", "passport-kept", "trafficking-helpline", "detention", "child-alone"}
    | {"feel-bad", "basic-needs"}
)


def _share(part: int, of: int) -> str:
    return f"{part / of:.2f}" if of else "-"


def _read_ordinary(files: Iterable[Path]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in files:
        for line in _lines(file):
            raw = json.loads(line)
            found.setdefault(f"{file.stem}/{raw.get('lang', '')}", []).append(str(raw["text"]))
    return found


def _print_ordinary(matcher: CueMatcher, messages: Mapping[str, Sequence[str]]) -> int:
    """By cues alone: how many of a thousand ordinary messages get a card, and an alarm."""
    print(f"\n{'ordinary messages, per thousand':<34}{'all':>8}{'cards':>8}{'alarms':>8}")
    worst = 0.0
    for name, texts in sorted(messages.items()):
        found = [matcher.find(text) for text in texts]
        count = max(1, len(texts))
        cards = 1000 * sum(map(bool, found)) / count
        alarms = 1000 * sum(any(one.values()) for one in found) / count
        worst = max(worst, alarms)
        print(f"{name:>33} {len(texts):8d}{cards:8.1f}{alarms:8.1f}")
    return int(worst > ALARMS_CEILING)
