"""Stock taken at payment (付款减库存): who pays first gets the goods, who comes too late gets the money back.

Usual goods are reserved when the order is placed. Goods with this option hold nothing until they are paid; the
last unit may then be in two unpaid orders. Flash sales, groups, live rooms and exchanges always reserve.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db
from app.core.money import plain_yuan
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.order_flow import CloseReason
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Stock
from sim_mall.models.trade import Order, OrderLine, Reservation
from sim_mall.services import stock, stock_alarm
from sim_mall.services.checkout import Checkout
from sim_mall.services.notices import notify, notify_shop
from sim_mall.services.order_closing import close_unpaid
from sim_mall.services.shops import system_of


def deferred(checkout: Checkout, *, live: bool) -> frozenset[int]:
    """Return the places of the lines whose stock is taken at payment.

    A shop's order with a flash line reserves all its lines: it holds the activity's stock anyway.
    """
    if live or checkout.group_choice is not None:
        return frozenset()
    flash_shops = {checkout.lines[place].listing.shop_id for place in checkout.flash}
    return frozenset(
        place
        for place, line in enumerate(checkout.lines)
        if line.listing.stock_at_payment and line.listing.shop_id not in flash_shops
    )


def take(orders: Sequence[Order]) -> bool:
    """Take the stock that these orders, about to be paid, do not hold yet; say whether every one has its own now.

    An order gets all of its lines or none. The rows are locked first, SKUs ascending, before any money moves.
    """
    wanting = {order.id: rows for order in orders if (rows := _without_stock(order))}
    if not wanting:
        return True
    sku_ids = sorted({line.sku_id for order in orders if order.id in wanting for line in access.lines_of(order)})
    db.session.execute(
        sa.select(Stock.sku_id).where(Stock.sku_id.in_(sku_ids)).order_by(Stock.sku_id).with_for_update()
    )
    taken = [_take(order, wanting[order.id]) for order in orders if order.id in wanting]  # every one has its try
    return all(taken)


def _without_stock(order: Order) -> list[OrderLine]:
    lines = [line for line in access.lines_of(order) if line.at_payment]
    if not lines:
        return []
    held = set(
        db.session.scalars(sa.select(Reservation.line_id).where(Reservation.line_id.in_([line.id for line in lines])))
    )
    return [line for line in lines if line.id not in held]


def _take(order: Order, lines: Sequence[OrderLine]) -> bool:
    demand: dict[int, int] = {}
    for line in lines:
        demand[line.sku_id] = demand.get(line.sku_id, 0) + line.quantity
    if not stock.try_reserve(demand, sim_now(order.world_id), f"order:{order.id}"):
        return False
    for line in lines:
        stock.hold(line)
    db.session.flush()
    stock_alarm.warn(demand)
    return True


def close_lost(order: Order) -> None:
    """Close an order whose goods were gone when it was paid, and tell both sides; its money goes back beside this."""
    close_unpaid(order, "sold_out", system_of(order.world_id), CloseReason.SOLD_OUT)
    text = f"订单 {order.number} 付款时商品刚被别人先付款买走，{plain_yuan(order.payable)} 元已自动退回钱包。"
    notify(order.world_id, order.buyer_id, "order", "来晚一步，已自动退款", text, f"/mall/orders/{order.id}")
    text = (
        f"订单 {order.number} 付款时库存已不够，系统已自动退款并关闭订单。这件商品设为“付款减库存”，"
        "下单不占库存，热销时容易这样；可以补货，或改成下单减库存。"
    )
    path = f"/seller/orders/{order.id}"
    notify_shop(order.world_id, order.shop_id, ShopPower.ORDERS, "order", "付款时已售完，已自动退款", text, path)
