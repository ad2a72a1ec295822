"""Search (搜索): an own table of character uni- and bigrams, the same on every database; a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db, like_escape
from app.core.web.paging import Page
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.ranking import RELEVANCE
from sim_mall.domain.shop_flow import ShopState
from sim_mall.domain.words import index_grams, normalise, query_grams
from sim_mall.models.goods import Category, Listing, SearchGram, Sku, Stock
from sim_mall.models.shops import Shop
from sim_mall.services.rules import sanctions

TITLE_WEIGHT = 3
CANDIDATES = 2_000  # listings that a search of words looks at, the newest ones
HINTED = 600  # listings whose titles give words while somebody types
COUNTED = 2_000  # rows after which a list stops counting


class Sort(StrEnum):
    """How results are ordered."""

    BEST = "best"  # 综合: see ``domain.ranking``
    SOLD = "sold"  # 销量
    PRICE_UP = "price_up"  # 价格从低到高
    PRICE_DOWN = "price_down"  # 价格从高到低
    NEW = "new"  # 新品


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Prices in fen, category names empty for all; free, left, seven: only such goods."""

    q: str = ""
    l1: str = ""
    l2: str = ""
    low: int | None = None
    high: int | None = None
    sort: Sort = Sort.BEST
    shop_id: int | None = None
    free: bool = False  # 包邮
    left: bool = False  # 有货
    seven: bool = False  # 7 天无理由

    @property
    def narrowed(self) -> bool:
        """Say whether anything but words narrows the search."""
        return bool(self.l1 or self.l2 or self.low or self.high or self.free or self.left or self.seven)


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
            Shop.id.not_in(sanctions.hidden_shops(world_id)),
        )
    )


def _candidates(world_id: int, grams: Sequence[str], most: int = CANDIDATES) -> Any:
    """Return the newest listings that have all grams, with their weight: at most ``most``.

    The rarest gram leads, so that a common one is only looked up; counting stops at the limit.
    """
    gram = SearchGram
    if len(grams) > 1:
        counts = {}
        for word in grams:
            some = sa.select(gram.listing_id).where(gram.world_id == world_id, gram.gram == word).limit(most)
            counts[word] = sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()
        row = db.session.execute(sa.select(*counts.values())).one()
        grams = [word for _, word in sorted(zip(row, grams, strict=True))]
    first = orm.aliased(gram)
    query = sa.select(first.listing_id).where(first.world_id == world_id, first.gram == grams[0])
    score: Any = first.weight
    for word in grams[1:]:
        other = orm.aliased(gram)
        query = query.join(
            other,
            sa.and_(other.world_id == world_id, other.gram == word, other.listing_id == first.listing_id),
        )
        score = score + other.weight
    return query.add_columns(score.label("score")).order_by(first.listing_id.desc()).limit(most).subquery()


def _narrow(query: sa.Select[Any], search: Search) -> sa.Select[Any]:
    """Add the filters of a search."""
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
    if search.free:
        query = query.where(Listing.free_shipping.is_(True))
    if search.seven:
        query = query.where(Listing.seven_day.is_(True))
    if search.left:
        left = (
            sa.select(Sku.id)
            .join(Stock, Stock.sku_id == Sku.id)
            .where(Sku.listing_id == Listing.id, Sku.removed.is_(False), sa.or_(Stock.free > 0, Stock.aside > 0))
        )
        query = query.where(left.exists())
    return query


def find(world_id: int, search: Search) -> sa.Select[Any]:
    """Return the query of the listings that match all words of the search, in the order asked for.

    Words that very many listings share are answered from the newest ``CANDIDATES`` of them.
    """
    query = _narrow(on_sale(world_id), search)
    grams = query_grams(search.q)
    if search.q and not grams:
        query = query.where(sa.false())
    rank: Any = Listing.search_rank
    if grams:
        hits = _candidates(world_id, grams)
        query = query.join(hits, hits.c.listing_id == Listing.id)
        rank = rank + hits.c.score * RELEVANCE // (TITLE_WEIGHT * len(grams))
    order = {
        Sort.BEST: (rank.desc(), Listing.id.desc()),
        Sort.SOLD: (Listing.sold.desc(), Listing.id.desc()),
        Sort.PRICE_UP: (Listing.price_from.asc(), Listing.id.asc()),
        Sort.PRICE_DOWN: (Listing.price_from.desc(), Listing.id.desc()),
        Sort.NEW: (Listing.listed_at.desc(), Listing.id.desc()),
    }[search.sort]
    return query.order_by(*order)


def page_of(query: sa.Select[Any], number: int, size: int) -> Page[Listing]:
    """Run the query for one page; counting stops at ``COUNTED``, so that a long list costs no more than a short one."""
    some = query.order_by(None).limit(COUNTED).subquery()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    number = min(number, max(1, -(-total // size)))
    items = db.session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    return Page(items, number, size, total)


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
    goods = (
        sa.select(Listing.category_id, sa.func.count().label("goods"))
        .join(Shop, Shop.id == Listing.shop_id)
        .where(Listing.world_id == world_id, Listing.state == ListingState.ON_SALE, Shop.state == ShopState.OPEN)
        .group_by(Listing.category_id)
        .subquery()
    )  # counted by number before the names come in: half the time in a large mall
    rows = db.session.execute(
        sa.select(Category.l1, Category.l2, goods.c.goods).join(goods, goods.c.category_id == Category.id)
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


# -- help while typing, and when nothing is found ------------------------------------------------------


def suggestions(world_id: int, q: str, limit: int = 8) -> list[str]:
    """Return words to search for that begin with or contain what was typed: categories, then words of titles.

    Three queries at most, each bounded.
    """
    q = normalise(q)
    if not q:
        return []
    pattern = f"%{like_escape(q)}%"
    names = db.session.execute(
        sa.select(Category.l1, Category.l2)
        .where(
            Category.world_id == world_id,
            sa.or_(Category.l1.like(pattern, escape="\\"), Category.l2.like(pattern, escape="\\")),
        )
        .limit(20)
    ).all()
    found = dict.fromkeys(name for row in names for name in row if q in normalise(name))
    grams = query_grams(q)
    if grams:
        hits = _candidates(world_id, grams, HINTED)
        titles = db.session.scalars(
            sa.select(Listing.title)
            .join(hits, hits.c.listing_id == Listing.id)
            .where(Listing.state == ListingState.ON_SALE, hits.c.score >= TITLE_WEIGHT * len(grams))
            .order_by(Listing.sold.desc(), Listing.id.desc())
            .limit(40)
        )
        for title in titles:
            for piece in title.split():
                if q in normalise(piece):
                    found.setdefault(piece[:20])
    ranked = sorted(found, key=lambda word: (not normalise(word).startswith(q), len(word)))
    return ranked[:limit]


def words_with_results(world_id: int, q: str) -> list[str]:
    """Return parts of a search without results that would have some: its words, else its pairs of characters."""
    pieces = normalise(q).split()
    if len(pieces) < 2:
        pieces = query_grams(q)
    pieces = list(dict.fromkeys(piece for piece in pieces if query_grams(piece)))[:8]
    if not pieces:
        return []
    tests = []
    for piece in pieces:
        hits = _candidates_exist(world_id, query_grams(piece))
        tests.append(hits)
    row = db.session.execute(sa.select(*tests)).one()
    return [piece for piece, hit in zip(pieces, row, strict=True) if hit]


def _candidates_exist(world_id: int, grams: Sequence[str]) -> Any:
    """Return the test whether a listing on sale has all grams."""
    first = orm.aliased(SearchGram)
    query = (
        sa.select(first.listing_id)
        .join(Listing, Listing.id == first.listing_id)
        .where(first.world_id == world_id, first.gram == grams[0], Listing.state == ListingState.ON_SALE)
    )
    for word in grams[1:]:
        other = orm.aliased(SearchGram)
        query = query.join(
            other, sa.and_(other.world_id == world_id, other.gram == word, other.listing_id == first.listing_id)
        )
    return query.exists()
