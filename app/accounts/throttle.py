"""Limits of failed sign-ins, by account and by address, in Redis where configured, else in the process."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.core import clock
from app.core.errors import TooMany
from app.core.web.formats import duration_zh

WINDOW_MINUTES = 15


def _limiter() -> Any:
    limiter = current_app.extensions.get("sign_in_limiter")
    if limiter is None:
        from limits.storage import storage_from_string
        from limits.strategies import MovingWindowRateLimiter

        redis_url = current_app.config["SETTINGS"].redis_url
        limiter = MovingWindowRateLimiter(storage_from_string(redis_url or "memory://"))
        current_app.extensions["sign_in_limiter"] = limiter
    return limiter


def _rules(account_key: str, address: str) -> list[tuple[Any, tuple[str, str]]]:
    from limits import RateLimitItemPerMinute

    settings = current_app.config["SETTINGS"]
    return [
        (RateLimitItemPerMinute(settings.sign_in_tries, WINDOW_MINUTES), ("sign-in-account", account_key)),
        (RateLimitItemPerMinute(settings.sign_in_tries_of_address, WINDOW_MINUTES), ("sign-in-address", address)),
    ]


def refuse_when_exhausted(account_key: str, address: str) -> None:
    """Raise TooMany, with how long to wait, after too many failures of this account or address."""
    for rule, names in _rules(account_key, address):
        if not _limiter().test(rule, *names):
            reset = _limiter().get_window_stats(rule, *names).reset_time
            wait = max(int(reset - clock.now().timestamp()) + 1, 1)
            raise TooMany(f"登录失败次数太多，为保护账号暂停登录，请 {duration_zh(wait)}后再试。")


def count_failure(account_key: str, address: str) -> None:
    """Remember one failed attempt."""
    for rule, names in _rules(account_key, address):
        _limiter().hit(rule, *names)


def forget_failures(account_key: str) -> None:
    """Forget the failures of an account that has signed in."""
    rule, names = _rules(account_key, "")[0]
    _limiter().clear(rule, *names)
