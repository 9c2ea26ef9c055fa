from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import time_machine

from bot.storage import Role, Store
from tests.console.signin_app import CHOSEN, GIVEN, HOST, OURS, Desk

COOKIE = re.compile(r"__Host-punte=[A-Za-z0-9_-]{43}; HttpOnly; Path=/; SameSite=strict; Secure")


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    desk = Desk(store)
    yield desk
    desk.door.close()


# W5: the login


@pytest.mark.fault("W5")
async def test_each_step_gives_a_new_token_and_the_one_before_is_dead(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    planted = "A" * 43
    browser.client.cookies.set("__Host-punte", planted, HOST)
    await browser.password()
    half = browser.token
    await browser.code(seed)
    whole = browser.token
    assert len({planted, half, whole}) == 3
    for token, opens in ((planted, False), (half, False), (whole, True)):
        other = desk.browser()
        other.client.cookies.set("__Host-punte", token)
        assert await other.is_in() is opens


@pytest.mark.fault("W5")
async def test_the_cookie_has_every_flag(desk: Desk) -> None:
    await desk.settled()
    answer = await desk.browser().password()
    assert COOKIE.fullmatch(answer.headers["set-cookie"])


@pytest.mark.fault("W5")
async def test_signing_in_again_ends_what_was_open_in_this_browser(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.get("/desk/signin")
    csrf = browser.csrf
    await browser.sign_in(seed)
    first = browser.token
    browser.csrf = csrf
    await browser.post("/desk/signin", name="petra", password=CHOSEN)
    other = desk.browser()
    other.client.cookies.set("__Host-punte", first)
    assert not await other.is_in()


@pytest.mark.fault("W5")
async def test_sign_out_kills_the_token_and_clears_the_browser(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.sign_in(seed)
    token = browser.token
    csrf = (await browser.get("/desk")).text
    answer = await browser.post("/desk/signout", _csrf_token=csrf)
    assert answer.headers["location"] == "/desk/signin"
    assert answer.headers["clear-site-data"] == '"*"'
    assert browser.token == ""
    browser.client.cookies.set("__Host-punte", token)
    assert not await browser.is_in()


@pytest.mark.fault("W5")
@pytest.mark.parametrize("change", ["disable", "roles", "reset", "password"])
async def test_a_change_of_the_account_ends_its_logins_at_once(desk: Desk, change: str) -> None:
    _, seed = await desk.settled()
    browser, elsewhere = desk.browser(), desk.browser("10.0.0.2")
    await browser.sign_in(seed)
    await desk.store.staff.begin_login("f" * 64, await desk.account(), True)
    if change == "disable":
        await desk.store.staff.disable("petra")
    elif change == "roles":
        await desk.change_roles("petra", Role.EDITOR)
    elif change == "reset":
        await desk.store.staff.reset("petra", "x")
    else:
        new = "quite another password"
        await elsewhere.get("/desk/signin")
        answer = await browser.send("/desk/signin/password", old=CHOSEN, new=new, again=new)
        assert answer.headers["location"] == "/desk"
        assert await browser.is_in()
    assert not await desk.gate.holds("f" * 64)
    if change != "password":
        assert not await browser.is_in()
    assert not await elsewhere.is_in()


@pytest.mark.fault("W5")
async def test_a_login_ends_after_half_an_hour_without_use_and_after_twelve_hours(
    desk: Desk,
) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        _, seed = await desk.settled()
        browser = desk.browser()
        await browser.sign_in(seed)
        for _ in range(24):
            clock.shift(29 * 60)
            assert await browser.is_in()
        clock.shift(25 * 60)  # 12 hours and a minute
        assert not await browser.is_in()
        clock.shift(60)
        await browser.sign_in(seed)
        clock.shift(31 * 60)
        assert not await browser.is_in()


@pytest.mark.fault("W5")
async def test_an_open_stream_does_not_keep_a_login_alive(desk: Desk) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        await desk.settled()
        await desk.store.staff.begin_login("f" * 64, await desk.account(), True)
        for _ in range(3):
            assert await desk.gate.holds("f" * 64)
            clock.shift(14 * 60)
        assert not await desk.gate.holds("f" * 64)


async def test_a_password_changed_while_somebody_signs_in_with_the_old_one(desk: Desk) -> None:
    await desk.settled()
    before = await desk.account()
    assert await desk.store.staff.set_password(before, "another hash")
    assert not await desk.store.staff.begin_login("f" * 64, before, True)
    assert not await desk.store.staff.set_password(before, "a third hash")


# W4: forms of our own


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": f"https://{HOST}"},
        {"sec-fetch-site": "\xe9", "origin": f"https://{HOST}"},
    ],
)
async def test_a_form_that_our_page_did_not_send_is_refused(
    desk: Desk, headers: dict[str, str]
) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.sign_in(seed)
    csrf = (await browser.get("/desk")).text
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    for path in POSTS:
        answer = await browser.client.post(path, data={"_csrf_token": csrf}, headers=encoded)
        # Two of the steps are not theirs to take any more, and lead away.
        elsewhere = path in ("/desk/signin/code", "/desk/signin/setup")
        assert answer.status_code in ((303, 403) if elsewhere else (403,)), path
    assert await browser.is_in()


POSTS = (
    "/desk/change",
    "/desk/signin",
    "/desk/signin/code",
    "/desk/signin/password",
    "/desk/signin/setup",
    "/desk/signin/recovery",
    "/desk/signout",
)


@pytest.mark.fault("W4")
@pytest.mark.parametrize("token", ["", "x", "ș" * 64, "0" * 64, "\ud800"[:0] + "é"])
async def test_a_missing_wrong_or_odd_token_is_refused(desk: Desk, token: str) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.sign_in(seed)
    for path in ("/desk/change", "/desk/signin/password", "/desk/signout"):
        assert (await browser.post(path, _csrf_token=token)).status_code == 403
        header = {**OURS, "x-csrftoken": token.encode("utf-8")}
        assert (await browser.client.post(path, data={"a": "b"}, headers=header)).status_code == 403
    assert await browser.is_in()


@pytest.mark.fault("W4")
async def test_a_token_of_another_login_is_refused(desk: Desk) -> None:
    _, seed = await desk.settled()
    _, other_seed = await desk.settled("jonas")
    petra, jonas = desk.browser(), desk.browser()
    await petra.sign_in(seed)
    await jonas.sign_in(other_seed, "jonas")
    csrf = (await jonas.get("/desk")).text
    assert (await petra.post("/desk/change", _csrf_token=csrf)).status_code == 403
    assert (await jonas.post("/desk/change", _csrf_token=csrf)).status_code == 200
    header = {**OURS, "x-csrftoken": csrf}
    assert (
        await jonas.client.post("/desk/change", data={"a": "b"}, headers=header)
    ).status_code == 200


@pytest.mark.fault("W4")
async def test_looking_at_pages_changes_nothing(desk: Desk) -> None:
    await desk.add()
    browser = desk.browser()
    await browser.password(GIVEN)
    for path in ("", "/code", "/password", "/setup", "/recovery"):
        await browser.get(f"/desk/signin{path}")
    assert (await browser.get("/desk/signout")).status_code == 405
    assert (await browser.get("/desk/signin/password")).status_code == 200
    account = await desk.account()
    assert (account.has_totp, account.recovery_left, account.must_change) == (False, 0, True)


# W7: who has an account stays our secret


@pytest.mark.fault("W7")
async def test_every_reason_to_refuse_a_password_looks_the_same(desk: Desk) -> None:
    await desk.settled("known")
    await desk.settled("disabled")
    await desk.store.staff.disable("disabled")
    answers = []
    for name, password in (
        ("known", "not the password"),
        ("unknown", "not the password"),
        ("disabled", CHOSEN),
        ("x" * 500, "not the password"),
    ):
        answer = await desk.browser().password(password, name=name)
        body = answer.text.replace(f'value="{name}"', 'value=""')
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        answers.append((answer.status_code, body, headers))
    assert answers[0][0] == 401
    assert all(answer == answers[0] for answer in answers)


async def test_a_one_time_password_works_for_seven_days(desk: Desk) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        await desk.add()
        clock.shift(7 * 86400 - 1)
        assert (await desk.browser().password(GIVEN)).status_code == 303
        clock.shift(2)
        assert (await desk.browser("10.0.0.2").password(GIVEN)).status_code == 401
