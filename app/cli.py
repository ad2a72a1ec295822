"""Commands of the platform itself; features bring their own.

JSON goes to standard output alone; logs go to standard error. Exit codes: 0 done, 2 bad input,
3 machine not ready, 4 refused by a rule.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import AppGroup

from app.accounts.divisions import load_divisions
from app.accounts.models import Scope
from app.accounts.scopes import scope_by_code
from app.config import Settings
from app.core import audit
from app.core.db import db, is_migrated
from app.demo.mark import ALREADY, is_loaded
from app.demo.people import shown_accounts

audit_commands = AppGroup("audit", help="Hash-chained audit log (审计链).")


def print_json(value: Any) -> None:
    """Print UTF-8 JSON alone on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@audit_commands.command("verify")
@click.option("--scope", "code", help="Code of one class, institution or region; default: all chains.")
def verify_audit(code: str | None) -> None:
    """Verify the chains; name the first broken row; exit 4 when one is broken."""
    if code:
        scope = scope_by_code(code)
        if scope is None:
            click.echo(f"--scope：没有代码为 {code} 的班级、机构或地区。", err=True)
            sys.exit(2)
        scopes = [scope.id]
    else:
        scopes = audit.chains()
    rows = []
    for scope_id in scopes:
        verdict = audit.verify(scope_id)
        found = db.session.get(Scope, scope_id)
        rows.append(
            {
                "scope": found.code if found else "platform",
                "rows": verdict.rows,
                "sound": verdict.broken_seq is None,
                "broken_row": verdict.broken_seq,
                "reason": verdict.reason,
                "head": verdict.head,
            }
        )
    sound = all(row["sound"] for row in rows)
    print_json({"sound": sound, "chains": rows})
    if not sound:
        sys.exit(4)


@click.command("up")
def up() -> None:
    """Migrate the database and, in demo mode, make sure that the demo data is there."""
    settings = current_app.config["SETTINGS"]
    if not is_migrated():
        flask_migrate.upgrade()
    load_divisions()
    if settings.is_demo:
        click.echo(ALREADY if is_loaded() else current_app.extensions["demo_loader"]())
    click.echo(greeting(settings))


def greeting(settings: Settings) -> str:
    """Return what a person at the terminal wants to know: the address, and in demo mode who may sign in."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    lines = [f"地址：{settings.public_url or f'http://{host}:{settings.port}'}/"]
    groups: dict[str, list[str]] = {}
    for login, role in shown_accounts():
        groups.setdefault(role, []).append(login)
    if settings.is_demo:
        lines.append(f"演示账号（密码都是 {settings.demo_password}）：")
        for role, logins in groups.items():
            shown = "、".join(logins) if len(logins) < 4 else f"{logins[0]} … {logins[-1]}"
            lines.append(f"  {role}  {shown}")
    return "\n".join(lines)


def register(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(audit_commands)
    app.cli.add_command(up)
