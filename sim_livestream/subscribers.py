"""What the mall tells about orders that were placed in a room."""

from __future__ import annotations

from typing import Any

from app.worlds.clock import sim_now
from sim_livestream.services import purchase
from sim_mall.events import OrderClosed, OrderPaid, RefundPaid


def order_paid(_sender: Any, *, event: OrderPaid) -> None:
    """Count the units as sold."""
    sale = purchase.sale_of(event.order_id) if event.source == "live" else None
    if sale is not None:
        purchase.note_paid(sale, sim_now(event.world_id))


def order_closed(_sender: Any, *, event: OrderClosed) -> None:
    """Give the units of an unpaid order back to the person's limit."""
    sale = purchase.sale_of(event.order_id) if event.source == "live" else None
    if sale is not None:
        purchase.note_closed(sale)


def refund_paid(_sender: Any, *, event: RefundPaid) -> None:
    """Note what went back, for the net figure."""
    sale = purchase.sale_of(event.order_id)
    if sale is not None:
        purchase.note_refunded(sale, event.amount)
