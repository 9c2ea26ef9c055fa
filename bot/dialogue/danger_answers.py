"""What the buttons below a danger card lead to, hours later as well."""

from __future__ import annotations

from bot.dialogue import actions, danger_words, discreet, handoff
from bot.dialogue import handoff_words as told
from bot.dialogue.danger_cases import BY_ITSELF, case_for, is_more, take_back_choice
from bot.dialogue.scene import COUNTRIES, INTERFACE, Scene
from bot.i18n import language_name, render
from bot.knowledge import Knowledge
from bot.messages import Choice, Lane, Origin, Reply, Text
from bot.storage import IntakeAnswer, Notice

SOURCE = "en"  # what a stranger elsewhere may read
_LABELS = {
    actions.CAN_WRITE: danger_words.CAN_WRITE,
    actions.NOT_SAFE: danger_words.NOT_SAFE,
    actions.CANNOT_CALL: danger_words.CANNOT_CALL,
}


def can_write(scene: Scene, card: str) -> None:
    _answer(scene, card, actions.CAN_WRITE, danger_words.CAN_WRITE_REPLY)


def not_safe(scene: Scene, card: str) -> None:
    _answer(scene, card, actions.NOT_SAFE, danger_words.NOT_SAFE_REPLY, safe="no")
    if scene.replies:
        discreet.offer(scene)


def cannot_call(scene: Scene, card: str) -> None:
    """A stranger can call. They read the language of the country, and this person's is named."""
    scene.say(danger_words.SHOW_INTRO, lane=Lane.SAFETY)
    for locale in _languages_there(scene):
        scene.add(_show_card(scene, locale))
    _answer(scene, card, actions.CANNOT_CALL, danger_words.CAN_WRITE_REPLY)


def _languages_there(scene: Scene) -> tuple[str, ...]:
    """Of our two countries code and language are the same."""
    if scene.country is not None:
        return (scene.country,)
    return (SOURCE,) if scene.session.elsewhere else COUNTRIES


def _show_card(scene: Scene, locale: str) -> Reply:
    text = danger_words.SHOW_CARD.having(language=language_name(scene.locale, locale))
    said = render(text, locale, scene.snapshot.catalogues)
    return Reply(said, (), Lane.SAFETY, Origin(INTERFACE, text.key, locale, (), scene.snapshot.id))


def _answer(scene: Scene, card: str, action: str, reply: Text, safe: str = "") -> None:
    """Tell a counsellor, once; to whom that is not possible, say why."""
    card = card if card in scene.snapshot.cards else next(iter(scene.snapshot.cards))
    if scene.held is not None:
        scene.said = scene.render(_LABELS[action])
        if safe:
            scene.change_case(IntakeAnswer("safe", safe))
        return
    if scene.any_office() is None:
        if action != actions.CANNOT_CALL:
            handoff.AskHuman(card).take(scene)
        return
    if scene.person.keeps_nothing:
        _nobody(scene, card, action)
        return
    change = case_for(scene, [card], {}, safe)
    if change is not None and is_more(scene, change):
        if scene.waiting is None:
            scene.remember(opened_by=change.danger)
        scene.change_case(change)
    elif safe:
        scene.change_case(IntakeAnswer("safe", safe))
    scene.said = scene.render(_LABELS[action])
    scene.say(reply, take_back_choice(scene), lane=Lane.SAFETY)


def _nobody(scene: Scene, card: str, action: str) -> None:
    if action == actions.CANNOT_CALL:
        human = scene.human_choice()
        ask = Choice(human.label, actions.pack(actions.HUMAN, card))
        scene.say(told.DANGER_NOBODY_TOLD, ask, lane=Lane.SAFETY)
    else:
        handoff.AskHuman(card).take(scene)


def silence_notice(knowledge: Knowledge) -> Notice:
    """Said when nothing was pressed for three minutes, and a case was opened."""

    def notice(locale: str) -> Reply:
        snapshot = knowledge.snapshot
        text = render(danger_words.NO_ANSWER, locale, snapshot.catalogues)
        label = render(told.DANGER_CASE_CANCEL, locale, snapshot.catalogues)
        cancel = Choice(label, actions.pack(actions.CANCEL, BY_ITSELF))
        origin = Origin(INTERFACE, danger_words.NO_ANSWER.key, locale, (), snapshot.id)
        return Reply(text, (cancel,), Lane.SAFETY, origin)

    return notice
