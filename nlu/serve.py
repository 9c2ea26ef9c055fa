"""Serve one model on loopback: the part of Rasa's HTTP API that Punte uses.

    PUNTE_NLU_TOKEN=... .venv/bin/python serve.py --port 5005 --models ../var/nlu/models

`POST /model/parse`, `PUT /model` and `GET /status` speak as `rasa run --enable-api` does
and run the same graph of the same archive. What `rasa run` adds (conversations, policies,
training over HTTP, telemetry) is not there, nor is the TensorFlow it imports. No text that
comes in is kept or logged.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hmac
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# A parse is one thread's work and as many run as there are cores: sharing one sentence
# between cores gives less in all, and threads that spin while waiting give least.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", RASA_TELEMETRY_ENABLED="false")

from models import die_with_parent, open_runner, sha256  # noqa: E402, I001
from components.encoder import ENCODER  # noqa: E402
from rasa.core.channels.channel import UserMessage  # noqa: E402
from rasa.engine.constants import PLACEHOLDER_MESSAGE  # noqa: E402
from sanic import Sanic, response  # noqa: E402
from sanic.exceptions import SanicException  # noqa: E402
from sanic.request import Request  # noqa: E402
from sanic.response import HTTPResponse  # noqa: E402

MAX_REQUEST_BYTES = 16 * 1024
RESPONSE_TIMEOUT_S = 5


class Server:
    """The model that serves now. A new one takes its place in one assignment."""

    def __init__(self, models: Path) -> None:
        self._models = models.resolve()
        self._serving: tuple | None = None  # (name, metadata, runner)
        self._swapping = threading.Lock()

    def load(self, path: Path, expected: str) -> None:
        """Raises ValueError for a file that is not the one the service trained."""
        path = path.resolve()
        if path.parent != self._models or not path.is_file():
            raise ValueError("not in the models folder")
        with self._swapping:
            if not hmac.compare_digest(sha256(path), expected):
                raise ValueError("not the file that was trained")
            metadata, runner = open_runner(path)
            self._serving = (path.name, metadata, runner)
        gc.collect()

    def parse(self, text: str) -> dict[str, Any]:
        assert self._serving is not None
        _, metadata, runner = self._serving
        results = runner.run(
            inputs={PLACEHOLDER_MESSAGE: [UserMessage(text)]}, targets=[metadata.nlu_target]
        )
        found = results[metadata.nlu_target][0].as_dict(only_output_properties=True)
        return {
            "text": text,
            "intent": found["intent"],
            "entities": found.get("entities", []),
            "intent_ranking": found.get("intent_ranking", []),
        }

    @property
    def status(self) -> dict[str, Any]:
        if self._serving is None:
            return {"model_file": None, "model_id": None}
        name, metadata, _ = self._serving
        return {"model_file": name, "model_id": metadata.model_id}

    @property
    def is_loaded(self) -> bool:
        return self._serving is not None


def create_app(server: Server, token: str) -> Sanic:
    app = Sanic("punte-nlu", configure_logging=False)
    app.config.update(
        ACCESS_LOG=False,
        REQUEST_MAX_SIZE=MAX_REQUEST_BYTES,
        REQUEST_TIMEOUT=RESPONSE_TIMEOUT_S,
        RESPONSE_TIMEOUT=RESPONSE_TIMEOUT_S,
        KEEP_ALIVE_TIMEOUT=30,
        FALLBACK_ERROR_FORMAT="json",
    )
    workers = ThreadPoolExecutor(CORES, "parse")
    loader = ThreadPoolExecutor(1, "load")

    @app.on_request
    async def check_token(request: Request) -> None:
        given = (request.args.get("token") or "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, token.encode()):
            raise SanicException("no token", status_code=401)

    @app.exception(Exception)
    async def refuse(request: Request, error: Exception) -> HTTPResponse:
        # A constant answer: an exception's text may hold what a person wrote.
        return response.json({"status": "failure"}, getattr(error, "status_code", 500))

    @app.get("/status")
    async def status(request: Request) -> HTTPResponse:
        return response.json({**server.status, "num_active_training_jobs": 0})

    @app.post("/model/parse")
    async def parse(request: Request) -> HTTPResponse:
        text = _field(request, "text")
        if not server.is_loaded:
            raise SanicException("no model", status_code=409)
        loop = asyncio.get_running_loop()
        return response.json(await loop.run_in_executor(workers, server.parse, text))

    @app.put("/model")
    async def put_model(request: Request) -> HTTPResponse:
        path, expected = Path(_field(request, "model_file")), _field(request, "sha256")
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(loader, server.load, path, expected)
        except ValueError:
            raise SanicException("model refused", status_code=400) from None
        return response.empty(204)

    return app


def _field(request: Request, name: str) -> str:
    try:
        value = request.json[name]
    except Exception:
        raise SanicException("no JSON with that field", status_code=400) from None
    if not isinstance(value, str):
        raise SanicException("not a string", status_code=400)
    return value


POLITE = 5  # the service answers the door first, and asks us what a message means after that


def main() -> None:
    die_with_parent()
    os.nice(POLITE)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--models", type=Path, required=True, help="models are taken from here only"
    )
    parser.add_argument("--model", type=Path, help="serve this one from the start")
    options = parser.parse_args()
    token = os.environ.pop("PUNTE_NLU_TOKEN", "")
    if not token:
        parser.error("PUNTE_NLU_TOKEN is not set")
    server = Server(options.models)
    ENCODER.encode(["ready"])
    if options.model:
        server.load(options.model, sha256(options.model))
    gc.collect()
    gc.freeze()
    create_app(server, token).run("127.0.0.1", options.port, access_log=False, debug=False)


if __name__ == "__main__":
    main()
