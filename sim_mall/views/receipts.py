"""What a buyer does with an order on its way: tracking, more time, refusal at the door, invoice."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.invoice_flow import INVOICE_KINDS, InvoiceKind
from sim_mall.forms.desk import InvoiceForm
from sim_mall.services import invoices, order_lists, parcels, shipping
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.bought import parcel_rows
from sim_mall.views.shown import back, done


@mall.get("/orders/<int:order_id>/tracking")
@requires(Permission.MALL_BUY)
def tracking(order_id: int) -> Answer:
    """查看物流: every parcel with its way."""
    order = access.get_bought_order(actor(), order_id)
    now = sim_now(order.world_id)

    def show(moment: Any) -> str:
        return when(moment, now)

    return render_template("mall/tracking.html", order=order, parcels=parcel_rows(order_lists.tracks(order), show))


@mall.post("/orders/<int:order_id>/extend")
@requires(Permission.MALL_BUY)
def extend_receipt(order_id: int) -> Answer:
    """延长收货, once."""
    with unit_of_work():
        shipping.extend_receipt(actor(), order_id)
    done("已延长收货时间。")
    return back("mall.order", order_id=order_id)


@mall.post("/orders/<int:order_id>/parcels/<int:parcel_id>/refuse")
@requires(Permission.MALL_BUY)
def refuse_parcel(order_id: int, parcel_id: int) -> Answer:
    """拒收: the parcel goes back, the money follows when the seller has it."""
    with unit_of_work():
        parcels.refuse_parcel(actor(), parcel_id)
    done("已拒收，包裹退回卖家后退款。")
    return redirect(url_for("mall.order", order_id=order_id))


@mall.route("/orders/<int:order_id>/invoice", methods=["GET", "POST"])
@requires(Permission.MALL_BUY)
def invoice(order_id: int) -> Answer:
    """申请发票, or look at the one that was issued."""
    order = access.get_bought_order(actor(), order_id)
    found = invoices.invoice_of(order.id)
    form = InvoiceForm()
    status = 200
    if form.accept():
        try:
            with unit_of_work():
                kind, title, number = InvoiceKind(form.kind.data), form.title.data or "", form.tax_number.data or ""
                invoices.ask_invoice(actor(), order_id, kind, title, number, form.key.data or "")
        except DomainError as error:
            if error.code == "key_reused":
                raise
            form.show(error)
            status = error.status
        else:
            done("发票申请已提交，等待卖家开票。")
            return redirect(url_for("mall.order", order_id=order_id))
    elif request.method == "POST":
        status = 400
    elif found is not None and found.number:
        return render_template("mall/invoice.html", order=order, invoice=found, kind=INVOICE_KINDS[found.kind])
    can_ask = invoices.can_ask(order, found)
    return render_template("mall/invoice_form.html", order=order, form=form, invoice=found, can_ask=can_ask), status


@mall.post("/orders/<int:order_id>/invoice/withdraw")
@requires(Permission.MALL_BUY)
def withdraw_invoice(order_id: int) -> Answer:
    """撤回发票申请."""
    with unit_of_work():
        invoices.withdraw_invoice(actor(), order_id)
    done("发票申请已撤回。")
    return redirect(url_for("mall.order", order_id=order_id))
