"""Receipt (确认收货) and settlement: money leaves escrow for the shop, minus the platform fee."""

from __future__ import annotations

from datetime import timedelta

from app.core.actor import Actor
from app.core.errors import Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.order_flow import ORDER_FLOW, OrderState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import OrderCompleted
from sim_mall.models.trade import Order
from sim_mall.services import points
from sim_mall.services.notices import note, notify_shop
from sim_mall.services.orders import facts_of
from sim_mall.services.settlement import settle
from sim_mall.services.shipping import RECEIVE, has_open_ticket
from sim_mall.services.shops import system_of

REVIEW_DUE = "mall.review_due"


def confirm_receipt(actor: Actor, order_id: int) -> Order:
    """Confirm that everything came; not while an after-sale is open."""
    actor.require(Permission.MALL_BUY)
    order = access.get_bought_order(actor, order_id, lock=True)
    _complete(order, "confirm", actor)
    return order


def on_receive(task: DueTask) -> None:
    """Confirm for the buyer when the time is over; nothing to do while the clock stands or after the end."""
    actor = system_of(task.world_id)
    order = access.get_order_of_world(actor, task.target_id, lock=True)
    if order.state != OrderState.SHIPPED or order.receive_by is None or order.receive_by > task.due_at:
        return
    _complete(order, "auto_receive", actor)


def _complete(order: Order, event: str, actor: Actor) -> None:
    now = sim_now(order.world_id)

    def guard() -> str | None:
        return "这笔订单有售后正在处理，售后完结后才能确认收货。" if has_open_ticket(order.id) else None

    values = {"completed_at": now, "modified_at": now, "receive_by": None, "receive_left": None}
    fire(ORDER_FLOW, order, event, actor, sim_at=now, values=values, guard=guard)
    due.withdraw(RECEIVE, order.id)
    review_by = now + timedelta(days=setting(get_world(order.world_id), "review_days"))
    due.schedule(order.world_id, review_by, REVIEW_DUE, order.id, OrderState.COMPLETED)
    left, fee = settle(order)
    points.earn(order)
    note(actor, order.world_id, "order.completed", f"order:{order.id}", {"settled": left - fee, "fee": fee})
    text = f"订单 {order.number} 交易成功，货款已进入店铺余额。"
    path = f"/seller/orders/{order.id}"
    notify_shop(order.world_id, order.shop_id, ShopPower.FUNDS, "order", "订单交易成功", text, path)
    publish(OrderCompleted(*facts_of(order)))


def refuse_incomplete(order: Order) -> None:
    """Raise Refused for an order that is not completed."""
    if order.state != OrderState.COMPLETED:
        raise Refused("确认收货后才能评价。", code="not_completed")
