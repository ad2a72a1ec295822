"""The seller's desk (卖家工作台): what is to be done, today's figures against yesterday, money and its statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.clock import local
from app.core.db import db
from app.ledger import book
from app.worlds.clock import sim_now
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.order_flow import OrderState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing, Sku, Stock
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, Review


@dataclass(frozen=True, slots=True)
class Day:
    """Figures of one simulated day. Money in fen; paid counts orders paid on that day."""

    placed: int
    paid: int
    paid_fen: int
    buyers: int
    refunded_fen: int


@dataclass(frozen=True, slots=True)
class Money:
    """What a shop has, in fen. escrow: paid by buyers and not yet settled."""

    balance: int
    escrow: int
    deposit: int


def day_start(moment: datetime) -> datetime:
    """Return the beginning of the day in Shanghai that the moment lies in."""
    return local(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def day(shop: Shop, start: datetime) -> Day:
    """Return the figures of the simulated day that begins at ``start``; two queries."""
    end = start + timedelta(days=1)

    def within(column: Any) -> Any:
        return sa.and_(column >= start, column < end)

    def total(condition: Any, value: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, value), else_=0)), 0)

    paid = within(Order.paid_at)
    row = db.session.execute(
        sa.select(
            total(within(Order.placed_at), 1),
            total(paid, 1),
            total(paid, Order.payable),
            sa.func.count(sa.distinct(sa.case((paid, Order.buyer_id)))),
        ).where(Order.shop_id == shop.id, sa.or_(within(Order.placed_at), paid))
    ).one()
    refunded = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(AfterSale.paid), 0)).where(
            AfterSale.shop_id == shop.id, within(AfterSale.ended_at)
        )
    )
    return Day(int(row[0]), int(row[1]), int(row[2]), int(row[3]), int(refunded or 0))


def paid_by_day(shop: Shop, days: int = 7) -> list[tuple[datetime, int, int]]:
    """Return (day, orders paid, fen paid) of the last simulated days, oldest first; one query."""
    today = day_start(sim_now(shop.world_id))
    first = today - timedelta(days=days - 1)
    rows = db.session.execute(
        sa.select(Order.paid_at, Order.payable).where(Order.shop_id == shop.id, Order.paid_at >= first)
    ).all()
    found = {first + timedelta(days=n): [0, 0] for n in range(days)}
    for paid_at, payable in rows:
        counts = found.get(day_start(paid_at)) if paid_at is not None else None
        if counts is not None:
            counts[0] += 1
            counts[1] += payable
    return [(start, count, fen) for start, (count, fen) in found.items()]


def money(shop: Shop) -> Money:
    """Return balance, escrow and deposit of a shop; three queries."""
    waiting = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Order.payable - Order.refunded), 0)).where(
            Order.shop_id == shop.id,
            Order.state.in_((OrderState.PAID, OrderState.PART_SHIPPED, OrderState.SHIPPED)),
        )
    )
    return Money(
        balance=book.balance(shop.world_id, book.shop_balance(shop.id)),
        escrow=int(waiting or 0),
        deposit=book.balance(shop.world_id, book.deposit(shop.id)),
    )


def low_stock(shop: Shop, limit: int = 5) -> list[tuple[int, str, str, int]]:
    """Return (listing, title, spec, saleable) of goods on sale that run out, scarcest first."""
    left = Stock.saleable
    rows = db.session.execute(
        sa.select(Listing.id, Listing.title, Sku.spec, left)
        .join(Sku, Sku.listing_id == Listing.id)
        .join(Stock, Stock.sku_id == Sku.id)
        .where(
            Listing.shop_id == shop.id,
            Listing.state == ListingState.ON_SALE,
            Sku.removed.is_(False),
            left <= Listing.alarm,
        )
        .order_by(left, Listing.id)
        .limit(limit)
    ).all()
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def reviews_count(shop: Shop) -> int:
    """Return how many reviews the shop has."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(Review).where(Review.shop_id == shop.id)) or 0
