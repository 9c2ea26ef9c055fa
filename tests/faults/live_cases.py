"""People and counsellors who go on while the service is killed, and the books at the end.

Everybody does what their page does: a message that was not acknowledged is sent again under
the same id, a form that got no answer is sent again with the same key.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx

from bot.channels.web_token import issue_token, verify_token
from bot.console.guard import FIELD
from bot.console.logins import COOKIE, Logins
from bot.storage import Role, Staff, Store
from tests.faults.service import Disk, Service
from tests.handoff.cast import ask, hire

PAUSE_S = 0.05  # before trying again
REPLIES_BEFORE_PARTING = 4
_CLAIM = re.compile(r'action="/desk/case/([A-Z]{2}-\d+)/claim"')


@dataclass
class Guest:
    """Somebody on the web page, whose question waits for a counsellor."""

    token: str
    person: str
    said: list[str] = field(default_factory=list)  # acknowledged, in order


@dataclass
class Counsellor:
    staff: Staff
    token: str
    said: Counter[str] = field(default_factory=Counter)  # acknowledged
    refused: int = 0  # something newer, or no longer theirs
    claimed: int = 0


@dataclass
class Books:
    messages: int
    replies: int
    claims: int
    cases: Counter[str]

    def __str__(self) -> str:
        states = ", ".join(f"{n} {state}" for state, n in sorted(self.cases.items()))
        return (
            f"{self.messages} messages and {self.replies} counsellors' replies stored once each,"
            f" {self.claims} claims; in the end {states}"
        )


async def open_cases(store: Store, people: int, counsellors: int) -> LiveCases:
    await store.staff.prepare()
    desk = [await _signed_in(store, f"counsellor {n}") for n in range(counsellors)]
    key = store.keys.derive("web page tokens")
    guests = []
    for number in range(people):
        token = issue_token(key)
        person = verify_token(key, token)
        assert person is not None
        more = {"channel": "web", "bot": "", "event_id": f"first-{number}"}
        await ask(store, person, "I need a person", **more)
        guests.append(Guest(token, person, ["I need a person"]))
    return LiveCases(guests, desk)


async def _signed_in(store: Store, name: str) -> Counsellor:
    staff = await hire(store, name, Role.COUNSELLOR)
    account = await store.staff.account_named(name)
    assert account is not None
    await store.staff.set_password(account, "no hash")
    account = await store.staff.account_named(name)
    assert account is not None
    token = await Logins(store.staff).begin(account, True, None)
    assert token is not None
    return Counsellor(staff, token)


class LiveCases:
    def __init__(self, guests: list[Guest], desk: list[Counsellor]) -> None:
        self.guests, self.desk = guests, desk
        self.is_ending = False  # counsellors close what they have, and take the next
        self.is_over = False

    async def go_on(self, service: Service, seed: int, pause_s: float) -> None:
        """Until `is_over`; what was begun is finished, so nothing is left in doubt."""
        chance = random.Random(seed)
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(self._write(service, random.Random(seed + number), pause_s))
            for one in self.desk:
                group.create_task(self._counsel(service, one, random.Random(chance.random())))

    # People

    async def _write(self, service: Service, chance: random.Random, pause_s: float) -> None:
        mine = self.guests[chance.randrange(4) :: 4]  # nobody writes two things at once
        while not self.is_ending:
            guest = chance.choice(mine)
            text = f"my line {chance.randrange(10**9):09d}"
            await self._say(service, guest, text)
            await asyncio.sleep(pause_s * chance.uniform(0.5, 1.5))

    async def _say(self, service: Service, guest: Guest, text: str) -> None:
        body = {"id": text.replace(" ", "-"), "text": text, "locale": "en", "country": "ro"}
        body |= {"action": ""}
        headers = {"X-Punte-Token": guest.token}
        answer = await _until_answered(
            lambda: service.http.post("/chat/messages", json=body, headers=headers)
        )
        assert answer.status_code == 200, answer.status_code
        guest.said.append(text)

    # Counsellors

    async def _counsel(self, service: Service, one: Counsellor, chance: random.Random) -> None:
        headers = {"sec-fetch-site": "same-origin"}
        limits = {"timeout": 30, "trust_env": False}
        async with httpx.AsyncClient(base_url=service.url, headers=headers, **limits) as http:  # type: ignore[arg-type]
            http.headers["cookie"] = f"{COOKIE}={one.token}"
            mine: dict[str, int] = {}
            while not self.is_over:
                if len(mine) < 5:
                    await self._claim(http, one, mine, chance)
                if mine:
                    await self._answer(http, one, mine, chance)
                await asyncio.sleep(PAUSE_S)

    async def _claim(
        self, http: httpx.AsyncClient, one: Counsellor, mine: dict[str, int], chance: random.Random
    ) -> None:
        page = (await _until_answered(lambda: http.get("/desk/queue"))).text
        waiting = _CLAIM.findall(page)
        if not waiting:
            return
        number = chance.choice(waiting[:12])
        form = {FIELD: _field(page, FIELD)}
        answer = await _until_answered(lambda: http.post(f"/desk/case/{number}/claim", data=form))
        # A kill may have taken the answer to a claim that was made: then it is ours all the same.
        shown = await _until_answered(lambda: http.get(f"/desk/case/{number}"))
        if shown.status_code == 200 and 'name="fence"' in shown.text:
            mine[number] = 0
            one.claimed += 1
        else:
            one.refused += answer.status_code != 303

    async def _answer(
        self, http: httpx.AsyncClient, one: Counsellor, mine: dict[str, int], chance: random.Random
    ) -> None:
        number = chance.choice(list(mine))
        page = (await _until_answered(lambda: http.get(f"/desk/case/{number}"))).text
        if 'name="fence"' not in page:
            mine.pop(number)
            return
        fields = (FIELD, "key", "fence", "seen_up_to")
        form = {name: _field(page, name) for name in fields}
        is_last = mine[number] >= (1 if self.is_ending else REPLIES_BEFORE_PARTING)
        if is_last:
            is_given_back = chance.random() < 0.5 and not self.is_ending
            part = "release" if is_given_back else "close"
            form |= {"outcome": "answered"} if part == "close" else {}
            said = ""
        else:
            part, said = "reply", f"answer {chance.randrange(10**9):09d}"
            form["text"] = said
        answer = await _until_answered(lambda: http.post(f"/desk/case/{number}/{part}", data=form))
        if answer.status_code in (200, 303):
            one.said.update([said] if said else [])
            mine[number] += 1
            if is_last:
                mine.pop(number)
        else:
            one.refused += 1
            assert answer.status_code in (404, 409), answer.status_code


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found is not None, name
    return unquote(found[1])


async def _until_answered(ask_once: Any) -> httpx.Response:
    """What a page does while its line is cut: it tries again."""
    while True:
        try:
            answer: httpx.Response = await ask_once()
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE_S)
            continue
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(PAUSE_S)


# The books


async def balance(live: LiveCases, disk: Disk) -> Books:
    told = [text for one in live.desk for text in one.said]
    found: Counter[str] = Counter()
    for guest in live.guests:
        lines = await disk.store.transcript(
            disk.store.person_hash("web", "", guest.person), 0, 9999
        )
        theirs = [line.text for line in lines if line.author == "person"]
        assert theirs == guest.said, "a person's lines are not what was acknowledged, in order"
        found.update(line.text for line in lines if line.author == "counsellor")
    lost = [text for text in told if not found[text]]
    doubled = [text for text, count in found.items() if count > 1]
    assert not lost and not doubled, f"lost {lost[:5]}, doubled {doubled[:5]}"
    await check_silence(disk)
    rows = await disk.rows("SELECT state, count(*) AS n FROM handoff GROUP BY state")
    return Books(
        messages=sum(len(guest.said) for guest in live.guests),
        replies=len(found),
        claims=sum(one.claimed for one in live.desk),
        cases=Counter({row["state"]: row["n"] for row in rows}),
    )


async def check_silence(disk: Disk) -> None:
    """I9: between a claim and its end the program said nothing but safety and fixed notices."""
    events = await disk.rows(
        "SELECT e.handoff_id, h.conversation_id, e.kind, e.at FROM handoff_event e"
        " JOIN handoff h ON h.id = e.handoff_id"
        " WHERE e.kind IN ('claimed', 'released', 'closed', 'lost', 'took_over') ORDER BY e.id"
    )
    held: dict[str, list[tuple[Any, Any]]] = {}
    since: dict[str, Any] = {}
    for event in events:
        conversation = event["conversation_id"]
        if event["kind"] in ("claimed", "took_over"):
            since.setdefault(conversation, event["at"])
        elif conversation in since:
            held.setdefault(conversation, []).append((since.pop(conversation), event["at"]))
    for conversation, began in since.items():
        held.setdefault(conversation, []).append((began, None))
    said = await disk.rows(
        "SELECT conversation_id, created_at, entry, block FROM message WHERE author = 'bot'"
    )
    spoke = [
        (line["entry"], line["block"])
        for line in said
        for began, ended in held.get(line["conversation_id"], ())
        if began < line["created_at"] and (ended is None or line["created_at"] < ended)
    ]
    assert not spoke, f"the program spoke while a counsellor had the case: {spoke[:5]}"
