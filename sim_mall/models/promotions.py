"""Promotion: activities with their goods, buyers' quotas, coupons, what each discount took, buying groups, costs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import Base, StrEnumType, UTCDateTime
from app.core.flow import StatefulMixin
from sim_mall.domain.promotion_flow import (
    CouponChannel,
    CouponScope,
    CouponState,
    GroupState,
    PromotionKind,
    PromotionState,
    TemplateState,
)
from sim_mall.models.goods import Listing, Sku


class Promotion(StatefulMixin, Base):
    """One activity (活动) of a shop; all *_at are simulated time, the end is exclusive.

    rule: what ``domain.promotion_rules`` writes for the kind. whole_shop: it covers all goods, not its items.
    """

    __tablename__ = "mall_promotion"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[PromotionState] = orm.mapped_column(StrEnumType(PromotionState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    kind: orm.Mapped[PromotionKind] = orm.mapped_column(StrEnumType(PromotionKind))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    rule: orm.Mapped[dict[str, Any]] = orm.mapped_column(sa.JSON, default=dict)
    whole_shop: orm.Mapped[bool] = orm.mapped_column(default=False)
    starts_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ends_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    items: orm.Mapped[list[PromotionItem]] = orm.relationship(
        back_populates="promotion", order_by="PromotionItem.id", cascade="all, delete-orphan"
    )
    __table_args__ = (
        sa.Index("ix_mall_promotion_shop", "shop_id", "state", "id"),
        sa.Index("ix_mall_promotion_world", "world_id", "state", "kind"),
        sa.CheckConstraint("starts_at < ends_at", name="period"),
    )


class PromotionItem(Base):
    """Goods of an activity. price: fen a unit where the kind has one. units: of one set of a bundle.

    stock: units of a flash sale set aside at its start (offered: what the draft said); taken: of them in orders
    that are paid or wait for payment. At the end the rest goes back to sale and stock is what was taken.
    """

    __tablename__ = "mall_promotion_item"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    promotion_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_promotion.id"))
    listing_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_listing.id"), index=True)
    sku_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), index=True)
    price: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    units: orm.Mapped[int] = orm.mapped_column(default=1)
    offered: orm.Mapped[int] = orm.mapped_column(default=0)
    stock: orm.Mapped[int] = orm.mapped_column(default=0)
    taken: orm.Mapped[int] = orm.mapped_column(default=0)
    promotion: orm.Mapped[Promotion] = orm.relationship(back_populates="items")
    listing: orm.Mapped[Listing] = orm.relationship(lambda: Listing)
    sku: orm.Mapped[Sku | None] = orm.relationship(lambda: Sku)
    __table_args__ = (
        sa.UniqueConstraint("promotion_id", "listing_id", "sku_id"),
        sa.CheckConstraint("price IS NULL OR price > 0", name="price"),
        sa.CheckConstraint("units >= 1 AND stock >= 0 AND taken >= 0 AND taken <= stock", name="units"),
    )


class PromotionQuota(Base):
    """How many units of an activity one buyer has in orders that are paid or wait for payment."""

    __tablename__ = "mall_promotion_quota"
    promotion_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_promotion.id"), primary_key=True, autoincrement=False
    )
    account_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("accounts_account.id"), primary_key=True, autoincrement=False
    )
    units: orm.Mapped[int] = orm.mapped_column(default=0)
    __table_args__ = (sa.CheckConstraint("units >= 0", name="units"),)


class CouponTemplate(StatefulMixin, Base):
    """What coupons are made from (优惠券). shop_id None: of the platform, which also bears it.

    off: fen; bp: part that is paid, with cap. total: how many there are, claimed: how many were given.
    starts_at to ends_at: when it can be claimed, and used unless ``days`` says so many days after the claim.
    scope_ids: ids of listings, or [first level, second level] names of categories.
    """

    __tablename__ = "mall_coupon_template"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[TemplateState] = orm.mapped_column(StrEnumType(TemplateState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    shop_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_shop.id"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    channel: orm.Mapped[CouponChannel] = orm.mapped_column(StrEnumType(CouponChannel), default=CouponChannel.CENTRE)
    room_id: orm.Mapped[int | None]
    off: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    bp: orm.Mapped[int | None]
    cap: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    threshold: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, default=0)
    scope: orm.Mapped[CouponScope] = orm.mapped_column(StrEnumType(CouponScope), default=CouponScope.ALL)
    scope_ids: orm.Mapped[list[Any]] = orm.mapped_column(sa.JSON, default=list)
    total: orm.Mapped[int]
    claimed: orm.Mapped[int] = orm.mapped_column(default=0)
    per_user: orm.Mapped[int] = orm.mapped_column(default=1)
    starts_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ends_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    days: orm.Mapped[int | None]
    created_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    __table_args__ = (
        sa.Index("ix_mall_coupon_template_world", "world_id", "state", "shop_id"),
        sa.Index("ix_mall_coupon_template_shop", "shop_id", "id"),
        sa.CheckConstraint("claimed >= 0 AND claimed <= total AND per_user >= 1", name="counts"),
        sa.CheckConstraint("(off IS NULL) <> (bp IS NULL)", name="discount"),
        sa.CheckConstraint("starts_at < ends_at", name="period"),
    )


class CouponClaim(Base):
    """How many coupons of a template one person was given: the guard of the limit per person."""

    __tablename__ = "mall_coupon_claim"
    template_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_coupon_template.id"), primary_key=True, autoincrement=False
    )
    account_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("accounts_account.id"), primary_key=True, autoincrement=False
    )
    count: orm.Mapped[int] = orm.mapped_column(default=0)


class Coupon(StatefulMixin, Base):
    """One coupon of one buyer; valid from claimed_at until valid_until, which is exclusive. Simulated time.

    batch: of the orders that hold it while it is locked or used.
    """

    __tablename__ = "mall_coupon"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[CouponState] = orm.mapped_column(StrEnumType(CouponState))
    template_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_coupon_template.id"), index=True)
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    claimed_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    valid_until: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    used_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    batch: orm.Mapped[str] = orm.mapped_column(sa.String(24), default="")
    template: orm.Mapped[CouponTemplate] = orm.relationship(lambda: CouponTemplate)
    __table_args__ = (sa.Index("ix_mall_coupon_owner", "world_id", "account_id", "state"),)


class LineDiscount(Base):
    """What one activity or coupon took off one order line (fen): frozen with the order, summed by the reports."""

    __tablename__ = "mall_line_discount"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    line_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order_line.id"))
    promotion_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_promotion.id"), index=True)
    template_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_coupon_template.id"), index=True)
    coupon_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_coupon.id"), index=True)
    step: orm.Mapped[str] = orm.mapped_column(sa.String(20))
    share: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    __table_args__ = (sa.CheckConstraint("share >= 0", name="share"),)


class Group(StatefulMixin, Base):
    """Buyers who buy together (拼团). taken: seats of paid orders. Simulated time; the deadline is exclusive.

    virtual: counted as full at its deadline without being so (虚拟成团), where the instructor allows that.
    """

    __tablename__ = "mall_group"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[GroupState] = orm.mapped_column(StrEnumType(GroupState))
    world_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("worlds_world.id"))
    promotion_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_promotion.id"))
    head_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    size: orm.Mapped[int]
    taken: orm.Mapped[int] = orm.mapped_column(default=0)
    virtual: orm.Mapped[bool] = orm.mapped_column(default=False, server_default=sa.false())
    opened_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    deadline_at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    promotion: orm.Mapped[Promotion] = orm.relationship(lambda: Promotion)
    __table_args__ = (
        sa.Index("ix_mall_group_promotion", "promotion_id", "state", "id"),
        sa.CheckConstraint("size BETWEEN 2 AND 10 AND taken >= 0 AND taken <= size", name="seats"),
    )


class GroupOrder(Base):
    """An order at a group's price. wanted: the group it asked to join. group_id: where it sits, once paid."""

    __tablename__ = "mall_group_order"
    order_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_order.id"), primary_key=True, autoincrement=False)
    promotion_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_promotion.id"), index=True)
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts_account.id"))
    wanted_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_group.id"))
    group_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("mall_group.id"), index=True)
    seated_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    __table_args__ = (sa.UniqueConstraint("group_id", "account_id"),)


class FlashUnits(Base):
    """Units of a flash sale that an order line holds: given back to the sale when the order is cancelled."""

    __tablename__ = "mall_flash_units"
    line_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("mall_order_line.id"), primary_key=True, autoincrement=False
    )
    item_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_promotion_item.id"), index=True)
    units: orm.Mapped[int]


class SkuCost(Base):
    """What a SKU costs the shop (成本价, fen): for the warnings before publishing, never shown to buyers."""

    __tablename__ = "mall_sku_cost"
    sku_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("mall_sku.id"), primary_key=True, autoincrement=False)
    cost: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    __table_args__ = (sa.CheckConstraint("cost >= 0", name="cost"),)
