"""Simulated invoices (模拟发票): the buyer asks, the seller issues; never valid for anything outside."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.invoice_flow import INVOICE_FLOW, InvoiceKind, InvoiceState, invoice_problem
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.words import tidy
from sim_mall.models.buyers import Invoice
from sim_mall.models.trade import Order
from sim_mall.services.notices import note, notify, notify_shop


def invoice_of(order_id: int) -> Invoice | None:
    """Return the invoice of an order, in whatever state, or None."""
    return db.session.scalars(sa.select(Invoice).where(Invoice.order_id == order_id)).one_or_none()


def can_ask(order: Order, invoice: Invoice | None) -> bool:
    """Say whether the buyer may ask for an invoice now."""
    free = invoice is None or invoice.state == InvoiceState.WITHDRAWN
    return free and order.paid_at is not None and order.payable > order.refunded


def ask_invoice(actor: Actor, order_id: int, kind: InvoiceKind, title: str, tax_number: str, key: str) -> Invoice:
    """Ask the seller for an invoice of an own paid order; one per order."""
    actor.require(Permission.MALL_BUY)
    title, tax_number = tidy(title), tidy(tax_number).upper()
    body = [order_id, kind, title, tax_number]
    once(actor, key, "invoice.ask", body, lambda: _ask(actor, order_id, kind, title, tax_number))
    found = invoice_of(order_id)
    if found is None:
        raise NotFound
    return found


def _ask(actor: Actor, order_id: int, kind: InvoiceKind, title: str, tax_number: str) -> int:
    order = access.get_bought_order(actor, order_id, lock=True)
    if problem := invoice_problem(kind, title, tax_number):
        raise InvalidInput(problem[1], field=problem[0])
    invoice = invoice_of(order.id)
    if not can_ask(order, invoice):
        raise Refused("订单付款后才能申请发票，每笔订单一张；全部退款的订单不能开票。", code="no_invoice")
    now = sim_now(order.world_id)
    wanted = {"kind": kind, "title": title, "tax_number": tax_number, "requested_at": now}
    if invoice is None:
        invoice = Invoice(
            state=InvoiceState.REQUESTED,
            world_id=order.world_id,
            order_id=order.id,
            shop_id=order.shop_id,
            buyer_id=order.buyer_id,
            **wanted,
        )
        db.session.add(invoice)
        db.session.flush()
    else:
        fire(INVOICE_FLOW, invoice, "ask_again", actor, sim_at=now, values=wanted)
    note(actor, order.world_id, "invoice.asked", f"order:{order.id}", {"kind": kind})
    text = f"订单 {order.number} 的买家申请发票，请在订单页开票。"
    path = f"/seller/orders/{order.id}"
    notify_shop(order.world_id, order.shop_id, ShopPower.ORDER_CHANGE, "order", "买家申请发票", text, path)
    return invoice.id


def withdraw_invoice(actor: Actor, order_id: int) -> None:
    """Take back what was asked for, before it is issued."""
    actor.require(Permission.MALL_BUY)
    order = access.get_bought_order(actor, order_id, lock=True)
    invoice = invoice_of(order.id)
    if invoice is None:
        raise NotFound
    fire(INVOICE_FLOW, invoice, "withdraw", actor, sim_at=sim_now(order.world_id))
    note(actor, order.world_id, "invoice.withdrawn", f"order:{order.id}")


def issue_invoice(actor: Actor, order_id: int) -> Invoice:
    """Issue the invoice of an order of the own shop over what the buyer has really paid."""
    actor.require(Permission.MALL_SELL)
    order = access.get_sold_order(actor, order_id, ShopPower.ORDER_CHANGE, lock=True)
    invoice = invoice_of(order.id)
    if invoice is None:
        raise Refused("买家没有申请发票。", code="no_invoice")
    amount = order.payable - order.refunded
    if amount < 1:
        raise Refused("订单已经全部退款，不能开票。", code="no_invoice")
    now = sim_now(order.world_id)
    values = {"issued_at": now, "amount": amount, "number": f"MN{invoice.id:08d}"}
    fire(INVOICE_FLOW, invoice, "issue", actor, sim_at=now, values=values)
    note(actor, order.world_id, "invoice.issued", f"order:{order.id}", {"number": invoice.number, "amount": amount})
    text = f"订单 {order.number} 的模拟发票已开出，可在订单页查看打印。"
    notify(order.world_id, order.buyer_id, "order", "发票已开出", text, f"/mall/orders/{order.id}/invoice")
    return invoice


def shop_invoices(shop_id: int, *, waiting: bool) -> sa.Select[Invoice]:
    """Return the query of a shop's invoices, newest first."""
    query = sa.select(Invoice).options(orm.joinedload(Invoice.order)).where(Invoice.shop_id == shop_id)
    if waiting:
        query = query.where(Invoice.state == InvoiceState.REQUESTED)
    else:
        query = query.where(Invoice.state != InvoiceState.WITHDRAWN)
    return query.order_by(Invoice.id.desc())


def issued_invoice(order_id: int) -> Invoice:
    """Return the issued invoice of an order. Raises NotFound before it is issued."""
    invoice = invoice_of(order_id)
    if invoice is None or invoice.state != InvoiceState.ISSUED:
        raise NotFound("这笔订单还没有开出发票。")
    return invoice
