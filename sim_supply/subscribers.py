"""What the supply system does when the mall tells that something happened.

A receiver only notes that an order has to be looked at; the due task of the same simulated moment does the
work in a transaction of its own, after the mall's.
"""

from __future__ import annotations

from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueTask
from sim_mall.events import OrderClosed, OrderCompleted, OrderShipped, RefundPaid, SafetyStockChanged
from sim_supply import access
from sim_supply.services import cooperations, incremental, orders, refund_notes, returns, stocking, sync, troubles


def on_order_changed(_sender: object, *, event: OrderShipped | OrderCompleted | OrderClosed | RefundPaid) -> None:
    """Have a fetched order compared with the mall's."""
    fetched = access.find_fetched(event.order_id)
    if fetched is not None:
        due.schedule(event.world_id, sim_now(event.world_id), orders.FOLLOW_DUE, fetched.id)


def on_refund_paid(_sender: object, *, event: RefundPaid) -> None:
    """Take good returned units into the shop's own stock, unless they go on to the supplier."""
    for mall_sku_id, _units, good in event.lines:
        costs = refund_notes.note_refund(event.order_id, mall_sku_id, event.amount)
        if good and not returns.hold_back(event.after_sale_id, good):
            sync.put_own_stock(mall_sku_id, good, f"after_sale:{event.after_sale_id}", costs)
    on_order_changed(None, event=event)


def on_safety_stock_changed(_sender: object, *, event: SafetyStockChanged) -> None:
    """Have the stock written anew: of the mall's and the sync's safety stock the larger counts."""
    sync.sync_soon(event.shop_id)


def supplier_answers(task: DueTask) -> None:
    """Due: the supplier answers a pushed purchase order."""
    orders.answer_order(task.world_id, task.target_id)


def supplier_ships(task: DueTask) -> None:
    """Due: the supplier ships an accepted purchase order, and its parcel may come to grief."""
    order = orders.ship_order(task.world_id, task.target_id)
    if order is not None:
        troubles.decide(order)


def follow_order(task: DueTask) -> None:
    """Due: bring a fetched order in line with the mall's."""
    orders.follow_mall_order(task.world_id, task.target_id)


def supplier_picks(task: DueTask) -> None:
    """Due: the supplier packs an accepted purchase order."""
    orders.pick_order(task.world_id, task.target_id)


def supplier_answers_cancel(task: DueTask) -> None:
    """Due: the supplier answers a cancellation."""
    orders.answer_cancel(task.world_id, task.target_id)


def supplier_cooperates(task: DueTask) -> None:
    """Due: the supplier answers an application for cooperation."""
    cooperations.answer(task.world_id, task.target_id)


def sync_shop(task: DueTask) -> None:
    """Due: the interval of a shop's stock sync is over."""
    sync.sync_due(task.target_id)


def fetch_automatically(task: DueTask) -> None:
    """Due: a shop fetches by itself."""
    incremental.fetch_automatically(task.world_id, task.target_id)


def stock_sent(task: DueTask) -> None:
    """Due: the supplier sends a stocking order."""
    stocking.send_goods(task.world_id, task.target_id)


def stock_arrives(task: DueTask) -> None:
    """Due: a stocking order arrives."""
    stocking.arrive(task.world_id, task.target_id)


def return_answered(task: DueTask) -> None:
    """Due: the supplier answers a return."""
    returns.answer(task.world_id, task.target_id)


def return_received(task: DueTask) -> None:
    """Due: returned goods reach the supplier."""
    returns.supplier_receives(task.world_id, task.target_id)


def return_settled(task: DueTask) -> None:
    """Due: the supplier settles a return."""
    returns.settle(task.world_id, task.target_id)


def parcel_trouble(task: DueTask) -> None:
    """Due: a parcel of a supplier comes late or gets lost."""
    troubles.happen(task.world_id, task.target_id)


def trouble_settled(task: DueTask) -> None:
    """Due: the supplier answers a claim."""
    troubles.settle(task.world_id, task.target_id)


DUE_HANDLERS = {
    orders.ACCEPT_DUE: supplier_answers,
    orders.PICK_DUE: supplier_picks,
    orders.SHIP_DUE: supplier_ships,
    orders.CANCEL_DUE: supplier_answers_cancel,
    orders.FOLLOW_DUE: follow_order,
    cooperations.ANSWER_DUE: supplier_cooperates,
    sync.SYNC_DUE: sync_shop,
    incremental.AUTO_DUE: fetch_automatically,
    stocking.SEND_DUE: stock_sent,
    stocking.ARRIVE_DUE: stock_arrives,
    returns.ANSWER_DUE: return_answered,
    returns.RECEIVE_DUE: return_received,
    returns.SETTLE_DUE: return_settled,
    troubles.HAPPEN_DUE: parcel_trouble,
    troubles.SETTLE_DUE: trouble_settled,
}
