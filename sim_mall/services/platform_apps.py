"""Apps and grants of the open platform (开放平台的应用与授权)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy import orm

from app.accounts import field_keys
from app.accounts.scopes import account_names
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from sim_mall import access
from sim_mall.domain.platform_codes import SCOPE_NAMES, PlatformScope
from sim_mall.domain.push_targets import INBOX, target_problem
from sim_mall.domain.words import tidy
from sim_mall.models.platform import PlatformApp, PlatformGrant
from sim_mall.services.notices import note

MOST_APPS = 10


@dataclass(frozen=True, slots=True)
class AppRow:
    """One app of a person with the grants that it holds."""

    app: PlatformApp
    grants: tuple[PlatformGrant, ...]


def create_app(actor: Actor, name: str, key: str) -> int:
    """Register an app; return its id. Key and secret are made here; the secret is kept encrypted."""
    actor.require(Permission.MALL_SELL)
    name = tidy(name)
    if not 2 <= len(name) <= 40:
        raise InvalidInput("应用名称应为 2 到 40 个字。", field="name")

    def carry_out() -> int:
        mine = sa.select(sa.func.count()).where(
            PlatformApp.owner_id == actor.person(), PlatformApp.world_id == actor.world()
        )
        if (db.session.scalar(mine) or 0) >= MOST_APPS:
            raise Refused(f"一个人最多创建 {MOST_APPS} 个应用，请先停用不用的应用。", code="too_many_apps")
        app = PlatformApp(
            world_id=actor.world(),
            owner_id=actor.person(),
            name=name,
            key=f"app_{secrets.token_hex(10)}",
            secret=field_keys.encrypt(secrets.token_urlsafe(32)),
            created_wall_at=clock.now(),
        )
        db.session.add(app)
        db.session.flush()
        note(actor, app.world_id, "platform.app_created", f"app:{app.id}", {"name": name})
        return app.id

    found: int = once(actor, key, "platform.create_app", name, carry_out)
    return found


def get_app(actor: Actor, app_id: int) -> PlatformApp:
    """Return an app of the actor. Raises NotFound."""
    query = sa.select(PlatformApp).where(
        PlatformApp.id == app_id, PlatformApp.owner_id == actor.person(), PlatformApp.world_id == actor.world()
    )
    app = db.session.scalars(query).one_or_none()
    if app is None:
        raise NotFound
    return app


def secret_of(app: PlatformApp) -> str:
    """Return the app's secret in clear, for signing and for its owner."""
    return field_keys.decrypt(app.secret)


def show_secret(actor: Actor, app_id: int) -> str:
    """Return the secret to the app's owner, and write down that it was looked at."""
    app = get_app(actor, app_id)
    note(actor, app.world_id, "platform.secret_shown", f"app:{app.id}")
    return secret_of(app)


def reset_secret(actor: Actor, app_id: int) -> None:
    """Give the app a new secret; what is signed with the old one is refused from now on."""
    app = get_app(actor, app_id)
    app.secret = field_keys.encrypt(secrets.token_urlsafe(32))
    note(actor, app.world_id, "platform.secret_reset", f"app:{app.id}")


def revoke_app(actor: Actor, app_id: int) -> None:
    """Stop an app for good: no call is answered, no message pushed."""
    app = get_app(actor, app_id)
    app.revoked = True
    note(actor, app.world_id, "platform.app_revoked", f"app:{app.id}")


def set_push(actor: Actor, app_id: int, url: str, *, broken: bool) -> None:
    """Say where the app's messages go: nowhere (''), the built-in inbox ('inbox'), or an address that is allowed."""
    app = get_app(actor, app_id)
    settings = current_app.config["SETTINGS"]
    if url and url != INBOX and (problem := target_problem(url, settings.push_hosts, settings.port)):
        raise InvalidInput(problem, field="url")
    app.push_url, app.inbox_broken = url, broken
    note(actor, app.world_id, "platform.push_set", f"app:{app.id}", {"url": url})


def _clean_scopes(scopes: Sequence[str]) -> list[str]:
    chosen = [str(scope) for scope in PlatformScope if str(scope) in set(scopes)]
    if not chosen:
        raise InvalidInput(f"请至少勾选一项授权范围，例如“{SCOPE_NAMES['order:read']}”。", field="scopes")
    return chosen


def grant(actor: Actor, app_key: str, scopes: Sequence[str]) -> PlatformGrant:
    """Let an app of this world work on the actor's own shop; an existing grant gets these scopes instead."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None or shop.state not in access.VISIBLE:
        raise Refused("请先注册店铺并缴纳保证金，开店后由店主授权。", code="no_shop")
    chosen = _clean_scopes(scopes)
    if not re.fullmatch(r"app_[0-9a-f]{20}", app_key.strip()):
        raise InvalidInput("App Key 应以 app_ 开头，共 24 个字符，请从应用页面复制。", field="app_key")
    query = sa.select(PlatformApp).where(PlatformApp.key == app_key.strip(), PlatformApp.world_id == shop.world_id)
    app = db.session.scalars(query).one_or_none()
    if app is None or app.revoked:
        raise InvalidInput("本班没有这个应用，或它已停用，请核对 App Key。", field="app_key")
    found = db.session.scalars(
        sa.select(PlatformGrant).where(PlatformGrant.app_id == app.id, PlatformGrant.shop_id == shop.id)
    ).one_or_none()
    if found is None:
        found = PlatformGrant(app_id=app.id, shop_id=shop.id, granted_wall_at=clock.now())
        db.session.add(found)
    found.scopes, found.revoked_wall_at = chosen, None
    db.session.flush()
    note(actor, shop.world_id, "platform.granted", f"shop:{shop.id}", {"app": app.id, "scopes": chosen})
    return found


def revoke_grant(actor: Actor, grant_id: int) -> None:
    """Take a grant on the actor's own shop back; the next call of the app is refused."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    query = sa.select(PlatformGrant).where(
        PlatformGrant.id == grant_id, PlatformGrant.shop_id == (shop.id if shop else 0)
    )
    found = db.session.scalars(query).one_or_none()
    if found is None or shop is None:
        raise NotFound
    if found.revoked_wall_at is None:
        found.revoked_wall_at = clock.now()
        note(actor, shop.world_id, "platform.grant_revoked", f"shop:{shop.id}", {"app": found.app_id})


def my_apps(actor: Actor) -> list[AppRow]:
    """Return the actor's apps, newest first, with the grants that are in force."""
    actor.require(Permission.MALL_SELL)
    apps = db.session.scalars(
        sa.select(PlatformApp)
        .where(PlatformApp.owner_id == actor.person(), PlatformApp.world_id == actor.world())
        .order_by(PlatformApp.id.desc())
    ).all()
    grants: dict[int, list[PlatformGrant]] = {}
    for found in db.session.scalars(_in_force().where(PlatformGrant.app_id.in_([app.id for app in apps]))):
        grants.setdefault(found.app_id, []).append(found)
    return [AppRow(app, tuple(grants.get(app.id, ()))) for app in apps]


def _in_force() -> sa.Select[PlatformGrant]:
    return (
        sa.select(PlatformGrant)
        .options(orm.joinedload(PlatformGrant.shop), orm.joinedload(PlatformGrant.app))
        .where(PlatformGrant.revoked_wall_at.is_(None))
        .order_by(PlatformGrant.id)
    )


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant on one's own shop as its page shows it."""

    grant: PlatformGrant
    owner: str
    words: tuple[str, ...]


def grants_on_my_shop(actor: Actor) -> list[GrantRow]:
    """Return who may work on the actor's own shop."""
    shop = access.own_shop(actor)
    found = db.session.scalars(_in_force().where(PlatformGrant.shop_id == (shop.id if shop else 0))).all()
    names = account_names({row.app.owner_id for row in found})
    return [
        GrantRow(row, names.get(row.app.owner_id, ""), tuple(SCOPE_NAMES[str(s)] for s in row.scopes)) for row in found
    ]


def rotate_secrets() -> int:
    """Write every app's secret with the newest field key; return how many."""
    apps = db.session.scalars(sa.select(PlatformApp).order_by(PlatformApp.id)).all()
    for app in apps:
        app.secret = field_keys.rotate(app.secret)
    return len(apps)


def register_rotation(flask_app: Flask) -> None:
    """Let ``flask accounts rotate-keys`` write the secrets anew."""
    field_keys.rotation_steps(flask_app).append(("platform_secrets", rotate_secrets))
