"""The composition root: builds each part once and starts and stops them in order.

The only module that knows every part. `Service.asgi` is the web application;
`__main__.py` runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from bot import metrics, timers
from bot.channels.api import AskAnswer, AskLimit, AskRequest, Readiness, api_routes
from bot.channels.web import Web
from bot.channels.web_files import StoredFiles
from bot.channels.web_guard import DESK
from bot.channels.web_service import Shown as WebShown
from bot.channels.web_service import WebParts, on_page
from bot.console.console import Console
from bot.console.door import Door, open_door
from bot.console.guesses import Remembered
from bot.console.pages import Pages
from bot.console.visit import ConsoleParts
from bot.delivery import Delivery
from bot.dialogue import ask, danger_answers, hide
from bot.dialogue.safety import Safety
from bot.dialogue.turn import TurnParts
from bot.dialogue.understanding import Understanding
from bot.dialogue.worker import TurnWorkers
from bot.flows import lint
from bot.handoff import alarms, waiting
from bot.handoff.alarms import Alarms
from bot.handoff.desk import Desk
from bot.handoff.notify import Notifier
from bot.i18n import direction, render
from bot.intake import Intake
from bot.knowledge import Knowledge
from bot.messages import Channel, StorageUnavailable, Text
from bot.news import News
from bot.nlu_client import NluClient, address_of, system_examples
from bot.nlu_server import NluServer
from bot.settings import Settings
from bot.storage import Case, Pending, Person, Receipt, StartProblem, Store
from bot.timers import Timer
from bot.training_data import training_data
from bot.translator import Translator

if TYPE_CHECKING:
    from bot.channels.telegram_link import TelegramLink

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 600
GAUGE_EVERY_S = 15
TIDY_EVERY_S = 5
TEND_EVERY_S = 5
ALERT_EVERY_S = 1
WITHDRAWN_EVERY_S = 1


class Service:
    """Everything that `serve` runs, built from settings and an open store."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        of = settings.root, settings.var, settings.stage
        self.knowledge = Knowledge.open(*of, flow_judge=lint.judge)  # type: ignore[arg-type]
        if not self.knowledge.snapshot.cards:
            raise StartProblem("content/danger has no card that can be shown: run `bot check`")
        self.system = system_examples(settings.root / "nlu")
        self.nlu = self._nlu_client()
        self.understanding = Understanding(self.knowledge, self.nlu, self.system)
        self.safety = Safety(self.knowledge, self.understanding)
        self.news = News()
        open_now = waiting.open_now(store)
        parts = TurnParts(
            store, self.knowledge, self.understanding, self._how_long, is_open=open_now
        )
        self.intake = Intake(store, self.understanding.is_urgent, self._stored)
        self.workers = TurnWorkers(parts, self._turn_taken, self.intake.calm)
        self.telegram = self._telegram()
        self.delivery = Delivery(store, self._channels(), direction, self._sent)
        self.nlu_server = self._nlu_server()
        self.web = Web(self._web_parts())
        channels = self._channels()
        self.desk = Desk(store, self.knowledge, self.news, self.delivery.wake, channels)
        notice = danger_answers.silence_notice(self.knowledge)
        self.alarms = Alarms(store, notice, self.news, self.delivery.wake)
        clear = {self.telegram.channel.name: self.telegram.channel.clear} if self.telegram else {}
        wake = self.delivery.wake
        self.hider = hide.Hider(store, self.knowledge, clear, self.news.tell, wake)
        self.notifier = self._notifier()
        self.translator = (
            Translator(settings.translate_url, settings.translate_key)
            if settings.translate_url
            else None
        )
        self.door, self.console = self._console()
        self.web.errors.others[DESK] = self.console.explain
        self._tasks: list[asyncio.Task[Any]] = []
        self._retraining = asyncio.Event()

    # Building

    def _nlu_client(self) -> NluClient | None:
        if self.settings.nlu == "off":
            return None
        return NluClient(address_of(self.settings.nlu, self.settings.var), self._intents)

    def _intents(self) -> frozenset[str]:
        return self.understanding.intents

    def _nlu_server(self) -> NluServer | None:
        if self.settings.nlu != "auto" or self.nlu is None:
            return None
        return NluServer(
            var=self.settings.var,
            nlu_root=self.settings.root / "nlu",
            data=lambda: training_data(self.knowledge.snapshot, self.system),
            on_ready=self._nlu_ready,
            on_lost=self.nlu.lost,
        )

    def _nlu_ready(self) -> None:
        if self.nlu is not None:
            self._tasks.append(asyncio.create_task(self._probe(self.nlu)))

    async def _probe(self, client: NluClient) -> None:
        await client.probe()

    def _telegram(self) -> TelegramLink | None:
        if not self.settings.telegram_token:
            return None
        # Its library takes a second to import, and many installations are web only.
        from bot.channels.telegram_link import TelegramLink

        return TelegramLink(
            token=self.settings.telegram_token,
            api_url=self.settings.telegram_api_url,
            webhook_url=self.settings.telegram_webhook_url,
            secrets=self.settings.telegram_webhook_secrets,
            intake=self.intake,
            safety=self.safety.replies,
            render=self._render,
            locales=lambda: self.knowledge.snapshot.catalogues.locales,
            refused=lambda status: metrics.REFUSED.labels(status).inc(),
            alerts=self.store.alerts,
        )

    def _render(self, text: Text, locale: str) -> str:
        return render(text, locale, self.knowledge.snapshot.catalogues)

    def _channels(self) -> dict[str, Channel]:
        return {self.telegram.channel.name: self.telegram.channel} if self.telegram else {}

    def _web_parts(self) -> WebParts:
        return WebParts(
            intake=self.intake,
            knowledge=self.knowledge,
            settings=self.settings,
            token_key=self.store.keys.derive("web page tokens"),
            transcript=self._transcript,
            wait_for_news=self._wait_for_news,
            emergency=self.safety.emergency,
            start_choices=self.safety.start_choices,
            safety=self.safety.replies,
            leave=lambda person: self.store.leave(self._web_person(person)),
            has_left=lambda person: self.store.has_left(self._web_person(person)),
            counsellor_wrote=lambda p: self.desk.presence.last(self._web_person(p)),
            files=StoredFiles(self.store, self.intake),
            is_discreet=lambda p: self.store.safety.is_discreet(self._web_person(p)),
        )

    def _notifier(self) -> Notifier:
        carriers = [self.telegram.staff] if self.telegram and self.telegram.staff else []
        link = f"{self.settings.public_url}{DESK}" if self.settings.public_url else ""
        return Notifier(self.store, carriers, self._render, link, now)

    async def _how_long(self, case: Case) -> Sequence[Text]:
        return await waiting.tell(self.store, case, now())

    def _console(self) -> tuple[Door, Console]:
        """The pages of counsellors: signing in, and everything behind it."""
        pages = Pages(lambda: self.knowledge.snapshot.catalogues)
        door = open_door(self.store, pages, self.settings.proxies)
        guess = Remembered(self._guess)
        parts = ConsoleParts(
            *(self.desk, self.store, self.knowledge, pages, door.gate, guess, self.translator),
            fetch=self.telegram.files.fetch if self.telegram else None,
        )
        return door, Console(parts, door.access)

    async def _guess(self, text: str, locale: str) -> Sequence[tuple[str, float]]:
        return (await self.understanding.parse(text, locale)).intents

    # The web page's view of a conversation

    def _web_person(self, person_id: str) -> str:
        return self.store.person_hash("web", "", person_id)

    async def _transcript(self, person_id: str, after: int, limit: int) -> Sequence[WebShown]:
        person = self._web_person(person_id)
        if after:
            await self._drop_seen(person, after)
        return [on_page(line) for line in await self.store.transcript(person, after, limit)]

    async def _drop_seen(self, person: str, after: int) -> None:
        if await self.store.keeps_nothing(person):
            await self.store.drop_seen(person, after)

    async def _wait_for_news(self, person_id: str, after: int, timeout_s: float) -> None:
        person = self._web_person(person_id)
        with self.news.listening(person) as event:
            if await self.store.transcript(person, after, 1):
                return
            # Another process may answer too, and cannot wake us.
            limit_s = min(timeout_s, 2.0) if self.store.is_shared else timeout_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await event.wait()

    # What one part tells another

    def _stored(self, receipt: Receipt, channel: str, urgent: bool) -> None:
        metrics.EVENTS.labels(channel).inc()
        self.workers.notice(receipt, urgent)

    def _turn_taken(self, pending: Pending, person: Person) -> None:
        waited_s = max(0.0, time.time() - pending.received_at.timestamp())
        metrics.TURN_SECONDS.observe(waited_s)
        metrics.TURNS.labels(pending.inbound.channel).inc()
        self.intake.mark_settled(pending.inbox_id)
        self.news.tell(pending.person_hash)
        self.desk.heard_from(person.case)
        self.delivery.wake()

    def _sent(self, result: str) -> None:
        metrics.SENT.labels(result).inc()

    # The application

    def asgi(self) -> Any:
        return self.web.guarded(self._litestar())

    def _litestar(self) -> Litestar:
        return Litestar(
            route_handlers=[*self._routes()],
            lifespan=[self._lifespan],
            exception_handlers=self.web.exception_handlers(),
            logging_config=None,
            openapi_config=OpenAPIConfig(
                title="Punte",
                version="1",
                path="/schema",
                render_plugins=[JsonRenderPlugin(path="/")],
                openapi_router=Router(
                    "/schema",
                    route_handlers=[],
                    include_in_schema=False,
                    before_request=_only_the_schema,
                ),
            ),
        )

    def _routes(self) -> list[HTTPRouteHandler]:
        routes = self.web.routes() + api_routes(
            ask=self._ask,
            is_urgent=self.understanding.is_urgent,
            locales=lambda: self.knowledge.snapshot.catalogues.locales,
            ready=self._ready,
            metrics=metrics.exposition,
            limit=AskLimit(self.settings.ask_rate),
        )
        routes += self.door.routes() + self.console.routes()
        return routes + (self.telegram.routes() if self.telegram else [])

    async def _ask(self, asked: AskRequest) -> AskAnswer:
        found = await ask.ask(
            asked.text, asked.locale, asked.country, self.knowledge.snapshot, self.understanding
        )
        return msgspec.convert(found, AskAnswer, from_attributes=True)

    async def _ready(self) -> Readiness:
        snapshot = self.knowledge.snapshot
        return Readiness(
            status="ready" if await self.store.is_alive() else "database unavailable",
            understanding=self.understanding.by,  # type: ignore[arg-type]
            locales=list(snapshot.catalogues.locales),
            entries=len(snapshot.entries),
        )

    # Starting and stopping

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Litestar) -> AsyncIterator[None]:
        with contextlib.suppress(StorageUnavailable):  # the timer asks again
            await self.desk.withdrawals.refresh()
        self.start()
        try:
            yield
        finally:
            await self.stop()

    def start(self) -> None:
        self._tell_problems()
        jobs = [
            self.workers.run(),
            self.delivery.run(),
            self.knowledge.watch(self._content_changed),
            timers.run(self._timers()),
        ]
        if self.nlu is not None:
            jobs.append(self.nlu.watch())
        if self.nlu_server is not None:
            jobs.append(self.nlu_server.run())
        if self.telegram is not None:
            jobs += self.telegram.jobs()
        self._tasks = [asyncio.create_task(self._guarded(job)) for job in jobs]
        _settle_memory()

    async def _guarded(self, job: Any) -> None:
        try:
            await job
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("part stopped", extra={"step": getattr(job, "__qualname__", "")})

    async def stop(self) -> None:
        """No new intake, then drain turns and sends, for 20 seconds at most."""
        if self.telegram is not None:
            self.telegram.stop_intake()
        await self.workers.stop(timeout_s=10)
        await self.delivery.stop(timeout_s=6)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.telegram is not None:
            await self.telegram.close()
        if self.nlu is not None:
            await self.nlu.close()
        if self.translator is not None:
            await self.translator.close()
        self.door.close()
        await self.store.close()

    def _timers(self) -> list[Timer]:
        return [
            Timer("delete expired rows", SWEEP_EVERY_S, self._sweep),
            Timer("empty the log of deleted text", TIDY_EVERY_S, self.store.tidy),
            Timer("gauges", GAUGE_EVERY_S, self._gauges),
            Timer("cases that lost their holder", TEND_EVERY_S, lambda: self.desk.tend(now())),
            Timer("danger alarms", alarms.LOOK_EVERY_S, lambda: self.alarms.ring(now())),
            Timer("phone safety", hide.LOOK_EVERY_S, lambda: self.hider.tend(now())),
            Timer("withdrawn facts", WITHDRAWN_EVERY_S, self.desk.withdrawals.refresh),
            Timer("plan alerts", ALERT_EVERY_S, self.notifier.plan),
            Timer("send alerts", ALERT_EVERY_S, self.notifier.send),
            Timer("withdraw alerts", ALERT_EVERY_S, self.notifier.withdraw),
        ]

    async def _sweep(self) -> None:
        metrics.SWEPT.inc(await self.store.sweep())

    async def _gauges(self) -> None:
        metrics.RASA.set(self.understanding.by == "rasa")
        metrics.PROBLEMS.set(len(self.knowledge.problems))

    def _content_changed(self) -> None:
        self._tasks.append(asyncio.create_task(self._refresh()))

    def _tell_problems(self) -> None:
        for problem in self.knowledge.problems:
            if problem.severity == "error":
                log.error("content problem", extra={"file": problem.path, "line": problem.line})

    async def _refresh(self) -> None:
        await asyncio.to_thread(self.understanding.refresh)
        _settle_memory()
        self._tell_problems()
        if self.nlu_server is not None:
            self.nlu_server.knowledge_changed()


def now() -> datetime:
    return datetime.now(UTC)


def _settle_memory() -> None:
    """Content stays: the collector need not walk it again while somebody waits."""
    gc.collect()
    gc.freeze()


def _only_the_schema(request: Request[Any, Any, Any]) -> None:
    """Below `/schema` Litestar answers with an error page of its own; ours is for everything."""
    if request.url.path.rstrip("/") not in ("/schema", "/schema/openapi.json"):
        raise NotFoundException
