"""Stock alarm (库存预警): the shop is told once, when an order brings a SKU down to its alarm."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from app.core.db import db
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing, Sku, Stock
from sim_mall.services.notices import notify_shop


def warn(reserved: Mapping[int, int]) -> None:
    """Tell the shops of SKUs that these units (sku id → units), just reserved, brought to the alarm; one query."""
    rows = db.session.execute(
        sa.select(Sku.id, Sku.spec, Stock.saleable.label("left"), Listing.alarm, Listing.title)
        .add_columns(Listing.id.label("listing_id"), Listing.shop_id, Listing.world_id)
        .join(Stock, Stock.sku_id == Sku.id)
        .join(Listing, Listing.id == Sku.listing_id)
        .where(Sku.id.in_(sorted(reserved)), Listing.state == ListingState.ON_SALE, Stock.saleable <= Listing.alarm)
        .order_by(Sku.id)
    )
    for row in rows.all():
        if row.left + reserved[row.id] <= row.alarm:
            continue  # it was low before: told then
        name = f"{row.title}（{row.spec}）" if row.spec else row.title
        left = f"只剩 {row.left} 件" if row.left else "已经售完"
        text = f"“{name}”{left}，请及时补货；不想再收到提醒，可以把商品的预警值改小。"
        path = f"/seller/products/{row.listing_id}/edit"
        notify_shop(row.world_id, row.shop_id, ShopPower.STOCK, "goods", "库存预警", text, path)
