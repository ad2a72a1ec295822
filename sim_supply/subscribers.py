"""What the supply system does when the mall tells that something happened.

A receiver only notes that an order has to be looked at; the due task of the same simulated moment does the
work in a transaction of its own, after the mall's.
"""

from __future__ import annotations

from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueTask
from sim_mall.events import OrderClosed, OrderCompleted, OrderShipped, RefundPaid
from sim_supply import access
from sim_supply.services import orders, sync


def on_order_changed(_sender: object, *, event: OrderShipped | OrderCompleted | OrderClosed | RefundPaid) -> None:
    """Have a fetched order compared with the mall's."""
    fetched = access.find_fetched(event.order_id)
    if fetched is not None:
        due.schedule(event.world_id, sim_now(event.world_id), orders.FOLLOW_DUE, fetched.id)


def on_refund_paid(_sender: object, *, event: RefundPaid) -> None:
    """Take good returned units into the shop's own stock."""
    for mall_sku_id, _units, good in event.lines:
        if good:
            sync.put_own_stock(mall_sku_id, good)
    on_order_changed(None, event=event)


def supplier_answers(task: DueTask) -> None:
    """Due: the supplier answers a pushed purchase order."""
    orders.answer_order(task.world_id, task.target_id)


def supplier_ships(task: DueTask) -> None:
    """Due: the supplier ships an accepted purchase order."""
    orders.ship_order(task.world_id, task.target_id)


def follow_order(task: DueTask) -> None:
    """Due: bring a fetched order in line with the mall's."""
    orders.follow_mall_order(task.world_id, task.target_id)
