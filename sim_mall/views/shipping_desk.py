"""Many orders at once (批量): export, packing slips, shipping from a spreadsheet."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.core.clock import local
from app.core.errors import DomainError, InvalidInput
from app.core.files import read_upload
from app.core.permissions import Permission
from app.core.web.access import actor, requires
from app.core.web.downloads import attachment
from app.core.web.forms import form_key
from app.worlds.clock import sim_now
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.desk import BatchForm
from sim_mall.models.shops import Shop
from sim_mall.services import order_lists, order_sheets
from sim_mall.services.order_sheets import XLSX, Shipment
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import done
from sim_mall.views.sold import asked_filter

KINDS = {"application/zip": "Excel（.xlsx）", "text/plain": "CSV"}
LIMIT = 2 * 1024 * 1024
MOST_SLIPS = 100


@seller.post("/orders/export")
@requires(Permission.MALL_SELL)
def export_orders() -> Answer:
    """导出订单: what the list shows, as a spreadsheet; many of them by the worker."""
    shop = shop_or_register(ShopPower.ORDERS)
    if not isinstance(shop, Shop):
        return shop
    name = f"订单_{shop.name}_{local(sim_now(shop.world_id)):%Y%m%d%H%M}.xlsx"
    made = order_sheets.export_orders(actor(), shop, asked_filter())
    if isinstance(made, bytes):
        return attachment(made, name, XLSX)
    return redirect(url_for("jobs.show", public_id=made.public_id))


@seller.get("/orders/slips")
@requires(Permission.MALL_SELL)
def packing_slips() -> Answer:
    """打印发货单: one slip per chosen order, each on a page of its own."""
    shop = shop_or_register(ShopPower.ORDERS)
    if not isinstance(shop, Shop):
        return shop
    ids = [int(text) for text in request.args.getlist("id") if text.isascii() and text.isdigit() and len(text) < 10]
    found = order_lists.orders_of_shop(shop, ids[:MOST_SLIPS])
    return render_template(
        "mall/seller/slips.html", shop_name=shop.name, shop=shop, orders=found, now=sim_now(shop.world_id)
    )


@seller.get("/orders/to-ship.xlsx")
@requires(Permission.MALL_SELL)
def to_ship_sheet() -> Answer:
    """下载待发货清单: the template of a batch."""
    shop = shop_or_register(ShopPower.SHIP)
    if not isinstance(shop, Shop):
        return shop
    name = f"待发货_{local(sim_now(shop.world_id)):%Y%m%d%H%M}.xlsx"
    return attachment(order_sheets.to_ship_sheet(shop), name, XLSX)


def _page(shop: Shop, form: BatchForm, rows: list[Shipment] | None = None, sent: int | None = None) -> str:
    return render_template(
        "mall/seller/batch_ship.html",
        shop_name=shop.name,
        form=form,
        rows=rows or [],
        wrong=[row for row in rows or [] if row.problem],
        sent=sent,
        waiting=order_lists.seller_counts(shop)[order_lists.SellerTab.TO_SHIP],
    )


@seller.route("/orders/batch", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def batch_ship() -> Answer:
    """批量发货: every row is checked first; nothing is sent while a row is wrong, unless those are to be skipped."""
    shop = shop_or_register(ShopPower.SHIP)
    if not isinstance(shop, Shop):
        return shop
    form = BatchForm()
    if not form.accept():
        return _page(shop, form), 400 if request.method == "POST" else 200
    try:
        data = read_upload(request.files.get("file"), kinds=KINDS, limit=LIMIT)
        checked = order_sheets.check_batch(shop, order_sheets.read_batch(data))
    except DomainError as error:
        form.show(error)
        return _page(shop, form), error.status
    wrong = [row for row in checked if row.problem]
    if wrong and not form.skip.data:
        form.show(InvalidInput(f"{len(wrong)} 行有错误，还没有发货。请改好后重新上传，或勾选跳过。", field="file"))
        return _page(shop, form, checked), 400
    rows = order_sheets.ship_batch(actor(), checked, form_key(request.form))
    sent = sum(1 for row in rows if not row.problem)
    if sent == len(rows):
        done(f"{sent} 笔订单已发货。")
        return redirect(url_for("seller.orders", tab="shipped"))
    return _page(shop, form, rows, sent), 200
