"""Closing an unpaid order (关闭订单): stock, coupons, points and quotas go back; open payments become void."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.events import publish
from app.core.flow import fire
from app.worlds import due
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.order_flow import ORDER_FLOW, CloseReason
from sim_mall.domain.payment_flow import PAYMENT_FLOW, PaymentState
from sim_mall.events import OrderClosed
from sim_mall.models.trade import Order, Payment
from sim_mall.services import coupons, flash, groups, live_stock, points, stock
from sim_mall.services.notices import note
from sim_mall.services.order_facts import facts_of
from sim_mall.services.shops import system_of

PAY_TIMEOUT = "mall.pay_timeout"


def void_open(order: Order) -> None:
    """Void the attempts of an order that are still open."""
    actor = system_of(order.world_id)
    query = sa.select(Payment).where(Payment.order_id == order.id, Payment.state == PaymentState.CREATED)
    for payment in db.session.scalars(query.order_by(Payment.id)).all():
        fire(PAYMENT_FLOW, payment, "void", actor, sim_at=sim_now(order.world_id))


def close_unpaid(order: Order, event: str, actor: Actor, reason: CloseReason, words: str = "") -> None:
    """Close an unpaid order and give its stock back; lines whose stock is taken at payment hold none yet."""
    now = sim_now(order.world_id)
    values = {"closed_at": now, "close_reason": reason, "modified_at": now}
    fire(ORDER_FLOW, order, event, actor, sim_at=now, values=values, note={"reason": words} if words else None)
    void_open(order)
    due.withdraw(PAY_TIMEOUT, order.id)
    lines = access.lines_of(order)
    aside = Counter(flash.order_dropped(order)) + Counter(live_stock.order_dropped(order))
    held = {line.id: (line.sku_id, line.quantity) for line in lines if not line.at_payment}
    stock.release(held, now, f"order:{order.id}", aside)
    row = groups.group_order(order.id)
    if row is not None:
        flash.give_quota_back(row.promotion_id, order.buyer_id, sum(line.quantity for line in lines))
    coupons.order_dropped(order)
    points.give_back(order, "closed")
    note(actor, order.world_id, "order.closed", f"order:{order.id}", {"reason": reason, "words": words})
    publish(OrderClosed(*facts_of(order)))
