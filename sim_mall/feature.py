"""What the mall brings along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, url_for

from app.core.actor import Actor
from app.core.feature import Feature, HomeCard, MenuItem
from app.core.permissions import Permission, Role
from sim_mall import access, sockets
from sim_mall.commands import commands
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW
from sim_mall.domain.invoice_flow import INVOICE_FLOW
from sim_mall.domain.listing_flow import LISTING_FLOW
from sim_mall.domain.order_flow import ORDER_FLOW
from sim_mall.domain.parcel_flow import PARCEL_FLOW
from sim_mall.domain.payment_flow import PAYMENT_FLOW
from sim_mall.domain.promotion_flow import PROMOTION_FLOWS
from sim_mall.domain.refund_flow import REFUND_FLOW
from sim_mall.domain.rules.violation_flow import VIOLATION_FLOW
from sim_mall.domain.service_flow import SERVICE_FLOW
from sim_mall.domain.shop_flow import SHOP_FLOW, ShopState
from sim_mall.domain.shop_roles import MEMBER_FLOW, ROLE_NAMES, ShopPower
from sim_mall.models.shops import Shop
from sim_mall.services import (
    aftersales,
    cart,
    coupons,
    goods_lists,
    groups,
    members,
    notices,
    order_lists,
    order_sheets,
    orders,
    parcels,
    payments,
    practice,
    promotions,
    ranking,
    receiving,
    reviews,
    service_chat,
    shelves,
    shipping,
    shop_life,
    shops,
    visits,
)
from sim_mall.services import disputes as dispute_service
from sim_mall.services.order_closing import PAY_TIMEOUT
from sim_mall.services.order_lists import BuyerTab, SellerTab
from sim_mall.services.promises import SHIP_LATE
from sim_mall.services.rules import detecting
from sim_mall.services.rules.reading import appeals_waiting, unanswered
from sim_mall.services.service_desk import waiting_for_answer
from sim_mall.services.service_lists import unread_of_buyer
from sim_mall.views import (
    board,
    bought,
    bought_tickets,
    browse,
    buying,
    coupon_centre,
    decor,
    desk,
    disputes,
    funds,
    goods,
    goods_media,
    goods_tables,
    kept,
    market,
    me,
    receipts,
    registration,
    rule_cases,
    rules,
    seller_coupons,
    service_buyer,
    service_figures,
    service_practice,
    service_seller,
    shipping_desk,
    shop_categories,
    shop_reviews,
    sold,
    sold_changes,
    sold_reviews,
    sold_tickets,
    team,
    try_price,
)
from sim_mall.views import (
    freight as freight_pages,
)
from sim_mall.views import promotions as promotion_pages
from sim_mall.views.blueprints import mall, seller
from sim_mall.views.seats import seat_here

# modules that carry the routes
PAGES = (
    promotion_pages,
    seller_coupons,
    try_price,
    coupon_centre,
    market,
    board,
    browse,
    buying,
    bought,
    bought_tickets,
    me,
    desk,
    shop_categories,
    decor,
    funds,
    registration,
    shop_reviews,
    goods,
    goods_media,
    goods_tables,
    freight_pages,
    rules,
    rule_cases,
    service_buyer,
    service_seller,
    service_figures,
    service_practice,
    sold,
    sold_changes,
    sold_reviews,
    sold_tickets,
    shipping_desk,
    receipts,
    kept,
    disputes,
    team,
)


def _shop(actor: Actor) -> Shop | None:
    found = seat_here(actor)
    return found.shop if found else None


def _with(power: ShopPower) -> Callable[[Actor], dict[str, Any] | None]:
    """Return what leaves a menu entry out for members whose role does not hold the power."""

    def arguments(actor: Actor) -> dict[str, Any] | None:
        found = seat_here(actor)
        return {} if found is None or found.may(power) else None

    return arguments


def _to_ship(actor: Actor) -> int:
    shop = _shop(actor)
    return order_lists.seller_counts(shop)[SellerTab.TO_SHIP] if shop else 0


def _open_tickets(actor: Actor) -> int:
    shop = _shop(actor)
    return aftersales.open_count(shop.id) if shop else 0


def _unread(actor: Actor) -> int:
    return notices.unread(actor) + unread_of_buyer(actor)


def _to_answer(actor: Actor) -> int:
    shop = _shop(actor)
    return waiting_for_answer(shop.id) if shop else 0


def _violations(actor: Actor) -> int:
    shop = _shop(actor)
    return unanswered(shop.id, shop.world_id) if shop else 0


def cards(actor: Actor) -> list[HomeCard]:
    """Return what the mall wants of this person now."""
    if actor.world_id is None or actor.account_id is None:
        return []
    if actor.role is Role.INSTRUCTOR:
        waiting = shops.waiting_count(actor)
        if not waiting:
            return []
        text = f"{waiting} 家店铺等待审核，通过后学员才能缴纳保证金开店。"
        return [HomeCard("审核店铺", text, url_for("seller.shop_reviews"), "去审核", 20, "building-store")]
    return (
        [*_invitation_cards(actor), *_seller_cards(actor), *_buyer_cards(actor)]
        if actor.may(Permission.MALL_SELL)
        else []
    )


def _invitation_cards(actor: Actor) -> list[HomeCard]:
    return [
        HomeCard(
            "店铺邀请",
            f"“{one.shop.name}”邀请你担任{ROLE_NAMES[one.role]}。",
            url_for("seller.team"),
            "去看看",
            12,
            "users",
        )
        for one in members.invitations(actor)
    ]


def _seller_cards(actor: Actor) -> list[HomeCard]:
    shop = _shop(actor)
    register = url_for("seller.register")
    if shop is None:
        return [
            HomeCard("注册你的店铺", "填写店名和主体，缴纳保证金后开店。", register, "去注册", 30, "building-store")
        ]
    if shop.state == ShopState.REJECTED:
        return [HomeCard("修改店铺申请", shop.review_reason, register, "去修改", 15, "building-store")]
    if shop.state == ShopState.DEPOSIT_DUE:
        return [HomeCard("缴纳保证金", "审核已通过，缴纳保证金后店铺开始营业。", register, "去缴纳", 20, "wallet")]
    if shop.state not in access.VISIBLE:
        return []
    found: list[HomeCard] = []
    counts = order_lists.seller_counts(shop)
    tickets = aftersales.open_count(shop.id)
    if counts[SellerTab.TO_SHIP]:
        late = f"，其中 {counts[SellerTab.LATE]} 笔已延迟" if counts[SellerTab.LATE] else ""
        text = f"{counts[SellerTab.TO_SHIP]} 笔订单等待发货{late}。"
        url = url_for("seller.orders", tab=SellerTab.TO_SHIP)
        found.append(HomeCard("发货", text, url, "去发货", 10 if late else 25, "truck-delivery"))
    if tickets:
        text = f"{tickets} 张售后单在进行中，超过时限会自动同意。"
        found.append(HomeCard("处理售后", text, url_for("seller.tickets"), "去处理", 18, "receipt-refund"))
    if not goods_lists.state_counts(shop):
        text = "店铺已经开通，还没有商品。"
        found.append(HomeCard("发布第一件商品", text, url_for("seller.new_listing"), "去发布", 35, "package"))
    return found


def _buyer_cards(actor: Actor) -> list[HomeCard]:
    counts = order_lists.buyer_counts(actor)
    found = []
    if counts[BuyerTab.TO_PAY]:
        text = f"{counts[BuyerTab.TO_PAY]} 笔订单等待付款，超时会自动取消。"
        found.append(HomeCard("付款", text, url_for("mall.orders", tab=BuyerTab.TO_PAY), "去付款", 22, "wallet"))
    if counts[BuyerTab.TO_REVIEW]:
        text = f"{counts[BuyerTab.TO_REVIEW]} 笔订单等待评价。"
        url = url_for("mall.orders", tab=BuyerTab.TO_REVIEW)
        found.append(HomeCard("评价买到的商品", text, url, "去评价", 60, "message-dots"))
    return found


def _invited(actor: Actor) -> int:
    return len(members.invitations(actor))


def _desk(
    label: str,
    endpoint: str,
    icon: str,
    order: int,
    group: str,
    power: ShopPower,
    count: Callable[[Actor], int] | None = None,
) -> MenuItem:
    """Return an entry of the seller centre for those whose role in the shop holds the power."""
    arguments = _with(power)
    return MenuItem("seller", label, endpoint, icon, Permission.MALL_SELL, order, group, count, arguments)


def _start(app: Flask) -> None:
    app.extensions.setdefault("world_pages", []).append(("费率与买卖限制", "seller.market"))


P = Permission
W = ShopPower

FEATURE = Feature(
    name="mall",
    blueprints=(mall, seller),
    commands=(commands,),
    flows=(
        SHOP_FLOW,
        LISTING_FLOW,
        ORDER_FLOW,
        PAYMENT_FLOW,
        PARCEL_FLOW,
        AFTERSALE_FLOW,
        MEMBER_FLOW,
        REFUND_FLOW,
        INVOICE_FLOW,
        VIOLATION_FLOW,
        *PROMOTION_FLOWS,
        SERVICE_FLOW,
    ),
    menu=(
        MenuItem("mall", "首页", "mall.home", "home", P.MALL_VIEW, 10),
        MenuItem("mall", "分类", "mall.categories", "category", P.MALL_VIEW, 20),
        MenuItem("mall", "消息", "mall.messages", "message-circle", P.MALL_BUY, 30, count=_unread),
        MenuItem("mall", "购物车", "mall.show_cart", "shopping-cart", P.MALL_BUY, 40, count=cart.cart_size),
        MenuItem("mall", "我的", "mall.me", "user", P.MALL_BUY, 50),
        _desk("工作台", "seller.home", "layout-dashboard", 10, "", W.DESK),
        _desk("订单管理", "seller.orders", "clipboard-list", 20, "交易", W.ORDERS, _to_ship),
        _desk("售后管理", "seller.tickets", "receipt-refund", 21, "交易", W.TICKETS, _open_tickets),
        _desk("评价管理", "seller.comments", "message-dots", 22, "交易", W.ORDERS),
        _desk("发票管理", "seller.invoices", "receipt-2", 23, "交易", W.ORDERS),
        _desk("商品管理", "seller.products", "package", 30, "商品", W.GOODS),
        _desk("发布商品", "seller.new_listing", "plus", 31, "商品", W.GOODS),
        _desk("运费模板", "seller.freight_templates", "truck", 32, "商品", W.GOODS),
        _desk("店铺装修", "seller.decor", "brush", 36, "店铺", W.DECORATE),
        _desk("店铺分类", "seller.shop_categories", "category", 37, "店铺", W.DECORATE),
        _desk("促销活动", "seller.promotion_list", "discount", 33, "促销", W.PROMOTE),
        _desk("优惠券", "seller.coupon_list", "ticket", 34, "促销", W.PROMOTE),
        MenuItem("seller", "平台券", "seller.platform_coupons", "ticket", P.MALL_SHOP_REVIEW, 20),
        MenuItem("seller", "价格试算", "seller.try_price", "calculator", P.MALL_VIEW, 35, "促销"),
        _desk("数据", "seller.data_board", "chart-line", 39, "店铺", W.DATA),
        _desk("资金", "seller.funds", "wallet", 40, "店铺", W.FUNDS),
        _desk("店铺资料", "seller.register", "building-store", 41, "店铺", W.SHOP),
        _desk("店铺成员", "seller.team", "users", 48, "店铺", W.DESK, _invited),
        _desk("开放平台", "seller.platform", "api", 49, "店铺", W.DESK),
        MenuItem("seller", "费率与买卖限制", "seller.market", "receipt", P.WORLD_CONTROL, 20),
        _desk("客服工作台", "seller.service_desk_page", "headset", 23, "客服", W.CHAT, _to_answer),
        _desk("规则与违规", "seller.rules_centre", "gavel", 46, "店铺", W.VIOLATIONS, _violations),
        MenuItem("seller", "违规处理", "seller.rule_cases", "gavel", P.MALL_SHOP_REVIEW, 12, count=appeals_waiting),
        MenuItem("seller", "词表", "seller.rule_words", "list-details", P.MALL_SHOP_REVIEW, 13),
        MenuItem(
            "seller",
            "店铺审核",
            "seller.shop_reviews",
            "clipboard-check",
            P.MALL_SHOP_REVIEW,
            10,
            count=shops.waiting_count,
        ),
        MenuItem(
            "seller",
            "纠纷裁决",
            "seller.disputes",
            "gavel",
            P.MALL_SHOP_REVIEW,
            12,
            count=dispute_service.open_disputes,
        ),
    ),
    jobs={order_sheets.EXPORT_JOB: order_sheets.run_export},
    home_cards=(cards,),
    sockets=sockets.register,
    subscribers=(*detecting.SUBSCRIBERS, *ranking.SUBSCRIBERS),
    due_handlers={
        **detecting.DUE_HANDLERS,
        shops.REVIEW: shops.on_review,
        shop_life.LIFT: shop_life.on_lift,
        shelves.PURGE: shelves.on_purge,
        service_chat.IDLE_CLOSE: service_chat.on_idle,
        PAY_TIMEOUT: orders.on_pay_timeout,
        SHIP_LATE: payments.on_ship_late,
        shipping.PARCEL: parcels.on_parcel,
        shipping.COLLECT_LATE: parcels.on_collect_late,
        shipping.RECEIVE: receiving.on_receive,
        receiving.REVIEW_DUE: reviews.on_review_due,
        **dict.fromkeys(aftersales.CLOCKS, aftersales.on_due),
        promotions.START: promotions.on_start,
        promotions.FINISH: promotions.on_finish,
        coupons.EXPIRY: coupons.on_expiry,
        groups.DEADLINE: groups.on_deadline,
    },
    startup=_start,
    periodic={"practice": (practice.STEP_SECONDS, practice.step)},
    every_process={
        "visits": (visits.FLUSH_SECONDS, visits.flush),
        "ranking": (ranking.FLUSH_SECONDS, ranking.flush),
    },
)
