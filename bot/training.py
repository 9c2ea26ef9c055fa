"""Training data for the NLU server, from what the service knows, and the training itself.

The same examples always give the same bytes, so that a hash of the file says whether a
model is stale. Training runs in Rasa's own Python; nothing of Rasa is imported here.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.messages import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

log = logging.getLogger(__name__)

# Where the people come from, are, or want to go. Not all of the world: Chad, Jordan and
# Georgia are people's names too, and a wrong country is worse than none.
COUNTRIES = tuple(
    "RO HU UA RU BY MD PL SK RS BG DE AT IT FR ES GB GR TR SY IQ IR AF PK IN BD NP LK VN CN "
    "PH MM ID UZ KZ KG TJ TM EG MA TN DZ LY SD SO ER ET NG GH CM SN YE LB PS CA US AU".split()
)
LANGUAGES = tuple(
    "ro hu en uk ru ar fa tr ne si vi zh bn hi ur fil ps ku de fr es it pl ti so am my id".split()
)


def training_yaml(
    examples: Mapping[str, Mapping[str, Iterable[str]]],
    lookups: Mapping[str, Iterable[str]],
) -> str:
    """Rasa 3.1 NLU data: intent -> locale -> phrases, and `<kind>:<value>` -> names."""
    lines = ['version: "3.1"', "nlu:"]
    for intent in sorted(examples):
        phrases = _unique(
            p for locale in sorted(examples[intent]) for p in examples[intent][locale]
        )
        lines += _item("intent", intent, phrases)
    for name in lookups:  # in the given order: the first table that has a name keeps it
        lines += _item("lookup", name, _unique(lookups[name]))
    return "\n".join(lines) + "\n"


def place_lookups(
    locales: Sequence[str],
    country_name: Callable[[str, str], str],
    language_name: Callable[[str, str], str],
    cities: Mapping[str, Iterable[str]],
) -> dict[str, tuple[str, ...]]:
    """Lookup tables of what `country`, `language` and `city` are called in these locales.

    `cities` maps the directory's name of a city to every name it has.
    """
    tables = {
        f"country:{c}": tuple(country_name(c, locale) for locale in locales) for c in COUNTRIES
    }
    tables |= {f"language:{c}": tuple(language_name(c, loc) for loc in locales) for c in LANGUAGES}
    return tables | {f"city:{city}": (city, *names) for city, names in sorted(cities.items())}


def _item(kind: str, name: str, phrases: Sequence[str]) -> Iterator[str]:
    if not phrases:
        return
    yield f'- {kind}: "{_plain(name)}"'
    yield "  examples: |"
    yield from (f"    - {phrase}" for phrase in phrases)


def _unique(phrases: Iterable[str]) -> list[str]:
    return [phrase for phrase in dict.fromkeys(map(_plain, phrases)) if phrase]


def _plain(phrase: str) -> str:
    """One line that neither YAML nor Rasa reads anything into.

    Rasa takes `[word](kind)` in an example for an entity.
    """
    harmless = (
        " " if "\x7f" <= c <= "\x9f" else c for c in clean_text(phrase) if c not in '[]{}"\\'
    )
    return " ".join("".join(harmless).split())


@dataclass(frozen=True, slots=True)
class Model:
    """A model file we trained. It is served only while it still has this sum."""

    path: Path
    sha256: str
    digest: str  # of the data and sources it was trained from


TELL_EVERY_S = 15


class TrainingFailed(Exception):
    """The message is a constant; what the trainer said is in var/log/nlu-training.log."""


class Trainer:
    """Keeps var/nlu: training data, embeddings of phrases, and the newest models."""

    def __init__(self, var: Path, nlu_root: Path, timeout_s: float = 1800.0) -> None:
        self.models = var / "nlu" / "models"
        self._folder = var / "nlu"
        self._log = var / "log" / "nlu-training.log"
        self._root = nlu_root
        self._timeout_s = timeout_s

    def current(self) -> Model | None:
        """The last model trained, if its file is untouched and today's components can read it."""
        try:
            state = json.loads((self._folder / "model.json").read_text("utf-8"))
            model = Model(self.models / state["file"], state["sha256"], state["digest"])
            is_untouched = hashlib.sha256(model.path.read_bytes()).hexdigest() == model.sha256
            is_readable = state["sources"] == self._sources()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return model if is_untouched and is_readable else None

    def prepare(self, data: str) -> str:
        """Write the training data; returns the digest a model of it would have."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder / "training.yml", data)
        return hashlib.sha256(f"{self._sources()}\n{data}".encode()).hexdigest()

    async def train(self, digest: str) -> Model:
        """Train on the prepared data in a process of its own. Raises TrainingFailed."""
        before = self.current()
        out = self.models / f"{digest[:16]}.tar.gz"
        report = await self._run_trainer(out, before)
        model = Model(out, str(report["sha256"]), digest)
        state = {
            "file": out.name,
            "sha256": model.sha256,
            "digest": digest,
            "sources": self._sources(),
        }
        _replace(self._folder / "model.json", json.dumps(state))
        self._drop_old({out.name} | ({before.path.name} if before else set()))
        counts = report.get("regression") or {}
        log.info("nlu trained", extra={"seconds": report.get("trained_s"), "counts": counts})
        return model

    async def _run_trainer(self, out: Path, before: Model | None) -> dict[str, Any]:
        paths = {
            "--data": self._folder / "training.yml",
            "--out": out,
            "--cache": self._folder / "embeddings.npz",
            "--heldout": self._root / "heldout",
        }
        if before is not None:
            paths["--before"] = before.path
        arguments = [part for name, path in paths.items() for part in (name, path.resolve())]
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                python_of(self._root),
                "train.py",
                *arguments,
                cwd=self._root,
                env=child_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
            return await self._result(process)

    async def _result(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        telling = asyncio.create_task(_tell_progress())
        try:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.setpriority(os.PRIO_PROCESS, process.pid, 5)  # answers go first
            async with asyncio.timeout(self._timeout_s):
                output, _ = await process.communicate()
            if process.returncode != 0:
                raise TrainingFailed("trainer ended with an error")
            report = json.loads(output.decode().splitlines()[-1])
            return dict(report)
        except TimeoutError:
            raise TrainingFailed("trainer took too long") from None
        except (ValueError, IndexError):
            raise TrainingFailed("trainer answered no JSON") from None
        finally:
            telling.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _sources(self) -> str:
        """One hash of all that turns training data into a model."""
        named = [self._root / n for n in ("config.yml", "domain.yml", "requirements.lock")]
        code = [*self._root.glob("*.py"), *self._root.glob("components/*.py")]
        digest = hashlib.sha256()
        for path in sorted(path for path in (*named, *code) if path.is_file()):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _drop_old(self, keep: Collection[str]) -> None:
        for path in self.models.glob("*.tar.gz"):
            if path.name not in keep:
                path.unlink(missing_ok=True)


async def _tell_progress() -> None:
    """The first training embeds every phrase there is: some minutes in which nothing shows."""
    for waited_s in itertools.count(TELL_EVERY_S, TELL_EVERY_S):
        await asyncio.sleep(TELL_EVERY_S)
        log.info("nlu training goes on", extra={"seconds": waited_s})


def python_of(nlu_root: Path) -> Path:
    return nlu_root.resolve() / ".venv" / "bin" / "python"


def child_environment(**more: str) -> dict[str, str]:
    """All that a process of Rasa's gets to know: no token, no key, no database address."""
    allowed = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ")
    passed = {name: os.environ[name] for name in allowed if name in os.environ}
    return {
        **passed,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PUNTE_PARENT": str(os.getpid()),
        **more,
    }


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
