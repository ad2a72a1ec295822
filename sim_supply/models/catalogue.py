"""The distribution library: suppliers, categories, products, SKUs, catalogue imports, cooperation. Money is fen.

Columns ending in ``_at`` hold simulated time, in ``_wall_at`` wall time.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_supply.domain.cooperation import CooperationState, Grade

DEFAULT_SLA_HOURS = 24
DEFAULT_FREIGHT = 500  # fen for one purchase order
DEFAULT_DEFECT_BP = 200


class Supplier(Base):
    """A simulated supplier (供应商). sla_hours: ships at the latest so many simulated hours after accepting.

    grade: A, B or C by its past. defect_bp: share of bad goods. papers: authorisations as text. closed_shop: its
    goods may be listed by approved distributors only. freight_by: who pays the freight of new products. late_bp,
    lost_bp: share of its parcels that come late or get lost; None: what the world says.
    """

    __tablename__ = "supply_supplier"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    code: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    description: orm.Mapped[str] = orm.mapped_column(sa.String(500), default="")
    sla_hours: orm.Mapped[int] = orm.mapped_column(default=DEFAULT_SLA_HOURS)
    freight: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=DEFAULT_FREIGHT)
    grade: orm.Mapped[str] = orm.mapped_column(sa.String(1), default="B")
    return_address: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    defect_bp: orm.Mapped[int] = orm.mapped_column(default=DEFAULT_DEFECT_BP)
    papers: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    closed_shop: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    freight_by: orm.Mapped[str] = orm.mapped_column(sa.String(12), default="distributor", server_default="distributor")
    late_bp: orm.Mapped[int | None]
    lost_bp: orm.Mapped[int | None]
    __table_args__ = (
        sa.UniqueConstraint("world_id", "code"),
        sa.CheckConstraint("sla_hours >= 2", name="sla_hours"),
        sa.CheckConstraint("freight >= 0", name="freight"),
        sa.CheckConstraint("defect_bp BETWEEN 0 AND 10000", name="defect"),
        sa.CheckConstraint("late_bp BETWEEN 0 AND 10000 AND lost_bp BETWEEN 0 AND 10000", name="parcels"),
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
    attributes: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    mode: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="both")  # agent 代销 | dealer 经销 | both
    freight_by: orm.Mapped[str] = orm.mapped_column(sa.String(12), default="distributor")  # or supplier
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
    floor: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)  # fen: lowest retail price allowed
    ceiling: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)  # fen: highest
    alarm: orm.Mapped[int] = orm.mapped_column(default=10, server_default="10")  # warn at so many units or fewer
    product: orm.Mapped[Product] = orm.relationship(back_populates="skus")
    __table_args__ = (
        sa.UniqueConstraint("world_id", "code"),
        sa.CheckConstraint("cost > 0", name="cost"),
        sa.CheckConstraint("retail > 0", name="retail"),
        sa.CheckConstraint("reserved >= 0 AND reserved <= stock", name="stock"),
        sa.CheckConstraint("floor IS NULL OR ceiling IS NULL OR floor <= ceiling", name="span"),
    )

    @property
    def available(self) -> int:
        return self.stock - self.reserved


class Cooperation(StatefulMixin, Base):
    """What a shop and a supplier have agreed (合作). discount_bp: off the list cost while it is approved."""

    __tablename__ = "supply_cooperation"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[CooperationState] = orm.mapped_column(StrEnumType(CooperationState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int]
    supplier_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_supplier.id"), index=True)
    words: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    grade: orm.Mapped[Grade] = orm.mapped_column(StrEnumType(Grade), default=Grade.NORMAL)
    discount_bp: orm.Mapped[int] = orm.mapped_column(default=0)
    applied_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    answered_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    supplier: orm.Mapped[Supplier] = orm.relationship()
    __table_args__ = (sa.UniqueConstraint("shop_id", "supplier_id"),)


class CategoryMap(Base):
    """Under which category of the mall a shop lists goods of a library category (类目映射)."""

    __tablename__ = "supply_category_map"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    shop_id: orm.Mapped[int]
    category_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("supply_category.id"))
    l1: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    l2: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    __table_args__ = (sa.UniqueConstraint("shop_id", "category_id"),)


class ImportStatus(StrEnum):
    """How far a catalogue import is."""

    CHECKING = "checking"  # 检查中: a large file, by the worker
    CHECKED = "checked"  # 待确认: the report is there, nothing is stored yet
    RUNNING = "running"  # 导入中: a large file, by the worker
    DONE = "done"  # 已导入


class ImportKind(StrEnum):
    """What a file holds."""

    CATALOGUE = "catalogue"  # 货源
    ATTRIBUTES = "attributes"  # 商品属性


class CatalogueImport(Base):
    """One catalogue file: kept as it came, its report, and what became of it. Times are wall time."""

    __tablename__ = "supply_import"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"), index=True)
    account_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[ImportKind] = orm.mapped_column(
        StrEnumType(ImportKind), default=ImportKind.CATALOGUE, server_default=ImportKind.CATALOGUE.value
    )
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
