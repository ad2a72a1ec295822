"""The seller's own list of goods (商品管理): tabs by state, counts, search."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from sim_mall.domain.listing_flow import ListingState
from sim_mall.models.goods import Listing, Sku, Stock
from sim_mall.models.shops import Shop
from sim_mall.services.listing_reading import AWAY, with_skus


def least_left() -> sa.ScalarSelect[int]:
    """Return the saleable units of the scarcest SKU of the enclosing query's listing, for its alarm (库存预警).

    A value and not a test of existence: the database then looks at the shop's listings alone, one by one.
    """
    return (
        sa.select(sa.func.min(Stock.saleable))
        .join(Sku, Sku.id == Stock.sku_id)
        .where(Sku.listing_id == Listing.id, Sku.removed.is_(False))
        .scalar_subquery()
    )


def alarm_count(shop: Shop) -> int:
    """Return how many listings on sale have a SKU at or below its alarm."""
    query = sa.select(sa.func.count()).select_from(Listing)
    mine = (Listing.shop_id == shop.id, Listing.state == ListingState.ON_SALE, least_left() <= Listing.alarm)
    return db.session.scalar(query.where(*mine)) or 0


def manage_query(shop: Shop, state: str, q: str) -> sa.Select[Listing]:
    """Return the seller's own list of goods: one tab, with a search in title and codes."""
    query = sa.select(Listing).where(Listing.shop_id == shop.id)
    if state == "soldout":
        left = (
            sa.select(sa.func.coalesce(sa.func.sum(Stock.saleable), 0))
            .join(Sku, Sku.id == Stock.sku_id)
            .where(Sku.listing_id == Listing.id, Sku.removed.is_(False))
            .scalar_subquery()
        )
        query = query.where(Listing.state == ListingState.ON_SALE, left == 0)
    elif state == "alarm":
        query = query.where(Listing.state == ListingState.ON_SALE, least_left() <= Listing.alarm)
    elif state == "refused":
        query = query.where(Listing.state.in_((ListingState.REJECTED, ListingState.FORCED_OFF)))
    elif state:
        query = query.where(Listing.state == ListingState(state))
    else:
        query = query.where(Listing.state.not_in(AWAY))
    if q.strip():
        codes = sa.select(Sku.listing_id).where(Sku.code.contains(q.strip(), autoescape=True))
        query = query.where(sa.or_(Listing.title.contains(q.strip(), autoescape=True), Listing.id.in_(codes)))
    return with_skus(query.order_by(Listing.id.desc()))


def state_counts(shop: Shop) -> dict[ListingState, int]:
    """Return how many listings of the shop stand in each state."""
    rows = db.session.execute(
        sa.select(Listing.state, sa.func.count())
        .where(Listing.shop_id == shop.id, Listing.state != ListingState.PURGED)
        .group_by(Listing.state)
    ).all()
    return {row[0]: row[1] for row in rows}
