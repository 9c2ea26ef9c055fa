"""Models on disk: opening an archive, and the sum by which the service knows its own."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

# Rasa's dependencies warn of their own future at import; an operator can do nothing about it.
warnings.simplefilter("ignore")

from rasa.engine.loader import load_predict_graph_runner  # noqa: E402
from rasa.engine.runner.dask import DaskGraphRunner  # noqa: E402
from rasa.engine.runner.interface import GraphRunner  # noqa: E402
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.storage import ModelMetadata  # noqa: E402

PR_SET_PDEATHSIG = 1


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def open_runner(path: Path) -> tuple[ModelMetadata, GraphRunner]:
    with tempfile.TemporaryDirectory() as folder:
        return load_predict_graph_runner(Path(folder), path, LocalModelStorage, DaskGraphRunner)


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[tuple[LocalModelStorage, ModelMetadata]]:
    with tempfile.TemporaryDirectory() as folder:
        yield LocalModelStorage.from_model_archive(Path(folder), path)


def die_with_parent() -> None:
    """Ask Linux to end this process when the service that started it is gone."""
    parent = os.environ.get("PUNTE_PARENT")
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it went before we asked
        os._exit(1)
