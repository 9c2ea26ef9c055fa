from __future__ import annotations

import re
from pathlib import Path

from bot.console import pages
from bot.console.words import WORDS

HERE = Path(pages.__file__).parent
SOURCES = [p for p in (*HERE.glob("*.py"), *HERE.glob("templates/*.html")) if p.name != "words.py"]
TEXT = "\n".join(path.read_text() for path in SOURCES)
# What both sides say of files is used there, too.
BESIDE = [*HERE.parent.glob("channels/*.py"), *HERE.parent.glob("channels/templates/*.html")]
# Keys that are put together: a state, an outcome, a kind follows.
BUILT = re.compile(
    r"(state|outcome|fate|who|kind|hit|field|slot|tag|wait|urgency|event|mine|mine_waits|safe|withdraw_why|media)_\w+"
)


def test_every_word_that_a_template_names_is_there() -> None:
    named = set(re.findall(r"""\bw\(["'](\w+)["'][,)]""", TEXT))
    assert named - WORDS.keys() == set()


def test_no_word_is_left_over() -> None:
    everything = "\n".join((TEXT, *(path.read_text() for path in BESIDE)))
    used = set(re.findall(r"""["'](\w+)["']""", everything))
    left = {key for key in WORDS if key not in used and not BUILT.fullmatch(key)}
    assert left == set()


def test_files_and_templates_name_no_other_host() -> None:
    ours = [*HERE.glob("static/console.*"), *HERE.glob("templates/*.html")]
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", "\n".join(p.read_text() for p in ours)))
    assert hosts <= {"www.w3.org"}


def test_nothing_in_a_template_needs_a_looser_policy() -> None:
    for path in HERE.glob("templates/*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:|hx-on|\|safe", text), path.name
        assert not re.search(r"hx-[a-z-]+=[\"\']js:", text)
        assert not re.search(r"<script(?![^>]*src=)", text)
