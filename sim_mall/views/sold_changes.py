"""What a seller does with one order beside shipping: price, marks, goods out of stock, hand-over, invoice."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when, yuan
from app.core.web.forms import form_key
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.invoice_flow import INVOICE_KINDS, INVOICE_NAMES, InvoiceState
from sim_mall.domain.order_flow import Flag
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.desk import MarkForm, PriceForm
from sim_mall.models.shops import Shop
from sim_mall.services import invoices, order_desk, parcels
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import back, done
from sim_mall.views.sold import order_page


@seller.post("/orders/<int:order_id>/price")
@requires(Permission.MALL_SELL)
def change_price(order_id: int) -> Answer:
    """改价: once, before payment."""
    form = PriceForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                goods, freight = form.goods.data or 0, form.freight.data or 0
                found = order_desk.change_price(actor(), order_id, goods, freight, form_key(request.form))
        except DomainError as error:
            if error.status != 400:
                raise
            form.show(error)
        else:
            done(f"已改价，买家应付 {yuan(found.payable)}。")
            return redirect(url_for("seller.order", order_id=order_id))
    return order_page(access.get_sold_order(actor(), order_id), price=form), status


@seller.post("/orders/<int:order_id>/mark")
@requires(Permission.MALL_SELL)
def mark_order(order_id: int) -> Answer:
    """插旗、备注."""
    form = MarkForm()
    if form.accept():
        with unit_of_work():
            order_desk.mark_order(actor(), order_id, Flag(form.flag.data or ""), form.seller_note.data or "")
        done("旗标和备注已保存。")
        return back("seller.order", order_id=order_id)
    return order_page(access.get_sold_order(actor(), order_id), mark=form), 400


@seller.post("/orders/<int:order_id>/out-of-stock")
@requires(Permission.MALL_SELL)
def out_of_stock(order_id: int) -> Answer:
    """缺货退款."""
    with unit_of_work():
        tickets = order_desk.report_out_of_stock(actor(), order_id, form_key(request.form))
    done(f"已退款 {yuan(sum(ticket.paid for ticket in tickets))} 给买家。缺货会影响店铺评价，请及时更新库存。")
    return redirect(url_for("seller.order", order_id=order_id))


@seller.post("/orders/<int:order_id>/parcels/<int:parcel_id>/hand-over")
@requires(Permission.MALL_SELL)
def hand_over(order_id: int, parcel_id: int) -> Answer:
    """交给快递."""
    with unit_of_work():
        parcels.hand_over(actor(), parcel_id)
    done("包裹已交给快递，几小时内会揽收。")
    return redirect(url_for("seller.order", order_id=order_id))


@seller.post("/orders/<int:order_id>/invoice")
@requires(Permission.MALL_SELL)
def issue_invoice(order_id: int) -> Answer:
    """开票."""
    with unit_of_work():
        invoice = invoices.issue_invoice(actor(), order_id)
    done(f"模拟发票 {invoice.number} 已开出，金额 {yuan(invoice.amount)}。")
    return back("seller.order", order_id=order_id)


@seller.get("/invoices/", endpoint="invoices")
@requires(Permission.MALL_SELL)
def invoice_list() -> Answer:
    """发票管理."""
    shop = shop_or_register(ShopPower.ORDERS)
    if not isinstance(shop, Shop):
        return shop
    waiting = request.args.get("tab", "waiting") != "all"
    page = paginate(invoices.shop_invoices(shop.id, waiting=waiting), page_number(), 20)
    now = sim_now(shop.world_id)
    return render_template(
        "mall/seller/invoices.html",
        shop_name=shop.name,
        page=page,
        tabs=[
            {"label": "待开票", "url": url_for("seller.invoices"), "active": waiting},
            {"label": "全部", "url": url_for("seller.invoices", tab="all"), "active": not waiting},
        ],
        rows=[
            {
                "invoice": invoice,
                "kind": INVOICE_KINDS[invoice.kind],
                "state": INVOICE_NAMES[invoice.state],
                "at": when(invoice.requested_at, now),
                "can_issue": invoice.state == InvoiceState.REQUESTED,
                "amount": invoice.amount or invoice.order.payable - invoice.order.refunded,
            }
            for invoice in page.items
        ],
    )


@seller.get("/orders/<int:order_id>/invoice")
@requires(Permission.MALL_SELL)
def show_invoice(order_id: int) -> Answer:
    """A simulated invoice, to be printed."""
    order = access.get_sold_order(actor(), order_id)
    invoice = invoices.issued_invoice(order.id)
    return render_template("mall/invoice.html", order=order, invoice=invoice, kind=INVOICE_KINDS[invoice.kind])
