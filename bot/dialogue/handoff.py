"""The person's side of a handoff: asking for a counsellor, waiting, going on later.

Nobody loses their place over questions: the case is opened as soon as an office is known
and the chat may be kept. What is answered later is added to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.dialogue import actions, intake, words
from bot.dialogue import handoff_words as told
from bot.dialogue import resume as resume_code
from bot.dialogue.danger_cases import BY_ITSELF, case_for, is_more, take_back
from bot.dialogue.resume_words import (
    CODE_BUTTON,
    COMPLAINT_BUTTON,
    COMPLAINT_SENT,
    NEW_PERSON_BUTTON,
)
from bot.dialogue.scene import Scene
from bot.dialogue.steps import AnswerIntent, ask_country
from bot.messages import Choice
from bot.storage import NORMAL, Case, OpenCase, Reason

KEEP_CASE_DAYS = 90  # after it is closed; `common_keep_days_case` says it in answers
CONTACT_INTENT = "iom-contact"
AWAY_AFTER = timedelta(minutes=2)
TOLD_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AskHuman:
    danger: str = ""  # the card beside whose numbers the button stood

    def take(self, scene: Scene) -> None:
        scene.remember(fallbacks=0)
        if scene.held is not None:
            say_held(scene, scene.held)
        elif scene.waiting is not None:
            _show_waiting(scene, scene.waiting, self.danger)
        elif scene.any_office() is None:
            scene.say(told.HUMAN_NOT_HERE)
            tell_office(scene)
        else:
            scene.remember(wants_human=True, about_danger=self.danger, complains=False)
            go_on(scene)


@dataclass(frozen=True, slots=True)
class Reopen:
    """Somebody goes on writing after their case was closed."""

    def take(self, scene: Scene) -> None:
        case = scene.closed
        if case is not None:
            scene.remember(fallbacks=0)
            _reopen(scene, OpenCase(Reason.ASKED, NORMAL, case.office, case.topic))


def go_on(scene: Scene) -> None:
    """Ask for what is still missing; open the case when nothing is."""
    if scene.person.keeps_nothing:
        _ask_consent(scene)
    elif not _may_open(scene):
        ask_country(scene, told.HANDOFF_COUNTRY)
    else:
        _open(scene)


def resume(scene: Scene) -> None:
    """At the end of a turn: whoever wanted a counsellor and has said what was missing."""
    is_asked_for = scene.session.wants_human and not scene.person.has_open_case
    if is_asked_for and not scene.erase and not scene.person.keeps_nothing and _may_open(scene):
        _open(scene)


def _may_open(scene: Scene) -> bool:
    """Danger does not wait for a country, and neither does a complaint."""
    session = scene.session
    return scene.country is not None or bool(session.about_danger) or session.complains


def _ask_consent(scene: Scene) -> None:
    # The card stands in the button: of whoever wants nothing kept, we do not keep that.
    about = f":{scene.session.about_danger}" if scene.session.about_danger else ""
    scene.say(
        told.CONSENT_HANDOFF,
        scene.choice(words.CONSENT_YES, actions.CONSENT, f"y{about}"),
        scene.choice(words.CONSENT_NO_NAME, actions.CONSENT, f"a{about}"),
        scene.choice(words.CONSENT_NO, actions.CONSENT, "n"),
    )


def _open(scene: Scene) -> None:
    change = _change(scene)
    card, complains = scene.session.about_danger, scene.session.complains
    scene.remember(wants_human=False, about_danger="", complains=False)
    if change is None:
        scene.say(told.HUMAN_NOT_HERE)
        tell_office(scene)
        return
    scene.remember(opened_by="")
    if scene.closed is not None:
        _reopen(scene, change)
        return
    scene.remember(intake={})
    scene.change_case(change)
    if complains:
        scene.say_waiting(COMPLAINT_SENT.having(days=KEEP_CASE_DAYS), change)
        resume_code.give_unasked(scene)
        return
    scene.say_waiting(told.HANDOFF_SENT.having(days=KEEP_CASE_DAYS), change)
    if not card:
        tell_office(scene)
    resume_code.give_unasked(scene)
    intake.ask_next(scene)


def _change(scene: Scene) -> OpenCase | None:
    if card := scene.session.about_danger:
        return case_for(scene, [card], {})
    office = scene.closed.office if scene.closed else scene.office()
    if scene.session.complains:
        office = office or scene.any_office()
        return OpenCase(Reason.COMPLAINT, NORMAL, office) if office else None
    return OpenCase(Reason.ASKED, NORMAL, office, scene.session.topic) if office else None


def _reopen(scene: Scene, change: OpenCase) -> None:
    scene.change_case(change)
    scene.say_waiting(told.CASE_REOPENED, change)
    resume_code.give_unasked(scene)


def tell_office(scene: Scene) -> None:
    """How else the office is reached."""
    entry = scene.snapshot.entry_for(CONTACT_INTENT, scene.country)
    if entry is None:
        AnswerIntent(CONTACT_INTENT).take(scene)
    else:
        scene.tell(entry.id)


# Waiting


def _show_waiting(scene: Scene, case: Case, danger: str) -> None:
    scene.remember(opened_by="")
    change = case_for(scene, [danger], {}) if danger else None
    if change is not None and is_more(scene, change):
        scene.change_case(change)
        scene.say(told.DANGER_CASE_RAISED)
    text = told.HANDOFF_WAITING.having(number=case.number)
    scene.say_waiting(
        text,
        case,
        scene.choice(told.HANDOFF_CANCEL, actions.CANCEL),
        scene.choice(CODE_BUTTON, actions.CODE),
        scene.choice(NEW_PERSON_BUTTON, actions.NEW_PERSON),
    )
    intake.ask_next(scene)


def cancel(scene: Scene, value: str) -> None:
    """The button that takes a request back, or what a danger card opened by itself."""
    scene.remember(wants_human=False, about_danger="")
    if scene.waiting is None:
        scene.say(told.HANDOFF_NONE, scene.human_choice())
        return
    scene.remember(opened_by="", intake={})
    is_danger = value == BY_ITSELF
    take_back(scene, told.DANGER_CASE_CANCELLED if is_danger else told.HANDOFF_CANCELLED)


# A counsellor has it


def is_away(case: Case) -> bool:
    seen_at = case.holder_seen_at
    return seen_at is not None and datetime.now(UTC) - seen_at > AWAY_AFTER


def say_held(scene: Scene, case: Case) -> None:
    """Who answers now, and while nobody is there, who else could."""
    scene.remember(told_at=datetime.now(UTC))
    if is_away(case):
        ask = scene.choice(told.ASK_PROGRAM, actions.PROGRAM)
        scene.say(told.COUNSELLOR_AWAY, ask, *_ways_out(scene))
    else:
        scene.say(told.COUNSELLOR_ANSWERS, *_ways_out(scene))


def _ways_out(scene: Scene) -> list[Choice]:
    return [
        scene.choice(CODE_BUTTON, actions.CODE),
        scene.choice(COMPLAINT_BUTTON, actions.COMPLAIN),
    ]


def was_told(scene: Scene, case: Case) -> bool:
    """Once is enough: each time that the counsellor is away, or in ten minutes."""
    at, seen_at = scene.session.told_at, case.holder_seen_at
    if at is None:
        return False
    if is_away(case) and seen_at is not None:
        return at > seen_at + AWAY_AFTER
    return datetime.now(UTC) - at < TOLD_AGAIN_AFTER


def lets_program_answer(scene: Scene) -> bool:
    case = scene.held
    return case is not None and is_away(case) and scene.session.program_fence == case.fence
