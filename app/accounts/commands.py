"""Commands of the account store: first accounts, regions, keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from app.accounts import access
from app.accounts.models import ScopeKind
from app.accounts.scopes import create_scope, grant_role, scope_by_code
from app.accounts.services import codes, people
from app.core import audit
from app.core.actor import system
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import ROLE_NAMES, Role
from app.core.uow import unit_of_work

commands = AppGroup("accounts", help="Accounts, roles and keys (账号).")
PLATFORM_ROLES = {Role.SYSADMIN}


def answers(command: Callable[..., Any]) -> Callable[..., None]:
    """Print what the command returns as JSON; a refusal ends with 2 (bad input) or 4 (refused by a rule)."""

    @wraps(command)
    def answered(*args: Any, **kwargs: Any) -> None:
        try:
            result = command(*args, **kwargs)
        except InvalidInput as error:
            click.echo(f"{error.field or '参数'}：{error.message}", err=True)
            sys.exit(2)
        except DomainError as error:
            sys.stdout.write(json.dumps({"error": error.message, "code": error.code}, ensure_ascii=False) + "\n")
            sys.exit(4)
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")

    return answered


@commands.command("create")
@click.argument("login")
@click.argument("name")
@click.option("--role", "role_name", required=True, type=click.Choice([str(role) for role in Role]), help="The hat.")
@click.option("--scope", "scope_code", help="Code of the region, institution or class of the hat.")
@click.option("--phone", default="", help="Mobile number that signs in as well.")
@answers
def create(login: str, name: str, role_name: str, scope_code: str | None, phone: str) -> dict[str, Any]:
    """Create a person with one hat, or give an existing one another hat; answer with a one-time code."""
    role, actor = Role(role_name), system()
    scope = scope_by_code(scope_code) if scope_code else None
    if scope_code and scope is None:
        raise InvalidInput(f"没有代码为 {scope_code} 的地区、机构或班级。", field="--scope")
    if scope is None and role not in PLATFORM_ROLES:
        raise InvalidInput(f"{ROLE_NAMES[role]}需要指明所属范围。", field="--scope")
    with unit_of_work():
        account = access.find_by_login(login)
        created = account is None
        if account is None:
            account = people.create_account(actor, name=name, login=login, phone=phone or None)
        grant_role(account.id, role, scope.id if scope else None)
        audit.record(actor, "account.role_granted", f"account:{account.id}", {"role": role, "scope": scope_code})
        code = codes.issue_code(actor, account.id) if created else None
        return {"login": account.login, "name": account.name, "role": role, "scope": scope_code, "code": code}


@commands.command("create-region")
@click.argument("code")
@click.argument("name")
@click.option("--parent", "parent_code", help="Code of the region above.")
@answers
def create_region(code: str, name: str, parent_code: str | None) -> dict[str, Any]:
    """Create a region that institutions, reviewers and supervisors belong to."""
    parent = scope_by_code(parent_code) if parent_code else None
    if parent_code and parent is None:
        raise InvalidInput(f"没有代码为 {parent_code} 的地区。", field="--parent")
    if scope_by_code(code) is not None:
        raise InvalidInput(f"代码 {code} 已被使用。", field="CODE")
    with unit_of_work():
        scope = create_scope(ScopeKind.REGION, name, code, parent.id if parent else None)
        audit.record(system(), "region.created", f"scope:{scope.id}", {"code": code, "name": name})
        return {"code": code, "name": name, "parent": parent_code}


@commands.command("rotate-keys")
@answers
def rotate_keys() -> dict[str, Any]:
    """Write every encrypted value anew with the first key of FIELD_KEYS; then older keys may be removed."""
    with unit_of_work():
        rewritten = {"accounts": people.rotate_id_numbers()}
        for name, step in current_app.extensions.get("field_rotation", []):
            rewritten[name] = step()
        audit.record(system(), "account.keys_rotated", "", rewritten)
    return {"rewritten": rewritten}
