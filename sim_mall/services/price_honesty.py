"""Honest prices (价格诚信, R12): what goods cost lately, and activities that lower a price raised just before.

The usual price stands struck out beside an activity's. It must be one at which the goods were offered or sold within
the last seven simulated days; raised within them and never paid, it is invented. Source: commerce model 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import db
from app.core.money import plain_yuan
from app.worlds.clock import sim_now
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.models.goods import Listing, PriceChange, Sku
from sim_mall.models.promotions import Promotion
from sim_mall.models.trade import Order, OrderLine

WINDOW = timedelta(days=7)
STRUCK_OUT = (PromotionKind.LIMITED, PromotionKind.MEMBER, PromotionKind.FLASH, PromotionKind.GROUP)
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Raised:
    """A SKU whose usual price was raised just before an activity lowers it. Fen."""

    sku_id: int
    name: str
    before: int
    now: int

    @property
    def text(self) -> str:
        return (
            f"“{self.name}”近 7 天内从 {plain_yuan(self.before)} 元涨到 {plain_yuan(self.now)} 元，"
            f"还没有按 {plain_yuan(self.now)} 元成交过，划线价不真实（先涨价再打折）"
        )


def set_price(sku: Sku, price: int) -> None:
    """Give a SKU a price, and remember the one that it had."""
    if sku.id is not None and sku.price is not None and sku.price != price:
        db.session.add(PriceChange(sku_id=sku.id, price=sku.price, until_at=sim_now(sku.world_id)))
    sku.price = price


def raised(promotion: Promotion, moment: datetime) -> list[Raised]:
    """Return the goods of an activity whose struck-out price would be invented at a moment; three queries at most."""
    if promotion.kind not in STRUCK_OUT:
        return []
    query = (
        sa.select(Sku.id, Sku.price, Sku.spec, Listing.title, sa.func.min(PriceChange.price).label("lowest"))
        .join(Listing, Listing.id == Sku.listing_id)
        .join(PriceChange, PriceChange.sku_id == Sku.id)
        .where(Listing.shop_id == promotion.shop_id, Sku.removed.is_(False), PriceChange.until_at > moment - WINDOW)
        .group_by(Sku.id, Sku.price, Sku.spec, Listing.title)
        .having(sa.func.min(PriceChange.price) < Sku.price)
        .order_by(Sku.id)
    )
    if not promotion.whole_shop:
        skus = [item.sku_id for item in promotion.items if item.sku_id is not None]
        whole = [item.listing_id for item in promotion.items if item.sku_id is None]
        query = query.where(sa.or_(Sku.id.in_(skus), Sku.listing_id.in_(whole)))
    rows = db.session.execute(query).all()
    if not rows:
        return []
    paid = db.session.execute(
        sa.select(OrderLine.sku_id, sa.func.max(OrderLine.unit_price))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.sku_id.in_([row.id for row in rows]), Order.paid_at > moment - WINDOW)
        .group_by(OrderLine.sku_id)
    )
    highest = {row[0]: row[1] for row in paid}
    return [
        Raised(row.id, f"{row.title}（{row.spec}）" if row.spec else row.title, row.lowest, row.price)
        for row in rows
        if highest.get(row.id, 0) < row.price
    ][:MOST_NAMED]
