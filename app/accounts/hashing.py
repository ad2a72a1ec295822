"""Password hashes (argon2id), computed beside the gevent loop so that a sign-in never freezes a page."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from app.core.threads import in_a_thread


@cache
def _hasher(cheap: bool) -> PasswordHasher:
    """Return the hasher: RFC 9106's second recommendation (64 MiB, 3 passes), or next to nothing for tests."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()


@cache
def _nobody(cheap: bool) -> str:
    """Return a hash that belongs to no account: checking against it takes as long as against a real one."""
    return _hasher(cheap).hash("nobody signs in with this")


def _cheap() -> bool:
    return bool(current_app.config["SETTINGS"].argon2_cheap)


def hash_password(password: str) -> str:
    """Return the hash to store. Call it outside a unit of work: it takes a tenth of a second."""
    hasher = _hasher(_cheap())
    return in_a_thread(lambda: hasher.hash(password))


def password_fits(stored: str | None, password: str) -> bool:
    """Say whether the password belongs to the stored hash; without one it takes as long and says no."""
    cheap = _cheap()
    hasher, stored_or_dummy = _hasher(cheap), stored or _nobody(cheap)

    def verify() -> bool:
        try:
            return hasher.verify(stored_or_dummy, password)
        except (VerificationError, InvalidHashError):
            return False

    return in_a_thread(verify) and stored is not None


def is_outdated(stored: str) -> bool:
    """Say whether the hash was made with other parameters than today's."""
    return _hasher(_cheap()).check_needs_rehash(stored)
