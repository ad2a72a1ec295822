"""The page of a shop: its draft, its published versions; the shop's own categories."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, UTCDateTime


class ShopPage(Base):
    """What is being worked on (draft), and which version people see; 0: the plain page. changed_at: simulated time.

    version: grows with every change of the draft, so that two people do not overwrite each other.
    """

    __tablename__ = "mall_shop_page"
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"), primary_key=True, autoincrement=False)
    draft: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
    version: orm.Mapped[int] = orm.mapped_column(default=1)
    published: orm.Mapped[int] = orm.mapped_column(default=0)
    changed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)


class ShopPageVersion(Base):
    """One published version of a shop's page: append-only. published_at: simulated time."""

    __tablename__ = "mall_shop_page_version"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    number: orm.Mapped[int]
    page: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    source: orm.Mapped[int] = orm.mapped_column(default=0)  # the version that a rollback brought back
    published_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("shop_id", "number"),)


class ShopCategory(Base):
    """A category of the shop's own (店铺分类)."""

    __tablename__ = "mall_shop_category"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    ordinal: orm.Mapped[int] = orm.mapped_column(default=0)
    __table_args__ = (sa.UniqueConstraint("shop_id", "name"),)


class ShopCategoryListing(Base):
    """A product in a shop's category."""

    __tablename__ = "mall_shop_category_listing"
    category_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_shop_category.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    listing_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_listing.id"), primary_key=True, autoincrement=False, index=True
    )
