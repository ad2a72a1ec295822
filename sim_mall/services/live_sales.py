"""What a live show sold afterwards: people saw goods in the room and bought them later in the shop."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from sim_mall.domain.order_flow import OrderSource
from sim_mall.models.trade import Order, OrderLine


def later_sales(world_id: int, buyers: Mapping[int, Collection[int]], since: datetime, until: datetime) -> int:
    """Return the fen of paid lines of these listings by these people (listing → accounts), one query."""
    if not buyers:
        return 0
    rows = db.session.execute(
        sa.select(OrderLine.listing_id, Order.buyer_id, OrderLine.payable)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.world_id == world_id,
            OrderLine.listing_id.in_(list(buyers)),
            Order.source != OrderSource.LIVE,
            Order.paid_at.is_not(None),
            Order.placed_at > since,
            Order.placed_at <= until,
        )
    )
    return sum(payable for listing_id, buyer_id, payable in rows if buyer_id in buyers[listing_id])
