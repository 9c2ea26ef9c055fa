"""The conversation token: 32 random bytes and a tag that shows they are ours.

Nothing is stored until the first message. The random part is the person; whoever has
the token reads the conversation, so it never stands in an address or a cookie.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_RANDOM = 32
_TAG = 16
_LENGTH = 64  # characters: (32 + 16) bytes in base64


def issue_token(key: bytes) -> str:
    random = secrets.token_bytes(_RANDOM)
    return base64.urlsafe_b64encode(random + _tag(key, random)).decode()


def verify_token(key: bytes, token: str) -> str | None:
    """The person behind a token, or None when the token is not one of ours."""
    # Decoding skips characters outside the alphabet, so one token could be written in many ways.
    if len(token) != _LENGTH or not token.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except binascii.Error:
        return None
    if len(raw) != _RANDOM + _TAG:
        return None
    random, tag = raw[:_RANDOM], raw[_RANDOM:]
    if not hmac.compare_digest(tag, _tag(key, random)):
        return None
    return base64.urlsafe_b64encode(random).decode().rstrip("=")


def _tag(key: bytes, random: bytes) -> bytes:
    return hmac.digest(key, b"punte web token\0" + random, hashlib.sha256)[:_TAG]
