"""Train one model, and say what it changes. Prints one line of JSON.

    .venv/bin/python train.py --data ../var/nlu/training.yml --out ../var/nlu/models/m.tar.gz

The same graph as `rasa train nlu`, without loading Rasa's default components: that alone
takes longer than a training does.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads would slow the server
os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # our cache is of embeddings, Rasa's of whole results

from models import DaskGraphRunner, LocalModelStorage, die_with_parent, sha256, unpacked  # noqa: I001
from components.chars import hashed_ngrams
from components.classifier import FILE, HonestClassifier, shape_of
from components.encoder import EmbeddingCache
from components.featurizer import CACHE_VARIABLE, SentenceFeaturizer
from components.intent_model import IntentModel
from rasa.engine.caching import LocalTrainingCache
from rasa.engine.recipes.graph_recipe import GraphV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.training.graph_trainer import GraphTrainer
from rasa.shared.data import TrainingType
from rasa.shared.importers.rasa import RasaFileImporter

HERE = Path(__file__).parent


def main() -> None:
    die_with_parent()
    options = _options()
    if options.cache:
        os.environ[CACHE_VARIABLE] = str(options.cache)
    started = time.monotonic()
    train(options.config, options.data, options.out)
    report: dict[str, Any] = {
        "sha256": sha256(options.out),
        "trained_s": round(time.monotonic() - started, 1),
    }
    if options.heldout and any(options.heldout.glob("*.jsonl")):
        report["regression"] = regression(
            options.heldout, options.out, options.before, options.cache
        )
    print(json.dumps(report), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Rasa NLU YAML, file or folder")
    parser.add_argument("--out", type=Path, required=True, help="the model to write, .tar.gz")
    parser.add_argument("--config", type=Path, default=HERE / "config.yml")
    parser.add_argument("--cache", type=Path, help="embeddings kept between trainings, .npz")
    parser.add_argument("--heldout", type=Path, help="folder of kept questions, <locale>.jsonl")
    parser.add_argument("--before", type=Path, help="the model to compare with")
    return parser.parse_args()


def train(config: Path, data: Path, out: Path) -> None:
    importer = RasaFileImporter(str(config), str(HERE / "domain.yml"), [str(data)])
    schema = GraphV1Recipe().graph_config_for_recipe(
        importer.get_config(), {}, training_type=TrainingType.NLU
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{os.getpid()}.{out.name}")
    with tempfile.TemporaryDirectory() as folder:
        trainer = GraphTrainer(
            LocalModelStorage(Path(folder)), LocalTrainingCache(), DaskGraphRunner
        )
        trainer.train(schema, importer, unfinished, force_retraining=True)
    unfinished.replace(out)


def regression(
    heldout: Path, after: Path, before: Path | None, cache: Path | None
) -> dict[str, Any]:
    """Counts only: how many kept questions are understood now, and what changed."""
    rows = _kept_questions(heldout)
    meaning = _embed_kept([row["text"] for row in rows], cache)
    now = _best_intents(after, rows, meaning)
    counts: dict[str, Counter] = {}
    for row, intent in zip(rows, now, strict=True):
        count = counts.setdefault(row["locale"], Counter(questions=0, right=0))
        count.update(questions=1, right=int(intent == row["intent"]))
    summary: dict[str, Any] = {locale: dict(count) for locale, count in counts.items()}
    old = _as_before(before, rows, meaning)
    if old is not None:
        pairs = list(zip(rows, old, now, strict=True))
        summary["changed"] = sum(o != n for _, o, n in pairs)
        summary["lost"] = sum(o == row["intent"] != n for row, o, n in pairs)
        summary["won"] = sum(n == row["intent"] != o for row, o, n in pairs)
    return summary


def _kept_questions(heldout: Path) -> list[dict[str, str]]:
    return [
        {**json.loads(line), "locale": path.stem}
        for path in sorted(heldout.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]


def _embed_kept(texts: list[str], cache: Path | None) -> Any:
    kept = EmbeddingCache(cache.with_name("heldout.npz") if cache else None)
    rows = kept.encode(texts)
    kept.save()
    return rows


def _as_before(before: Path | None, rows: list[dict[str, str]], meaning: Any) -> list[str] | None:
    """None when there is no model to compare with, or it is of older components."""
    if before is None or not before.exists():
        return None
    try:
        return _best_intents(before, rows, meaning)
    except (KeyError, ValueError, OSError):
        return None


def _best_intents(path: Path, rows: list[dict[str, str]], meaning: Any) -> list[str]:
    with unpacked(path) as (storage, metadata):
        nodes = metadata.predict_schema.nodes
        shape = shape_of({**HonestClassifier.get_default_config(), **nodes["intents"].config})
        with storage.read_from(Resource("train_intents")) as directory:
            model = IntentModel.load(directory / FILE, shape)
    features = {**SentenceFeaturizer.get_default_config(), **nodes["features"].config}
    letters = hashed_ngrams([row["text"] for row in rows], features["letter_dimensions"])
    confidences = model.confidences(meaning, letters)
    return [model.intents[best] for best in confidences.argmax(axis=1)]


if __name__ == "__main__":
    main()
