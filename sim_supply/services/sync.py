"""Stock sync (库存同步): what the mall may promise follows what the supplier can deliver.

On hand in the mall = free at the supplier + already set aside there for this shop's unshipped orders (the mall
counts those as allocated) + units that came back and lie in the shop. So no unit is offered twice by one shop;
two shops that list the same goods share the supplier's stock and may still race for the last unit.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.core.db import db
from sim_supply import mall_client
from sim_supply.domain.order_flow import UNSHIPPED
from sim_supply.models import Mapping, PurchaseLine, PurchaseOrder, Sku


def set_aside(sku_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Return (shop id, supply SKU id) → units reserved at the supplier for the shop's unshipped orders."""
    rows = db.session.execute(
        sa.select(
            PurchaseOrder.shop_id, PurchaseLine.sku_id, sa.func.sum(PurchaseLine.quantity - PurchaseLine.cancelled)
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .where(
            PurchaseLine.sku_id.in_(sorted(set(sku_ids))),
            PurchaseOrder.state.in_(UNSHIPPED),
            PurchaseOrder.stock_reserved.is_(True),
        )
        .group_by(PurchaseOrder.shop_id, PurchaseLine.sku_id)
    )
    return {(shop_id, sku_id): int(units) for shop_id, sku_id, units in rows}


def publish_stock(world_id: int, sku_ids: Iterable[int]) -> int:
    """Write the stock of all mall SKUs behind these supply SKUs; return how many were written."""
    wanted = sorted(set(sku_ids))
    if not wanted:
        return 0
    db.session.flush()
    mappings = db.session.scalars(
        sa.select(Mapping)
        .where(Mapping.world_id == world_id, Mapping.sku_id.in_(wanted))
        .order_by(Mapping.shop_id, Mapping.mall_sku_id)
        .execution_options(populate_existing=True)
    ).all()
    if not mappings:
        return 0
    free = dict(db.session.execute(sa.select(Sku.id, Sku.stock - Sku.reserved).where(Sku.id.in_(wanted))).all())
    aside = set_aside(wanted)
    by_shop: dict[int, dict[int, int]] = {}
    listings: dict[int, set[int]] = {}
    for mapping in mappings:
        units = free[mapping.sku_id] + aside.get((mapping.shop_id, mapping.sku_id), 0) + mapping.own_stock
        by_shop.setdefault(mapping.shop_id, {})[mapping.mall_sku_id] = units
        listings.setdefault(mapping.shop_id, set()).add(mapping.mall_listing_id)
    for shop_id in sorted(by_shop):
        mall_client.set_stock(world_id, shop_id, listings[shop_id], by_shop[shop_id])
    return len(mappings)


def take_own_stock(mall_sku_id: int, units: int) -> None:
    """Let units of the shop's own stock leave; the mall has counted them out itself."""
    db.session.execute(
        sa.update(Mapping)
        .where(Mapping.mall_sku_id == mall_sku_id)
        .values(own_stock=sa.case((Mapping.own_stock >= units, Mapping.own_stock - units), else_=0))
        .execution_options(synchronize_session=False)
    )


def put_own_stock(mall_sku_id: int, units: int) -> None:
    """Take good returned units into the shop's own stock; the supplier's stock does not move."""
    db.session.execute(
        sa.update(Mapping)
        .where(Mapping.mall_sku_id == mall_sku_id)
        .values(own_stock=Mapping.own_stock + units)
        .execution_options(synchronize_session=False)
    )
