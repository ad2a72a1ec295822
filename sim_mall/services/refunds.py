"""Refunds (退款): money back to the buyer to the fen, from escrow or from the shop; what follows for the order."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.core.events import publish
from app.core.flow import fire
from app.core.money import plain_yuan
from app.ledger import book
from app.worlds import due
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW, SELLERS_FAULT, AfterSaleStage, Outcome
from sim_mall.domain.order_flow import ORDER_FLOW, CloseReason, OrderState
from sim_mall.domain.refund_flow import MAX_RETRIES, REFUND_FLOW, RETRY_AFTER, RefundState
from sim_mall.events import OrderClosed, RefundPaid
from sim_mall.models.aftersale import AfterSale, Refund
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import coupons, points, shipping, stock, tickets
from sim_mall.services.notices import note, notify
from sim_mall.services.orders import facts_of
from sim_mall.services.settlement import give_fee_back, settle, take_subsidy_back
from sim_mall.services.shops import system_of

RETRY = "mall.refund_retry"


def freight_back(ticket: AfterSale, order: Order, lines: list[OrderLine]) -> int:
    """Return the freight (fen) that goes back with this ticket: with the last unit, and only if nothing of the
    order was ever sent or the fault is the seller's."""
    after = sum(line.refunded for line in lines) + ticket.quantity
    if after < sum(line.quantity for line in lines):
        return 0
    never_sent = not any(line.shipped for line in lines)
    return order.freight if never_sent or ticket.reason in SELLERS_FAULT else 0


def pay_refund(ticket: AfterSale, order: Order) -> bool:
    """Pay what a ticket in REFUNDING is owed and finish it; say whether it was paid.

    Before settlement the money comes from escrow, afterwards from the shop's balance and then its deposit. A
    shop without enough leaves the ticket waiting, tells both sides, and it is tried again.
    """
    lines = access.lines_of(order)
    amount = ticket.amount + freight_back(ticket, order, lines)
    refund = _start(ticket, amount)
    moves = _sources(ticket, order, amount)
    if moves is None:
        _wait_for_money(ticket, order, refund)
        return False
    if ticket.stage == AfterSaleStage.BEFORE_SHIP:  # stock before money: all verbs lock in this order
        sku_id = next(line.sku_id for line in lines if line.id == ticket.line_id)
        units = {ticket.line_id: (sku_id, ticket.quantity)}
        stock.release(units, sim_now(ticket.world_id), f"after_sale:{ticket.id}")
    if amount:
        book.post(
            ticket.world_id,
            f"refund:{ticket.id}",
            "refund",
            {**moves, book.wallet(order.buyer_id): amount},
            reference=f"order:{order.id}",
            memo=f"订单 {order.number} 退款",
        )
    actor, now = system_of(ticket.world_id), sim_now(ticket.world_id)
    fire(REFUND_FLOW, refund, "succeed", actor, sim_at=now, values={"settled_at": now})
    _finish(ticket, order, amount)
    return True


def _start(ticket: AfterSale, amount: int) -> Refund:
    """Return the ticket's one repayment, under way: written at the first attempt, found again at the next."""
    actor, now = system_of(ticket.world_id), sim_now(ticket.world_id)
    refund = db.session.scalars(sa.select(Refund).where(Refund.ticket_id == ticket.id)).one_or_none()
    if refund is None:
        refund = Refund(
            state=RefundState.CREATED,
            world_id=ticket.world_id,
            order_id=ticket.order_id,
            ticket_id=ticket.id,
            amount=amount,
            attempts=0,
            created_at=now,
        )
        db.session.add(refund)
        db.session.flush()
    values = {"attempts": refund.attempts + 1, "amount": amount}
    fire(REFUND_FLOW, refund, "start", actor, sim_at=now, values=values)
    return refund


def _sources(ticket: AfterSale, order: Order, amount: int) -> dict[book.Purse, int] | None:
    """Return from which purses the money comes, or None when the shop has not enough."""
    if order.completed_at is None:
        return {book.ESCROW: -amount}
    balance = book.balance(ticket.world_id, book.shop_balance(ticket.shop_id))
    deposit = book.balance(ticket.world_id, book.deposit(ticket.shop_id))
    if balance + deposit < amount:
        return None
    from_balance = min(balance, amount)
    return {book.shop_balance(ticket.shop_id): -from_balance, book.deposit(ticket.shop_id): from_balance - amount}


def _wait_for_money(ticket: AfterSale, order: Order, refund: Refund) -> None:
    now, amount = sim_now(ticket.world_id), refund.amount
    fire(REFUND_FLOW, refund, "fail", system_of(ticket.world_id), sim_at=now)
    due.withdraw(RETRY, ticket.id)
    if refund.attempts <= MAX_RETRIES:
        due.schedule(ticket.world_id, now + RETRY_AFTER, RETRY, ticket.id, ticket.state)
    if ticket.short_of_funds:
        return
    ticket.short_of_funds = True
    actor = system_of(ticket.world_id)
    note(actor, ticket.world_id, "after_sale.short_of_funds", f"after_sale:{ticket.id}", {"amount": amount})
    owner = access.get_shop(actor, order.shop_id).owner_id
    text = f"订单 {order.number} 需退款 {plain_yuan(amount)} 元，店铺余额和保证金不足，有新货款后会自动退款。"
    notify(ticket.world_id, owner, "after_sale", "退款资金不足", text, f"/seller/aftersales/{ticket.id}")
    notify(
        ticket.world_id,
        ticket.buyer_id,
        "after_sale",
        "退款处理中",
        "卖家店铺资金暂时不足，平台会在资金到账后自动退款。",
        f"/mall/aftersales/{ticket.id}",
    )


def _finish(ticket: AfterSale, order: Order, amount: int) -> None:
    actor = system_of(ticket.world_id)
    now = sim_now(ticket.world_id)
    values = {
        "paid": amount,
        "ended_at": now,
        "deadline_by": None,
        "short_of_funds": False,
        "outcome": Outcome.REFUNDED,
    }
    fire(AFTERSALE_FLOW, ticket, "refund_ok", actor, sim_at=now, values=values, note={"amount": amount})
    due.withdraw(RETRY, ticket.id)
    counted = {"refunded": OrderLine.refunded + ticket.quantity}
    if ticket.stage == AfterSaleStage.BEFORE_SHIP:
        counted["cancelled"] = OrderLine.cancelled + ticket.quantity
    tickets.count_units(ticket, **counted)
    order.refunded += amount
    order.modified_at = now
    db.session.flush()
    points.give_back(order, str(ticket.id))
    if order.completed_at is not None:
        give_fee_back(order, ticket.id)
        take_subsidy_back(order, ticket.id)
        points.take_earned_back(order, ticket.id)
    lines = {line.id: line for line in access.lines_of(order)}
    sku_id = lines[ticket.line_id].sku_id
    note(actor, ticket.world_id, "refund.paid", f"after_sale:{ticket.id}", {"order": order.id, "amount": amount})
    notify(
        ticket.world_id,
        ticket.buyer_id,
        "after_sale",
        "退款成功",
        f"{plain_yuan(amount)} 元已退回钱包。",
        f"/mall/aftersales/{ticket.id}",
    )
    publish(
        RefundPaid(
            ticket.world_id,
            order.id,
            ticket.id,
            ticket.shop_id,
            amount,
            ((sku_id, ticket.quantity, ticket.good),),
        )
    )
    tickets.end(ticket, order)
    _follow_up(order, list(lines.values()))


def _follow_up(order: Order, lines: list[OrderLine]) -> None:
    """Close the order when every unit is refunded, else let it go on."""
    actor = system_of(order.world_id)
    now = sim_now(order.world_id)
    if all(line.refunded == line.quantity for line in lines):
        _settle_rest(order)
        values = {
            "closed_at": now,
            "close_reason": CloseReason.REFUNDED,
            "modified_at": now,
            "receive_by": None,
            "receive_left": None,
        }
        fire(ORDER_FLOW, order, "all_refunded", actor, sim_at=now, values=values)
        due.withdraw(shipping.RECEIVE, order.id)
        if not any(line.shipped for line in lines):
            coupons.order_dropped(order)
        note(actor, order.world_id, "order.closed", f"order:{order.id}", {"reason": CloseReason.REFUNDED})
        publish(OrderClosed(*facts_of(order)))
        return
    rest = sum(line.quantity - line.shipped - line.cancelled for line in lines)
    if order.state == OrderState.PART_SHIPPED and rest == 0:
        values = {"shipped_at": now, "modified_at": now}
        fire(ORDER_FLOW, order, "rest_refunded", actor, sim_at=now, values=values)
        shipping.start_receipt(order)


def _settle_rest(order: Order) -> None:
    """Give the shop what stays in escrow of a fully refunded order: freight or money that was not asked back."""
    left = order.payable - order.refunded
    if order.completed_at is None and left:
        settle(order, f"订单 {order.number} 退款后余下的款项")
