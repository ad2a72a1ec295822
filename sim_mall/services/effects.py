"""What activities and coupons brought (活动效果): orders that were paid, buyers, money, discount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from sim_mall.models.promotions import LineDiscount
from sim_mall.models.trade import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Effect:
    """Of paid orders. amount: fen paid for the lines it touched; discount: fen it took off; units: of those lines."""

    orders: int = 0
    buyers: int = 0
    units: int = 0
    amount: int = 0
    discount: int = 0

    @property
    def per_order(self) -> int:
        return self.amount // self.orders if self.orders else 0

    @property
    def cost_bp(self) -> int:
        """Discount as a share of what the goods would have brought (basis points)."""
        whole = self.amount + self.discount
        return self.discount * 10_000 // whole if whole else 0


def _effects(column: Any, ids: Sequence[int]) -> dict[int, Effect]:
    """Return the effects by id; one query. A line that one activity touched twice counts once."""
    by_line = (
        sa.select(
            column.label("source"),
            LineDiscount.line_id,
            LineDiscount.order_id,
            sa.func.sum(LineDiscount.share).label("share"),
        )
        .where(column.in_(list(ids)))
        .group_by(column, LineDiscount.line_id, LineDiscount.order_id)
        .subquery()
    )
    query = (
        sa.select(
            by_line.c.source,
            sa.func.count(sa.distinct(by_line.c.order_id)),
            sa.func.count(sa.distinct(Order.buyer_id)),
            sa.func.sum(OrderLine.quantity),
            sa.func.sum(OrderLine.payable),
            sa.func.sum(by_line.c.share),
        )
        .join(OrderLine, OrderLine.id == by_line.c.line_id)
        .join(Order, Order.id == by_line.c.order_id)
        .where(Order.paid_at.is_not(None))
        .group_by(by_line.c.source)
    )
    return {row[0]: Effect(*(int(value) for value in row[1:])) for row in db.session.execute(query)}


def promotion_effects(ids: Sequence[int]) -> dict[int, Effect]:
    """Return what activities brought, by id; those without a paid order are missing."""
    return _effects(LineDiscount.promotion_id, ids) if ids else {}


def coupon_effects(ids: Sequence[int]) -> dict[int, Effect]:
    """Return what coupon templates brought, by id."""
    return _effects(LineDiscount.template_id, ids) if ids else {}


def days(promotion_id: int) -> list[tuple[str, int, int]]:
    """Return (day of simulated time in UTC, paid orders, fen) of an activity, oldest first."""
    rows = db.session.execute(
        sa.select(Order.id, Order.paid_at, sa.func.sum(OrderLine.payable))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(LineDiscount, LineDiscount.line_id == OrderLine.id)
        .where(LineDiscount.promotion_id == promotion_id, Order.paid_at.is_not(None))
        .group_by(Order.id, Order.paid_at)
        .order_by(Order.paid_at)
    )
    found: dict[str, tuple[int, int]] = {}
    for _, paid_at, amount in rows:
        day = f"{paid_at:%m-%d}"
        orders, fen = found.get(day, (0, 0))
        found[day] = (orders + 1, fen + int(amount))
    return [(day, orders, fen) for day, (orders, fen) in found.items()]
