"""Cards in a chat (商品卡片、订单卡片、优惠券卡片): a snapshot of what they show, for both sides."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.money import plain_yuan
from app.core.web.picture_views import picture_path
from app.worlds.clock import sim_now
from sim_mall import access, access_service
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.order_flow import ORDER_NAMES
from sim_mall.domain.promotion_flow import CouponChannel, TemplateState
from sim_mall.domain.service_flow import MessageKind
from sim_mall.models.goods import Listing
from sim_mall.models.promotions import Coupon, CouponTemplate
from sim_mall.models.service import ServiceMessage, ServiceThread
from sim_mall.models.trade import Order
from sim_mall.services import coupons

SHOWN = 12


def _picture(title: str, category: str) -> str:
    return picture_path("product", title, category)


def product_card(actor: Actor, thread: ServiceThread, listing_id: int) -> dict[str, Any]:
    """Return the card of goods of the shop. Raises NotFound for other goods."""
    listing = access.get_listing(actor, listing_id)
    if listing.shop_id != thread.shop_id:
        raise NotFound
    return listing_card(listing)


def listing_card(listing: Listing) -> dict[str, Any]:
    """Return the card of a listing."""
    category = f"{listing.category.l1} {listing.category.l2}".strip()
    return {
        "id": listing.id,
        "title": listing.title,
        "price": plain_yuan(listing.price_from),
        "picture": _picture(listing.title, category),
        "url": f"/mall/products/{listing.id}",
    }


def order_card(thread: ServiceThread, order_id: int) -> dict[str, Any]:
    """Return the card of an order of this buyer in this shop. Raises NotFound for others."""
    query = (
        sa.select(Order)
        .options(orm.selectinload(Order.lines))
        .where(Order.id == order_id, Order.shop_id == thread.shop_id, Order.buyer_id == thread.buyer_id)
    )
    order = db.session.scalars(query).one_or_none()
    if order is None:
        raise NotFound
    line = order.lines[0]
    count = sum(part.quantity for part in order.lines)
    return {
        "id": order.id,
        "number": order.number,
        "title": line.title if len(order.lines) == 1 else f"{line.title} 等 {len(order.lines)} 种",
        "count": count,
        "price": plain_yuan(order.payable),
        "state": ORDER_NAMES[order.state],
        "picture": _picture(line.title, line.category),
        "url": f"/mall/orders/{order.id}",
        "seller_url": f"/seller/orders/{order.id}",
    }


def goods_to_send(thread: ServiceThread) -> list[tuple[int, str]]:
    """Return goods of the shop that a seat may send as a card: the best-selling ones on sale."""
    rows = db.session.execute(
        sa.select(Listing.id, Listing.title)
        .where(Listing.shop_id == thread.shop_id, Listing.state == ListingState.ON_SALE)
        .order_by(Listing.sold.desc(), Listing.id.desc())
        .limit(SHOWN)
    ).all()
    return [(row[0], row[1]) for row in rows]


def orders_of(thread: ServiceThread) -> list[Order]:
    """Return the latest orders of this buyer in this shop, newest first."""
    query = (
        sa.select(Order)
        .options(orm.selectinload(Order.lines))
        .where(Order.shop_id == thread.shop_id, Order.buyer_id == thread.buyer_id)
        .order_by(Order.id.desc())
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))


def _sendable(thread: ServiceThread) -> sa.Select[CouponTemplate]:
    now = sim_now(thread.world_id)
    return sa.select(CouponTemplate).where(
        CouponTemplate.shop_id == thread.shop_id,
        CouponTemplate.state == TemplateState.ACTIVE,
        CouponTemplate.channel.in_((CouponChannel.CENTRE, CouponChannel.CHAT)),
        CouponTemplate.starts_at <= now,
        CouponTemplate.ends_at > now,
        CouponTemplate.claimed < CouponTemplate.total,
    )


def coupons_to_send(thread: ServiceThread) -> list[tuple[int, str]]:
    """Return the shop's coupons that a seat may send as a card, newest first: public ones and those for the chat."""
    rows = db.session.scalars(_sendable(thread).order_by(CouponTemplate.id.desc()).limit(SHOWN))
    return [(row.id, f"{row.name} {coupons.words(row)}") for row in rows]


def coupon_card(thread: ServiceThread, template_id: int) -> dict[str, Any]:
    """Return the card of a coupon of the shop that is given now. Raises NotFound for others."""
    template = db.session.scalars(_sendable(thread).where(CouponTemplate.id == template_id)).one_or_none()
    if template is None:
        raise NotFound
    return {
        "id": template.id,
        "title": template.name,
        "words": coupons.words(template),
        "picture": picture_path("shop", thread.shop.name, thread.shop.business),
        "url": "/mall/my-coupons",
        "seller_url": "/seller/coupons",
    }


def claim_card(actor: Actor, thread_id: int, message_id: int, key: str) -> Coupon:
    """Let the buyer of a conversation take the coupon that the shop sent there.

    Raises NotFound for what is no coupon card of this conversation, Refused when it is not given any more.
    """
    thread = access_service.get_bought_thread(actor, thread_id)
    row = db.session.get(ServiceMessage, message_id)
    if row is None or row.thread_id != thread.id or row.kind is not MessageKind.COUPON:
        raise NotFound
    template = coupons.get_template(actor, int(row.body["id"]))
    return coupons.claim(actor, template.id, key, channel=template.channel)
