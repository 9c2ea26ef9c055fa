"""Posters: the code holds the link, the link leads where it says, and the script's direction."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import segno

from bot import posters
from bot.__main__ import main
from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Examples, Understanding
from bot.knowledge import Knowledge, Snapshot
from bot.posters import NoPoster, Poster, poster_of, svg, telegram_link, web_link
from bot.storage import Store
from tests.dialogue.talk import Talk, keys

LINK = "https://punte.example/?lang=ar&entry=common-lawyer"


@pytest.fixture
def snapshot(knowledge: Knowledge) -> Snapshot:
    return knowledge.snapshot


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUNTE_PUBLIC_URL", "https://punte.example")


def modules(drawn: str) -> set[tuple[int, int]]:
    """The dark modules of a drawn code, as (column, row)."""
    path = re.search(r'id="code"[^>]* d="([^"]*)"', drawn)
    assert path
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path[1])}


def texts(drawn: str) -> Iterator[ElementTree.Element]:
    yield from ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")


def test_the_code_is_the_links(snapshot: Snapshot) -> None:
    drawn = svg(poster_of(snapshot, "ar", "entry", "common-lawyer", LINK))
    wanted = segno.make(LINK, error="m", micro=False).matrix
    dark = {(x, y) for y, row in enumerate(wanted) for x, module in enumerate(row) if module}
    assert modules(drawn) == dark
    assert any(text.text == LINK for text in texts(drawn))


def test_the_code_has_white_around_it_and_stays_on_the_sheet(snapshot: Snapshot) -> None:
    drawn = svg(poster_of(snapshot, "en", "entry", "common-lawyer", LINK))
    size = len(posters.matrix(LINK))
    module = posters.CODE_MM / (size + 8)
    left, top, scale = map(
        float, re.findall(r"translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+)\)", drawn)[0]
    )
    assert scale == pytest.approx(module, abs=0.001)
    assert left + size * scale + 4 * scale < posters.WIDTH
    assert top + size * scale + 4 * scale < posters.HEIGHT - 40


def test_arabic_begins_on_the_right_and_its_address_does_not(snapshot: Snapshot) -> None:
    title, *rest = texts(svg(poster_of(snapshot, "ar", "entry", "common-lawyer", LINK)))
    assert (title.get("direction"), title.get("text-anchor")) == ("rtl", "start")
    assert float(title.get("x", "")) > posters.WIDTH / 2
    [address] = [text for text in rest if text.text == LINK]
    assert address.get("direction") == "ltr"


def test_english_begins_on_the_left(snapshot: Snapshot) -> None:
    title, *_ = texts(svg(poster_of(snapshot, "en", "entry", "common-lawyer", LINK)))
    assert (title.get("direction"), title.get("x")) == ("ltr", str(posters.MARGIN))


def test_what_everybody_should_know_is_on_it(snapshot: Snapshot) -> None:
    drawn = svg(poster_of(snapshot, "en", "flow", "job-offer-check", LINK))
    said = " ".join(text.text or "" for text in texts(drawn))
    assert "We never ask for money." in said
    assert "In danger, call 112." in said
    assert "This is a demonstration." in said


def test_live_has_no_word_of_a_demonstration(snapshot: Snapshot) -> None:
    live = replace(snapshot, stage="live")
    assert poster_of(live, "en", "entry", "common-lawyer", LINK).demo == ""


def test_every_title_fits_on_the_sheet(snapshot: Snapshot) -> None:
    for kind, all_of in (("entry", snapshot.entries), ("flow", snapshot.flows)):
        for target in all_of:
            drawn = svg(
                poster_of(
                    snapshot, "en", kind, target, web_link("https://p.example", "en", kind, target)
                )
            )
            heights = [float(text.get("y", "")) for text in texts(drawn)]
            assert max(heights) < posters.HEIGHT - 10
            assert len(set(heights)) == len(heights), target


def test_chinese_is_wrapped_without_spaces() -> None:
    long = Poster("zh", "在罗马尼亚哪里可以找到免费的律师" * 3, ("a",), "b", LINK, "c")
    title = [text for text in texts(svg(long)) if text.get("font-weight") == "700"]
    assert len(title) > 2


def test_markup_is_only_text() -> None:
    drawn = svg(Poster("en", "<script>&", ("a",), "b", LINK, "c"))
    assert "<script>" not in drawn


# Links


def test_every_link_fits_telegram_and_is_understood(snapshot: Snapshot) -> None:
    for locale in snapshot.catalogues.locales:
        for target in (*snapshot.entries, *snapshot.flows):
            payload = telegram_link("PunteBot", locale, target).partition("start=")[2]
            assert re.fullmatch(r"[a-z]{2,3}_[a-z0-9-]{1,40}", payload), payload


def test_a_link_too_long_for_telegram_is_refused() -> None:
    with pytest.raises(NoPoster, match="longer than"):
        telegram_link("PunteBot", "uk", "x" * 62)


async def test_telegrams_link_opens_what_the_poster_asks(
    store: Store, knowledge: Knowledge, system: Examples
) -> None:
    parts = TurnParts(store, knowledge, Understanding(knowledge, None, system))
    talk = Talk(store, parts)
    await talk.commands("start " + telegram_link("P", "en", "find-office").partition("start=")[2])
    assert "find-office/intro" in keys(talk.last)
    await talk.commands("start " + telegram_link("P", "uk", "common-lawyer").partition("=")[2])
    assert any(line.entry == "common-lawyer" for line in talk.last)


# The command


def test_one_sheet_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["poster", "--entry", "common-lawyer"]) == 0
    assert capsys.readouterr().out.startswith("<svg")


def test_several_languages_are_several_files(tmp_path: Path) -> None:
    out = tmp_path / "lawyer.svg"
    asked = ["poster", "--entry", "common-lawyer", "--locale", "en", "ar", "--out", str(out)]
    assert main(asked) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lawyer-ar.svg", "lawyer-en.svg"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--entry", "nothing"], "there is no entry 'nothing'"),
        (["--flow", "nothing"], "there is no flow 'nothing'"),
        (["--entry", "common-lawyer", "--locale", "xx"], "'xx' is not offered"),
        (["--entry", "common-lawyer", "--locale", "en", "ar"], "several languages need --out"),
        (["--entry", "common-lawyer", "--out", "p.png"], "must end in .svg or .pdf"),
    ],
)
def test_what_cannot_be_made_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["poster", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_link_needs_an_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUNTE_PUBLIC_URL")
    assert main(["poster", "--entry", "common-lawyer"]) == 1
    assert "PUNTE_PUBLIC_URL" in capsys.readouterr().err


def test_without_a_program_for_pdf_the_next_step_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    out = str(tmp_path / "p.pdf")
    assert main(["poster", "--entry", "common-lawyer", "--out", out]) == 1
    assert "print it to PDF" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
def test_a_pdf_has_a_sheet_for_each_language(tmp_path: Path) -> None:
    out = tmp_path / "p.pdf"
    asked = ["poster", "--entry", "common-lawyer", "--locale", "en", "ar", "--out", str(out)]
    assert main(asked) == 0
    body = out.read_bytes()
    assert body.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", body)) == 2
