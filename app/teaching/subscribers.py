"""What happened in the simulations and in grading, turned into steps reached.

The receivers only note who is concerned; the facts are looked at after the commit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.actor import system
from app.core.errors import NotFound
from app.teaching.services.recording import record_later
from app.worlds.api import scope_of_world
from grading import events as work
from sim_livestream import events as live
from sim_mall import events as mall
from sim_mall import open_platform


def on_shop_opened(_sender: Any, *, event: mall.ShopOpened) -> None:
    """A shop opened."""
    record_later(scope_of_world(event.world_id), frozenset({event.account_id}))


def on_listing(_sender: Any, *, event: mall.ListingPutOnSale) -> None:
    """Goods came on sale."""
    _look_again(event.world_id, event.shop_id)


def on_order(_sender: Any, *, event: mall.OrderPaid | mall.OrderShipped | mall.OrderCompleted) -> None:
    """An order was paid, shipped or completed: seller and buyer are concerned."""
    _look_again(event.world_id, event.shop_id, event.buyer_id)


def on_review(_sender: Any, *, event: mall.ReviewWritten) -> None:
    """A review was written; its buyer stands in the order."""
    order = open_platform.get_order(system(event.world_id), event.order_id)
    _look_again(event.world_id, event.shop_id, order.buyer_id)


def on_show(_sender: Any, *, event: live.LiveStarted) -> None:
    """A show went on air."""
    record_later(scope_of_world(event.world_id), frozenset({event.host_id}))


def on_work(_sender: Any, *, event: work.OutcomeSubmitted | work.PlanCompleted) -> None:
    """An outcome was handed in, or a plan is complete."""
    record_later(event.scope_id, frozenset({event.account_id}))


def _look_again(world_id: int, shop_id: int, *account_ids: int) -> None:
    people = set(account_ids)
    try:
        people.add(open_platform.get_shop(system(world_id), shop_id).owner_id)
    except NotFound:
        return
    record_later(scope_of_world(world_id), frozenset(people))


SUBSCRIBERS: tuple[tuple[type[Any], Callable[..., None]], ...] = (
    (mall.ShopOpened, on_shop_opened),
    (mall.ListingPutOnSale, on_listing),
    (mall.OrderPaid, on_order),
    (mall.OrderShipped, on_order),
    (mall.OrderCompleted, on_order),
    (mall.ReviewWritten, on_review),
    (live.LiveStarted, on_show),
    (work.OutcomeSubmitted, on_work),
    (work.PlanCompleted, on_work),
)
