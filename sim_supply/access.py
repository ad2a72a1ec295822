"""Row look-ups by id: each answers once whether this person may have the row, with a uniform NotFound."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from sim_supply import mall_client
from sim_supply.models.catalogue import CatalogueImport, Product, Sku
from sim_supply.models.orders import FetchedOrder, PurchaseLine, PurchaseOrder, SupplyShop

Row = TypeVar("Row")


def _one(query: sa.Select[Any]) -> Any:
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def own_row(actor: Actor, model: type[Row], row_id: int, query: sa.Select[Any], *, lock: bool) -> Row:
    """Return a row (owner_id) of the shop that the actor works for; the system may have every one of its world.

    query: a SELECT of the model with the loading that the caller wants.
    """
    kind: Any = model
    query = query.where(kind.id == row_id, kind.world_id == actor.world())
    if not actor.is_system:
        query = query.where(kind.owner_id == mall_client.keeper(actor))
    if lock:
        query = query.with_for_update(of=model).execution_options(populate_existing=True)
    return _one(query)  # type: ignore[no-any-return]


def get_product(actor: Actor, product_id: int) -> Product:
    """Return a product of the library of the actor's world."""
    query = (
        sa.select(Product)
        .options(orm.joinedload(Product.supplier), orm.joinedload(Product.category), orm.selectinload(Product.skus))
        .where(Product.id == product_id, Product.world_id == actor.world())
    )
    return _one(query)  # type: ignore[no-any-return]


def get_order(actor: Actor, order_id: int, *, lock: bool = False) -> PurchaseOrder:
    """Return a purchase order of the shop that the actor works for; the system may have every one of its world."""
    query = sa.select(PurchaseOrder).options(
        orm.joinedload(PurchaseOrder.supplier),
        orm.joinedload(PurchaseOrder.fetched),
        orm.selectinload(PurchaseOrder.lines).options(
            orm.joinedload(PurchaseLine.fetched),
            orm.joinedload(PurchaseLine.sku).joinedload(Sku.product).joinedload(Product.category),
        ),
    )
    return own_row(actor, PurchaseOrder, order_id, query, lock=lock)


def get_import(actor: Actor, import_id: int) -> CatalogueImport:
    """Return a catalogue import of the actor's world."""
    query = sa.select(CatalogueImport).where(CatalogueImport.id == import_id, CatalogueImport.world_id == actor.world())
    return _one(query)  # type: ignore[no-any-return]


def find_fetched(mall_order_id: int) -> FetchedOrder | None:
    """Return the fetched order of a mall order, or None when it was never fetched."""
    return db.session.scalars(sa.select(FetchedOrder).where(FetchedOrder.mall_order_id == mall_order_id)).one_or_none()


def lock_fetched(fetched_id: int) -> FetchedOrder:
    """Return a fetched order with its lines, locked for the rest of the unit of work."""
    query = (
        sa.select(FetchedOrder)
        .options(orm.selectinload(FetchedOrder.lines))
        .where(FetchedOrder.id == fetched_id)
        .with_for_update(of=FetchedOrder)
        .execution_options(populate_existing=True)
    )
    return _one(query)  # type: ignore[no-any-return]


def find_shop(shop_id: int) -> SupplyShop | None:
    """Return the shop as the supply system knows it, or None before its first use."""
    return db.session.scalars(sa.select(SupplyShop).where(SupplyShop.shop_id == shop_id)).one_or_none()
