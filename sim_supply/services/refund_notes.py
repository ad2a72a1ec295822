"""What a refund of the mall means for a fetched line."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from sim_supply.models.orders import FetchedLine, FetchedOrder, PurchaseLine


def note_refund(mall_order_id: int, mall_sku_id: int, amount: int) -> dict[int, int]:
    """Count fen that went back to the buyer; return what a unit of each supply SKU of the line had cost (fen)."""
    line = db.session.scalars(
        sa.select(FetchedLine)
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(FetchedOrder.mall_order_id == mall_order_id, FetchedLine.mall_sku_id == mall_sku_id)
        .order_by(FetchedLine.id)
    ).first()
    if line is None:
        return {}
    line.refunded += amount
    db.session.flush()
    rows = db.session.execute(
        sa.select(PurchaseLine.sku_id, PurchaseLine.cost).where(PurchaseLine.fetched_line_id == line.id)
    )
    return {row[0]: row[1] for row in rows}
