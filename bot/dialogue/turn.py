"""The path of one stored message: load, decide, speak, save. Sending comes after."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from bot.dialogue import language, session, steps, words
from bot.dialogue.policy import View, after_nlu, before_nlu
from bot.dialogue.scene import COUNTRIES, Scene
from bot.dialogue.steps import Step
from bot.dialogue.understanding import Understanding
from bot.i18n import language_name, negotiate, own_name
from bot.knowledge import Knowledge, Snapshot
from bot.lexical import fold
from bot.messages import N_, Inbound, Kind
from bot.nlu_client import Parse
from bot.storage import Outcome, Pending, Person, Store

log = logging.getLogger(__name__)

PULL_CHANNELS = frozenset({"web", "terminal"})  # they fetch their replies themselves
APOLOGY = N_(
    "err_try_again",
    "Something went wrong on our side. Your message is not lost. Please try again in a minute."
    " In danger, call 112.",
)


@dataclass(frozen=True)
class TurnParts:
    store: Store
    knowledge: Knowledge
    understanding: Understanding


async def take_turn(pending: Pending, parts: TurnParts) -> Person:
    """Take one event from the inbox through to stored replies.

    Raises what `Store.load` and `Store.finish` raise.
    """
    person = await parts.store.load(pending)
    scene = set_scene(person, pending.inbound, parts.knowledge.snapshot)
    step, parse = await choose_step(scene, pending.inbound, parts.understanding)
    step.take(scene)
    add_afterthoughts(scene, pending.inbound, step, parse)
    return await parts.store.finish(pending, person, outcome_of(scene, pending.inbound))


async def apologise(pending: Pending, parts: TurnParts) -> Person:
    """The turn itself failed: say so rather than leave somebody waiting."""
    person = await parts.store.load(pending)
    scene = set_scene(person, pending.inbound, parts.knowledge.snapshot)
    scene.say(APOLOGY)
    return await parts.store.finish(pending, person, outcome_of(scene, pending.inbound))


def set_scene(person: Person, inbound: Inbound, snapshot: Snapshot) -> Scene:
    state = session.decode(person.session)
    scene = Scene(snapshot, person, state)
    # Whoever writes to us has not blocked us, whatever became of an earlier reply.
    scene.change(address=inbound.address or person.address, blocked=False)
    if not person.country and inbound.country in COUNTRIES:
        scene.change(country=inbound.country)
    _settle_language(scene, inbound)
    return scene


async def choose_step(
    scene: Scene, inbound: Inbound, understanding: Understanding
) -> tuple[Step, Parse | None]:
    """The policy's two halves, with at most one parse between them."""
    cues = understanding.cards(inbound.text) if inbound.text else ()
    view = View(inbound, scene.locale, cues)
    step = before_nlu(view)
    doubted = scene.session.doubted_text
    if isinstance(step, steps.Press) and step.is_no_danger and doubted:
        return await _reconsider(scene, inbound, doubted, understanding)
    if step is not None and not _may_hide_danger(step, inbound):
        return step, None
    parse = await understanding.parse(inbound.text, scene.locale)
    understood = after_nlu(view, parse, understanding.questions)
    if step is not None and not isinstance(understood, steps.ShowCards):
        return step, None
    if _is_lost(understood, inbound) and (cards := steps.recent_cards(scene)):
        return steps.ShowCards(cards, scene.session.doubted_text), parse
    hear_country(scene, parse)
    return understood, parse


def _is_lost(step: Step, inbound: Inbound) -> bool:
    """Whoever was shown a card a moment ago is not told that we did not understand "yes"."""
    is_short = len(inbound.text.split()) <= 4
    return isinstance(step, steps.NotUnderstood) or (is_short and isinstance(step, steps.AskWhich))


def _may_hide_danger(step: Step, inbound: Inbound) -> bool:
    """Words beside a command or in an edit are not answered, but danger in them counts."""
    is_beside = inbound.kind in (Kind.EDIT, Kind.COMMAND) and bool(inbound.text.strip())
    return is_beside and not isinstance(step, steps.ShowCards)


async def _reconsider(
    scene: Scene, inbound: Inbound, doubted: str, understanding: Understanding
) -> tuple[Step, Parse | None]:
    """ "This is not about danger": answer what was asked, as if no card had come."""
    scene.remember(doubted_text="", cards_at={})
    parse = await understanding.parse(doubted, scene.locale)
    harmless = replace(
        parse, intents=tuple(i for i in parse.intents if not i[0].startswith("danger-"))
    )
    view = View(replace(inbound, kind=Kind.TEXT, text=doubted), scene.locale)
    return after_nlu(view, harmless, understanding.questions), harmless


def hear_country(scene: Scene, parse: Parse) -> None:
    """A country named in the question chooses between twins.

    It is remembered unless the person has chosen another one: then it is for now.
    """
    named = {e.value.lower() for e in parse.entities if e.kind == "country"} & set(COUNTRIES)
    if len(named) == 1:
        scene.named_country = named.pop()
        if scene.person.country not in COUNTRIES:
            scene.change(country=scene.named_country)


# Language


def _settle_language(scene: Scene, inbound: Inbound) -> None:
    offered = scene.snapshot.catalogues.locales
    hint = negotiate([inbound.language], offered) if inbound.language else None
    before = scene.session.page_language
    if hint and inbound.channel != "telegram" and hint != before:
        # The page was opened, or switched, in this language; Telegram's is the phone's.
        scene.remember(page_language=hint)
        if before:
            scene.change(locale=hint, locale_chosen=False)
    guess = _guess(inbound, offered)
    if scene.person.locale not in offered:
        known = guess.language if guess.language in offered else ""
        scene.change(locale=known or hint or "en", locale_chosen=False)
    elif guess.is_sure and guess.language in offered and not scene.person.locale_chosen:
        scene.change(locale=guess.language)


def _guess(inbound: Inbound, offered: tuple[str, ...]) -> language.Guess:
    if inbound.kind is not Kind.TEXT:
        return language.Guess()
    return language.detect(inbound.text[:400], offered)


def _offer_language(scene: Scene, inbound: Inbound, step: Step) -> None:
    guess = _guess(inbound, scene.snapshot.catalogues.locales)
    if not guess.is_sure or guess.language in (scene.locale, scene.session.language_offered):
        return
    offered = scene.snapshot.catalogues.locales
    if guess.language in offered:
        scene.remember(language_offered=guess.language)
        _in_their_words(scene, guess.language)
    elif isinstance(step, steps.NotUnderstood):
        scene.remember(language_offered=guess.language)
        ours = ", ".join(own_name(code) for code in offered)
        name = language_name(guess.language, scene.locale)
        text = words.LANGUAGE_NOT_OFFERED.having(language=name, languages=ours)
        scene.say(text, *scene.language_choices())


def _in_their_words(scene: Scene, other: str) -> None:
    """The offer to switch has to be in the language it offers."""
    mine = scene.locale
    scene.change(locale=other)
    yes = next(c for c in scene.language_choices() if c.action.endswith(f":{other}"))
    scene.say(words.LANGUAGE_OFFER, yes)
    scene.change(locale=mine)


# The end of a turn


def add_afterthoughts(scene: Scene, inbound: Inbound, step: Step, parse: Parse | None) -> None:
    if isinstance(step, steps.ShowCards):
        return  # nothing may stand between a person and the numbers
    if parse is not None:
        _offer_language(scene, inbound, step)
    may_ask = scene.may_ask_consent and not scene.session.consent_asked
    # In the terminal nothing outlives the program.
    if may_ask and scene.person.consent == "open" and inbound.channel != "terminal":
        steps.ask_consent(scene)


def outcome_of(scene: Scene, inbound: Inbound) -> Outcome:
    if scene.person.keeps_nothing:  # nor what kind of danger somebody is in
        scene.remember(doubted_text="", cards_at={})
    return Outcome(
        person=replace(scene.person, session=session.encode(scene.session)),
        replies=tuple(scene.replies),
        push=inbound.channel not in PULL_CHANNELS,
        erase=scene.erase,
        vote=scene.vote,
        unanswered=fold(inbound.text)[:300] if scene.unanswered else "",
    )
