"""What a buyer keeps and has looked at: favourites (收藏) and footprints (足迹); invoices (发票) asked for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.invoice_flow import InvoiceKind, InvoiceState
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order


class Favourite(Base):
    """A listing or a shop that somebody likes to find again. at: simulated time."""

    __tablename__ = "mall_favourite"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    listing_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), index=True)
    shop_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    listing: orm.Mapped[Listing | None] = orm.relationship()
    shop: orm.Mapped[Shop | None] = orm.relationship()
    __table_args__ = (
        sa.UniqueConstraint("world_id", "account_id", "listing_id"),
        sa.UniqueConstraint("world_id", "account_id", "shop_id"),
        sa.CheckConstraint("(listing_id IS NULL) <> (shop_id IS NULL)", name="one"),
    )


class Footprint(Base):
    """A listing that somebody looked at, once per simulated day. at: simulated time of the last look."""

    __tablename__ = "mall_footprint"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    listing_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_listing.id"))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    listing: orm.Mapped[Listing] = orm.relationship()
    __table_args__ = (
        sa.UniqueConstraint("world_id", "account_id", "listing_id"),
        sa.Index("ix_mall_footprint_owner", "world_id", "account_id", "at"),
    )


class Invoice(StatefulMixin, Base):
    """A simulated invoice of one order. amount: fen when it was issued; *_at: simulated time."""

    __tablename__ = "mall_invoice"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[InvoiceState] = orm.mapped_column(StrEnumType(InvoiceState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), unique=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[InvoiceKind] = orm.mapped_column(StrEnumType(InvoiceKind))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    tax_number: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    number: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    requested_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    issued_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    order: orm.Mapped[Order] = orm.relationship()
    __table_args__ = (sa.Index("ix_mall_invoice_shop", "shop_id", "state", "id"),)
