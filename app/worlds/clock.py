"""The simulated clock of a world: rate 0 to 3600, pause, jump; all by the instructor, all logged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.accounts.scopes import covers
from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import Permission
from app.worlds.models import ClockChange, World

MAX_RATE = 3600
MAX_JUMP = timedelta(days=60)

_acting_at: ContextVar[tuple[int, datetime] | None] = ContextVar("acting_at", default=None)


def get_world(world_id: int) -> World:
    """Return the world. Raises NotFound."""
    world = db.session.get(World, world_id)
    if world is None:
        raise NotFound
    return world


def lock_world(world_id: int) -> World:
    """Return the world, locked for the rest of the unit of work. Raises NotFound."""
    query = sa.select(World).where(World.id == world_id).with_for_update()
    world = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if world is None:
        raise NotFound
    return world


def lock_controlled(actor: Actor, world_id: int) -> World:
    """Return the world, locked, for somebody who may move its clock: an instructor of its own class, or above.

    Raises Forbidden without the permission, NotFound for a world outside the actor's scope.
    """
    actor.require(Permission.WORLD_CONTROL)
    world = lock_world(world_id)
    if not actor.is_system and not covers(actor.scope_id, world.scope_id):
        raise NotFound
    return world


def running_now(world: World) -> datetime:
    """Return the simulated moment by the world's own clock, whatever task is being fired."""
    if world.paused or world.rate == 0:
        return world.sim_base
    passed = max(wall.now() - world.wall_base, timedelta(0))  # a wall clock set back must not rewind
    return world.sim_base + passed * world.rate


def sim_now(world_id: int) -> datetime:
    """Return the simulated moment: of the due task being fired, else of the world's clock."""
    acting = _acting_at.get()
    if acting is not None and acting[0] == world_id:
        return acting[1]
    return running_now(get_world(world_id))


@contextmanager
def acting_at(world_id: int, moment: datetime) -> Iterator[None]:
    """Let ``sim_now`` answer ``moment`` inside the block: after a jump each task acts at its own time."""
    token = _acting_at.set((world_id, moment))
    try:
        yield
    finally:
        _acting_at.reset(token)


def _rebase(world: World, sim: datetime) -> None:
    world.sim_base = sim
    world.wall_base = wall.now()


def _log(actor: Actor, world: World, kind: str, before: datetime, after: datetime) -> None:
    db.session.add(
        ClockChange(
            world_id=world.id,
            kind=kind,
            sim_before=before,
            sim_after=after,
            rate=0 if world.paused else world.rate,
            account_id=actor.account_id,
            at=wall.now(),
        )
    )
    audit.record(
        actor,
        f"world.clock_{kind}",
        f"world:{world.id}",
        {"before": before.isoformat(), "after": after.isoformat(), "rate": world.rate},
        scope_id=world.scope_id,
    )


def set_rate(actor: Actor, world_id: int, rate: int) -> World:
    """Let simulated time run ``rate`` times as fast as wall time (0 to 3600; 0 stands still)."""
    if not 0 <= rate <= MAX_RATE:
        raise InvalidInput(f"时间倍速应在 0 到 {MAX_RATE} 之间。", field="rate")
    world = lock_controlled(actor, world_id)
    now = running_now(world)
    _rebase(world, now)
    world.rate = rate
    _log(actor, world, "rate", now, now)
    return world


def pause(actor: Actor, world_id: int) -> World:
    """Stop simulated time: nothing falls due until it resumes."""
    world = lock_controlled(actor, world_id)
    if not world.paused:
        now = running_now(world)
        _rebase(world, now)
        world.paused = True
        _log(actor, world, "pause", now, now)
    return world


def resume(actor: Actor, world_id: int) -> World:
    """Let simulated time run on from where it stood."""
    world = lock_controlled(actor, world_id)
    if world.paused:
        now = running_now(world)
        world.paused = False
        _rebase(world, now)
        _log(actor, world, "resume", now, now)
    return world


def jump(actor: Actor, world_id: int, step: timedelta) -> World:
    """Move simulated time forward by ``step`` (up to 60 days); what falls due on the way fires in order."""
    if not timedelta(0) < step <= MAX_JUMP:
        raise InvalidInput("时间只能向前跳，一次最多 60 天。", field="step")
    world = lock_controlled(actor, world_id)
    before = running_now(world)
    _rebase(world, before + step)
    _log(actor, world, "jump", before, before + step)
    return world
