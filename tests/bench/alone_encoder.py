"""What the encoder does by itself, in Rasa's Python: JSON of texts in, JSON of figures out.

    cd nlu && .venv/bin/python ../tests/bench/alone_encoder.py --callers 2 --seconds 5 < texts.json

One text a call, as people send them. OMP_NUM_THREADS says how many cores share one text.
"""

import argparse
import itertools
import json
import sys
import threading
import time

sys.path.insert(0, ".")
from components.encoder import ENCODER


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--callers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    texts = itertools.cycle(json.load(sys.stdin))
    ENCODER.encode(["ready"])
    took: list[float] = []
    until = time.perf_counter() + options.seconds
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_keep_encoding, args=(texts, until, took))
        for _ in range(options.callers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"per_s": len(took) / (time.perf_counter() - began), "took": took}))


def _keep_encoding(texts, until: float, took: list) -> None:
    while (began := time.perf_counter()) < until:
        ENCODER.encode([next(texts)])
        took.append(time.perf_counter() - began)


if __name__ == "__main__":
    main()
