"""Sending again (换货、补寄): stock promised when the seller agrees, a difference paid before, the new waybill."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.errors import InvalidInput, Refused
from app.core.idempotency import once
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.ledger import book
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleState, Outcome
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import carrier_name, waybill_problem
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_mall.services import refunds, stock, tickets
from sim_mall.services.notices import note
from sim_mall.services.shops import system_of
from sim_mall.services.tickets import CONFIRM, Until


def sku_to_send(ticket: AfterSale, order: Order) -> int:
    """Return the SKU that is to be sent again."""
    if ticket.exchange_sku_id is not None:
        return ticket.exchange_sku_id
    return next(line.sku_id for line in access.lines_of(order) if line.id == ticket.line_id)


def in_stock(ticket: AfterSale, order: Order) -> bool:
    """Say whether the goods to be sent are there."""
    return stock.saleable(sku_to_send(ticket, order)) >= ticket.quantity


def promise(ticket: AfterSale, order: Order) -> None:
    """Reserve the goods that will be sent. Raises Refused (code out_of_stock) and says what to do instead."""
    if ticket.state != AfterSaleState.APPLIED:
        raise Refused("这张售后单已经处理过了。", code="wrong_state")
    try:
        stock.hold_for_ticket(ticket.id, sku_to_send(ticket, order), ticket.quantity, sim_now(ticket.world_id))
    except Refused as error:
        instead = "退货退款" if ticket.kind == AfterSaleKind.EXCHANGE else "仅退款"
        raise Refused(
            f"{error.message.split('，')[0]}，不能同意；请补充库存，或拒绝并建议买家改为{instead}。",
            code="out_of_stock",
        ) from error


def difference_words(ticket: AfterSale) -> str:
    """Return what the buyer has to be told about the difference, '' when there is none."""
    if not ticket.difference or ticket.difference_paid:
        return ""
    return f"换货差价 {plain_yuan(ticket.difference)} 元，支付后卖家才能发货。"


def pay_difference(actor: Actor, ticket_id: int, key: str) -> AfterSale:
    """Pay what the goods of an exchange cost more, from the wallet into escrow; once."""
    actor.require(Permission.MALL_BUY)

    def carry_out() -> int:
        ticket = access.get_bought_ticket(actor, ticket_id)
        tickets.lock(ticket, None)
        waiting = (AfterSaleState.WAIT_BUYER_SHIP, AfterSaleState.BUYER_SHIPPED, AfterSaleState.WAIT_RESHIP)
        if ticket.state not in waiting or not ticket.difference or ticket.difference_paid:
            raise Refused("这张售后单没有需要支付的差价。", code="no_difference")
        book.post(
            ticket.world_id,
            f"difference:{ticket.id}:{ticket.version}",
            "difference",
            {book.wallet(ticket.buyer_id): -ticket.difference, book.ESCROW: ticket.difference},
            reference=f"order:{ticket.order_id}",
            memo="支付换货差价",
        )
        ticket.difference_paid = True
        note(actor, ticket.world_id, "after_sale.difference", f"after_sale:{ticket.id}", {"amount": ticket.difference})
        return ticket.id

    once(actor, key, "after_sale.difference", [ticket_id], carry_out)
    return access.get_bought_ticket(actor, ticket_id)


def reship(actor: Actor, ticket_id: int, version: int | None, carrier: str, waybill: str) -> AfterSale:
    """Send the exchanged or missing goods with a new waybill."""
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.RETURNS)
    tickets.lock(ticket, version)
    waybill = waybill.strip().upper()
    if problem := waybill_problem(carrier, waybill):
        raise InvalidInput(problem[1], field=problem[0])
    if ticket.state == AfterSaleState.WAIT_RESHIP and ticket.difference and not ticket.difference_paid:
        raise Refused("买家还没有支付换货差价，支付后才能发货。", code="difference_unpaid")
    now = sim_now(ticket.world_id)
    until = Until(CONFIRM, tickets.days(ticket, "receive_days"))
    sent = {"reship_carrier": carrier, "reship_waybill": waybill, "reshipped_at": now}
    tickets.move(ticket, "reship", actor, until, **sent)
    stock.send_for_ticket(ticket.id, now)
    text = f"{carrier_name(carrier)} {waybill}，收到后请确认。"
    tickets.tell_buyer(ticket, "换货、补寄的商品已发出", text)
    return ticket


def confirm(actor: Actor, ticket_id: int) -> AfterSale:
    """Confirm that the goods sent again have come."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = tickets.lock(ticket, None)
    tickets.finish_reship(ticket, order, "confirm", actor)
    return ticket


def on_late(ticket: AfterSale, order: Order) -> None:
    """Refund instead when the seller did not send again in time."""
    tickets.move(ticket, "reship_late", system_of(ticket.world_id), outcome=Outcome.NONE)
    tickets.drop_promises(ticket)
    tickets.tell_buyer(ticket, "卖家没有按时重新发货", "售后已改为退款。")
    tickets.tell_seller(ticket, order, "没有按时重新发货", f"订单 {order.number} 的售后已自动改为退款。")
    refunds.pay_refund(ticket, order)
