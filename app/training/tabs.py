"""Tabs over the pages of one class, and entries of the home room's navigation."""

from __future__ import annotations

from typing import Any

from flask import g, request

from app.accounts.models import ScopeKind
from app.accounts.scopes import get_scope
from app.core.actor import Actor
from app.core.permissions import Permission

TABS: tuple[tuple[str, str, tuple[Permission, ...]], ...] = (
    ("概况", "", (Permission.CLASS_READ,)),
    ("学员", "roster", (Permission.CLASS_ROSTER_READ,)),
    ("任务", "tasks/", (Permission.TASK_READ,)),
    ("模拟市场", "world", (Permission.WORLD_READ,)),
)


def class_tabs(code: str) -> list[dict[str, Any]]:
    """Return the tabs of a class for ``state_tabs``: label, url, active."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        return []
    base = f"/classes/{code}/"
    rest = request.path.removeprefix(base)
    shown = []
    for label, path, permissions in TABS:
        if any(actor.may(permission) for permission in permissions):
            active = rest == path if not path else rest.startswith(path.rstrip("/"))
            shown.append({"label": label, "url": base + path, "active": active, "count": None})
    return shown


def own_class(actor: Actor) -> dict[str, Any] | None:
    """Return the address part of the hat's class, None for hats of another kind."""
    if actor.scope_id is None:
        return None
    if "own_class" not in g:
        scope = get_scope(actor.scope_id)
        g.own_class = {"code": scope.code} if scope.kind is ScopeKind.CLASS else None
    answer: dict[str, Any] | None = g.own_class
    return answer


def many_classes(actor: Actor) -> dict[str, Any] | None:
    """Return no address parts for hats that cover more than one class, None for the others."""
    return None if own_class(actor) is not None else {}
