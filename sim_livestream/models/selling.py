"""Tables of what a room sells: bag, live prices, limits, explanations, sales."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from sim_livestream.models.rooms import WorldRow


class ItemStatus(StrEnum):
    """How an item of the product bag (小黄车) shows."""

    HIDDEN = "hidden"  # 未上架: the host alone sees it
    ON = "on"  # 可购买
    LOCKED = "locked"  # 可见不可买


class SaleStatus(StrEnum):
    """What became of an order placed in the room."""

    PLACED = "placed"  # 待付款
    PAID = "paid"
    CLOSED = "closed"  # never paid


class LiveItem(WorldRow, Base):
    """One listing in the bag of a room. limit: units per person, 0 for none. sold_told: as last told to the room.

    How many units are kept for the room (直播库存) is the mall's to say: ``services.offered``.
    opens_wall_at: a countdown drop (限时开抢), when the item unlocks by itself.
    """

    __tablename__ = "live_item"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    listing_id: orm.Mapped[int]
    position: orm.Mapped[int]
    status: orm.Mapped[ItemStatus] = orm.mapped_column(StrEnumType(ItemStatus), default=ItemStatus.ON)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(120))
    category: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    limit: orm.Mapped[int] = orm.mapped_column("person_limit", default=0)
    sold: orm.Mapped[int] = orm.mapped_column(default=0)
    sold_told: orm.Mapped[int] = orm.mapped_column(default=0)
    opens_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    prices: orm.Mapped[list[LivePrice]] = orm.relationship(
        back_populates="item", order_by="LivePrice.id", cascade="all, delete-orphan"
    )
    __table_args__ = (
        sa.UniqueConstraint("room_id", "listing_id"),
        sa.Index("ix_live_item_bag", "room_id", "position"),
        sa.CheckConstraint("person_limit >= 0 AND sold >= 0", name="counts"),
    )


class LivePrice(WorldRow, Base):
    """The live price (直播价) of one SKU, valid in its room alone; shop_price: of the mall when it was set. In fen."""

    __tablename__ = "live_price"
    item_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_item.id", ondelete="CASCADE"))
    sku_id: orm.Mapped[int]
    spec: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    shop_price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    item: orm.Mapped[LiveItem] = orm.relationship(back_populates="prices")
    __table_args__ = (
        sa.UniqueConstraint("item_id", "sku_id"),
        sa.CheckConstraint("price > 0 AND price <= shop_price", name="price"),
    )


class LiveQuota(WorldRow, Base):
    """Units of one item that one person has taken, paid or not."""

    __tablename__ = "live_quota"
    item_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_item.id", ondelete="CASCADE"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    taken: orm.Mapped[int] = orm.mapped_column(default=0)
    __table_args__ = (
        sa.UniqueConstraint("item_id", "account_id"),
        sa.CheckConstraint("taken >= 0", name="taken"),
    )


class LiveClip(WorldRow, Base):
    """One time that an item was explained (讲解): open while it has no end, one open per room."""

    __tablename__ = "live_clip"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    item_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    started_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    started_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.Index("ix_live_clip_room", "room_id", "id"),
        sa.Index(
            "uq_live_clip_open",
            "room_id",
            unique=True,
            sqlite_where=sa.text("ended_wall_at IS NULL"),
            postgresql_where=sa.text("ended_wall_at IS NULL"),
        ),
    )


class LiveSale(WorldRow, Base):
    """An order of the mall that was placed in the room. payable, refunded: fen. clip_id: what was being explained."""

    __tablename__ = "live_sale"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"), index=True)
    item_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    clip_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_clip.id"))
    order_id: orm.Mapped[int] = orm.mapped_column(unique=True)
    sku_id: orm.Mapped[int]
    buyer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    buyer_name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    quantity: orm.Mapped[int]
    payable: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    refunded: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    status: orm.Mapped[SaleStatus] = orm.mapped_column(StrEnumType(SaleStatus), default=SaleStatus.PLACED)
    placed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    paid_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    paid_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.CheckConstraint("quantity > 0 AND payable >= 0 AND refunded >= 0", name="amounts"),)
