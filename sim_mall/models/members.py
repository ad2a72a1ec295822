"""Members of a shop (店铺成员): classmates who run it together with its owner."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.shop_roles import MemberState, ShopRole
from sim_mall.models.shops import Shop


class ShopMember(StatefulMixin, Base):
    """One classmate in one shop. The owner has no row. invited_at, joined_at, ended_at: simulated time.

    here: the member chose to work in this shop now (at most one row per person and world).
    """

    __tablename__ = "mall_shop_member"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[MemberState] = orm.mapped_column(StrEnumType(MemberState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    role: orm.Mapped[ShopRole] = orm.mapped_column(StrEnumType(ShopRole))
    here: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    invited_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    joined_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    shop: orm.Mapped[Shop] = orm.relationship()
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "account_id"),
        sa.Index("ix_mall_shop_member_person", "world_id", "account_id", "state"),
        sa.CheckConstraint("role <> 'owner'", name="role"),
    )
