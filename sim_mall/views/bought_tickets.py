"""After-sale from the buyer's side (退款/售后)."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError, NotFound
from app.core.flow import history
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when, yuan
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.aftersale_flow import (
    AFTERSALE_FLOW,
    KIND_NAMES,
    REASON_NAMES,
    AfterSaleKind,
    AfterSaleState,
    Reason,
    state_name,
)
from sim_mall.domain.pricing.refunds import refund_of_units
from sim_mall.domain.waybill import carrier_name
from sim_mall.forms.trade import ApplyForm, ModifyForm, WaybillForm
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import aftersales, order_lists
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import deadline, digits, done, line_picture

TICKET_TONES = {
    AfterSaleState.APPLIED: "warn",
    AfterSaleState.REJECTED: "bad",
    AfterSaleState.WAIT_BUYER_SHIP: "warn",
    AfterSaleState.BUYER_SHIPPED: "info",
    AfterSaleState.WAIT_RESHIP: "warn",
    AfterSaleState.RESHIPPED: "info",
    AfterSaleState.DISPUTE: "bad",
    AfterSaleState.REFUNDING: "info",
    AfterSaleState.SUCCESS: "good",
    AfterSaleState.CLOSED: "quiet",
}
_EVENTS = {
    "fast_refund": "未发货，极速退款",
    "agree_reship": "卖家同意补寄",
    "intercepted": "包裹退回卖家途中",
    "intercept_failed": "包裹拦截失败",
    "receive_exchange": "卖家已收到退货，准备换货",
    "reship": "卖家已重新发货",
    "reship_late": "卖家没有按时重新发货，改为退款",
    "confirm": "买家确认收到",
    "confirm_late": "超过时限，自动确认收到",
    "escalate": "申请平台介入",
    "verdict_buyer": "平台裁决：支持买家",
    "verdict_seller": "平台裁决：支持卖家",
    "agree_refund": "卖家同意退款",
    "agree_return": "卖家同意退货",
    "reject": "卖家拒绝了申请",
    "modify": "买家修改了申请",
    "fill_waybill": "买家已寄回商品",
    "receive_ok": "卖家已收到退货",
    "receive_refuse": "卖家拒绝收货",
    "refund_ok": "退款已到账",
    "cancel": "买家撤销了申请",
    "give_up": "超过时限，自动关闭",
}
_BY_CLOCK = {"agree_refund", "agree_return", "agree_reship", "receive_ok", "receive_exchange"}


def ticket_card(ticket: AfterSale) -> dict[str, Any]:
    """Return a ticket as lists and pages of both sides show it."""
    return {
        "ticket": ticket,
        "state": state_name(ticket.state, ticket.outcome),
        "tone": TICKET_TONES[ticket.state],
        "kind": KIND_NAMES[ticket.kind],
        "reason": REASON_NAMES[ticket.reason],
        "picture": line_picture(ticket.line),
        "deadline": deadline(ticket.world_id, ticket.deadline_by),
        "carrier": carrier_name(ticket.carrier) if ticket.carrier else "",
        "amount": ticket.paid if ticket.state == AfterSaleState.SUCCESS else ticket.amount,
    }


def ticket_timeline(ticket: AfterSale) -> list[dict[str, Any]]:
    """Return what happened to a ticket, newest first."""
    now = sim_now(ticket.world_id)
    items = [
        {
            "title": f"买家申请{KIND_NAMES[ticket.kind]} {ticket.quantity} 件",
            "at": when(ticket.opened_at, now),
            "icon": "receipt-refund",
            "tone": "quiet",
        }
    ]
    for event in history(AFTERSALE_FLOW, ticket.id):
        auto = "（超时自动处理）" if event.account_id is None and event.event in _BY_CLOCK else ""
        good = event.event == "refund_ok"
        at = when(event.sim_at, now) if event.sim_at else ""
        items.append(
            {
                "title": _EVENTS[event.event] + auto,
                "at": at,
                "icon": "circle-check" if good else "point-filled",
                "tone": "good" if good else "quiet",
            }
        )
    return items[::-1]


@mall.get("/aftersales/")
@requires(Permission.MALL_BUY)
def tickets() -> Answer:
    """退款/售后."""
    where = (AfterSale.world_id == actor().world()) & (AfterSale.buyer_id == actor().person())
    page = paginate(order_lists.ticket_list(where, only_open=False), page_number(), 10)
    return render_template("mall/aftersales.html", page=page, cards=[ticket_card(ticket) for ticket in page.items])


def _line(order_id: int, line_id: int) -> tuple[Order, OrderLine]:
    order = access.get_bought_order(actor(), order_id)
    line = next((line for line in order.lines if line.id == line_id), None)
    if line is None:
        raise NotFound
    return order, line


def _apply_page(order: Order, line: OrderLine, form: ApplyForm) -> str:
    offer = aftersales.offer(order, line)
    if form.kind.data is None:
        form.kind.data = (AfterSaleKind.REFUND_ONLY if offer.unshipped else AfterSaleKind.RETURN).value
    amounts = [(count, yuan(amount)) for count, amount in enumerate(offer.amounts[: offer.most], 1)]
    return render_template(
        "mall/apply.html",
        order=order,
        line=line,
        picture=line_picture(line),
        offer=offer,
        amounts=amounts,
        form=form,
    )


@mall.route("/orders/<int:order_id>/lines/<int:line_id>/after-sale", methods=["GET", "POST"])
@requires(Permission.MALL_BUY)
def apply(order_id: int, line_id: int) -> Answer:
    """申请退款 for units of one line."""
    order, line = _line(order_id, line_id)
    form = ApplyForm(quantity=1)
    status = 200
    if form.accept():
        claim = aftersales.Claim(
            AfterSaleKind(form.kind.data),
            form.quantity.data,
            Reason(form.reason.data),
            form.text.data or "",
            form.amount.data,
        )
        try:
            with unit_of_work():
                ticket = aftersales.apply_after_sale(actor(), order_id, line_id, claim, form.key.data)
        except DomainError as error:
            if error.code == "key_reused":
                raise
            form.show(error)
            status = error.status
            order, line = _line(order_id, line_id)
        else:
            done("售后申请已提交，等待卖家处理。")
            return redirect(url_for("mall.ticket", ticket_id=ticket.id))
    elif request.method == "POST":
        status = 400
    return _apply_page(order, line, form), status


def _ticket_page(found: AfterSale, modify: ModifyForm, waybill: WaybillForm) -> str:
    most = refund_of_units(found.line.payable, found.line.quantity, found.units)
    return render_template(
        "mall/aftersale.html",
        card=ticket_card(found),
        ticket=found,
        order=found.order,
        most=most,
        timeline=ticket_timeline(found),
        modify=modify,
        waybill=waybill,
        can_modify=found.state in (AfterSaleState.APPLIED, AfterSaleState.REJECTED),
        can_cancel=AFTERSALE_FLOW.allows(found.state, "cancel", actor()),
        can_send=found.state == AfterSaleState.WAIT_BUYER_SHIP,
    )


def _modify_form(found: AfterSale) -> ModifyForm:
    values = {"version": str(found.version), "reason": found.reason.value, "amount": found.amount, "text": found.text}
    return ModifyForm(data=values) if request.method == "GET" else ModifyForm()


@mall.get("/aftersales/<int:ticket_id>")
@requires(Permission.MALL_BUY)
def ticket(ticket_id: int) -> Answer:
    """One ticket."""
    found = access.get_bought_ticket(actor(), ticket_id)
    return _ticket_page(found, _modify_form(found), WaybillForm(formdata=None))


@mall.post("/aftersales/<int:ticket_id>/modify")
@requires(Permission.MALL_BUY)
def modify_ticket(ticket_id: int) -> Answer:
    """修改申请."""
    found = access.get_bought_ticket(actor(), ticket_id)
    form = ModifyForm()
    if form.accept():
        claim = aftersales.Claim(
            AfterSaleKind(found.kind), found.quantity, Reason(form.reason.data), form.text.data or "", form.amount.data
        )
        try:
            with unit_of_work():
                aftersales.modify(actor(), ticket_id, digits(form.version.data or "") or 0, claim)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("申请已修改，等待卖家处理。")
            return redirect(url_for("mall.ticket", ticket_id=ticket_id))
    return _ticket_page(access.get_bought_ticket(actor(), ticket_id), form, WaybillForm(formdata=None)), 400


@mall.post("/aftersales/<int:ticket_id>/cancel")
@requires(Permission.MALL_BUY)
def cancel_ticket(ticket_id: int) -> Answer:
    """撤销申请."""
    with unit_of_work():
        aftersales.cancel(actor(), ticket_id)
    done("售后申请已撤销。")
    return redirect(url_for("mall.ticket", ticket_id=ticket_id))


@mall.post("/aftersales/<int:ticket_id>/waybill")
@requires(Permission.MALL_BUY)
def fill_waybill(ticket_id: int) -> Answer:
    """填写退货运单."""
    found = access.get_bought_ticket(actor(), ticket_id)
    form = WaybillForm()
    if form.accept():
        try:
            with unit_of_work():
                aftersales.fill_waybill(actor(), ticket_id, form.carrier.data, form.waybill.data)
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done("运单号已提交，等待卖家收货。")
            return redirect(url_for("mall.ticket", ticket_id=ticket_id))
    return _ticket_page(found, ModifyForm(formdata=None), form), 400
