"""Buying limits (限购): how many units of a listing one buyer may have, counted on paid and pending orders."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from sim_mall.domain.order_flow import OrderState
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Order, OrderLine


def bought(actor: Actor, listing_ids: list[int]) -> dict[int, int]:
    """Return the units per listing in the actor's orders that were not closed or refunded."""
    query = (
        sa.select(OrderLine.listing_id, sa.func.sum(OrderLine.quantity - OrderLine.refunded))
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.world_id == actor.world(),
            Order.buyer_id == actor.person(),
            Order.state != OrderState.CLOSED,
            OrderLine.listing_id.in_(listing_ids),
        )
        .group_by(OrderLine.listing_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(query)}


def refuse_beyond(actor: Actor, demand: Mapping[int, int]) -> None:
    """Raise Refused (code limit) where units per listing, with those bought before, go beyond its limit.

    Call after the stock was taken: the listings are locked, ids ascending, so that a buyer's orders of the same
    moment are counted one after the other.
    """
    query = sa.select(Listing.id, Listing.title, Listing.buy_limit).where(
        Listing.id.in_(sorted(demand)), Listing.buy_limit > 0
    )
    rows = db.session.execute(query.order_by(Listing.id).with_for_update()).all()
    if not rows:
        return
    before = bought(actor, [row.id for row in rows])
    for row in rows:
        had = before.get(row.id, 0)
        if had + demand[row.id] > row.buy_limit:
            left = max(row.buy_limit - had, 0)
            more = f"你已经买了 {had} 件（含待付款），" if had else ""
            most = f"最多还能买 {left} 件" if left else "不能再买了"
            raise Refused(f"“{row.title}”每人限购 {row.buy_limit} 件，{more}{most}。", code="limit")
