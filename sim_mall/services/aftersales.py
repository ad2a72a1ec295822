"""After-sale (售后): what seller, buyer and clock do with a ticket until it ends. Source: commerce model 3.4.

Every verb of the seller may carry the version of the ticket that was looked at; an older one is refused.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueTask
from sim_mall import access
from sim_mall.domain.aftersale_flow import (
    FINISHED,
    OPEN_STATES,
    AfterSaleKind,
    AfterSaleState,
    RejectCode,
    reject_text,
)
from sim_mall.domain.parcel_flow import WAY_BACK
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import waybill_problem
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_mall.services import disputes, parcels, postage, refunds, reshipping, stock, tickets
from sim_mall.services.applying import Claim, Offer, apply_after_sale, modify, offer
from sim_mall.services.shops import system_of
from sim_mall.services.tickets import (
    ANSWER,
    CONFIRM,
    DISPUTE,
    FAST,
    GIVE_UP,
    RECEIVE_BACK,
    RESHIP,
    RETURN_SIGNED,
    SEND_BACK,
    Until,
)

__all__ = [
    "CLOCKS",
    "Claim",
    "Offer",
    "agree",
    "apply_after_sale",
    "cancel",
    "fill_waybill",
    "modify",
    "offer",
    "on_due",
    "open_count",
    "receive_back",
    "reject",
    "retry_refund",
]

CLOCKS = (*tickets.CLOCKS, refunds.RETRY)


def agree(actor: Actor, ticket_id: int, version: int | None) -> AfterSale:
    """Agree: a refund is paid at once, goods on their way are stopped, a return waits for the goods, an exchange
    or a resending is promised stock. Raises Refused (code out_of_stock) when there is none."""
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)
    _agree(ticket, tickets.lock(ticket, version), actor)
    return ticket


def _agree(ticket: AfterSale, order: Order, actor: Actor) -> None:
    if ticket.kind == AfterSaleKind.REFUND_ONLY:
        if ticket.state == AfterSaleState.APPLIED and ticket.parcel_id is not None:
            parcels.stop_parcel(ticket, order)
            return
        tickets.move(ticket, "agree_refund", actor)
        refunds.pay_refund(ticket, order)
        return
    if ticket.kind == AfterSaleKind.RESEND:
        reshipping.promise(ticket, order)
        until = Until(RESHIP, tickets.days(ticket, "seller_reship_days"))
        tickets.move(ticket, "agree_reship", actor, until)
        tickets.tell_buyer(ticket, "卖家同意补寄", "卖家会在时限内重新发出商品。")
        return
    if ticket.kind == AfterSaleKind.EXCHANGE:
        reshipping.promise(ticket, order)
    until = Until(SEND_BACK, tickets.days(ticket, "buyer_return_days"))
    tickets.move(ticket, "agree_return", actor, until)
    more = reshipping.difference_words(ticket)
    word = "换货" if ticket.kind == AfterSaleKind.EXCHANGE else "退货"
    tickets.tell_buyer(ticket, f"卖家同意{word}", f"请在 {until.length.days} 天内寄回商品并填写运单号。{more}")


def reject(
    actor: Actor,
    ticket_id: int,
    version: int | None,
    reason: str,
    pictures: tuple[str, ...] = (),
    code: RejectCode = RejectCode.OTHER,
) -> AfterSale:
    """Refuse a ticket, or returned goods, with a reason and evidence; the buyer may change it, call the platform
    or give up."""
    actor.require(Permission.MALL_SELL)
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明拒绝原因，2 到 200 个字。", field="reason")
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)
    tickets.lock(ticket, version)
    event = "receive_refuse" if ticket.state == AfterSaleState.BUYER_SHIPPED else "reject"
    until = Until(GIVE_UP, tickets.days(ticket, "buyer_answer_days"))
    tickets.move(ticket, event, actor, until, reject_code=code, reject_reason=reason)
    words = reject_text(code, reason)
    disputes.keep_evidence(ticket, "seller", actor, words, pictures)
    text = f"原因：{words}。你可以在 {until.length.days} 天内修改申请，或申请平台介入。"
    tickets.tell_buyer(ticket, "卖家拒绝了售后申请", text)
    return ticket


def cancel(actor: Actor, ticket_id: int) -> AfterSale:
    """Withdraw an own ticket, unless money is on the way or the goods have reached the seller."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = tickets.lock(ticket, None)
    if ticket.state in OPEN_STATES and _goods_are_back(ticket):
        raise Refused("商品已经退到卖家手里或正在退回，不能撤销；有争议可以申请平台介入。", code="goods_back")
    tickets.close(ticket, order, "cancel", actor)
    return ticket


def _goods_are_back(ticket: AfterSale) -> bool:
    stopped = ticket.parcel_id is not None and ticket.state == AfterSaleState.BUYER_SHIPPED
    return stopped or bool(ticket.back_signed_at is not None or ticket.good or ticket.bad)


def can_cancel(ticket: AfterSale) -> bool:
    """Say whether the buyer may withdraw the ticket now."""
    return ticket.state in OPEN_STATES and ticket.state != AfterSaleState.REFUNDING and not _goods_are_back(ticket)


def fill_waybill(actor: Actor, ticket_id: int, carrier: str, waybill: str) -> AfterSale:
    """Say with which waybill the goods go back; they reach the seller by simulated time."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = tickets.lock(ticket, None)
    waybill = waybill.strip().upper()
    if problem := waybill_problem(carrier, waybill):
        raise InvalidInput(problem[1], field=problem[0])
    postage.charge(ticket, order)
    tickets.move(ticket, "fill_waybill", actor, carrier=carrier, waybill=waybill, back_signed_at=None)
    due.schedule(
        ticket.world_id, sim_now(ticket.world_id) + WAY_BACK, RETURN_SIGNED, ticket.id, AfterSaleState.BUYER_SHIPPED
    )
    tickets.tell_seller(ticket, order, "买家已寄回商品", f"订单 {order.number} 的退货已寄出，收到后请验收。")
    return ticket


def receive_back(actor: Actor, ticket_id: int, version: int | None, good: int, bad: int) -> AfterSale:
    """Take returned goods in: good ones into stock, bad ones as damaged; then refund, or send again.

    Raises InvalidInput unless good and bad add up to the ticket's units.
    """
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.RETURNS)
    _receive_back(ticket, tickets.lock(ticket, version), actor, good, bad)
    return ticket


def _receive_back(ticket: AfterSale, order: Order, actor: Actor, good: int, bad: int) -> None:
    if good < 0 or bad < 0 or good + bad != ticket.quantity:
        raise InvalidInput(f"完好和损坏的数量加起来应等于退货数量 {ticket.quantity}。", field="good")
    counted = {"good": good, "bad": bad}
    if ticket.kind == AfterSaleKind.EXCHANGE:
        until = Until(RESHIP, tickets.days(ticket, "seller_reship_days"))
        tickets.move(ticket, "receive_exchange", actor, until, **counted)
        tickets.tell_buyer(ticket, "卖家已收到退货", "卖家会尽快发出换货商品。" + reshipping.difference_words(ticket))
    else:
        tickets.move(ticket, "receive_ok", actor, None, **counted)
    sku_id = next(line.sku_id for line in access.lines_of(order) if line.id == ticket.line_id)
    stock.take_back(sku_id, good, bad, sim_now(ticket.world_id), f"after_sale:{ticket.id}")
    if ticket.state == AfterSaleState.REFUNDING:
        refunds.pay_refund(ticket, order)


def retry_refund(actor: Actor, ticket_id: int) -> AfterSale:
    """Try to pay a refund again that waited for money of the shop."""
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)
    order = tickets.lock(ticket, None)
    if ticket.state != AfterSaleState.REFUNDING:
        raise Refused("这张售后单不在退款中。")
    refunds.pay_refund(ticket, order)
    return ticket


def on_due(task: DueTask) -> None:
    """Act for whoever let the time pass; nothing to do when the ticket has moved on."""
    actor = system_of(task.world_id)
    ticket = access.get_sold_ticket(actor, task.target_id)
    order = tickets.lock(ticket, None)
    if str(ticket.state) != task.expected or ticket.state in FINISHED:
        return
    if task.kind == FAST:
        tickets.move(ticket, "fast_refund", actor)
        refunds.pay_refund(ticket, order)
    elif task.kind == ANSWER:
        _agree_in_silence(ticket, order, actor)
    elif task.kind == RETURN_SIGNED:
        goods_arrived(ticket, order)
    elif task.kind == RECEIVE_BACK:
        _receive_back(ticket, order, actor, ticket.quantity, 0)
    elif task.kind == refunds.RETRY:
        refunds.pay_refund(ticket, order)
    elif task.kind == RESHIP:
        reshipping.on_late(ticket, order)
    elif task.kind == CONFIRM:
        tickets.finish_reship(ticket, order, "confirm_late", actor)
    elif task.kind == DISPUTE:
        disputes.on_time_over(ticket, order)
    else:
        tickets.close(ticket, order, "give_up", actor)
        tickets.tell_buyer(ticket, "售后已关闭", "超过时限没有处理，售后申请已自动关闭。")


def _agree_in_silence(ticket: AfterSale, order: Order, actor: Actor) -> None:
    """Agree for a seller who did not answer; without stock an exchange becomes a return, a resending a refund."""
    if ticket.kind in (AfterSaleKind.EXCHANGE, AfterSaleKind.RESEND) and not reshipping.in_stock(ticket, order):
        swap = ticket.kind == AfterSaleKind.EXCHANGE
        ticket.kind = AfterSaleKind.RETURN if swap else AfterSaleKind.REFUND_ONLY
        ticket.exchange_sku_id, ticket.exchange_spec, ticket.difference = None, "", 0
        db.session.flush()
        text = f"卖家没有库存，申请已改为{'退货退款' if swap else '仅退款'}。"
        tickets.tell_buyer(ticket, "售后方式有变化", text)
    _agree(ticket, order, actor)


def goods_arrived(ticket: AfterSale, order: Order) -> None:
    """Note that returned goods have reached the seller, and start the seller's clock."""
    now = sim_now(ticket.world_id)
    length = tickets.days(ticket, "seller_receive_days")
    ticket.back_signed_at, ticket.deadline_by = now, now + length
    due.schedule(ticket.world_id, now + length, RECEIVE_BACK, ticket.id, AfterSaleState.BUYER_SHIPPED)
    text = f"订单 {order.number} 的退货已送达，请在 {length.days} 天内验收，超时自动处理。"
    tickets.tell_seller(ticket, order, "退货已送达", text)


def open_count(shop_id: int) -> int:
    """Return how many tickets of the shop are open."""
    query = sa.select(sa.func.count()).select_from(AfterSale)
    return db.session.scalar(query.where(AfterSale.shop_id == shop_id, AfterSale.state.in_(OPEN_STATES))) or 0
