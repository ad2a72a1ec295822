"""What worlds bring along: the panel, the clock in the header, the world of a hat."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, g, request, url_for

from app.accounts.scopes import get_scope
from app.core import clock as wall
from app.core.actor import Actor
from app.core.feature import Feature, HomeCard
from app.core.permissions import Role
from app.core.web.shell import SimClock
from app.worlds import api, clock, notices, views

TOLD_FOR = timedelta(days=3)  # wall time that an announcement stands among the cards of the home page


def _sim_clock(world_id: int) -> SimClock:
    world = clock.get_world(world_id)
    return SimClock(clock.running_now(world), 0 if world.paused else world.rate, world.paused or world.rate == 0)


def _refuse_frozen() -> None:
    found: Actor | None = g.get("actor")
    if found is not None:
        notices.refuse_frozen(found, request.method, request.blueprint)


def cards(actor: Actor) -> list[HomeCard]:
    """Return what the instructor tells the class: a frozen market, the newest announcements."""
    if actor.world_id is None or actor.scope_id is None or actor.role is not Role.TRAINEE:
        return []
    url = url_for("worlds.show", code=get_scope(actor.scope_id).code)
    found = []
    if clock.get_world(actor.world_id).frozen:
        found.append(HomeCard("模拟市场已冻结", notices.FROZEN, url, "查看", 1, "lock"))
    since = wall.now() - TOLD_FOR
    found.extend(
        HomeCard(f"公告：{one.title}", one.text, url, "查看", 3, "speakerphone")
        for one in notices.announcements(actor.world_id, 2)
        if one.wall_at > since
    )
    return found


def _start(app: Flask) -> None:
    app.before_request(_refuse_frozen)
    app.extensions["world_of_scope"] = api.world_of_scope
    app.extensions["sim_clock"] = _sim_clock


FEATURE = Feature(name="worlds", blueprints=[views.blueprint], startup=_start, home_cards=(cards,))
