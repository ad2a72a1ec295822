"""What the instructor's panel does: each press once, and what falls due on the way fires at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app

from app.core import idempotency
from app.core.actor import Actor
from app.core.uow import after_commit
from app.worlds import clock, due, ticker
from app.worlds.clock import lock_controlled
from app.worlds.settings import change_setting, setting


def _fire(world_id: int) -> None:
    """Fire what is due, where no ticker runs; with one it happens within half a second."""
    if not current_app.config["SETTINGS"].ticker:
        ticker.run_due(world_id)


def jump(actor: Actor, world_id: int, step: timedelta, key: str) -> None:
    """Move simulated time forward inside the open unit of work; the same press moves it once."""

    def carry_out() -> None:
        clock.jump(actor, world_id, step)
        after_commit(_fire, world_id)

    idempotency.once(actor, key, "world.jump", [world_id, int(step.total_seconds())], carry_out)


def set_pace(actor: Actor, world_id: int, *, rate: int | None = None, paused: bool | None = None) -> None:
    """Change the rate, pause or resume, inside the open unit of work."""
    if rate is not None:
        clock.set_rate(actor, world_id, rate)
    if paused is True:
        clock.pause(actor, world_id)
    elif paused is False:
        clock.resume(actor, world_id)


def change_settings(actor: Actor, world_id: int, values: Mapping[str, int]) -> int:
    """Change the settings that differ, inside the open unit of work; return how many."""
    world = lock_controlled(actor, world_id)
    differing = {name: value for name, value in values.items() if setting(world, name) != value}
    for name, value in differing.items():
        change_setting(actor, world_id, name, value)
    return len(differing)


def retry(actor: Actor, world_id: int, task_id: int) -> None:
    """Let a task that gave up be fired again, inside the open unit of work."""
    due.retry(actor, world_id, task_id)
    after_commit(_fire, world_id)
