"""Tables of the live rooms. Columns ``…_at`` hold simulated time, ``…_wall_at`` wall time; both aware, in UTC."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_livestream.domain.room_flow import ON_AIR, RoomState

ON_AIR_SQL = f"state IN ({', '.join(repr(str(state)) for state in sorted(ON_AIR))})"


FIRST_NUMBER = 100_000  # room numbers have six digits


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


class ActionKind(StrEnum):
    """What a viewer did beside writing and liking."""

    SHARE = "share"
    CLICK = "click"  # opened an item


class WorldRow:
    """Every row belongs to one world."""

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    @orm.declared_attr
    def world_id(cls) -> orm.Mapped[int]:  # noqa: N805 - SQLAlchemy hands over the class
        return orm.mapped_column(sa.ForeignKey("worlds_world.id"))


class LiveRoom(WorldRow, StatefulMixin, Base):
    """One show of a shop. ``last_seq`` counts its events.

    planned_wall_at: when people are told to come. viewers, likes_told: as last told to the room.
    slide_id: the slide that is shown.
    """

    __tablename__ = "live_room"
    shop_id: orm.Mapped[int] = orm.mapped_column(index=True)
    shop_name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    host_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    host_name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    notice: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    state: orm.Mapped[RoomState] = orm.mapped_column(StrEnumType(RoomState), default=RoomState.DRAFT)
    planned_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    created_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    started_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    started_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    last_seq: orm.Mapped[int] = orm.mapped_column(default=0)
    ticked_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    viewers: orm.Mapped[int] = orm.mapped_column(default=0)
    likes: orm.Mapped[int] = orm.mapped_column(default=0)
    likes_told: orm.Mapped[int] = orm.mapped_column(default=0)
    slide_id: orm.Mapped[int | None]

    @property
    def number(self) -> int:
        """The room number (房间号) that people see and type."""
        return FIRST_NUMBER + self.id

    __table_args__ = (
        sa.Index("ix_live_room_world", "world_id", "state", "id"),
        sa.Index(
            "uq_live_room_on_air",  # a shop is on air in one room at a time
            "shop_id",
            unique=True,
            sqlite_where=sa.text(ON_AIR_SQL),
            postgresql_where=sa.text(ON_AIR_SQL),
        ),
    )


class LiveItem(WorldRow, Base):
    """One listing in the bag of a room. limit: units per person, 0 for none. sold_told: as last told to the room."""

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


class LiveSlide(WorldRow, Base):
    """One slide of the stage (画面): title and text for viewers, ``prompt`` (提词) for the host alone.

    picture_kind, picture_title, picture_category: words of a drawn picture. seconds: for showing by itself.
    """

    __tablename__ = "live_slide"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    item_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    position: orm.Mapped[int]
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    text: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    prompt: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    picture_kind: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="cover")
    picture_title: orm.Mapped[str] = orm.mapped_column(sa.String(120), default="")
    picture_category: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    seconds: orm.Mapped[int] = orm.mapped_column(default=60)
    __table_args__ = (sa.Index("ix_live_slide_room", "room_id", "position"),)


class LiveEvent(WorldRow, Base):
    """One event as it was told to the room; what a viewer missed is played again from here."""

    __tablename__ = "live_event"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    seq: orm.Mapped[int]
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))  # tick | pin | item | notice | ended
    payload: orm.Mapped[str] = orm.mapped_column(sa.Text)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("room_id", "seq"),)


class LiveComment(WorldRow, Base):
    """One message (弹幕). seq: of the tick that told it, None until then. key: from the client, against repeats."""

    __tablename__ = "live_comment"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(60))
    role: orm.Mapped[str] = orm.mapped_column(sa.String(10))  # host | teacher | viewer
    text: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    seq: orm.Mapped[int | None]
    said_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    said_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    hidden_by: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    hidden_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("room_id", "account_id", "key"),
        sa.Index("ix_live_comment_room", "room_id", "seq", "id"),
    )


class LiveViewer(WorldRow, Base):
    """One person in one room: likes given, muted until when, and when the last three messages were sent.

    Moderation hangs on the account and so survives leaving and coming back.
    """

    __tablename__ = "live_viewer"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    likes: orm.Mapped[int] = orm.mapped_column(default=0)
    muted_until_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    said_wall_at_1: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    said_wall_at_2: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    said_wall_at_3: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("room_id", "account_id"),)


class LivePresence(WorldRow, Base):
    """One stay of one account, however many tabs; open while ``left_wall_at`` is empty and the beat is fresh."""

    __tablename__ = "live_presence"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    joined_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    joined_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    beat_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    left_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_live_presence_open", "room_id", "left_wall_at", "account_id"),)


class LiveAction(WorldRow, Base):
    """A share or a look at an item: append-only."""

    __tablename__ = "live_action"
    room_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("live_room.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    kind: orm.Mapped[ActionKind] = orm.mapped_column(StrEnumType(ActionKind))
    item_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("live_item.id"))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.Index("ix_live_action_room", "room_id", "kind"),)


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
    __table_args__ = (sa.CheckConstraint("quantity > 0 AND payable >= 0 AND refunded >= 0", name="amounts"),)
