from __future__ import annotations

from xml.etree import ElementTree

import pyotp
import pytest

from bot.console import totp

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW_S = 1_800_000_015.0
STEP = int(NOW_S // 30)


def code_at(offset: int) -> str:
    return pyotp.TOTP(SEED).generate_otp(STEP + offset)


@pytest.mark.fault("T1c")
@pytest.mark.parametrize(
    ("offset", "right"), [(-120, False), (-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_phones_clock_may_be_one_step_off(offset: int, right: bool) -> None:
    found = totp.step_of(SEED, code_at(offset), now_s=NOW_S)
    assert found == (STEP + offset if right else None)


@pytest.mark.fault("T1c")
@pytest.mark.parametrize("jump_s", [-3600, 3600, 10 * 365 * 86400])
def test_codes_of_another_time_are_wrong_whatever_the_clock_does(jump_s: float) -> None:
    assert totp.step_of(SEED, code_at(0), now_s=NOW_S + jump_s) is None


@pytest.mark.fault("W6")
@pytest.mark.parametrize("after", [STEP, STEP + 1])
def test_a_used_code_and_those_before_it_are_wrong(after: int) -> None:
    assert totp.step_of(SEED, code_at(0), after=after, now_s=NOW_S) is None
    assert totp.step_of(SEED, code_at(0), after=STEP - 1, now_s=NOW_S) == STEP


def test_a_code_may_be_typed_with_spaces_or_arabic_digits() -> None:
    code = code_at(0)
    spaced = f" {code[:3]} {code[3:]}\n"
    arabic = code.translate({ord("0") + n: chr(0x660 + n) for n in range(10)})
    for typed in (spaced, arabic):
        assert totp.step_of(SEED, typed, now_s=NOW_S) == STEP


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "12345\ufffd", "½23456", "٣" * 7]
)
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert totp.step_of(SEED, typed, now_s=NOW_S) is None


def test_a_login_is_offered_the_same_seed_again_and_another_login_another() -> None:
    key = b"k" * 32
    assert totp.seed_for(key, "a") == totp.seed_for(key, "a")
    seeds = {totp.seed_for(key, "a"), totp.seed_for(key, "b"), totp.seed_for(b"x" * 32, "a")}
    assert len(seeds) == 3
    assert all(len(seed) == 32 for seed in seeds)


def test_the_picture_is_one_svg_without_anything_that_runs_or_loads() -> None:
    svg = totp.picture(SEED, 'petra"><script>')
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "g", "path"}
    assert not {"style", "href", "onload"} & {name for e in root.iter() for name in e.attrib}


def test_the_address_names_the_account_and_the_seed() -> None:
    address = totp.address(SEED, "petra")
    assert address.startswith("otpauth://totp/Punte:petra?")
    assert pyotp.parse_uri(address).secret == SEED


def test_recovery_codes_are_many_and_found_again_however_they_are_typed() -> None:
    codes = totp.recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES
    for code in codes:
        assert totp.as_recovery_code(f"  {code.upper().replace('-', ' ')} ") == code


@pytest.mark.parametrize("typed", ["", "abc", "aaaaa-bbbbb-c", "123456", "ăăăăă-ăăăăă"])
def test_what_cannot_be_a_recovery_code_is_none(typed: str) -> None:
    assert totp.as_recovery_code(typed) == ""
