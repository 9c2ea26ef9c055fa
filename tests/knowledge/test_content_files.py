"""YAML as data only, topics as the plan has them, sources as people can read them."""

from __future__ import annotations

import datetime

import pytest

from bot.knowledge import TOPICS, strict_yaml
from bot.knowledge.answers import short_source
from bot.knowledge.facts import is_safe_url, read_directory, read_facts


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &x 1", 1),
        ("a: 1\nb: *x", 2),
        ("a: !!python/object/apply:os.system [id]", 1),
        ("a: !x 1", 1),
        ("a: 1\nb: 2\na: 3", 3),
        ("a:\n  b: 1\n  b: 2", 3),
        ("? [a]\n: 1", 1),
        ("a: [1", 2),
        ("[" * 100_000, 1),
        ("a: " + "x" * 400_000, 1),
        ("a: 2026-13-40", 1),
        ("a: \x00", 1),
    ],
)
def test_tricks_and_mistakes_of_yaml_are_refused(text: str, line: int) -> None:
    with pytest.raises(strict_yaml.BadYaml) as caught:
        strict_yaml.load(text)
    assert caught.value.line == line


def test_what_plain_yaml_would_guess_stays_text() -> None:
    value, lines = strict_yaml.load(
        "a: no\nb: 12:30:45\nc: 0x1F\nd: 1_000\ne: 010\nf: 1e3\ng: .inf"
    )
    assert set(map(type, value.values())) == {str}
    assert lines["c"] == 3


def test_dates_numbers_and_nothing_are_read() -> None:
    value, _ = strict_yaml.load("a: 2026-07-01\nb: 4325\nc: 1.5\nd: null\ne: true\nf: ~")
    assert list(value.values()) == [datetime.date(2026, 7, 1), 4325, 1.5, None, True, None]


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"- a\n", b"\xff", b"a: 1\n" * 200_000])
def test_a_facts_file_with_no_facts_is_refused(data: bytes) -> None:
    assert read_facts("content/facts/ro.yaml", data).is_refused


@pytest.mark.parametrize("data", [b"", b"id,country\n", b"\xef\xbb\xbfid\n"])
def test_a_directory_with_no_rows_is_refused(data: bytes) -> None:
    assert read_directory("content/directory/ro.csv", data).is_refused


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://www.anes.gov.ro/a?b=c&d=1#e", True),
        ("http://www.aidrom.ro", True),
        ("javascript:alert(1)", False),
        ("https://xn--80ak6aa92e.com", False),
        ("https://user@evil.example.org", False),
        ("https://evil.example.org:8080", False),
        ("https://аnes.gov.ro", False),
        ("https://a b.ro", False),
        ("https://localhost", False),
        ("//anes.gov.ro", False),
        ("https://[", False),
    ],
)
def test_only_plain_web_addresses_pass(url: str, is_safe: bool) -> None:
    assert is_safe_url(url) == is_safe


def test_the_topics_are_those_of_the_plan() -> None:
    assert len(TOPICS) == 32
    assert list(TOPICS)[:2] == ["asylum", "temporary_protection"]
    assert list(TOPICS)[-1] == "other"
    assert all(len(label.english) <= 30 for label in TOPICS.values())
    assert all(label.key == f"topic_{topic}" for topic, label in TOPICS.items())


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("https://www.anes.gov.ro/x ; https://other.ro", "anes.gov.ro"),
        ("https://a.ro (2022)", "a.ro"),
        (
            "immigration guide, Romania chapter (cites a decision)",
            "immigration guide, Romania chapter",
        ),
        ("", ""),
    ],
)
def test_a_source_is_named_in_a_few_words(source: str, short: str) -> None:
    assert short_source(source) == short
