"""Own stock: buying for the own warehouse, goods receipt, count, gross profit."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.paging import page_number
from app.ledger import book
from app.worlds.clock import sim_now
from sim_supply import access, mall_client
from sim_supply.domain.stock_flow import (
    MOVE_NAMES,
    STOCK_FLOW,
    STOCK_KIND_NAMES,
    STOCK_NAMES,
    StockKind,
    StockState,
    average_cost,
)
from sim_supply.forms import CountForm, KeyForm
from sim_supply.services import own_stock, profit, stocking
from sim_supply.services.stocking import Counted
from sim_supply.views.blueprint import blueprint, id_list, working_shop

STOCK_TONES = {
    StockState.ORDERED: "info",
    StockState.SENT: "info",
    StockState.ARRIVED: "warn",
    StockState.RECEIVED: "good",
    StockState.CANCELLED: "quiet",
}


@blueprint.get("/stock/")
@requires(Permission.SUPPLY_USE)
def stock() -> str:
    """自有库存 and stocking orders."""
    who = actor()
    shop = mall_client.my_shop(who)
    shop_id = shop.id if shop else 0
    return render_template(
        "supply/stock.html",
        page=own_stock.list_stock(who, shop_id, page_number()),
        orders=stocking.list_orders(who, shop_id, page_number("orders")),
        average=average_cost,
        kinds=STOCK_KIND_NAMES,
        stock_names=STOCK_NAMES,
        stock_tones=STOCK_TONES,
        now=sim_now(who.world()),
    )


def _stock_page(stock_id: int, form: CountForm) -> str:
    shop = working_shop()
    row = own_stock.get_stock(shop.id, stock_id)
    return render_template(
        "supply/stock_row.html",
        row=row,
        page=own_stock.moves_of(row, page_number()),
        form=form,
        average=average_cost(row.units, row.value),
        moves=MOVE_NAMES,
        now=sim_now(actor().world()),
    )


@blueprint.get("/stock/<int:stock_id>")
@requires(Permission.SUPPLY_USE)
def stock_row(stock_id: int) -> str:
    """One SKU of the own stock with its moves."""
    return _stock_page(stock_id, CountForm(formdata=None))


@blueprint.post("/stock/<int:stock_id>/count")
@requires(Permission.SUPPLY_USE)
def count_stock(stock_id: int) -> Response | tuple[str, int]:
    """盘点."""
    form = CountForm()
    shop = working_shop()
    own_stock.get_stock(shop.id, stock_id)
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                change = own_stock.count_stock(actor(), shop.id, stock_id, form.units.data, form.reason.data)
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash(f"盘点已记录，差异 {change:+d} 件。" if change else "盘点与账面一致。", "success")
            return redirect(url_for("supply.stock_row", stock_id=stock_id))
    return _stock_page(stock_id, form), status


@blueprint.get("/stock/buy/<int:product_id>")
@requires(Permission.SUPPLY_USE)
def buy_form(product_id: int) -> str:
    """进货 or 买样品 of one product."""
    return _buy_page(product_id, KeyForm(formdata=None))


def _buy_page(product_id: int, form: KeyForm) -> str:
    who = actor()
    return render_template(
        "supply/buy.html",
        product=access.get_product(who, product_id),
        form=form,
        typed=request.form,
        wallet=book.balance(who.world(), book.wallet(mall_client.keeper(who))),
    )


@blueprint.post("/stock/buy/<int:product_id>")
@requires(Permission.SUPPLY_USE)
def buy(product_id: int) -> Response | tuple[str, int]:
    """Order and pay."""
    form = KeyForm()
    product = access.get_product(actor(), product_id)
    if not form.accept():
        return _buy_page(product_id, form), 400
    sample = request.form.get("kind") == "sample"
    try:
        units = {sku.id: _whole(f"units-{sku.id}") for sku in product.skus}
        if sample:
            chosen = id_list([request.form.get("sample", "")])
            units = dict.fromkeys(chosen, 1) if set(chosen) <= set(units) else {}
        with unit_of_work():
            kind = StockKind.SAMPLE if sample else StockKind.STOCK
            ids = stocking.order_goods(actor(), units, kind, form.key.data)
    except DomainError as error:
        if error.status == 404:
            raise
        form.show(error)
        return _buy_page(product_id, form), error.status
    flash("样品单已付款，到货后可以验货。" if sample else "进货单已付款，供应商会在时效内发货。", "success")
    return redirect(url_for("supply.stock_order", stock_order_id=ids[0]))


def _whole(name: str) -> int:
    text = request.form.get(name, "").strip() or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise InvalidInput("数量请填写整数。", field=name)
    return int(text)


def _order_page(order_id: int, refusal: str = "") -> str:
    who = actor()
    order = stocking.get_order(who, order_id)
    return render_template(
        "supply/stock_order.html",
        order=order,
        kinds=STOCK_KIND_NAMES,
        stock_names=STOCK_NAMES,
        stock_tones=STOCK_TONES,
        can_receive=STOCK_FLOW.allows(order.state, "receive", who),
        can_cancel=STOCK_FLOW.allows(order.state, "cancel", who),
        refusal=refusal,
        typed=request.form,
        form=KeyForm(formdata=None),
        now=sim_now(who.world()),
    )


@blueprint.get("/stock/orders/<int:stock_order_id>")
@requires(Permission.SUPPLY_USE)
def stock_order(stock_order_id: int) -> str:
    """One stocking order."""
    return _order_page(stock_order_id)


@blueprint.post("/stock/orders/<int:stock_order_id>/receive")
@requires(Permission.SUPPLY_USE)
def receive_goods(stock_order_id: int) -> Response | tuple[str, int]:
    """验收入库."""
    order = stocking.get_order(actor(), stock_order_id)
    try:
        counted = {line.id: Counted(_whole(f"good-{line.id}"), _whole(f"bad-{line.id}")) for line in order.lines}
        with unit_of_work():
            stocking.receive(actor(), stock_order_id, counted)
    except DomainError as error:
        return _order_page(stock_order_id, error.message), error.status
    flash("已验收入库；破损的由供应商退款。", "success")
    return redirect(url_for("supply.stock_order", stock_order_id=stock_order_id))


@blueprint.post("/stock/orders/<int:stock_order_id>/cancel")
@requires(Permission.SUPPLY_USE)
def cancel_stock_order(stock_order_id: int) -> Response | tuple[str, int]:
    """取消进货."""
    try:
        with unit_of_work():
            stocking.cancel(actor(), stock_order_id)
    except DomainError as error:
        if error.status == 404:
            raise
        return _order_page(stock_order_id, error.message), error.status
    flash("进货单已取消，货款已退回钱包。", "success")
    return redirect(url_for("supply.stock_order", stock_order_id=stock_order_id))


@blueprint.get("/profit")
@requires(Permission.SUPPLY_USE)
def profit_report() -> str:
    """毛利报表."""
    shop = mall_client.my_shop(actor())
    return render_template("supply/profit.html", rows=profit.report(actor(), shop.id if shop else 0))
