"""Orders in the seller centre: tabs, one order, shipping."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.order_flow import OrderSource, OrderState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import EXAMPLES
from sim_mall.forms.trade import CloseOrderForm, WaybillForm
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services import order_lists, orders, shipping
from sim_mall.services.order_lists import SELLER_TABS, SellerTab
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.bought import line_rows, parcel_rows, ticket_rows
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import (
    ORDER_TONES,
    deadline,
    digits,
    done,
    is_late,
    order_card,
    state_name,
    timeline,
)


def _tab() -> SellerTab:
    try:
        return SellerTab(request.args.get("tab", SellerTab.ALL))
    except ValueError:
        return SellerTab.ALL


@seller.get("/orders/", endpoint="orders")
@requires(Permission.MALL_SELL)
def order_list() -> Answer:
    """订单管理, by state."""
    shop = shop_or_register(ShopPower.ORDERS)
    if not isinstance(shop, Shop):
        return shop
    tab, q = _tab(), request.args.get("q", "").strip()[:60]
    page = paginate(order_lists.sold(shop, tab, q), page_number(), 15)
    counts = order_lists.seller_counts(shop)
    tickets = order_lists.open_tickets([order.id for order in page.items])
    names = account_names({order.buyer_id for order in page.items})
    now = sim_now(shop.world_id)
    return render_template(
        "mall/seller/orders.html",
        shop_name=shop.name,
        tab=tab,
        q=q,
        tabs=[
            {"label": label, "url": url_for("seller.orders", tab=key), "active": key is tab, "count": counts[key]}
            for key, label in SELLER_TABS.items()
        ],
        page=page,
        cards=[
            {
                **order_card(order, tickets, set()),
                "buyer": names.get(order.buyer_id, ""),
                "at": when(order.placed_at, now),
                "can_ship": _can_ship(order),
            }
            for order in page.items
        ],
    )


def _can_ship(order: Order) -> bool:
    return order.state in (OrderState.PAID, OrderState.PART_SHIPPED) and any(line.shippable for line in order.lines)


def _page(found: Order, ship: WaybillForm, close: CloseOrderForm) -> str:
    now = sim_now(found.world_id)

    def show(moment: Any) -> str:
        return when(moment, now)

    tracks = order_lists.tracks(found)
    asked = [line for line in found.lines if line.applying_unshipped]
    return render_template(
        "mall/seller/order.html",
        shop_name=found.shop_name,
        order=found,
        state=state_name(found),
        tone=ORDER_TONES[found.state],
        live=found.source == OrderSource.LIVE,
        late=is_late(found),
        buyer=account_names({found.buyer_id}).get(found.buyer_id, ""),
        lines=line_rows(found),
        parcels=parcel_rows(tracks, show),
        timeline=timeline(found, tracks, show),
        tickets=ticket_rows(found),
        can_ship=_can_ship(found),
        blocked=bool(asked) and found.state in (OrderState.PAID, OrderState.PART_SHIPPED),
        can_close=found.state == OrderState.PENDING_PAY,
        ship_deadline=deadline(found.world_id, found.ship_by)
        if found.state in (OrderState.PAID, OrderState.PART_SHIPPED)
        else None,
        pay_deadline=deadline(found.world_id, found.pay_by) if found.state == OrderState.PENDING_PAY else None,
        receive_deadline=deadline(found.world_id, found.receive_by),
        paused=found.receive_left is not None,
        ship=ship,
        close=close,
        examples=EXAMPLES,
        income=found.payable - found.refunded - found.fee + found.fee_back,
        show=show,
    )


@seller.get("/orders/<int:order_id>")
@requires(Permission.MALL_SELL)
def order(order_id: int) -> Answer:
    """One order of the shop."""
    found = access.get_sold_order(actor(), order_id)
    return _page(found, WaybillForm(), CloseOrderForm())


def _units() -> dict[int, int]:
    units = {}
    for name, text in request.form.items():
        line = digits(name.removeprefix("units-"))
        if name.startswith("units-") and line is not None and text.strip():
            count = digits(text.strip())
            if count is None:
                raise InvalidInput("发货数量请填写整数。", field="units")
            units[line] = count
    return units


@seller.post("/orders/<int:order_id>/ship")
@requires(Permission.MALL_SELL)
def ship_order(order_id: int) -> Answer:
    """发货, whole or in part."""
    form = WaybillForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                shipping.ship_order(actor(), order_id, _units(), form.carrier.data, form.waybill.data, form.key.data)
        except DomainError as error:
            if error.code in {"key_reused", "not_found", "wrong_state"}:
                raise
            form.show(error)
            status = error.status
        else:
            done("发货成功，买家会收到通知。")
            return redirect(url_for("seller.order", order_id=order_id))
    found = access.get_sold_order(actor(), order_id)
    return _page(found, form, CloseOrderForm(formdata=None)), status


@seller.post("/orders/<int:order_id>/close")
@requires(Permission.MALL_SELL)
def close_order(order_id: int) -> Answer:
    """关闭订单: an unpaid one, with a reason for the buyer."""
    form = CloseOrderForm()
    if form.accept():
        with unit_of_work():
            orders.close_order(actor(), order_id, form.reason.data)
        done("订单已关闭。")
        return redirect(url_for("seller.order", order_id=order_id))
    return _page(access.get_sold_order(actor(), order_id), WaybillForm(formdata=None), form), 400
