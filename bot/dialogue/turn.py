"""The path of one stored message: load, decide, speak, save. Sending comes after."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.dialogue import (
    cards,
    danger_cases,
    discreet,
    flow_state,
    flow_steps,
    flow_summary,
    handoff,
    language,
    offices,
    resume,
    session,
    steps,
    words,
)
from bot.dialogue.buttons import Press
from bot.dialogue.cards import ShowCards
from bot.dialogue.commands import Command
from bot.dialogue.consent import ask_consent
from bot.dialogue.flow_steps import HearAnswer, NotAnAnswer
from bot.dialogue.handoff_words import QUEUE_UNKNOWN
from bot.dialogue.held import HeldCommand, HeldPress
from bot.dialogue.policy import View, after_nlu, before_nlu
from bot.dialogue.scene import COUNTRIES, OfficeFor, Scene
from bot.dialogue.steps import Step
from bot.dialogue.understanding import Understanding
from bot.i18n import language_name, negotiate, own_name
from bot.i18n.locales import SOURCE
from bot.knowledge import Knowledge, Snapshot
from bot.lexical import fold
from bot.messages import N_, Inbound, Kind, Text
from bot.nlu_client import Parse
from bot.storage import PULL_CHANNELS, CancelCase, Case, OpenCase, Outcome, Pending, Person, Store

log = logging.getLogger(__name__)

APOLOGY = N_(
    "err_try_again",
    "Something went wrong on our side. Your message is not lost. Please try again in a minute."
    " In danger, call 112.",
)


# What is true about how long a case waits; one that is not stored yet has the id 0.
Waiting = Callable[[Case], Awaitable[Sequence[Text]]]
IsOpen = Callable[[str], Awaitable[bool]]  # whether an office is open now


def _one_office_a_country(country: str) -> str | None:
    return country or None


@dataclass(frozen=True)
class TurnParts:
    store: Store
    knowledge: Knowledge
    understanding: Understanding
    waiting: Waiting | None = None
    office_for: OfficeFor = _one_office_a_country
    is_open: IsOpen | None = None


async def take_turn(pending: Pending, parts: TurnParts) -> Person:
    """Take one event from the inbox through to stored replies.

    Raises what `Store.load` and `Store.finish` raise.
    """
    person = await parts.store.load(pending)
    scene = await play(person, pending.inbound, parts)
    return await _save(pending, person, scene, parts.store)


async def play(person: Person, inbound: Inbound, parts: TurnParts) -> Scene:
    """Decide and speak, as if nothing were stored."""
    scene = set_scene(person, inbound, parts.knowledge.snapshot, parts.office_for)
    step, parse = await choose_step(scene, inbound, parts.understanding)
    await _look_at_hours(scene, step, parts.is_open)
    step.take(scene)
    await resume.answer(scene, parts.store)
    add_afterthoughts(scene, inbound, step, parse)
    await _say_how_long(scene, parts.waiting)
    return scene


async def apologise(pending: Pending, parts: TurnParts) -> Person:
    """The turn itself failed: help in danger all the same, or say so and leave nobody waiting."""
    inbound = pending.inbound
    person = await parts.store.load(pending)
    scene = set_scene(person, inbound, parts.knowledge.snapshot)
    found = parts.understanding.cards(inbound.text) if inbound.text else ()
    if found:
        ShowCards(found, inbound.text).take(scene)
    elif scene.held is None:
        scene.say(APOLOGY)
    return await _save(pending, person, scene, parts.store)


async def _save(pending: Pending, before: Person, scene: Scene, store: Store) -> Person:
    if scene.said:
        pending = replace(pending, inbound=replace(pending.inbound, text=scene.said))
    return await store.finish(pending, before, outcome_of(scene, pending.inbound))


async def _look_at_hours(scene: Scene, step: Step, is_open: IsOpen | None) -> None:
    """A card says whether anybody may read this today."""
    is_card = isinstance(step, ShowCards) or _shows_numbers(step)
    office = scene.any_office() if is_card else None
    if is_open is not None and office is not None:
        scene.is_staffed = await is_open(office)


def _shows_numbers(step: Step) -> bool:
    return isinstance(step, Press | Command | HeldPress | HeldCommand) and step.shows_numbers


async def _say_how_long(scene: Scene, waiting: Waiting | None) -> None:
    if scene.waits is None:
        return
    at, case = scene.waits
    texts = (QUEUE_UNKNOWN,) if waiting is None else await waiting(case)
    said = "\n".join(map(scene.render, texts))
    reply = scene.replies[at]
    scene.replies[at] = replace(reply, text=f"{reply.text}\n\n{said}".strip())


def set_scene(
    person: Person, inbound: Inbound, snapshot: Snapshot, office_for: OfficeFor | None = None
) -> Scene:
    state = session.decode(person.session)
    # In the terminal nothing outlives the program: nobody could read a case.
    desk = None if inbound.channel == "terminal" else office_for
    scene = Scene(snapshot, person, state, desk)
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
    view = _view(scene, inbound, understanding)
    step = before_nlu(view)
    doubted = scene.session.doubted_text
    if isinstance(step, Press) and step.is_no_danger and doubted:
        return await _reconsider(scene, inbound, doubted, understanding)
    if step is not None and not _may_hide_danger(step, inbound):
        return step, None
    parse = await understanding.parse(inbound.text, scene.locale)
    understood = after_nlu(view, parse, understanding.questions)
    if step is not None and not isinstance(understood, ShowCards):
        return step, None
    if view.is_held:
        return understood, None
    if _is_lost(understood, inbound) and (shown := cards.recent_cards(scene)):
        return ShowCards(shown, scene.session.doubted_text, is_reminder=True), parse
    if isinstance(understood, HearAnswer | NotAnAnswer):
        return understood, parse
    before = scene.country
    hear_country(scene, parse)
    if (
        before is None
        and scene.country
        and scene.session.wants_human
        and _is_lost(understood, inbound)
    ):
        return handoff.AskHuman(scene.session.about_danger), parse
    return understood, parse


def _view(scene: Scene, inbound: Inbound, understanding: Understanding) -> View:
    return View(
        inbound,
        scene.locale,
        understanding.dangers(inbound.text),
        is_held=scene.held is not None and not handoff.lets_program_answer(scene),
        was_closed=scene.closed is not None,
        in_flow=flow_state.state_of(scene) is not None,
        heard=flow_steps.heard_in(scene, inbound.text) if inbound.kind is Kind.TEXT else None,
        word=discreet.step_for(scene, inbound),
    )


def _is_lost(step: Step, inbound: Inbound) -> bool:
    """Whoever was shown a card a moment ago is not told that we did not understand "yes"."""
    is_short = len(inbound.text.split()) <= 4
    is_nothing = isinstance(step, steps.NotUnderstood | NotAnAnswer)
    return is_nothing or (is_short and isinstance(step, steps.AskWhich))


def _may_hide_danger(step: Step, inbound: Inbound) -> bool:
    """Words beside a command or in an edit are not answered, but danger in them counts."""
    is_beside = inbound.kind is not Kind.TEXT and bool(inbound.text.strip())
    return is_beside and not isinstance(step, ShowCards)


async def _reconsider(
    scene: Scene, inbound: Inbound, doubted: str, understanding: Understanding
) -> tuple[Step, Parse | None]:
    """ "This is not about danger": answer what was asked, as if no card had come."""
    danger_cases.no_danger(scene)
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
        if known == SOURCE and not guess.is_sure:
            known = ""  # so it seems when somebody types Nepali or Hindi in Latin letters
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
    if isinstance(step, ShowCards):
        flow_steps.after(scene, is_card=True, is_text=True)
        return  # nothing may stand between a person and the numbers
    if parse is not None:
        _offer_language(scene, inbound, step)
    handoff.resume(scene)
    if scene.move is None:
        offices.ask_when_moved(scene)
    flow_summary.hand_over(scene)
    flow_steps.after(scene, _shows_numbers(step), inbound.kind is not Kind.BUTTON)
    is_due = scene.may_ask_consent and not scene.session.consent_asked
    may_ask = is_due and not _has_case(scene)
    # In the terminal nothing outlives the program.
    if may_ask and scene.person.consent == "open" and inbound.channel != "terminal":
        ask_consent(scene)


def _has_case(scene: Scene) -> bool:
    """Whoever asks for a counsellor is told what is kept."""
    if isinstance(scene.case_change, CancelCase):
        return False
    return scene.person.has_open_case or isinstance(scene.case_change, OpenCase)


def outcome_of(scene: Scene, inbound: Inbound) -> Outcome:
    discreet.keep_up(scene)
    if scene.person.keeps_nothing:  # nor what kind of danger somebody is in
        scene.remember(doubted_text="", cards_at={}, topic="", about_danger="", opened_by="")
    return Outcome(
        person=replace(scene.person, session=session.encode(scene.session)),
        replies=tuple(scene.replies),
        push=inbound.channel not in PULL_CHANNELS,
        erase=scene.erase,
        vote=scene.vote,
        unanswered=fold(inbound.text)[:300] if scene.unanswered else "",
        case=scene.case_change,
        alarm=scene.alarm,
        author="notice" if _is_silent(scene) else "bot",
        code=scene.code,
        move=scene.move,
        phone=scene.phone,
        hides=scene.hides,
    )


def _is_silent(scene: Scene) -> bool:
    """A counsellor answers: what is said all the same is a notice."""
    return scene.held is not None and not handoff.lets_program_answer(scene)
