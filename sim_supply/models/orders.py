"""Shops, mappings, fetched orders and purchase orders. Money is fen; columns ending in ``_at`` hold simulated time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_supply.domain.order_flow import OrderState
from sim_supply.domain.sync_rules import SyncRule
from sim_supply.models.catalogue import Product, Sku, Supplier


class SupplyShop(Base):
    """A mall shop as the supply system knows it: how far its orders were fetched. Its row locks the shop's work.

    cursor_at: how far the incremental protocol has read. auto_minutes: fetch by itself every so often, 0 never.
    forward: lab switch, pages are read from the first. ratio_bp to sync_minutes: see ``domain.sync_rules``.
    sync_due_at: when stock will be written next, while it waits. auto_reprice: follow cost changes by the rule.
    """

    __tablename__ = "supply_shop"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    fetched_to_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    fetched_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    cursor_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    auto_minutes: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    forward: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    ratio_bp: orm.Mapped[int] = orm.mapped_column(default=10_000, server_default="10000")
    safety: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    few_is_none: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    sync_minutes: orm.Mapped[int] = orm.mapped_column(default=0, server_default="0")
    sync_due_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    auto_reprice: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())

    @property
    def sync_rule(self) -> SyncRule:
        """Return the shop's rule of stock sync."""
        return SyncRule(self.ratio_bp, self.safety, self.few_is_none, self.sync_minutes)


class Mapping(Base):
    """Which supply SKU stands behind a SKU of the mall, and how many of it make one (factor).

    A bundle has more parts; all come from one supplier. rule: the price rule of the listing, for re-pricing.
    locked: so many are offered whatever the supplier has. published: what was written to the mall last; as_of: of
    which moment that was.
    """

    __tablename__ = "supply_mapping"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(index=True)
    product_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_product.id"))
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    mall_listing_id: orm.Mapped[int] = orm.mapped_column(index=True)
    mall_sku_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # fen, when it was listed
    factor: orm.Mapped[int] = orm.mapped_column(default=1, server_default="1")
    rule: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    locked: orm.Mapped[int | None]
    published: orm.Mapped[int | None]
    as_of: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    listed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    product: orm.Mapped[Product] = orm.relationship()
    more: orm.Mapped[list[MappingPart]] = orm.relationship(
        lambda: MappingPart, order_by=lambda: MappingPart.sku_id, cascade="all, delete-orphan"
    )
    __table_args__ = (
        sa.CheckConstraint("factor >= 1", name="factor"),
        sa.CheckConstraint("locked >= 0", name="locked"),
        sa.Index("ix_supply_mapping_shop_product", "shop_id", "product_id"),
    )


class MappingPart(Base):
    """One more part of a bundle."""

    __tablename__ = "supply_mapping_part"
    mapping_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("supply_mapping.id"), primary_key=True, autoincrement=False
    )
    sku_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("supply_sku.id"), primary_key=True, autoincrement=False, index=True
    )
    factor: orm.Mapped[int] = orm.mapped_column(default=1)
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (sa.CheckConstraint("factor >= 1", name="factor"),)


class Route(StrEnum):
    """Who ships a line of a fetched order."""

    SUPPLIER = "supplier"  # 供应商代发
    OWN = "own"  # 店铺自发: no mapping, or taken from units that came back


class FetchedOrder(Base):
    """An order of the mall as it was last fetched (抓取的订单); its number stands once per shop."""

    __tablename__ = "supply_fetched_order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int]
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    mall_order_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    number: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    mall_state: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    payable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    receiver_name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    receiver_phone: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    receiver_address: orm.Mapped[str] = orm.mapped_column(sa.String(260))
    paid_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ship_by: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    modified_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    fetched_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    lines: orm.Mapped[list[FetchedLine]] = orm.relationship(back_populates="order", order_by="FetchedLine.id")
    __table_args__ = (sa.UniqueConstraint("shop_id", "number"),)


class FetchedLine(Base):
    """One line of a fetched order and who ships it. from_own_stock: taken from units that came back to the shop."""

    __tablename__ = "supply_fetched_line"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_fetched_order.id"), index=True)
    mall_line_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    mall_sku_id: orm.Mapped[int] = orm.mapped_column(index=True)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    spec: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    quantity: orm.Mapped[int]
    route: orm.Mapped[Route] = orm.mapped_column(StrEnumType(Route))
    from_own_stock: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    shipped: orm.Mapped[int] = orm.mapped_column(default=0)
    closed: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # nothing more to ship
    payable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")
    refunded: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0, server_default="0")  # fen to the buyer
    order: orm.Mapped[FetchedOrder] = orm.relationship(back_populates="lines")
    __table_args__ = (sa.CheckConstraint("quantity >= 1", name="quantity"),)


class PurchaseOrder(StatefulMixin, Base):
    """A purchase order (采购单): what one supplier ships of one fetched order.

    paid, refunded: fen that went to the supplier and came back. attempt: how often it was pushed.
    stock_reserved: the supplier's stock is set aside for it.
    """

    __tablename__ = "supply_order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[OrderState] = orm.mapped_column(StrEnumType(OrderState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int]
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    supplier_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_supplier.id"))
    fetched_order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_fetched_order.id"))
    number: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    freight: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    paid: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    refunded: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    attempt: orm.Mapped[int] = orm.mapped_column(default=0)
    stock_reserved: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    note: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    carrier: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    waybill: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    pushed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    accepted_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ships_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)  # when the supplier means to ship
    shipped_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    supplier: orm.Mapped[Supplier] = orm.relationship()
    fetched: orm.Mapped[FetchedOrder] = orm.relationship()
    lines: orm.Mapped[list[PurchaseLine]] = orm.relationship(back_populates="order", order_by="PurchaseLine.id")
    __table_args__ = (
        sa.UniqueConstraint("fetched_order_id", "supplier_id"),
        sa.Index("ix_supply_order_owner", "world_id", "owner_id", "state"),
        sa.CheckConstraint("paid >= 0 AND refunded >= 0 AND refunded <= paid", name="money"),
        sa.CheckConstraint("freight >= 0", name="freight"),
    )


class PurchaseLine(Base):
    """One SKU of a fetched line in a purchase order: bought once. cancelled: units no longer wanted."""

    __tablename__ = "supply_order_line"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_order.id"), index=True)
    fetched_line_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_fetched_line.id"))
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    factor: orm.Mapped[int] = orm.mapped_column(default=1, server_default="1")  # units for one of the mall's line
    quantity: orm.Mapped[int]
    cancelled: orm.Mapped[int] = orm.mapped_column(default=0)
    cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # fen a unit, when it was fetched
    order: orm.Mapped[PurchaseOrder] = orm.relationship(back_populates="lines")
    fetched: orm.Mapped[FetchedLine] = orm.relationship()
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.UniqueConstraint("fetched_line_id", "sku_id"),
        sa.CheckConstraint("quantity >= 1 AND cancelled >= 0 AND cancelled <= quantity", name="quantity"),
        sa.CheckConstraint("factor >= 1", name="factor"),
        sa.CheckConstraint("cost > 0", name="cost"),
    )

    @property
    def wanted(self) -> int:
        """Units that the supplier is to send."""
        return self.quantity - self.cancelled
