"""People and their hats, kept by the system administrator and, inside an institution, by its clerk."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts import access
from app.accounts.models import Account, Grant, Scope, ScopeKind, SignedInDevice
from app.accounts.scopes import covers, descendants, end_role, get_scope, grant_role
from app.accounts.services import codes, people
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, like_escape
from app.core.errors import Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import ROLE_NAMES, Permission, Role

# which kind of scope each role is held in; None: the platform itself
ROLE_SCOPES: dict[Role, ScopeKind | None] = {
    Role.TRAINEE: ScopeKind.CLASS,
    Role.INSTRUCTOR: ScopeKind.CLASS,
    Role.INSTITUTION_ADMIN: ScopeKind.INSTITUTION,
    Role.ASSESSOR: ScopeKind.REGION,
    Role.DISTRICT: ScopeKind.REGION,
    Role.CENTRE: ScopeKind.REGION,
    Role.SUPERVISOR: ScopeKind.REGION,
    Role.SYSADMIN: None,
}
CLERK_ROLES = (Role.INSTRUCTOR, Role.INSTITUTION_ADMIN)
ADMIN_ROLES = (
    Role.INSTITUTION_ADMIN,
    Role.INSTRUCTOR,
    Role.ASSESSOR,
    Role.DISTRICT,
    Role.CENTRE,
    Role.SUPERVISOR,
    Role.SYSADMIN,
)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be registered with one hat; an existing login gets the hat in addition."""

    name: str
    login: str
    phone: str
    role: Role
    scope_id: int | None


def assignable_roles(actor: Actor) -> tuple[Role, ...]:
    """Return the roles this actor may give. Trainees come by roster import alone."""
    actor.require(Permission.ACCOUNT_MANAGE)
    return ADMIN_ROLES if actor.is_system or actor.role is Role.SYSADMIN else CLERK_ROLES


def assignable_scopes(actor: Actor) -> list[Scope]:
    """Return the scopes this actor may give hats in, regions first, by code."""
    actor.require(Permission.ACCOUNT_MANAGE)
    query = sa.select(Scope).order_by(Scope.kind.desc(), Scope.code)
    if not (actor.is_system or actor.role is Role.SYSADMIN):
        query = query.where(Scope.id.in_(descendants(actor.scope_id or 0)))
    return list(db.session.scalars(query))


def _check_scope(actor: Actor, role: Role, scope_id: int | None) -> None:
    if role not in assignable_roles(actor):
        raise Forbidden
    wanted = ROLE_SCOPES[role]
    if wanted is None:
        if scope_id is not None:
            raise InvalidInput(f"{ROLE_NAMES[role]}不属于任何范围，请选“平台”。", field="scope")
        return
    names = {ScopeKind.REGION: "地区", ScopeKind.INSTITUTION: "机构", ScopeKind.CLASS: "班级"}
    if scope_id is None or get_scope(scope_id).kind is not wanted:
        raise InvalidInput(f"{ROLE_NAMES[role]}要指定所属{names[wanted]}。", field="scope")
    if not (actor.is_system or actor.role is Role.SYSADMIN) and not covers(actor.scope_id, scope_id):
        raise NotFound


def register_person(actor: Actor, person: NewPerson) -> tuple[Account, str | None]:
    """Create the person with the hat; return the account and a one-time code, None for an existing account.

    Raises InvalidInput for a scope that does not fit the role, Refused when name and login do not agree.
    """
    _check_scope(actor, person.role, person.scope_id)
    account = access.find_by_login(person.login) if person.login else None
    code = None
    if account is None:
        account = people.create_account(actor, name=person.name, login=person.login, phone=person.phone or None)
        grant_role(account.id, person.role, person.scope_id)
        code = codes.issue_code(actor, account.id, scope_id=person.scope_id)
    elif account.name != person.name.strip():
        raise Refused("这个登录名已属于另一个姓名的账号；要给原账号增加身份，请填写相同的姓名。", field="login")
    else:
        grant_role(account.id, person.role, person.scope_id)
    _record(actor, "account.role_granted", account, person.role, person.scope_id)
    return account, code


def _record(actor: Actor, action: str, account: Account, role: Role, scope_id: int | None) -> None:
    audit.record(actor, action, f"account:{account.id}", {"role": role, "scope": scope_id}, scope_id=scope_id)


def end_hat(actor: Actor, account_id: int, grant_id: int) -> None:
    """End one hat of a person inside the actor's scope. The own active hat stays."""
    actor.require(Permission.ACCOUNT_MANAGE)
    account = access.account_within(actor, account_id)
    grant = db.session.get(Grant, grant_id)
    if grant is None or grant.account_id != account.id:
        raise NotFound
    _check_scope(actor, grant.role, grant.scope_id)
    if grant.account_id == actor.account_id and grant.role == actor.role and grant.scope_id == actor.scope_id:
        raise Refused("不能结束自己正在使用的身份。")
    end_role(account.id, grant.role, grant.scope_id)
    _record(actor, "account.role_ended", account, grant.role, grant.scope_id)


def set_disabled(actor: Actor, account_id: int, *, disabled: bool) -> Account:
    """Lock an account out (its devices end) or let it in again. Nobody locks themselves out."""
    actor.require(Permission.ACCOUNT_MANAGE)
    account = access.account_within(actor, account_id)
    if account.id == actor.account_id:
        raise Refused("不能停用自己的账号。")
    if access.serves_elsewhere(actor, account.id):
        raise Refused(f"{account.name}在其他机构也有工作身份，只能由系统管理员停用。")
    now = clock.now()
    account.disabled_at = now if disabled else None
    if disabled:
        db.session.execute(
            sa.update(SignedInDevice)
            .where(SignedInDevice.account_id == account.id, SignedInDevice.ended_at.is_(None))
            .values(ended_at=now)
        )
    audit.record(actor, "account.disabled" if disabled else "account.enabled", f"account:{account.id}")
    return account


def people_query(actor: Actor, text: str = "", role: Role | None = None) -> sa.Select[Account]:
    """Return the query of the accounts this actor keeps, filtered by name, login or phone and by role."""
    actor.require(Permission.ACCOUNT_MANAGE)
    query = (
        sa.select(Account)
        .options(orm.selectinload(Account.grants).joinedload(Grant.scope))
        .where(Account.is_simulated.is_(False))
        .order_by(Account.id)
    )
    held = sa.select(Grant.account_id).where(Grant.ended_at.is_(None))
    if role is not None:
        held = held.where(Grant.role == role)
    if actor.role is not Role.SYSADMIN and not actor.is_system:
        held = held.where(Grant.scope_id.in_(descendants(actor.scope_id or 0)))
    if role is not None or actor.role is not Role.SYSADMIN:
        query = query.where(Account.id.in_(held))
    if text:
        pattern = f"%{like_escape(text)}%"
        query = query.where(
            sa.or_(
                Account.name.like(pattern, escape="\\"),
                Account.login.like(pattern.lower(), escape="\\"),
                Account.phone.like(pattern, escape="\\"),
            )
        )
    return query
