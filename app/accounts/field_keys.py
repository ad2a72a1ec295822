"""Field encryption with a key ring (FIELD_KEYS, newest first), and keyed digests for finding duplicates.

A new key is put in front, ``flask accounts rotate-keys`` writes every value anew, then the old key may go.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask, current_app

from app.core.errors import NotReady


def _keys() -> tuple[bytes, ...]:
    keys: tuple[bytes, ...] = current_app.config["SETTINGS"].field_keys
    return keys


def _ring() -> MultiFernet:
    ring: MultiFernet | None = current_app.extensions.get("field_ring")
    if ring is None:
        ring = current_app.extensions["field_ring"] = MultiFernet([Fernet(key) for key in _keys()])
    return ring


def encrypt(text: str | bytes) -> bytes:
    """Return the value encrypted with the newest key."""
    return _ring().encrypt(text.encode() if isinstance(text, str) else text)


def decrypt_bytes(value: bytes) -> bytes:
    """Return the bytes of an encrypted value. Raises NotReady when its key is not on the ring."""
    try:
        return _ring().decrypt(value)
    except InvalidToken as error:
        raise NotReady("加密数据所用的密钥不在 FIELD_KEYS 中，请联系系统管理员补上旧密钥。") from error


def decrypt(value: bytes) -> str:
    """Return the text of an encrypted value. Raises NotReady when its key is not on the ring."""
    return decrypt_bytes(value).decode()


def rotate(value: bytes) -> bytes:
    """Return the value encrypted anew with the newest key."""
    return _ring().rotate(value)


def _digest(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}\x1f{text}".encode(), hashlib.sha256).hexdigest()


def id_digest(number: str) -> str:
    """Return the keyed digest under which an ID number is stored."""
    return _digest(_keys()[0], "id-number", number)


def id_digests(number: str) -> list[str]:
    """Return the digests of an ID number under every key of the ring, for searching."""
    return [_digest(key, "id-number", number) for key in _keys()]


def code_digest(code: str) -> str:
    """Return the keyed digest under which a one-time code is stored."""
    return _digest(current_app.config["SECRET_KEY"].encode(), "one-time-code", code)


def rotation_steps(app: Flask) -> list[tuple[str, Callable[[], int]]]:
    """Return the list of (name, step) called by rotate-keys; packages with encrypted columns append theirs."""
    steps: list[tuple[str, Callable[[], int]]] = app.extensions.setdefault("field_rotation", [])
    return steps
