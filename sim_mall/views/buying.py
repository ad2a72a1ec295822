"""From the cart to the payment: cart, checkout, cash desk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput, Refused
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from app.ledger import book
from sim_mall import access
from sim_mall.domain.order_flow import CLOSE_REASONS, OrderState
from sim_mall.models.trade import Address
from sim_mall.services import addresses, cart, orders, payments
from sim_mall.services.checkout import MAX_LINES, Choice
from sim_mall.services.offers import GroupChoice
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import back, deadline, digits, done, goods_picture, line_picture, number

# a refused submit that shows the page again, priced as things are now
SHOWN_AGAIN = frozenset(
    {"price_changed", "out_of_stock", "no_ship", "limit", "coupon_unusable", "wrong_state", "insufficient_funds"}
)


def _cart_shops(rows: Sequence[cart.CartRow]) -> list[dict[str, Any]]:
    found = []
    for _, group in groupby(rows, key=lambda row: row.listing.shop_id):
        items = list(group)
        found.append({"shop": items[0].listing.shop, "rows": [(row, goods_picture(row.listing)) for row in items]})
    return found


def _cart_bill(ticked: Sequence[cart.CartRow]) -> orders.Checkout | None:
    """Price what is ticked with the best coupons, None when nothing is or when it is too much for one order."""
    if not ticked or len(ticked) > MAX_LINES:
        return None
    return orders.check_out(actor(), [orders.Wanted(row.sku.id, row.item.quantity) for row in ticked])


@mall.get("/cart")
@requires(Permission.MALL_BUY)
def show_cart() -> Answer:
    """The cart, shop by shop."""
    rows = cart.rows(actor())
    ticked = [row for row in rows if row.item.ticked and not row.problem]
    bill = _cart_bill(ticked)
    return render_template(
        "mall/cart.html",
        shops=_cart_shops(rows),
        total=bill.quote.goods_payable if bill else 0,
        discounts=[(words, -fen) for words, fen in bill.discounts()] if bill else [],
        base=bill.base if bill else 0,
        notes={line.sku.id: bill.notes[place] for place, line in enumerate(bill.lines) if place in bill.notes}
        if bill
        else {},
        paid={line.sku.id: line_paid.payable for line, line_paid in zip(bill.lines, bill.quote.lines, strict=True)}
        if bill
        else {},
        count=sum(row.item.quantity for row in ticked),
        blocked=[row for row in rows if row.item.ticked and row.problem],
    )


@mall.post("/cart/items")
@requires(Permission.MALL_BUY)
def add_to_cart() -> Answer:
    """加入购物车, or 立即购买 when the button says so."""
    sku_id, quantity = number("sku"), number("quantity", default=1)
    if request.form.get("action") == "buy":
        return redirect(url_for("mall.checkout", sku=sku_id, quantity=quantity))
    with unit_of_work():
        cart.add_to_cart(actor(), sku_id, quantity)
    done("已加入购物车。")
    return back("mall.show_cart")


@mall.post("/cart")
@requires(Permission.MALL_BUY)
def update_cart() -> Answer:
    """Set quantities and ticks; go to the checkout when that button was pressed."""
    quantities: dict[int, int] = {}
    for name, text in request.form.items():
        item, quantity = digits(name.removeprefix("quantity-")), digits(text.strip())
        if name.startswith("quantity-") and item is not None:
            if quantity is None:
                raise InvalidInput("购买数量请填写整数。", field="quantity")
            quantities[item] = quantity
    ticked = [item for text in request.form.getlist("ticked") if (item := digits(text)) is not None]
    with unit_of_work():
        cart.update_cart(actor(), quantities, ticked)
    if request.form.get("action") == "checkout":
        return redirect(url_for("mall.checkout"))
    return redirect(url_for("mall.show_cart"))


@mall.post("/cart/items/<int:item_id>/remove")
@requires(Permission.MALL_BUY)
def remove_item(item_id: int) -> Answer:
    """Take one line out."""
    with unit_of_work():
        cart.remove_item(actor(), item_id)
    done("已从购物车移除。")
    return redirect(url_for("mall.show_cart"))


def _choice(source: Mapping[str, str], *, sent: bool) -> Choice:
    """Return the coupons and the group that the page names; sent: a page that names no coupon means none."""
    named = [text for name, text in source.items() if name.startswith("coupon-")]
    coupons = tuple(found for text in named if (found := digits(text)) is not None)
    group = digits(source.get("group", ""))
    join = digits(source.get("join", ""))
    return Choice(
        coupons=coupons if named or sent else None,
        group=GroupChoice(group, join) if group is not None else None,
        points=digits(source.get("points", "").strip()) or 0,
    )


def _wanted(source: Mapping[str, str]) -> tuple[list[orders.Wanted], dict[str, int]]:
    """Return what is to be bought: one SKU named in the request, else the ticked lines of the cart."""
    if source.get("sku"):
        sku, quantity = digits(source["sku"]), digits(source.get("quantity", "1"))
        if sku is None or quantity is None:
            raise InvalidInput("请重新选择要购买的商品。", field="sku")
        return [orders.Wanted(sku, quantity)], {"sku": sku, "quantity": quantity}
    rows = cart.rows(actor(), only_ticked=True)
    return [orders.Wanted(row.sku.id, row.item.quantity) for row in rows if not row.problem], {}


def _checkout_page(bill: orders.Checkout, direct: dict[str, int], *, key: str, error: DomainError | None = None) -> str:
    found = addresses.addresses(actor())
    chosen = request.form.get("address") or request.args.get("address") or (str(found[0].id) if found else "")
    by_shop = []
    for entry in bill.quote.freight:
        shop_id, fee = entry.shop, entry.fee
        lines = [(bill.lines[int(line.id)], line) for line in bill.quote.of_shop(shop_id)]
        by_shop.append(
            {
                "shop": lines[0][0].listing.shop,
                "lines": [
                    (line, priced, goods_picture(line.listing), bill.notes.get(int(priced.id), ""))
                    for line, priced in lines
                ],
                "freight": fee,
                "discounts": [(words, -fen) for words, fen in bill.discounts(shop_id)],
                "coupons": [option for option in bill.options if option.shop_id == shop_id],
                "goods": sum(priced.payable for _, priced in lines),
                "message": request.values.get(f"message-{shop_id}", ""),
                "promise": None,
            }
        )
    group = bill.group_choice
    here = url_for(
        "mall.checkout",
        sku=direct.get("sku"),
        quantity=direct.get("quantity"),
        group=group.promotion_id if group else None,
        join=group.group_id if group else None,
    )
    unsendable = [bill.lines[place].listing.title for place in bill.blocked]
    return render_template(
        "mall/checkout.html",
        shops=by_shop,
        bill=bill,
        rows=[
            ("商品原价", bill.base),
            *((words, -fen) for words, fen in bill.discounts()),
            ("运费" if bill.quote.freight_total else "运费（包邮）", bill.quote.freight_total),
        ],
        platform_coupons=[option for option in bill.options if option.shop_id is None],
        group=group,
        addresses=found,
        chosen=chosen,
        direct=direct,
        shown=json.dumps(bill.shown(), separators=(",", ":")),
        key=key,
        error=error,
        back=here,
        unsendable=unsendable,
        wallet=book.balance(actor().world(), book.wallet(actor().person())),
        count=sum(line.quantity for line in bill.lines),
    )


@mall.get("/checkout")
@requires(Permission.MALL_BUY)
def checkout() -> Answer:
    """The price breakdown before the order is submitted."""
    wanted, direct = _wanted(request.args)
    if not wanted:
        return redirect(url_for("mall.show_cart"))
    try:
        bill = _bill(wanted, _choice(request.args, sent=False))
    except Refused as error:
        if error.code != "coupon_unusable":
            raise
        return _checkout_page(_bill(wanted, Choice()), direct, key=new_key(), error=error)
    return _checkout_page(bill, direct, key=new_key())


def _chosen_address() -> Address | None:
    """Return the address that the page is about: the one named in the request, else the default one."""
    found = addresses.addresses(actor())
    named = request.form.get("address") or request.args.get("address")
    return next((row for row in found if str(row.id) == named), found[0] if found else None)


def _bill(wanted: Sequence[orders.Wanted], choice: Choice) -> orders.Checkout:
    """Price what is wanted, with the freight to the chosen address."""
    address = _chosen_address()
    return orders.check_out(actor(), wanted, region=address.division_code if address else "", choice=choice)


def _shown() -> dict[str, Any]:
    try:
        found = json.loads(request.form.get("shown", ""))
    except ValueError as error:
        raise InvalidInput("结算信息不完整，请重新进入结算页。", field="shown") from error
    if not isinstance(found, dict) or not isinstance(found.get("prices"), dict):
        raise InvalidInput("结算信息不完整，请重新进入结算页。", field="shown")
    return found


@mall.post("/checkout")
@requires(Permission.MALL_BUY)
def submit_order() -> Answer:
    """提交订单: one order per shop; a changed price comes back with old and new."""
    key = form_key(request.form)
    wanted, direct = _wanted_of_form()
    shown = _shown()
    try:
        orders.refuse_late(actor(), shown, key)
    except Refused as late:
        return _gone(late, direct)
    choice = _choice(request.form, sent=True)
    messages = {
        shop: clean_text(text)[:200]
        for name, text in request.form.items()
        if name.startswith("message-") and text.strip() and (shop := digits(name[8:])) is not None
    }
    address_id = number("address", default=0)
    if not address_id:
        missing = InvalidInput("请先选择收货地址。", field="address")
        return _checkout_page(_bill(wanted, choice), direct, key=key, error=missing), 400
    address = access.get_address(actor(), address_id)
    try:
        with unit_of_work():
            ids = orders.submit_orders(
                actor(),
                wanted,
                addresses.receiver_of(address),
                key=key,
                shown=shown,
                messages=messages,
                choice=choice,
            )
    except DomainError as error:
        if error.code == "flash_gone":
            return _gone(error, direct)
        if error.code in SHOWN_AGAIN:
            again = replace(choice, coupons=None) if error.code in {"coupon_unusable", "wrong_state"} else choice
            page = _checkout_page(_bill(wanted, again), direct, key=new_key(), error=error)
            return page, error.status
        raise
    batch = access.get_bought_order(actor(), ids[0]).batch
    return redirect(url_for("mall.pay_desk", batch=batch))


def _gone(error: DomainError, direct: dict[str, int]) -> Answer:
    """Answer who came too late for a flash sale: a small page, for there are many of them at once."""
    return render_template("mall/flash_gone.html", error=error, direct=direct), error.status


def _wanted_of_form() -> tuple[list[orders.Wanted], dict[str, int]]:
    """Return the lines that the checkout page listed, so that a second submit has the same body."""
    pairs = request.form.getlist("line")
    found = []
    for pair in pairs:
        sku, quantity = (digits(text) for text in pair.partition("x")[::2])
        if sku is None or quantity is None:
            raise InvalidInput("结算信息不完整，请重新进入结算页。", field="line")
        found.append(orders.Wanted(sku, quantity))
    direct: dict[str, int] = {}
    if request.form.get("direct") and len(found) == 1:
        direct = {"sku": found[0].sku_id, "quantity": found[0].quantity}
    return found, direct


def _desk(batch: str, *, key: str, error: DomainError | None = None) -> str:
    found = orders.orders_of_batch(actor(), batch)
    due = [order for order in found if order.state == OrderState.PENDING_PAY]
    balance = book.balance(actor().world(), book.wallet(actor().person()))
    total = sum(order.payable for order in due)
    return render_template(
        "mall/pay.html",
        orders=[(order, [(line, line_picture(line)) for line in order.lines]) for order in found],
        due=due,
        total=total,
        wallet=balance,
        short=max(total - balance, 0),
        deadline=deadline(due[0].world_id, min(order.pay_by for order in due)) if due else None,
        batch=batch,
        at_payment=any(line.at_payment for order in due for line in order.lines),
        key=key,
        error=error,
        closed=all(order.state == OrderState.CLOSED for order in found),
    )


@mall.get("/pay/<batch>")
@requires(Permission.MALL_BUY)
def pay_desk(batch: str) -> Answer:
    """The cash desk for orders submitted together."""
    return _desk(batch, key=new_key())


@mall.post("/pay/<batch>")
@requires(Permission.MALL_BUY)
def pay(batch: str) -> Answer:
    """支付 from the wallet."""
    key = form_key(request.form)
    found = orders.orders_of_batch(actor(), batch)
    ids = [order.id for order in found if str(order.id) in request.form.getlist("order")]
    try:
        with unit_of_work():
            lost = payments.pay_orders(actor(), ids, key)
    except DomainError as error:
        if error.code in {"insufficient_funds", "not_payable"}:
            return _desk(batch, key=new_key(), error=error), error.status
        raise
    if lost:
        rest = "，其余订单支付成功" if len(lost) < len(ids) else ""
        closed = [order for order in orders.orders_of_batch(actor(), batch) if order.id in lost]
        why = "；".join(sorted({CLOSE_REASONS[order.close_reason] for order in closed if order.close_reason}))
        flash(f"来晚一步：{len(lost)} 笔订单没有成交（{why}），货款已自动退回钱包{rest}。", "error")
    else:
        done("支付成功，等待卖家发货。")
    target: Response = redirect(url_for("mall.order", order_id=ids[0]) if len(ids) == 1 else url_for("mall.orders"))
    return target
