"""A wrong fact goes in two taps, from every answer, until an editor restores it."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.console.words import WORDS
from bot.handoff.withdrawals import Withdrawals
from bot.knowledge import Knowledge
from bot.messages import Origin
from bot.storage import Role, Store
from tests.console.desk_rig import Browser, Rig

ROOT = Path(__file__).resolve().parent.parent.parent
ENTRY = "ro-asylum-where"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the content: what is withdrawn here must not be withdrawn for other tests."""
    root = tmp_path_factory.mktemp("content")
    for folder in ("content", "locales"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


@pytest.fixture
def own(files: Path) -> Knowledge:
    return Knowledge.open(files, None)


@pytest.fixture
async def rig(store: Store, own: Knowledge) -> AsyncIterator[Rig]:
    rig = Rig(store, own)
    yield rig
    rig.close()


def a_fact_of(own: Knowledge) -> tuple[str, str]:
    """A name in an answer's text, and the fact or row behind it."""
    answer = own.snapshot.answer(ENTRY, "en", "ro")
    name = next(name for bubble in answer.bubbles for name in bubble.origin.facts)
    return name, own.snapshot.declared_as(name)


async def tell(rig: Rig, petra: Browser, number: str, name: str) -> None:
    assert petra.staff
    case = await rig.desk.case(petra.staff, number)
    origin = Origin(ENTRY, "answer/where", "en", (name,))
    await rig.desk.reply(
        petra.staff, number, case.fence, "Go there.", 99, "told", origin=replace(origin)
    )


async def test_two_taps_and_it_is_gone_from_every_answer(rig: Rig, own: Knowledge) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    name, declared = a_fact_of(own)
    await tell(rig, petra, number, name)
    page = (await petra.get(f"/desk/case/{number}")).text
    (url,) = set(re.findall(r'href="(/desk/wrong\?[^"]+)"', page))
    asked = await petra.get(html.unescape(url))
    assert f'name="name" value="{declared}"' in asked.text
    done = await petra.post("/desk/wrong", name=declared, why="old")
    assert done.status_code == 200 and WORDS["withdraw_done"].english in done.text
    assert number in done.text.split('id="told"')[1]
    for locale in own.snapshot.catalogues.locales:
        answer = own.snapshot.answer(ENTRY, locale, "ro")
        facts = {fact for bubble in answer.bubbles for fact in bubble.origin.facts}
        assert name not in facts
        assert "fact_expired" in [notice.key for notice in answer.notices] or not answer.bubbles
    again = await petra.post("/desk/wrong", name=declared)
    assert WORDS["withdraw_already"].english in again.text
    mine = (await petra.get("/desk/mine")).text
    assert WORDS["withdraw_told_mine"].english in mine


async def test_another_process_and_the_next_start_know_it_too(
    rig: Rig, own: Knowledge, files: Path
) -> None:
    petra = await rig.browser()
    name, declared = a_fact_of(own)
    other = Knowledge.open(files, None)
    elsewhere = Withdrawals(rig.store, other)
    before = other.snapshot.id
    await petra.post("/desk/wrong", name=declared)
    assert other.snapshot.values.may_show(name, "demo", other.snapshot.today())
    await elsewhere.refresh()
    assert not other.snapshot.values.may_show(name, "demo", other.snapshot.today())
    assert other.snapshot.id == own.snapshot.id != before
    # A file that is saved meanwhile brings nothing back.
    other._stamp = ""
    other.reload()
    assert not other.snapshot.values.may_show(name, "demo", other.snapshot.today())
    edita = await rig.browser("edita", Role.EDITOR)
    await edita.post("/desk/withdrawn/restore", name=declared)
    await elsewhere.refresh()
    assert other.snapshot.id == before


async def test_it_renders_as_if_its_file_said_so(own: Knowledge, files: Path) -> None:
    """The overlay is the same as `state: withdrawn` in the row's own line."""
    name, declared = a_fact_of(own)
    own.withdraw(frozenset({declared}))
    shown = own.snapshot.answer(ENTRY, "en", "ro")
    row = own.snapshot.values.source(name)
    assert row is not None and row.state == "withdrawn"
    assert own.snapshot.values.fault(name) == f"{{{name}}} is withdrawn and is never shown"
    assert all(name not in bubble.origin.facts for bubble in shown.bubbles)


async def test_editors_see_who_and_why_and_restore(rig: Rig, own: Knowledge) -> None:
    petra = await rig.browser()
    edita = await rig.browser("edita", Role.EDITOR)
    _, declared = a_fact_of(own)
    before = own.snapshot.id
    assert WORDS["withdraw_list_empty"].english in (await edita.get("/desk/withdrawn")).text
    await petra.post("/desk/wrong", name=declared, why="dead")
    page = (await edita.get("/desk/withdrawn")).text
    assert "Petra" in page and WORDS["withdraw_why_dead"].english in page
    assert (await petra.get("/desk/withdrawn")).status_code == 404
    assert (await petra.post("/desk/withdrawn/restore", name=declared)).status_code == 404
    page = (await edita.post("/desk/withdrawn/restore", name=declared)).text
    assert WORDS["withdraw_restored"].english in page
    assert own.snapshot.id == before
    # It can be withdrawn again: each time is a row of its own.
    assert WORDS["withdraw_done"].english in (await petra.post("/desk/wrong", name=declared)).text


@pytest.mark.parametrize("name", ["ro-112", "hu-112"])
async def test_the_emergency_number_is_never_withdrawn(rig: Rig, own: Knowledge, name: str) -> None:
    petra = await rig.browser()
    before = own.snapshot
    answer = await petra.post("/desk/wrong", name=name)
    assert answer.status_code == 422 and WORDS["withdraw_never"].english in answer.text
    own.withdraw(frozenset({name}))  # not even when the database says so
    assert own.snapshot.id == before.id
    for card in own.snapshot.cards:
        lines = own.snapshot.card(card, "en", None).lines
        assert "112" in [line.phone for line in lines] or lines


@pytest.mark.parametrize("fields", [{"name": "nothing"}, {"name": ""}, {"why": "rain"}])
async def test_what_is_no_fact_is_refused(rig: Rig, own: Knowledge, fields: dict[str, str]) -> None:
    petra = await rig.browser()
    name = {"name": a_fact_of(own)[1]}
    assert (await petra.post("/desk/wrong", **(name | fields))).status_code == 422
    assert await rig.desk.withdrawals.read() == []


async def test_who_was_told_is_for_the_holder_and_the_manager(rig: Rig, own: Knowledge) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    name, declared = a_fact_of(own)
    await tell(rig, petra, number, name)
    jonas = await rig.browser("jonas")
    mara = await rig.browser("mara", Role.MANAGER)
    anna = await rig.browser("anna", Role.MANAGER, office="hu")
    await jonas.post("/desk/wrong", name=declared)
    seen = {}
    for browser in (petra, jonas, mara, anna):
        assert browser.staff
        seen[browser.staff.name] = [
            told.number for told in await rig.desk.withdrawals.told(browser.staff, declared)
        ]
    assert seen == {"petra": [number], "jonas": [], "mara": [number], "anna": []}


async def test_found_answers_and_phrases_lead_to_it_too(rig: Rig, own: Knowledge) -> None:
    number = await rig.asks()
    petra = await rig.browser()
    await petra.claims(number)
    answer = await petra.post(f"/desk/case/{number}/find", open=f"e:{ENTRY}")
    assert "/desk/wrong?" in answer.text
