"""Goods that an activity can choose from, with stock and cost; groups of an activity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from sim_mall import access
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.promotion_flow import GroupState
from sim_mall.domain.promotion_rules import MAX_AMOUNT
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.promotions import Group, Promotion, PromotionItem, SkuCost
from sim_mall.models.shops import Shop
from sim_mall.services.promotion_check import costs

MOST = 200


@dataclass(frozen=True, slots=True)
class Goods:
    """A SKU, or a whole listing (sku None), that can take part. cost: fen, None when unknown."""

    listing: Listing
    sku: Sku | None
    saleable: int
    cost: int | None


def choices(shop: Shop, *, by_sku: bool) -> list[Goods]:
    """Return what of the shop is on sale, best selling first; three queries."""
    query = (
        sa.select(Listing)
        .options(orm.joinedload(Listing.category), orm.selectinload(Listing.skus).joinedload(Sku.stock))
        .where(Listing.shop_id == shop.id, Listing.state == ListingState.ON_SALE)
        .order_by(Listing.sold.desc(), Listing.id)
        .limit(MOST)
    )
    listings = list(db.session.scalars(query))
    known = costs([sku.id for listing in listings for sku in listing.skus])
    found = []
    for listing in listings:
        skus = [sku for sku in listing.skus if not sku.removed]
        if by_sku:
            found += [Goods(listing, sku, max(sku.stock.saleable, 0), known.get(sku.id)) for sku in skus]
        else:
            found.append(Goods(listing, None, sum(max(sku.stock.saleable, 0) for sku in skus), None))
    return found


def items_of(promotion: Promotion) -> list[PromotionItem]:
    """Return the goods of an activity with their listings and SKUs."""
    query = (
        sa.select(PromotionItem)
        .options(orm.joinedload(PromotionItem.listing).joinedload(Listing.category), orm.joinedload(PromotionItem.sku))
        .where(PromotionItem.promotion_id == promotion.id)
        .order_by(PromotionItem.id)
    )
    return list(db.session.scalars(query))


def group_counts(promotion_id: int) -> dict[GroupState, int]:
    """Return how many groups of an activity stand in each state."""
    query = sa.select(Group.state, sa.func.count()).where(Group.promotion_id == promotion_id).group_by(Group.state)
    return {row[0]: row[1] for row in db.session.execute(query)}


def set_costs(actor: Actor, shop_id: int, values: Mapping[int, int | None]) -> None:
    """Keep costs (fen) of own SKUs; None forgets one. Raises NotFound for SKUs of another shop."""
    access.get_sellers_shop(actor, shop_id, ShopPower.DESK)
    ids = sorted(values)
    own = sa.select(Sku.id).join(Listing, Listing.id == Sku.listing_id).where(Listing.shop_id == shop_id)
    if len(list(db.session.scalars(own.where(Sku.id.in_(ids))))) != len(ids):
        raise NotFound
    if any(value is not None and not 0 <= value <= MAX_AMOUNT for value in values.values()):
        raise InvalidInput("成本价不能小于 0。", field="cost")
    rows = {row.sku_id: row for row in db.session.scalars(sa.select(SkuCost).where(SkuCost.sku_id.in_(ids)))}
    for sku_id in ids:
        value, row = values[sku_id], rows.get(sku_id)
        if value is None:
            if row is not None:
                db.session.delete(row)
        elif row is None:
            db.session.add(SkuCost(sku_id=sku_id, cost=value))
        else:
            row.cost = value
