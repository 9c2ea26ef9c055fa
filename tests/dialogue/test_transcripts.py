"""Whole conversations, through the front door, in several languages (tests/transcripts/*.txt)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.dialogue.turn import TurnParts
from bot.handoff.desk import Desk
from bot.i18n.locales import in_order, is_known
from bot.knowledge import Knowledge
from bot.knowledge.sync import Source, extract
from bot.news import News
from bot.storage import Role, Staff, Store
from bot.storage.staff_records import NewCounsellor
from tests.dialogue import transcript
from tests.dialogue.talk import Talk

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "tests" / "transcripts").glob("*.txt"))
# Languages that have every text; the others have the way in and the danger lane.
OFFERED = ("en", "ro", "hu", "uk", "ar")
EVERYWHERE = in_order(path.name for path in (ROOT / "locales").iterdir() if is_known(path.name))
SCRIPTS = [transcript.read(path, OFFERED, ("en", *EVERYWHERE)) for path in FILES]
PLAYS = [
    pytest.param(script, locale, id=f"{script.path.stem}-{locale}")
    for script in SCRIPTS
    for locale in script.locales
]


@pytest.fixture(scope="session")
def texts(knowledge: Knowledge) -> Mapping[str, Source]:
    return extract(ROOT)[0]["interface"]


@pytest.fixture(params=["sqlite"])  # what the two databases differ in is tested in tests/storage
def database_url(request: pytest.FixtureRequest, tmp_path: Path, blank_sqlite: Path) -> str:
    shutil.copy(blank_sqlite, tmp_path / "punte.sqlite3")
    return ""


@pytest.fixture
async def petra(store: Store) -> Staff:
    """She may take every case of Romania's office."""
    roles = frozenset({Role.COUNSELLOR, Role.PROTECTION})
    given = await store.staff.add(NewCounsellor("petra", roles, "", office="ro", shown_as="Petra"))
    account = await store.staff.account(given)
    assert account is not None
    return account.staff


@pytest.mark.parametrize(("script", "locale"), PLAYS)
async def test_transcript(
    store: Store,
    parts: TurnParts,
    knowledge: Knowledge,
    petra: Staff,
    texts: Mapping[str, Source],
    script: transcript.Script,
    locale: str,
) -> None:
    talk, snapshot = Talk(store, parts), knowledge.snapshot
    counsellor = transcript.Counsellor(Desk(store, knowledge, News()), petra, talk, snapshot)
    player = transcript.Player(talk, snapshot, texts, locale, counsellor)
    await player.play(script)


def test_every_language_we_offer_is_played(knowledge: Knowledge) -> None:
    played = {locale for script in SCRIPTS for locale in script.locales}
    assert played == set(knowledge.snapshot.catalogues.locales)


def test_there_are_enough_transcripts() -> None:
    assert len(SCRIPTS) >= 20
    everywhere = [script for script in SCRIPTS if script.locales == OFFERED]
    assert len(everywhere) >= 5


def test_every_danger_card_has_a_transcript(knowledge: Knowledge) -> None:
    said = "\n".join(path.read_text("utf-8") for path in FILES)
    first = {
        card.id: card.blocks["first"].text.split("\n")[0][:40]
        for card in knowledge.snapshot.cards.values()
    }
    missing = [card for card, text in first.items() if text not in said]
    assert not missing, f"add to tests/transcripts/ what happens when somebody needs: {missing}"
