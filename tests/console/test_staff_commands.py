from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import pytest

from bot import __main__ as command_line
from bot import counsellors, offices
from bot.console.passwords import Passwords
from bot.counsellors import CommandProblem, make_first_admin
from bot.settings import Settings
from bot.storage import Account, Role, StaffStore, Store
from bot.storage.alert_records import ChatKind
from tests.console.signin_app import QUICK

SETTINGS = Settings(port=8123)
PASSWORD = re.compile(r"^one-time password: ([a-z2-9-]{23})$", re.MULTILINE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counsellors, "hash_password", lambda password: QUICK.hash(password))


@pytest.fixture
def staff(store: Store) -> StaffStore:
    return store.staff


async def command(staff: StaffStore, *arguments: str) -> None:
    options = command_line._parser().parse_args(arguments)
    if arguments[0] == "office":
        await offices.run(staff, options)
    else:
        await counsellors.run(SETTINGS, staff, options)


async def account(staff: StaffStore, name: str) -> Account:
    found = await staff.account_named(name)
    assert found is not None
    return found


def printed_password(capsys: pytest.CaptureFixture[str]) -> str:
    found = PASSWORD.findall(capsys.readouterr().out)
    assert len(found) == 1
    return str(found[0])


# Counsellors


async def test_adding_somebody_prints_the_password_they_sign_in_with(
    staff: StaffStore, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    options = "--office ro --role counsellor --role protection --languages ro,en --shown-as Petra"
    options += " --gender woman --topics asylum --locale ro"
    await command(staff, "counsellor", "add", "petra", *options.split())
    password = printed_password(capsys)
    found = await account(staff, "petra")
    assert found.must_change
    assert await Passwords(QUICK).is_right(password, found.password_hash)
    assert password not in caplog.text
    who = found.staff
    assert who.roles == {Role.COUNSELLOR, Role.PROTECTION}
    assert (who.shown_as, who.gender, who.locale) == ("Petra", "woman", "ro")
    assert (who.office, who.languages, who.topics) == ("ro", ("ro", "en"), ("asylum",))


async def test_somebody_added_without_a_role_is_a_counsellor(staff: StaffStore) -> None:
    await command(staff, "counsellor", "add", "petra", "--office", "ro")
    assert (await account(staff, "petra")).staff.roles == {Role.COUNSELLOR}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("add petra", "--office is needed"),
        ("add petra --office xx", "there are: hu, ro"),
        ("add p --office ro", "2 to 60 letters"),
        ("add pet\x07ra --office ro", "2 to 60 letters"),
        ("add petra --office ro --languages ro,klingon", "'klingon' is not the code"),
        ("add petra --office ro --shown-as \x1b[2J", "--shown-as: 1 to 60"),
        ("add petra --office ro --locale ../x", "is not the code of a language"),
        ("add petra --office ro --topics asylum,magic", "'magic' is no topic"),
        ("add jonas --office ro", "somebody signs in as jonas already"),
        ("disable petra", "nobody signs in as petra"),
        ("reset petra", "nobody signs in as petra"),
        ("change petra", "nobody signs in as petra"),
        ("change jonas --office= --role counsellor", "--office is needed"),
    ],
)
async def test_what_cannot_be_done_is_explained(
    staff: StaffStore, arguments: str, says: str
) -> None:
    await command(staff, "counsellor", "add", "jonas", "--office", "hu")
    before = await staff.accounts()
    with pytest.raises(CommandProblem, match=re.escape(says)):
        await command(staff, "counsellor", *arguments.split(" "))
    assert await staff.accounts() == before


async def test_a_role_that_does_not_exist_is_refused_before_anything_starts() -> None:
    with pytest.raises(SystemExit):
        command_line._parser().parse_args(["counsellor", "add", "petra", "--role", "king"])


def test_the_roles_of_the_command_line_are_all_roles() -> None:
    assert set(command_line.ROLES) == {role.value for role in Role}


async def test_a_change_keeps_what_it_does_not_name(staff: StaffStore) -> None:
    await command(staff, "counsellor", "add", "petra", "--office", "ro", "--languages", "ro,en")
    await staff.begin_login("f" * 64, await account(staff, "petra"), True)
    await command(staff, "counsellor", "change", "petra", "--role", "editor", "--topics", "asylum")
    found = (await account(staff, "petra")).staff
    assert (found.office, found.languages) == ("ro", ("ro", "en"))
    assert (found.roles, found.topics) == ({Role.EDITOR}, ("asylum",))
    more = "--office hu --languages hu --shown-as Péter --gender man --locale hu"
    await command(staff, "counsellor", "change", "petra", *more.split())
    found = (await account(staff, "petra")).staff
    assert (found.office, found.languages, found.locale) == ("hu", ("hu",), "hu")
    assert (found.shown_as, found.gender, found.roles) == ("Péter", "man", {Role.EDITOR})
    assert await staff.login("f" * 64) is None


async def test_disable_and_reset(staff: StaffStore, capsys: pytest.CaptureFixture[str]) -> None:
    await command(staff, "counsellor", "add", "petra", "--office", "ro")
    first = printed_password(capsys)
    await command(staff, "counsellor", "disable", "petra")
    assert (await account(staff, "petra")).is_disabled
    capsys.readouterr()
    await command(staff, "counsellor", "reset", "petra")
    second = printed_password(capsys)
    found = await account(staff, "petra")
    assert second != first
    assert not found.is_disabled
    assert await Passwords(QUICK).is_right(second, found.password_hash)


async def test_the_list_names_everybody(
    staff: StaffStore, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(staff, "counsellor", "add", "petra", "--office", "ro", "--languages", "ro,en")
    await command(staff, "counsellor", "add", "boss", "--role", "manager")
    await command(staff, "counsellor", "disable", "petra")
    capsys.readouterr()
    await command(staff, "counsellor", "list")
    assert capsys.readouterr().out.splitlines() == [
        "boss  all offices  manager  has not signed in yet",
        "petra  ro  counsellor  ro,en  disabled",
    ]


# The first admin


async def test_the_first_start_makes_one_admin_and_tells_the_password_once(
    staff: StaffStore, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await make_first_admin(SETTINGS, staff)
    out = capsys.readouterr().out
    assert "admin signs in at http://localhost:8123/desk/signin" in out
    (password,) = PASSWORD.findall(out)
    found = await account(staff, "admin")
    assert await Passwords(QUICK).is_right(password, found.password_hash)
    assert (found.staff.roles, found.staff.office) == ({Role.ADMIN}, "")
    assert password not in caplog.text
    await make_first_admin(SETTINGS, staff)
    assert capsys.readouterr().out == ""


async def test_an_admin_of_another_name_is_enough(
    staff: StaffStore, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(staff, "counsellor", "add", "ana", "--role", "admin")
    capsys.readouterr()
    await make_first_admin(SETTINGS, staff)
    assert capsys.readouterr().out == ""
    assert [one.staff.name for one in await staff.accounts()] == ["ana"]


async def test_somebody_called_admin_is_not_made_one(
    staff: StaffStore, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(staff, "counsellor", "add", "admin", "--office", "ro")
    capsys.readouterr()
    await make_first_admin(SETTINGS, staff)
    assert capsys.readouterr().out == ""
    assert (await account(staff, "admin")).staff.roles == {Role.COUNSELLOR}


async def test_the_public_address_is_told_where_there_is_one(
    staff: StaffStore, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_first_admin(Settings(public_url="https://help.example"), staff)
    assert "https://help.example/desk/signin" in capsys.readouterr().out


# Offices


async def test_offices_are_listed_with_their_closed_days_ahead(
    staff: StaffStore, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(staff, "office", "hours", "ro", "mon-thu 09:00-17:00; fri 09:00-15:00")
    await command(staff, "office", "close-day", "ro", "2999-12-24")
    await command(staff, "office", "close-day", "ro", "2001-12-24")
    await command(staff, "office", "close-day", "hu", "2999-12-31")
    await command(staff, "office", "close-day", "hu", "2999-12-31", "--open")
    capsys.readouterr()
    await command(staff, "office", "list")
    assert capsys.readouterr().out.splitlines() == [
        "hu  Hungary  Europe/Budapest  mon-fri 09:00-17:00",
        "ro  Romania  Europe/Bucharest  mon-thu 09:00-17:00; fri 09:00-15:00",
        "    closed on 2999-12-24",
    ]


# Alerts


async def alert_code(store: Store, *arguments: str) -> None:
    options = command_line._parser().parse_args(["counsellor", "alerts", *arguments])
    await counsellors.alert_code(store, options)


async def test_a_code_links_the_chat_that_sends_it(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    await command(store.staff, "counsellor", "add", "petra", "--office", "ro")
    capsys.readouterr()
    await alert_code(store, "petra")
    code = capsys.readouterr().out.split()[-1]
    assert await store.alerts.link(code, "telegram", "77", False, datetime.now(UTC)) is not None
    assert [chat.kind for chat in await store.alerts.chats("ro")] == [ChatKind.OWN]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "nobody signs in as nobody"),
        (["regional"], "for one office"),
        (["petra", "--chat", "protection"], "protection role"),
    ],
)
async def test_who_may_not_link_a_chat_is_told(
    store: Store, arguments: list[str], says: str
) -> None:
    await command(store.staff, "counsellor", "add", "petra", "--office", "ro")
    await command(store.staff, "counsellor", "add", "regional", "--role", "manager")
    with pytest.raises(CommandProblem, match=says):
        await alert_code(store, *arguments)


# Offices again


ADD = "office add md --name Moldova --country md --time-zone Europe/Chisinau --hours"


async def test_an_office_is_added(staff: StaffStore) -> None:
    await command(staff, *ADD.split(), "mon-fri 08:00-16:00", "--lost-after", "120")
    found = await staff.office("md")
    assert found is not None
    assert (found.name, found.hours, found.lost_after_s) == ("Moldova", "mon-fri 08:00-16:00", 120)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["hours", "xx", "mon 09:00-10:00"], "no office xx; there are: hu, ro"),
        (["hours", "ro", "mon 9 to 5"], "cannot be read"),
        (["close-day", "xx", "2026-12-24"], "no office xx"),
        (["close-day", "ro", "tomorrow"], "a day is needed"),
        ([*ADD.split()[1:], "always"], "cannot be read"),
        ([*ADD.replace("md ", "ro ", 1).split()[1:], "mon 09:00-10:00"], "an office ro already"),
        ([*ADD.replace("md", "MDA", 1).split()[1:], "mon 09:00-10:00"], "two small letters"),
        ([*ADD.replace("Chisinau", "X").split()[1:], "mon 09:00-10:00"], "time zone is not known"),
        ([*ADD.split()[1:], "mon 09:00-10:00", "--lost-after", "5"], "30 to 86400"),
        ([*ADD.replace("Moldova", "M" * 81).split()[1:], "mon 09:00-10:00"], "1 to 80"),
    ],
)
async def test_an_office_that_cannot_be_is_explained(
    staff: StaffStore, arguments: list[str], says: str
) -> None:
    before = await staff.offices()
    with pytest.raises(CommandProblem, match=re.escape(says)):
        await command(staff, "office", *arguments)
    assert await staff.offices() == before
