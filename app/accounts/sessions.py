"""Signed-in devices and hats: from the browser's cookie to the Actor of the request."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import orm

from app.accounts.models import Account, Grant, Scope, SignedInDevice
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import NotFound
from app.core.permissions import ROLE_NAMES, Role
from app.core.uow import unit_of_work

SEEN_EVERY = timedelta(minutes=5)
login_manager = LoginManager()


@dataclass(frozen=True, slots=True)
class Hat:
    """One role in one scope that a person holds, as the switcher shows it."""

    id: int
    role: Role
    scope_id: int | None
    scope_name: str
    active: bool

    @property
    def label(self) -> str:
        return ROLE_NAMES[self.role]


class SignedIn(UserMixin):  # type: ignore[misc]
    """The signed-in person of a request, as Flask-Login carries it."""

    def __init__(self, token: str, device: SignedInDevice, account: Account) -> None:
        self.token = token
        self.device = device
        self.account = account

    def get_id(self) -> str:
        return self.token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> SignedIn | None:
    oldest = clock.now() - timedelta(days=current_app.config["SETTINGS"].sign_in_days)
    row = db.session.execute(
        sa.select(SignedInDevice, Account)
        .join(Account, Account.id == SignedInDevice.account_id)
        .where(
            SignedInDevice.digest == _digest(token),
            SignedInDevice.ended_at.is_(None),
            SignedInDevice.created_at > oldest,
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else SignedIn(token, row[0], row[1])


def open_device(account: Account, browser: str, address: str) -> str:
    """Write a signed-in device inside the open unit of work; return its secret token."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    if account.first_sign_in_at is None:
        account.first_sign_in_at = now
    first = db.session.scalars(
        sa.select(Grant.id).where(Grant.account_id == account.id, Grant.ended_at.is_(None)).order_by(Grant.id)
    ).first()
    db.session.add(
        SignedInDevice(
            account_id=account.id,
            digest=_digest(token),
            grant_id=first,
            browser=browser[:120],
            address=address[:45],
            created_at=now,
            seen_at=now,
        )
    )
    db.session.flush()
    return token


def remember(token: str) -> None:
    """Put the device's token into the browser's cookie."""
    person = _load(token)
    if person is None:
        raise NotFound
    session.clear()  # nothing that somebody planted before the sign-in lives on
    login_user(person)
    session.permanent = True


def forget() -> None:
    """Take the token, and all else, out of the browser's cookie."""
    logout_user()
    session.clear()


def end_other_devices(account_id: int, keep_id: int | None) -> int:
    """End all devices of the account but one, inside the open unit of work; return how many ended."""
    ended = db.session.execute(
        sa.update(SignedInDevice)
        .where(
            SignedInDevice.account_id == account_id,
            SignedInDevice.ended_at.is_(None),
            SignedInDevice.id != (keep_id or 0),
        )
        .values(ended_at=clock.now())
    )
    return matched(ended)


def end_device(actor: Actor, device_id: int) -> None:
    """End one of the actor's own devices. Raises NotFound for anybody else's."""
    device = db.session.get(SignedInDevice, device_id)
    if device is None or device.account_id != actor.account_id:
        raise NotFound
    if device.ended_at is None:
        device.ended_at = clock.now()
        audit.record(actor, "device.ended", f"device:{device.id}")


def devices(account_id: int) -> list[SignedInDevice]:
    """Return the person's devices that are signed in, last seen first."""
    oldest = clock.now() - timedelta(days=current_app.config["SETTINGS"].sign_in_days)
    return list(
        db.session.scalars(
            sa.select(SignedInDevice)
            .where(
                SignedInDevice.account_id == account_id,
                SignedInDevice.ended_at.is_(None),
                SignedInDevice.created_at > oldest,
            )
            .order_by(SignedInDevice.seen_at.desc())
        )
    )


def _grants(account_id: int) -> list[Grant]:
    return list(
        db.session.scalars(
            sa.select(Grant)
            .options(orm.joinedload(Grant.scope))
            .where(Grant.account_id == account_id, Grant.ended_at.is_(None))
            .order_by(Grant.id)
        )
    )


def make_actor(account: Account, grant: Grant | None, session_id: int | None = None) -> Actor:
    """Return the actor of this account wearing this hat (None: no hat at all)."""
    find_world = current_app.extensions.get("world_of_scope")
    scope_id = grant.scope_id if grant else None
    return Actor(
        account_id=account.id,
        name=account.name,
        role=grant.role if grant else None,
        scope_id=scope_id,
        world_id=find_world(scope_id) if find_world and scope_id else None,
        session_id=session_id,
    )


def actor_of_account(account: Account) -> Actor:
    """Return the actor of this account wearing its first hat."""
    grants = _grants(account.id)
    return make_actor(account, grants[0] if grants else None)


def actor_in(account_id: int, role: Role, scope_id: int | None) -> Actor:
    """Return the actor for a hat the account holds, for commands and jobs. Raises NotFound otherwise."""
    account = db.session.get(Account, account_id)
    grant = next((x for x in _grants(account_id) if x.role == role and x.scope_id == scope_id), None)
    if account is None or grant is None:
        raise NotFound
    return make_actor(account, grant)


def hats(account_id: int, active_id: int | None) -> list[Hat]:
    """Return the hats of the person; if the active one has ended, none is active."""
    return [
        Hat(x.id, x.role, x.scope_id, x.scope.name if x.scope else "平台", x.id == active_id)
        for x in _grants(account_id)
    ]


def switch_hat(actor: Actor, grant_id: int) -> None:
    """Let this device wear another hat of its owner. Raises NotFound for a hat they do not hold."""
    grant = db.session.get(Grant, grant_id)
    if grant is None or grant.account_id != actor.account_id or grant.ended_at is not None:
        raise NotFound
    db.session.execute(
        sa.update(SignedInDevice)
        .where(SignedInDevice.id == actor.session_id, SignedInDevice.account_id == actor.account_id)
        .values(grant_id=grant.id)
    )


def actor_of_token(token: str) -> Actor | None:
    """Return who holds a device token, with the device's hat; None when it is signed out."""
    person = _load(token)
    return None if person is None else _actor_of(person)


def _actor_of(person: SignedIn) -> Actor:
    grants = _grants(person.account.id)
    grant = next((x for x in grants if x.id == person.device.grant_id), grants[0] if grants else None)
    g.hats = [
        Hat(x.id, x.role, x.scope_id, x.scope.name if x.scope else "平台", grant is not None and x.id == grant.id)
        for x in grants
    ]
    return make_actor(person.account, grant, person.device.id)


def _load_actor() -> None:
    g.actor = None
    g.hats = []
    if request.endpoint == "static":
        return
    person: Any = current_user
    if not person.is_authenticated:
        return
    g.actor = _actor_of(person)
    device_id, seen_at = person.device.id, person.device.seen_at
    if clock.now() - seen_at > SEEN_EVERY:
        with unit_of_work():
            db.session.execute(
                sa.update(SignedInDevice).where(SignedInDevice.id == device_id).values(seen_at=clock.now())
            )


def scope_name(scope_id: int) -> str:
    """Return the name of a scope, '' when unknown."""
    return db.session.scalar(sa.select(Scope.name).where(Scope.id == scope_id)) or ""


def register(app: Flask) -> None:
    """Wire sign-in into the application; ``g.actor`` is set before every request but static files."""
    login_manager.init_app(app)
    app.before_request(_load_actor)
