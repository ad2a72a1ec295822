"""Shops (店铺), their papers and their licences."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.shop_flow import ShopState, Subject


class Shop(StatefulMixin, Base):
    """One trainee's shop in one world. *_at and *_until: simulated time.

    A draft has no name of its own yet: its name_key is ":" and the owner's id.
    """

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
    insures: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())  # 送运费险
    submitted_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    reviewed_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    opened_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    suspended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    restricted_until: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    restricted_reason: orm.Mapped[str] = orm.mapped_column(sa.String(200), default="")
    __table_args__ = (
        sa.UniqueConstraint("world_id", "owner_id"),
        sa.UniqueConstraint("world_id", "name_key"),
        sa.Index("ix_mall_shop_state", "world_id", "state"),
    )


class ShopPapers(Base):
    """What a shop's application says of its subject and settlement account: practice numbers only.

    id_until, licence_until: days of simulated time, None for 长期. step: how far the wizard has come.
    """

    __tablename__ = "mall_shop_papers"
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), primary_key=True, autoincrement=False)
    step: orm.Mapped[int] = orm.mapped_column(default=1)
    holder: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    id_number: orm.Mapped[str] = orm.mapped_column(sa.String(18), default="")
    id_until: orm.Mapped[date | None] = orm.mapped_column(sa.Date)
    company: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    licence_number: orm.Mapped[str] = orm.mapped_column(sa.String(18), default="")
    licence_until: orm.Mapped[date | None] = orm.mapped_column(sa.Date)
    bank: orm.Mapped[str] = orm.mapped_column(sa.String(20), default="")
    account_name: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    account_number: orm.Mapped[str] = orm.mapped_column(sa.String(19), default="")
    phone: orm.Mapped[str] = orm.mapped_column(sa.String(11), default="")


class Qualification(Base):
    """A licence of a shop (类目资质), or a qualification file of one listing. valid_until: None for 长期.

    kind: a key of ``papers.LICENCES`` for a shop, "file" for a listing. file: public name of the stored file, or ''.
    """

    __tablename__ = "mall_qualification"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    listing_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), index=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(60), default="")
    number: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    valid_until: orm.Mapped[date | None] = orm.mapped_column(sa.Date)
    file: orm.Mapped[str] = orm.mapped_column(sa.String(40), default="")
    removed: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    __table_args__ = (sa.Index("ix_mall_qualification_shop", "shop_id", "listing_id"),)
