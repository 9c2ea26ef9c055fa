from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import text

from bot.storage import (
    Account,
    KeyProblem,
    MustWait,
    NameTaken,
    NeedsOffice,
    NewCounsellor,
    NoSuchOffice,
    NoSuchStaff,
    Office,
    Role,
    StaffStore,
    Store,
)

NOON = "2026-03-02T12:00:00Z"
COUNSELLOR = frozenset({Role.COUNSELLOR})


@pytest.fixture
def staff(store: Store) -> StaffStore:
    return store.staff


def petra(**more: object) -> NewCounsellor:
    values = {"name": "Petra", "roles": COUNSELLOR, "password_hash": "hash", "office": "ro"} | more
    return NewCounsellor(**values)  # type: ignore[arg-type]


async def account(staff: StaffStore, name: str = "petra") -> Account:
    found = await staff.account_named(name)
    assert found is not None
    return found


async def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    found = await store._db.read(lambda db: db.execute(text(query)))
    return [tuple(row) for row in found]


# Offices


async def test_two_offices_are_there_from_the_start(store: Store) -> None:
    found = await store.staff.offices()
    assert [(office.code, office.time_zone) for office in found] == [
        ("hu", "Europe/Budapest"),
        ("ro", "Europe/Bucharest"),
    ]
    await store.staff.prepare()
    assert len(await store.staff.offices()) == 2


async def test_an_office_keeps_its_hours_and_closed_days(staff: StaffStore) -> None:
    day = date(2026, 12, 24)
    await staff.set_hours("ro", "mon-thu 09:00-17:00")
    for _ in range(2):
        await staff.close_day("ro", day)
    office = await staff.office("ro")
    assert office is not None
    assert (office.hours, office.closed) == ("mon-thu 09:00-17:00", {day})
    await staff.open_day("ro", day)
    assert not (await staff.offices())[1].closed


async def test_an_office_that_is_not_there_cannot_be_changed(staff: StaffStore) -> None:
    with pytest.raises(NoSuchOffice):
        await staff.set_hours("xx", "mon 09:00-10:00")
    with pytest.raises(NoSuchOffice):
        await staff.close_day("xx", date(2026, 1, 1))
    assert await staff.office("xx") is None


async def test_an_office_is_added_once(staff: StaffStore) -> None:
    office = Office("md", "Moldova", "md", "Europe/Chisinau", "mon-fri 09:00-17:00", 120)
    await staff.add_office(office)
    assert await staff.office("md") == office
    with pytest.raises(NameTaken):
        await staff.add_office(office)


# Counsellors


async def test_an_account_comes_back_as_it_was_made(staff: StaffStore) -> None:
    await staff.add(
        petra(
            roles=frozenset({Role.COUNSELLOR, Role.PROTECTION}),
            shown_as="Petra P.",
            gender="woman",
            languages=("ro", "en"),
            topics=("asylum", "housing"),
            locale="ro",
        )
    )
    found = (await account(staff)).staff
    assert (found.name, found.shown_as, found.office) == ("petra", "Petra P.", "ro")
    assert found.roles == {Role.COUNSELLOR, Role.PROTECTION}
    assert (found.languages, found.topics) == (("ro", "en"), ("asylum", "housing"))
    assert (found.gender, found.locale) == ("woman", "ro")


async def test_a_name_is_taken_in_every_spelling(staff: StaffStore) -> None:
    await staff.add(petra())
    with pytest.raises(NameTaken):
        await staff.add(petra(name=" PETRA "))
    assert len(await staff.accounts()) == 1


@pytest.mark.parametrize("role", list(Role))
async def test_only_some_roles_look_over_all_offices(staff: StaffStore, role: Role) -> None:
    new = petra(roles=frozenset({role}), office="")
    if role in (Role.MANAGER, Role.DATA_PROTECTION, Role.ADMIN):
        await staff.add(new)
        assert (await account(staff)).staff.office == ""
    else:
        with pytest.raises(NeedsOffice):
            await staff.add(new)
        assert await staff.accounts() == []


async def test_what_cannot_be_made_or_changed_says_so(staff: StaffStore) -> None:
    with pytest.raises(NoSuchOffice):
        await staff.add(petra(office="xx"))
    with pytest.raises(NoSuchStaff):
        await staff.change(petra())
    with pytest.raises(NoSuchStaff):
        await staff.disable("petra")
    with pytest.raises(NoSuchStaff):
        await staff.reset("petra", "hash")
    assert await staff.account("0" * 32) is None


async def test_members_are_those_of_the_office_who_may_sign_in(staff: StaffStore) -> None:
    for name, office in (("petra", "ro"), ("jonas", "hu"), ("gone", "ro")):
        await staff.add(petra(name=name, office=office))
    await staff.disable("gone")
    assert [one.staff.name for one in await staff.members("ro")] == ["petra"]


async def test_present_are_those_with_an_open_console(store: Store) -> None:
    staff = store.staff
    with time_machine.travel(NOON, tick=False) as clock:
        for name in ("petra", "oana", "mihai"):
            await staff.add(petra(name=name))
        for name in ("petra", "oana"):
            one = await account(staff, name)
            await staff.begin_login(name[0] * 64, one, is_full=name == "petra")
            await store.desk.heartbeat(one.staff)
        assert await present(staff) == ["petra"]
        clock.shift(61)
        assert await present(staff) == []


async def present(staff: StaffStore) -> list[str]:
    return [one.staff.name for one in await staff.present("ro", timedelta(seconds=60))]


async def test_a_reset_takes_phone_codes_and_a_disabling_away(staff: StaffStore) -> None:
    counsellor_id = await staff.add(petra())
    assert await staff.set_password(await account(staff), "chosen")
    assert await staff.set_totp(counsellor_id, "SEED", 7, ["aaaaa-bbbbb"])
    await staff.disable("petra")
    await staff.reset("petra", "given")
    found = await account(staff)
    assert (found.password_hash, found.must_change) == ("given", True)
    assert (found.has_totp, found.recovery_left, found.is_disabled) == (False, 0, False)
    assert await staff.totp(counsellor_id) is None


@pytest.mark.fault("W6")
async def test_a_reset_does_not_make_a_used_code_new(staff: StaffStore) -> None:
    counsellor_id = await staff.add(petra())
    await staff.set_totp(counsellor_id, "SEED", 7, [])
    await staff.reset("petra", "given")
    assert await staff.set_totp(counsellor_id, "OTHER", 8, [])
    assert not await staff.take_step(counsellor_id, 8)


# Secrets


async def test_a_phone_is_set_up_once_and_its_seed_is_sealed(store: Store) -> None:
    staff = store.staff
    counsellor_id = await staff.add(petra())
    assert await staff.set_totp(counsellor_id, "JBSWY3DPEHPK3PXP", 7, ["aaaaa-bbbbb"])
    assert not await staff.set_totp(counsellor_id, "ANOTHERSEED", 9, [])
    assert await staff.totp(counsellor_id) == ("JBSWY3DPEHPK3PXP", 7)
    kept = str(await rows(store, "SELECT * FROM counsellor"))
    assert "JBSWY3DPEHPK3PXP" not in kept
    assert "aaaaa" not in kept


async def test_a_seed_copied_to_another_account_does_not_open(store: Store) -> None:
    staff = store.staff
    mine = await staff.add(petra())
    other = await staff.add(petra(name="jonas"))
    await staff.set_totp(mine, "MINE", 0, [])
    await staff.set_totp(other, "OTHER", 0, [])
    copy = "UPDATE counsellor SET totp_sealed = (SELECT totp_sealed FROM counsellor WHERE id = :a)"
    await store._db.write(lambda db: db.execute(text(copy), {"a": mine}))
    with pytest.raises(KeyProblem):
        await staff.totp(other)


@pytest.mark.fault("W6")
async def test_of_many_who_use_one_code_one_wins(staff: StaffStore) -> None:
    counsellor_id = await staff.add(petra())
    await staff.set_totp(counsellor_id, "SEED", 7, ["aaaaa-bbbbb", "ccccc-ddddd"])
    steps = await asyncio.gather(*(staff.take_step(counsellor_id, 8) for _ in range(8)))
    paper = await asyncio.gather(
        *(staff.use_recovery(counsellor_id, "aaaaa-bbbbb") for _ in range(8))
    )
    assert (sum(steps), sum(paper)) == (1, 1)
    assert (await account(staff)).recovery_left == 1
    assert not await staff.use_recovery(counsellor_id, "xxxxx-yyyyy")


# Logins, tries, audit


async def test_the_database_knows_no_token_and_no_address(store: Store) -> None:
    staff = store.staff
    await staff.add(petra())
    await staff.take_try([(staff.try_key("account", "petra", "203.0.113.5"), (0,))])
    kept = str(await rows(store, "SELECT * FROM login_try"))
    assert "petra" not in kept
    assert "203.0.113.5" not in kept


@pytest.mark.fault("W6")
async def test_a_refused_try_counts_nowhere(staff: StaffStore) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        await staff.take_try([("b", (60,))])
        with pytest.raises(MustWait) as refused:
            await staff.take_try([("a", (0, 3600)), ("b", (60,))])
        assert refused.value.wait == timedelta(seconds=60)
        await staff.take_try([("a", (0, 3600))])
        clock.shift(61)
        await staff.take_try([("b", (60,))])


@pytest.mark.fault("T1c")
async def test_tries_are_forgotten_in_time_also_when_the_clock_jumps(staff: StaffStore) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        await staff.take_try([("a", (0, 600))])
        await staff.take_try([("a", (0, 600))])
        with pytest.raises(MustWait):
            await staff.take_try([("a", (0, 600))])
        clock.shift(-3600)
        with pytest.raises(MustWait):
            await staff.take_try([("a", (0, 600))])
        clock.shift(10 * 365 * 86400)
        await staff.take_try([("a", (0, 600))])
        await staff.take_try([("a", (0, 600))])


async def test_retention_takes_old_logins_tries_and_audit(store: Store) -> None:
    staff = store.staff
    with time_machine.travel(NOON, tick=False) as clock:
        await staff.add(petra())
        await staff.begin_login("f" * 64, await account(staff), True)
        await staff.take_try([("a", (0,))])
        clock.shift(13 * 3600)
        await store.sweep()
        assert await rows(store, "SELECT count(*) FROM login") == [(0,)]
        assert await rows(store, "SELECT count(*) FROM login_try") == [(0,)]
        assert await rows(store, "SELECT count(*) FROM audit") == [(2,)]
        clock.shift(365 * 86400)
        await store.sweep()
        assert await rows(store, "SELECT count(*) FROM audit") == [(0,)]
    assert (await account(staff)).staff.name == "petra"


async def test_the_audit_says_who_did_what_in_constants(store: Store) -> None:
    staff = store.staff
    counsellor_id = await staff.add(petra())
    await staff.set_password(await account(staff), "chosen")
    await staff.begin_login("f" * 64, await account(staff), True)
    await staff.audit(counsellor_id, "case_opened", case_id=42)
    login = await staff.login("f" * 64)
    assert login is not None
    await staff.end_login(login)
    await staff.disable("petra")
    found = await rows(store, "SELECT counsellor_id, action, case_id FROM audit ORDER BY id")
    assert found == [
        (counsellor_id, "counsellor_added", None),
        (counsellor_id, "password_changed", None),
        (counsellor_id, "signed_in", None),
        (counsellor_id, "case_opened", 42),
        (counsellor_id, "signed_out", None),
        (counsellor_id, "counsellor_disabled", None),
    ]


def test_secrets_are_not_in_what_is_printed() -> None:
    assert "argon2" not in repr(petra(password_hash="$argon2id$"))
