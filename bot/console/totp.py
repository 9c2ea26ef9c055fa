"""The second factor: six digits that a phone shows, and codes on paper for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
import unicodedata

import pyotp
import segno

STEP_S = 30
DRIFT = (0, -1, 1)  # steps that a phone's clock may be off
DIGITS = 6
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_HALF = 5


def seed_for(key: bytes, login_id: str) -> str:
    """The seed that one login is offered: the same each time its page is drawn, so that

    nothing has to be stored before a phone has proved that it has it.
    """
    digest = hmac.digest(key, b"totp seed\0" + login_id.encode(), hashlib.sha256)
    return base64.b32encode(digest[:20]).decode()


def step_of(seed: str, code: str, after: int = 0, now_s: float | None = None) -> int | None:
    """The step a code belongs to; None when it is wrong, too old, or not newer than `after`."""
    digits = _digits(code)
    if len(digits) != DIGITS:
        return None
    now = int((time.time() if now_s is None else now_s) // STEP_S)
    generator = pyotp.TOTP(seed)
    found = None
    for step in (now + drift for drift in DRIFT):
        right = hmac.compare_digest(generator.generate_otp(step), digits)
        if right and step > after:
            found = step
    return found


def _digits(code: str) -> str:
    """ASCII digits, whatever keyboard wrote them; empty when there is anything else."""
    signs = [sign for sign in code if not sign.isspace()]
    if not all(sign.isdecimal() for sign in signs):
        return ""
    return "".join(str(unicodedata.decimal(sign)) for sign in signs)


def address(seed: str, name: str) -> str:
    """What a phone's program reads from the picture."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name="Punte")


def picture(seed: str, name: str) -> str:
    """That address as an SVG element; markup of our own, safe to put into a page."""
    code = segno.make(address(seed, name), error="m", micro=False)
    # White behind black also in a dark page, or cameras do not read it.
    return code.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="qr")


def spaced(seed: str) -> str:
    """The seed as somebody types it who cannot use the camera."""
    return " ".join(seed[start : start + 4] for start in range(0, len(seed), 4))


def recovery_codes() -> list[str]:
    return [f"{_half()}-{_half()}" for _ in range(RECOVERY_CODES)]


def _half() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))


def as_recovery_code(typed: str) -> str:
    """The code as it was given out, however it was typed; empty when it cannot be one."""
    signs = [sign for sign in typed.casefold() if sign in _ALPHABET]
    code = "".join(signs)
    return f"{code[:_HALF]}-{code[_HALF:]}" if len(code) == 2 * _HALF else ""
