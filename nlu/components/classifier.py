"""The intent classifier as a Rasa component; the mathematics is in intent_model.py."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.featurizer import letters_of, meaning_of
from components.intent_model import OUT_OF_SCOPE, IntentModel, Shape, fit

RANKED = 10
FILE = "intents.npz"
NOTHING_SAID = [{"name": OUT_OF_SCOPE, "confidence": 1.0}]

MEASURED = Shape(
    closeness=1.0,
    letter_weight=0.3,
    ridge=0.2,
    skeleton_weight=1.4,
    by_score=15.5,
    by_stranger=-11.5,
    at_nothing=-4.8,
    by_danger=6.2,
    danger_stranger=-0.5,
    at_no_danger=-4.4,
)


class HonestClassifier(GraphComponent):
    """Ranks intents by confidence; knows `out-of-scope` when it sees it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return asdict(MEASURED)

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
    ) -> None:
        self._shape = shape_of(config)
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> HonestClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> HonestClassifier:
        with model_storage.read_from(resource) as directory:
            model = IntentModel.load(directory / FILE, shape_of(config))
        return cls(config, model_storage, resource, model)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT)]
        self._model = fit(
            meaning_of(examples),
            letters_of(examples),
            [m.get(INTENT) for m in examples],
            self._shape,
        )
        with self._model_storage.write_to(self._resource) as directory:
            self._model.save(directory / FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        assert self._model is not None, "load or train first"
        for message in messages:
            ranking = self._ranking(self._model, message)
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    @staticmethod
    def _ranking(model: IntentModel, message: Message) -> list[dict[str, Any]]:
        if not message.get(TEXT):
            return NOTHING_SAID
        confidences = model.confidences(meaning_of([message]), letters_of([message]))[0]
        return [
            {INTENT_NAME_KEY: name, "confidence": confidence}
            for name, confidence in model.ranking(confidences, RANKED)
        ]


def shape_of(config: dict[str, Any]) -> Shape:
    return Shape(**{field.name: config[field.name] for field in fields(Shape)})
