"""A service behind the web channel that keeps its transcript in memory and can be made to fail."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from litestar import Litestar, get

from bot.channels.web import Web
from bot.channels.web_service import Shown, WebParts
from bot.channels.web_words import WORDS
from bot.i18n import Catalogues
from bot.i18n.po import Message
from bot.messages import Choice, Inbound, Kind, Origin, Reply, StorageUnavailable
from tests.browser.web_arabic import ARABIC

KEY = b"k" * 32
LOCALES = ("en", "ro", "hu", "uk", "ar")
ANSWER = {
    "en": "You can ask for asylum at any police station, at the border, or at an office of the"
    " immigration authority.\n\nCall +40 21 240 84 27 if you cannot go there. It costs nothing,"
    " and you have 180 days.",
    "ar": "يمكنك طلب اللجوء في أي مركز شرطة أو على الحدود أو في مكتب دائرة الهجرة.\n\nاتصل على"
    " +40 21 240 84 27 إذا لم تستطع الذهاب. لا يكلف ذلك شيئًا، وأمامك 180 يومًا.",
}
CARD = "You did nothing wrong. Call now:\n112 – Police (Romania)\n0800 800 678 – ANITP"
CHOICES = (
    Choice("How long does it take?", action="entry:ro-asylum-time"),
    Choice("Talk to a counsellor", action="flow:talk-to-counsellor"),
    Choice("Immigration authority", url="https://igi.mai.gov.ro"),
)
START = (
    Choice("Work and wages", action="topic:labour_rights"),
    Choice("Asylum", action="topic:asylum"),
    Choice("Health", action="topic:health"),
    Choice("Going home", action="topic:return"),
    Choice("All topics", action="menu"),
    Choice("Talk to a counsellor", action="flow:talk-to-counsellor"),
)
EMERGENCY = (
    ("ro", "112", "Police, ambulance, fire"),
    ("ro", "0800 800 678", "Against trafficking"),
    ("hu", "112", "Police, ambulance, fire"),
    ("hu", "+36 80 205 520 (06 80 20 55 20)", "Crisis line"),
)


@dataclass
class Settings:
    stage: str = "demo"
    public_url: str = ""
    exit_url: str = "https://exit.example/"
    widget_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "testserver.local")


@dataclass
class FakeService:
    settings: Settings = field(default_factory=Settings)
    away: bool = False  # the database
    broken: bool = False  # a bug
    slow: bool = False  # turns are never taken
    accepted: list[Inbound] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    discreet: bool = False  # whoever writes has agreed on a word
    shown: dict[str, list[Shown]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        table = {f"web_{k}": Message(WORDS[k].english, (v,)) for k, v in ARABIC.items()}
        self.snapshot = SimpleNamespace(
            catalogues=Catalogues(LOCALES, {"ar": table}),
            entries={"ro-asylum-where": object()},
            flows={},
            question=lambda entry, locale: "Where can I ask for asylum?",
        )
        self._events: set[str] = set()

    def parts(self) -> WebParts:
        return WebParts(
            intake=self,
            knowledge=self,
            settings=self.settings,
            token_key=KEY,
            transcript=self.transcript,
            wait_for_news=self.wait_for_news,
            emergency=lambda locale: EMERGENCY,
            start_choices=lambda locale, country: START,
            safety=self.safety,
            leave=self.leave,
            has_left=self.has_left,
            is_discreet=self.is_discreet,
        )

    async def accept(self, inbound: Inbound) -> Any:
        self._check()
        new = inbound.event_id not in self._events
        if new:
            self._events.add(inbound.event_id)
            self.accepted.append(inbound)
            if not self.slow:
                self._take_turn(inbound)
        return SimpleNamespace(inbox_id=len(self.accepted), new=new)

    async def settled(self, inbox_id: int, timeout_s: float) -> bool:
        return not self.slow

    async def transcript(self, person: str, after: int, limit: int) -> list[Shown]:
        self._check()
        return [shown for shown in self.shown[person] if shown.seq > after][:limit]

    async def wait_for_news(self, person: str, after: int, timeout_s: float) -> None:
        for _ in range(int(timeout_s / 0.05)):
            if person in self.left or any(s.seq > after for s in self.shown[person]):
                return
            await asyncio.sleep(0.05)

    def safety(self, inbound: Inbound) -> tuple[Reply, ...]:
        found = "locked" in inbound.text
        return (Reply(CARD, origin=Origin("held", locale="en")),) if found else ()

    async def leave(self, person: str) -> None:
        self._check()
        self.left.add(person)

    async def is_discreet(self, person: str) -> bool:
        return self.discreet

    async def has_left(self, person: str) -> bool:
        return person in self.left

    def add(self, person: str, author: Any, text: str, **more: Any) -> None:
        bubbles = self.shown[person]
        bubbles.append(Shown(len(bubbles) + 1, author, text, **more))

    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.accepted]

    def _take_turn(self, inbound: Inbound) -> None:
        person, locale = inbound.person_id, inbound.language
        if inbound.kind is Kind.COMMAND:
            if inbound.action in ("forget", "hide"):
                self.shown[person].clear()
            return
        said = inbound.text or inbound.action
        self.add(person, "person", said, event_id=inbound.event_id, locale=locale)
        if "locked" in said:
            self.add(person, "bot", CARD, locale="en")
            return
        spoken = locale if locale in ANSWER else "en"
        self.add(person, "bot", ANSWER[spoken], choices=CHOICES, locale=spoken)

    def _check(self) -> None:
        if self.broken:
            raise RuntimeError("select * from secret where /var/lib/punte")
        if self.away:
            raise StorageUnavailable


def litestar(service: FakeService, web: Web) -> Litestar:

    @get("/boom")
    async def boom() -> None:
        raise RuntimeError("select * from secret where /var/lib/punte")

    return Litestar(
        route_handlers=[*web.routes(), boom],
        exception_handlers=web.exception_handlers(),
        logging_config=None,
        openapi_config=None,
    )


def application(service: FakeService) -> Any:
    web = Web(service.parts())
    return web.guarded(litestar(service, web))
