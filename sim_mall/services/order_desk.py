"""What a seller does with one order beside shipping: price before payment, marks, and goods that are not there."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.core.web.formats import yuan
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleStage, Reason
from sim_mall.domain.order_flow import ORDER_FLOW, Flag, OrderState
from sim_mall.domain.pricing.refunds import spread_total
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import OrderOutOfStock
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_mall.services import applying, refunds, tickets
from sim_mall.services.notices import note, notify
from sim_mall.services.order_closing import void_open
from sim_mall.services.shops import system_of

MAX_NOTE = 200


def change_price(actor: Actor, order_id: int, goods: int, freight: int, key: str) -> Order:
    """Lower the price of an unpaid order, once; goods and freight: what they cost from now on (fen).

    The change is split over the lines by largest remainder; payments that were begun are void.
    Raises InvalidInput for a price that is higher or below 1 fen in all.
    """
    actor.require(Permission.MALL_SELL)
    body = [order_id, goods, freight]
    once(actor, key, "order.change_price", body, lambda: _change_price(actor, order_id, goods, freight))
    return access.get_sold_order(actor, order_id, ShopPower.ORDERS)


def _change_price(actor: Actor, order_id: int, goods: int, freight: int) -> int:
    order = access.get_sold_order(actor, order_id, ShopPower.ORDER_CHANGE, lock=True)
    if order.state == OrderState.PENDING_PAY and order.price_changed_at is not None:
        raise Refused("每笔订单只能改价一次。", code="price_changed_before")
    if not 0 <= goods <= order.goods_payable:
        raise InvalidInput(
            f"商品金额只能改低，不超过 {yuan(order.goods_payable)}；要涨价请关闭订单，让买家重新下单。", field="goods"
        )
    if not 0 <= freight <= order.freight:
        raise InvalidInput(f"运费只能改低，不超过 {yuan(order.freight)}。", field="freight")
    if goods + freight < 1:
        raise InvalidInput("改价后应付至少 0.01 元。", field="goods")
    if (goods, freight) == (order.goods_payable, order.freight):
        raise InvalidInput("价格没有变化，请填写新的金额。", field="goods")
    now = sim_now(order.world_id)
    before = order.payable
    lines = access.lines_of(order)
    payables = spread_total([line.payable for line in lines], goods)
    values = {
        "goods_payable": goods,
        "freight": freight,
        "payable": goods + freight,
        "price_changed_at": now,
        "modified_at": now,
    }
    facts = {"before": before, "after": goods + freight, "freight": freight}
    fire(ORDER_FLOW, order, "change_price", actor, sim_at=now, values=values, note=facts)
    for line, payable in zip(lines, payables, strict=True):
        if share := line.payable - payable:
            line.payable = payable
            line.steps = [*line.steps, ["seller", "", share, "shop"]]
    db.session.flush()
    void_open(order)
    note(actor, order.world_id, "order.price_changed", f"order:{order.id}", facts)
    text = f"{order.shop_name} 把订单 {order.number} 的应付由 {yuan(before)} 改为 {yuan(order.payable)}。"
    notify(order.world_id, order.buyer_id, "order", "卖家修改了价格", text, f"/mall/orders/{order.id}")
    return order.id


def mark_order(actor: Actor, order_id: int, flag: Flag, words: str) -> Order:
    """Set the seller's own flag and note; the buyer never sees them."""
    actor.require(Permission.MALL_SELL)
    words = words.strip()
    if len(words) > MAX_NOTE:
        raise InvalidInput(f"备注不超过 {MAX_NOTE} 个字。", field="seller_note")
    order = access.get_sold_order(actor, order_id, ShopPower.ORDER_CHANGE, lock=True)
    order.flag, order.seller_note = flag, words
    note(actor, order.world_id, "order.marked", f"order:{order.id}", {"flag": flag, "note": words})
    return order


def report_out_of_stock(actor: Actor, order_id: int, key: str) -> list[AfterSale]:
    """Refund what cannot be supplied (缺货退款): every unsent unit that nobody has asked back yet."""
    actor.require(Permission.MALL_SELL)
    ids = once(actor, key, "order.out_of_stock", [order_id], lambda: _report(actor, order_id))
    return list(db.session.scalars(sa.select(AfterSale).where(AfterSale.id.in_(ids)).order_by(AfterSale.id)))


def _report(actor: Actor, order_id: int) -> list[int]:
    order = access.get_sold_order(actor, order_id, ShopPower.ORDER_CHANGE, lock=True)
    if order.state not in (OrderState.PAID, OrderState.PART_SHIPPED):
        raise Refused("只有待发货的订单可以做缺货退款。", code="wrong_state")
    if order.forming:
        raise Refused("这笔订单还在拼团，成团或失败后再处理。", code="forming")
    platform = system_of(order.world_id)
    opened: list[AfterSale] = []
    for line in access.lines_of(order):
        if line.shippable:
            claim = applying.Claim(AfterSaleKind.REFUND_ONLY, line.shippable, Reason.OUT_OF_STOCK, "卖家缺货，主动退款")
            opened.append(applying.open_ticket(platform, order, line, claim, AfterSaleStage.BEFORE_SHIP))
    if not opened:
        raise Refused("没有可以退款的未发货商品，请先处理进行中的售后。", code="nothing_to_refund")
    for ticket in opened:
        tickets.move(ticket, "agree_refund", actor)
        refunds.pay_refund(ticket, order)
    amount = sum(ticket.paid for ticket in opened)
    note(actor, order.world_id, "order.out_of_stock", f"order:{order.id}", {"amount": amount})
    publish(OrderOutOfStock(order.world_id, order.id, order.shop_id, order.buyer_id, amount))
    return [ticket.id for ticket in opened]
