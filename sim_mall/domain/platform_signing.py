"""Signatures of the open platform (开放平台签名): HMAC-SHA256 over method, path, time, nonce and body.

Pure, so that the server, the sandbox console and the tests speak of the same text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

SKEW_SECONDS = 300  # how far a client's clock may be away from the server's
NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
KEY_HEADER, TIME_HEADER, NONCE_HEADER, SIGN_HEADER = "X-App-Key", "X-Timestamp", "X-Nonce", "X-Signature"
IDEMPOTENCY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers. path: with the sorted query. timestamp: seconds since 1970, as text."""

    method: str
    path: str
    timestamp: str
    nonce: str
    body: bytes = b""


def canonical_path(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return the path with its query sorted by name and value and percent-encoded in one way (RFC 3986)."""
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in query)
    text = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{path}?{text}" if text else path


def canonical_text(signed: Signed) -> str:
    """Return the five lines that are signed."""
    digest = hashlib.sha256(signed.body).hexdigest()
    return f"{signed.method.upper()}\n{signed.path}\n{signed.timestamp}\n{signed.nonce}\n{digest}"


def sign(secret: str, signed: Signed) -> str:
    """Return the signature in lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), canonical_text(signed).encode(), hashlib.sha256).hexdigest()


def same(wanted: str, given: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(wanted.encode(), given.strip().lower().encode())


def time_problem(timestamp: str, now_seconds: int) -> str | None:
    """Return what is wrong with a request's time, in Chinese, or None."""
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
        return f"{TIME_HEADER} 应为 1970 年以来的秒数（整数），例如 {now_seconds}。"
    apart = int(timestamp) - now_seconds
    if abs(apart) > SKEW_SECONDS:
        word = "快" if apart > 0 else "慢"
        return (
            f"{TIME_HEADER} 与服务器时间相差 {abs(apart)} 秒（你的时钟偏{word}），"
            f"最多允许 {SKEW_SECONDS} 秒；服务器时间是 {now_seconds}。"
        )
    return None


def push_signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a webhook message: over its time and its body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
