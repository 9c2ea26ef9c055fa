"""Offices and lines of the directory as bubbles."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.dialogue import actions
from bot.dialogue import office_words as told
from bot.dialogue.cards import call_choices
from bot.dialogue.scene import Scene
from bot.flows import find_office
from bot.flows.engine import Run
from bot.flows.find_office import ALL, Found, Point
from bot.flows.model import COUNTRY, Outcome
from bot.i18n import country_name, isolate
from bot.knowledge import answers
from bot.knowledge.facts import Row
from bot.knowledge.places import City
from bot.knowledge.values import is_verified
from bot.messages import Choice, Lane, Origin, Reply

FOUND = "found"  # the flow's outcome that shows offices


def tell_run(scene: Scene, run: Run, outcome: Outcome) -> None:
    """The end of the guided flow: what it was asked for."""
    if outcome.id != FOUND:
        return
    topic = run.given.get("topic", ALL)
    known = scene.snapshot.places.cities
    cities = [known[name] for name in run.given.get("city", "").split() if name in known]
    if len(cities) > 1:
        ask_which(scene, topic, cities)
    elif cities:
        show_near(scene, topic, cities[0])
    else:
        show(scene, topic, run.known.get(COUNTRY, ""))


def ask_which(scene: Scene, topic: str, cities: list[City]) -> None:
    choices = (
        Choice(
            f"{isolate(city.name, scene.locale)} ({isolate(city.county, scene.locale)})",
            actions.pack(actions.NEAR, f"{topic}:{city.id}"),
        )
        for city in cities
    )
    scene.say(told.WHICH, *choices)


def show_near(scene: Scene, topic: str, city: City) -> None:
    show(scene, topic, city.country.lower(), find_office.point_of(city))


def show(scene: Scene, topic: str, country: str, at: Point | None = None) -> None:
    """Lines first where it is urgent. The place is used here, and is in nothing that is said."""
    scene.named_country = country
    found = find_office.look(scene.snapshot, topic, country, at)
    if found.lines_first:
        _say_lines(scene, found)
    if not found.is_near or not found.offices:
        scene.say(told.NONE_NEAR if at is not None else told.NONE_FOR_THIS)
    if found.offices:
        near = told.NEAREST if at is not None else told.SOME
        scene.say(near if found.is_near else told.FURTHER)
    for row in found.offices:
        scene.add(_office(scene, row))
    if not found.lines_first:
        _say_lines(scene, found)


def _say_lines(scene: Scene, found: Found) -> None:
    lines = [
        answers.number_line(scene.snapshot, row, found.country, scene.locale)
        for row in found.lines
        if answers.may_show(scene.snapshot, row)
    ]
    if not lines:
        return
    head = told.LINES_FIRST if found.lines_first else told.LINES
    facts = tuple(answers.contact_of(row) for row in found.lines)
    origin = Origin("interface", head.key, scene.locale, facts, scene.snapshot.id)
    text = "\n".join([scene.render(head), *(line.text for line in lines)])
    lane = Lane.SAFETY if found.lines_first else Lane.BOT
    scene.add(Reply(text, tuple(call_choices(scene, lines)), lane, origin))


def _office(scene: Scene, row: Row) -> Reply:
    locale, values = scene.locale, scene.snapshot.values
    of = find_office.prefix(row)
    columns = [c for c in ("name", "city", "address", "phone", "url", "hours") if row.cell(c)]
    before = told.CALL_FIRST if row.phones else told.ASK_FIRST
    lines = [isolate(row.name, locale), _where(scene, row)]
    lines += [values.shown(f"{of}_{column}", locale) for column in columns if column == "phone"]
    lines += _hours(scene, row)
    if not is_verified(row, scene.snapshot.today()):
        lines.append(scene.render(told.UNCONFIRMED))
    lines.append(scene.render(before))
    facts = tuple(f"{of}_{column}" for column in columns)
    origin = Origin("interface", before.key, locale, facts, scene.snapshot.id)
    return Reply("\n".join(lines), tuple(_links(scene, row, of)), origin=origin)


def _where(scene: Scene, row: Row) -> str:
    known = [row.cell("address"), row.cell("city")]
    place = isolate(", ".join(part for part in known if part), scene.locale)
    return f"{place} ({country_name(row.country, scene.locale)})"


def _hours(scene: Scene, row: Row) -> list[str]:
    """As the directory writes them, and whether today is a holiday."""
    if not row.cell("hours"):
        return []
    lines = [isolate(row.cell("hours"), scene.locale)]
    if find_office.is_day_off(row, datetime.now(UTC)):
        lines.append(scene.render(told.CLOSED_TODAY))
    return lines


def _links(scene: Scene, row: Row, of: str) -> list[Choice]:
    calls = [answers.number_line(scene.snapshot, row, row.country.lower(), scene.locale)]
    choices = call_choices(scene, calls) if row.phones else []
    if (page := scene.snapshot.values.url(f"{of}_url")) is not None:
        choices.append(Choice(scene.render(told.PAGE), url=page))
    if link := find_office.map_link(row):
        choices.append(Choice(scene.render(told.MAP), url=link))
    return choices
