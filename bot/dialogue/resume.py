"""Going on from another place: a code to take along, a code that is typed, a shared phone.

A code looks like a phone number, so that it says nothing on a slip of paper or in a list of
contacts. It begins with 05 and has ten digits: no number of our directory does (a test looks).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from bot.dialogue import actions, words
from bot.dialogue import resume_words as told
from bot.dialogue.scene import Scene
from bot.dialogue.session import Session
from bot.i18n import render
from bot.messages import Inbound, Kind, Origin, Reply
from bot.storage import CodeTrouble, FoundCode, NewCode, Notice, PutAside, Store, UseCode, WrongCode

PREFIX, DIGITS = "05", 8
VALID = timedelta(hours=24)
VALID_ASIDE = timedelta(days=30)  # of whoever lent their phone to somebody else
_SHAPE = re.compile(rf"{PREFIX}[0-9]{{{DIGITS}}}")
_BETWEEN = re.compile("[ \u00a0\u2009\u2066-\u2069()./-]")


def new_code() -> str:
    return PREFIX + f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def shown(code: str) -> str:
    return f"{code[:4]} {code[4:7]} {code[7:]}"


def code_in(text: str) -> str:
    """The code that a whole text is, in any script's digits; empty when it is none."""
    if len(text) > 40:
        return ""
    plain = "".join(
        str(unicodedata.digit(char)) if char.isdigit() else char
        for char in _BETWEEN.sub("", text.strip())
    )
    return plain if _SHAPE.fullmatch(plain) else ""


def typed_in(inbound: Inbound) -> str:
    return code_in(inbound.text) if inbound.kind is Kind.TEXT else ""


# Giving one


def give(scene: Scene, argument: str = "") -> None:
    """/code: for a question that is open here; with a number behind it, to go on with that."""
    if code := code_in(argument):
        EnterCode(code).take(scene)
    elif argument:
        scene.say(told.WRONG)
    elif not scene.person.has_open_case:
        scene.say(told.NOTHING_OPEN)
    else:
        scene.say(told.CODE.having(code=shown(_make(scene, VALID))))


def give_unasked(scene: Scene) -> None:
    """A page is easily lost, and leaving it must not take a moment: so it is told before."""
    if scene.person.channel == "web":
        scene.say(told.CODE_FOR_PAGE.having(code=shown(_make(scene, VALID))))


def _make(scene: Scene, valid: timedelta) -> str:
    code = new_code()
    scene.code = NewCode(code, valid)
    return code


# Typing one


@dataclass(frozen=True, slots=True)
class EnterCode:
    code: str

    def take(self, scene: Scene) -> None:
        scene.code_typed = self.code  # `answer` says what it leads to


async def answer(scene: Scene, store: Store) -> None:
    """After the step: whether the code leads anywhere stands in the database."""
    if not scene.code_typed:
        return
    found = await store.desk.find_code(scene.person, scene.code_typed)
    if isinstance(found, CodeTrouble):
        _refuse(scene, found)
    elif found.is_here:
        scene.say(told.IS_HERE)
    else:
        _go_on(scene, found)


def _refuse(scene: Scene, trouble: CodeTrouble) -> None:
    if trouble is CodeTrouble.TOO_MANY:
        scene.say(told.TOO_MANY, scene.human_choice())
    else:
        scene.move = WrongCode()
        scene.say(told.WRONG)


def _go_on(scene: Scene, found: FoundCode) -> None:
    if not scene.person.locale_chosen and found.locale in scene.snapshot.catalogues.locales:
        scene.change(locale=found.locale)
    aside = NewCode(new_code(), VALID_ASIDE) if scene.person.has_open_case else None
    scene.move = UseCode(scene.code_typed, _old_place(scene), aside)
    scene.session = Session(page_language=scene.session.page_language, consent_asked=True)
    if found.number:
        scene.say(told.DONE.having(number=found.number))
    else:
        scene.say(told.DONE_NO_CASE, *scene.menu_choices())
    if aside is not None:
        scene.say(told.ASIDE.having(code=shown(aside.code)))


def _old_place(scene: Scene) -> Notice:
    snapshot = scene.snapshot

    def say(locale: str) -> Reply:
        text = render(told.ELSEWHERE, locale, snapshot.catalogues)
        return Reply(text, origin=Origin("interface", told.ELSEWHERE.key, locale, (), snapshot.id))

    return say


# A phone that several people use


def ask_new_person(scene: Scene, _: str = "") -> None:
    code = shown(_make(scene, VALID_ASIDE))
    scene.say(
        told.NEW_PERSON.having(code=code),
        scene.choice(told.NEW_PERSON_YES, actions.NEW_PERSON, "y"),
        scene.choice(told.NEW_PERSON_NO, actions.NEW_PERSON, "n"),
    )


def press_new_person(scene: Scene, value: str) -> None:
    if value == "y":
        _start_anew(scene)
    elif value == "n":
        scene.say(told.STAYED)
    else:
        ask_new_person(scene)


def _start_anew(scene: Scene) -> None:
    scene.move = PutAside()
    scene.session = Session(page_language=scene.session.page_language)
    scene.change(case=None, country="", consent="open")
    scene.case_change, scene.alarm = None, None
    scene.say(told.NEW_CHAT)
    scene.say(words.CHOOSE_LANGUAGE, *scene.language_choices())
