"""Orders in the seller centre: tabs and filters, one order, shipping."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts.scopes import account_names
from app.core.clock import local
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.order_flow import FLAG_NAMES, CloseReason, Flag, OrderSource, OrderState
from sim_mall.domain.parcel_flow import ParcelState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.waybill import EXAMPLES
from sim_mall.forms.desk import MarkForm, PriceForm
from sim_mall.forms.trade import CloseOrderForm, ShipForm
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services import invoices, order_lists, orders, shipping
from sim_mall.services.order_lists import SELLER_TABS, OrderFilter, SellerTab
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

TO_SHIP = (OrderState.PAID, OrderState.PART_SHIPPED)


def _day(name: str, more: timedelta = timedelta(0)) -> datetime | None:
    """Return the beginning of the day that the address names, in simulated time of Shanghai."""
    text = request.args.get(name, "")
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=local(sim_now(actor().world())).tzinfo) + more
    except ValueError:
        return None


def asked_filter() -> OrderFilter:
    """Return what the address asks for; anything unusable counts as not asked."""

    def among(name: str, values: set[str]) -> str:
        found = request.args.get(name, "")
        return found if found in values else ""

    return OrderFilter(
        tab=SellerTab(among("tab", {tab.value for tab in SellerTab}) or SellerTab.ALL),
        q=request.args.get("q", "").strip()[:60],
        source=among("source", {source.value for source in OrderSource}),
        flag=among("flag", {"any", *(flag.value for flag in Flag if flag)}),
        in_after_sale=request.args.get("refund") == "1",
        placed_from=_day("from"),
        placed_to=_day("to", timedelta(days=1)),
    )


@seller.get("/orders/", endpoint="orders")
@requires(Permission.MALL_SELL)
def order_list() -> Answer:
    """订单管理, by state, with filters."""
    shop = shop_or_register(ShopPower.ORDERS)
    if not isinstance(shop, Shop):
        return shop
    wanted = asked_filter()
    page = paginate(order_lists.sold(shop, wanted), page_number(), 15)
    counts = order_lists.seller_counts(shop)
    tickets = order_lists.open_tickets([order.id for order in page.items])
    names = account_names({order.buyer_id for order in page.items})
    now = sim_now(shop.world_id)
    asked: dict[str, Any] = {name: request.args[name] for name in request.args if name not in {"page", "tab"}}
    return render_template(
        "mall/seller/orders.html",
        shop_name=shop.name,
        wanted=wanted,
        asked=request.args,
        plain=wanted.is_plain and not wanted.q,
        flags=[("", "全部旗标"), ("any", "已插旗"), *((flag.value, name) for flag, name in FLAG_NAMES.items() if flag)],
        tabs=[
            {
                "label": label,
                "url": url_for("seller.orders", **{**asked, "tab": key}),
                "active": key is wanted.tab,
                "count": counts[key],
            }
            for key, label in SELLER_TABS.items()
        ],
        page=page,
        cards=[
            {
                **order_card(order, tickets, set()),
                "buyer": names.get(order.buyer_id, ""),
                "at": when(order.placed_at, now),
                "can_ship": _can_ship(order),
                "flag": FLAG_NAMES[order.flag] if order.flag else "",
            }
            for order in page.items
        ],
    )


def _can_ship(order: Order) -> bool:
    return order.state in TO_SHIP and any(line.shippable for line in order.lines)


def order_page(
    found: Order,
    ship: ShipForm | None = None,
    close: CloseOrderForm | None = None,
    price: PriceForm | None = None,
    mark: MarkForm | None = None,
) -> str:
    """Return the page of one order; the form that was refused comes along with its errors."""
    now = sim_now(found.world_id)

    def show(moment: Any) -> str:
        return when(moment, now)

    tracks = order_lists.tracks(found)
    asked = [line for line in found.lines if line.applying_unshipped]
    unpaid = found.state == OrderState.PENDING_PAY
    prices = {"goods": found.goods_payable, "freight": found.freight}
    marks = {"flag": found.flag.value, "seller_note": found.seller_note}
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
        can_report=_can_ship(found),
        blocked=bool(asked) and found.state in TO_SHIP,
        can_close=unpaid,
        can_change_price=unpaid and found.price_changed_at is None,
        flag=FLAG_NAMES[found.flag] if found.flag else "",
        invoice=invoices.invoice_of(found.id),
        ship_deadline=deadline(found.world_id, found.ship_by) if found.state in TO_SHIP else None,
        pay_deadline=deadline(found.world_id, found.pay_by) if unpaid else None,
        at_payment=unpaid and any(line.at_payment for line in found.lines),
        sold_out=found.close_reason == CloseReason.SOLD_OUT,
        receive_deadline=deadline(found.world_id, found.receive_by),
        paused=found.receive_left is not None,
        ship=ship or ShipForm(formdata=None),
        close=close or CloseOrderForm(formdata=None),
        price=price or PriceForm(formdata=None, data=prices),
        mark=mark or MarkForm(formdata=None, data=marks),
        examples=EXAMPLES,
        income=found.payable - found.refunded - found.fee + found.fee_back + found.subsidy - found.subsidy_back,
        waiting={track.parcel.id for track in tracks if _waits(track.parcel)},
        show=show,
    )


def _waits(parcel: Any) -> bool:
    return parcel.state == ParcelState.SHIPPED and not parcel.with_carrier


@seller.get("/orders/<int:order_id>")
@requires(Permission.MALL_SELL)
def order(order_id: int) -> Answer:
    """One order of the shop."""
    return order_page(access.get_sold_order(actor(), order_id))


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
    form = ShipForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                shipping.ship_order(
                    actor(),
                    order_id,
                    _units(),
                    form.carrier.data,
                    form.waybill.data,
                    form.key.data,
                    with_carrier=not form.later.data,
                )
        except DomainError as error:
            if error.code in {"key_reused", "not_found", "wrong_state", "forbidden"}:
                raise
            form.show(error)
            status = error.status
        else:
            done("发货成功，买家会收到通知。")
            return redirect(url_for("seller.order", order_id=order_id))
    return order_page(access.get_sold_order(actor(), order_id), ship=form), status


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
    return order_page(access.get_sold_order(actor(), order_id), close=form), 400
