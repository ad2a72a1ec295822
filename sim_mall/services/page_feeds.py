"""The goods that the blocks of a shop's page show: only those on sale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db
from sim_mall.domain import decor
from sim_mall.domain.decor import BlockKind
from sim_mall.domain.listing_flow import ListingState
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop


def _goods(shop: Shop) -> sa.Select[Any]:
    return (
        sa.select(Listing)
        .options(orm.joinedload(Listing.shop), orm.joinedload(Listing.category))
        .where(Listing.shop_id == shop.id, Listing.state == ListingState.ON_SALE)
    )


def feeds_of(shop: Shop, page: Mapping[str, Any]) -> tuple[dict[int, Listing], dict[str, list[Listing]]]:
    """Return the named products on sale by id, and the best and newest; at most three queries."""
    wanted = decor.goods_of(page)
    named = {one.id: one for one in db.session.scalars(_goods(shop).where(Listing.id.in_(wanted)))} if wanted else {}
    modes = {block.get("mode") for block in page["blocks"] if block["kind"] == BlockKind.GOODS}
    orders: dict[str, tuple[Any, ...]] = {
        "best": (Listing.sold.desc(), Listing.id.desc()),
        "new": (Listing.listed_at.desc(), Listing.id.desc()),
    }
    feeds = {
        mode: list(db.session.scalars(_goods(shop).order_by(*order).limit(decor.MAX_GOODS)))
        for mode, order in orders.items()
        if mode in modes
    }
    return named, feeds
