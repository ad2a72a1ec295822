"""The shop's own warehouse (自有库存): units and value in a ledger of moves, moving-average cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor
from app.core.db import add_missing, db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_supply.domain.catalogue import spec_text
from sim_supply.domain.stock_flow import MoveKind, average_cost, leaving_value
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.stock import OwnMove, OwnStock

MOST_UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class Why:
    """Why own stock changes: for the ledger of moves."""

    kind: MoveKind
    reference: str = ""
    reason: str = ""
    account_id: int | None = None


def _lock(world_id: int, shop_id: int, sku_id: int) -> OwnStock:
    add_missing(OwnStock, world_id=world_id, shop_id=shop_id, sku_id=sku_id, units=0, value=0, damaged=0)
    query = sa.select(OwnStock).where(OwnStock.shop_id == shop_id, OwnStock.sku_id == sku_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _move(row: OwnStock, units: int, value: int, why: Why) -> None:
    row.units += units
    row.value += value
    db.session.add(
        OwnMove(
            stock_id=row.id,
            kind=why.kind,
            units=units,
            value=value,
            reason=why.reason[:100],
            reference=why.reference,
            account_id=why.account_id,
            at=sim_now(row.world_id),
        )
    )
    db.session.flush()


def take_in(world_id: int, shop_id: int, sku_id: int, units: int, value: int, why: Why, damaged: int = 0) -> None:
    """Put good units that are worth ``value`` fen in all into the warehouse; damaged ones are only counted."""
    if units or damaged:
        row = _lock(world_id, shop_id, sku_id)
        row.damaged += damaged
        _move(row, units, value if units else 0, why)


def take_out(world_id: int, shop_id: int, sku_id: int, units: int, why: Why) -> int:
    """Let units leave at the moving average; return their value in fen. Raises Refused when there are fewer."""
    row = _lock(world_id, shop_id, sku_id)
    if row.units < units:
        raise Refused(f"自有仓库只有 {row.units} 件，不够 {units} 件。", code="out_of_stock")
    value = leaving_value(row.units, row.value, units)
    _move(row, -units, -value, why)
    return value


def units_of(shop_ids: Iterable[int], sku_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Return (shop id, supply SKU id) → good units in that shop's own warehouse."""
    rows = db.session.execute(
        sa.select(OwnStock.shop_id, OwnStock.sku_id, OwnStock.units).where(
            OwnStock.shop_id.in_(sorted(set(shop_ids))), OwnStock.sku_id.in_(sorted(set(sku_ids)))
        )
    )
    return {(row.shop_id, row.sku_id): row.units for row in rows}


def _mine(shop_id: int) -> sa.Select[OwnStock]:
    return (
        sa.select(OwnStock)
        .options(orm.joinedload(OwnStock.sku).joinedload(Sku.product).joinedload(Product.category))
        .where(OwnStock.shop_id == shop_id)
        .order_by(OwnStock.id.desc())
    )


def list_stock(actor: Actor, shop_id: int, number: int) -> Page[OwnStock]:
    """Return the shop's own stock, newest first."""
    actor.require(Permission.SUPPLY_USE)
    return paginate(_mine(shop_id), number, 20)


def get_stock(shop_id: int, stock_id: int) -> OwnStock:
    """Return one row of the shop's own stock. Raises NotFound."""
    row = db.session.scalars(_mine(shop_id).where(OwnStock.id == stock_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def moves_of(stock: OwnStock, number: int) -> Page[OwnMove]:
    """Return what happened to one row, newest first."""
    return paginate(sa.select(OwnMove).where(OwnMove.stock_id == stock.id).order_by(OwnMove.id.desc()), number, 20)


def count_stock(actor: Actor, shop_id: int, stock_id: int, units: int, reason: str) -> int:
    """Set what a count found, with its reason; return the difference. Extra units come in at the average cost."""
    actor.require(Permission.SUPPLY_USE)
    if not 0 <= units <= MOST_UNITS:
        raise InvalidInput(f"盘点数量应在 0 到 {MOST_UNITS} 之间。", field="units")
    reason = reason.strip()
    if not 2 <= len(reason) <= 100:
        raise InvalidInput("请写明盘点差异的原因，2 到 100 个字，例如“运输压损”。", field="reason")
    found = get_stock(shop_id, stock_id)
    row = _lock(found.world_id, shop_id, found.sku_id)
    difference = units - row.units
    if difference:
        if difference > 0:
            value = (average_cost(row.units, row.value) or row.sku.cost) * difference
        else:
            value = -leaving_value(row.units, row.value, -difference)
        why = Why(MoveKind.COUNT, f"count:{row.id}", reason, actor.account_id)
        _move(row, difference, value, why)
        facts = {"sku": row.sku_id, "difference": difference, "reason": reason}
        target = f"own_stock:{row.id}"
        audit.record(actor, "own_stock.counted", target, facts, scope_id=scope_of_world(row.world_id))
    return difference


def name_of(sku: Sku) -> str:
    """Return what people call a SKU: product and specification."""
    return f"{sku.product.name}（{spec_text(sku.spec)}）"
