"""Commands: what a slash or an entry of the phone's menu sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.dialogue import (
    actions,
    complaint,
    discreet,
    flow_state,
    flow_steps,
    hide,
    near,
    resume,
    words,
)
from bot.dialogue.cards import emergency_lines, head, who_reads
from bot.dialogue.consent import PRIVACY_ENTRY, ask_consent
from bot.dialogue.flow_steps import OpenFlow
from bot.dialogue.handoff import AskHuman
from bot.dialogue.scene import COUNTRIES, ELSEWHERE, Scene
from bot.dialogue.steps import AnswerIntent, ChooseLanguage, ask_country
from bot.i18n import country_name, negotiate
from bot.messages import Choice, Lane, Origin, Reply

BACKUP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Command:
    line: str  # "start uk_ro-etc"

    @property
    def shows_numbers(self) -> bool:
        return self.line.lower().startswith("emergency")

    def take(self, scene: Scene) -> None:
        name, _, argument = self.line.partition(" ")
        run = _COMMANDS.get(name.lower())
        if run is None:
            scene.say(words.HELP, *scene.menu_choices())
        else:
            run(scene, argument.strip())


_PAYLOAD = re.compile(r"([a-z]{2,3})(?:_([a-z0-9-]{1,40}))?")


def _start(scene: Scene, payload: str) -> None:
    """Welcome, and where a link leads: `<locale>_<entry or flow>`, a part alone, or nothing.

    What does not look like that is ignored: it comes from outside.
    """
    found = _PAYLOAD.fullmatch(payload)
    locale, entry = found.groups() if found else ("", "")
    if payload in scene.snapshot.entries or payload in scene.snapshot.flows:
        locale, entry = "", payload
    if locale in scene.snapshot.catalogues.locales:
        scene.change(locale=locale, locale_chosen=True)
    welcome(scene)
    if entry in scene.snapshot.entries:
        of = scene.snapshot.entries[entry].country
        if of in COUNTRIES:
            scene.change(country=of)
        scene.answer(entry)
    elif entry in scene.snapshot.flows:
        OpenFlow(entry).take(scene)
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


def menu(scene: Scene, page: str) -> None:
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 3 else 0
    scene.say(words.MENU_TITLE, *scene.menu_choices(number))


def choose_language(scene: Scene, code: str) -> None:
    found = negotiate(code, scene.snapshot.catalogues.locales) if code else None
    if found is None:
        ChooseLanguage().take(scene)
        return
    scene.change(locale=found, locale_chosen=True)
    scene.say(words.LANGUAGE_SET)
    if scene.held is not None:
        return
    if scene.session.waiting_intent:
        AnswerIntent(scene.session.waiting_intent).take(scene)
    elif not flow_steps.ask_again(scene):
        scene.say(words.MENU_TITLE, *scene.menu_choices())


def choose_country(scene: Scene, code: str) -> None:
    code = code.lower()
    scene.remember(elsewhere=code == ELSEWHERE)
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
    if scene.session.wants_human:
        return  # that goes on by itself: `handoff.resume`
    text = words.COUNTRY_SET.having(country=country_name(code, scene.locale))
    if flow_state.state_of(scene) is None:
        scene.say(text, *scene.menu_choices())
    else:
        scene.say(text)
        flow_steps.move_country(scene, code)


def emergency(scene: Scene, _: str = "") -> None:
    first = head(scene)
    origin = Origin("interface", first.key, scene.locale, (), scene.snapshot.id)
    lines = [scene.render(first), emergency_lines(scene), scene.render(who_reads(scene))]
    cards = tuple(
        Choice(scene.snapshot.card_title(card, scene.locale), actions.pack(actions.CARD, card))
        for card in scene.snapshot.cards
    )
    scene.add(Reply("\n\n".join(lines), cards, Lane.SAFETY, origin))


def _human(scene: Scene, _: str) -> None:
    AskHuman().take(scene)


def forget(scene: Scene, _: str = "") -> None:
    scene.erase = True
    scene.remember(flow=None, flow_summary="")
    scene.say(words.DELETED.having(days=BACKUP_DAYS))
    scene.say(words.DELETE_LIMITS)


def _privacy(scene: Scene, _: str) -> None:
    if PRIVACY_ENTRY in scene.snapshot.entries:
        scene.answer(PRIVACY_ENTRY)
    scene.say(hide.LINE, hide.hide_choice(scene))
    scene.may_ask_consent = False  # asked at once
    ask_consent(scene)


def _stop(scene: Scene, _: str) -> None:
    scene.remember(waiting_intent="", fallbacks=0, wants_human=False, about_danger="")
    if not flow_steps.stop(scene):
        scene.say(words.STOPPED)


def _back(scene: Scene, argument: str) -> None:
    """One question back; with a code behind it, back to the chat that waits."""
    if argument:
        resume.give(scene, argument)
    elif not flow_steps.go_back(scene):
        scene.say(words.MENU_TITLE, *scene.menu_choices())


def _help(scene: Scene, _: str) -> None:
    scene.say(hide.HELP)
    scene.say(words.HELP, *scene.menu_choices())


_COMMANDS: dict[str, Callable[[Scene, str], None]] = {
    "start": _start,
    "menu": menu,
    "help": _help,
    "language": choose_language,
    "country": choose_country,
    "emergency": emergency,
    "human": _human,
    "forget": forget,
    "code": resume.give,
    "newperson": resume.ask_new_person,
    "complaint": complaint.ask,
    "privacy": _privacy,
    "stop": _stop,
    "hide": hide.hide,
    "discreet": discreet.ask_word,
    "hours": discreet.ask_hours,
    "back": _back,
    "office": near.command,
}
