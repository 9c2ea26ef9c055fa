from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.training import Trainer, TrainingFailed, place_lookups, training_yaml
from tests.fakes import nlu_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return nlu_project.make(tmp_path / "nlu")


@pytest.fixture
def trainer(tmp_path: Path, project: Path) -> Trainer:
    return Trainer(tmp_path / "var", project)


def data(phrase: str = "hello") -> str:
    return training_yaml({"greeting": {"en": (phrase,)}}, {})


def test_training_data_is_the_same_for_the_same_knowledge_in_another_order() -> None:
    one = training_yaml({"a": {"en": ("x",), "uk": ("й",)}, "b": {"en": ("z",)}}, {})
    two = training_yaml({"b": {"en": ("z",)}, "a": {"uk": ("й",), "en": ("x",)}}, {})
    assert one == two


def test_a_phrase_cannot_break_or_annotate_the_training_data() -> None:
    hostile = 'a\nnlu: b\u2028- c [Ana](name){x} \x85 \ud800 \x00 "q" \\ # \''
    lines = training_yaml({"i": {"en": (hostile, hostile, "  ")}}, {}).splitlines()
    phrases = [line for line in lines if line.startswith("    - ")]
    assert phrases == ["    - a nlu: b - c Ana(name)x \ufffd \ufffd q # '"]


def test_a_model_that_was_changed_by_one_byte_is_not_ours(trainer: Trainer, project: Path) -> None:
    model = asyncio.run(trainer.train(trainer.prepare(data())))
    assert trainer.current() == model
    stored = bytearray(model.path.read_bytes())
    stored[0] ^= 1
    model.path.write_bytes(stored)
    assert trainer.current() is None


def test_a_changed_component_makes_the_model_stale(trainer: Trainer, project: Path) -> None:
    before = trainer.prepare(data())
    asyncio.run(trainer.train(before))
    (project / "config.yml").write_text("recipe: graph.v1 # changed\n")
    assert trainer.prepare(data()) != before
    assert trainer.current() is None


def test_a_failed_training_leaves_the_last_model(trainer: Trainer, project: Path) -> None:
    model = asyncio.run(trainer.train(trainer.prepare(data())))
    (project / "fail-training").touch()
    with pytest.raises(TrainingFailed):
        asyncio.run(trainer.train(trainer.prepare(data("changed"))))
    assert trainer.current() == model


def test_lookups_name_each_place_in_every_locale() -> None:
    lookups = place_lookups(
        ("en", "uk"),
        lambda code, locale: f"{code} in {locale}",
        lambda code, locale: f"{code} in {locale}",
        {"Timișoara": ("Тімішоара",)},
    )
    assert lookups["country:HU"] == ("HU in en", "HU in uk")
    assert lookups["city:Timișoara"] == ("Timișoara", "Тімішоара")
    assert '- lookup: "city:Timișoara"' in training_yaml({}, lookups)
