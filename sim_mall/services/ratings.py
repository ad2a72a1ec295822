"""The three scores of shops (店铺评分) as defined in ``domain.dsr``: one query however many shops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.worlds.clock import sim_now
from sim_mall.domain.dsr import DAYS, NONE, ORDERS_A_MONTH, Dsr
from sim_mall.models.trade import Review
from sim_mall.services.days import shanghai_month


def dsr(world_id: int, shop_id: int) -> Dsr:
    """Return the scores of one shop at the simulated moment; one query."""
    return dsr_of(world_id, [shop_id]).get(shop_id, NONE)


def dsr_of(world_id: int, shop_ids: Sequence[int] | None = None) -> dict[int, Dsr]:
    """Return the scores per shop with ratings, of the shops named or of the whole world; one query."""
    where: list[Any] = [Review.world_id == world_id, Review.at > sim_now(world_id) - timedelta(days=DAYS)]
    if shop_ids is not None:
        where.append(Review.shop_id.in_(list(shop_ids)))
    if (by_default := getattr(Review, "by_default", None)) is not None:
        where.append(by_default.is_(False))
    orders = (
        sa.select(
            Review.shop_id,
            Review.order_id,
            Review.buyer_id,
            sa.func.min(Review.at).label("at"),
            sa.func.min(shanghai_month(Review.at)).label("month"),
            sa.func.count().label("ratings"),
            sa.func.sum(Review.description).label("description"),
            sa.func.sum(Review.service).label("service"),
            sa.func.sum(Review.logistics).label("logistics"),
        )
        .where(*where)
        .group_by(Review.shop_id, Review.order_id, Review.buyer_id)
        .subquery()
    )
    place = sa.func.row_number().over(
        partition_by=(orders.c.shop_id, orders.c.buyer_id, orders.c.month), order_by=(orders.c.at, orders.c.order_id)
    )
    ranked = sa.select(orders, place.label("place")).subquery()
    rows = db.session.execute(
        sa.select(
            ranked.c.shop_id,
            sa.func.sum(ranked.c.ratings),
            sa.func.sum(ranked.c.description),
            sa.func.sum(ranked.c.service),
            sa.func.sum(ranked.c.logistics),
        )
        .where(ranked.c.place <= ORDERS_A_MONTH)
        .group_by(ranked.c.shop_id)
    ).all()
    return {row[0]: Dsr(int(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in rows}
