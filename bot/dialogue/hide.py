"""`/hide`: the chat is cleared where the person sees it. With us nothing changes.

On Telegram a bot deletes messages of both sides, for two days; `Hider` does it after the
turn and says in the end what stays. A page starts empty and shows nothing of before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.dialogue import actions
from bot.dialogue.scene import INTERFACE, Scene
from bot.i18n import render
from bot.knowledge import Knowledge
from bot.messages import N_, Choice, Cleared, Origin, Reply, Text
from bot.storage import Hiding, Store

AGAIN_S = 5.0
LOOK_EVERY_S = 1.0

# Translators: whoever looks at the phone may read these three. They do not say what was here.
DONE = N_(
    "hide_done",
    "Done. What is older than two days stays here until you delete it, and what somebody has"
    " seen is seen. With us nothing is deleted: /forget does that.",
)
IN_PART = N_(
    "hide_in_part",
    "Done, but not everything could be deleted: please delete this chat on your phone. With us"
    " nothing is deleted: /forget does that.",
)
NOTHING = N_(
    "hide_nothing",
    "Nothing could be deleted here: please delete this chat on your phone. With us nothing is"
    " deleted either: /forget does that.",
)
BUTTON = N_("hide_button", "Clear this screen")
LINE = N_("hide_line", "If somebody may see this phone: /hide clears this chat on the screen.")
HELP = N_(
    "hide_help",
    "If you delete a message in Telegram, Telegram does not tell us, and we still have it. /hide"
    " clears this chat on the screen, /forget deletes it with us. With /discreet I write nothing"
    " that others may read, and with /hours you say when I may write.",
)


def hide(scene: Scene, _: str = "") -> None:
    """A page empties itself and says so; on Telegram that is said when it is done."""
    scene.hides = scene.person.channel != "terminal"
    if not scene.hides:
        scene.say(NOTHING)


def hide_choice(scene: Scene) -> Choice:
    return scene.choice(BUTTON, actions.PHONE, actions.HIDE)


class Hider:
    """A timer calls `tend`. A process that dies in between is repeated: deleting twice is once."""

    def __init__(
        self,
        store: Store,
        knowledge: Knowledge,
        clear: Mapping[str, Callable[[str, Sequence[str]], Awaitable[Cleared]]],
        tell: Callable[[str], None],
        wake_delivery: Callable[[], None],
    ) -> None:
        """`clear`: per channel, what deletes these messages at that address. `tell`: a person
        has something new."""
        self._store, self._knowledge, self._clear = store, knowledge, clear
        self._tell, self._wake_delivery = tell, wake_delivery

    async def tend(self, now: datetime) -> None:
        """Clear what people asked for, and let go what waited for its hour."""
        for hiding in await self._store.safety.hidings(now):
            await self._hide(hiding)
        begun = await self._store.safety.begin_hours(now)
        for person in begun:
            self._tell(person)
        if begun:
            self._wake_delivery()

    async def _hide(self, hiding: Hiding) -> None:
        clear = self._clear.get(hiding.channel)
        numbers = tuple(hiding.numbers.values())
        found = await clear(hiding.address, numbers) if clear else Cleared(is_known=False)
        if found.wait_s is not None:
            done = [row for row, number in hiding.numbers.items() if number in found.settled]
            wait_s = max(found.wait_s, AGAIN_S)
            await self._store.safety.put_off(hiding, done, found.left, wait_s)
            return
        text = _what_stays(found, hiding.left + found.left, len(numbers))
        await self._store.safety.finish(hiding, lambda locale: self._reply(text, locale))
        self._wake_delivery()

    def _reply(self, text: Text, locale: str) -> Reply:
        snapshot = self._knowledge.snapshot
        origin = Origin(INTERFACE, text.key, locale, (), snapshot.id)
        return Reply(render(text, locale, snapshot.catalogues), origin=origin)


def _what_stays(found: Cleared, left: int, asked: int) -> Text:
    if not found.is_known or (asked and found.left == asked):
        return NOTHING
    return IN_PART if left else DONE
