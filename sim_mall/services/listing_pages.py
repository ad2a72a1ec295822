"""Pages of a shop's listings, for programs outside."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from sim_mall import access
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing
from sim_mall.services.listings import with_skus


def page_of_listings(actor: Actor, shop_id: int, q: str, page_no: int, page_size: int) -> tuple[list[Listing], bool]:
    """Return one page of the listings of a shop that the actor runs, newest first, and whether more follow."""
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.GOODS)
    query = sa.select(Listing).where(Listing.shop_id == shop.id, Listing.state != ListingState.RECYCLED)
    if q.strip():
        query = query.where(Listing.title.contains(q.strip(), autoescape=True))
    query = query.order_by(Listing.id.desc()).limit(page_size + 1).offset((page_no - 1) * page_size)
    rows = list(db.session.scalars(with_skus(query)))
    return rows[:page_size], len(rows) > page_size
