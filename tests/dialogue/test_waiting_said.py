"""What somebody who asks for a counsellor is told about when one answers: nothing but the truth.

Out of hours, on one country's day off, with nobody signed in, with everybody busy: through
the front door, in the words that people read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.console.logins import Logins
from bot.dialogue.turn import TurnParts, Waiting
from bot.handoff import waiting
from bot.i18n import render
from bot.messages import Text
from bot.storage import Case, Role, Staff, Store
from tests.dialogue.talk import Talk
from tests.handoff.cast import hire

# Monday; the offices are open from nine to five, and Bucharest is an hour ahead of Budapest.
MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
ROMANIAS_DAY = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)  # a Tuesday, a public holiday there


def told_now(store: Store) -> Waiting:
    async def tell(case: Case) -> Sequence[Text]:
        return await waiting.tell(store, case, datetime.now(UTC))

    return tell


@pytest.fixture
def parts(parts: TurnParts, store: Store) -> TurnParts:
    return replace(parts, waiting=told_now(store))


async def asks(store: Store, parts: TurnParts, locale: str, country: str, who: str) -> str:
    """Somebody asks for a counsellor; the bubble that says how long it takes."""
    talk = Talk(store, parts, who)
    await talk.commands(f"language {locale}")
    await talk.commands(f"country {country}")
    said = await talk.commands("human")
    (bubble,) = [line for line in said if line.block == "handoff_sent"]
    assert bubble.locale == locale
    return bubble.text


async def at_the_desk(store: Store, name: str, office: str = "ro") -> Staff:
    staff = await hire(store, name, Role.COUNSELLOR, office=office)
    account = await store.staff.account_named(name)
    assert account is not None
    await store.staff.set_password(account, "chosen")
    account = await store.staff.account_named(name)
    assert account is not None
    assert await Logins(store.staff).begin(account, True, None)
    await store.desk.heartbeat(staff)
    return staff


@pytest.mark.parametrize(
    ("locale", "country", "opens"),
    [("uk", "ro", "24 листопада 2026"), ("hu", "hu", "2026. november 24")],
)
async def test_out_of_hours_it_says_when_the_office_opens(
    store: Store, parts: TurnParts, locale: str, country: str, opens: str
) -> None:
    with time_machine.travel(EVENING, tick=False):
        said = await asks(store, parts, locale, country, "oleh")
    assert opens in said, said
    assert "9:00" in said, said  # the office's own clock, in Bucharest and in Budapest
    assert "112" in said, said


@pytest.mark.parametrize("locale", ["ar", "en"])
async def test_a_day_off_of_one_country_is_not_one_of_the_other(
    store: Store, parts: TurnParts, locale: str
) -> None:
    with time_machine.travel(ROMANIAS_DAY, tick=False):
        romania = await asks(store, parts, locale, "ro", "amina")
        hungary = await asks(store, parts, locale, "hu", "mariam")
    day_off = shown(parts, waiting.HOURS_DAY_OFF, locale)
    assert day_off in romania and day_off not in hungary
    assert {"ar": "2 ديسمبر 2026", "en": "2 December 2026"}[locale] in romania
    # There the office is open, and nobody is signed in.
    assert shown(parts, waiting.QUEUE_NOBODY, locale) in hungary
    assert shown(parts, waiting.HOURS_DAY_OFF, locale) not in hungary


@pytest.mark.parametrize("locale", ["ro", "ar"])
async def test_with_nobody_signed_in_it_does_not_promise_anybody(
    store: Store, parts: TurnParts, locale: str
) -> None:
    await hire(store, "petra", Role.COUNSELLOR)  # she has an account, and is not there
    with time_machine.travel(MORNING, tick=False):
        said = await asks(store, parts, locale, "ro", "amina")
    assert shown(parts, waiting.QUEUE_NOBODY, locale) in said, said
    assert shown(parts, waiting.QUEUE_PLACE.having(place=1), locale) in said, said
    assert "112" in said, said


@pytest.mark.parametrize("locale", ["uk", "hu"])
async def test_with_everybody_busy_it_says_so_and_names_the_place(
    store: Store, parts: TurnParts, locale: str
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        for name, person in (("petra", "oleh"), ("jonas", "mariam")):
            staff = await at_the_desk(store, name)
            await asks(store, parts, locale, "ro", person)
            (case,) = await store.desk.queue(staff)
            await store.desk.claim(staff, case.number)
        said = await asks(store, parts, locale, "ro", "amina")
        clock.shift(timedelta(seconds=5))
        later = await asks(store, parts, locale, "ro", "daniel")
    busy = shown(parts, waiting.QUEUE_BUSY.having(n=2), locale)
    assert busy in said and busy in later, said
    assert shown(parts, waiting.QUEUE_PLACE.having(place=1), locale) in said
    assert shown(parts, waiting.QUEUE_PLACE.having(place=2), locale) in later


def shown(parts: TurnParts, text: Text, locale: str) -> str:
    return render(text, locale, parts.knowledge.snapshot.catalogues)
