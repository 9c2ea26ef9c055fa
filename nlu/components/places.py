"""Countries, languages and cities by name, from lookup tables the service generates.

A lookup table is called `<kind>:<value>`, for example `country:HU`; its lines are the
names of that one place in all locales.
"""

from __future__ import annotations

import json
from typing import Any
from unicodedata import category

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.chars import fold

FILE = "places.json"
MAX_WORDS = 4  # of a place's name
STEM_FROM = 5  # letters a name needs to be known with another ending
ENDING = 4  # letters such an ending may have
MARKS = {"Mn", "Mc", "Cf"}  # inside a word: accents, vowel signs, joiners
VOWELS = "aeiouyаеиоуіїєяюыэ"

Place = tuple[str, str]  # kind, value
Names = dict[str, Place]


class PlaceLookup(GraphComponent):
    """Adds entities `country` (CU), `language` (uk) and `city` (a directory's city)."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, names: Names | None = None
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._names = names or {}
        self._stems = _stems(self._names)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceLookup:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> PlaceLookup:
        with model_storage.read_from(resource) as directory:
            stored = json.loads((directory / FILE).read_text("utf-8"))
        return cls(model_storage, resource, {name: tuple(place) for name, place in stored.items()})

    def train(self, training_data: TrainingData) -> Resource:
        self._names = _names(training_data.lookup_tables)
        with self._model_storage.write_to(self._resource) as directory:
            text = json.dumps(self._names, ensure_ascii=False, sort_keys=True)
            (directory / FILE).write_text(text, "utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = self.find(message.get(TEXT) or "")
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def find(self, text: str) -> list[dict[str, Any]]:
        words = _words(text)
        found, at = [], 0
        while at < len(words):
            taken, place = self._longest(words[at : at + MAX_WORDS])
            if place is not None:
                start, end = words[at][1], words[at + taken - 1][2]
                kind, value = place
                found.append({"entity": kind, "value": value, "start": start, "end": end})
            at += taken
        return found

    def _longest(self, words: list[tuple[str, int, int]]) -> tuple[int, Place | None]:
        for count in range(len(words), 0, -1):
            place = self._names.get(" ".join(word for word, _, _ in words[:count]))
            if place is not None:
                return count, place
        return 1, self._inflected(words[0][0])

    def _inflected(self, word: str) -> Place | None:
        """România, României; Румунія, в Румунії; Magyarország, Magyarországon."""
        for cut in range(1, ENDING + 1):
            stem, ending = word[:-cut], word[-cut:]
            place = self._stems.get(stem)
            # What was cut from a name were vowels; "romantic" is not of Romania.
            if place is not None and (stem in self._names or ending[0] in VOWELS):
                return place
        return None


def _names(tables: list[dict[str, Any]]) -> Names:
    names: Names = {}
    for table in tables:
        kind, _, value = table["name"].partition(":")
        for name in table["elements"]:
            # The first table wins: the service lists countries before languages.
            names.setdefault(fold(name), (kind, value))
    names.pop("", None)
    return names


def _stems(names: Names) -> Names:
    stems: Names = {}
    for name, place in names.items():
        stem = name.rstrip(VOWELS) if len(name) - len(name.rstrip(VOWELS)) <= 2 else name
        if " " not in name and len(stem) >= STEM_FROM:
            stems.setdefault(stem, place)
            stems.setdefault(name, place)
    return stems


def _words(text: str) -> list[tuple[str, int, int]]:
    """(folded word, start, end), the positions those of the text as it was written."""
    words, start = [], None
    for at, character in enumerate(text + " "):
        if character.isalnum() or (start is not None and category(character) in MARKS):
            start = at if start is None else start
        elif start is not None:
            words.append((fold(text[start:at]), start, at))
            start = None
    return words
