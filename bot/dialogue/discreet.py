"""For people whose phone others see: discreet mode with its agreed word, and safe hours.

While the mode is on, whatever we start waits until the word is written; "You have a new
message." is all that is said. Nothing we say gives away whether the mode is on: whoever asks
for it hears the same in both cases, and a wrong word is a message like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue import actions
from bot.dialogue import handoff_words as told
from bot.dialogue.hide import hide, hide_choice
from bot.dialogue.scene import Scene
from bot.messages import N_, Choice, Inbound, Kind, Text

SHORTEST, LONGEST = 3, 40  # characters of a word
WORD, END = "word", "end"  # what the next text is asked for
UNREAD = "•••"  # stands in the transcript for the word: counsellors need not know it
FLOW = "phone-safety"

# Translators: this is all that a person sees in a notification. Nothing else, no name.
NEW_MESSAGE = N_("discreet_new", "You have a new message.")
NEUTRAL = NEW_MESSAGE.key
ASK = N_(
    "discreet_ask",
    "I can write so that nobody who sees this phone learns anything: then I only write “You have"
    " a new message.” To read it, you write a word that we agree on. Which word do you want? Use"
    " 3 to 40 characters, something ordinary, such as: weather",
)
BAD_WORD = N_("discreet_bad_word", "Please choose a word of 3 to 40 characters.")
ON = N_(
    "discreet_on",
    "Agreed. When I write “You have a new message.”, send the word by itself. Please keep it in"
    " your head and delete it here. To end this, send: /discreet off",
)
ASK_TO_END = N_("discreet_ask_to_end", "To end this, send the word we agreed on.")
OFF = N_("discreet_off", "That is ended. From now on I write as before.")
NOTHING_NEW = N_("discreet_nothing_new", "There is nothing new.")
# Translators: three short hints, read in fear and in a hurry.
HINTS = N_(
    "discreet_hints",
    "Write only while nobody sees the screen.\n"
    "Clear this chat afterwards: /hide\n"
    "I can also write so that others learn nothing: /discreet",
)
BUTTON = N_("discreet_button", "Hide what you write to me")
HOURS_ASK = N_("hours_safe_ask", "When may we write to you first? You can always write to us.")
HOURS_SET = N_(
    "hours_safe_set",
    "Thank you. At other times what we write waits. When you write to me, you get it at once.",
)
HOURS_ANY = N_("hours_safe_any", "Thank you. We may write to you at any time.")
ANY_TIME = N_("hours_safe_any_time", "At any time")
HOURS: tuple[tuple[str, Text], ...] = (
    ("morning", told.INTAKE_MORNING),
    ("afternoon", told.INTAKE_AFTERNOON),
    ("evening", told.INTAKE_EVENING),
    ("weekend", told.INTAKE_WEEKEND),
    ("", ANY_TIME),
)


# The agreed word


def ask_word(scene: Scene, argument: str = "") -> None:
    ends = argument.strip().lower() == "off"
    scene.remember(phone_asks=END if ends else WORD)
    scene.say(ASK_TO_END if ends else ASK)


def step_for(scene: Scene, inbound: Inbound) -> AgreeOn | Open | None:
    """What this message is as a word; None: it is a message like any other."""
    asked = scene.session.phone_asks
    if asked:
        scene.remember(phone_asks="")  # whatever comes, it is asked for once
    if inbound.kind is not Kind.TEXT or not inbound.text.strip():
        return None
    if scene.person.is_discreet:
        return Open(ends=asked == END) if scene.person.said_word else None
    return AgreeOn(inbound.text.strip()) if asked == WORD else None


@dataclass(frozen=True, slots=True)
class AgreeOn:
    word: str

    def take(self, scene: Scene) -> None:
        if not SHORTEST <= len(self.word) <= LONGEST or "\n" in self.word:
            scene.remember(phone_asks=WORD)
            scene.say(BAD_WORD)
            return
        scene.said = UNREAD
        scene.change_phone(word=self.word, neutral=scene.render(NEW_MESSAGE))
        scene.say(ON, hide_choice(scene))


@dataclass(frozen=True, slots=True)
class Open:
    """The word was said: what waits goes out before anything else is said."""

    ends: bool

    def take(self, scene: Scene) -> None:
        scene.said = UNREAD
        scene.change_phone(opens=True)
        if self.ends:
            scene.change_phone(word="")
            scene.say(OFF)
        elif not scene.person.held_lines:
            scene.say(NOTHING_NEW)


def keep_up(scene: Scene) -> None:
    """The neutral sentence follows the person's language."""
    if scene.person.is_discreet and not scene.erase:
        scene.change_phone(neutral=scene.render(NEW_MESSAGE))


# Offers


def offer(scene: Scene) -> None:
    """It is not safe to write here: what can be done about it."""
    choices = [scene.choice(BUTTON, actions.PHONE, actions.DISCREET), hide_choice(scene)]
    if FLOW in scene.snapshot.flows:
        choices.append(scene.flow_choice(FLOW))
    scene.say(HINTS, *choices)


# Safe hours


def ask_hours(scene: Scene, _: str = "") -> None:
    scene.say(HOURS_ASK, *(_hours_choice(scene, *of) for of in HOURS))


def _hours_choice(scene: Scene, hours: str, label: Text) -> Choice:
    return scene.choice(label, actions.PHONE, f"{actions.HOURS}:{hours}")


def press(scene: Scene, value: str) -> bool:
    """False: no button of ours."""
    what, _, hours = value.partition(":")
    if what == actions.DISCREET:
        ask_word(scene)
    elif what == actions.HIDE:
        hide(scene)
    elif what == actions.HOURS and hours in dict(HOURS):
        scene.change_phone(hours=hours)
        scene.say(HOURS_SET if hours else HOURS_ANY)
    else:
        return False
    return True
