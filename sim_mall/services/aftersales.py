"""After-sale (售后): apply, answer, send back, receive. Source: commerce model 3.4.

A ticket holds numbered units of one line; a unit is held by one open ticket at most and refunded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.core.web.formats import yuan
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import (
    AFTERSALE_FLOW,
    FINISHED,
    KIND_NAMES,
    OPEN_STATES,
    AfterSaleKind,
    AfterSaleStage,
    AfterSaleState,
    Reason,
)
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.pricing.refunds import refund_of_units
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import waybill_problem
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import refunds, shipping, stock
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.shops import system_of

ANSWER = "mall.after_sale_answer"
SEND_BACK = "mall.after_sale_send_back"
RECEIVE_BACK = "mall.after_sale_receive"
GIVE_UP = "mall.after_sale_give_up"
GIVE_UP_AFTER = timedelta(days=3)
_DUE = (ANSWER, SEND_BACK, RECEIVE_BACK, GIVE_UP)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a buyer asks for. amount: fen, None for all that the units bring back."""

    kind: AfterSaleKind
    quantity: int
    reason: Reason
    text: str = ""
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a line still allows. Most that n units bring back: ``amounts[n - 1]`` (fen)."""

    unshipped: int
    shipped: int
    amounts: tuple[int, ...]
    closed_reason: str

    @property
    def most(self) -> int:
        return max(self.unshipped, self.shipped)


def _held_units(line_id: int, but: int | None = None) -> set[int]:
    """Return the unit numbers that open or successful tickets of the line hold."""
    query = sa.select(AfterSale.units).where(AfterSale.line_id == line_id, AfterSale.state != AfterSaleState.CLOSED)
    if but is not None:
        query = query.where(AfterSale.id != but)
    return {int(unit) for units in db.session.scalars(query) for unit in units}


def _free_units(line: OrderLine, but: int | None = None) -> list[int]:
    held = _held_units(line.id, but)
    return [unit for unit in range(1, line.quantity + 1) if unit not in held]


def offer(order: Order, line: OrderLine) -> Offer:
    """Return what the buyer may still ask back of this line, and why nothing if so."""
    free = _free_units(line)
    amounts = tuple(refund_of_units(line.payable, line.quantity, free[:n]) for n in range(1, len(free) + 1))
    return Offer(line.shippable, line.returnable, amounts, _closed_reason(order, sim_now(order.world_id)))


def _closed_reason(order: Order, now: datetime) -> str:
    if order.state in (OrderState.PENDING_PAY, OrderState.CLOSED):
        return "订单未付款或已关闭，不能申请售后。"
    if order.state == OrderState.COMPLETED and order.completed_at is not None:
        days = setting(get_world(order.world_id), "after_sale_days")
        if now > order.completed_at + timedelta(days=days):
            return f"已超过 {days} 天售后期，不能再申请售后。"
    return ""


def apply_after_sale(actor: Actor, order_id: int, line_id: int, claim: Claim, key: str) -> AfterSale:
    """Open a ticket for units of a line. Raises Refused when the units or the money are not there."""
    actor.require(Permission.MALL_BUY)
    body = [order_id, line_id, claim.kind, claim.quantity, claim.reason, claim.text, claim.amount]
    ticket_id = once(actor, key, "after_sale.apply", body, lambda: _apply(actor, order_id, line_id, claim))
    return access.get_bought_ticket(actor, ticket_id)


def _stage(line: OrderLine, claim: Claim) -> AfterSaleStage:
    if claim.kind is AfterSaleKind.RETURN:
        if line.returnable < claim.quantity:
            raise Refused(f"可以退货的数量是 {line.returnable} 件，未发货的商品请选择“仅退款”。", code="too_many_units")
        return AfterSaleStage.AFTER_SHIP
    if line.shippable >= claim.quantity:
        return AfterSaleStage.BEFORE_SHIP
    if line.returnable >= claim.quantity:
        return AfterSaleStage.AFTER_SHIP
    raise Refused(
        f"可以申请的数量是 {max(line.shippable, line.returnable)} 件，其余已在退款或已退款。", code="too_many_units"
    )


def _check_claim(claim: Claim, most: int) -> int:
    if claim.kind is AfterSaleKind.RETURN and claim.reason is Reason.NOT_SHIPPED:
        raise InvalidInput("退货退款请选择与商品有关的原因。", field="reason")
    amount = most if claim.amount is None else claim.amount
    if not 0 <= amount <= most or (amount == 0 and most > 0):
        raise InvalidInput(f"退款金额最多 {yuan(most)}，至少 0.01 元。", field="amount")
    if len(claim.text) > 300:
        raise InvalidInput("问题描述不超过 300 个字。", field="text")
    return amount


def _apply(actor: Actor, order_id: int, line_id: int, claim: Claim) -> int:
    order = access.get_bought_order(actor, order_id, lock=True)
    lines = {line.id: line for line in access.lines_of(order)}
    line = lines.get(line_id)
    if line is None:
        raise InvalidInput("请选择要售后的商品。", field="line")
    now = sim_now(order.world_id)
    if reason := _closed_reason(order, now):
        raise Refused(reason, code="no_after_sale")
    if not 1 <= claim.quantity <= line.quantity:
        raise InvalidInput("申请数量应在 1 到购买数量之间。", field="quantity")
    stage = _stage(line, claim)
    free = _free_units(line)[: claim.quantity]
    amount = _check_claim(claim, refund_of_units(line.payable, line.quantity, free))
    _hold(line, claim.quantity, stage)
    deadline = now + timedelta(hours=setting(get_world(order.world_id), "seller_answer_hours"))
    ticket = AfterSale(
        state=AfterSaleState.APPLIED,
        world_id=order.world_id,
        order_id=order.id,
        line_id=line.id,
        shop_id=order.shop_id,
        buyer_id=order.buyer_id,
        kind=claim.kind,
        stage=stage,
        quantity=claim.quantity,
        units=free,
        amount=amount,
        reason=claim.reason,
        text=claim.text.strip(),
        opened_at=now,
        deadline_by=deadline,
    )
    db.session.add(ticket)
    db.session.flush()
    order.modified_at = now
    shipping.pause_receipt(order)
    due.schedule(order.world_id, deadline, ANSWER, ticket.id, AfterSaleState.APPLIED)
    facts = {"kind": claim.kind, "line": line.id, "quantity": claim.quantity, "amount": amount, "reason": claim.reason}
    note(actor, order.world_id, "after_sale.applied", f"after_sale:{ticket.id}", facts)
    _tell_seller(ticket, order, "新的售后申请", f"订单 {order.number} 申请{KIND_NAMES[claim.kind]}，请及时处理。")
    return ticket.id


def _hold(line: OrderLine, quantity: int, stage: AfterSaleStage) -> None:
    """Count the units as asked back, if they are still free."""
    before = stage is AfterSaleStage.BEFORE_SHIP
    enough = [OrderLine.id == line.id, OrderLine.applying + OrderLine.refunded + quantity <= OrderLine.quantity]
    values = {"applying": OrderLine.applying + quantity}
    if before:
        enough.append(
            OrderLine.shipped + OrderLine.cancelled + OrderLine.applying_unshipped + quantity <= OrderLine.quantity
        )
        values["applying_unshipped"] = OrderLine.applying_unshipped + quantity
    changed = db.session.execute(
        sa.update(OrderLine).where(*enough).values(**values).execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused("这些商品已经在售后中，请刷新页面查看。", code="too_many_units")


def _let_go(ticket: AfterSale) -> None:
    """Give the held units of a closed ticket free again."""
    before = ticket.stage == AfterSaleStage.BEFORE_SHIP
    values = {"applying": OrderLine.applying - ticket.quantity}
    if before:
        values["applying_unshipped"] = OrderLine.applying_unshipped - ticket.quantity
    db.session.execute(
        sa.update(OrderLine)
        .where(OrderLine.id == ticket.line_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _tell_seller(ticket: AfterSale, order: Order, title: str, text: str) -> None:
    path = f"/seller/aftersales/{ticket.id}"
    notify_shop(order.world_id, order.shop_id, ShopPower.TICKETS, "after_sale", title, text, path)


def _tell_buyer(ticket: AfterSale, title: str, text: str) -> None:
    notify(ticket.world_id, ticket.buyer_id, "after_sale", title, text, f"/mall/aftersales/{ticket.id}")


def _locked(ticket: AfterSale, version: int | None) -> Order:
    """Lock the ticket's order and check that the ticket is the one that was looked at."""
    order = access.get_order_of_world(system_of(ticket.world_id), ticket.order_id, lock=True)
    db.session.refresh(ticket)
    if version is not None and ticket.version != version:
        raise Conflict("售后单刚刚有变化，请刷新页面查看最新内容后再处理。", code="stale")
    return order


def _stop_clocks(ticket: AfterSale) -> None:
    for kind in _DUE:
        due.withdraw(kind, ticket.id)


def _move(
    ticket: AfterSale, event: str, actor: Actor, deadline: tuple[str, timedelta] | None = None, **values: object
) -> None:
    """Fire an event of the ticket, and set who has to act until when."""
    now = sim_now(ticket.world_id)
    by = now + deadline[1] if deadline else None
    fire(AFTERSALE_FLOW, ticket, event, actor, sim_at=now, values={"deadline_by": by, **values})
    _stop_clocks(ticket)
    if deadline and by is not None:
        due.schedule(ticket.world_id, by, deadline[0], ticket.id, ticket.state)
    note(actor, ticket.world_id, f"after_sale.{event}", f"after_sale:{ticket.id}", {"state": ticket.state})


def agree(actor: Actor, ticket_id: int, version: int | None) -> AfterSale:
    """Agree to a ticket: a refund is paid at once, a return waits for the goods."""
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)
    order = _locked(ticket, version)
    if ticket.kind == AfterSaleKind.REFUND_ONLY:
        _move(ticket, "agree_refund", actor)
        refunds.pay_refund(ticket, order)
        return ticket
    days = setting(get_world(ticket.world_id), "buyer_return_days")
    _move(ticket, "agree_return", actor, (SEND_BACK, timedelta(days=days)))
    _tell_buyer(ticket, "卖家同意退货", f"请在 {days} 天内寄回商品并填写运单号。")
    return ticket


def reject(actor: Actor, ticket_id: int, version: int | None, reason: str) -> AfterSale:
    """Refuse a ticket with a reason; the buyer may change it or give up."""
    actor.require(Permission.MALL_SELL)
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明拒绝原因，2 到 200 个字。", field="reason")
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)
    _locked(ticket, version)
    event = "receive_refuse" if ticket.state == AfterSaleState.BUYER_SHIPPED else "reject"
    _move(ticket, event, actor, (GIVE_UP, GIVE_UP_AFTER), reject_reason=reason)
    _tell_buyer(ticket, "卖家拒绝了售后申请", f"原因：{reason}。你可以在 3 天内修改申请。")
    return ticket


def modify(actor: Actor, ticket_id: int, version: int | None, claim: Claim) -> AfterSale:
    """Change amount, reason or words of an own ticket and send it again; kind and units stay."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = _locked(ticket, version)
    line = next(line for line in access.lines_of(order) if line.id == ticket.line_id)
    most = refund_of_units(line.payable, line.quantity, ticket.units)
    amount = _check_claim(claim, most)
    hours = setting(get_world(ticket.world_id), "seller_answer_hours")
    _move(
        ticket,
        "modify",
        actor,
        (ANSWER, timedelta(hours=hours)),
        amount=amount,
        reason=claim.reason,
        text=claim.text.strip(),
        reject_reason="",
    )
    _tell_seller(ticket, order, "售后申请有修改", f"订单 {order.number} 的买家修改了申请，请重新处理。")
    return ticket


def cancel(actor: Actor, ticket_id: int) -> AfterSale:
    """Withdraw an own ticket before goods or money are on the way."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = _locked(ticket, None)
    _close(ticket, order, "cancel", actor)
    return ticket


def _close(ticket: AfterSale, order: Order, event: str, actor: Actor) -> None:
    now = sim_now(ticket.world_id)
    _move(ticket, event, actor, ended_at=now)
    _let_go(ticket)
    order.modified_at = now
    db.session.flush()
    shipping.resume_receipt(order)


def fill_waybill(actor: Actor, ticket_id: int, carrier: str, waybill: str) -> AfterSale:
    """Say with which waybill the goods go back."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = _locked(ticket, None)
    waybill = waybill.strip().upper()
    if problem := waybill_problem(carrier, waybill):
        raise InvalidInput(problem[1], field=problem[0])
    days = setting(get_world(ticket.world_id), "seller_receive_days")
    deadline = (RECEIVE_BACK, timedelta(days=days))
    _move(ticket, "fill_waybill", actor, deadline, carrier=carrier, waybill=waybill)
    _tell_seller(ticket, order, "买家已寄回商品", f"订单 {order.number} 的退货已寄出，请在 {days} 天内验收。")
    return ticket


def receive_back(actor: Actor, ticket_id: int, version: int | None, good: int, bad: int) -> AfterSale:
    """Take returned goods in: good ones into stock, bad ones as damaged; then refund.

    Raises InvalidInput unless good and bad add up to the ticket's units.
    """
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.RETURNS)
    order = _locked(ticket, version)
    if good < 0 or bad < 0 or good + bad != ticket.quantity:
        raise InvalidInput(f"完好和损坏的数量加起来应等于退货数量 {ticket.quantity}。", field="good")
    _move(ticket, "receive_ok", actor, good=good, bad=bad)
    sku_id = next(line.sku_id for line in access.lines_of(order) if line.id == ticket.line_id)
    stock.take_back(sku_id, good, bad, sim_now(ticket.world_id), f"after_sale:{ticket.id}")
    refunds.pay_refund(ticket, order)
    return ticket


def retry_refund(actor: Actor, ticket_id: int) -> AfterSale:
    """Try to pay a refund again that waited for money of the shop."""
    actor.require(Permission.MALL_SELL)
    ticket = access.get_sold_ticket(actor, ticket_id, ShopPower.AFTER_SALE)
    order = _locked(ticket, None)
    if ticket.state != AfterSaleState.REFUNDING:
        raise Refused("这张售后单不在退款中。")
    refunds.pay_refund(ticket, order)
    return ticket


def on_due(task: DueTask) -> None:
    """Act for whoever let the time pass: agree, close, or take the goods in as good."""
    actor = system_of(task.world_id)
    ticket = access.get_sold_ticket(actor, task.target_id)
    order = _locked(ticket, None)
    if str(ticket.state) != task.expected or ticket.state in FINISHED:
        return
    if task.kind == ANSWER:
        agree(actor, ticket.id, None)
    elif task.kind == RECEIVE_BACK:
        receive_back(actor, ticket.id, None, ticket.quantity, 0)
    elif task.kind == refunds.RETRY:
        refunds.pay_refund(ticket, order)
    else:
        _close(ticket, order, "give_up", actor)
        _tell_buyer(ticket, "售后已关闭", "超过时限没有处理，售后申请已自动关闭。")


def open_count(shop_id: int) -> int:
    """Return how many tickets of the shop are open."""
    query = sa.select(sa.func.count()).select_from(AfterSale)
    return db.session.scalar(query.where(AfterSale.shop_id == shop_id, AfterSale.state.in_(OPEN_STATES))) or 0
