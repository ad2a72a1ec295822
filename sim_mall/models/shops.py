"""Shops (店铺)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.shop_flow import ShopState, Subject


class Shop(StatefulMixin, Base):
    """One trainee's shop in one world. submitted_at, reviewed_at, opened_at: simulated time."""

    __tablename__ = "mall_shop"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[ShopState] = orm.mapped_column(StrEnumType(ShopState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    name_key: orm.Mapped[str] = orm.mapped_column(sa.String(80))
    subject: orm.Mapped[Subject] = orm.mapped_column(StrEnumType(Subject))
    business: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    intro: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    review_field: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    review_reason: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    submitted_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    reviewed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    opened_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.UniqueConstraint("world_id", "owner_id"),
        sa.UniqueConstraint("world_id", "name_key"),
        sa.Index("ix_mall_shop_state", "world_id", "state"),
    )
