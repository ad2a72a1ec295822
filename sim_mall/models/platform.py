"""The open platform (开放平台): apps, grants, used nonces, messages to webhooks. All times are wall time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from sim_mall.models.shops import Shop


class PlatformApp(Base):
    """An app of a trainee (应用). secret: encrypted with the key ring. push_url: '' none, 'inbox' the built-in one.

    inbox_broken: the built-in inbox answers 500, to see retries and dead letters.
    """

    __tablename__ = "mall_platform_app"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    secret: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary)
    revoked: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    push_url: orm.Mapped[str] = orm.mapped_column(sa.String(300), default="")
    inbox_broken: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    created_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class PlatformGrant(Base):
    """What the owner of one shop lets one app do (授权)."""

    __tablename__ = "mall_platform_grant"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    app_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_platform_app.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), index=True)
    scopes: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    granted_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    revoked_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    app: orm.Mapped[PlatformApp] = orm.relationship()
    shop: orm.Mapped[Shop] = orm.relationship()
    __table_args__ = (sa.UniqueConstraint("app_id", "shop_id"),)


class PlatformNonce(Base):
    """A nonce that an app has used; kept as long as its request's time would still be accepted."""

    __tablename__ = "mall_platform_nonce"
    app_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_platform_app.id"), primary_key=True, autoincrement=False
    )
    nonce: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime, index=True)


class PushState(StrEnum):
    """What became of a message."""

    PENDING = "pending"  # 待推送, or waiting for the next try
    DELIVERED = "delivered"  # 已送达
    DEAD = "dead"  # 死信: given up after the last try


class PushMessage(Base):
    """One message to one app's webhook. next_try_wall_at: not before; while a try runs it lies ahead as a lease."""

    __tablename__ = "mall_push_message"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    app_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_platform_app.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    event_id: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    body: orm.Mapped[str] = orm.mapped_column(sa.Text)
    status: orm.Mapped[PushState] = orm.mapped_column(StrEnumType(PushState), default=PushState.PENDING)
    attempts: orm.Mapped[int] = orm.mapped_column(default=0)
    answer: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")  # of the last try
    created_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    next_try_wall_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    done_wall_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    app: orm.Mapped[PlatformApp] = orm.relationship()
    __table_args__ = (
        sa.Index("ix_mall_push_message_due", "status", "next_try_wall_at"),
        sa.Index("ix_mall_push_message_app", "app_id", "id"),
    )


class StockMark(Base):
    """Of which simulated moment a full stock figure of a SKU was: an older one is ignored."""

    __tablename__ = "mall_stock_mark"
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), primary_key=True, autoincrement=False)
    as_of: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
