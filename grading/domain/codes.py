"""Codes of papers (评审件编号) and receipt numbers (回执号): random, nothing can be read from them."""

from __future__ import annotations

import secrets
from datetime import date

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return six random characters of Crockford's base32."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str:
    """Return a typed code as it is stored: upper case, O read as 0, I and L as 1."""
    return text.strip().upper().translate(_READ_AS)


def new_receipt(day: date) -> str:
    """Return a receipt number such as SJ20261120-7K3M9Q."""
    return f"SJ{day:%Y%m%d}-{new_code()}"
