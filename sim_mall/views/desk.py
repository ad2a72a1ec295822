"""The seller's desk, registration of the shop, funds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.core.permissions import Permission
from app.core.web.access import actor, requires
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import SHOP_NAMES, ShopState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.shops import Shop
from sim_mall.services import aftersales, desk, goods_lists, order_lists, ratings
from sim_mall.services.order_lists import SellerTab
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.seats import seat_here
from sim_mall.views.shown import hundredths

DELTAS = {True: "good", False: "bad"}


def shop_or_register(power: ShopPower = ShopPower.DESK) -> Shop | Response:
    """Return the running shop that the actor works in, or the way to register one.

    Raises Forbidden when the actor's role in the shop does not hold the power.
    """
    found = seat_here(actor())
    if found is None or found.shop.state not in access.VISIBLE:
        return redirect(url_for("seller.register"))
    return access.shop_at(found, power)


def _delta(now: int, before: int) -> tuple[str, str]:
    if not before:
        return ("昨日 0", "")
    change = (now - before) * 100 // before
    return (f"较昨日 {'+' if change >= 0 else ''}{change}%", DELTAS[change >= 0])


@seller.get("/")
@requires(Permission.MALL_SELL)
def home() -> Answer:
    """What is to be done, today against yesterday, money, goods that run out."""
    shop = shop_or_register()
    if not isinstance(shop, Shop):
        return shop
    now = sim_now(shop.world_id)
    today, before = desk.day(shop, desk.day_start(now)), desk.day(shop, desk.day_start(now) - timedelta(days=1))
    trend = desk.paid_by_day(shop)
    counts, states = order_lists.seller_counts(shop), goods_lists.state_counts(shop)
    low = desk.low_stock(shop)
    return render_template(
        "mall/seller/home.html",
        shop=shop,
        shop_name=shop.name,
        state=SHOP_NAMES[shop.state],
        counts=counts,
        tabs=SellerTab,
        tickets=aftersales.open_count(shop.id),
        low=low,
        on_sale=states.get(ListingState.ON_SALE, 0),
        today=today,
        deltas={
            "paid_fen": _delta(today.paid_fen, before.paid_fen),
            "paid": _delta(today.paid, before.paid),
            "buyers": _delta(today.buyers, before.buyers),
            "refunded_fen": (f"昨日 {before.refunded_fen // 100} 元" if before.refunded_fen else "昨日 0", ""),
        },
        money=desk.money(shop),
        scores=ratings.dsr(shop.world_id, shop.id),
        hundredths=hundredths,
        trend=_chart(trend),
        rows=[(f"{start.month}月{start.day}日", count, f"{fen // 100}.{fen % 100:02d}") for start, count, fen in trend],
        suspended=shop.state == ShopState.SUSPENDED,
    )


def _chart(trend: list[tuple[Any, int, int]]) -> dict[str, Any]:
    return {
        "grid": {"left": 8, "right": 8, "top": 28, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [f"{start.month}/{start.day}" for start, _, _ in trend]},
        "yAxis": {"type": "value", "name": "元", "minInterval": 1},
        "series": [
            {
                "name": "支付金额",
                "type": "line",
                "smooth": True,
                "areaStyle": {"opacity": 0.12},
                "data": [fen / 100 for _, _, fen in trend],
            }
        ],
    }
