"""A few questions while somebody waits: one at a time, none of them necessary.

Each button holds its question and its answer, so that it works whenever it is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue import actions, discreet, words
from bot.dialogue import handoff_words as told
from bot.dialogue.resume_words import CODE_BUTTON, NEW_PERSON_BUTTON
from bot.dialogue.scene import MENU_PAGE, Scene
from bot.messages import Choice, Text
from bot.storage import IntakeAnswer

TOPIC, TOPICS = "topic", "topics"  # the answer, and a page of answers


@dataclass(frozen=True, slots=True)
class Question:
    text: Text
    answers: tuple[tuple[str, Text], ...] = ()  # what is stored, and what is on the button
    can_skip: bool = True  # False: one of the answers says as much


QUESTIONS = {
    "safe": Question(
        told.INTAKE_SAFE,
        (("yes", told.INTAKE_YES), ("no", told.INTAKE_NO), ("unsure", told.INTAKE_UNSURE)),
    ),
    "best_hours": Question(
        told.INTAKE_HOURS,
        (
            ("morning", told.INTAKE_MORNING),
            ("afternoon", told.INTAKE_AFTERNOON),
            ("evening", told.INTAKE_EVENING),
            ("weekend", told.INTAKE_WEEKEND),
        ),
    ),
    TOPIC: Question(told.INTAKE_TOPIC),
    "wants": Question(
        told.INTAKE_WANTS,
        (("woman", told.INTAKE_WOMAN), ("man", told.INTAKE_MAN), ("", told.INTAKE_ANYBODY)),
        can_skip=False,
    ),
}


def ask_next(scene: Scene) -> bool:
    """Ask what was not asked yet. False: nothing is left to ask."""
    field = next((field for field in QUESTIONS if _is_open(scene, field)), None)
    if field is not None:
        _ask(scene, field)
    return field is not None


def _is_open(scene: Scene, field: str) -> bool:
    said, case = scene.session.intake, scene.case
    if field in said or (case is not None and getattr(case, field)):
        return False
    if field == "best_hours":
        return "no" in (said.get("safe"), case.safe if case else "")
    return field != TOPIC or not (scene.session.topic or (case and case.danger))


def _ask(scene: Scene, field: str, page: int = 0) -> None:
    question = QUESTIONS[field]
    choices = _topics(scene, page) if field == TOPIC else []
    choices += [_choice(scene, label, field, value) for value, label in question.answers]
    if question.can_skip:
        choices.append(_choice(scene, told.INTAKE_SKIP, field, ""))
    scene.say(question.text, *choices)


def _choice(scene: Scene, label: Text, field: str, value: str) -> Choice:
    return scene.choice(label, actions.INTAKE, f"{field}:{value}")


def _topics(scene: Scene, page: int) -> list[Choice]:
    topics = scene.snapshot.topics
    first = page * MENU_PAGE if page * MENU_PAGE < len(topics) else 0
    choices = [
        _choice(scene, scene.snapshot.topic_label(topic), TOPIC, topic)
        for topic in topics[first : first + MENU_PAGE]
    ]
    following = first // MENU_PAGE + 1
    more = following if following * MENU_PAGE < len(topics) else 0
    return [*choices, _choice(scene, words.MENU_MORE, TOPICS, str(more))]


def label_of(scene: Scene, value: str) -> Text | None:
    """What the button says; None for one that we do not make."""
    field, _, said = value.partition(":")
    if field not in QUESTIONS:
        return None
    if field == TOPIC and said in scene.snapshot.topics:
        return scene.snapshot.topic_label(said)
    found = dict(QUESTIONS[field].answers).get(said)
    return found or (told.INTAKE_SKIP if not said else None)


def take_answer(scene: Scene, value: str) -> bool:
    """Keep one answer. False for a button that we do not make."""
    label = label_of(scene, value)
    if label is None:
        return False
    field, _, said = value.partition(":")
    scene.said = scene.render(label)
    scene.remember(intake={**scene.session.intake, field: said})
    if said or field == "wants":
        scene.change_case(IntakeAnswer(field, said))
    if said and field == "best_hours":
        scene.change_phone(hours=said)
    return True


def press(scene: Scene, value: str) -> bool:
    """One of our buttons, while the case is waiting. False: it is not ours any more."""
    field, _, said = value.partition(":")
    if field == TOPICS:
        _ask(scene, TOPIC, int(said) if said.isascii() and said.isdigit() and len(said) < 3 else 0)
        return True
    if not take_answer(scene, value):
        return False
    if field == "safe" and said in ("no", "unsure"):
        discreet.offer(scene)
    if not ask_next(scene):
        scene.say(
            told.INTAKE_DONE,
            scene.choice(CODE_BUTTON, actions.CODE),
            scene.choice(NEW_PERSON_BUTTON, actions.NEW_PERSON),
        )
    return True
