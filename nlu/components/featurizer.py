"""Sentence features: the encoder's vector, dense, and hashed character n-grams, sparse."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from components.chars import hashed_ngrams
from components.encoder import ENCODER, EmbeddingCache

MEANING = "meaning"
LETTERS = "letters"
CACHE_VARIABLE = "PUNTE_EMBEDDINGS"  # where training keeps embeddings; unset: nowhere


class SentenceFeaturizer(GraphComponent):
    """Adds two sentence features: `meaning` (encoder) and `letters` (n-grams)."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"letter_dimensions": 4096}

    def __init__(self, config: dict[str, Any]) -> None:
        self._letter_dimensions = int(config["letter_dimensions"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [m for m in training_data.training_examples if m.get(TEXT)]
        path = os.environ.get(CACHE_VARIABLE)
        cache = EmbeddingCache(Path(path) if path else None)
        self._add(messages, cache.encode([m.get(TEXT) for m in messages]))
        cache.save()
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        written = [m for m in messages if m.get(TEXT)]
        self._add(written, ENCODER.encode([m.get(TEXT) for m in written]))
        return messages

    def _add(self, messages: list[Message], meaning: np.ndarray) -> None:
        letters = hashed_ngrams([m.get(TEXT) for m in messages], self._letter_dimensions)
        for at, message in enumerate(messages):
            for origin, row in ((MEANING, meaning[at : at + 1]), (LETTERS, letters[at])):
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, origin))


def meaning_of(messages: list[Message]) -> np.ndarray:
    return np.concatenate(_rows(messages, MEANING))


def letters_of(messages: list[Message]) -> csr_matrix:
    return vstack(_rows(messages, LETTERS), format="csr")


def _rows(messages: list[Message], origin: str) -> list[Any]:
    return [f.features for m in messages for f in m.features if f.origin == origin]
