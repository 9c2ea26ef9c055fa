"""The nearest office: by a shared place, by a command, by a button. By questions: `find-office`.

A shared place is in the event that is being handled, and in nothing that outlives the turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue import actions, flow_state, office_rows, words
from bot.dialogue import office_words as told
from bot.dialogue.flow_steps import OpenFlow
from bot.dialogue.scene import Scene
from bot.flows import cities, find_office
from bot.flows.find_office import ALL, FLOW


@dataclass(frozen=True, slots=True)
class AtPlace:
    """Somebody sent where they are: the nearest offices, for the topic they are asked about."""

    place: str  # "45.75,21.23"

    def take(self, scene: Scene) -> None:
        at = find_office.read_place(self.place)
        if at is None:
            scene.say(told.UNREAD, *scene.country_choices())
            return
        city = find_office.city_near(scene.snapshot.places, at)
        if city is None:
            scene.say(told.ABROAD, *scene.country_choices())
            return
        topic = _topic_asked(scene)
        office_rows.show(scene, topic, city.country.lower(), at)
        _close(scene, is_place=True)

    def __repr__(self) -> str:  # a place stands in no log
        return "AtPlace"


def command(scene: Scene, argument: str) -> None:
    """`/office`, or with a city behind it."""
    found = cities.find(argument, scene.snapshot.places) if argument else ()
    if len(found) > 1:
        office_rows.ask_which(scene, ALL, list(found))
    elif found:
        office_rows.show_near(scene, ALL, found[0])
        _close(scene)
    elif FLOW in scene.snapshot.flows:
        OpenFlow(FLOW).take(scene)
    else:
        scene.say(words.HELP, *scene.menu_choices())


def press(scene: Scene, value: str) -> bool:
    """How to send a place, or one city of several. False: no such button."""
    if not value:
        on_telegram = scene.person.channel == "telegram"
        scene.say(told.HOW_TELEGRAM if on_telegram else told.HOW_WEB)
        scene.flow_spoke = True  # the question is still open, and was just asked
        return True
    topic, _, city = value.partition(":")
    places = scene.snapshot.places
    if city not in places.cities or topic not in find_office.groups(places):
        return False
    office_rows.show_near(scene, topic, places.cities[city])
    _close(scene)
    return True


def _topic_asked(scene: Scene) -> str:
    """What the open flow has been told; it ends here, its last question is answered."""
    state = flow_state.state_of(scene)
    if state is None or state.id != FLOW:
        return ALL
    flow_state.drop(scene)
    return dict(state.answers).get("topic", ALL)


def _close(scene: Scene, is_place: bool = False) -> None:
    more = [scene.flow_choice(FLOW)] if FLOW in scene.snapshot.flows else []
    choices = [*more, scene.human_choice(), scene.choice(words.MENU, actions.MENU, "0")]
    scene.say(told.FORGOTTEN if is_place else told.MORE, *choices)
