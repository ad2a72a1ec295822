"""Search (搜索): an own table of character uni- and bigrams, the same on every database; a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.domain.words import index_grams, query_grams
from sim_mall.models.goods import Category, Listing, SearchGram
from sim_mall.models.shops import Shop

TITLE_WEIGHT = 3


class Sort(StrEnum):
    """How results are ordered."""

    BEST = "best"  # 综合: relevance, then sales
    SOLD = "sold"  # 销量
    PRICE_UP = "price_up"  # 价格从低到高
    PRICE_DOWN = "price_down"  # 价格从高到低
    NEW = "new"  # 新品


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Prices in fen, category names empty for all."""

    q: str = ""
    l1: str = ""
    l2: str = ""
    low: int | None = None
    high: int | None = None
    sort: Sort = Sort.BEST
    shop_id: int | None = None


def index_listing(listing: Listing) -> None:
    """Write the grams of a listing anew: title, brief, categories, shop, specs, attributes."""
    db.session.flush()
    db.session.execute(sa.delete(SearchGram).where(SearchGram.listing_id == listing.id))
    title = index_grams(listing.title)
    specs = " ".join(sku.spec for sku in listing.skus if not sku.removed)
    attributes = " ".join(str(value) for value in listing.attributes.values())
    rest = index_grams(
        f"{listing.brief} {listing.category.l1} {listing.category.l2} {listing.shop.name} "
        f"{listing.brand} {specs} {attributes}"
    )
    rows = [
        {
            "world_id": listing.world_id,
            "gram": gram,
            "listing_id": listing.id,
            "weight": TITLE_WEIGHT if gram in title else 1,
        }
        for gram in sorted(title | rest)
    ]
    if rows:
        db.session.execute(sa.insert(SearchGram), rows)


def forget_listing(listing: Listing) -> None:
    """Take a listing out of search for good."""
    db.session.execute(sa.delete(SearchGram).where(SearchGram.listing_id == listing.id))


def on_sale(world_id: int) -> sa.Select[Listing]:
    """Return the query of what can be seen in the mall now, with shop and category loaded."""
    return (
        sa.select(Listing)
        .join(Shop, Shop.id == Listing.shop_id)
        .join(Category, Category.id == Listing.category_id)
        .options(orm.contains_eager(Listing.shop), orm.contains_eager(Listing.category))
        .where(
            Listing.world_id == world_id,
            Listing.state == ListingState.ON_SALE,
            Shop.state == ShopState.OPEN,
        )
    )


def find(world_id: int, search: Search) -> sa.Select[Any]:
    """Return the query of the listings that match all words of the search, in the order asked for."""
    query = on_sale(world_id)
    grams = query_grams(search.q)
    if search.q and not grams:
        query = query.where(sa.false())
    relevance: tuple[Any, ...] = ()
    if grams:
        hits = (
            sa.select(SearchGram.listing_id, sa.func.sum(SearchGram.weight).label("score"))
            .where(SearchGram.world_id == world_id, SearchGram.gram.in_(grams))
            .group_by(SearchGram.listing_id)
            .having(sa.func.count() == len(grams))
            .subquery()
        )
        query = query.join(hits, hits.c.listing_id == Listing.id)
        relevance = (hits.c.score.desc(),)
    if search.l1:
        query = query.where(Category.l1 == search.l1)
    if search.l2:
        query = query.where(Category.l2 == search.l2)
    if search.low is not None:
        query = query.where(Listing.price_from >= search.low)
    if search.high is not None:
        query = query.where(Listing.price_from <= search.high)
    if search.shop_id is not None:
        query = query.where(Listing.shop_id == search.shop_id)
    order = {
        Sort.BEST: (*relevance, Listing.sold.desc(), Listing.rating_sum.desc(), Listing.id.desc()),
        Sort.SOLD: (Listing.sold.desc(), Listing.id.desc()),
        Sort.PRICE_UP: (Listing.price_from.asc(), Listing.id.desc()),
        Sort.PRICE_DOWN: (Listing.price_from.desc(), Listing.id.desc()),
        Sort.NEW: (Listing.listed_at.desc(), Listing.id.desc()),
    }[search.sort]
    return query.order_by(*order)


def best_sellers(
    world_id: int, *, shop_id: int | None = None, besides: int | None = None, limit: int = 6
) -> list[Listing]:
    """Return what sells best in the world or in one shop, without the listing ``besides``."""
    query = find(world_id, Search(shop_id=shop_id, sort=Sort.SOLD))
    if besides is not None:
        query = query.where(Listing.id != besides)
    return list(db.session.scalars(query.limit(limit)))


def units_sold(shop_id: int) -> int:
    """Return how many units the shop has sold."""
    return db.session.scalar(sa.select(sa.func.sum(Listing.sold)).where(Listing.shop_id == shop_id)) or 0


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category with how many listings are on sale in it."""

    l1: str
    l2: str
    count: int


def category_counts(world_id: int) -> list[CategoryCount]:
    """Return the categories that have something on sale, by size of the first level, then by name."""
    rows = db.session.execute(
        sa.select(Category.l1, Category.l2, sa.func.count())
        .join(Listing, Listing.category_id == Category.id)
        .join(Shop, Shop.id == Listing.shop_id)
        .where(Listing.world_id == world_id, Listing.state == ListingState.ON_SALE, Shop.state == ShopState.OPEN)
        .group_by(Category.l1, Category.l2)
    ).all()
    sizes: dict[str, int] = {}
    for l1, _, count in rows:
        sizes[l1] = sizes.get(l1, 0) + count
    found = [CategoryCount(l1, l2, count) for l1, l2, count in rows]
    return sorted(found, key=lambda item: (-sizes[item.l1], item.l1, -item.count, item.l2))


def matching_shops(world_id: int, q: str, limit: int = 3) -> list[Shop]:
    """Return open shops whose name contains what was typed."""
    if not q.strip():
        return []
    return list(
        db.session.scalars(
            sa.select(Shop)
            .where(
                Shop.world_id == world_id, Shop.state == ShopState.OPEN, Shop.name.contains(q.strip(), autoescape=True)
            )
            .order_by(Shop.id)
            .limit(limit)
        )
    )
