"""One-time codes (一次性登录码): 15 characters out of 30 that are hard to confuse, 73 bits by chance."""

from __future__ import annotations

import re
import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0 O, 1 I L, U
GROUPS, GROUP = 3, 5


def new_code() -> str:
    """Return a fresh code such as K7F3M-9QXTR-2HDWP."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def tidy_code(text: str) -> str:
    """Return a typed code as it is compared: upper case, without hyphens and spaces."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())[:40]
