"""Commands of training: institutions, and figures of classes."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from app.accounts.access import find_by_login
from app.accounts.commands import answers
from app.accounts.scopes import scope_by_code
from app.core.actor import system
from app.core.errors import InvalidInput
from app.core.uow import unit_of_work
from app.training import api
from app.training.services.institutions import appoint_clerk, create_institution

commands = AppGroup("training", help="Institutions and classes (机构与班级).")


@commands.command("create-institution")
@click.argument("code")
@click.argument("name")
@click.option("--region", "region_code", required=True, help="National division code, for example 440106.")
@click.option("--parent", "parent_code", help="Code of the region scope it belongs to.")
@click.option("--clerk", "clerk_login", help="Login of an existing person who administers it.")
@answers
def create(code: str, name: str, region_code: str, parent_code: str | None, clerk_login: str | None) -> dict[str, Any]:
    """Create an institution with its scope."""
    parent = scope_by_code(parent_code) if parent_code else None
    if parent_code and parent is None:
        raise InvalidInput(f"没有代码为 {parent_code} 的地区。", field="--parent")
    clerk = find_by_login(clerk_login) if clerk_login else None
    if clerk_login and clerk is None:
        raise InvalidInput(f"没有登录名为 {clerk_login} 的账号。", field="--clerk")
    with unit_of_work():
        row = create_institution(system(), code=code, name=name, region_code=region_code, parent=parent)
        if clerk is not None:
            appoint_clerk(system(), row, clerk)
        return {"code": row.code, "name": row.name, "region": row.region_code, "clerk": clerk_login}


@commands.command("classes")
@answers
def classes() -> list[dict[str, Any]]:
    """List all classes."""
    return [
        {"code": c.code, "name": c.name, "institution": c.institution_name, "status": c.status,
         "trainees": c.trainee_count, "start": c.start_date.isoformat()}
        for c in api.classes_for(system())
    ]  # fmt: skip
