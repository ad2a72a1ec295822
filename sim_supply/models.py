"""Tables of the supply system (supply_*). Money is fen; columns ending in ``_at`` hold simulated time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_supply.domain.order_flow import OrderState

DEFAULT_SLA_HOURS = 24
DEFAULT_FREIGHT = 500  # fen for one purchase order


class Supplier(Base):
    """A simulated supplier (供应商). sla_hours: ships at the latest so many simulated hours after accepting."""

    __tablename__ = "supply_supplier"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    description: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    sla_hours: orm.Mapped[int] = orm.mapped_column(default=DEFAULT_SLA_HOURS)
    freight: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=DEFAULT_FREIGHT)
    __table_args__ = (
        sa.UniqueConstraint("world_id", "code"),
        sa.CheckConstraint("sla_hours >= 2", name="sla_hours"),
        sa.CheckConstraint("freight >= 0", name="freight"),
    )


class Category(Base):
    """A category of the library, two levels. path: '居家' or '居家/被枕'."""

    __tablename__ = "supply_category"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    parent_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("supply_category.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    path: orm.Mapped[str] = orm.mapped_column(sa.String(41))
    parent: orm.Mapped[Category | None] = orm.relationship(lambda: Category, remote_side=lambda: Category.id)
    __table_args__ = (sa.UniqueConstraint("world_id", "path"),)


class Product(Base):
    """A product of a supplier (货源商品). image_url is kept as text and never fetched."""

    __tablename__ = "supply_product"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    supplier_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_supplier.id"))
    category_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_category.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    brief: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    unit: orm.Mapped[str] = orm.mapped_column(sa.String(10))
    keywords: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    image_url: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    supplier: orm.Mapped[Supplier] = orm.relationship()
    category: orm.Mapped[Category] = orm.relationship(lambda: Category)
    skus: orm.Mapped[list[Sku]] = orm.relationship(lambda: Sku, back_populates="product", order_by=lambda: Sku.id)
    __table_args__ = (
        sa.UniqueConstraint("world_id", "code"),
        sa.Index("ix_supply_product_category", "world_id", "category_id"),
        sa.Index("ix_supply_product_supplier", "world_id", "supplier_id"),
    )


class Sku(Base):
    """One specification of a product: cost and retail price in fen; available = stock - reserved."""

    __tablename__ = "supply_sku"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    product_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_product.id"), index=True)
    code: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    spec: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    retail: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    stock: orm.Mapped[int]
    reserved: orm.Mapped[int] = orm.mapped_column(default=0)
    product: orm.Mapped[Product] = orm.relationship(back_populates="skus")
    __table_args__ = (
        sa.UniqueConstraint("world_id", "code"),
        sa.CheckConstraint("cost > 0", name="cost"),
        sa.CheckConstraint("retail > 0", name="retail"),
        sa.CheckConstraint("reserved >= 0 AND reserved <= stock", name="stock"),
    )

    @property
    def available(self) -> int:
        return self.stock - self.reserved


class SupplyShop(Base):
    """A mall shop as the supply system knows it: how far its orders were fetched. Its row locks the shop's work."""

    __tablename__ = "supply_shop"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    fetched_to_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    fetched_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)


class Mapping(Base):
    """Which supply SKU stands behind a SKU of the mall. own_stock: good returned units that lie in the shop."""

    __tablename__ = "supply_mapping"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(index=True)
    product_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_product.id"))
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    mall_listing_id: orm.Mapped[int] = orm.mapped_column(index=True)
    mall_sku_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # fen, when it was listed
    own_stock: orm.Mapped[int] = orm.mapped_column(default=0)
    listed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    product: orm.Mapped[Product] = orm.relationship()
    __table_args__ = (
        sa.CheckConstraint("own_stock >= 0", name="own_stock"),
        sa.Index("ix_supply_mapping_shop_product", "shop_id", "product_id"),
    )


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
    """One line of a purchase order. A fetched line is bought once. cancelled: units no longer wanted."""

    __tablename__ = "supply_order_line"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_order.id"), index=True)
    fetched_line_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_fetched_line.id"), unique=True)
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_sku.id"), index=True)
    quantity: orm.Mapped[int]
    cancelled: orm.Mapped[int] = orm.mapped_column(default=0)
    cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)  # fen a unit, when it was fetched
    order: orm.Mapped[PurchaseOrder] = orm.relationship(back_populates="lines")
    fetched: orm.Mapped[FetchedLine] = orm.relationship()
    sku: orm.Mapped[Sku] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.CheckConstraint("quantity >= 1 AND cancelled >= 0 AND cancelled <= quantity", name="quantity"),
        sa.CheckConstraint("cost > 0", name="cost"),
    )

    @property
    def wanted(self) -> int:
        """Units that the supplier is to send."""
        return self.quantity - self.cancelled


class ImportStatus(StrEnum):
    """How far a catalogue import is."""

    CHECKING = "checking"  # 检查中: a large file, by the worker
    CHECKED = "checked"  # 待确认: the report is there, nothing is stored yet
    RUNNING = "running"  # 导入中: a large file, by the worker
    DONE = "done"  # 已导入


class CatalogueImport(Base):
    """One catalogue file: kept as it came, its report, and what became of it. Times are wall time."""

    __tablename__ = "supply_import"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    file_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    suppliers_file_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("core_stored_file.id"))
    file_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    status: orm.Mapped[ImportStatus] = orm.mapped_column(StrEnumType(ImportStatus))
    cost_bp: orm.Mapped[int | None]
    rows: orm.Mapped[int] = orm.mapped_column(default=0)
    good: orm.Mapped[int] = orm.mapped_column(default=0)
    refused: orm.Mapped[int] = orm.mapped_column(default=0)
    without_cost: orm.Mapped[int] = orm.mapped_column(default=0)
    report: orm.Mapped[str] = orm.mapped_column(sa.Text, default="{}")  # JSON: see services.imports
    created_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    done_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
