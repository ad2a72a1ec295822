"""Look-ups of accounts by id, login, phone and ID number."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.field_keys import id_digests
from app.accounts.models import Account, Grant
from app.accounts.scopes import covers, descendants
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Role


def find_by_login_or_phone(name: str) -> Account | None:
    """Return the account that signs in with this login name or phone number, or None."""
    name = name.strip().lower()
    found = db.session.scalars(sa.select(Account).where(sa.or_(Account.login == name, Account.phone == name))).all()
    return next((account for account in found if account.login == name), found[0] if found else None)


def find_by_login(login: str) -> Account | None:
    """Return the account with this login name, or None."""
    return db.session.scalars(sa.select(Account).where(Account.login == login.strip().lower())).one_or_none()


def find_by_id_number(number: str) -> Account | None:
    """Return the account of the person with this ID number (found by its keyed digest), or None."""
    query = sa.select(Account).where(Account.id_number_digest.in_(id_digests(number))).order_by(Account.id).limit(1)
    return db.session.scalars(query).one_or_none()


def own_account(actor: Actor) -> Account:
    """Return the actor's own account."""
    account = db.session.get(Account, actor.person())
    if account is None:
        raise NotFound
    return account


def account_within(actor: Actor, account_id: int) -> Account:
    """Return an account with a grant inside the actor's scope. Raises NotFound otherwise.

    The system and the system administrator reach every account.
    """
    account = db.session.get(Account, account_id)
    if account is None or account.is_simulated:
        raise NotFound
    if actor.is_system or actor.role is Role.SYSADMIN:
        return account
    if actor.scope_id is None:
        raise NotFound
    inside = sa.select(Grant.id).where(
        Grant.account_id == account_id, Grant.ended_at.is_(None), Grant.scope_id.in_(descendants(actor.scope_id))
    )
    if db.session.scalars(inside.limit(1)).first() is None:
        raise NotFound
    return account


def serves_elsewhere(actor: Actor, account_id: int) -> bool:
    """Say whether the account holds a staff role outside the actor's scope: then a clerk must not touch it."""
    if actor.is_system or actor.role is Role.SYSADMIN:
        return False
    grants = db.session.scalars(
        sa.select(Grant).where(Grant.account_id == account_id, Grant.ended_at.is_(None), Grant.role != Role.TRAINEE)
    )
    return any(not covers(actor.scope_id, grant.scope_id) for grant in grants)
