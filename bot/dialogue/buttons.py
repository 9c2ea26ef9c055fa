"""Buttons: what `actions` packs, and what each leads to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.dialogue import (
    actions,
    cards,
    commands,
    complaint,
    danger_answers,
    danger_cases,
    danger_words,
    discreet,
    flow_summary,
    handoff,
    intake,
    near,
    offices,
    resume,
    words,
)
from bot.dialogue import handoff_words as told
from bot.dialogue.consent import answer_consent
from bot.dialogue.flow_steps import OpenFlow, PressStep
from bot.dialogue.scene import COUNTRIES, NOT_A_TOPIC, Scene
from bot.dialogue.steps import AnswerIntent, ChooseLanguage
from bot.storage import Vote


@dataclass(frozen=True, slots=True)
class Press:
    action: str

    @property
    def is_no_danger(self) -> bool:
        return self.action == actions.NO_DANGER

    @property
    def shows_numbers(self) -> bool:
        return actions.unpack(self.action).name in (actions.CARD, actions.EMERGENCY)

    def take(self, scene: Scene) -> None:
        action = actions.unpack(self.action)
        run = _BUTTONS.get(action.name)
        if run is None:
            old(scene)
        else:
            run(scene, action.value)


def old(scene: Scene, _: str = "") -> None:
    scene.say(words.OLD_BUTTON, *scene.menu_choices())


def _entry(scene: Scene, entry_id: str) -> None:
    entry = scene.snapshot.entries.get(entry_id)
    if entry is None:
        old(scene)
        return
    if entry.country in COUNTRIES:
        scene.change(country=entry.country)
    scene.answer(entry_id)


def _intent(scene: Scene, intent: str) -> None:
    if scene.snapshot.entries_of(intent):
        AnswerIntent(intent).take(scene)
    else:
        old(scene)


def _topic(scene: Scene, topic: str) -> None:
    if topic in scene.snapshot.topics and topic not in NOT_A_TOPIC:
        scene.remember(topic=topic)
    entries = scene.snapshot.entries_in(topic, scene.country)
    intents = list(dict.fromkeys(entry.intent for entry in entries))
    flows = [scene.flow_choice(flow.id) for flow in scene.snapshot.flows_in(topic)]
    if not intents and not flows:
        old(scene)
    elif len(intents) == 1 and not flows:
        AnswerIntent(intents[0]).take(scene)
    else:
        choices = [*flows, *(scene.intent_choice(intent) for intent in intents)]
        scene.say(words.TOPIC_TITLE, *choices, scene.choice(words.MENU, actions.MENU, "0"))


def _card(scene: Scene, card_id: str) -> None:
    if card_id in scene.snapshot.cards:
        cards.show_card(scene, card_id)
    else:
        old(scene)


def _vote(scene: Scene, value: str) -> None:
    said, _, entry = value.partition(":")
    if said not in ("y", "n") or entry not in scene.snapshot.entries:
        old(scene)
        return
    scene.vote = Vote(entry, scene.locale, scene.snapshot.id, said == "y")
    if said == "y":
        scene.say(words.HELPED_THANKS)
        return
    scene.say(
        words.HELPED_SORRY,
        scene.human_choice(),
        scene.choice(words.MENU, actions.MENU, "0"),
    )


def _no_danger(scene: Scene, _: str) -> None:
    danger_cases.no_danger(scene)
    scene.say(danger_words.NOT_ME_REPLY, *scene.menu_choices())


def _flow(scene: Scene, value: str) -> None:
    flow_id, _, anew = value.partition(":")
    if flow_id in scene.snapshot.flows:
        OpenFlow(flow_id, is_anew=bool(anew)).take(scene)
    else:
        old(scene)


def _summary(scene: Scene, value: str) -> None:
    if not flow_summary.press(scene, value):
        old(scene)


def _phone(scene: Scene, value: str) -> None:
    if not discreet.press(scene, value):
        old(scene)


# Counsellors


def _human(scene: Scene, card_id: str) -> None:
    handoff.AskHuman(card_id if card_id in scene.snapshot.cards else "").take(scene)


def _consent(scene: Scene, value: str) -> None:
    if not answer_consent(scene, value):
        old(scene)


def _intake(scene: Scene, value: str) -> None:
    if not scene.person.has_open_case or not intake.press(scene, value):
        old(scene)


def _office(scene: Scene, value: str) -> None:
    if not offices.press(scene, value):
        old(scene)


def _near(scene: Scene, value: str) -> None:
    if not near.press(scene, value):
        old(scene)


def _program(scene: Scene, _: str) -> None:
    """Nobody holds the case any more, or its holder is back: it answers anyway."""
    scene.say(words.MENU_TITLE, *scene.menu_choices())


def _reply(scene: Scene, value: str) -> None:
    """An answer to a counsellor that comes when nobody holds the case."""
    if not hear_reply(scene, value):
        old(scene)
    elif scene.closed is not None:
        handoff.Reopen().take(scene)
    else:
        scene.say(told.REPLY_NOTED)


def hear_reply(scene: Scene, value: str) -> bool:
    """Keep a quick reply as what it says, in the person's language. False: there is none."""
    phrase, _, number = value.partition(":")
    try:
        scene.said = scene.snapshot.phrase_reply(phrase, int(number), scene.locale)
    except (KeyError, ValueError):
        return False
    return scene.case is not None


_BUTTONS: dict[str, Callable[[Scene, str], None]] = {
    actions.LOCALE: commands.choose_language,
    actions.LANGUAGES: lambda scene, _: ChooseLanguage().take(scene),
    actions.COUNTRY: commands.choose_country,
    actions.ENTRY: _entry,
    actions.INTENT: _intent,
    actions.TOPIC: _topic,
    actions.MENU: commands.menu,
    actions.CARD: _card,
    actions.EMERGENCY: commands.emergency,
    actions.NO_DANGER: _no_danger,
    actions.CAN_WRITE: danger_answers.can_write,
    actions.NOT_SAFE: danger_answers.not_safe,
    actions.CANNOT_CALL: danger_answers.cannot_call,
    actions.HUMAN: _human,
    actions.VOTE: _vote,
    actions.CONSENT: _consent,
    actions.INTAKE: _intake,
    actions.CANCEL: handoff.cancel,
    actions.PROGRAM: _program,
    actions.OFFICE: _office,
    actions.CODE: lambda scene, _: resume.give(scene),
    actions.NEW_PERSON: resume.press_new_person,
    actions.COMPLAIN: complaint.press,
    actions.REPLY: _reply,
    actions.FLOW: _flow,
    actions.STEP: lambda scene, value: PressStep(value).take(scene),
    actions.SUMMARY: _summary,
    actions.NEAR: _near,
    actions.PHONE: _phone,
}
