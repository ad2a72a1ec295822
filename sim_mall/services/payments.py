"""Payment (支付) from the wallet into escrow: one success counts, a wrong amount never; money that comes too late,
for the order or for its stock, goes back once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.ledger import book
from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueTask
from sim_mall import access
from sim_mall.domain.order_flow import ORDER_FLOW, OrderState
from sim_mall.domain.payment_flow import PAYMENT_FLOW, PaymentState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import OrderPaid, ShippedLate
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Order, Payment
from sim_mall.services import coupons, groups, stock_at_payment
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.order_closing import PAY_TIMEOUT, void_open
from sim_mall.services.promises import start_promise
from sim_mall.services.shops import system_of


class Settlement(StrEnum):
    """What became of money that arrived."""

    PAID = "paid"  # the order is paid
    REPEATED = "repeated"  # this payment was settled before: nothing happened
    WRONG_AMOUNT = "wrong_amount"  # not what was asked for: not accepted
    RETURNED = "returned"  # the order no longer wanted it: back to the wallet
    SOLD_OUT = "sold_out"  # its stock was gone: the order is closed, the money back in the wallet


def open_payment(actor: Actor, order_id: int) -> Payment:
    """Open an attempt to pay an own order; the amount is the order's payable now."""
    actor.require(Permission.MALL_BUY)
    order = access.get_bought_order(actor, order_id, lock=True)
    if order.state != OrderState.PENDING_PAY:
        raise Refused("这笔订单不在待付款状态，请刷新页面查看。", code="not_payable")
    payment = Payment(
        state=PaymentState.CREATED,
        world_id=order.world_id,
        order_id=order.id,
        amount=order.payable,
        created_at=sim_now(order.world_id),
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def payment_arrived(world_id: int, payment_id: int, amount: int) -> Settlement:
    """Answer the payment channel: ``amount`` fen came in for this attempt. May be called any number of times.

    The wallet pays into escrow; what is not wanted any more goes back in the same transaction. Stock comes before
    money: all verbs lock in this order.
    """
    actor = system_of(world_id)
    payment = db.session.get(Payment, payment_id)
    if payment is None or payment.world_id != world_id:
        raise NotFound
    order = access.get_order_of_world(actor, payment.order_id, lock=True)
    db.session.refresh(payment)
    if payment.state in (PaymentState.SUCCEEDED, PaymentState.RETURNED):
        return Settlement.REPEATED
    now = sim_now(world_id)
    if amount != payment.amount or payment.amount != order.payable:
        facts = {"order": order.id, "asked": payment.amount, "came": amount, "payable": order.payable}
        note(actor, world_id, "payment.wrong_amount", f"payment:{payment.id}", facts)
        text = f"订单 {order.number} 收到的付款金额不符，没有入账，请重新支付。"
        notify(world_id, order.buyer_id, "order", "付款金额不符", text, f"/mall/orders/{order.id}")
        return Settlement.WRONG_AMOUNT
    lost = order.state == OrderState.PENDING_PAY and not stock_at_payment.take([order])
    if lost:
        stock_at_payment.close_lost(order)
    reference, buyer = f"order:{order.id}", book.wallet(order.buyer_id)
    book.post(
        world_id,
        f"pay:{payment.id}",
        "payment",
        {buyer: -amount, book.ESCROW: amount},
        reference=reference,
        memo=f"支付订单 {order.number}",
    )
    if order.state != OrderState.PENDING_PAY:
        fire(PAYMENT_FLOW, payment, "give_back", actor, sim_at=now, values={"settled_at": now})
        book.post(
            world_id,
            f"pay-back:{payment.id}",
            "payment_returned",
            {book.ESCROW: -amount, buyer: amount},
            reference=reference,
            memo=f"订单 {order.number} {'付款时已售完' if lost else '已关闭'}，付款原路退回",
        )
        note(actor, world_id, "payment.returned", f"payment:{payment.id}", {"order": order.id, "amount": amount})
        if lost:
            return Settlement.SOLD_OUT
        text = f"订单 {order.number} 已关闭，迟到的付款已退回钱包。"
        notify(world_id, order.buyer_id, "order", "付款已退回", text, f"/mall/orders/{order.id}")
        return Settlement.RETURNED
    fire(PAYMENT_FLOW, payment, "succeed", actor, sim_at=now, values={"settled_at": now})
    _mark_paid(order)
    void_open(order)
    return Settlement.PAID


def _mark_paid(order: Order) -> None:
    actor = system_of(order.world_id)
    now = sim_now(order.world_id)
    values = {"paid_at": now, "modified_at": now}
    fire(ORDER_FLOW, order, "pay_ok", actor, sim_at=now, values=values, note={"amount": order.payable})
    due.withdraw(PAY_TIMEOUT, order.id)
    coupons.order_paid(order)
    full = groups.take_seat(order)  # None: no group order; []: its group still forms
    if order.state == OrderState.CLOSED:
        return  # no seat in its group: refunded
    for order_id in [order.id] if full is None else full:
        start_promise(order if order_id == order.id else access.get_order_of_world(actor, order_id, lock=True))
    sold: dict[int, int] = {}
    for line in access.lines_of(order):
        sold[line.listing_id] = sold.get(line.listing_id, 0) + line.quantity
    for listing_id in sorted(sold):
        db.session.execute(
            sa.update(Listing)
            .where(Listing.id == listing_id)
            .values(sold=Listing.sold + sold[listing_id])
            .execution_options(synchronize_session=False)
        )
    note(actor, order.world_id, "order.paid", f"order:{order.id}", {"amount": order.payable, "buyer": order.buyer_id})
    text = f"订单 {order.number} 已付款，请在承诺时间内发货。"
    path = f"/seller/orders/{order.id}"
    notify_shop(order.world_id, order.shop_id, ShopPower.SHIP, "order", "有新订单待发货", text, path)
    publish(
        OrderPaid(
            order.world_id, order.id, order.shop_id, order.buyer_id, order.payable, str(order.source), order.room_id
        )
    )


def pay_orders(actor: Actor, order_ids: Sequence[int], key: str) -> list[int]:
    """Pay own orders from the wallet, all or none; ascending, so that two payers cannot lock each other.

    Returns the orders that were closed and refunded at once: others had paid for the last units or seats before.
    """
    actor.require(Permission.MALL_BUY)
    ids = sorted(set(order_ids))
    if not ids:
        raise NotFound

    def carry_out() -> list[int]:
        attempts = [open_payment(actor, order_id) for order_id in ids]
        unpaid = [access.get_bought_order(actor, order_id) for order_id in ids]
        stock_at_payment.take(unpaid)
        for payment in attempts:
            payment_arrived(payment.world_id, payment.id, payment.amount)
        return [order.id for order in unpaid if order.state == OrderState.CLOSED]

    found: list[int] = once(actor, key, "order.pay", ids, carry_out)
    return found


def on_ship_late(task: DueTask) -> None:
    """Tell the seller that the promise to ship has been missed; the flag itself is derived from ship_by."""
    actor = system_of(task.world_id)
    order = access.get_order_of_world(actor, task.target_id)
    if order.state not in (OrderState.PAID, OrderState.PART_SHIPPED):
        return
    note(actor, task.world_id, "order.ship_late", f"order:{order.id}")
    text = f"订单 {order.number} 已超过承诺发货时间，请尽快发货（延迟发货会影响店铺评分）。"
    path = f"/seller/orders/{order.id}"
    notify_shop(task.world_id, order.shop_id, ShopPower.SHIP, "order", "订单延迟发货", text, path)
    publish(ShippedLate(task.world_id, order.id, order.shop_id, order.buyer_id))
