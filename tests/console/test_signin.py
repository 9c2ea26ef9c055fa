from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest
import time_machine

from bot.storage import StaffStore, Store
from tests.console.signin_app import CHOSEN, GIVEN, Browser, Desk

COOKIE = re.compile(r"__Host-punte=[A-Za-z0-9_-]{43}; HttpOnly; Path=/; SameSite=strict; Secure")


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    desk = Desk(store)
    yield desk
    desk.door.close()


# The way in


async def test_the_first_sign_in_chooses_a_password_and_sets_up_a_phone(desk: Desk) -> None:
    await desk.add()
    browser = desk.browser()
    answer = await browser.password(GIVEN)
    assert answer.headers["location"] == "/desk/signin/password"
    assert not await browser.is_in()
    answer = await browser.send("/desk/signin/password", new=CHOSEN, again=CHOSEN)
    assert answer.headers["location"] == "/desk/signin/setup"
    assert not await browser.is_in()

    page = await browser.get("/desk/signin/setup")
    assert "<svg" in page.text
    seed = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page.text)
    assert seed
    code = pyotp.TOTP(seed[1].replace(" ", "")).now()
    answer = await browser.post("/desk/signin/setup", code=code)
    assert answer.status_code == 200
    assert len(re.findall(r"<code>[a-z2-9]{5}-[a-z2-9]{5}</code>", answer.text)) == 10
    assert await browser.is_in()
    assert (await desk.account()).recovery_left == 10


async def test_a_settled_counsellor_needs_password_and_code(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    assert (await browser.get("/desk")).headers["location"] == "/desk/signin?next=/desk"
    answer = await browser.password()
    assert answer.headers["location"] == "/desk/signin/code"
    assert not await browser.is_in()
    assert (await browser.code(seed)).headers["location"] == "/desk"
    assert await browser.is_in()


async def test_a_name_is_found_however_it_is_written(desk: Desk) -> None:
    await desk.add("Petra Ștefan")
    for name in ("petra ștefan", " PETRA ȘTEFAN "):
        answer = await desk.browser().password(GIVEN, name=name)
        assert answer.status_code == 303, name


async def test_the_page_asked_for_comes_after_signing_in(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    asked = "/desk/case/RO-0042"
    answer = await browser.password(next=asked)
    assert answer.headers["location"] == f"/desk/signin/code?next={asked}"
    assert (await browser.code(seed, next=asked)).headers["location"] == asked


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/desk",
        "/desk/../admin",
        "/desk//evil",
        "/desk\\evil",
        "/desk/signout",
        "/desk/signin/code",
        "/desk?x=1",
        "javascript:alert(1)",
        "/desk\nset-cookie: a=b",
    ],
)
async def test_only_a_page_of_the_desk_comes_after_signing_in(desk: Desk, place: str) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.password(next=place)
    assert (await browser.code(seed, next=place)).headers["location"] == "/desk"


async def test_a_link_from_another_site_brings_the_cookie_on_a_second_look(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.sign_in(seed)
    token = browser.token
    browser.client.cookies.clear()  # Strict: it does not come along
    page = await browser.get("/desk", **{"sec-fetch-site": "cross-site"})
    assert page.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/desk">' in page.text
    browser.client.cookies.set("__Host-punte", token)
    assert (await browser.get("/desk", **{"sec-fetch-site": "same-origin"})).status_code == 200


async def test_a_page_that_changes_something_says_401_instead_of_leading_away(desk: Desk) -> None:
    browser = desk.browser()
    assert (await browser.post("/desk/change")).status_code == 401
    fragment = await browser.get("/desk", **{"hx-request": "true"})
    assert fragment.status_code == 401


async def test_steps_cannot_be_taken_out_of_order(desk: Desk) -> None:
    _, seed = await desk.settled()
    stranger, half, whole = desk.browser(), desk.browser(), desk.browser()
    await half.password()
    await whole.sign_in(seed)
    steps = ("code", "password", "setup", "recovery")
    leads = {
        "stranger": [(await stranger.get(f"/desk/signin/{s}")).headers["location"] for s in steps],
        "half": [(await half.get(f"/desk/signin/{s}")).headers.get("location") for s in steps],
        "whole": [(await whole.get(f"/desk/signin/{s}")).headers.get("location") for s in steps],
    }
    code = "/desk/signin/code"
    assert leads == {
        "stranger": ["/desk/signin"] * 4,
        "half": [None, code, code, code],
        "whole": ["/desk", None, "/desk", None],
    }
    for step in steps[1:]:
        answer = await half.post(f"/desk/signin/{step}", new=CHOSEN, again=CHOSEN, code="1")
        assert answer.headers["location"] == code
    assert await half.is_in() is False


# Choosing a password


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [
        ("short", "short", "too short"),
        ("a" * 257, "a" * 257, "too long"),
        ("quite another one", "quite another two", "not the same"),
        (GIVEN, GIVEN, "is the present password"),
        ("petra-petrescu", "petra-petrescu", "your name"),
    ],
)
async def test_a_password_that_will_not_do_is_explained(
    desk: Desk, new: str, again: str, says: str
) -> None:
    await desk.add("petra-petrescu")
    browser = desk.browser()
    await browser.password(GIVEN, name="petra-petrescu")
    answer = await browser.send("/desk/signin/password", new=new, again=again)
    assert answer.status_code == 422
    assert says in answer.text
    assert (await desk.account("petra-petrescu")).must_change


async def test_a_new_password_needs_the_present_one(desk: Desk) -> None:
    _, seed = await desk.settled()
    browser = desk.browser()
    await browser.sign_in(seed)
    new = "quite another password"
    answer = await browser.send("/desk/signin/password", old="wrong", new=new, again=new)
    assert answer.status_code == 401
    assert "not right" in answer.text
    assert (await desk.browser().password()).status_code == 303


# Recovery codes


async def test_a_recovery_code_opens_the_desk_once(desk: Desk) -> None:
    await desk.settled()
    for expected in ("/desk", None):
        browser = desk.browser()
        await browser.password()
        answer = await browser.send("/desk/signin/code", code=" AAAAA bbbbb ")
        assert answer.headers.get("location") == expected
    assert (await desk.account()).recovery_left == 0


async def test_new_recovery_codes_need_a_code_of_the_phone(desk: Desk) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        _, seed = await desk.settled()
        browser = desk.browser()
        await browser.sign_in(seed)
        wrong = await browser.send("/desk/signin/recovery", code="aaaaa-bbbbb")
        assert wrong.status_code == 401
        assert (await desk.account()).recovery_left == 1
        clock.shift(30)
        right = await browser.send("/desk/signin/recovery", code=pyotp.TOTP(seed).now())
        assert len(re.findall(r"<code>[a-z2-9]{5}-[a-z2-9]{5}</code>", right.text)) == 10
        assert (await desk.account()).recovery_left == 10


# The pages


@pytest.mark.parametrize("path", ["", "/code", "/password", "/setup", "/recovery"])
async def test_pages_are_never_kept_and_load_nothing_from_elsewhere(desk: Desk, path: str) -> None:
    browser = await at(desk, path)
    page = await browser.get(f"/desk/signin{path}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "style=" not in page.text
    assert not re.search(r"\son[a-z]+=", page.text)
    assert "<script>" not in page.text


async def at(desk: Desk, path: str) -> Browser:
    """A browser that belongs on this page."""
    browser = desk.browser()
    if path == "/setup":
        await desk.add()
        await browser.password(GIVEN)
        await browser.send("/desk/signin/password", new=CHOSEN, again=CHOSEN)
    elif path:
        _, seed = await desk.settled()
        await (browser.password() if path == "/code" else browser.sign_in(seed))
    return browser


async def test_a_name_is_only_text(desk: Desk) -> None:
    answer = await desk.browser().password(name='"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


# What happens meanwhile


async def test_who_chooses_a_password_while_it_is_changed_signs_in_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.add()
    browser = desk.browser()
    await browser.password(GIVEN)
    hashed = desk.door.passwords.hash

    async def slowly(password: str) -> str:
        await desk.store.staff.reset("petra", "somebody else was faster")
        return await hashed(password)

    monkeypatch.setattr(desk.door.passwords, "hash", slowly)
    answer = await browser.send("/desk/signin/password", new=CHOSEN, again=CHOSEN)
    assert answer.headers["location"] == "/desk/signin"
    assert (await desk.account()).must_change


async def test_of_two_phones_set_up_at_once_the_second_does_not_count(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await at(desk, "/setup")
    page = await browser.get("/desk/signin/setup")
    seed = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page.text)
    assert seed
    set_totp = StaffStore.set_totp

    async def second(store: StaffStore, counsellor_id: str, *its: Any) -> bool:
        await set_totp(store, counsellor_id, "OTHERSEED", 1, [])
        return await set_totp(store, counsellor_id, *its)

    monkeypatch.setattr(StaffStore, "set_totp", second)
    code = pyotp.TOTP(seed[1].replace(" ", "")).now()
    answer = await browser.post("/desk/signin/setup", code=code)
    assert answer.headers["location"] == "/desk/signin"
    assert not await browser.is_in()
    assert (await desk.store.staff.totp((await desk.account()).staff.id)) == ("OTHERSEED", 1)


async def test_a_wrong_code_of_a_new_phone_shows_the_same_picture_again(desk: Desk) -> None:
    browser = await at(desk, "/setup")
    first = await browser.get("/desk/signin/setup")
    again = await browser.post("/desk/signin/setup", code="000000")
    assert again.status_code == 422
    key = re.compile(r'<code dir="ltr">[A-Z2-7 ]+</code>')
    assert key.findall(first.text) == key.findall(again.text) != []
    assert not (await desk.account()).has_totp


async def test_signing_out_twice_is_no_error(desk: Desk) -> None:
    answer = await desk.browser().post("/desk/signout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/signin")
