"""Signing in and out, the first password, changing it."""

from __future__ import annotations

import structlog

from app.accounts import access, hashing, sessions, throttle
from app.accounts.domain.passwords import WeakPassword, check_password
from app.accounts.models import Account
from app.accounts.services.codes import use_code
from app.core import audit
from app.core.actor import Actor
from app.core.errors import InvalidInput
from app.core.uow import unit_of_work

log = structlog.get_logger(__name__)
WRONG = "账号或密码不正确。第一次登录请先用机构发的登录码设置密码。"


def _key(name: str) -> str:
    return name.strip().lower()[:80]


def sign_in(name: str, password: str, *, browser: str, address: str) -> str:
    """Check login name or phone and password; return the token of the newly signed-in device.

    Opens its own unit of work, because the check of the password must stand outside of one. Raises
    InvalidInput when they do not fit (an unknown account takes as long), TooMany after many failures.
    """
    key = _key(name)
    throttle.refuse_when_exhausted(key, address)
    account = access.find_by_login_or_phone(name)
    stored = account.password_hash if account is not None else None
    fits = hashing.password_fits(stored, password)
    if account is None or stored is None or not fits or account.disabled_at is not None:
        throttle.count_failure(key, address)
        log.info("sign_in_failed", address=address)
        raise InvalidInput(WRONG, field="password")
    throttle.forget_failures(key)
    fresh = hashing.hash_password(password) if hashing.is_outdated(stored) else None
    with unit_of_work():
        if fresh:
            account.password_hash = fresh
        return _open(account, "account.signed_in", browser, address)


def activate(name: str, code: str, password: str, *, browser: str, address: str) -> str:
    """Set the first (or a forgotten) password with a one-time code; return the new device's token.

    All other devices of the account end. Raises InvalidInput with what is wrong, TooMany after many failures.
    """
    key = _key(name)
    throttle.refuse_when_exhausted(key, address)
    account = access.find_by_login_or_phone(name)
    if account is not None:
        _check(account, password)
    hashed = hashing.hash_password(password)
    try:
        with unit_of_work():
            use_code(account, code)
            assert account is not None
            account.password_hash = hashed
            sessions.end_other_devices(account.id, None)
            token = _open(account, "account.activated", browser, address)
    except InvalidInput:
        throttle.count_failure(key, address)
        raise
    throttle.forget_failures(key)
    return token


def _open(account: Account, action: str, browser: str, address: str) -> str:
    token = sessions.open_device(account, browser, address)
    actor = sessions.actor_of_account(account)
    audit.record(actor, action, f"account:{account.id}", {"address": address})
    return token


def _check(account: Account, password: str) -> None:
    try:
        check_password(password, login=account.login, phone=account.phone)
    except WeakPassword as error:
        raise InvalidInput(str(error), field="password") from error


def change_password(actor: Actor, current: str, password: str) -> None:
    """Change the actor's own password; every other device is signed out. Opens its own unit of work."""
    account = access.own_account(actor)
    key = f"change:{account.id}"
    throttle.refuse_when_exhausted(key, key)
    if not hashing.password_fits(account.password_hash, current):
        throttle.count_failure(key, key)
        raise InvalidInput("现在的密码不正确。", field="current")
    _check(account, password)
    hashed = hashing.hash_password(password)
    with unit_of_work():
        account.password_hash = hashed
        sessions.end_other_devices(account.id, actor.session_id)
        audit.record(actor, "account.password_changed", f"account:{account.id}")


def set_password(actor: Actor, account: Account, password: str, hashed: str | None = None) -> None:
    """Set a password directly, for demo accounts and the command line; inside the open unit of work.

    hashed: the hash of the same password, so that many demo accounts cost one.
    """
    _check(account, password)
    account.password_hash = hashed or hashing.hash_password(password)
    audit.record(actor, "account.password_set", f"account:{account.id}")
