"""Keys, encryption at rest, and the keyed hashes that stand for people and events.

A sealed value is `<key id>:` + 12-byte nonce + AES-256-GCM ciphertext, bound to the row
it belongs to by its associated data: a ciphertext copied to another row does not open.
Keys live in one 0600 file outside the database and its backups.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class KeyProblem(Exception):
    """A key is missing, damaged, or not the one a row was sealed with."""


class KeyRing:
    """All keys of one installation. The last encryption key seals; every one opens."""

    def __init__(self, sealing: dict[str, bytes], hashing: bytes) -> None:
        self._ciphers = {key_id: AESGCM(secret) for key_id, secret in sealing.items()}
        self._current = list(sealing)[-1]
        self._hashing = hashing

    def seal(self, text: str, row: str) -> bytes:
        return self.seal_bytes(text.encode(), row)

    def seal_bytes(self, data: bytes, row: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._ciphers[self._current].encrypt(nonce, data, row.encode())
        return self._current.encode() + b":" + nonce + sealed

    def open(self, blob: bytes, row: str) -> str:
        """Raises `KeyProblem`, naming the key id, when the value cannot be opened."""
        return self.open_bytes(blob, row).decode()

    def open_bytes(self, blob: bytes, row: str) -> bytes:
        key_id, _, rest = bytes(blob).partition(b":")
        cipher = self._ciphers.get(key_id.decode("ascii", "replace"))
        if cipher is None:
            raise KeyProblem(f"key {key_id[:16]!r} is not in the key file")
        try:
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], row.encode())
        except InvalidTag as error:
            raise KeyProblem(f"key {key_id[:16]!r} does not open a row") from error

    def digest(self, *parts: str) -> str:
        """A keyed hash, the same on every call: how people and events are recognised."""
        message = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._hashing, message, hashlib.sha256).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte secret for another use, such as signing the web page's tokens."""
        return hmac.new(self._hashing, b"derive/" + purpose.encode(), hashlib.sha256).digest()


def load_keys(path: Path) -> KeyRing:
    """Read the key file, or create it on the first start. Raises `KeyProblem`."""
    if not path.exists():
        _create(path)
    try:
        data = json.loads(path.read_text())
        sealing = {key["id"]: base64.b64decode(key["secret"]) for key in data["sealing"]}
        hashing = base64.b64decode(data["hashing"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeyProblem(f"{path.name} cannot be read as a key file") from error
    if not sealing or len(hashing) < 32 or any(len(secret) != 32 for secret in sealing.values()):
        raise KeyProblem(f"{path.name} holds a damaged key")
    return KeyRing(sealing, hashing)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = {"id": "k1", "secret": base64.b64encode(secrets.token_bytes(32)).decode()}
    data = {
        "sealing": [new],
        "hashing": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
