"""What the protection role sees of danger that was taken back before anybody could answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.console.visit import Visit
from bot.console.words import WORDS
from bot.i18n import country_name
from bot.storage import TakenBack

SHOWN_FOR = timedelta(days=30)
MOST = 10


async def taken_back(visit: Visit) -> list[str]:
    """One line for each kind and hour, newest first; nothing leads back to a person."""
    since = datetime.now(UTC) - SHOWN_FOR
    found = await visit.parts.store.alarms.taken_back(visit.staff, since)
    return [_line(visit, one) for one in found[:MOST]]


def _line(visit: Visit, one: TakenBack) -> str:
    locale, cards = visit.staff.locale, visit.snapshot.cards
    what = visit.snapshot.card_title(one.card, locale) if one.card in cards else one.card
    time = visit.calendar.moment(one.hour).shown
    if not one.country:
        return visit.rows.say(
            WORDS["taken_back_somewhere"].having(n=one.count, what=what, time=time)
        )
    country = country_name(one.country, locale)
    text = WORDS["taken_back"].having(n=one.count, what=what, country=country, time=time)
    return visit.rows.say(text)
