"""The world of a class, within what the actor's hat covers."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.models import Scope, ScopeKind
from app.accounts.scopes import covers, scope_by_code
from app.core.actor import Actor
from app.core.audit import AuditEvent
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.worlds.history import ACTIONS
from app.worlds.models import ClockChange, DueState, DueTask, World


def world_of_class(actor: Actor, code: str) -> tuple[Scope, World]:
    """Return scope and world of the class. Raises NotFound unless the actor's hat covers it."""
    actor.require(Permission.WORLD_READ)
    scope = scope_by_code(code)
    if scope is None or scope.kind is not ScopeKind.CLASS or not (actor.is_system or covers(actor.scope_id, scope.id)):
        raise NotFound
    world = db.session.scalars(sa.select(World).where(World.scope_id == scope.id)).one_or_none()
    if world is None:
        raise NotFound
    return scope, world


def may_control(actor: Actor, world: World) -> bool:
    """Say whether the actor may move this world's clock: the permission, in the world's own scope or above."""
    return actor.may(Permission.WORLD_CONTROL) and (actor.is_system or covers(actor.scope_id, world.scope_id))


def clock_changes(world_id: int, limit: int = 20) -> list[ClockChange]:
    """Return the latest changes of a world's clock, newest first."""
    return list(
        db.session.scalars(
            sa.select(ClockChange).where(ClockChange.world_id == world_id).order_by(ClockChange.id.desc()).limit(limit)
        )
    )


def panel_history(world: World, limit: int = 15) -> list[AuditEvent]:
    """Return the latest changes of rules, announcements and freezes from the audit chain, newest first."""
    return list(
        db.session.scalars(
            sa.select(AuditEvent)
            .where(
                AuditEvent.scope_id == world.scope_id,
                AuditEvent.target == f"world:{world.id}",
                AuditEvent.action.in_(ACTIONS),
            )
            .order_by(AuditEvent.seq.desc())
            .limit(limit)
        )
    )


def waiting_count(world_id: int) -> int:
    """Return how many due tasks of the world wait."""
    query = sa.select(sa.func.count(DueTask.id)).where(DueTask.world_id == world_id, DueTask.status == DueState.WAITING)
    return db.session.scalar(query) or 0
