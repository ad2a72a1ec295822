"""Own stock, stocking orders, returns to suppliers, cost alerts, the log of stock sync. Money is fen.

Columns ending in ``_at`` hold simulated time.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_supply.domain.return_flow import ReturnState, Settlement
from sim_supply.domain.stock_flow import MoveKind, StockKind, StockState
from sim_supply.models.catalogue import Sku, Supplier
from sim_supply.models.orders import PurchaseOrder


class OwnStock(Base):
    """Good units of a supply SKU that lie in a shop's own warehouse, and what they are worth (moving average)."""

    __tablename__ = "supply_own_stock"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int]
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    units: orm.Mapped[int] = orm.mapped_column(default=0)
    value: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    damaged: orm.Mapped[int] = orm.mapped_column(default=0)
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "sku_id"),
        sa.CheckConstraint("units >= 0 AND value >= 0 AND damaged >= 0", name="amounts"),
    )


class OwnMove(Base):
    """One change of own stock: append-only; units and value add up to what is there."""

    __tablename__ = "supply_own_move"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    stock_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_own_stock.id"), index=True)
    kind: orm.Mapped[MoveKind] = orm.mapped_column(StrEnumType(MoveKind))
    units: orm.Mapped[int]
    value: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(100), default="")
    reference: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="", index=True)
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    stock: orm.Mapped[OwnStock] = orm.relationship()


class StockOrder(StatefulMixin, Base):
    """Goods that come to the shop's own warehouse (进货单). paid, credited: fen to the supplier and back."""

    __tablename__ = "supply_stock_order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[StockState] = orm.mapped_column(StrEnumType(StockState))
    kind: orm.Mapped[StockKind] = orm.mapped_column(StrEnumType(StockKind))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(index=True)
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    supplier_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_supplier.id"), index=True)
    number: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    freight: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    paid: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    credited: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    waybill: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    ordered_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sent_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    arrived_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    supplier: orm.Mapped[Supplier] = orm.relationship()
    lines: orm.Mapped[list[StockLine]] = orm.relationship(back_populates="order", order_by="StockLine.id")
    __table_args__ = (sa.CheckConstraint("paid >= 0 AND credited >= 0 AND credited <= paid", name="money"),)


class StockLine(Base):
    """One SKU of a stocking order. came_good, came_bad: what is in the boxes; good, bad: what was counted in."""

    __tablename__ = "supply_stock_line"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_stock_order.id"), index=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    quantity: orm.Mapped[int]
    cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    came_good: orm.Mapped[int] = orm.mapped_column(default=0)
    came_bad: orm.Mapped[int] = orm.mapped_column(default=0)
    good: orm.Mapped[int] = orm.mapped_column(default=0)
    bad: orm.Mapped[int] = orm.mapped_column(default=0)
    order: orm.Mapped[StockOrder] = orm.relationship(back_populates="lines")
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.UniqueConstraint("order_id", "sku_id"),
        sa.CheckConstraint("quantity >= 1 AND cost >= 0", name="amounts"),
        sa.CheckConstraint("good >= 0 AND bad >= 0 AND good + bad <= quantity", name="counted"),
    )


class SupplierReturn(StatefulMixin, Base):
    """Units of one after-sale ticket that go back to the supplier (退供). unit_cost, credited: fen."""

    __tablename__ = "supply_return"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[ReturnState] = orm.mapped_column(StrEnumType(ReturnState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(index=True)
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    supplier_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_supplier.id"), index=True)
    purchase_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_order.id"), index=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    ticket_id: orm.Mapped[int]  # of the mall
    number: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    settlement: orm.Mapped[Settlement] = orm.mapped_column(StrEnumType(Settlement))
    reason: orm.Mapped[str] = orm.mapped_column(sa.String(30))
    quantity: orm.Mapped[int]
    unit_cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    from_own: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # were in own stock
    held: orm.Mapped[int] = orm.mapped_column(default=0)  # good units of the ticket that wait to be sent on
    good: orm.Mapped[int] = orm.mapped_column(default=0)
    bad: orm.Mapped[int] = orm.mapped_column(default=0)
    credited: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    waybill: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    replacement_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("supply_stock_order.id"))
    requested_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    supplier: orm.Mapped[Supplier] = orm.relationship()
    purchase: orm.Mapped[PurchaseOrder] = orm.relationship()
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.UniqueConstraint("ticket_id", "sku_id"),
        sa.CheckConstraint("quantity >= 1 AND unit_cost >= 0 AND credited >= 0", name="amounts"),
    )


class CostAlert(Base):
    """A supplier changed the cost of something that a shop sells. Margins in basis points of the price."""

    __tablename__ = "supply_cost_alert"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int]
    mapping_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_mapping.id"), index=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"))
    old_cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    new_cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    old_margin_bp: orm.Mapped[int]
    new_margin_bp: orm.Mapped[int]
    new_price: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)  # once re-priced
    done: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (sa.Index("ix_supply_cost_alert_shop", "shop_id", "done", "id"),)


class SyncLog(Base):
    """One stock figure that was written to the mall (同步记录). kind: auto | delayed | full | delta | lock."""

    __tablename__ = "supply_sync_log"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int]
    mapping_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_mapping.id"), index=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(10))
    before: orm.Mapped[int | None]
    after: orm.Mapped[int]
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_supply_sync_log_shop", "shop_id", "id"),)
