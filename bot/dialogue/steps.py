"""What can happen in a turn. Each step says its part on the scene; the policy chooses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.dialogue import actions, fallback, words
from bot.dialogue.scene import COUNTRIES, ELSEWHERE, Scene
from bot.i18n import country_name, negotiate
from bot.messages import Choice, Kind, Lane, Origin, Reply, Text
from bot.storage import Vote

KEEP_DAYS = 30  # as storage/turns.py keeps them; `common_keep_days` says it in answers
BACKUP_DAYS = 30
SHORT_CARD_WITHIN = timedelta(minutes=10)
CONTACT_INTENT = "iom-contact"
PRIVACY_ENTRY = "common-privacy"


class Step(Protocol):
    def take(self, scene: Scene) -> None: ...


@dataclass(frozen=True, slots=True)
class ShowCards:
    """Danger: help first, in the person's language, before anything else."""

    cards: tuple[str, ...]
    text: str = ""

    def take(self, scene: Scene) -> None:
        now = datetime.now(UTC)
        known = [card for card in self.cards if card in scene.snapshot.cards][:2]
        for card in known:
            shown_at = scene.session.cards_at.get(card)
            is_repeat = shown_at is not None and now - shown_at < SHORT_CARD_WITHIN
            show_card(scene, card, is_short=is_repeat)
        shown = dict.fromkeys(known, now)
        scene.remember(cards_at={**scene.session.cards_at, **shown}, doubted_text=self.text[:1000])


def recent_cards(scene: Scene) -> tuple[str, ...]:
    """The card that was shown last, if that was a moment ago."""
    now = datetime.now(UTC)
    shown = sorted(scene.session.cards_at.items(), key=lambda item: item[1])
    return tuple(card for card, at in shown[-1:] if now - at < SHORT_CARD_WITHIN)


def show_card(scene: Scene, card_id: str, is_short: bool = False) -> None:
    card = scene.snapshot.card(card_id, scene.locale, scene.country)
    first, numbers = card.bubbles[0], card.numbers
    head = words.DANGER_SHORT if is_short else words.DANGER_HEAD
    texts = [scene.render(head), numbers.text]
    if not is_short:
        scene.add(Reply(first.text, lane=Lane.SAFETY, origin=first.origin))
        texts.append(scene.render(words.DANGER_NOT_READ))
    choices = (
        scene.choice(words.MENU_HUMAN, actions.HUMAN),
        scene.choice(words.DANGER_NOT_ME, actions.NO_DANGER),
    )
    origin = Origin(card_id, "numbers", scene.locale, numbers.origin.facts, scene.snapshot.id)
    scene.add(Reply("\n\n".join(texts), choices, Lane.SAFETY, origin))


@dataclass(frozen=True, slots=True)
class AnswerIntent:
    """A question we know; twins of two countries need to know which one."""

    intent: str

    def take(self, scene: Scene) -> None:
        entry = scene.snapshot.entry_for(self.intent, scene.country)
        if entry is not None:
            scene.answer(entry.id)
            return
        scene.remember(waiting_intent=self.intent, fallbacks=0)
        ask_country(scene)


def ask_country(scene: Scene, text: Text = words.COUNTRY_ASK) -> None:
    choices = scene.country_choices()
    if text is words.COUNTRY_ASK:
        choices.append(scene.choice(words.COUNTRY_OTHER, actions.COUNTRY, ELSEWHERE))
    scene.say(text, *choices)


@dataclass(frozen=True, slots=True)
class AskWhich:
    intents: tuple[str, ...]

    def take(self, scene: Scene) -> None:
        scene.remember(fallbacks=0)
        fallback.ask_which(scene, self.intents)


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    def take(self, scene: Scene) -> None:
        fallback.not_understood(scene)


@dataclass(frozen=True, slots=True)
class AskHuman:
    """Until there is a counsellor desk: the office's contacts, and an honest word about it."""

    def take(self, scene: Scene) -> None:
        scene.remember(fallbacks=0)
        scene.say(words.HUMAN_NOT_YET)
        AnswerIntent(CONTACT_INTENT).take(scene)
        scene.may_ask_consent = False
        if scene.person.consent == "no":
            scene.say(
                words.CONSENT_HANDOFF,
                scene.choice(words.CONSENT_YES, actions.CONSENT, "y"),
                scene.choice(words.CONSENT_NO_NAME, actions.CONSENT, "a"),
                scene.choice(words.CONSENT_NO, actions.CONSENT, "n"),
            )


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    def take(self, scene: Scene) -> None:
        scene.say(words.CHOOSE_LANGUAGE, *scene.language_choices())


@dataclass(frozen=True, slots=True)
class Smalltalk:
    intent: str

    def take(self, scene: Scene) -> None:
        scene.remember(fallbacks=0)
        if self.intent in ("thanks", "goodbye"):
            scene.say(words.THANKS if self.intent == "thanks" else words.GOODBYE)
            return
        text = words.GREETING if self.intent == "greeting" else words.HOW_ARE_YOU
        scene.say(text, *scene.menu_choices())


@dataclass(frozen=True, slots=True)
class Presence:
    """Blocked or unblocked: nothing can be said, but it is known."""

    is_blocked: bool

    def take(self, scene: Scene) -> None:
        scene.change(blocked=self.is_blocked)


@dataclass(frozen=True, slots=True)
class Media:
    """Something other than text. Each gets an answer that a person can act on."""

    kind: Kind

    def take(self, scene: Scene) -> None:
        if self.kind is Kind.VOICE:
            _voice(scene)
        elif self.kind is Kind.LOCATION:
            scene.say(words.LOCATION, *scene.country_choices())
        elif self.kind is Kind.EDIT:
            scene.say(words.EDITED)
        else:
            text = _MEDIA.get(self.kind, words.EMPTY)
            scene.say(text, *scene.menu_choices())


_MEDIA = {
    Kind.PHOTO: words.PHOTO,
    Kind.DOCUMENT: words.PHOTO,
    Kind.STICKER: words.STICKER,
    Kind.CONTACT: words.CONTACT_CARD,
}


def _voice(scene: Scene) -> None:
    """Someone who sends voice may not read well: numbers, signs, and a person."""
    numbers = emergency_lines(scene)
    origin = Origin("interface", words.VOICE.key, scene.locale, (), scene.snapshot.id)
    choices = (
        scene.choice(words.MENU_HUMAN, actions.HUMAN),
        scene.choice(words.MENU, actions.MENU, "0"),
        scene.choice(words.MENU_LANGUAGE, actions.LANGUAGES),
    )
    text = f"{scene.render(words.VOICE)}\n{numbers}"
    scene.add(Reply(text, choices, origin=origin))


def emergency_lines(scene: Scene) -> str:
    cards = (scene.snapshot.card(card, scene.locale, scene.country) for card in EMERGENCY_CARDS)
    lines = dict.fromkeys(line.text for card in cards for line in card.lines)
    return "\n".join(lines)


EMERGENCY_CARDS = ("violence", "held")


@dataclass(frozen=True, slots=True)
class Unusable:
    is_long: bool

    def take(self, scene: Scene) -> None:
        scene.say(words.TOO_LONG if self.is_long else words.EMPTY, *scene.menu_choices())


# Commands


@dataclass(frozen=True, slots=True)
class Command:
    line: str  # "start uk_ro-etc"

    def take(self, scene: Scene) -> None:
        name, _, argument = self.line.partition(" ")
        run = _COMMANDS.get(name.lower())
        if run is None:
            scene.say(words.HELP, *scene.menu_choices())
        else:
            run(scene, argument.strip())


_PAYLOAD = re.compile(r"([a-z]{2,3})(?:_([a-z0-9-]{1,40}))?")


def _start(scene: Scene, payload: str) -> None:
    """Welcome, and where a link leads: `<locale>_<entry>`, either part alone, or nothing.

    What does not look like that is ignored: it comes from outside.
    """
    found = _PAYLOAD.fullmatch(payload)
    locale, entry = found.groups() if found else ("", "")
    if payload in scene.snapshot.entries:
        locale, entry = "", payload
    if locale in scene.snapshot.catalogues.locales:
        scene.change(locale=locale, locale_chosen=True)
    welcome(scene)
    if entry in scene.snapshot.entries:
        of = scene.snapshot.entries[entry].country
        if of in COUNTRIES:
            scene.change(country=of)
        scene.answer(entry)
    elif scene.person.locale_chosen:
        scene.say(words.MENU_TITLE, *scene.menu_choices())
    else:
        scene.say(words.CHOOSE_LANGUAGE, *scene.language_choices())


def welcome(scene: Scene) -> None:
    scene.remember(fallbacks=0, waiting_intent="")
    lines = [scene.render(words.WELCOME)]
    if scene.snapshot.stage == "demo":
        lines.append(scene.render(words.DEMO_NOTICE))
    origin = Origin("interface", words.WELCOME.key, scene.locale, (), scene.snapshot.id)
    scene.add(Reply("\n\n".join(lines), origin=origin))


def _menu(scene: Scene, page: str) -> None:
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 3 else 0
    scene.say(words.MENU_TITLE, *scene.menu_choices(number))


def _language(scene: Scene, code: str) -> None:
    found = negotiate(code, scene.snapshot.catalogues.locales) if code else None
    if found is None:
        ChooseLanguage().take(scene)
        return
    scene.change(locale=found, locale_chosen=True)
    scene.say(words.LANGUAGE_SET)
    if scene.session.waiting_intent:
        AnswerIntent(scene.session.waiting_intent).take(scene)
    else:
        scene.say(words.MENU_TITLE, *scene.menu_choices())


def _country(scene: Scene, code: str) -> None:
    code = code.lower()
    if code == ELSEWHERE:
        ask_country(scene, words.COUNTRY_NOT_OURS)
        return
    if code not in COUNTRIES:
        ask_country(scene)
        return
    scene.change(country=code)
    if scene.session.waiting_intent in {e.intent for e in scene.snapshot.entries.values()}:
        AnswerIntent(scene.session.waiting_intent).take(scene)
        return
    name = country_name(code, scene.locale)
    scene.say(words.COUNTRY_SET.having(country=name), *scene.menu_choices())


def _emergency(scene: Scene, _: str) -> None:
    origin = Origin("interface", words.DANGER_HEAD.key, scene.locale, (), scene.snapshot.id)
    lines = [scene.render(words.DANGER_HEAD), emergency_lines(scene)]
    lines.append(scene.render(words.DANGER_NOT_READ))
    cards = tuple(
        Choice(scene.snapshot.card_title(card, scene.locale), actions.pack(actions.CARD, card))
        for card in scene.snapshot.cards
    )
    scene.add(Reply("\n\n".join(lines), cards, Lane.SAFETY, origin))


def _human(scene: Scene, _: str) -> None:
    AskHuman().take(scene)


def _forget(scene: Scene, _: str) -> None:
    scene.erase = True
    scene.say(words.DELETED.having(days=BACKUP_DAYS))
    scene.say(words.DELETE_LIMITS)


def _privacy(scene: Scene, _: str) -> None:
    if PRIVACY_ENTRY in scene.snapshot.entries:
        scene.answer(PRIVACY_ENTRY)
    ask_consent(scene)


def _stop(scene: Scene, _: str) -> None:
    scene.remember(waiting_intent="", fallbacks=0)
    scene.say(words.STOPPED)


def _help(scene: Scene, _: str) -> None:
    scene.say(words.HELP, *scene.menu_choices())


_COMMANDS: dict[str, Callable[[Scene, str], None]] = {
    "start": _start,
    "menu": _menu,
    "help": _help,
    "language": _language,
    "country": _country,
    "emergency": _emergency,
    "human": _human,
    "forget": _forget,
    "privacy": _privacy,
    "stop": _stop,
}


# Consent


def ask_consent(scene: Scene) -> None:
    scene.remember(consent_asked=True)
    scene.say(
        words.CONSENT_ASK.having(days=KEEP_DAYS),
        scene.choice(words.CONSENT_YES, actions.CONSENT, "y"),
        scene.choice(words.CONSENT_NO, actions.CONSENT, "n"),
        scene.choice(words.MENU_PRIVACY, actions.ENTRY, PRIVACY_ENTRY),
    )


def _consent(scene: Scene, value: str) -> None:
    said = {"y": "yes", "a": "yes", "n": "no"}.get(value)
    if said is None:
        _old(scene)
        return
    scene.change(consent=said)
    scene.remember(consent_asked=True)
    thanks = {"y": words.CONSENT_THANKS_YES, "a": words.CONSENT_THANKS_NO_NAME}
    text = thanks.get(value, words.CONSENT_THANKS_NO)
    scene.say(text.having(days=KEEP_DAYS))


# Buttons


@dataclass(frozen=True, slots=True)
class Press:
    action: str

    @property
    def is_no_danger(self) -> bool:
        return self.action == actions.NO_DANGER

    def take(self, scene: Scene) -> None:
        action = actions.unpack(self.action)
        run = _BUTTONS.get(action.name)
        if run is None:
            _old(scene)
        else:
            run(scene, action.value)


def _old(scene: Scene, _: str = "") -> None:
    scene.say(words.OLD_BUTTON, *scene.menu_choices())


def _entry(scene: Scene, entry_id: str) -> None:
    entry = scene.snapshot.entries.get(entry_id)
    if entry is None:
        _old(scene)
        return
    if entry.country in COUNTRIES:
        scene.change(country=entry.country)
    scene.answer(entry_id)


def _intent(scene: Scene, intent: str) -> None:
    if scene.snapshot.entries_of(intent):
        AnswerIntent(intent).take(scene)
    else:
        _old(scene)


def _topic(scene: Scene, topic: str) -> None:
    entries = scene.snapshot.entries_in(topic, scene.country)
    intents = list(dict.fromkeys(entry.intent for entry in entries))
    if not intents:
        _old(scene)
    elif len(intents) == 1:
        AnswerIntent(intents[0]).take(scene)
    else:
        choices = [scene.intent_choice(intent) for intent in intents]
        scene.say(words.TOPIC_TITLE, *choices, scene.choice(words.MENU, actions.MENU, "0"))


def _card(scene: Scene, card_id: str) -> None:
    if card_id in scene.snapshot.cards:
        show_card(scene, card_id)
    else:
        _old(scene)


def _vote(scene: Scene, value: str) -> None:
    said, _, entry = value.partition(":")
    if said not in ("y", "n") or entry not in scene.snapshot.entries:
        _old(scene)
        return
    scene.vote = Vote(entry, scene.locale, scene.snapshot.id, said == "y")
    if said == "y":
        scene.say(words.HELPED_THANKS)
        return
    scene.say(
        words.HELPED_SORRY,
        scene.choice(words.MENU_HUMAN, actions.HUMAN),
        scene.choice(words.MENU, actions.MENU, "0"),
    )


def _no_danger(scene: Scene, _: str) -> None:
    scene.remember(doubted_text="", cards_at={})
    scene.say(words.DANGER_NOT_ME_REPLY, *scene.menu_choices())


_BUTTONS: dict[str, Callable[[Scene, str], None]] = {
    actions.LOCALE: _language,
    actions.LANGUAGES: lambda scene, _: ChooseLanguage().take(scene),
    actions.COUNTRY: _country,
    actions.ENTRY: _entry,
    actions.INTENT: _intent,
    actions.TOPIC: _topic,
    actions.MENU: _menu,
    actions.CARD: _card,
    actions.EMERGENCY: _emergency,
    actions.NO_DANGER: _no_danger,
    actions.HUMAN: _human,
    actions.VOTE: _vote,
    actions.CONSENT: _consent,
}
