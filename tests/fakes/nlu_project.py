"""A stand-in for the folder nlu/: its two programs, without Rasa.

`make` writes `train.py` and `serve.py` that keep the real ones' command line, environment
and HTTP API, but know nothing. Ill-will is a file: `crash`, `refuse-put` or `deaf` in the
folder make the programs behave so.
"""

from __future__ import annotations

import sys
from pathlib import Path

TRAIN = """
import argparse, hashlib, json, os, pathlib, sys
here = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser()
for name in ("--data", "--out", "--cache", "--heldout", "--before"):
    parser.add_argument(name, type=pathlib.Path)
options = parser.parse_args()
(here / "environment.json").write_text(json.dumps(dict(os.environ)))
with (here / "trainings").open("a") as log:
    log.write("before\\n" if options.before else "first\\n")
if (here / "fail-training").exists():
    (here / "fail-training").unlink()
    sys.exit(1)
options.out.parent.mkdir(parents=True, exist_ok=True)
options.out.write_bytes(b"model of " + options.data.read_bytes())
print("a library says something")
print(json.dumps({"sha256": hashlib.sha256(options.out.read_bytes()).hexdigest(),
                  "trained_s": 0.1, "regression": {"en": {"questions": 2, "right": 2}}}))
"""

SERVE = """
import argparse, ctypes, hashlib, http.server, json, os, pathlib, signal, sys
from urllib.parse import urlsplit, parse_qs
here = pathlib.Path(__file__).parent
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
parser = argparse.ArgumentParser()
for name in ("--port", "--models", "--model"):
    parser.add_argument(name)
options = parser.parse_args()
token = os.environ["PUNTE_NLU_TOKEN"]
(here / "environment.json").write_text(json.dumps(dict(os.environ)))
if (here / "crash").exists():
    (here / "crash").unlink()
    sys.exit(1)
served = [options.model]

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        if parse_qs(url.query).get("token") != [token]:
            return self.answer(401)
        if self.command == "PUT" and not (here / "refuse-put").exists():
            data = pathlib.Path(body["model_file"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != body["sha256"]:
                return self.answer(400)
            served[0] = body["model_file"]
            return self.answer(204)
        if self.command == "PUT":
            return self.answer(500)
        if url.path == "/status":
            return self.answer(200, {"model_file": pathlib.Path(served[0]).name})
        intent = {"name": "greeting", "confidence": 0.9}
        self.answer(200, {"text": body["text"], "intent": intent, "entities": [],
                          "intent_ranking": [intent]})

    do_GET = do_POST = do_PUT = handle_any
    def log_message(self, *_): pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(options.port)), Handler).serve_forever()
"""


def make(root: Path) -> Path:
    """The folder, installed: its Python is the one that runs the tests."""
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "$@"\n')
    python.chmod(0o755)
    (root / "train.py").write_text(TRAIN)
    (root / "serve.py").write_text(SERVE)
    (root / "requirements.lock").write_text("rasa==3.6.21\n")
    (root / ".venv" / ".installed").write_text("rasa==3.6.21\n")
    (root / "config.yml").write_text("recipe: graph.v1\n")
    return root
