"""What every event of an order says."""

from __future__ import annotations

from sim_mall.models.trade import Order


def facts_of(order: Order) -> tuple[int, int, int, int, int, str, int | None]:
    """Return what every event of an order says."""
    return (
        order.world_id,
        order.id,
        order.shop_id,
        order.buyer_id,
        order.payable,
        str(order.source),
        order.room_id,
    )
