"""The rank of goods in search (综合排序), written beside the listing so that no search computes it.

Payments, shipments, reviews and goods that come on sale mark their shop; every process ranks the marked shops anew
each few seconds, and the daily look ranks all shops of a world: visits, penalty points and time itself count too.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.core.clock import local
from app.core.db import db
from app.core.uow import after_commit, unit_of_work
from app.worlds.clock import sim_now
from sim_mall.domain.dsr import NONE
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.ranking import DAYS, ShopStanding, listing_rank
from sim_mall.domain.rules.penalties import year_start
from sim_mall.domain.rules.violation_flow import COUNTING
from sim_mall.domain.shop_flow import ShopState
from sim_mall.events import ListingPutOnSale, OrderPaid, OrderShipped, ReviewWritten
from sim_mall.models.goods import Listing
from sim_mall.models.rules import Violation
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, OrderLine
from sim_mall.models.visits import Visit
from sim_mall.services.days import hours_between
from sim_mall.services.ratings import dsr_of

FLUSH_SECONDS = 10.0
AT_ONCE = 20  # shops in one transaction
Mark = tuple[int, int]  # world, shop


class _Marked:
    """Shops of which something changed since they were ranked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: set[Mark] = set()

    def add(self, mark: Mark) -> None:
        with self._lock:
            self._marks.add(mark)

    def take(self) -> list[Mark]:
        with self._lock:
            taken = sorted(self._marks)[:AT_ONCE]
            self._marks.difference_update(taken)
        return taken


def _marked() -> _Marked:
    found: _Marked = current_app.extensions.setdefault("mall_ranking", _Marked())
    return found


def _mark(mark: Mark) -> None:
    _marked().add(mark)


def on_change(_sender: Any, *, event: ListingPutOnSale | OrderPaid | OrderShipped | ReviewWritten) -> None:
    """Remember that the goods of a shop stand elsewhere from now on."""
    after_commit(_mark, (event.world_id, event.shop_id))


SUBSCRIBERS = tuple((kind, on_change) for kind in (ListingPutOnSale, OrderPaid, OrderShipped, ReviewWritten))


def flush() -> int:
    """Rank the goods of marked shops anew, a transaction for each world; return how many shops that were."""
    marks = _marked().take()
    for world_id in sorted({world_id for world_id, _ in marks}):
        with unit_of_work():
            refresh(world_id, [shop_id for world, shop_id in marks if world == world_id])
    return len(marks)


def refresh(world_id: int, shop_ids: Sequence[int] | None = None) -> int:
    """Rank what the shops, or all open shops of the world, have on sale; return how many listings moved.

    Seven queries at most, however many shops and goods.
    """
    if shop_ids is None:
        open_shops = sa.select(Shop.id).where(Shop.world_id == world_id, Shop.state == ShopState.OPEN)
        shop_ids = list(db.session.scalars(open_shops.order_by(Shop.id)))
    if not shop_ids:
        return 0
    rows = db.session.execute(
        sa.select(Listing.id, Listing.shop_id, Listing.sold, Listing.search_rank)
        .where(Listing.shop_id.in_(shop_ids), Listing.state == ListingState.ON_SALE)
        .order_by(Listing.id)
    ).all()
    standings = _standings(world_id, shop_ids)
    visitors, buyers = _visitors(world_id, shop_ids), _buyers(world_id, shop_ids)
    moved = []
    for listing_id, shop_id, sold, was in rows:
        rank = listing_rank(standings[shop_id], sold, buyers.get(listing_id, 0), visitors.get(listing_id, 0))
        if rank != was:
            moved.append({"place": listing_id, "rank": rank})
    if moved:
        table: Any = Listing.__table__
        command = sa.update(table).where(table.c.id == sa.bindparam("place")).values(search_rank=sa.bindparam("rank"))
        db.session.connection().execute(command, moved)
    return len(moved)


def _standings(world_id: int, shop_ids: Sequence[int]) -> dict[int, ShopStanding]:
    """Return ratings, speed and points of the shops; three queries."""
    now = sim_now(world_id)
    scores = dsr_of(world_id, shop_ids)
    late = sa.and_(Order.shipped_at.is_(None), Order.ship_by < now, Order.state == OrderState.PAID)
    took = hours_between(Order.paid_at, sa.func.coalesce(Order.shipped_at, now))
    speed = {
        row[0]: (row[1], round(row[2]))
        for row in db.session.execute(
            sa.select(Order.shop_id, sa.func.count(), sa.func.sum(took))
            .where(Order.shop_id.in_(shop_ids), Order.paid_at > now - timedelta(days=DAYS))
            .where(sa.or_(Order.shipped_at.is_not(None), late))
            .group_by(Order.shop_id)
        )
    }
    points = {
        row[0]: int(row[1])
        for row in db.session.execute(
            sa.select(Violation.shop_id, sa.func.sum(Violation.points - Violation.returned))
            .where(
                Violation.shop_id.in_(shop_ids),
                Violation.state.in_(COUNTING),
                Violation.at >= year_start(local(now)),
            )
            .group_by(Violation.shop_id)
        )
    }
    return {
        shop_id: ShopStanding(scores.get(shop_id, NONE), *speed.get(shop_id, (0, 0)), points.get(shop_id, 0))
        for shop_id in shop_ids
    }


def _visitors(world_id: int, shop_ids: Sequence[int]) -> dict[int, int]:
    """Return how many people looked at each listing lately."""
    since = local(sim_now(world_id)).date() - timedelta(days=DAYS)
    rows = db.session.execute(
        sa.select(Visit.listing_id, sa.func.count(sa.distinct(Visit.account_id)))
        .where(Visit.shop_id.in_(shop_ids), Visit.day > since, Visit.listing_id > 0)
        .group_by(Visit.listing_id)
    )
    return {row[0]: row[1] for row in rows}


def _buyers(world_id: int, shop_ids: Sequence[int]) -> dict[int, int]:
    """Return how many people paid for each listing lately."""
    rows = db.session.execute(
        sa.select(OrderLine.listing_id, sa.func.count(sa.distinct(Order.buyer_id)))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.shop_id.in_(shop_ids), Order.paid_at > sim_now(world_id) - timedelta(days=DAYS))
        .group_by(OrderLine.listing_id)
    )
    return {row[0]: row[1] for row in rows}
