"""What templates need of rows: cards, deadlines, flags. Rules stay in domain and services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, g, redirect, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import InvalidInput
from app.core.flow import StateEvent, history
from app.core.money import half_up
from app.core.web.access import local_path
from app.core.web.formats import duration_zh, yuan
from app.core.web.picture_views import picture_url
from app.worlds.clock import sim_now
from sim_mall.domain.order_flow import CLOSE_REASONS, ORDER_FLOW, ORDER_NAMES, OrderSource, OrderState
from sim_mall.domain.parcel_flow import PARCEL_NAMES
from sim_mall.domain.traffic import Source, source_of
from sim_mall.domain.waybill import carrier_name
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services.order_lists import Track

ORDER_TONES = {
    OrderState.PENDING_PAY: "warn",
    OrderState.PAID: "room",
    OrderState.PART_SHIPPED: "room",
    OrderState.SHIPPED: "info",
    OrderState.COMPLETED: "good",
    OrderState.CLOSED: "quiet",
}


def number(name: str, *, form: bool = True, default: int | None = None) -> int:
    """Return a whole number of the request. Raises InvalidInput when it is none and there is no default."""
    found = digits((request.form if form else request.args).get(name, "").strip())
    if found is not None:
        return found
    if default is not None:
        return default
    raise InvalidInput("请求里缺少必要的数字，请刷新页面后重试。", field=name)


def back(endpoint: str, **values: Any) -> Response:
    """Return to the page that the form named, else to the endpoint."""
    return redirect(local_path(request.form.get("back")) or url_for(endpoint, **values))


def came_from() -> Source:
    """Return where this view of a page came from: the link's ``?from=`` or the page before."""
    return source_of(local_path(request.referrer), request.args.get("from", ""))


def done(text: str) -> None:
    """Say that something was done."""
    flash(text, "success")


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something is to be done, in simulated time."""

    at: datetime
    seconds: int

    @property
    def over(self) -> bool:
        return self.seconds <= 0

    @property
    def text(self) -> str:
        return "已到时限" if self.over else duration_zh(self.seconds)


def page_now(world_id: int) -> datetime:
    """Return the simulated moment of this page: read once, the same for every row."""
    if "mall_now" not in g:
        g.mall_now = sim_now(world_id)
    moment: datetime = g.mall_now
    return moment


def deadline(world_id: int, moment: datetime | None) -> Deadline | None:
    """Return a deadline with what is left of it."""
    if moment is None:
        return None
    return Deadline(moment, int((moment - page_now(world_id)).total_seconds()))


def digits(text: str) -> int | None:
    """Return the number that a text of up to nine digits says, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def rating_text(points: int, count: int) -> str:
    """Return the mean of three scores as '4.8', '' below one review. points: sum of all scores."""
    if not count:
        return ""
    tenths = half_up(points * 10, 3 * count)
    return f"{tenths // 10}.{tenths % 10}"


def hundredths(value: int | None) -> str:
    """Return a mean times 100 as '4.83', '—' for None."""
    return "—" if value is None else f"{value // 100}.{value % 100:02d}"


def card(listing: Listing, *, with_shop: bool = True) -> dict[str, Any]:
    """Return a listing as the product card shows it."""
    return {
        "url": url_for("mall.product", listing_id=listing.id),
        "title": listing.title,
        "picture": goods_picture(listing),
        "price_fen": listing.price_from,
        "sold": listing.sold,
        "shop_name": listing.shop.name if with_shop else "",
        "rating": rating_text(listing.rating_sum, listing.rating_count),
        "badge": "包邮" if listing.free_shipping else "",
    }


def picture_path(name: str, *, small: bool = False) -> str:
    """Return the address of an uploaded picture of goods."""
    return url_for("mall.goods_picture", name=name, size="s" if small else None)


def goods_picture(listing: Listing, *, small: bool = True) -> str:
    """Return the address of a listing's cover: uploaded, else drawn."""
    if listing.pictures:
        return picture_path(listing.pictures[0], small=small)
    return picture_url("product", listing.title, f"{listing.category.l1} {listing.category.l2}".strip())


def line_picture(line: OrderLine) -> str:
    """Return the address of the picture of an order line: as it was when ordered."""
    if line.picture:
        return picture_path(line.picture, small=True)
    return picture_url("product", line.title, line.category)


def state_name(order: Order) -> str:
    """Return the state of an order in words, with why it was closed."""
    if order.state == OrderState.CLOSED and order.close_reason is not None:
        return f"交易关闭（{CLOSE_REASONS[order.close_reason]}）"
    return ORDER_NAMES[order.state]


def is_late(order: Order) -> bool:
    """Say whether the promise to ship has passed with goods still in the shop."""
    return (
        order.state in (OrderState.PAID, OrderState.PART_SHIPPED)
        and order.ship_by is not None
        and order.ship_by < page_now(order.world_id)
    )


def order_card(order: Order, tickets: set[int], reviewed: set[int], to_review: bool = False) -> dict[str, Any]:
    """Return an order as the lists show it, with the flags that decide its buttons."""
    return {
        "order": order,
        "state": ORDER_NAMES[order.state],
        "tone": ORDER_TONES[order.state],
        "live": order.source == OrderSource.LIVE,
        "late": is_late(order),
        "in_after_sale": order.id in tickets,
        "lines": [(line, line_picture(line)) for line in order.lines],
        "count": sum(line.quantity for line in order.lines),
        "can_pay": order.state == OrderState.PENDING_PAY,
        "can_cancel": order.state == OrderState.PENDING_PAY,
        "can_confirm": order.state == OrderState.SHIPPED and order.id not in tickets,
        "can_review": order.state == OrderState.COMPLETED and order.id not in reviewed and not to_review,
        "receive_deadline": deadline(order.world_id, order.receive_by) if order.state == OrderState.SHIPPED else None,
        "pay_deadline": deadline(order.world_id, order.pay_by) if order.state == OrderState.PENDING_PAY else None,
        "ship_deadline": deadline(order.world_id, order.ship_by)
        if order.state in (OrderState.PAID, OrderState.PART_SHIPPED)
        else None,
    }


_TITLES = {
    "change_price": ("卖家修改了价格", "tag", "room"),
    "pay_ok": ("买家已付款", "wallet", "good"),
    "cancel": ("买家取消了订单", "circle-x", "quiet"),
    "seller_close": ("卖家关闭了订单", "circle-x", "quiet"),
    "timeout": ("超时未付款，自动取消", "hourglass", "quiet"),
    "ship_part": ("部分商品已发货", "truck-delivery", "room"),
    "ship_all": ("商品已全部发货", "truck-delivery", "room"),
    "rest_refunded": ("其余商品已退款", "receipt-refund", "quiet"),
    "confirm": ("买家确认收货", "circle-check", "good"),
    "auto_receive": ("超过时限，自动确认收货", "circle-check", "good"),
    "group_failed": ("拼团未成团，已全额退款", "users", "quiet"),
    "sold_out": ("付款时已售完，已自动退款", "receipt-refund", "quiet"),
    "all_refunded": ("全部退款，交易关闭", "receipt-refund", "quiet"),
}


def _event_item(event: StateEvent, show: Any) -> dict[str, Any]:
    title, icon, tone = _TITLES.get(event.event, (event.event, "point", "quiet"))
    return {"at": show(event.sim_at), "title": title, "icon": icon, "tone": tone, "moment": event.sim_at}


def timeline(order: Order, tracks: Sequence[Track], show: Any) -> list[dict[str, Any]]:
    """Return what happened to an order, newest first. show: how a simulated moment is written."""
    items = [
        {
            "at": show(order.placed_at),
            "title": "买家提交订单",
            "text": f"应付 {yuan(order.payable)}",
            "icon": "shopping-bag",
            "tone": "quiet",
            "moment": order.placed_at,
        }
    ]
    items += [_event_item(event, show) for event in history(ORDER_FLOW, order.id)]
    for track in tracks:
        label = f"{carrier_name(track.parcel.carrier)} {track.parcel.waybill}"
        for event in track.events:
            items.append(
                {
                    "at": show(event.sim_at),
                    "title": f"包裹{PARCEL_NAMES[event.target]}",
                    "text": label,
                    "icon": "package",
                    "tone": "quiet",
                    "moment": event.sim_at,
                }
            )
    # equal moments keep the order in which they happened; the newest comes first
    return sorted(items, key=lambda item: item["moment"])[::-1]
