"""One question without a conversation: `POST /api/v1/ask`. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass

from bot.confidence import DANGER_PREFIX
from bot.dialogue import language, steps
from bot.dialogue.cards import ShowCards
from bot.dialogue.handoff import AskHuman
from bot.dialogue.policy import View, after_nlu, before_nlu
from bot.dialogue.scene import Scene
from bot.dialogue.session import Session
from bot.dialogue.steps import Step
from bot.dialogue.turn import hear_country
from bot.dialogue.understanding import Understanding
from bot.knowledge import Snapshot
from bot.messages import Inbound, Kind
from bot.nlu_client import Parse
from bot.storage import Person


@dataclass(frozen=True, slots=True)
class Alternative:
    entry: str
    topic: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer of the API, field for field."""

    kind: str  # answer | choices | danger | human | smalltalk | fallback
    entry: str | None
    topic: str | None
    danger: str | None
    confidence: float
    alternatives: tuple[Alternative, ...]
    locale: str
    detected_locale: str | None
    text: tuple[str, ...]
    understanding: str


async def ask(
    text: str,
    locale: str | None,
    country: str | None,
    snapshot: Snapshot,
    understanding: Understanding,
) -> Asked:
    """`locale` and `country` are known ones or None. Danger comes first, as everywhere."""
    offered = snapshot.catalogues.locales
    guess = language.detect(text[:400], offered)
    used = locale or (guess.language if guess.language in offered else "en")
    inbound = Inbound("api", "", "", Kind.TEXT, text)
    person = Person("", "api", "", "", "", locale=used, country=country or "")
    scene = Scene(snapshot, person, Session())
    view = View(inbound, used, understanding.dangers(text))
    step, parse = before_nlu(view), None
    if step is None or view.cues:
        parse = await understanding.parse(text, used)
        if country is None:
            hear_country(scene, parse)
        step = step or after_nlu(view, parse, understanding.questions)
    step.take(scene)
    return _asked(scene, view, step, parse, guess, understanding)


def _asked(
    scene: Scene,
    view: View,
    step: Step,
    parse: Parse | None,
    guess: language.Guess,
    understanding: Understanding,
) -> Asked:
    ranked = _ranked(scene, parse) if parse else []
    kind, entry_id = _kind(scene, step)
    topic = scene.snapshot.entries[entry_id].topic if entry_id else None
    danger = step.cards[0] if isinstance(step, ShowCards) and step.cards else None
    said = {
        "answer": [r.text for r in scene.replies if r.origin.block.startswith("answer/")],
        "danger": [r.text for r in scene.replies],
    }
    return Asked(
        kind=kind,
        entry=entry_id,
        topic=topic or (ranked[0].topic if ranked else None),
        danger=danger,
        confidence=round(_confidence(view, danger, parse), 4),
        alternatives=tuple(a for a in ranked if a.entry != entry_id)[:5],
        locale=scene.locale,
        detected_locale=guess.language or None,
        text=tuple(said.get(kind, ())),
        understanding=parse.by if parse else understanding.by,
    )


def _kind(scene: Scene, step: Step) -> tuple[str, str | None]:
    if isinstance(step, ShowCards):
        return "danger", None
    if isinstance(step, steps.AnswerIntent):
        entry = scene.snapshot.entry_for(step.intent, scene.country)
        return ("answer", entry.id) if entry else ("choices", None)
    kinds: dict[type, str] = {
        steps.AskWhich: "choices",
        AskHuman: "human",
        steps.Smalltalk: "smalltalk",
        steps.ChooseLanguage: "smalltalk",
    }
    return kinds.get(type(step), "fallback"), None


def _ranked(scene: Scene, parse: Parse) -> list[Alternative]:
    """Entries by confidence; of twins the country's own, or both when it is unknown."""
    found: list[Alternative] = []
    for intent, confidence in parse.intents:
        one = scene.snapshot.entry_for(intent, scene.country)
        for entry in (one,) if one else scene.snapshot.entries_of(intent):
            found.append(Alternative(entry.id, entry.topic, round(confidence, 4)))
    return found


def _confidence(view: View, danger: str | None, parse: Parse | None) -> float:
    """Of what is claimed: the danger, or else the best intent."""
    if view.cues:
        return 1.0  # a cue is either there or not
    intents = parse.intents if parse else ()
    if danger is not None:
        return dict(intents)[DANGER_PREFIX + danger]
    return intents[0][1] if intents else 0.0
