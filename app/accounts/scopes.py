"""The scope tree: regions hold institutions, institutions hold classes."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.accounts.models import Account, Grant, Scope, ScopeKind
from app.core import clock
from app.core.db import add_missing, db
from app.core.errors import NotFound
from app.core.permissions import Role


def create_scope(kind: ScopeKind, name: str, code: str, parent_id: int | None = None) -> Scope:
    """Create a node inside the open unit of work."""
    scope = Scope(kind=kind, name=name, code=code, parent_id=parent_id)
    db.session.add(scope)
    db.session.flush()
    return scope


def get_scope(scope_id: int) -> Scope:
    """Return the scope. Raises NotFound."""
    scope = db.session.get(Scope, scope_id)
    if scope is None:
        raise NotFound
    return scope


def scope_by_code(code: str) -> Scope | None:
    """Return the scope with this code, or None."""
    return db.session.scalars(sa.select(Scope).where(Scope.code == code)).one_or_none()


def ancestors(scope_id: int | None) -> list[int]:
    """Return the ids from this scope up to its root, this one first."""
    path: list[int] = []
    while scope_id is not None and scope_id not in path:
        path.append(scope_id)
        scope_id = db.session.scalar(sa.select(Scope.parent_id).where(Scope.id == scope_id))
    return path


def covers(outer_id: int | None, inner_id: int | None) -> bool:
    """Say whether ``inner_id`` is ``outer_id`` or lies below it. A hat without a scope covers nothing."""
    return outer_id is not None and outer_id in ancestors(inner_id)


def descendants(scope_id: int) -> sa.Select[tuple[int]]:
    """Return a query of the ids of this scope and all below it."""
    top = sa.select(Scope.id).where(Scope.id == scope_id).cte("scope_tree", recursive=True)
    below = sa.select(Scope.id).where(Scope.parent_id == top.c.id)
    tree = top.union_all(below)
    return sa.select(tree.c.id)


def grant_role(account_id: int, role: Role, scope_id: int | None) -> Grant:
    """Give the role in the scope (again, if it had ended) inside the open unit of work."""
    grant = db.session.scalars(
        sa.select(Grant).where(Grant.account_id == account_id, Grant.role == role, Grant.scope_id == scope_id)
    ).one_or_none()
    if grant is None:
        grant = Grant(account_id=account_id, role=role, scope_id=scope_id, created_at=clock.now())
        db.session.add(grant)
    grant.ended_at = None
    db.session.flush()
    return grant


def end_role(account_id: int, role: Role, scope_id: int | None) -> None:
    """End the role in the scope inside the open unit of work; the row stays."""
    db.session.execute(
        sa.update(Grant)
        .where(Grant.account_id == account_id, Grant.role == role, Grant.scope_id == scope_id, Grant.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def holders(role: Role, scope_id: int) -> list[Account]:
    """Return the accounts that hold the role in exactly this scope, by id."""
    return list(
        db.session.scalars(
            sa.select(Account)
            .join(Grant, Grant.account_id == Account.id)
            .where(Grant.role == role, Grant.scope_id == scope_id, Grant.ended_at.is_(None))
            .order_by(Account.id)
        )
    )


def simulated_people(names: Sequence[str]) -> list[int]:
    """Return the accounts of simulated people by these names, in their order; they are made when first asked for.

    They hold no role and no password: nobody signs in as one of them.
    """
    logins = [f"simulated:{number:02d}" for number in range(1, len(names) + 1)]
    known = sa.select(Account.login, Account.id).where(Account.login.in_(logins))
    found = {row.login: row.id for row in db.session.execute(known)}
    if len(found) < len(logins):
        for login, name in zip(logins, names, strict=True):
            add_missing(Account, login=login, name=name, is_simulated=True, created_at=clock.now())
        found = {row.login: row.id for row in db.session.execute(known)}
    return [found[login] for login in logins]


def account_names(account_ids: set[int]) -> dict[int, str]:
    """Return the names of the accounts by id."""
    if not account_ids:
        return {}
    rows = db.session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {row.id: row.name for row in rows}
