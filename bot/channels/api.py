"""For partners and for measuring: one question, one answer, nothing stored. And health."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from bot.messages import MAX_TEXT, clean_text

MAX_BODY = 1024 * 1024  # a text far too long to be answered may still hold a cry for help
Req = Request[Any, Any, Any]


class AskRequest(msgspec.Struct, frozen=True):
    text: str
    locale: str | None = None
    country: Literal["ro", "hu"] | None = None


class AskAlternative(msgspec.Struct, frozen=True):
    entry: str
    topic: str
    confidence: float


class AskAnswer(msgspec.Struct, frozen=True):
    kind: Literal["answer", "choices", "danger", "human", "smalltalk", "fallback"]
    entry: str | None
    topic: str | None
    danger: str | None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    alternatives: list[AskAlternative]
    locale: str
    detected_locale: str | None
    text: list[str]
    understanding: Literal["rasa", "lexical"]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a request, in words for its developer."""

    detail: str


class Unread(msgspec.Struct, frozen=True):
    """What every route answers to a body it does not read: `message` is for a person."""

    error: str
    message: str
    id: str


class Readiness(msgspec.Struct, frozen=True):
    status: Literal["ready", "database unavailable"]
    understanding: Literal["rasa", "lexical"]
    locales: list[str]
    entries: int


class BadAsk(Exception):
    """A request that cannot be answered; the message says why, without repeating it."""


class AskLimit:
    """So many questions a minute and address. Danger passes: the caller matches it first."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._window = 0
        self._counts: dict[str, int] = {}

    def allows(self, address: str) -> bool:
        if not self._per_minute:
            return True
        window = int(self._clock() // 60)
        if window != self._window:
            self._window, self._counts = window, {}
        self._counts[address] = self._counts.get(address, 0) + 1
        return self._counts[address] <= self._per_minute


def read_ask(body: bytes, locales: Collection[str]) -> AskRequest:
    """Raises `BadAsk`."""
    try:
        raw = json.loads(body.decode("utf-8"), parse_constant=_refuse)
        asked = msgspec.convert(raw, AskRequest)
    except RecursionError:
        raise BadAsk("The JSON is nested too deeply.") from None
    except msgspec.ValidationError:
        raise BadAsk(
            'Send {"text": "…", "locale": "uk", "country": "ro"}; locale and country may be'
            " left out, country is ro or hu."
        ) from None
    except ValueError:
        raise BadAsk("The body is not JSON in UTF-8.") from None
    if asked.locale is not None and asked.locale not in locales:
        raise BadAsk("This locale is not offered; /health/ready lists those that are.")
    return msgspec.structs.replace(asked, text=clean_text(asked.text))


def _refuse(constant: str) -> Any:
    raise ValueError("not a JSON number")


@dataclass
class _AskOperation(Operation):
    """We read the body ourselves (Litestar's decoder refuses cut emoji), and describe it here."""

    def __post_init__(self) -> None:
        text = Schema(type=OpenAPIType.STRING, max_length=MAX_TEXT)
        country = Schema(type=OpenAPIType.STRING, enum=["ro", "hu"])
        locale = Schema(type=OpenAPIType.STRING, description="one that /health/ready lists")
        schema = Schema(
            type=OpenAPIType.OBJECT,
            required=["text"],
            properties={"text": text, "locale": locale, "country": country},
        )
        media = {"application/json": OpenAPIMediaType(schema=schema)}
        self.request_body = RequestBody(content=media, required=True)


def _described(answer: type[msgspec.Struct], text: str) -> ResponseSpec:
    # Litestar's own examples are random, and its random confidences reach far beyond 1.
    return ResponseSpec(answer, description=text, generate_examples=False)


def api_routes(
    *,
    ask: Callable[[AskRequest], Awaitable[AskAnswer]],
    is_urgent: Callable[[str], bool],
    locales: Callable[[], Collection[str]],
    ready: Callable[[], Awaitable[Readiness]],
    metrics: Callable[[], bytes],
    limit: AskLimit,
) -> list[HTTPRouteHandler]:
    @post(
        "/api/v1/ask",
        status_code=200,
        request_max_body_size=MAX_BODY,
        summary="Ask one question",
        responses={
            200: _described(AskAnswer, "What the service would say"),
            400: _described(Problem, "The request cannot be answered"),
            413: _described(Unread, "The body is larger than a megabyte"),
            429: _described(Problem, "Too many questions from this address; danger is answered"),
        },
        operation_class=_AskOperation,
    )
    async def ask_route(request: Req) -> Response[Any]:
        try:
            asked = read_ask(await request.body(), locales())
        except BadAsk as bad:
            return Response(Problem(str(bad)), status_code=400)
        if len(asked.text) > MAX_TEXT and not is_urgent(asked.text):
            problem = Problem(f"The text is longer than {MAX_TEXT} characters.")
            return Response(problem, status_code=400)
        address = request.client.host if request.client else ""
        if not limit.allows(address) and not is_urgent(asked.text):
            headers = {"retry-after": "60"}
            return Response(
                Problem("Too many questions. Wait a minute."), status_code=429, headers=headers
            )
        return Response(await ask(asked))

    @get("/health/live", summary="The process runs")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @get("/health/ready", summary="The service can store and answer")
    async def ready_route() -> Response[Readiness]:
        state = await ready()
        return Response(state, status_code=200 if state.status == "ready" else 503)

    @get("/metrics", include_in_schema=False)
    async def metrics_route() -> Response[bytes]:
        return Response(metrics(), media_type="text/plain; version=0.0.4")

    return [ask_route, live, ready_route, metrics_route]
