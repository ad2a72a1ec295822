"""What falls due in simulated time: written by services, fired by the ticker in (due_at, id) order."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core import audit
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import NotFound
from app.worlds.clock import lock_controlled
from app.worlds.models import DueState, DueTask


def schedule(world_id: int, due_at: datetime, kind: str, target_id: int, expected: str = "") -> DueTask:
    """Write a due task inside the open unit of work.

    kind: registered in a feature's ``due_handlers``. expected: the state the target must still have;
    the handler compares it and does nothing when it no longer holds.
    """
    task = DueTask(world_id=world_id, due_at=due_at, kind=kind, target_id=target_id, expected=str(expected))
    db.session.add(task)
    db.session.flush()
    return task


def withdraw(kind: str, target_id: int) -> None:
    """Let the waiting tasks of this kind and target fall stale."""
    db.session.execute(
        sa.update(DueTask)
        .where(DueTask.kind == kind, DueTask.target_id == target_id, DueTask.status == DueState.WAITING)
        .values(status=DueState.STALE)
    )


def retry(actor: Actor, world_id: int, task_id: int) -> None:
    """Let a task that gave up be fired again. Raises NotFound for another world's or one that did not fail."""
    world = lock_controlled(actor, world_id)
    changed = db.session.execute(
        sa.update(DueTask)
        .where(DueTask.id == task_id, DueTask.world_id == world_id, DueTask.status == DueState.FAILED)
        .values(status=DueState.WAITING, attempts=0, error="")
    )
    if matched(changed) != 1:
        raise NotFound
    audit.record(actor, "world.task_retried", f"due:{task_id}", {}, scope_id=world.scope_id)


def next_due(world_id: int, moment: datetime) -> DueTask | None:
    """Return the first waiting task that is due at ``moment``."""
    return db.session.scalars(
        sa.select(DueTask)
        .where(DueTask.world_id == world_id, DueTask.status == DueState.WAITING, DueTask.due_at <= moment)
        .order_by(DueTask.due_at, DueTask.id)
        .limit(1)
    ).one_or_none()


def waiting(world_id: int, limit: int = 20) -> list[DueTask]:
    """Return the next waiting tasks of a world."""
    return list(
        db.session.scalars(
            sa.select(DueTask)
            .where(DueTask.world_id == world_id, DueTask.status == DueState.WAITING)
            .order_by(DueTask.due_at, DueTask.id)
            .limit(limit)
        )
    )


def failed(world_id: int) -> list[DueTask]:
    """Return the tasks that gave up, newest first."""
    return list(
        db.session.scalars(
            sa.select(DueTask)
            .where(DueTask.world_id == world_id, DueTask.status == DueState.FAILED)
            .order_by(DueTask.id.desc())
            .limit(50)
        )
    )
