"""A case follows its person: language, country, and with their yes the office."""

from __future__ import annotations

import pytest

from bot.storage import CaseState, MoveOffice, NoSuchCase, OpenCase, Reason, Store
from bot.storage.desk_records import NORMAL
from tests.handoff.cast import ask, hire_all, turn


async def test_language_and_country_of_a_case_are_the_persons_present_ones(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await turn(store, "hello", changes={"locale": "ar", "country": "hu"})
    now = await store.desk.case(cast.petra, case.number)
    assert (now.locale, now.country, now.office) == ("ar", "hu", "ro")
    kinds = [(e.kind, e.detail) for e in await store.desk.changes(cast.petra, 0)]
    assert kinds[-2:] == [("follows", "locale"), ("follows", "country")]
    await turn(store, "again", changes={"locale": "ar", "country": "hu"})
    assert (await store.desk.changes(cast.petra, 0))[-1].kind == "person_wrote"


async def test_so_they_are_when_a_case_opens_again(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.close(cast.petra, case.number, claimed.fence, "answered")
    again = OpenCase(Reason.ASKED, NORMAL, "ro")
    await turn(store, "again", change=again, changes={"locale": "hu", "country": "hu"})
    now = await store.desk.case(cast.jonas, case.number)
    assert (now.state, now.locale, now.country) == (CaseState.WAITING, "hu", "hu")


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_with_a_yes_the_other_office_gets_it_without_the_notes(
    store: Store, is_claimed: bool
) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    if is_claimed:
        case = await store.desk.claim(cast.petra, case.number)
        await store.desk.note(cast.petra, case.number, case.fence, "a note", "k")
    await turn(store, "yes", change=MoveOffice("hu"))
    with pytest.raises(NoSuchCase):
        await store.desk.case(cast.petra, case.number)
    (moved,) = await store.desk.queue(cast.anna)
    assert (moved.number, moved.state) == (case.number, CaseState.WAITING)
    assert (await store.desk.changes(cast.petra, 0))[-1].kind in ("transferred", "left")
    assert (await store.desk.changes(cast.anna, 0))[-1].kind == "arrived"
    await store.desk.claim(cast.anna, case.number)
    opened = await store.desk.open_case(cast.anna, case.number)
    assert opened.notes == () and opened.lines
    if is_claimed:
        claimed = opened.case
        await store.desk.transfer(
            cast.anna, case.number, claimed.fence, to_office="ro", consented=True
        )
        await store.desk.claim(cast.jonas, case.number)
        back = await store.desk.open_case(cast.jonas, case.number)
        assert [note.text for note in back.notes] == ["a note"]


async def test_the_holder_may_send_the_notes_along(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    case = await store.desk.claim(cast.petra, case.number)
    await store.desk.note(cast.petra, case.number, case.fence, "a note", "k")
    await store.desk.transfer(
        cast.petra, case.number, case.fence, to_office="hu", consented=True, with_notes=True
    )
    await store.desk.claim(cast.anna, case.number)
    opened = await store.desk.open_case(cast.anna, case.number)
    assert [note.text for note in opened.notes] == ["a note"]


@pytest.mark.parametrize("office", ["ro", "xx", ""])
async def test_an_office_that_is_not_there_or_has_it_already_changes_nothing(
    store: Store, office: str
) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await turn(store, "yes", change=MoveOffice(office))
    assert (await store.desk.case(cast.petra, case.number)).office == "ro"
