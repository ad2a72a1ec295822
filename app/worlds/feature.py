"""What worlds bring along: the panel, the clock in the header, the world of a hat."""

from __future__ import annotations

from flask import Flask

from app.core.feature import Feature
from app.core.web.shell import SimClock
from app.worlds import api, clock, views


def _sim_clock(world_id: int) -> SimClock:
    world = clock.get_world(world_id)
    return SimClock(clock.running_now(world), 0 if world.paused else world.rate, world.paused or world.rate == 0)


def _start(app: Flask) -> None:
    app.extensions["world_of_scope"] = api.world_of_scope
    app.extensions["sim_clock"] = _sim_clock


FEATURE = Feature(name="worlds", blueprints=[views.blueprint], startup=_start)
