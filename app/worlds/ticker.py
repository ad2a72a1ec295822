"""The ticker: fires what is due, world by world, safe with several processes.

A process leads a world while it holds the lease in the world's row; every firing checks the lease in
its own transaction, so a process that lost it cannot fire any more.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import UTC, timedelta

import sqlalchemy as sa
import structlog
from flask import current_app

from app.core import clock as wall
from app.core.db import db, matched
from app.core.uow import unit_of_work
from app.worlds import clock, due
from app.worlds.models import DueState, DueTask, World

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=15)
MAX_ATTEMPTS = 3
BURST = 200  # tasks of one world before the next world has its turn


def holder_name() -> str:
    """Return a name for this process that no other has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


def _take_lease(world_id: int, holder: str) -> bool:
    now = wall.now()
    with unit_of_work():
        changed = db.session.execute(
            sa.update(World)
            .where(
                World.id == world_id,
                sa.or_(World.lease_holder == holder, World.lease_until.is_(None), World.lease_until < now),
            )
            .values(lease_holder=holder, lease_until=now + LEASE)
        )
    return matched(changed) == 1


def _give_back_lease(world_id: int, holder: str) -> None:
    with unit_of_work():
        db.session.execute(
            sa.update(World)
            .where(World.id == world_id, World.lease_holder == holder)
            .values(lease_holder=None, lease_until=None)
        )


def _fire_next(world_id: int, holder: str) -> bool:
    """Fire one due task; say whether there was one."""
    task_id = 0
    try:
        with unit_of_work():
            world = clock.lock_world(world_id)
            if world.lease_holder != holder:
                return False
            task = due.next_due(world_id, clock.running_now(world))
            if task is None:
                return False
            task_id = task.id
            task.status, task.fired_at = DueState.DONE, wall.now()
            handler = current_app.extensions["due_handlers"][task.kind]
            with clock.acting_at(world_id, task.due_at):
                handler(task)
    except Exception as error:
        if not task_id:
            raise
        log.exception("due_task_failed", task=task_id)
        _note_failure(task_id, error)
    return True


def _note_failure(task_id: int, error: Exception) -> None:
    with unit_of_work():
        task = db.session.get_one(DueTask, task_id)
        task.attempts += 1
        task.error = f"{type(error).__name__}: {error}"[:500]
        if task.attempts >= MAX_ATTEMPTS:
            task.status = DueState.FAILED


def _worlds_with_work() -> list[int]:
    rows = db.session.execute(
        sa.select(World, sa.func.min(DueTask.due_at))
        .join(DueTask, DueTask.world_id == World.id)
        .where(DueTask.status == DueState.WAITING)
        .group_by(World.id)
        .order_by(World.id)
    ).all()
    ready = []
    for world, first in rows:
        due_at = first if first.tzinfo else first.replace(tzinfo=UTC)  # SQLite's min() loses the type
        if due_at <= clock.running_now(world):
            ready.append(world.id)
    db.session.rollback()
    return ready


def tick(holder: str) -> int:
    """Fire what is due in all worlds that this process can lead; return how many tasks were fired."""
    fired = 0
    for world_id in _worlds_with_work():
        if not _take_lease(world_id, holder):
            continue
        for _ in range(BURST):
            if not _fire_next(world_id, holder):
                break
            fired += 1
    return fired


def run_due(world_id: int) -> int:
    """Fire all that is due in one world now, as its only leader: for commands, demo data and tests.

    The lease is given back at the end, so that the next caller need not wait for it to run out.
    """
    holder = holder_name()
    fired = 0
    while _take_lease(world_id, holder) and _fire_next(world_id, holder):
        fired += 1
    _give_back_lease(world_id, holder)
    return fired
