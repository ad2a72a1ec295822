"""Visits of shops and goods (访问): counters, one row per person, page, source and simulated day."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType
from sim_mall.domain.traffic import Source


class Visit(Base):
    """How often one person opened one page of a shop on one simulated day (Shanghai), from one source.

    listing_id 0: the shop's own page.
    """

    __tablename__ = "mall_visit"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    listing_id: orm.Mapped[int] = orm.mapped_column(default=0)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    day: orm.Mapped[date] = orm.mapped_column(sa.Date)
    source: orm.Mapped[Source] = orm.mapped_column(StrEnumType(Source))
    views: orm.Mapped[int]
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "day", "account_id", "listing_id", "source"),
        sa.CheckConstraint("views > 0", name="views"),
    )
