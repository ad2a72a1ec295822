"""The mapping table (规格映射): which supply SKUs stand behind a SKU of the mall, how many, and bundles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor
from app.core.db import db, like_escape
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_supply import mall_client
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import FetchedLine, FetchedOrder, Mapping, MappingPart
from sim_supply.models.stock import CostAlert, SyncLog
from sim_supply.services import sync

MOST_PARTS = 10
MOST_FACTOR = 1000


@dataclass(frozen=True, slots=True)
class MallSku:
    """One SKU of the shop in the mall, and what stands behind it, if anything."""

    listing: mall_client.ListingInfo
    sku: mall_client.SkuInfo
    mapping: Mapping | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a unit of the mall."""

    sku_id: int
    factor: int


def mall_skus(actor: Actor, shop_id: int, q: str, number: int) -> tuple[list[MallSku], bool]:
    """Return one page of the shop's listings, SKU by SKU, and whether there is a next page."""
    actor.require(Permission.SUPPLY_USE)
    listings, more = mall_client.page_of_listings(actor, shop_id, q, number, 20)
    ids = [sku.id for listing in listings for sku in listing.skus]
    found = {
        mapping.mall_sku_id: mapping for mapping in db.session.scalars(_full().where(Mapping.mall_sku_id.in_(ids)))
    }
    rows = [MallSku(listing, sku, found.get(sku.id)) for listing in listings for sku in listing.skus]
    return rows, more


def _full() -> sa.Select[Mapping]:
    return sa.select(Mapping).options(
        orm.joinedload(Mapping.sku).joinedload(Sku.product),
        orm.selectinload(Mapping.more).joinedload(MappingPart.sku).joinedload(Sku.product),
    )


def find_mall_sku(actor: Actor, shop_id: int, mall_sku_id: int) -> MallSku:
    """Return one SKU of the shop in the mall. Raises NotFound."""
    number = 1
    mapping = db.session.scalars(_full().where(Mapping.mall_sku_id == mall_sku_id)).one_or_none()
    while True:
        listings, more = mall_client.page_of_listings(actor, shop_id, "", number, 100)
        for listing in listings:
            for sku in listing.skus:
                if sku.id == mall_sku_id:
                    return MallSku(listing, sku, mapping)
        if not more:
            raise NotFound
        number += 1


def search_skus(actor: Actor, q: str) -> list[Sku]:
    """Return supply SKUs of the world whose code or product's name holds the text; at most 30."""
    actor.require(Permission.SUPPLY_USE)
    if not q.strip():
        return []
    pattern = f"%{like_escape(q.strip())}%"
    query = (
        sa.select(Sku)
        .join(Product, Product.id == Sku.product_id)
        .options(orm.joinedload(Sku.product).joinedload(Product.supplier))
        .where(Sku.world_id == actor.world())
        .where(sa.or_(Sku.code.ilike(pattern, escape="\\"), Product.name.ilike(pattern, escape="\\")))
    )
    return list(db.session.scalars(query.order_by(Sku.id).limit(30)))


def map_sku(actor: Actor, shop_id: int, mall_sku_id: int, parts: Sequence[Part]) -> Mapping:
    """Say what stands behind a SKU of the shop; replaces what was said before. Several parts make a bundle.

    Raises InvalidInput for unusable parts or parts of several suppliers (one parcel must hold a unit).
    """
    actor.require(Permission.SUPPLY_USE)
    told = find_mall_sku(actor, shop_id, mall_sku_id)
    skus = _check_parts(actor.world(), parts)
    _refuse_open(mall_sku_id)
    first = skus[parts[0].sku_id]
    mapping = told.mapping
    if mapping is None:
        mapping = Mapping(
            world_id=actor.world(),
            shop_id=shop_id,
            mall_listing_id=told.listing.id,
            mall_sku_id=mall_sku_id,
            price=told.sku.price,
            listed_at=sim_now(actor.world()),
        )
        db.session.add(mapping)
    mapping.product_id, mapping.sku_id, mapping.factor = first.product_id, first.id, parts[0].factor
    db.session.flush()
    mapping.more = [MappingPart(mapping_id=mapping.id, sku_id=p.sku_id, factor=p.factor) for p in parts[1:]]
    db.session.flush()
    sync.publish_mapping(mapping, "auto")
    facts = {"mall_sku": mall_sku_id, "parts": [[part.sku_id, part.factor] for part in parts]}
    scope_id = scope_of_world(actor.world())
    audit.record(actor, "sku.mapped", f"supply_mapping:{mapping.id}", facts, scope_id=scope_id)
    return mapping


def _check_parts(world_id: int, parts: Sequence[Part]) -> dict[int, Sku]:
    if not 1 <= len(parts) <= MOST_PARTS:
        raise InvalidInput(f"请选择 1 到 {MOST_PARTS} 个货源规格。", field="parts")
    if len({part.sku_id for part in parts}) != len(parts):
        raise InvalidInput("同一个货源规格只写一次，用倍数表示几件。", field="parts")
    if any(not 1 <= part.factor <= MOST_FACTOR for part in parts):
        raise InvalidInput(f"倍数应在 1 到 {MOST_FACTOR} 之间。", field="factor")
    query = (
        sa.select(Sku)
        .options(orm.joinedload(Sku.product))
        .where(Sku.world_id == world_id, Sku.id.in_([part.sku_id for part in parts]))
    )
    skus = {sku.id: sku for sku in db.session.scalars(query)}
    if len(skus) != len(parts):
        raise NotFound("选中的货源规格已不存在，请重新选择。")
    if len({sku.product.supplier_id for sku in skus.values()}) > 1:
        raise InvalidInput("组合里的规格要来自同一家供应商，才能装进一个包裹发出。", field="parts")
    return skus


def _refuse_open(mall_sku_id: int) -> None:
    """Raise Refused while orders that were fetched with the old mapping are still to be shipped."""
    open_lines = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(FetchedLine)
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(
            FetchedLine.mall_sku_id == mall_sku_id,
            FetchedLine.closed.is_(False),
            FetchedOrder.mall_state.in_(mall_client.TO_SHIP),
        )
    )
    if open_lines:
        raise Refused(f"这个规格还有 {open_lines} 行已抓取的订单没有发货，发完后再改映射。", code="open_orders")


def unmap_sku(actor: Actor, shop_id: int, mall_sku_id: int) -> None:
    """Forget what stands behind a SKU: from now on the shop ships it itself and sets its stock itself."""
    actor.require(Permission.SUPPLY_USE)
    query = _full().where(Mapping.mall_sku_id == mall_sku_id, Mapping.shop_id == shop_id)
    mapping = db.session.scalars(query).one_or_none()
    if mapping is None:
        raise NotFound
    _refuse_open(mall_sku_id)
    _forget_linked(mapping.id)
    audit.record(actor, "sku.unmapped", f"supply_mapping:{mapping.id}", {}, scope_id=scope_of_world(mapping.world_id))
    db.session.delete(mapping)
    db.session.flush()


def _forget_linked(mapping_id: int) -> None:
    """Forget the alerts and the sync log of a mapping that goes; they speak of nothing any more."""
    for model in (CostAlert, SyncLog):
        db.session.execute(sa.delete(model).where(model.mapping_id == mapping_id))


def lock_stock(actor: Actor, shop_id: int, mall_sku_id: int, units: int | None) -> Mapping:
    """Offer a fixed number of units whatever the supplier has, or None: follow the supplier again."""
    actor.require(Permission.SUPPLY_USE)
    query = _full().where(Mapping.mall_sku_id == mall_sku_id, Mapping.shop_id == shop_id)
    mapping = db.session.scalars(query).one_or_none()
    if mapping is None:
        raise NotFound
    if units is not None and not 0 <= units <= 1_000_000:
        raise InvalidInput("锁定数量应在 0 到 1000000 之间。", field="units")
    mapping.locked = units
    sync.publish_mapping(mapping, "lock" if units is not None else "auto")
    return mapping
