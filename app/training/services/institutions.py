"""Institutions: each with one scope below its region."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import divisions
from app.accounts.models import Account, Scope, ScopeKind
from app.accounts.scopes import create_scope, grant_role, scope_by_code
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission, Role
from app.core.web.forms import clean_text
from app.training.models import Institution


def regions() -> list[Scope]:
    """Return the region scopes, by code."""
    return list(db.session.scalars(sa.select(Scope).where(Scope.kind == ScopeKind.REGION).order_by(Scope.code)))


def get_region(scope_id: int) -> Scope:
    """Return a region's scope. Raises NotFound for anything else."""
    scope = db.session.get(Scope, scope_id)
    if scope is None or scope.kind is not ScopeKind.REGION:
        raise NotFound
    return scope


def institutions() -> list[Institution]:
    """Return all institutions, by code."""
    return list(db.session.scalars(sa.select(Institution).order_by(Institution.code)))


def _free_code(code: str, what: str) -> str:
    code = code.strip()
    if not 2 <= len(code) <= 40 or not code.isascii() or not code.replace("-", "").isalnum():
        raise InvalidInput(f"{what}应为 2 到 40 位字母、数字或横线。", field="code")
    if scope_by_code(code) is not None:
        raise Refused(f"代码 {code} 已被使用，请换一个。", field="code")
    return code


def create_region(actor: Actor, *, code: str, name: str, parent_id: int | None) -> Scope:
    """Create a region's scope inside the open unit of work; reviewers and supervisors get their hats in it."""
    actor.require(Permission.SYSTEM_MANAGE)
    code, name = _free_code(code, "地区代码"), clean_text(name)
    if not 2 <= len(name) <= 40:
        raise InvalidInput("地区名称应为 2 到 40 个字。", field="name")
    parent = get_region(parent_id) if parent_id else None
    scope = create_scope(ScopeKind.REGION, name, code, parent.id if parent else None)
    audit.record(actor, "region.created", f"scope:{scope.id}", {"code": code, "name": name})
    return scope


def create_institution(
    actor: Actor, *, code: str, name: str, region_code: str, parent: Scope | None = None
) -> Institution:
    """Create an institution and its scope inside the open unit of work.

    parent: the region's scope. Raises InvalidInput for an unusable field, Refused when the code is taken.
    """
    actor.require(Permission.SYSTEM_MANAGE)
    code, name = _free_code(code, "机构代码"), clean_text(name)
    if not 2 <= len(name) <= 100:
        raise InvalidInput("机构名称应为 2 到 100 个字。", field="name")
    if not divisions.exists(region_code):
        raise InvalidInput(f"没有代码为 {region_code} 的行政区划。", field="region_code")
    scope = create_scope(ScopeKind.INSTITUTION, name, code, parent.id if parent else None)
    row = Institution(scope_id=scope.id, code=code, name=name, region_code=region_code, created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "institution.created", f"institution:{row.id}", {"code": code}, scope_id=scope.id)
    return row


def appoint_clerk(actor: Actor, institution: Institution, account: Account) -> None:
    """Let the person administer the institution; inside the open unit of work."""
    actor.require(Permission.SYSTEM_MANAGE)
    grant_role(account.id, Role.INSTITUTION_ADMIN, institution.scope_id)
    audit.record(actor, "institution.clerk_appointed", f"account:{account.id}", {}, scope_id=institution.scope_id)
