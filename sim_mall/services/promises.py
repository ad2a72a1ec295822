"""The promise to ship (承诺发货): from when its time runs, and how long."""

from __future__ import annotations

from datetime import timedelta

from app.core.db import db
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.order_flow import OrderState
from sim_mall.models.trade import Order

SHIP_LATE = "mall.ship_late"


def _promise_hours(order: Order) -> int:
    """Return the hours within which the order must leave: the shortest promise under which its goods were sold."""
    default = setting(get_world(order.world_id), "ship_hours")
    return min(line.promise_hours or default for line in access.lines_of(order))


def start_promise(order: Order) -> None:
    """Let the time run within which the order must leave."""
    now = sim_now(order.world_id)
    order.ship_by = now + timedelta(hours=_promise_hours(order))
    order.modified_at = now
    db.session.flush()
    due.schedule(order.world_id, order.ship_by, SHIP_LATE, order.id, OrderState.PAID)
