"""Reconciliation with a supplier (对账单): purchases + freight - credits = payable, each line against the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission
from app.ledger.models import LedgerAccount, LedgerEntry, LedgerKind, LedgerTransaction
from sim_supply.domain.stock_flow import STOCK_KIND_NAMES
from sim_supply.models.catalogue import Supplier
from sim_supply.models.orders import PurchaseOrder
from sim_supply.models.stock import StockOrder, SupplierReturn


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One document of the sheet. All fen: goods + freight - credits = net; booked: what the ledger says.

    order: the mall's order number; ticket: the mall's after-sale ticket.
    """

    kind: str
    number: str
    at: datetime
    goods: int
    freight: int
    credits: int
    booked: int
    path: str
    order: str = ""
    ticket: int | None = None

    @property
    def net(self) -> int:
        return self.goods + self.freight - self.credits

    @property
    def agrees(self) -> bool:
        return self.net == self.booked


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet of one supplier: lines oldest first, and their sums in fen."""

    supplier: Supplier
    lines: tuple[SheetLine, ...]

    @property
    def goods(self) -> int:
        return sum(line.goods for line in self.lines)

    @property
    def freight(self) -> int:
        return sum(line.freight for line in self.lines)

    @property
    def credits(self) -> int:
        return sum(line.credits for line in self.lines)

    @property
    def payable(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def booked(self) -> int:
        return sum(line.booked for line in self.lines)

    @property
    def agrees(self) -> bool:
        return all(line.agrees for line in self.lines)


def _booked(world_id: int, supplier_id: int) -> dict[str, int]:
    """Return reference → fen that the ledger says the supplier has for it."""
    rows = db.session.execute(
        sa.select(LedgerTransaction.reference, sa.func.sum(LedgerEntry.amount))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(
            LedgerAccount.world_id == world_id,
            LedgerAccount.kind == LedgerKind.SUPPLIER,
            LedgerAccount.owner_id == supplier_id,
        )
        .group_by(LedgerTransaction.reference)
    )
    return {reference: int(amount) for reference, amount in rows}


def sheet(actor: Actor, shop_id: int, supplier: Supplier) -> Sheet:
    """Return the sheet of a shop with a supplier."""
    actor.require(Permission.SUPPLY_USE)
    booked = _booked(supplier.world_id, supplier.id)
    lines = [
        *_purchases(shop_id, supplier.id, booked),
        *_stocking(shop_id, supplier.id, booked),
        *_returns(shop_id, supplier.id, booked),
    ]
    return Sheet(supplier, tuple(sorted(lines, key=lambda line: (line.at, line.number))))


def _purchases(shop_id: int, supplier_id: int, booked: dict[str, int]) -> list[SheetLine]:
    rows = db.session.scalars(
        sa.select(PurchaseOrder)
        .options(orm.joinedload(PurchaseOrder.fetched))
        .where(PurchaseOrder.shop_id == shop_id, PurchaseOrder.supplier_id == supplier_id, PurchaseOrder.paid > 0)
    )
    found = []
    for row in rows:
        freight = min(row.freight * row.attempt, row.paid)
        found.append(
            SheetLine(
                "代发采购",
                row.number,
                row.pushed_at or row.created_at,
                row.paid - freight,
                freight,
                row.refunded,
                booked.get(f"supply_order:{row.id}", 0),
                f"/supply/orders/{row.id}",
                row.fetched.number,
            )
        )
    return found


def _stocking(shop_id: int, supplier_id: int, booked: dict[str, int]) -> list[SheetLine]:
    rows = db.session.scalars(
        sa.select(StockOrder).where(StockOrder.shop_id == shop_id, StockOrder.supplier_id == supplier_id)
    )
    return [
        SheetLine(
            STOCK_KIND_NAMES[row.kind],
            row.number,
            row.ordered_at,
            row.paid - min(row.freight, row.paid),
            min(row.freight, row.paid),
            row.credited,
            booked.get(f"supply_stock_order:{row.id}", 0),
            f"/supply/stock/orders/{row.id}",
        )
        for row in rows
    ]


def _returns(shop_id: int, supplier_id: int, booked: dict[str, int]) -> list[SheetLine]:
    rows = db.session.scalars(
        sa.select(SupplierReturn)
        .options(orm.joinedload(SupplierReturn.purchase).joinedload(PurchaseOrder.fetched))
        .where(
            SupplierReturn.shop_id == shop_id,
            SupplierReturn.supplier_id == supplier_id,
            SupplierReturn.credited > 0,
        )
    )
    return [
        SheetLine(
            "退供",
            row.number,
            row.ended_at or row.requested_at,
            0,
            0,
            row.credited,
            booked.get(f"supply_return:{row.id}", 0),
            f"/supply/returns/{row.id}",
            row.purchase.fetched.number,
            row.ticket_id,
        )
        for row in rows
    ]


def suppliers_of(shop_id: int) -> list[Supplier]:
    """Return the suppliers that a shop has done business with."""
    ids = sa.union(
        sa.select(PurchaseOrder.supplier_id).where(PurchaseOrder.shop_id == shop_id),
        sa.select(StockOrder.supplier_id).where(StockOrder.shop_id == shop_id),
    ).subquery()
    return list(db.session.scalars(sa.select(Supplier).where(Supplier.id.in_(sa.select(ids))).order_by(Supplier.id)))
