from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pyotp
import pytest
import time_machine

from bot.console.guard import address_of, is_ours
from bot.console.passwords import Busy
from bot.console.tries import OF_ACCOUNT_HERE
from bot.storage import Store
from tests.console.signin_app import Desk

NOON = "2026-03-02T12:00:00Z"
HOME = "10.0.0.7"  # from where Petra signs in


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    desk = Desk(store)
    yield desk
    desk.door.close()


async def wrong(desk: Desk, address: str, name: str = "petra") -> tuple[int, int]:
    """One wrong password: status, and for how many seconds it asks to wait."""
    answer = await desk.browser(address).password("not the password", name=name)
    return answer.status_code, int(answer.headers.get("retry-after", "0"))


@pytest.mark.fault("W6")
@pytest.mark.parametrize("name", ["petra", "nobody"])
async def test_five_tries_in_five_minutes_then_longer_and_longer(desk: Desk, name: str) -> None:
    await desk.settled()
    with time_machine.travel(NOON, tick=False) as clock:
        for delay in OF_ACCOUNT_HERE:
            assert await wrong(desk, HOME, name) == (401, 0)
            if delay:
                assert await wrong(desk, HOME, name) == (429, delay)
            clock.shift(delay)
        assert await wrong(desk, HOME, name) == (401, 0)
        assert await wrong(desk, HOME, name) == (429, OF_ACCOUNT_HERE[-1])
    waits = list(OF_ACCOUNT_HERE)
    assert waits == sorted(waits)
    assert sum(waits[:4]) < 300 <= waits[4]


@pytest.mark.fault("W6")
async def test_the_right_password_has_to_wait_too_and_then_gets_in(desk: Desk) -> None:
    await desk.settled()
    with time_machine.travel(NOON, tick=False) as clock:
        for delay in OF_ACCOUNT_HERE[:5]:
            await wrong(desk, HOME)
            clock.shift(delay if delay < 300 else 0)
        assert (await desk.browser(HOME).password()).status_code == 429
        assert (await desk.browser("10.0.0.8").password()).status_code == 303
        clock.shift(300)
        assert (await desk.browser(HOME).password()).status_code == 303


@pytest.mark.fault("W6")
async def test_guesses_from_many_addresses_keep_nobody_out(desk: Desk) -> None:
    _, seed = await desk.settled()
    with time_machine.travel(NOON, tick=False) as clock:
        await desk.browser(HOME).sign_in(seed)
        for n in range(40):
            await wrong(desk, f"10.1.0.{n}")
        clock.shift(30)
        await desk.browser(HOME).sign_in(seed)


@pytest.mark.fault("W6")
async def test_guesses_at_many_accounts_from_one_address_end(desk: Desk) -> None:
    _, seed = await desk.settled()
    with time_machine.travel(NOON, tick=False) as clock:
        await desk.browser(HOME).sign_in(seed)
        found = [await wrong(desk, HOME, f"guess-{n}") for n in range(40)]
        assert found[:30] == [(401, 0)] * 30
        assert {status for status, _ in found[31:]} == {429}
        # Petra shares that address, and has signed in from it before.
        clock.shift(30)
        await desk.browser(HOME).sign_in(seed)


@pytest.mark.fault("W6")
async def test_many_tries_at_once_are_no_way_around_the_limit(desk: Desk) -> None:
    await desk.settled()
    browsers = [desk.browser(HOME) for _ in range(20)]
    for browser in browsers:
        await browser.get("/desk/signin")
    tries = [b.post("/desk/signin", name="petra", password="not it") for b in browsers]
    answers = await asyncio.gather(*tries)
    assert sum(answer.status_code == 401 for answer in answers) <= 5


@pytest.mark.fault("W6")
async def test_codes_cannot_be_guessed_by_whoever_knows_the_password(desk: Desk) -> None:
    await desk.settled()
    with time_machine.travel(NOON, tick=False):
        looked_at = 0
        for n in range(30):
            browser = desk.browser(f"10.2.0.{n}")
            if (await browser.password()).status_code == 303:
                answer = await browser.send("/desk/signin/code", code="000000")
                looked_at += answer.status_code == 401
        assert looked_at == 20


@pytest.mark.fault("W6")
async def test_a_right_password_does_not_give_a_guesser_more_codes(desk: Desk) -> None:
    await desk.settled()
    with time_machine.travel(NOON, tick=False):
        looked_at = 0
        for _ in range(12):
            browser = desk.browser(HOME)
            if (await browser.password()).status_code == 303:
                answer = await browser.send("/desk/signin/code", code="000000")
                looked_at += answer.status_code == 401
        assert looked_at <= 5


@pytest.mark.fault("W6")
async def test_a_code_opens_the_desk_once(desk: Desk) -> None:
    _, seed = await desk.settled()
    with time_machine.travel(NOON, tick=False) as clock:
        await desk.browser(HOME).sign_in(seed)
        again = desk.browser("10.0.0.9")
        await again.password()
        assert (await again.code(seed)).status_code == 401
        clock.shift(30)
        assert (await again.code(seed)).headers["location"] == "/desk"


@pytest.mark.fault("W6")
async def test_of_two_who_send_the_same_code_one_gets_in(desk: Desk) -> None:
    _, seed = await desk.settled()
    with time_machine.travel(NOON, tick=False):
        browsers = [desk.browser(f"10.0.1.{n}") for n in range(4)]
        for browser in browsers:
            await browser.password()
            await browser.get("/desk/signin/code")
        code = pyotp.TOTP(seed).now()
        answers = await asyncio.gather(
            *(browser.post("/desk/signin/code", code=code) for browser in browsers)
        )
        assert sorted(answer.status_code for answer in answers) == [303, 401, 401, 401]


async def test_signing_in_forgets_earlier_mistakes(desk: Desk) -> None:
    _, seed = await desk.settled()
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(4):
            await wrong(desk, HOME)
            await desk.browser(HOME).sign_in(seed)
            clock.shift(30)
        assert [await wrong(desk, HOME) for _ in range(3)] == [(401, 0)] * 3


async def test_a_wrong_present_password_counts_as_a_try(desk: Desk) -> None:
    _, seed = await desk.settled()
    with time_machine.travel(NOON, tick=False):
        browser = desk.browser(HOME)
        await browser.sign_in(seed)
        new = "quite another password"
        for status in (401, 401, 401, 429):
            fields = {"old": "a guess", "new": new, "again": new}
            answer = await browser.send("/desk/signin/password", **fields)
            assert answer.status_code == status


# Where a request came from


async def test_only_our_own_proxy_is_believed(store: Store) -> None:
    behind = Desk(store, proxies=("10.9.9.9",))
    await behind.settled()
    with time_machine.travel(NOON, tick=False):
        for said in ("203.0.113.5", "198.51.100.1, 203.0.113.5", "x, 203.0.113.5, 10.9.9.9"):
            browser = behind.browser("10.9.9.9")
            browser.client.headers["x-forwarded-for"] = said
            assert (await browser.password("not it")).status_code == 401
        browser = behind.browser("10.9.9.9")
        browser.client.headers["x-forwarded-for"] = "203.0.113.5"
        assert (await browser.password()).status_code == 429
        browser.client.headers["x-forwarded-for"] = "203.0.113.5, 203.0.113.6"
        assert (await browser.password()).status_code == 303
        # A browser that says it came from elsewhere is not asked.
        direct = behind.browser("203.0.113.5")
        direct.client.headers["x-forwarded-for"] = "203.0.113.77"
        assert (await direct.password()).status_code == 429
    behind.door.close()


class Asked:
    def __init__(self, host: str | None, said: str = "") -> None:
        self.client = None if host is None else type("Client", (), {"host": host})
        self.headers = {"x-forwarded-for": said} if said else {}


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        (Asked("192.0.2.1"), "192.0.2.1"),
        (Asked("192.0.2.1", "203.0.113.5"), "192.0.2.1"),
        (Asked("10.9.9.9", "203.0.113.5"), "203.0.113.5"),
        (Asked("10.9.9.9", "evil, 203.0.113.5, 10.9.9.9"), "203.0.113.5"),
        (Asked("10.9.9.9"), "10.9.9.9"),
        (Asked("10.9.9.9", " , "), "10.9.9.9"),
        (Asked(None), ""),
    ],
)
def test_the_address_is_the_last_that_our_proxies_saw(asked: Asked, address: str) -> None:
    assert address_of(asked, ("10.9.9.9",)) == address  # type: ignore[arg-type]


async def test_who_is_sent_away_because_many_wait_has_not_used_a_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.settled()

    async def busy(*_its: object) -> bool:
        raise Busy

    with time_machine.travel(NOON, tick=False), monkeypatch.context() as patch:
        patch.setattr(desk.door.passwords, "is_right", busy)
        assert [await wrong(desk, HOME) for _ in range(6)] == [(429, 60)] * 6
    assert await wrong(desk, HOME) == (401, 0)


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://desk.example"}, True),
        ({"origin": "http://DESK.example"}, True),
        ({"origin": "https://desk.example.evil"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://desk.example"}, False),
        ({"sec-fetch-site": "", "origin": "https://desk.example"}, False),
    ],
)
def test_a_browser_has_to_say_that_our_page_sent_it(headers: dict[str, str], ours: bool) -> None:
    assert is_ours({"host": "desk.example"} | headers) is ours
