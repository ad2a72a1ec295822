"""Stock sync (库存同步): what the mall may promise follows what the supplier can deliver.

On hand in the mall = the shop's share of what is free at the supplier + what is already set aside there for this
shop's unshipped orders (the mall counts those as allocated) + units in the shop's own warehouse. So no unit is
offered twice by one shop; two shops that list the same goods share the supplier's stock and may still race for the
last unit, the more so the longer the interval of the sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db
from app.worlds import due
from app.worlds.clock import sim_now
from sim_supply import mall_client
from sim_supply.domain.order_flow import UNSHIPPED
from sim_supply.domain.stock_flow import MoveKind
from sim_supply.domain.sync_rules import sets, share
from sim_supply.models.catalogue import Sku
from sim_supply.models.orders import (
    FetchedLine,
    Mapping,
    MappingPart,
    PurchaseLine,
    PurchaseOrder,
    SupplyShop,
)
from sim_supply.models.stock import SyncLog
from sim_supply.services import own_stock
from sim_supply.services.own_stock import Why

SYNC_DUE = "supply.sync"


def parts_of(mapping: Mapping) -> list[tuple[int, int]]:
    """Return the parts of one unit of the mall: (supply SKU id, units)."""
    return [(mapping.sku_id, mapping.factor), *((part.sku_id, part.factor) for part in mapping.more)]


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


def _mappings(where: sa.ColumnElement[bool]) -> list[Mapping]:
    query = (
        sa.select(Mapping)
        .options(orm.selectinload(Mapping.more))
        .where(where)
        .order_by(Mapping.shop_id, Mapping.mall_sku_id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _behind(world_id: int, sku_ids: Sequence[int]) -> list[Mapping]:
    bundles = sa.select(MappingPart.mapping_id).where(MappingPart.sku_id.in_(sku_ids))
    either = sa.or_(Mapping.sku_id.in_(sku_ids), Mapping.id.in_(bundles))
    return _mappings(sa.and_(Mapping.world_id == world_id, either))


def offers(mappings: Sequence[Mapping]) -> dict[int, int]:
    """Return mapping id → units that the mall may have on hand now."""
    sku_ids = sorted({sku_id for mapping in mappings for sku_id, _ in parts_of(mapping)})
    shop_ids = {mapping.shop_id for mapping in mappings}
    free: dict[int, int] = {}
    for start in range(0, len(sku_ids), 500):
        chunk = sku_ids[start : start + 500]
        rows = db.session.execute(sa.select(Sku.id, Sku.stock - Sku.reserved).where(Sku.id.in_(chunk)))
        free.update({row[0]: row[1] for row in rows})
    aside = set_aside(sku_ids)
    own = own_stock.units_of(shop_ids, sku_ids)
    rules = {
        row.shop_id: row.sync_rule
        for row in db.session.scalars(sa.select(SupplyShop).where(SupplyShop.shop_id.in_(shop_ids)))
    }
    held_back = [m for m in mappings if (rule := rules.get(m.shop_id)) and (rule.safety or rule.few_is_none)]
    kept = mall_client.safety_of(held_back[0].world_id, [m.mall_sku_id for m in held_back]) if held_back else {}
    found = {}
    for mapping in mappings:
        if mapping.locked is not None:
            found[mapping.id] = mapping.locked
            continue
        rule = rules.get(mapping.shop_id)
        there = []
        for sku_id, factor in parts_of(mapping):
            place = (mapping.shop_id, sku_id)
            offered = share(free[sku_id], rule, kept.get(mapping.mall_sku_id, 0) * factor) if rule else free[sku_id]
            there.append((offered + aside.get(place, 0) + own.get(place, 0), factor))
        found[mapping.id] = sets(there)
    return found


def publish_stock(world_id: int, sku_ids: Iterable[int]) -> int:
    """Write the stock of all mall SKUs behind these supply SKUs; return how many were written.

    Shops with an interval have it written when the interval is over.
    """
    wanted = sorted(set(sku_ids))
    if not wanted:
        return 0
    db.session.flush()
    mappings = _behind(world_id, wanted)
    if not mappings:
        return 0
    now, later = _split_by_interval(world_id, mappings)
    for shop in later:
        _schedule(shop)
    return _write(now, "auto")


def _split_by_interval(world_id: int, mappings: Sequence[Mapping]) -> tuple[list[Mapping], list[SupplyShop]]:
    shop_ids = {mapping.shop_id for mapping in mappings}
    slow = db.session.scalars(
        sa.select(SupplyShop)
        .where(SupplyShop.world_id == world_id, SupplyShop.shop_id.in_(shop_ids), SupplyShop.sync_minutes > 0)
        .order_by(SupplyShop.id)
        .execution_options(populate_existing=True)
    ).all()
    slow_ids = {shop.shop_id for shop in slow}
    return [mapping for mapping in mappings if mapping.shop_id not in slow_ids], list(slow)


def _schedule(shop: SupplyShop) -> None:
    if shop.sync_due_at is None:
        shop.sync_due_at = sim_now(shop.world_id) + timedelta(minutes=shop.sync_minutes)
        due.schedule(shop.world_id, shop.sync_due_at, SYNC_DUE, shop.id)


def sync_due(shop_row_id: int) -> int:
    """Write the whole stock of a shop whose interval is over; return how many were written."""
    shop = db.session.scalars(sa.select(SupplyShop).where(SupplyShop.id == shop_row_id)).one()
    shop.sync_due_at = None
    db.session.flush()
    return publish_shop(shop.shop_id, "delayed")


def publish_shop(shop_id: int, kind: str) -> int:
    """Write the stock of everything that a shop lists from suppliers, now; return how many were written."""
    return _write(_mappings(Mapping.shop_id == shop_id), kind)


def sync_soon(shop_id: int) -> None:
    """Have the stock of a shop written in this simulated moment, where its rule keeps a safety stock."""
    query = sa.select(SupplyShop).where(SupplyShop.shop_id == shop_id, SupplyShop.safety > 0)
    shop = db.session.scalars(query).one_or_none()
    if shop is not None:
        due.schedule(shop.world_id, sim_now(shop.world_id), SYNC_DUE, shop.id)


def publish_mapping(mapping: Mapping, kind: str) -> None:
    """Write the stock of one mall SKU now."""
    db.session.flush()
    _write(_mappings(Mapping.id == mapping.id), kind)


def _write(mappings: Sequence[Mapping], kind: str) -> int:
    if not mappings:
        return 0
    units = offers(mappings)
    by_shop: dict[int, list[Mapping]] = {}
    for mapping in mappings:
        by_shop.setdefault(mapping.shop_id, []).append(mapping)
    for shop_id in sorted(by_shop):
        rows = by_shop[shop_id]
        on_hand = {mapping.mall_sku_id: units[mapping.id] for mapping in rows}
        mall_client.set_stock(rows[0].world_id, shop_id, {mapping.mall_listing_id for mapping in rows}, on_hand)
        for mapping in rows:
            note_written(mapping, units[mapping.id], kind)
    db.session.flush()
    return len(mappings)


def note_written(mapping: Mapping, units: int, kind: str) -> None:
    """Remember what was written to the mall, and log it when it is another figure than before."""
    now = sim_now(mapping.world_id)
    if mapping.published != units:
        db.session.add(
            SyncLog(
                world_id=mapping.world_id,
                shop_id=mapping.shop_id,
                mapping_id=mapping.id,
                kind=kind,
                before=mapping.published,
                after=units,
                at=now,
            )
        )
    mapping.published, mapping.as_of = units, now


# -- own warehouse ------------------------------------------------------------------------------------------


def _mapping_of(mall_sku_id: int) -> Mapping | None:
    found = _mappings(Mapping.mall_sku_id == mall_sku_id)
    return found[0] if found else None


def take_own_stock(line: FetchedLine, units: int) -> None:
    """Let units of the shop's own stock leave for a line; the mall has counted them out itself."""
    mapping = _mapping_of(line.mall_sku_id)
    if mapping is None:
        return
    there = own_stock.units_of([mapping.shop_id], [sku_id for sku_id, _ in parts_of(mapping)])
    for sku_id, factor in parts_of(mapping):
        leaving = min(units * factor, there.get((mapping.shop_id, sku_id), 0))
        if leaving:
            why = Why(MoveKind.SALE, f"fetched_line:{line.id}", "订单发货")
            own_stock.take_out(mapping.world_id, mapping.shop_id, sku_id, leaving, why)


def put_own_stock(mall_sku_id: int, units: int, reference: str, costs: dict[int, int]) -> None:
    """Take good returned units into the shop's own stock; the supplier's stock does not move.

    costs: what a unit of each supply SKU had cost (fen), where that is known.
    """
    mapping = _mapping_of(mall_sku_id)
    if mapping is None:
        return
    for sku_id, factor in parts_of(mapping):
        cost = costs.get(sku_id)
        if cost is None:
            cost = db.session.get_one(Sku, sku_id).cost
        why = Why(MoveKind.RETURN, reference, "买家退货")
        own_stock.take_in(mapping.world_id, mapping.shop_id, sku_id, units * factor, units * factor * cost, why)
