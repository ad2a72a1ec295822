"""People, scopes and worlds for tests; every value explicit or counted up."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from flask.testing import FlaskClient

from app.accounts import sessions
from app.accounts.models import Account, Scope, ScopeKind
from app.accounts.scopes import create_scope, grant_role
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger.book import fund_wallet
from app.worlds.models import World
from app.worlds.settings import create_world

SIM_START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
_count = itertools.count(1)


def make_account(name: str = "", login: str = "") -> Account:
    """Create an account without a password."""
    number = next(_count)
    with unit_of_work():
        account = Account(login=login or f"user{number}", name=name or f"用户{number}", created_at=clock.now())
        db.session.add(account)
        db.session.flush()
    return account


def make_class_scope(name: str = "测试班", parent_id: int | None = None) -> Scope:
    """Create the scope of a class (without the class itself)."""
    with unit_of_work():
        return create_scope(ScopeKind.CLASS, name, f"C{next(_count):05d}", parent_id)


def make_world(scope: Scope | None = None, seed: str = "test") -> World:
    """Create a world whose simulated clock stands still at SIM_START."""
    scope = scope or make_class_scope()
    with unit_of_work():
        world = create_world(scope, SIM_START, seed=seed, rate=1)
        world.paused = True
    return world


def make_actor(role: Role, scope_id: int | None, name: str = "", capital: int = 10_000_000) -> Actor:
    """Create a person with one hat; trainees of a world get their start capital (fen)."""
    account = make_account(name)
    with unit_of_work():
        grant = grant_role(account.id, role, scope_id)
        actor = sessions.make_actor(account, grant)
        if role is Role.TRAINEE and actor.world_id and capital:
            fund_wallet(actor.world_id, account.id, capital)
    return actor


def sign_in(client: FlaskClient, actor: Actor) -> FlaskClient:
    """Let the client's browser be signed in as the actor, wearing the actor's hat."""
    with unit_of_work():
        account = db.session.get_one(Account, actor.person())
        token = sessions.open_device(account, "test browser", "127.0.0.1")
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return client
