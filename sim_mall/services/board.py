"""The data board of a shop (数据看板): a period against the one before, by day, by source, by product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from sim_mall.domain.aftersale_flow import AfterSaleState
from sim_mall.domain.board import Figures, Period
from sim_mall.domain.order_flow import OrderSource
from sim_mall.domain.traffic import Source
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, OrderLine
from sim_mall.models.visits import Visit
from sim_mall.services.days import shanghai_day, within

MOST_LISTINGS = 50


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What came from one source in a period."""

    source: Source
    views: int
    visitors: int
    buyers: int
    gmv_paid: int


@dataclass(frozen=True, slots=True)
class ListingRow:
    """How one product did in a period. units: paid units; gmv_paid: payable of its lines."""

    listing_id: int
    title: str
    views: int
    visitors: int
    buyers: int
    units: int
    gmv_paid: int


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows."""

    period: Period
    now: Figures
    before: Figures
    days: list[tuple[date, Figures]]
    sources: list[SourceRow]
    listings: list[ListingRow]


def _count_if(condition: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _sum_if(condition: Any, value: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, value), else_=0)), 0)


def figures(shop: Shop, period: Period) -> Figures:
    """Return the figures of a period; three queries."""
    visits = db.session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Visit.views), 0), sa.func.count(sa.distinct(Visit.account_id))).where(
            Visit.shop_id == shop.id, Visit.day >= period.first, Visit.day <= period.last
        )
    ).one()
    placed, paid = (within(column, period.first, period.last) for column in (Order.placed_at, Order.paid_at))
    orders = db.session.execute(
        sa.select(
            _count_if(placed),
            _count_if(paid),
            sa.func.count(sa.distinct(sa.case((paid, Order.buyer_id)))),
            _sum_if(placed, Order.payable),
            _sum_if(paid, Order.payable),
        ).where(Order.shop_id == shop.id, sa.or_(placed, paid))
    ).one()
    refunds = db.session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(AfterSale.paid), 0), sa.func.count()).where(
            AfterSale.shop_id == shop.id,
            AfterSale.state == AfterSaleState.SUCCESS,
            AfterSale.paid > 0,
            within(AfterSale.ended_at, period.first, period.last),
        )
    ).one()
    return Figures(*(int(value) for value in (*visits, *orders, *refunds)))


def by_day(shop: Shop, period: Period) -> list[tuple[date, Figures]]:
    """Return the figures of each day of a period, oldest first; four queries."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    visits = db.session.execute(
        sa.select(Visit.day, sa.func.sum(Visit.views), sa.func.count(sa.distinct(Visit.account_id)))
        .where(Visit.shop_id == shop.id, Visit.day >= period.first, Visit.day <= period.last)
        .group_by(Visit.day)
    )
    for day, views, visitors in visits:
        found[day.isoformat()] |= {"views": int(views), "visitors": int(visitors)}
    placed_day = shanghai_day(Order.placed_at)
    placed = db.session.execute(
        sa.select(placed_day, sa.func.count(), sa.func.sum(Order.payable))
        .where(Order.shop_id == shop.id, within(Order.placed_at, period.first, period.last))
        .group_by(sa.text("1"))
    )
    for day, count, fen in placed:
        found[day] |= {"orders": int(count), "gmv_placed": int(fen)}
    paid_day = shanghai_day(Order.paid_at)
    paid = db.session.execute(
        sa.select(paid_day, sa.func.count(), sa.func.count(sa.distinct(Order.buyer_id)), sa.func.sum(Order.payable))
        .where(Order.shop_id == shop.id, within(Order.paid_at, period.first, period.last))
        .group_by(sa.text("1"))
    )
    for day, count, buyers, fen in paid:
        found[day] |= {"orders_paid": int(count), "buyers": int(buyers), "gmv_paid": int(fen)}
    ended_day = shanghai_day(AfterSale.ended_at)
    refunds = db.session.execute(
        sa.select(ended_day, sa.func.sum(AfterSale.paid), sa.func.count())
        .where(
            AfterSale.shop_id == shop.id,
            AfterSale.state == AfterSaleState.SUCCESS,
            AfterSale.paid > 0,
            within(AfterSale.ended_at, period.first, period.last),
        )
        .group_by(sa.text("1"))
    )
    for day, fen, count in refunds:
        found[day] |= {"refunded": int(fen), "refund_count": int(count)}
    return [(day, Figures(**found.get(day.isoformat(), {}))) for day in period.dates()]


def sources(shop: Shop, period: Period) -> list[SourceRow]:
    """Return what came from each source, most visitors first; three queries.

    A payment counts for the buyer's last source on or before its day; ways inside the shop count only for
    somebody who has no other, orders of live rooms count for the room.
    """
    seen = {
        row[0]: (int(row[1]), int(row[2]))
        for row in db.session.execute(
            sa.select(Visit.source, sa.func.sum(Visit.views), sa.func.count(sa.distinct(Visit.account_id)))
            .where(Visit.shop_id == shop.id, Visit.day >= period.first, Visit.day <= period.last)
            .group_by(Visit.source)
        )
    }
    day = shanghai_day(Order.paid_at)
    live = sa.case((Order.source == OrderSource.LIVE, 1), else_=0)
    paid = db.session.execute(
        sa.select(Order.buyer_id, day, live, sa.func.sum(Order.payable))
        .where(Order.shop_id == shop.id, within(Order.paid_at, period.first, period.last))
        .group_by(Order.buyer_id, sa.text("2"), sa.text("3"))
    ).all()
    ways = _ways(shop, {row[0] for row in paid}, period.last)
    buyers: dict[Source, set[int]] = defaultdict(set)
    money: dict[Source, int] = defaultdict(int)
    for buyer_id, paid_day, is_live, fen in paid:
        source = Source.LIVE if is_live else _last_way(ways.get(buyer_id, []), paid_day)
        buyers[source].add(buyer_id)
        money[source] += int(fen)
    rows = [
        SourceRow(source, *seen.get(source, (0, 0)), len(buyers[source]), money[source])
        for source in Source
        if source in seen or source in buyers
    ]
    return sorted(rows, key=lambda row: (-row.visitors, -row.gmv_paid, row.source))


def _ways(shop: Shop, buyer_ids: set[int], last: date) -> dict[int, list[tuple[str, int, Source]]]:
    """Return per buyer (day, row, source) of the visits up to a day, earliest first."""
    if not buyer_ids:
        return {}
    rows = db.session.execute(
        sa.select(Visit.account_id, Visit.day, sa.func.max(Visit.id), Visit.source)
        .where(Visit.shop_id == shop.id, Visit.account_id.in_(sorted(buyer_ids)), Visit.day <= last)
        .group_by(Visit.account_id, Visit.day, Visit.source)
    )
    found: dict[int, list[tuple[str, int, Source]]] = defaultdict(list)
    for account_id, day, row_id, source in rows:
        found[account_id].append((day.isoformat(), row_id, source))
    for ways in found.values():
        ways.sort()
    return found


def _last_way(ways: Sequence[tuple[str, int, Source]], day: str) -> Source:
    before = [source for seen, _, source in ways if seen <= day]
    outside = [source for source in before if source not in (Source.SHOP, Source.ORDERS)]
    return (outside or before or [Source.OTHER])[-1]


def listings(shop: Shop, period: Period) -> list[ListingRow]:
    """Return the products with views or sales in a period, best selling first; three queries."""
    seen = {
        row[0]: (int(row[1]), int(row[2]))
        for row in db.session.execute(
            sa.select(Visit.listing_id, sa.func.sum(Visit.views), sa.func.count(sa.distinct(Visit.account_id)))
            .where(
                Visit.shop_id == shop.id,
                Visit.day >= period.first,
                Visit.day <= period.last,
                Visit.listing_id > 0,
            )
            .group_by(Visit.listing_id)
        )
    }
    sold = {
        row[0]: (int(row[1]), int(row[2]), int(row[3]))
        for row in db.session.execute(
            sa.select(
                OrderLine.listing_id,
                sa.func.count(sa.distinct(Order.buyer_id)),
                sa.func.sum(OrderLine.quantity),
                sa.func.sum(OrderLine.payable),
            )
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.shop_id == shop.id, within(Order.paid_at, period.first, period.last))
            .group_by(OrderLine.listing_id)
        )
    }
    order = sorted(
        seen.keys() | sold.keys(), key=lambda one: (-sold.get(one, (0, 0, 0))[2], -seen.get(one, (0, 0))[1], one)
    )[:MOST_LISTINGS]
    titles = {
        row.id: row.title
        for row in db.session.execute(sa.select(Listing.id, Listing.title).where(Listing.id.in_(order)))
    }
    return [
        ListingRow(one, titles[one], *seen.get(one, (0, 0)), *sold.get(one, (0, 0, 0)))
        for one in order
        if one in titles
    ]


def board(shop: Shop, period: Period) -> Board:
    """Return the whole board of a period; a fixed number of queries."""
    return Board(
        period=period,
        now=figures(shop, period),
        before=figures(shop, period.before),
        days=by_day(shop, period),
        sources=sources(shop, period),
        listings=listings(shop, period),
    )
