"""The desk under load: 500 open conversations, 20 counsellors, 100,000 past cases."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

from bot.console.guard import FIELD
from bot.console.logins import COOKIE, Logins
from bot.storage import Staff, migrate, open_store
from tests.bench.line import Line
from tests.bench.load import at_rate, in_ms, quantile
from tests.bench.past_cases import fill, hire
from tests.bench.table import at_most, told
from tests.bench.visitor import Visitor
from tests.bench.workshop import Service, Workshop

OFFICE, COUNTRY = "ro", "ro"
MESSAGES_PER_S = 10  # each of 500 people writes every 50 s
SCREEN_S = 10.0
_FIELD = re.compile(rb'name="_csrf_token" value="([^"]+)"')
_CLAIM = re.compile(rb'action="/desk/case/([A-Z]{2}-\d+)/claim"')


async def measure(shop: Workshop) -> None:
    sizes = shop.sizes
    var = shop.folder / "var-desk"
    var.mkdir()
    tokens = await _prepare(var, sizes.past_cases, sizes.counsellors)
    service = Service(shop.project, var, PUNTE_NLU="off", PUNTE_PUBLIC_URL="")
    try:
        await service.until_page()
        async with _busy(service, tokens, sizes.open_cases) as (desks, people):
            queue = await _queue_pages(desks, sizes.turn_s)
            screens = await _messages(people, sizes.text_s)
    finally:
        await service.stop()
    crowd = f"{sizes.open_cases} open cases, {len(tokens)} counsellors"
    p95 = quantile(screens, 0.95) * 1000
    what = f"a person's message on the counsellor's screen, p95, {crowd}"
    shop.tell(at_most("desk", what, p95, 300, "ms", more=f"n={len(screens)}"))
    shop.tell(told("desk", "  the same", f"{in_ms(screens, 0.5, 0.99)} ms"))
    what = f"queue page with {sizes.past_cases} past cases, p95"
    shop.tell(at_most("desk", what, quantile(queue, 0.95) * 1000, 50, "ms", more=f"n={len(queue)}"))


async def _prepare(var: Path, past: int, counsellors: int) -> list[str]:
    """Accounts, logins and the past, in the database the service will open."""
    migrate("", var / "punte.sqlite3")
    store = await open_store("", var / "punte.sqlite3", var / "keys")
    try:
        staff = await hire(store, counsellors, OFFICE)
        await fill(store, past, OFFICE, staff)
        return [await _token(Logins(store.staff), person) for person in staff]
    finally:
        await store.close()


async def _token(logins: Logins, staff: Staff) -> str:
    account = await logins.store.account_named(staff.name)
    assert account is not None
    token = await logins.begin(account, True, None)
    assert token is not None
    return token


class Desk:
    """One counsellor's browser: a stream, and the pages it asks for."""

    def __init__(self, url: str, token: str) -> None:
        self._headers = {"Cookie": f"{COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}
        self._pages, self._stream = Line(url), Line(url)
        self._listening: asyncio.Task[None] | None = None
        self._asking = asyncio.Lock()
        self._wanted: dict[str, list[tuple[bytes, asyncio.Future[float]]]] = {}

    async def page(self, path: str) -> bytes:
        async with self._asking:
            status, body = await self._pages.ask("GET", path, headers=self._headers)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return body

    async def claim_next(self) -> str:
        """The number of a case of the queue that is now ours; empty when none waits."""
        page = await self.page("/desk/queue")
        found, form = _CLAIM.search(page), _FIELD.search(page)
        if found is None or form is None:
            return ""
        number = found[1].decode()
        body = urlencode({FIELD: form[1].decode()}).encode()
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        async with self._asking:
            await self._pages.ask_raw("POST", f"/desk/case/{number}/claim", body, headers)
        return number

    def listen(self) -> None:
        self._listening = asyncio.create_task(self._listen())

    async def sees(self, number: str, text: str) -> float:
        """The moment at which a text stands in the page of a case."""
        seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(number, []).append((text.encode(), seen))
        async with asyncio.timeout(SCREEN_S):
            return await seen

    async def leave(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._pages.close()
        await self._stream.close()

    async def _listen(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            async for event in self._stream.events("/desk/stream", self._headers):
                if event.get("number") in self._wanted:
                    await self._refresh(event["number"])

    async def _refresh(self, number: str) -> None:
        """As the page does: it asks for itself, and shows what is new."""
        headers = {**self._headers, "X-Punte-Quiet": "1"}
        async with self._asking:
            _, page = await self._pages.ask("GET", f"/desk/case/{number}", headers=headers)
        now = time.perf_counter()
        waiting = self._wanted[number]
        for text, seen in [one for one in waiting if one[0] in page]:
            seen.set_result(now)
            waiting.remove((text, seen))


class Person(Visitor):
    """Somebody whose case a counsellor has."""

    number = ""
    desk: Desk


@contextlib.asynccontextmanager
async def _busy(
    service: Service, tokens: list[str], open_cases: int
) -> AsyncIterator[tuple[list[Desk], list[Person]]]:
    desks = [Desk(service.url, token) for token in tokens]
    people = [Person(service.url, "en", COUNTRY) for _ in range(open_cases)]
    try:
        for number, person in enumerate(people):
            await person.arrive()
            await person.says(action="h")
            desk = desks[number % len(desks)]
            person.number, person.desk = await desk.claim_next(), desk
        for desk in desks:
            desk.listen()
        await asyncio.sleep(1)
        yield desks, people
    finally:
        await asyncio.gather(*(person.leave() for person in people))
        await asyncio.gather(*(desk.leave() for desk in desks))


async def _queue_pages(desks: list[Desk], seconds: float) -> list[float]:
    async def look(number: int) -> None:
        await desks[number % len(desks)].page("/desk/queue")

    return await at_rate(MESSAGES_PER_S, seconds, look)


async def _messages(people: list[Person], seconds: float) -> list[float]:
    took: list[float] = []

    async def say(number: int) -> None:
        person = people[number * 7 % len(people)]
        text = f"my message number {number:06}"
        began = time.perf_counter()
        seen = asyncio.create_task(person.desk.sees(person.number, text))
        await asyncio.sleep(0)
        await person.tell(text)
        took.append(await seen - began)

    await at_rate(MESSAGES_PER_S, seconds, say)
    return took
