"""The one door to the NLU server, and to the example phrases in nlu/data.

The server is an end-of-life stack that parses hostile text, so nothing it says is
taken on trust: one deadline for the whole call, a size limit, intents we know,
confidences that are probabilities. A circuit breaker keeps a sick server from making
people wait; while it is open the caller uses `lexical`, which gives the same `Parse`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx
import yaml

from bot.messages import clean_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

log = logging.getLogger(__name__)

MAX_SENT = 1000  # characters of an utterance that leave for the server
MAX_ANSWER_BYTES = 64 * 1024
MAX_INTENTS = 10
TIMEOUT_S = 2.0
FAILURES_TO_OPEN = 5
FAILURE_WINDOW_S = 30.0
PROBE_EVERY_S = 5.0
PROBE_AGAIN_S = 1.0  # after a failed probe of a server still believed to be well
PROBE_TEXT = "hello"


class NluUnavailable(Exception):
    """No usable answer from the NLU server. The message is a constant, safe to log."""


@dataclass(frozen=True, slots=True)
class Entity:
    kind: str  # country | language | city
    value: str  # ISO code of a country or language; a city as the directory writes it
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parse:
    intents: tuple[tuple[str, float], ...]  # best first, confidence 0..1
    entities: tuple[Entity, ...]
    by: str  # "rasa" | "lexical"


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    token: str = ""


def address_in(var: Path) -> Address | None:
    """Where the server that `serve` supervises listens now, as it wrote to var/nlu.json."""
    try:
        state = json.loads((var / "nlu.json").read_text("utf-8"))
        return Address(f"http://127.0.0.1:{int(state['port'])}", str(state["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def address_of(setting: str, var: Path) -> Callable[[], Address | None]:
    """What `PUNTE_NLU` means: "auto", `<url>`, or `<url>?token=<token>`."""
    if setting == "auto":
        return lambda: address_in(var)
    url, _, query = setting.partition("?")
    address = Address(url.rstrip("/"), parse_qs(query).get("token", [""])[0])
    return lambda: address


def what_to_send(text: str) -> str:
    """The cleaned beginning of an utterance.

    A leading slash would make Rasa take the rest as the name of an intent, sure to 1.0.
    """
    words = " ".join(clean_text(text[: MAX_SENT * 4]).split())
    return words[:MAX_SENT].lstrip("/ ")


class NluClient:
    """Asks the server, believes little, and stops asking while it is away."""

    def __init__(
        self,
        address: Callable[[], Address | None],
        intents: Callable[[], Collection[str]],
        *,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._intents = intents
        self._timeout_s = timeout_s
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=FAILURES_TO_OPEN)
        self._open = True  # until a first parse has worked
        self._http = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=timeout_s,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
        )

    @property
    def available(self) -> bool:
        return not self._open

    async def parse(self, text: str, locale: str) -> Parse:
        """Ask what one utterance means; `locale` is the conversation's.

        Raises `NluUnavailable` when there is no usable answer in time, or, without
        asking, while the breaker is open.
        """
        if self._open:
            raise NluUnavailable("breaker open")
        return await self._asked(text)

    async def probe(self) -> bool:
        """One real parse, whatever the breaker says: success closes it."""
        try:
            await self._asked(PROBE_TEXT)
        except NluUnavailable:
            return False
        return True

    async def watch(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Probe for ever, so that a return is noticed and a loss shows without traffic."""
        while True:
            was_closed = not self._open
            well = await self.probe()
            await sleep(PROBE_AGAIN_S if was_closed and not well else PROBE_EVERY_S)

    def lost(self) -> None:
        """The supervisor saw the server die: do not make anybody wait to find out."""
        if not self._open:
            log.warning("nlu breaker opened")
        self._open = True
        self._failures.clear()

    async def close(self) -> None:
        await self._http.aclose()

    async def _asked(self, text: str) -> Parse:
        sent = what_to_send(text)
        if not sent:
            return Parse((), (), "rasa")
        try:
            async with asyncio.timeout(self._timeout_s):
                parse = _read_parse(await self._post(sent), self._intents())
        except TimeoutError:
            self._failed("timeout")
            raise NluUnavailable("timeout") from None
        except httpx.ConnectError:
            # Nobody listens: no need to wait for the fifth failure.
            self._failed("refused")
            self.lost()
            raise NluUnavailable("refused") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            self._failed("broken connection")
            raise NluUnavailable("broken connection") from None
        except NluUnavailable as error:
            self._failed(str(error))
            raise
        self._worked()
        return parse

    async def _post(self, sent: str) -> bytes:
        address = self._address()
        if address is None:
            raise NluUnavailable("no server")
        request = self._http.build_request(
            "POST",
            f"{address.url.rstrip('/')}/model/parse",
            params={"token": address.token} if address.token else None,
            json={"text": sent},
        )
        response = await self._http.send(request, stream=True)
        try:
            if response.status_code != httpx.codes.OK:
                raise NluUnavailable("refused with a status")
            return await _limited_body(response)
        finally:
            await response.aclose()

    def _failed(self, reason: str) -> None:
        now = self._clock()
        self._failures.append(now)
        if self._open:
            return
        log.warning("nlu failed", extra={"reason": reason})
        in_window = [at for at in self._failures if now - at <= FAILURE_WINDOW_S]
        if len(in_window) >= FAILURES_TO_OPEN:
            self.lost()

    def _worked(self) -> None:
        if self._open:
            log.info("nlu breaker closed")
            self._failures.clear()
        self._open = False


async def _limited_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NluUnavailable("answer too long")
    return bytes(body)


def _refuse_constant(name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")


def _read_parse(body: bytes, known: Collection[str]) -> Parse:
    try:
        answer = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        ranking = [(str(i["name"]), _probability(i["confidence"])) for i in _ranked(answer)]
        entities = [_entity(e) for e in answer.get("entities", [])[:MAX_INTENTS]]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise NluUnavailable("answer not understood") from None
    best_first = sorted(ranking[:MAX_INTENTS], key=lambda i: -i[1])
    intents = tuple((name, c) for name, c in best_first if name in known)
    if ranking and not intents:
        raise NluUnavailable("unknown intents")
    if len(intents) < len(best_first):
        # An entry was removed after the model was trained; the next training mends it.
        log.warning("nlu named unknown intents", extra={"count": len(best_first) - len(intents)})
    return Parse(intents, tuple(e for e in entities if e is not None), "rasa")


def _ranked(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Rasa answers a text without any known feature with intent None and no ranking."""
    if answer["intent"]["name"] is None:
        return []
    return list(answer.get("intent_ranking") or [answer["intent"]])


def _probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    if not 0.0 <= value <= 1.0:
        raise ValueError("no probability")
    return float(value)


def _entity(raw: dict[str, Any]) -> Entity | None:
    kind, value = raw["entity"], raw["value"]
    start, end = int(raw["start"]), int(raw["end"])
    usable = isinstance(kind, str) and isinstance(value, str) and 0 <= start < end <= MAX_SENT
    return Entity(kind, value, start, end) if usable and len(value) <= 100 else None


def system_examples(nlu_root: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """The example phrases of nlu/data: intent -> locale -> phrases.

    Rasa 3.1 NLU format. The locale stands in `metadata`, of the item or of each phrase.
    Raises ValueError with the file's name when a file is not of that form.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted((nlu_root / "data").glob("*.yml")):
        try:
            document = yaml.safe_load(path.read_text("utf-8"))
            for item in document["nlu"]:
                by_locale = found.setdefault(str(item["intent"]), {})
                for locale, phrase in _phrases(item):
                    by_locale.setdefault(locale, []).append(phrase)
        except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name}: not Rasa NLU data ({type(error).__name__})") from None
    return {i: {loc: tuple(p) for loc, p in by.items()} for i, by in found.items()}


def _phrases(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    shared = str((item.get("metadata") or {}).get("locale", ""))
    if isinstance(item["examples"], str):
        return [(shared, phrase) for phrase in _lines(item["examples"])]
    return [
        (str((example.get("metadata") or {}).get("locale", shared)), phrase)
        for example in item["examples"]
        for phrase in _lines(example["text"])
    ]


def _lines(block: str) -> list[str]:
    lines = (line.strip().removeprefix("- ").strip() for line in block.splitlines())
    return [line for line in lines if line]
